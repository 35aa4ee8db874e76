r"""Symbols for formulas that are too long for their gates: ψ₁, ψ₂, … with a list of what they are.

A gate says all of its function or, if that does not fit, a symbol that the list under the picture
defines. Gates with the same formula have the same symbol.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tpgraph.bounds import LABEL
from tpgraph.notation.diagram.diagram import Diagram, GateMark
from tpgraph.notation.layout.measure import LONGEST_TEXT, fitting_size
from tpgraph.notation.scene.scene import Definition
from tpgraph.notation.scene.style import Style

__all__ = ["abbreviated"]

_LETTERS = (r"\psi", r"\Psi", r"\omega", r"\Omega", r"\hat{\psi}")


def abbreviated(diagram: Diagram, style: Style) -> tuple[Diagram, tuple[Definition, ...]]:
    """The diagram with symbols in gates whose text does not fit, and what they stand for."""
    found: dict[str, Definition] = {}
    diagram = replace(diagram, gates=tuple(_without_spare(diagram, style)))
    letter = _letter(diagram)
    gates: list[GateMark] = []
    for gate in diagram.gates:
        text = gate.text
        if _fits(gate, style):
            gates.append(gate)
            continue
        symbol = rf"{letter}_{{{len(found) + 1}}}"
        said = found.setdefault(text.text, Definition(symbol, text.text, text.linear))
        gates.append(replace(gate, text=replace(text, text=said.symbol)))
    return replace(diagram, gates=tuple(gates)), tuple(found.values())


def _without_spare(diagram: Diagram, style: Style) -> Iterator[GateMark]:
    """The gates, those without a spare text that names what has no label, or that does not fit."""
    label = {vertex.id: vertex.label for vertex in diagram.vertices}
    for gate in diagram.gates:
        spare = gate.text.spare
        if spare and not (
            all(label.get(name) for name in (*gate.inputs, *gate.foreign))
            and fitting_size(spare, LONGEST_TEXT, style) is not None
        ):
            gate = replace(gate, text=replace(gate.text, spare=""))
        yield gate


def _fits(gate: GateMark, style: Style) -> bool:
    """Whether a text fits its gate, which is longer the more inputs it has; for a name the gate is
    as long as that takes.
    """
    if len(gate.text.text) > LABEL.most or not gate.text.linear:
        return len(gate.text.text) <= LABEL.most
    ports = (len(gate.inputs) + len(gate.foreign) - 1) * style.gate_port_gap
    return fitting_size(gate.text.text, max(LONGEST_TEXT, ports), style) is not None


def _letter(diagram: Diagram) -> str:
    """One that no label has."""
    said = [v.label for v in diagram.vertices] + [p.label for p in diagram.products]
    texts = " ".join((*said, *(gate.text.text for gate in diagram.gates)))
    return next((letter for letter in _LETTERS if letter not in texts), _LETTERS[-1])
