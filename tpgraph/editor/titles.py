"""What a mark is called where it is read aloud: kind, formula, what it is made from, its uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tpgraph.editor.represented import Represented
from tpgraph.notation.diagram.said_of_marks import Titles
from tpgraph.notation.painters.fragments import Fragment
from tpgraph.program.text import distribution

__all__ = ["title_of", "uses_of"]


def title_of(
    fragment: Fragment, name: str | None, titles: Titles, many: Represented | None = None
) -> str:
    """The title of a mark that stands for a variable of a program; a gate for what it makes.

    `x: X-var, vector of n; x = φ(h); made from h; used by f`; of what is declared its distribution.
    An unnamed value is said by what it is made of, which is its formula. Of `many` one is said as
    all of them, `x[l]` with `l = 2, …, 9`.
    """
    program = titles.program
    if name is None or name not in program.variables:
        return fragment.title
    equation, variable = program.equation_of.get(name), program.variables[name]
    called = None if many is None else many.called(name)
    is_here = many is None or many.is_here(name)  # a block before may be made otherwise
    parts = [fragment.title.replace("\n", "; ")]
    if fragment.layer == "gates":
        parts[0] = f"gate: {parts[0]}"
    elif equation is None:
        parts[0] += f", {distribution(program.declaration_of[name], variable)}"
    elif not variable.is_temporary:
        parts += [titles.line(equation, called)] * is_here
    if many is not None:
        parts += many.ranges(name)
    if equation is not None and is_here:
        sources = (titles.spelled(v.name, called) for v in equation.inputs)
        parts.append(f"made from {_listed(sources)}")
    uses = _listed(uses_of(name, titles, many))
    if fragment.layer == "variables" and uses:
        parts.append(f"used by {uses}")
    return "; ".join(parts)


def uses_of(name: str, titles: Titles, many: Represented | None = None) -> Iterator[str]:
    """What reads a variable, as it is said; of `many` what reads all of them."""
    for equation in titles.program.uses[name]:
        out = equation.out.name
        said = titles.spelled(out) if many is None else many.reader(out, name, titles)
        if said is not None:
            yield said


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
