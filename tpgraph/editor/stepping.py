"""A program one instruction at a time: what each makes, its rule, its formula and its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tpgraph.editor.answers import span_data
from tpgraph.editor.derived import What, plain_picture, program_of
from tpgraph.editor.looks import look_of
from tpgraph.editor.partners import with_partners
from tpgraph.editor.requests import PictureOptions
from tpgraph.errors import TPDataError
from tpgraph.notation.diagram.instruction_latex import Instruction
from tpgraph.notation.frames.frames import draw_frames
from tpgraph.notation.labels.plain import plain_text
from tpgraph.notation.painters.fragments import Fragment, Fragments, fragments_of
from tpgraph.notation.painters.svg import to_svg
from tpgraph.notation.scene.scene import Label, Scene
from tpgraph.notation.scene.style import Style
from tpgraph.program import Program

__all__ = ["Walk", "Walks", "walk"]

_FORMULA = 12.0
"""pt of the letters of a formula beside the picture."""


@dataclass(frozen=True)
class Walk:
    """The instructions of a program over one picture; `said` are their rules and formulas.

    `born` is the step in which a mark or line appears; those of step 0 are there from the start.
    """

    program: Program
    fragments: Fragments
    born: Mapping[str, int]
    said: tuple[Instruction, ...]
    style: Style

    @property
    def picture(self) -> dict[str, Any]:
        """The whole picture for the page."""
        return plain_picture(self.fragments, self.program)

    @property
    def steps(self) -> list[dict[str, Any]]:
        """What each step says; which marks it makes is told by `born`."""
        each = (self.at(k) for k in range(len(self.said)))
        return [{name: found[name] for name in ("rule", "formula", "span")} for found in each]

    def at(self, k: int) -> dict[str, Any]:
        """Step k, from 0: before the first instruction. Raises TPDataError beyond the last."""
        if k >= len(self.said):
            raise TPDataError(f"there are {len(self.said) - 1} instructions")
        rule, formula = self.said[k]
        lit = [key for key, born in self.born.items() if born == k > 0]
        return {
            "count": len(self.said) - 1,
            "at": k,
            "lit": lit,
            "done": [key for key, born in self.born.items() if born < k or born == 0],
            "rule": rule,
            "formula": {
                "latex": formula,
                "plain": plain_text(formula),
                "svg": _formula(formula, self.style) if formula else "",
            },
            "span": _span(self.fragments, lit),
        }


def walk(program: Program, what: What, steps: int, options: PictureOptions) -> Walk:
    """The instructions of a view of a program. Raises TPError where there is none of it.

    The program itself is shown with data, readout and loss in the editing view; its passes as in
    the paper's figures.
    """
    made = program_of(program, what, steps)
    style = look_of(options)
    everything = what == "forward" and options.view == "editing"
    frames = draw_frames(
        made, direction=options.direction, show="io" if everything else "body", theme=style
    )
    fragments = with_partners(fragments_of(frames.picture, style), made, program)
    born = {key: _born(f, frames.born) for key, f in fragments.items.items()}
    return Walk(made, fragments, born, frames.said, style)


class Walks:
    """The last walk that was asked for, which is kept for its next step."""

    def __init__(self) -> None:
        self._key: tuple[str, What, int, PictureOptions] | None = None
        self._walk: Walk | None = None

    def of(
        self, program: Program, text: str, what: What, steps: int, options: PictureOptions
    ) -> Walk:
        """The walk of the program of a text; errors as of `walk`."""
        key = (text, what, steps, options)
        if self._walk is None or key != self._key:
            self._walk = walk(program, what, steps, options)
            self._key = key
        return self._walk


def _born(fragment: Fragment, born: Mapping[str, int]) -> int:
    """The step from which a mark is there; a line when both its ends are."""
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
    return to_svg(Scene(labels=(Label(text, 0, 0, "base", _FORMULA),)), style)
