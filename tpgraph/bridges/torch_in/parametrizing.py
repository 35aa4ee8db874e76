"""The parametrization of an imported module, and how its parameters are drawn in it.

    W = M w,   w of variance s · n^(−2b) [· 1/d of an input matrix in standard]

W varies as in the module. In its own parametrization w is what the module trains; in another one
it is the module's parameter times its factor, divided by M.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from tpgraph.bridges.torch_in.export import python_path
from tpgraph.bridges.torch_in.laws import SURE, UNIFORM, Law
from tpgraph.bridges.torch_in.named_cells import common_path
from tpgraph.bridges.torch_in.parameter_parts import ParameterPart
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.sizes import is_wide
from tpgraph.functions import number_text
from tpgraph.program import MUP, NTK, STANDARD, Kind, Parametrization

__all__ = ["Scaled", "kind_of", "own_exponents", "parametrized"]

Note: TypeAlias = tuple[ParameterPart, str]
Exponents: TypeAlias = tuple[Fraction, Fraction]

_NAMED = {"standard": STANDARD, "ntk": NTK, "mup": MUP}
_SIMPLE = sorted(
    {Fraction(p, q) for p in range(1, 13) for q in range(1, 13)},
    key=lambda f: (f.numerator + f.denominator, f),
)
_KINDS: tuple[Kind, ...] = ("input", "hidden", "readout")


@dataclass(frozen=True, slots=True)
class Scaled:
    """A parametrization as text; s and the scale of every parameter as text, in order."""

    text: str
    variances: tuple[str, ...]
    scales: tuple[str, ...]
    notes: tuple[str, ...]


def kind_of(piece: ParameterPart) -> Kind:
    """Input, hidden or readout, as the language takes the declaration."""
    wide = [is_wide(size) for size in piece.sizes]
    if len(wide) == 1 or wide == [True, False]:
        return "input"
    return "hidden" if all(wide) else "readout"


def own_exponents(pieces: Sequence[ParameterPart]) -> dict[Kind, Exponents] | None:
    """(a, b) of every kind of layer that the module has; None where one kind has several."""
    found: dict[Kind, set[Exponents]] = {kind: set() for kind in _KINDS}
    for piece in pieces:
        is_vector = len(piece.sizes) == 1
        if not piece.param.trained or not piece.law.variance:
            continue
        if is_vector and not piece.factor.power:
            continue  # a bias that vanishes with the width is N(0, 0)
        found[kind_of(piece)].add((-piece.factor.power, piece.law.power / 2))
    if any(len(pairs) > 1 for pairs in found.values()):
        return None
    return {kind: next(iter(pairs)) for kind, pairs in found.items() if pairs}


def _own(pieces: Sequence[ParameterPart]) -> Parametrization:
    """The module's own parametrization: a known one where it is, standard where it has none."""
    exponents = own_exponents(pieces)
    if exponents is None:
        return STANDARD
    for known in (STANDARD, NTK, MUP):
        if all(known.exponents(kind) == pair for kind, pair in exponents.items()):
            return known
    pairs = [exponents.get(kind, STANDARD.exponents(kind)) for kind in _KINDS]
    a, b = ((pairs[0][k], pairs[1][k], pairs[2][k]) for k in (0, 1))
    return Parametrization("abc", a, b, Fraction(0))


def parametrized(pieces: Sequence[ParameterPart], wanted: str, n: int) -> Scaled:
    """The parametrization, and s of every `~ N(0, s)`, so that entries vary as in the module.

    Of `wanted` "standard" it is the module's own. Raises TPImportError where the variance of a
    vector grows with the width.
    """
    notes: list[Note] = []
    own = wanted == "standard"
    chosen = _own(pieces) if own else _NAMED[wanted]
    general: tuple[str, ...] = ()
    if own and chosen.name != "standard":
        general = (f"in the module's own parametrization: {_text(chosen)}",)
    found = [_scaled(piece, chosen, own, n, notes) for piece in pieces]
    variances, scales = (tuple(pair[k] for pair in found) for k in (0, 1))
    return Scaled(_text(chosen), variances, scales, (*general, *_grouped(notes)))


def _text(chosen: Parametrization) -> str:
    if chosen.name != "abc":
        return chosen.name
    a, b = (", ".join(map(str, exponents)) for exponents in (chosen.a, chosen.b))
    return f"abc(a=[{a}], b=[{b}], c={chosen.c})"


