"""What a mark is called where it is read aloud: kind, formula, what it is made from, its uses."""

from __future__ import annotations

from tpgraph.notation.painters.fragments import Fragment
from tpgraph.program import Program
from tpgraph.program.text import distribution, right_hand_side

__all__ = ["title_of"]


def title_of(fragment: Fragment, name: str | None, program: Program) -> str:
    """The title of a mark that stands for a variable of a program; a gate for what it makes.

    `x: X-var, vector of n; x = φ(h); made from h; used by f`; of what is declared its distribution.
    """
    if name is None or name not in program.variables:
        return fragment.title
    equation = program.equation_of.get(name)
    parts = [fragment.title.replace("\n", "; ")]
    if fragment.layer == "gates":
        parts[0] = f"gate: {parts[0]}"
    elif equation is not None:
        parts.append(f"{name} = {right_hand_side(equation)}")
    else:
        variable = program.variables[name]
        parts[0] += f", {distribution(program.declaration_of[name], variable)}"
    if equation is not None:
        made = dict.fromkeys(v.name for v in equation.inputs)
        parts.append(f"made from {', '.join(made)}")
    uses = [e.out.name for e in program.uses[name]]
    if fragment.layer == "variables" and uses:
        parts.append(f"used by {', '.join(dict.fromkeys(uses))}")
    return "; ".join(parts)
