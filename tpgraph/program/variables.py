"""Variables of a program and the names they go by."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from tpgraph.errors import TPNameError
from tpgraph.types import Dimension, Fixed, Matrix, Scalar, Type, Vector, Width

__all__ = [
    "ACCENTS",
    "GREEK",
    "NameParts",
    "Variable",
    "base_of",
    "canonical_name",
    "canonical_variable",
    "join_name",
    "next_temporary",
    "split_name",
    "statement_name",
    "temporary_name",
]

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ",
    "eta": "η", "theta": "θ", "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν",
    "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ",
    "chi": "χ", "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ",
    "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
}  # fmt: skip
"""ASCII spellings of Greek letters; a name that is one of them is the same name as the letter."""

ACCENTS = {
    "tilde": "\u0303", "hat": "\u0302", "dot": "\u0307", "bar": "\u0304", "ring": "\u030a",
}  # fmt: skip
"""Accents that a name can end in, and the combining characters that they stand for."""

_NAME = re.compile(
    r"(?P<base>[^\[\]~]+)(?:\[(?P<index>-?\d+(?:,-?\d+)*)\])?(?:~(?P<temporary>\d+))?"
)


class NameParts(NamedTuple):
    """What a canonical name is made of: its base, its indices, its number if it is a temporary."""

    base: str
    indices: tuple[int, ...] = ()
    temporary: int | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A name with its type: one vertex of the typed graph.

    The name is `base`, `base[i]` or `base[i,j]`; a value that the program leaves unnamed, the k-th
    intermediate of the statement that binds x, is `x~k`.
    """

    name: str
    type: Type

    def __hash__(self) -> int:
        return hash(self.name)  # in one program a name has one type

    def __str__(self) -> str:
        return self.name

    @property
    def parts(self) -> NameParts:
        """What its name is made of: x[1,2] is member (1, 2) of the family x."""
        return split_name(self.name)

    @property
    def is_scalar(self) -> bool:
        """Whether it is a real number."""
        return isinstance(self.type, Scalar)

    @property
    def is_vector(self) -> bool:
        """Whether it is a vector, of a width or of a fixed dimension."""
        return isinstance(self.type, Vector)

    @property
    def is_matrix(self) -> bool:
        """Whether it is a matrix."""
        return isinstance(self.type, Matrix)

    @property
    def is_wide(self) -> bool:
        """Whether it is a vector whose dimension goes to infinity."""
        return isinstance(self.type, Vector) and isinstance(self.type.dim, Width)

    @property
    def is_fixed(self) -> bool:
        """Whether it is a vector of fixed dimension (data, outputs)."""
        return isinstance(self.type, Vector) and isinstance(self.type.dim, Fixed)

    @property
    def dim(self) -> Dimension:
        """The dimension of a vector."""
        assert isinstance(self.type, Vector), self
        return self.type.dim

    @property
    def matrix(self) -> Matrix:
        """The type of a matrix."""
        assert isinstance(self.type, Matrix), self
        return self.type

    @property
    def is_temporary(self) -> bool:
        """Whether the program's text leaves it unnamed."""
        return "~" in self.name


def canonical_name(base: str) -> str:
    """The one spelling of a name: Greek letters and accents instead of their English names.

    A Greek letter may be followed by digits or by `_…`; `_tilde`, `_hat`, `_dot`, `_bar` and
    `_ring` at the end are accents. The result is in Unicode's normal form NFKC, as Python's own
    identifiers are.

    >>> canonical_name("xi"), canonical_name("sigma_w"), canonical_name("width")
    ('ξ', 'σ_w', 'width')
    >>> canonical_name("x_tilde") == canonical_name("x\u0303")
    True
    """
    base = unicodedata.normalize("NFKC", base)
    for word, accent in ACCENTS.items():
        if base.endswith(f"_{word}") and len(base) > len(word) + 1:
            return unicodedata.normalize("NFKC", canonical_name(base[: -len(word) - 1]) + accent)
    head, mark, tail = base.partition("_")
    letters = head.rstrip("0123456789")
    name = GREEK.get(letters, letters) + head[len(letters) :] + mark + tail
    return unicodedata.normalize("NFKC", name)


def canonical_variable(name: str) -> str:
    """The same of a name with or without an index, as a caller writes it.

    >>> canonical_variable("xi[1, 2]")
    'ξ[1,2]'
    """
    if not isinstance(name, str):
        raise TPNameError(f"{name!r} cannot be the name of a variable", expected="a text")
    base, bracket, index = name.strip().partition("[")
    return canonical_name(base.rstrip()) + bracket + "".join(index.split())


@lru_cache(maxsize=65536)
def split_name(name: str) -> NameParts:
    """Base, indices and temporary number of a canonical name.

    >>> split_name("h[1,2]~3")
    NameParts(base='h', indices=(1, 2), temporary=3)
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise TPNameError(f"{name!r} cannot be the name of a variable")
    index = tuple(int(i) for i in match["index"].split(",")) if match["index"] else ()
    temporary = int(match["temporary"]) if match["temporary"] else None
    return NameParts(match["base"], index, temporary)


def join_name(base: str, index: tuple[int, ...], temporary: int | None = None) -> str:
    """The name of these parts: the inverse of `split_name`.

    >>> join_name("h", (1, 2), 3)
    'h[1,2]~3'
    """
    text = f"{base}[{','.join(map(str, index))}]" if index else base
    return text if temporary is None else f"{text}~{temporary}"


def base_of(name: str) -> str:
    """The base of a canonical name: what all members of a family share.

    >>> base_of("h[1,2]~3")
    'h'
    """
    return name.partition("[")[0].partition("~")[0]


def statement_name(name: str) -> str:
    """What the statement binds that makes a name, which may be one of its unnamed parts.

    >>> statement_name("h[1,2]~3"), statement_name("h[1,2]")
    ('h[1,2]', 'h[1,2]')
    """
    return name.partition("~")[0]


def temporary_name(target: str, k: int) -> str:
    """The name of the k-th unnamed intermediate (from 1) of the statement that binds `target`."""
    return f"{target}~{k}"


def next_temporary(target: str, taken: Container[str], k: int = 1) -> str:
    """The first name, from the k-th on, of an intermediate of `target` that is not taken."""
    while (name := temporary_name(target, k)) in taken:
        k += 1
    return name
