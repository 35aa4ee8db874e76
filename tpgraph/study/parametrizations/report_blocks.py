"""The report of a comparison of parametrizations, as blocks that every format sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tpgraph.kernels.heat_map import kernel_figure
from tpgraph.notation import draw
from tpgraph.shown import quantity
from tpgraph.study.coordinates.coordinate_figure import coordinate_figure
from tpgraph.study.figures import figure_bytes
from tpgraph.study.parametrizations.side_by_side import (
    LEGEND,
    SHAPE_HEAD,
    Parametrized,
    SideBySide,
)
from tpgraph.study.phrases import Mathematics, Phrase, phrase

__all__ = ["Block", "Heading", "Image", "Rows", "Words", "blocks_of"]


@dataclass(frozen=True)
class Heading:
    """The title of the report, level 1, or of a part."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: Phrase


@dataclass(frozen=True)
class Rows:
    """A table under its head."""

    head: tuple[Phrase, ...]
    rows: tuple[tuple[Phrase, ...], ...]


@dataclass(frozen=True)
class Image:
    """A picture: the stem of its file, what it shows, and its bytes as "svg" or "pdf"."""

    name: str
    caption: str
    content: Callable[[str], bytes]


Block: TypeAlias = Heading | Words | Rows | Image


def blocks_of(found: SideBySide) -> Iterator[Block]:
    """The report, from its title on."""
    names = tuple(one.name for one in found.each)
    yield Heading(f"{found.name} in {', '.join(names)}", 1)
    yield _program_image(found)
    yield Heading("What training does as the width grows")
    for one in found.each:
        yield Words(phrase(f"{one.name}: {one.report.verdict}."))
        if one.report.advice is not None:
            yield Words(phrase(f"{one.report.advice}."))
    yield Heading("Side by side")
    yield Words(_what_is_measured(found))
    yield Rows(tuple(map(phrase, ("", *names))), tuple(found.rows()))
    for reason in found.reasons():
        yield Words(phrase(f"{reason}."))
    yield Heading("Base shapes")
    yield Words(_how_shapes_are_held(found))
    yield Rows(SHAPE_HEAD, tuple(found.shape_rows()))
    yield Heading("Pictures")
    for one in found.each:
        yield from _images(one)


def _what_is_measured(found: SideBySide) -> Phrase:
    return phrase(
        "Of sizes and changes: ", *LEGEND.pieces, f", after {quantity(found.steps, 'SGD step')}"
        " at the learning rate ", Mathematics(f"η = {found.lr:g}", rf"\eta = {found.lr:g}"),
        ". The kernels are those of the first step at infinite width, means over "
        f"{found.inputs or 'inputs'}; ",
        Mathematics("|Δx|", r"|\Delta x|"),
        " is the root mean square by which a feature moves in one step there.",
    )  # fmt: skip


def _how_shapes_are_held(found: SideBySide) -> Phrase:
    return phrase(
        f"Tune at the base width {found.base}; at width ",
        Mathematics(f"n = {found.base} m", rf"n = {found.base}\,m"),
        " every layer has these numbers. Weights are held as they are used, ",
        Mathematics("W", "W"),
        " itself, under the multiplier that a MuReadout has; the network trains as the program"
        " does, by SGD and by Adam.",
    )  # fmt: skip


def _program_image(found: SideBySide) -> Image:
    drawing = draw(found.each[0].program)

    def content(kind: str) -> bytes:
        return drawing.pdf if kind == "pdf" else drawing.svg.encode()

    return Image("program", f"The program {found.name}.", content)


def _images(one: Parametrized) -> Iterator[Image]:
    def coordinates(kind: str) -> bytes:
        return figure_bytes(coordinate_figure(one.coordinates), f"a.{kind}")

    yield Image(f"{one.name}-coordinates", f"{one.name}: coordinates against width.", coordinates)
    kernel = one.kernel
    if kernel is not None:
        made = kernel

        def heat_map(kind: str) -> bytes:
            return figure_bytes(kernel_figure(made), f"a.{kind}")

        yield Image(f"{one.name}-kernel", f"{one.name}: kernels at infinite width.", heat_map)
