"""What pictures of passes leave out: gradients that nothing reads, signals that stand there twice.

The error signal of a bias repeats that of what it is added to: `db = φ'(h + b) dx` is `dh`. One
mark does for both, with the name that there is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from tpgraph.notation.picture import Diagram, Gate
from tpgraph.program import Equation, Program

__all__ = ["Signals", "signals_once"]

_LONG = re.compile(r"\d+\.\d{4,}")
_DIGITS = 4


@dataclass(frozen=True)
class Signals:
    """A diagram in which no signal stands twice; `instead` names for those left out what stays."""

    diagram: Diagram
    instead: Mapping[str, str]


def signals_once(program: Program, diagram: Diagram) -> Signals:
    """The diagram with one backward gate for each signal, and without what nothing reads."""
    aside = _aside(program)
    instead = _instead(diagram, aside)
    labels = {v.id: v.label for v in diagram.vertices}
    names = {new: labels[old] for old, new in instead.items() if labels[old] and not labels[new]}
    gates = [_shortened(_renamed(g, instead)) for g in diagram.gates if g.outputs[0] not in instead]
    products = [
        replace(p, source=instead.get(p.source, p.source))
        for p in diagram.products
        if p.target not in instead
    ]
    read = {n for gate in gates for n in gate.inputs} | {p.source for p in products}
    read |= {variable.name for variable in program.outputs}
    gates = [g for g in gates if g.outputs[0] not in aside or not read.isdisjoint(g.outputs)]
    vertices = (replace(v, label=v.label or names.get(v.id, "")) for v in diagram.vertices)
    found = replace(diagram, vertices=tuple(vertices), gates=tuple(gates), products=tuple(products))
    return Signals(found, instead)


def _aside(program: Program) -> frozenset[str]:
    """Error signals of trained vectors, and of what training makes of them (b_1 of b)."""
    trained = {parameter.variable.name for parameter in program.parameters}
    trained |= {e.out.name for e in program.equations if e.place and e.place.row == "between"}
    partners = {e.out.name: e.place.partner for e in _backward(program) if e.place}
    return frozenset(name for name, partner in partners.items() if partner in trained)


def _backward(program: Program) -> Iterator[Equation]:
    yield from (e for e in program.equations if e.place and e.place.row == "backward")


def _instead(diagram: Diagram, aside: frozenset[str]) -> Mapping[str, str]:
    """For each signal that repeats another one, that other one: rather of a vector of the row."""
    same: dict[tuple[str, tuple[str, ...]], list[Gate]] = defaultdict(list)
    for gate in diagram.gates:
        if gate.place and gate.place.row == "backward" and len(gate.outputs) == 1:
            same[gate.title.partition(" = ")[2], gate.inputs].append(gate)
    embedded = {vertex.id for vertex in diagram.vertices if vertex.embeds}
    instead: dict[str, str] = {}
    for gates in same.values():
        best = min(gates, key=lambda g: (g.outputs[0] in aside, _partner(g) in embedded))
        instead |= {g.outputs[0]: best.outputs[0] for g in gates if g is not best}
    return instead


def _partner(gate: Gate) -> str | None:
    return gate.place.partner if gate.place else None


def _renamed(gate: Gate, instead: Mapping[str, str]) -> Gate:
    inputs = tuple(dict.fromkeys(instead.get(name, name) for name in gate.inputs))
    return replace(gate, inputs=inputs)


def _shortened(gate: Gate) -> Gate:
    """Constants to four digits, as -2.0000000000000004 says no more than -2."""
    text = replace(
        gate.text,
        text=_LONG.sub(_rounded, gate.text.text),
        shorter=tuple(_LONG.sub(_rounded, short) for short in gate.text.shorter),
    )
    return replace(gate, text=text)


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found.group()):.{_DIGITS}g}"
