"""Programs made from the text's, to be looked at: passes, SGD, the tangent kernel."""

from __future__ import annotations

import warnings
from typing import Any, Literal

from tpgraph.editor.answers import span_data
from tpgraph.editor.looks import look_of
from tpgraph.editor.partners import with_partners
from tpgraph.editor.requests import PictureOptions
from tpgraph.editor.titles import title_of
from tpgraph.errors import TPWarning
from tpgraph.notation.diagram.said_of_marks import Titles
from tpgraph.notation.draw_options import Options
from tpgraph.notation.painters.fragments import Fragment, Fragments, fragments_of
from tpgraph.notation.pipeline import compose
from tpgraph.program import Program
from tpgraph.transform import backward, ntk, reduce, unroll_sgd

__all__ = ["What", "derived", "plain_picture", "program_of"]

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


def derived(program: Program, what: What, steps: int, options: PictureOptions) -> dict[str, Any]:
    """The picture of a view, whole; its marks know the lines that they come from."""
    made = program_of(program, what, steps)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TPWarning)  # where nothing folds, all of it is drawn
        scene = compose(
            made, Options(options.direction, style=look_of(options), fold=options.fold != "no")
        )
    found = fragments_of(scene, look_of(options))
    return plain_picture(with_partners(found, made, program), made)


def plain_picture(fragments: Fragments, program: Program) -> dict[str, Any]:
    """A whole picture of a program, that is read and not changed."""
    edges = (f for f in fragments.items.values() if f.layer == "edges")
    made = {edge.source: edge.target for edge in edges if edge.target in program.variables}

    titles = Titles(program)

    def title(fragment: Fragment) -> str:
        gate = fragment.layer == "gates"
        return title_of(fragment, made.get(fragment.id) if gate else fragment.id, titles)

    return {
        "full": [_fragment(f, title(f)) for f in fragments.items.values()],
        "glyphs": dict(fragments.glyphs),
        "box": list(fragments.box),
    }


def _fragment(fragment: Fragment, title: str) -> dict[str, Any]:
    return {
        "key": fragment.key,
        "layer": fragment.layer,
        "kind": fragment.kind,
        "x": fragment.x,
        "y": fragment.y,
        "svg": fragment.svg,
        "name": None,
        "title": title,
        "span": span_data(fragment.span),
        "source": fragment.source,
        "target": fragment.target,
        "argument": None,
        "matrix": fragment.matrix,
    }
