"""The lines of a program in front of its equations: widths, scalars, inputs, parameters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby

from tpgraph.bridges.torch_in.interpret import ModuleInput
from tpgraph.bridges.torch_in.parameter_names import free_name
from tpgraph.bridges.torch_in.parameter_parts import ParameterPart
from tpgraph.bridges.torch_in.parametrizing import Scaled
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.seams import Seams
from tpgraph.bridges.torch_in.sizes import Size, is_wide, whole

__all__ = ["Dimensions", "boxes", "input_lines", "parameter_lines"]

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

    def name(self, size: Size, of: str = "") -> str:
        """What a size is called, that of a parameter `of`."""
        if not is_wide(size):
            return str(size[0])
        ratio = Fraction(size[0], self.n)
        if ratio != Fraction(size[1], 2 * self.n):
            owner = f" of {of}" if of else ""
            raise refusal(
                f"a size{owner} is {size[0]} at n = {self.n} and {size[1]} at n = {2 * self.n}: no "
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


# ---- lines


def input_lines(
    arguments: Sequence[ModuleInput], names: dict[str, str], targets: set[str], seams: Seams
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
    pieces: Sequence[ParameterPart], scaled: Scaled, dimensions: Dimensions
) -> Iterator[tuple[str, str]]:
    """(declaration, module): members of a family that are alike in one line."""
    rows = []
    for piece, variance, scale in zip(pieces, scaled.variances, scaled.scales, strict=True):
        word = "param" if piece.param.trained else "vector" if len(piece.sizes) == 1 else "matrix"
        shape = " × ".join(dimensions.name(size, piece.param.name) for size in piece.sizes)
        rows.append((piece, word, f" : {shape} ~ N(0, {variance}){scale}"))
    by_base: dict[tuple[str, str, str], list[ParameterPart]] = {}
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
