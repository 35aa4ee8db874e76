"""What a mark is called where it is read aloud: kind, formula, what it is made from, its uses."""

from __future__ import annotations

from collections.abc import Iterable

from tpgraph.notation.diagram.said_of_marks import Titles
from tpgraph.notation.painters.fragments import Fragment
from tpgraph.program.text import distribution

__all__ = ["title_of"]


def title_of(fragment: Fragment, name: str | None, titles: Titles) -> str:
    """The title of a mark that stands for a variable of a program; a gate for what it makes.

    `x: X-var, vector of n; x = φ(h); made from h; used by f`; of what is declared its distribution.
    An unnamed value is said by what it is made of, which is its formula.
    """
    program = titles.program
    if name is None or name not in program.variables:
        return fragment.title
    equation, variable = program.equation_of.get(name), program.variables[name]
    parts = [fragment.title.replace("\n", "; ")]
    if fragment.layer == "gates":
        parts[0] = f"gate: {parts[0]}"
    elif equation is None:
        parts[0] += f", {distribution(program.declaration_of[name], variable)}"
    elif not variable.is_temporary:
        parts.append(titles.line(equation))
    if equation is not None:
        parts.append(f"made from {_listed(titles, (v.name for v in equation.inputs))}")
    uses = [e.out.name for e in program.uses[name]]
    if fragment.layer == "variables" and uses:
        parts.append(f"used by {_listed(titles, uses)}")
    return "; ".join(parts)


def _listed(titles: Titles, names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(titles.spelled(name) for name in names))
