"""Where the marks of a derived program come from: the lines of the text that it was made of.

A mark that a transformation has written stands for a variable of the text at some step of some
pass; an error signal, for that which it is the error of.
"""

from __future__ import annotations

from dataclasses import replace

from tpgraph.errors import Span
from tpgraph.notation.painters.fragments import Fragment, Fragments
from tpgraph.program import Program

__all__ = ["with_partners"]


def with_partners(found: Fragments, made: Program, program: Program) -> Fragments:
    """The picture of a program `made` of another, each mark with the place of its partner there."""
    if made is program:
        return found
    spans = _spans(made, program)
    edges = [f for f in found.items.values() if f.layer == "edges"]
    names = {edge.source: edge.target for edge in edges if edge.target in spans}

    def placed(fragment: Fragment) -> Fragment:
        own = fragment.target if fragment.layer == "edges" else fragment.id
        span = fragment.span or spans.get(own or "") or spans.get(names.get(own) or "")
        return fragment if span is fragment.span else replace(fragment, span=span)

    items = {key: placed(fragment) for key, fragment in found.items.items()}
    return replace(found, items=items)


def _spans(made: Program, program: Program) -> dict[str, Span]:
    """The place in the text of every variable that has a partner there."""
    own = {e.out.name: e.span for e in program.equations}
    own |= {v.name: d.span for d in program.declarations for v in d.variables}
    found = {name: span for name, span in own.items() if span is not None}
    for equation in made.equations:
        name, place = equation.out.name, equation.place
        span = equation.span
        if span is None and place is not None:
            timed = place.timed
            partner = found.get(timed.of) if timed is not None and timed.of in own else None
            span = partner or found.get(place.partner or "")
        if span is not None:
            found[name] = span
    return found
