"""Contexts of an unrolled program: which example at which time, and how its variables are named.

Time is a subscript, a test example has a tilde, an element of a batch is one index more:

    x[1] of the training example at time 2        x_2[1]          element 3 of a batch: x_2[1,3]
    x[1] of the test example at time 2            x̃_2[1]
    x[1] of ξ_2 at the initial weights            x0_2[1]
    the change δx[1] of the test example          δx̃_2[1]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from tpgraph.program import Variable, canonical_name, split_name
from tpgraph.transform.emit import join_name

__all__ = ["TEST", "Context", "accented", "accented_latex", "subscript"]

TEST = "\u0303"
"""The tilde of test examples."""

_LETTER = re.compile(r"(\\?[^\W_]+)([_^].*)?")
_DIGITS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(eq=False)
class Context:
    """One example passing through the network at one time.

    `time` tells the weights, w_t = α_t w_0 − Σ_s β_{t,s} g_s, or where they are `bare` α_t w_0;
    `number` stands in the names. `given` holds its data and `values` its
    variables, by the names of the template; `changes` the δ variables, relative to `reference`,
    another context of the same example with the same α_t.
    """

    time: int
    number: int
    caption: str
    accent: str = ""
    mark: str = ""
    element: int | None = None
    bare: bool = False
    reference: Context | None = None
    values: dict[str, Variable] = field(default_factory=dict)
    changes: dict[str, Variable] = field(default_factory=dict)
    given: dict[str, Variable] = field(default_factory=dict)

    def name(self, original: str, prefix: str = "") -> str:
        """The name that a variable of the template has here."""
        base, index, temporary = _split(original)
        if self.accent:
            base = accented(base, self.accent)
        if self.element is not None:
            index = (*index, self.element)
        return join_name(f"{prefix}{base}{self.mark}_{self.number}", index, temporary)

    def data_name(self, original: str) -> str:
        """The name of the example's data: that of a test example is the same at every time."""
        base, index, _ = _split(original)
        if self.accent:
            return join_name(accented(base, self.accent), index)
        index = index if self.element is None else (*index, self.element)
        return join_name(f"{base}_{self.number}", index)

    def label(self, latex: str, prefix: str = "") -> str:
        r"""The label here of what the program labels so.

        >>> Context(2, 2, "", TEST).label("y^{1}", "δ")
        '\\delta \\tilde{y}^{1}_{2}'
        """
        body = self.data_label(latex) if self.accent else latex
        if "_" in body or ("^" in body and self.element is not None):
            body = f"{{{body}}}"
        above = "" if self.element is None else f"^{{{self.element}}}"
        below = f"{self.mark},{self.number}" if self.mark else str(self.number)
        delta = r"\delta " if prefix else ""
        return f"{delta}{body}{above}_{{{below}}}"

    def data_label(self, latex: str) -> str:
        """The label of the example's data: that of a test example is the same at every time."""
        return accented_latex(latex, r"\tilde") if self.accent else self.label(latex)


_split = cache(split_name)


@cache
def accented(base: str, accent: str) -> str:
    """The name with an accent on its letters, before digits and subscripts.

    >>> accented("x1", TEST) == "x\u0303" + "1"
    True
    """
    head, mark, tail = base.partition("_")
    letters = head.rstrip("0123456789")
    return canonical_name(letters + accent) + head[len(letters) :] + mark + tail


def accented_latex(latex: str, accent: str) -> str:
    r"""The label with an accent: on the letter before sub- and superscripts, else on all of it.

    >>> accented_latex("x^{l}", r"\bar"), accented_latex("LN(x)", r"\bar")
    ('\\bar{x}^{l}', '\\bar{LN(x)}')
    """
    letter = _LETTER.fullmatch(latex)
    head, tail = letter.groups("") if letter else (latex, "")
    return f"{accent}{{{head}}}{tail}"


def subscript(number: int) -> str:
    """The number in subscript digits, for captions.

    >>> subscript(12)
    '₁₂'
    """
    return str(number).translate(_DIGITS)
