"""The lines of a program in front of its equations: widths, scalars, inputs, parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from typing import TypeAlias

from tpgraph.bridges.torch_in.export import python_path
from tpgraph.bridges.torch_in.interpret import Argument
from tpgraph.bridges.torch_in.laws import Law
from tpgraph.bridges.torch_in.pieces import Piece, free_name
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.seams import Seams
from tpgraph.bridges.torch_in.sizes import Size, is_wide, whole
from tpgraph.bridges.torch_in.statements import common_path
from tpgraph.functions import number_text
from tpgraph.program import MUP, NTK, STANDARD, Parametrization

__all__ = ["Dimensions", "Scaled", "input_lines", "parameter_lines", "parametrized"]

Note: TypeAlias = tuple[Piece, str]

_NAMED = {"standard": STANDARD, "ntk": NTK, "mup": MUP}
_LETTERS = ("m", "p", "q", "r", "u", "w")


@dataclass(slots=True)
class Dimensions:
    """Names of sizes: widths are multiples of the first one, all else is a number."""

    widths: dict[str, int]
    taken: set[str]
    ratios: dict[str, Fraction] = field(default_factory=dict)
    names: dict[Fraction, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        first = next(iter(self.widths.values()))
        for name, size in self.widths.items():
            self.names.setdefault(Fraction(size, first), name)

    @property
    def n(self) -> int:
        """The first width."""
        return next(iter(self.widths.values()))

    def name(self, size: Size) -> str:
        """What a size is called."""
        if not is_wide(size):
            return str(size[0])
        ratio = Fraction(size[0], self.n)
        if ratio != Fraction(size[1], 2 * self.n):
            raise refusal(
                f"a size is {size[0]} at n = {self.n} and {size[1]} at n = {2 * self.n}: no "
                "multiple of the width",
                "let sizes be multiples of the width, or fixed",
            )
        if ratio not in self.names:
            self.names[ratio] = free_name(
                next((c for c in _LETTERS if c not in self.taken), "n"), self.taken
            )
            self.taken.add(self.names[ratio])
        return self.names[ratio]

    def lines(self) -> Iterator[str]:
        """The declarations of the widths that were named."""
        first = next(iter(self.widths))
        yield f"width {first}"
        for ratio, name in self.names.items():
            if name != first:
                yield f"width {name} = {ratio} {first}"


@dataclass(frozen=True, slots=True)
class Scaled:
    """A parametrization, its text, and the variances before its exponents, in order."""

    parametrization: Parametrization
    text: str
    variances: tuple[str, ...]
    scales: tuple[str, ...]
    notes: tuple[str, ...]


def kind_of(piece: Piece) -> str:
    """Input, hidden or readout, as the language takes the declaration."""
    wide = [is_wide(size) for size in piece.sizes]
    if len(wide) == 1 or wide == [True, False]:
        return "input"
    return "hidden" if all(wide) else "readout"


def parametrized(pieces: Sequence[Piece], wanted: str, n: int) -> Scaled:
    """The parametrization, and s of every `~ N(0, s)`, so that entries vary as in the module.

    Raises TPImportError where the module's variances grow with the width.
    """
    notes: list[Note] = []
    general: tuple[str, ...] = ()
    chosen = _NAMED[wanted]
    powers = {kind: _powers(pieces, kind) for kind in ("hidden", "readout")}
    own = wanted == "standard" and any(p - {Fraction(1)} for p in powers.values())
    if own and all(len(p) <= 1 for p in powers.values()):
        hidden, readout = (next(iter(powers[k]), Fraction(1)) / 2 for k in ("hidden", "readout"))
        zero = Fraction(0)
        chosen = Parametrization("abc", (zero,) * 3, (zero, hidden, readout), zero)
        general = ("the variances of matrices do not fall like 1/columns: exponents b as drawn",)
    text = wanted
    if chosen.name == "abc":
        b = ", ".join(str(e) for e in chosen.b)
        text = f"abc(a=[0, 0, 0], b=[{b}], c=0)"
    found = [_variance(piece, chosen, n, notes) for piece in pieces]
    return Scaled(chosen, text, tuple(v for v, _ in found), tuple(s for _, s in found),
                  (*general, *_grouped(notes)))  # fmt: skip


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


def _powers(pieces: Sequence[Piece], kind: str) -> set[Fraction]:
    return {
        piece.law.power
        for piece in pieces
        if kind_of(piece) == kind and piece.law.variance and piece.param.trained
    }


def _variance(piece: Piece, chosen: Parametrization, n: int, notes: list[Note]) -> tuple[str, str]:
    """(s, scale) of one parameter."""
    law, kind = piece.law, kind_of(piece)
    _note_constants(piece, notes)
    if not law.variance:
        return "0", ""
    is_vector = len(piece.sizes) == 1
    if is_vector or (not piece.param.trained and kind == "input"):
        if law.power < 0:
            raise refusal(f"the variance of {piece.param.name} grows with the width")
        if law.power > 0:
            notes.append((piece, f"of variance {_falling(law)}, which vanishes: N(0, 0)"))
            return "0", ""
    entry = law.variance * float(n) ** -float(law.power)
    columns = float(piece.sizes[-1][0])
    if not piece.param.trained:
        return _nice(entry * (1 if is_vector else columns), law.measured, piece), ""
    if is_vector:
        return _nice(entry, law.measured, piece), ""
    a, b = chosen.exponents("input" if kind == "input" else "hidden" if kind == "hidden"
                            else "readout")  # fmt: skip
    if kind == "input":
        scale = f" scale sqrt({int(columns)})" if chosen.name == "abc" else ""
        return _nice(entry * (1 if scale else columns), law.measured, piece), scale
    power = 2 * (a + b)
    if power != law.power:
        notes.append((
            piece,
            f"of variance {_falling(law)} in the module; here the same at n = {n}, falling like "
            f"n^−{power}",
        ))  # fmt: skip
    return _nice(entry * columns ** float(power), law.measured, piece), ""


def _note_constants(piece: Piece, notes: list[Note]) -> None:
    law = piece.law
    if law.constant:
        start = number_text(law.constant)
        notes.append((piece, f"starts at {start}, written as {start} + …"))
    if law.asymptotic:
        notes.append((piece, "of variance c/(n + k), written as c/n"))


def _falling(law: Law) -> str:
    """A variance that falls with the width, as text."""
    power = "" if law.power == 1 else f"^{law.power}"
    return f"{law.variance:.3g}/n{power}"


def _nice(value: float, measured: bool, piece: Piece) -> str:
    """A variance as a short fraction, where it is one; of a fitted one three digits."""
    simple = Fraction(value).limit_denominator(1000)
    if not measured:
        near = simple and abs(float(simple) / value - 1) < 1e-9
        return number_text(simple) if near else number_text(Fraction(repr(value)))
    return f"{value:.3g}"


# ---- lines


def input_lines(
    arguments: Sequence[Argument], names: dict[str, str], targets: set[str], seams: Seams
) -> Iterator[str]:
    """The declarations of data and targets."""
    for argument in arguments:
        source = argument.source
        word = "target" if source.name in targets else "data"
        space = [size for size in argument.tensor.cells.shape if size > 1]
        index = [f"1..{size}" for size in space]
        parts = seams.parts(source.name, 0, whole(argument.size))
        name = names[source.name]
        if len(parts) == 1:
            yield f"{word} {_member(name, index)} : {argument.size[0]}"
            continue
        first = 1
        for size, group in groupby(part.size[0] for part in parts):
            last = first + len(list(group)) - 1
            place = str(first) if first == last else f"{first}..{last}"
            yield f"{word} {_member(name, [*index, place])} : {size}"
            first = last + 1


def _member(name: str, index: Sequence[str]) -> str:
    return f"{name}[{','.join(index)}]" if index else name


def parameter_lines(
    pieces: Sequence[Piece], scaled: Scaled, dimensions: Dimensions
) -> Iterator[tuple[str, str]]:
    """(declaration, module): members of a family that are alike in one line."""
    rows = []
    for piece, variance, scale in zip(pieces, scaled.variances, scaled.scales, strict=True):
        word = "param" if piece.param.trained else "vector" if len(piece.sizes) == 1 else "matrix"
        shape = " × ".join(dimensions.name(size) for size in piece.sizes)
        rows.append((piece, word, f" : {shape} ~ N(0, {variance}){scale}"))
    by_base: dict[tuple[str, str, str], list[Piece]] = {}
    for piece, word, rest in rows:
        by_base.setdefault((word, piece.base, rest), []).append(piece)
    for (word, base, rest), members in by_base.items():
        for index in boxes([piece.indices for piece in members]):
            yield f"{word} {_member(base, index)}{rest}", members[0].param.name


def boxes(indices: Sequence[tuple[int, ...]]) -> Iterator[list[str]]:
    """The indices as ranges: one for all where they fill a box, else along the last index."""
    columns = [sorted(set(column)) for column in zip(*indices, strict=True)]
    full = all(c[-1] - c[0] + 1 == len(c) for c in columns)
    size = 1
    for column in columns:
        size *= len(column)
    if full and size == len(indices):
        yield [str(c[0]) if len(c) == 1 else f"{c[0]}..{c[-1]}" for c in columns]
        return
    for index in sorted(indices):
        yield [str(i) for i in index]
