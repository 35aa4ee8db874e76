"""Programs made from the text's, to be looked at: passes, SGD, the tangent kernel, step by step."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, Literal

from tpgraph.editor.answers import span_data
from tpgraph.editor.requests import PictureOptions
from tpgraph.errors import TPDataError, TPWarning
from tpgraph.notation.frames.frames import draw_frames
from tpgraph.notation.labels.plain import plain_text
from tpgraph.notation.painters.fragments import Fragment, Fragments, fragments_of
from tpgraph.notation.painters.svg import to_svg
from tpgraph.notation.pipeline import Options, compose
from tpgraph.notation.scene.scene import Label, Scene
from tpgraph.notation.scene.style import Style, theme
from tpgraph.program import Program
from tpgraph.transform import backward, ntk, reduce, unroll_sgd

__all__ = ["What", "derived", "program_of", "step"]

What = Literal["forward", "backward", "sgd", "ntk", "reduced"]


def program_of(program: Program, what: What, steps: int = 1) -> Program:
    """The program that a view shows. Raises TPError where there is none, as of no network."""
    match what:
        case "backward":
            return backward(program)
        case "sgd":
            return unroll_sgd(program, steps=steps)
        case "ntk":
            return ntk(program)
        case "reduced":
            return reduce(program)
        case _:
            return program


def derived(
    program: Program, what: What, steps: int, fold: bool, options: PictureOptions
) -> dict[str, Any]:
    """The picture of a view, whole; its marks know the lines that they come from."""
    made = program_of(program, what, steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TPWarning)  # where nothing folds, all of it is drawn
        scene = compose(made, Options(options.direction, style=options.theme, fold=fold))
    return _picture(scene, theme(options.theme))


def _picture(scene: Scene, style: Style) -> dict[str, Any]:
    fragments = fragments_of(scene, style)
    return {
        "full": [_fragment(f) for f in fragments.items.values()],
        "glyphs": dict(fragments.glyphs),
        "box": list(fragments.box),
    }


def _fragment(fragment: Fragment) -> dict[str, Any]:
    return {
        "key": fragment.key,
        "layer": fragment.layer,
        "kind": fragment.kind,
        "x": fragment.x,
        "y": fragment.y,
        "svg": fragment.svg,
        "name": None,
        "title": fragment.title,
        "span": span_data(fragment.span),
        "source": fragment.source,
        "target": fragment.target,
        "argument": None,
        "matrix": fragment.matrix,
    }


def step(
    program: Program, what: What, steps: int, at: int, options: PictureOptions
) -> dict[str, Any]:
    """One instruction of a program's view: what it makes, its rule and its formula.

    `at` counts from 0, before the first instruction. Raises TPDataError beyond the last.
    """
    made = program_of(program, what, steps)
    frames = draw_frames(made, direction=options.direction, style=options.theme)
    if at >= len(frames.captions):
        raise TPDataError(f"there are {len(frames.captions) - 1} instructions")
    style = theme(options.theme)
    scene = compose(made, Options(options.direction, style=options.theme))
    fragments = fragments_of(scene, style)
    born = {key: _born(f, frames.born) for key, f in fragments.items.items()}
    rule, _, formula = frames.captions[at].text.partition(r"\quad ")
    lit = [key for key, k in born.items() if k == at and at > 0]
    return {
        "count": len(frames.captions) - 1,
        "at": at,
        "picture": _picture(scene, style),
        "lit": lit,
        "done": [key for key, k in born.items() if k < at or k == 0],
        "rule": plain_text(rule),
        "formula": {
            "latex": formula,
            "plain": plain_text(formula),
            "svg": _formula(formula, style) if formula else "",
        },
        "span": _span(fragments, lit),
    }


def _born(fragment: Fragment, born: Mapping[str, int]) -> int:
    """The frame from which a mark is there; a line when both its ends are."""
    if fragment.layer == "edges":
        ends = (fragment.source or "", fragment.target or "")
        return max(born.get(end, 0) for end in ends)
    return born.get(fragment.id or "", 0)


def _span(fragments: Fragments, keys: list[str]) -> list[int] | None:
    """The place in the text of the first mark that has one."""
    spans = (fragments.items[key].span for key in keys)
    return span_data(next((span for span in spans if span is not None), None))


def _formula(text: str, style: Style) -> str:
    """A formula alone as an SVG document."""
    return to_svg(Scene(labels=(Label(text, 0, 0, "base", 12.0),)), style)
