"""Passes that stand by themselves: what one reads of another is given to it like initial vectors.

So every pass can be folded alone, without lines between plates. What happens between passes and
serves one of them alone belongs to that one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from tpgraph.functions import number
from tpgraph.notation.drawn.between import placed, settled
from tpgraph.notation.drawn.instance import Instance
from tpgraph.notation.drawn.named_means import MeanName
from tpgraph.notation.drawn.unnamed import Unnamed
from tpgraph.notation.scene.scene import Fill
from tpgraph.program import (
    Declaration,
    Equation,
    InitialScalar,
    InitialVectors,
    MatMul,
    Pass,
    Program,
    Variable,
    join_name,
)
from tpgraph.program.graph import varied
from tpgraph.program.labels import default_latex

__all__ = ["localised", "own_name"]

_ELSEWHERE = re.compile(r"@\d*")
NO_MEANS: Mapping[str, MeanName] = MappingProxyType({})


def own_name(name: str) -> str:
    """The name of a variable without what marks one that is given to another context.

    >>> own_name("x_0@3[2]~1")
    'x_0[2]~1'
    """
    return _ELSEWHERE.sub("", name)


def localised(
    program: Program, drawn: frozenset[str], means: Mapping[str, MeanName] = NO_MEANS
) -> Instance | None:
    """The program with passes by themselves; None if it has one context at most.

    `drawn` are the names of the equations that are drawn; `means` say what means are made of.
    """
    equations = settled(placed([e for e in program.equations if e.out.name in drawn]))
    contexts = dict.fromkeys(e.place.context for e in equations if e.place is not None)
    contexts.pop(None, None)
    if len(contexts) < 2:
        return None
    return replace(_Local(program, drawn, equations, list(contexts)).instance(), means=means)


class _Local:
    """The program while it is written."""

    def __init__(
        self,
        program: Program,
        drawn: frozenset[str],
        equations: list[Equation],
        contexts: list[Pass | None],
    ) -> None:
        self.source = program
        self.drawn = drawn
        self.equations = equations
        self.place_of = {e.out.name: e.place for e in equations}
        self.number = {context: str(i) for i, context in enumerate(contexts)}
        self.declared: dict[str, Declaration] = {}
        self.fills: dict[str, Fill] = {}
        self.labels = dict(program.labels)
        self.unnamed = Unnamed(program)

    def instance(self) -> Instance:
        """The whole work."""
        written = [e for equation in self.equations for e in self._written(equation)]
        for equation in self._aside(written):
            self.declared[equation.out.name] = InitialScalar(equation.out, number(1), 1.0)
        known = self.drawn | self.declared.keys()
        rest = [e for e in self.source.equations if e.out.name not in known]
        program = varied(
            self.source,
            declarations=(*self.source.declarations, *self.declared.values()),
            equations=(*rest, *written),
            outputs=(),
            loss=None,
            labels=self.labels,
        )
        return Instance(program, self.fills, frozenset(self.declared))

    def _aside(self, written: Sequence[Equation]) -> Iterator[Equation]:
        """The scalars that are read and not drawn how they are made, such as means of data."""
        read = {v.name for e in written for v in e.inputs if v.is_scalar}
        for equation in self.source.equations:
            if equation.out.name in read - self.drawn:
                yield equation

    def _written(self, equation: Equation) -> Iterator[Equation]:
        """The equation in its own context, after embeddings that it takes from others."""
        context = equation.place.context if equation.place is not None else None
        inputs: dict[str, Variable] = {}
        for variable in equation.inputs:
            other = self.place_of.get(variable.name)
            away = other is not None and other.context is not None and other.context != context
            if context is None or not away:
                continue
            made = self.source.equation_of[variable.name]
            name = self._elsewhere(variable, self.number[context])
            inputs[variable.name] = Variable(name, variable.type)
            if name in self.declared or name in self.place_of:
                continue
            if isinstance(made, MatMul) and self._is_data(made.operand):
                self.place_of[name] = equation.place
                if not made.out.is_temporary:
                    self.labels[name] = self._label(made)
                yield replace(made, out=inputs[variable.name], place=equation.place)
            else:
                self._declare(made, inputs[variable.name])
        if isinstance(equation, MatMul):
            operand = inputs.get(equation.operand.name, equation.operand)
            yield replace(equation, operand=operand)
        else:
            yield replace(
                equation, arguments=tuple(inputs.get(a.name, a) for a in equation.arguments)
            )

    def _is_data(self, variable: Variable) -> bool:
        """Whether a vector of a fixed dimension is none that a pass is drawn to make."""
        return variable.is_fixed and variable.name not in self.place_of

    def _declare(self, made: Equation, variable: Variable) -> None:
        """Declare what another context makes."""
        name = made.out.name
        if variable.is_scalar:
            self.declared[variable.name] = InitialScalar(variable, number(1), 1.0)
        else:
            as_x = not isinstance(made, MatMul)
            self.declared[variable.name] = InitialVectors((variable,), (0.0,), ((1.0,),), as_x)
            self.fills[variable.name] = self._fill(made)
        if name not in self.labels and made.out.is_temporary:
            timed = self.source.timed.get(name)
            time = "" if timed is None or timed.time is None else str(timed.time)
            self.labels[name] = self.unnamed.label(made, time)
        self.labels[variable.name] = self._label(made)

    def _label(self, made: Equation) -> str:
        """The label of what an equation binds, under whatever name."""
        return self.labels.get(made.out.name, default_latex(made.out.name))

    def _fill(self, equation: Equation) -> Fill:
        """An error signal looks like what it is the signal of."""
        place = equation.place
        if place is not None and place.row == "backward" and place.partner is not None:
            equation = self.source.equation_of.get(place.partner, equation)
        return "hollow" if isinstance(equation, MatMul) else "filled"

    def _elsewhere(self, variable: Variable, number: str) -> str:
        """A name for what a context is given of another one: the same, marked, as x_0@3[2]~1."""
        base, index, temporary = variable.parts
        base = f"{base}@{number}"
        while (found := join_name(base, index, temporary)) in self.source.variables:
            base += "@"
        return found
