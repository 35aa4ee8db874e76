"""What lies behind the passes: a tinted box for each context, the arrow around its two rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.layout.frame import Frame
from tpgraph.notation.layout.passes.staging import Staging
from tpgraph.notation.layout.passes.strips import Strip
from tpgraph.notation.scene.geometry import Box, grown, straight, union
from tpgraph.notation.scene.scene import Arrow, ContextBox, Label, Point
from tpgraph.notation.scene.style import Style
from tpgraph.program import Pass, Step, Symbol
from tpgraph.program.labels import default_latex

__all__ = ["ContextGround", "arrows_of", "contexts_of", "grounds_of"]

_PAD = 7.0  # from marks to the arrow, and from the arrow to the box
_CAPTION = 14.0
_EDGE = 3.0  # pt that lines keep from the border of a box
_ROUND = 26.0  # how far the arrow's turn reaches at most
_FORWARD, _BACKWARD = r"\text{Forward propagation}", r"\text{Backward propagation}"


@dataclass(frozen=True)
class ContextGround:
    """One context: the room of its marks, the arrow's box if it returns, the box around all."""

    context: Pass | None
    inner: Box
    returns: bool
    box: Box
    caption_box: Box | None
    tint: str

    @property
    def edges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """The heights, below and above its marks, where its borders and its arrow run."""
        below = self.box[1] - _EDGE, self.inner[1]
        return below, (self.inner[3], self.box[3] + _EDGE)


def grounds_of(
    staging: Staging,
    strips: Sequence[Strip],
    style: Style,
    reach: Mapping[Pass | None, Sequence[Box]] | None = None,
) -> list[ContextGround]:
    """The grounds of all contexts; without contexts, that of the two rows if there are two.

    They lie around the boxes of `reach` as well.
    """
    boxes = _boxes(strips)
    found = []
    for context, members in staging.contexts.items():
        returns = staging.returns(context)
        if context is None and not returns:
            continue
        inner = union([*(boxes[mark] for mark in members), *(reach or {}).get(context, ())])
        found.append(_ground(context, inner, returns, style))
    return found


def _boxes(strips: Sequence[Strip]) -> Mapping[str, Box]:
    """The room of marks, that of products' labels joined to their targets'."""
    return {mark: box for strip in strips for mark, box in strip.boxes().items()}


def _ground(context: Pass | None, inner: Box, returns: bool, style: Style) -> ContextGround:
    left, bottom, right, top = inner
    if returns:
        left, bottom, right, top = left - 2, bottom - _PAD, right + _turn(inner), top + _PAD
    left, bottom, right, top = grown((left, bottom, right, top), _PAD)
    if context is None:
        return ContextGround(None, inner, returns, (left, bottom, right, top), None, "grey")
    ink = outline(caption_latex(context), style.caption_size).ink
    right = max(right, left + ink.right - ink.left + 2 * _PAD)
    if returns:
        top += _CAPTION
        caption = left, top - _CAPTION, right, top
    else:
        bottom -= _CAPTION
        caption = left, bottom, right, bottom + _CAPTION
    tint = "grey" if returns or context.trains else "blue"
    return ContextGround(context, inner, returns, (left, bottom, right, top), caption, tint)


def _turn(inner: Box) -> float:
    """How far the arrow reaches beyond the marks."""
    return min(_ROUND, (inner[3] - inner[1]) / 2) * 0.55 + _PAD


def contexts_of(
    grounds: Sequence[ContextGround], frame: Frame, style: Style
) -> Iterator[ContextBox]:
    """The tinted boxes with their captions."""
    for ground in grounds:
        if ground.context is None or ground.caption_box is None:
            continue
        x, y = frame.point(*_middle(ground.caption_box))
        turn = 0.0 if frame.sideways else 90.0
        caption = Label(caption_latex(ground.context), x, y, "center", style.caption_size, turn)
        yield ContextBox(str(ground.context), *frame.box(ground.box), ground.tint, caption)


def _middle(box: Box) -> Point:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def caption_latex(passing: Pass) -> str:
    r"""The caption in italics, names in it as mathematics.

    >>> caption_latex(Pass("train", caption=("step ", Step(1), ", train ", Symbol("ξ", True))))
    '\\textit{step 1, train $\\xi_{0}$}'
    """
    return rf"\textit{{{''.join(_part(passing, part) for part in passing.caption)}}}"


def _part(passing: Pass, part: str | Step | Symbol) -> str:
    match part:
        case Step():
            number = passing.number(part)
            return number if number.isascii() else f"${number}$"
        case Symbol(name, timed):
            time = passing.time if passing.letter is None else passing.letter
            return f"${default_latex(f'{name}_{time}' if timed else name)}$"
        case _:
            return part


def arrows_of(grounds: Sequence[ContextGround], frame: Frame, style: Style) -> Iterator[Arrow]:
    """A U-turn around the two rows of every context that has them."""
    for ground in grounds:
        if ground.returns:
            points = tuple(frame.point(*p) for p in _u_turn(ground.inner))
            labels = () if ground.context else tuple(_directions(ground.inner, frame, style))
            yield Arrow(points, True, labels, style.arrow_color)


def _u_turn(inner: Box) -> tuple[Point, ...]:
    left, bottom, right, top = inner[0] - 2, inner[1] - _PAD, inner[2], inner[3] + _PAD
    end = right + _turn(inner)
    r = min(_ROUND, (top - bottom) / 2)
    k = 0.45 * r
    a, b = (left, top), (end - r, top)
    c, d = (end, top - r), (end, bottom + r)
    e, f = (end - r, bottom), (left, bottom)
    return (
        a, *straight(a, b), (b[0] + r - k, top), (end, c[1] + r - k), c, *straight(c, d),
        (end, d[1] - r + k), (e[0] + r - k, bottom), e, *straight(e, f),
    )  # fmt: skip


def _directions(inner: Box, frame: Frame, style: Style) -> Iterator[Label]:
    middle, reach = (inner[0] + inner[2]) / 2, _PAD + 2.5 * style.label_gap
    for text, across, up in ((_FORWARD, inner[3] + reach, 1), (_BACKWARD, inner[1] - reach, -1)):
        ink = outline(text, style.caption_size).ink
        shift = up * (ink.top - ink.bottom) / 2
        x, y = frame.point(middle, across + shift)
        turn = 0.0 if frame.sideways else 90.0
        yield Label(text, x, y, "center", style.caption_size, turn)