def _scaled(
    piece: ParameterPart, chosen: Parametrization, own: bool, n: int, notes: list[Note]
) -> tuple[str, str]:
    """(s, scale) of one parameter, as text."""
    law, kind, factor = piece.law, kind_of(piece), piece.factor
    _note_constants(piece, notes)
    is_vector = len(piece.sizes) == 1
    size = piece.sizes[0 if kind == "input" else -1][0]
    d = piece.sizes[-1][0] if kind == "input" and not is_vector else 1
    a, b = chosen.exponents(kind)
    multiplier = float(size) ** -float(a) / (1 if chosen.name == "standard" else d**0.5)
    whole = float(factor.value) * float(n) ** float(factor.power)
    scale = whole / multiplier if own and piece.param.trained else 1.0
    if not law.variance or (is_vector and _vanishes(piece, notes)):
        return "0", _scale_text(scale)
    _note_shape(piece, notes)
    entry = law.variance * float(n) ** -float(law.power)
    if not piece.param.trained:
        return _nice(entry * (1 if is_vector else piece.sizes[-1][0]), law.error), ""
    trained = entry * (whole / (scale * multiplier)) ** 2  # the variance of w at this width
    variance = trained * float(size) ** float(2 * b) * (d if chosen.name == "standard" else 1)
    falls = law.power - 2 * factor.power
    if falls != 2 * (a + b):
        notes.append((piece, f"of variance {_falling(law)} in the module; here the same at n = {n},"
                             f" falling like n^−{2 * (a + b)}"))  # fmt: skip
    return _nice(variance, law.error), _scale_text(scale)


def _vanishes(piece: ParameterPart, notes: list[Note]) -> bool:
    """Whether the entries of a vector tend to 0 with the width."""
    power = piece.law.power - 2 * piece.factor.power
    if power < 0:
        raise refusal(f"the variance of {piece.param.name} grows with the width")
    if power > 0:
        notes.append((piece, f"of variance {_falling(piece.law)}, which vanishes: N(0, 0)"))
    return power > 0


def _scale_text(scale: float) -> str:
    """`scale 2`, `scale sqrt(2)`; nothing for 1."""
    if abs(scale - 1) < 1e-12:
        return ""
    square = Fraction(scale**2).limit_denominator(1000)
    if square and abs(float(square) / scale**2 - 1) < 1e-12:
        p, q = (round(k**0.5) for k in (square.numerator, square.denominator))
        if Fraction(p * p, q * q) == square:
            return f" scale {number_text(Fraction(p, q))}"
        return f" scale sqrt({number_text(square)})"
    return f" scale {number_text(scale)}"


def _grouped(notes: Sequence[Note]) -> Iterator[str]:
    """Notes that say the same of several parameters, said once."""
    by_text: dict[str, list[str]] = {}
    for piece, text in notes:
        paths = by_text.setdefault(text, [])
        path = python_path(piece.param.name)
        if path not in paths:
            paths.append(path)
    for text, paths in by_text.items():
        groups: dict[str, list[str]] = {}
        for path in paths:
            groups.setdefault(re.sub(r"\[\d+\]", "[]", path), []).append(path)
        yield f"{', '.join(common_path(g) for g in groups.values())}: {text}"


def _note_constants(piece: ParameterPart, notes: list[Note]) -> None:
    law = piece.law
    if law.constant:
        start = number_text(law.constant)
        notes.append((piece, f"starts at {start}, written as {start} + …"))
    if law.asymptotic:
        notes.append((piece, "of variance c/(n + k), written as c/n"))


def _note_shape(piece: ParameterPart, notes: list[Note]) -> None:
    """Sums over a width are Gaussian however entries are drawn; sums over few entries are not.

    Of Σ_j W_ij x_j over d entries of excess kurtosis κ it is κ Σ x_j⁴ / (Σ x_j²)², from κ/d to κ.
    """
    kurtosis = piece.law.kurtosis
    if not kurtosis or kind_of(piece) != "input":
        return
    drawn = "uniform" if kurtosis == UNIFORM else "not Gaussian"
    text = (
        f"{drawn} in the module, Gaussian of the same variance here. A sum over d inputs keeps an "
        f"excess kurtosis of {kurtosis:g}/d or more: limits at the start are near those of the "
        "module, equal where it uses nn.init.normal_"
    )
    notes.append((piece, text))


def _falling(law: Law) -> str:
    """A variance that falls with the width, as text."""
    power = "" if law.power == 1 else f"^{law.power}"
    return f"{law.variance:.3g}" + (f"/n{power}" if law.power else "")


def _nice(value: float, error: float) -> str:
    """A variance as a short fraction, where it is one; of a fitted one up to its error.

    Of several the simplest, of 1/q the nearest: biases behind d fixed inputs have 1/(3 d).
    """
    if not error:
        simple = Fraction(value).limit_denominator(1000)
        near = simple and abs(float(simple) / value - 1) < 1e-9
        return number_text(simple) if near else number_text(value)
    off = {f: abs(value / float(f) - 1) for f in _SIMPLE}
    fitting = [f for f in _SIMPLE if off[f] < 3 * error] if error < SURE else []
    if fitting:
        units = [f for f in fitting if f.numerator == 1]
        return number_text(min(units, key=off.__getitem__) if units else fitting[0])
    return f"{value:.3g}"
