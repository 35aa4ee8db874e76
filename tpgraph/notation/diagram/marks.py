"""From a program to its diagram: vectors, scalars, gates and products.

Drawn is the strict program: wide vectors, the scalars made from them, and what else their gates
read. "io" asks for the data, the readout and the loss as well, "all" for every declared vector and
scalar, used or not, as one edits.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import replace
from typing import Literal

from tpgraph.functions import Apply, Defined
from tpgraph.notation.diagram.colours import matrix_looks
from tpgraph.notation.diagram.diagram import Diagram, GateMark, ProductEdge, Vertex, gate_id
from tpgraph.notation.diagram.mark_texts import MarkTexts, Shown
from tpgraph.notation.drawn.unnamed import labels_of_unnamed
from tpgraph.notation.scene.style import PAPER, Style
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Place, Program, Variable
from tpgraph.program.graph import varied

__all__ = ["diagram_of"]


def diagram_of(
    program: Program,
    *,
    shown: Shown = "body",
    style: Style = PAPER,
    brief: bool = False,
    sums: Container[str] = (),
    dims: bool = False,
) -> Diagram:
    """The marks of a program, as far as they are shown.

    If it is `brief`, constants in gates have four digits; `sums` are scalars that stand for the
    sign of a sum; with `dims` vectors have their dimension beside them.
    """
    texts = MarkTexts(program, shown, brief, sums, dims)
    gates = tuple(_gates(texts))
    half_named = [n for g in gates if g.text.mentions for n in g.inputs if not texts.mention(n)]
    if half_named:  # a formula has a name for every input or for none
        labels = {**program.labels, **labels_of_unnamed(program, half_named)}
        texts = replace(texts, program=varied(program, labels=labels))
        gates = tuple(_gates(texts))
    forced = frozenset[str]().union(*(gate.text.mentions for gate in gates))
    return Diagram(
        title=program.title,
        vertices=tuple(_vertex(texts, v, v.name in forced) for v in texts.variables.values()),
        gates=gates,
        products=tuple(_products(texts, style)),
        texts=texts,
        said_standing=tuple(pair for hint in program.hints for pair in hint.standing),
    )


def _vertex(texts: MarkTexts, variable: Variable, forced: bool) -> Vertex:
    """The mark of a variable; one that a gate names is `forced` to have a label."""
    program, name = texts.program, variable.name
    equation = program.equation_of.get(name)
    kind = _kind(program, variable)
    embeds = isinstance(equation, MatMul) and texts.embeds(equation)
    label = texts.label(variable)
    if not label and forced:
        label = texts.mention(name)
    return Vertex(
        id=name,
        parts=variable.parts,
        kind=kind,
        fill="filled" if kind == "X" else "hollow",
        label=label,
        title=texts.title(variable, kind),
        embeds=equation.matrix.name if isinstance(equation, MatMul) and embeds else None,
        span=(equation or program.declaration_of[name]).span,
        place=equation.place if equation else None,
        annotation=texts.beside(variable),
    )


def _kind(program: Program, variable: Variable) -> Literal["G", "X", "scalar", "data"]:
    if variable.is_scalar:
        return "scalar"
    if variable.is_fixed:
        return "data"
    return "G" if program.is_g(variable) else "X"


def _gates(texts: MarkTexts) -> Iterator[GateMark]:
    for group in _grouped(e for e in texts.equations if not isinstance(e, MatMul)):
        first = group[0]
        yield GateMark(
            id=gate_id(first.out.name, texts.program.variables),
            bar=isinstance(first, Moment),
            text=texts.gate(first),
            inputs=tuple(dict.fromkeys(a.name for a in first.arguments)),
            outputs=tuple(e.out.name for e in group),
            title=texts.formulas(group),
            span=first.span,
            place=first.place,
            reads=first.reads,
        )


def _products(texts: MarkTexts, style: Style) -> Iterator[ProductEdge]:
    found = [e for e in texts.equations if isinstance(e, MatMul) and not texts.embeds(e)]
    looks = matrix_looks((e.matrix.name for e in found), style)
    for equation in found:
        color, dash = looks.get(equation.matrix.name, (None, ()))
        yield ProductEdge(
            source=equation.operand.name,
            target=equation.out.name,
            matrix=equation.matrix.name,
            transpose=equation.transpose,
            label=texts.product(equation),
            color=color,
            dash=dash,
            span=equation.span,
            place=equation.place,
        )


def _position(equation: Equation) -> Place | None:
    """The place of an equation, whatever it binds."""
    return None if equation.place is None else replace(equation.place, timed=None)


def _grouped(equations: Iterable[Nonlin | Moment]) -> list[list[Nonlin | Moment]]:
    """Equations that apply one defined function alone to the same inputs stand together.

    Only if nothing but the order of the inputs tells them apart, and each once: the outputs of one
    function such as softmax.
    """
    groups: dict[object, list[Nonlin | Moment]] = {}
    for equation in equations:
        key: object = equation.out.name
        match equation.function:
            case Apply(Defined(name), inner, 0) if len(inner) == len(equation.arguments) > 1:
                inputs = frozenset(a.name for a in equation.arguments)
                key = (type(equation), name, inputs, _position(equation))
        groups.setdefault(key, []).append(equation)
    return list(groups.values())
