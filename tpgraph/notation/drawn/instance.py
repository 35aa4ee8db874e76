r"""The passes at one time of unrolled SGD, with what they sum over earlier steps written once.

Of the terms θ_{s,t} dh_s for s = 0, …, t−1 that of the last earlier step stays whose rate is not 0.
Names have letters for the times, x_t for the pass and x_s for the earlier step, so that passes at
different times can be compared, and drawn as one.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from unicodedata import normalize

from tpgraph.functions import (
    MUL,
    Apply,
    Argument,
    Expression,
    arguments_of,
    compact,
    number,
)
from tpgraph.notation.drawn.between import placed
from tpgraph.notation.drawn.coefficients import CoefficientLaw, moving_steps
from tpgraph.notation.drawn.generic_sums import SUM, SumSigns, summed
from tpgraph.notation.drawn.named_means import MEAN_LETTERS, MeanName, is_mean
from tpgraph.notation.drawn.times import Letters, Times
from tpgraph.notation.drawn.unnamed import Unnamed
from tpgraph.notation.scene.scene import Fill
from tpgraph.program import (
    Data,
    Declaration,
    Equation,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Pass,
    Place,
    Program,
    TimedName,
    Variable,
)
from tpgraph.program.graph import varied
from tpgraph.program.labels import joined_latex, latex_name, used_latex
from tpgraph.types import Scalar

__all__ = ["Instance", "instance"]

_BETWEEN = Place("between")
_TILDE = "\u0303"
_PRODUCT = Apply(MUL, (Argument(0), Argument(1)))


@dataclass(frozen=True)
class Instance:
    """A program of the passes at one time, what marks of earlier steps look like, what is `given`
    to the passes, the scalars that stand for the signs of `sums`, and what `means` are made of.
    """

    program: Program
    fills: Mapping[str, Fill]
    given: frozenset[str]
    sums: frozenset[str] = frozenset()
    means: Mapping[str, MeanName] = field(default_factory=dict)

    def covers(self, other: Instance) -> bool:
        """Whether the passes of another instance are among these, and complete."""
        mine, others = self._statements(), other._statements()
        contexts = {e.place.context for e in other.program.equations if e.place is not None}
        wanted = {
            e.out.name
            for e in self.program.equations
            if e.place is not None and e.place.context in contexts - {None}
        }
        return wanted <= others.keys() and all(
            mine.get(name) == statement for name, statement in others.items()
        )

    def _statements(self) -> dict[str, Hashable]:
        found: dict[str, Hashable] = {}
        for e in self.program.equations:
            what = e.transpose if isinstance(e, MatMul) else e.function
            found[e.out.name] = type(e), what, tuple(v.name for v in e.inputs)
        return found


def instance(
    times: Times,
    drawn: frozenset[str],
    time: int,
    letters: Letters,
    passes: Mapping[Pass, Pass],
    law: CoefficientLaw | None = None,
) -> Instance:
    """The passes at a time; `passes` says which are kept, and for each the generic one.

    `drawn` are the names of the equations that are drawn; `law` is that of the coefficients of what
    is summed, if these are not equal.
    """
    return _StepWriter(times, drawn, time, letters, passes, law).instance()


@dataclass(frozen=True)
class _StepReader:
    """What reads a value: its row, and the index of its name."""

    row: str
    index: tuple[int, ...] = ()


class _StepWriter:
    """The program while it is written."""

    def __init__(
        self,
        times: Times,
        drawn: frozenset[str],
        time: int,
        letters: Letters,
        passes: Mapping[Pass, Pass],
        law: CoefficientLaw | None,
    ) -> None:
        self.source = times.program
        self.times = times
        self.drawn = drawn
        self.time, self.earlier = time, max(moving_steps(law, time))
        self.letters = letters
        self.passes = passes
        self.stands: dict[str, TimedName | None] = {}
        self.law = law
        self.labels: dict[str, str] = {}
        self.signs = [self._sign("Σ", rf"{SUM}_{{{letters.earlier}<{letters.step}}}")]
        if law is not None:
            self.signs += [
                self._sign("share", law.share_latex(letters)),
                self._sign("kept", law.kept_latex(letters)),
            ]
        self.declared: dict[str, Declaration] = {}
        self.equations: dict[str, Equation] = {}
        self.fills: dict[str, Fill] = {}
        self.made: dict[str, Variable] = {}
        self.means: dict[str, MeanName] = {}

    def instance(self) -> Instance:
        """The whole work."""
        for equation in self.source.equations:
            place = equation.place
            there = place is not None and place.context in self.passes
            if place is not None and there and equation.out.name in self.drawn:
                self._write(equation, _StepReader(place.row))
        labels = self._labels_of_unnamed()
        signs = [InitialScalar(v, number(1), 1.0, self.source.widths[:1]) for v in self.signs]
        kept = {old for old, new in self.made.items() if old == new.name}
        given = [d for d in self.source.declarations if kept & {v.name for v in d.variables}]
        labels |= {k: v for k, v in self.source.labels.items() if k in kept}
        functions = {f.name for f in self.source.functions}
        labels |= {k: v for k, v in self.source.labels.items() if k in functions}
        program = varied(
            self.source,
            declarations=(*given, *signs, *self.declared.values()),
            equations=tuple(placed([*self.equations.values()])),
            outputs=(),
            loss=None,
            labels=labels | self.labels,
        )
        sums = frozenset(sign.name for sign in self.signs)
        return Instance(program, self.fills, frozenset(self.declared), sums, self.means)

    def _sign(self, name: str, label: str) -> Variable:
        """A scalar that stands for a sign."""
        while name in self.source.variables:
            name += "_"
        self.labels[name] = label
        return Variable(name, Scalar())

    def _write(self, equation: Equation, reader: _StepReader) -> Variable:
        """Write an equation, after what it reads."""
        name, made = equation.out.name, equation
        if name in self.made:
            return self.made[name]
        own = _StepReader(reader.row, equation.out.parts.indices)
        if isinstance(equation, MatMul):
            matrix = self._read(equation.matrix, own)
            made = replace(equation, matrix=matrix, operand=self._read(equation.operand, own))
        else:
            function, arguments = self._summed(equation)
            read = tuple(self._read(argument, own) for argument in arguments)
            made = replace(equation, function=function, arguments=read)
        new = self._name(equation, [v for v in made.inputs if not v.is_matrix], reader)
        out = self.made[name] = Variable(new, equation.out.type)
        self.equations[new] = replace(made, out=out, place=self._place(equation))
        return out

    def _summed(self, equation: Nonlin | Moment) -> tuple[Expression, list[Variable]]:
        """The function with one term for all earlier steps, and its arguments, earlier ones first
        in a product.
        """
        own = [*equation.arguments, *self.signs]
        steps = [self.times.steps(v.name, self.time) for v in own]

        def key(index: int, step: int) -> Hashable:
            return self.times.key(own[index].name, self.time, step, self.letters)

        places = [Argument(len(equation.arguments) + i) for i in range(len(self.signs))]
        signs = SumSigns(places[0], self.law, *places[1:])
        function = summed(equation.function, steps, self.time, key, signs)
        order = list(dict.fromkeys(arguments_of(function)))
        if function == _PRODUCT and steps[1] and not steps[0]:
            order.reverse()
            return function, [own[i] for i in order]
        function, read = compact(function, own)
        return function, [*read]

    def _read(self, variable: Variable, reader: _StepReader) -> Variable:
        """What stands for a variable in the generic pass."""
        name = variable.name
        if variable in self.signs:
            return variable
        if name not in self.made:
            equation = self.source.equation_of.get(name)
            if equation is None:
                self._given(variable)
            elif name in self.drawn and self._computed(equation):
                return self._write(equation, reader)
            else:
                self._initial(variable, equation, reader)
        return self.made[name]

    def _computed(self, equation: Equation) -> bool:
        """Whether the generic pass says how something is made: not if another pass makes it, unless
        that is an embedding by an initial matrix.
        """
        name = equation.out.name
        if name not in self.times.own:
            return self.times.steps(name, self.time) == frozenset() or is_mean(equation)
        embeds = isinstance(equation, MatMul) and equation.operand.is_fixed
        own = self.times.own[name]
        return own == self.time or (embeds and own != self.earlier)

    def _given(self, variable: Variable) -> None:
        """Declare what the program declares: data with letters for their times."""
        name = self._lettered(variable.name)
        made = self.made[variable.name] = Variable(name, variable.type)
        if name != variable.name:
            self.declared[name] = Data(made)

    def _initial(self, variable: Variable, equation: Equation, reader: _StepReader) -> None:
        """Declare what is made elsewhere as if it were given."""
        name = self._lettered(variable.name)
        if name == variable.name and is_mean(equation):
            name = self._mean_name([self._read(v, reader) for v in equation.inputs], reader)
        made = self.made[variable.name] = Variable(name, variable.type)
        if variable.is_scalar:
            self.declared[name] = InitialScalar(made, number(1), 1.0)
        elif variable.is_wide:
            as_x = not isinstance(equation, MatMul)
            self.declared[name] = InitialVectors((made,), (0.0,), ((1.0,),), as_x)
            self.fills[name] = self._fill(equation)
            if variable.is_temporary and isinstance(equation, MatMul):
                self._label_product(name, equation)
        else:
            self.declared[name] = Data(made)

    def _label_product(self, name: str, equation: MatMul) -> None:
        """A product with an initial vector is the same at every time, and told by the two."""
        operand = equation.operand
        if operand.name not in self.source.equation_of:
            matrix = used_latex(latex_name(self.source, equation.matrix), equation.transpose)
            self.labels[name] = joined_latex(matrix, latex_name(self.source, operand))

    def _fill(self, equation: Equation) -> Fill:
        """An error signal looks like that of the generic pass: as what it is the signal of."""
        place = equation.place
        if place is not None and place.row == "backward" and place.partner is not None:
            partner = self.times.written(place.partner, self.time)
            equation = self.source.equation_of.get(partner, equation)
        return "hollow" if isinstance(equation, MatMul) else "filled"

    def _lettered(self, name: str) -> str:
        """The name with letters; labels go with it."""
        letter = self.times.letter(name, self.time, self.earlier, self.letters)
        timed = self.source.timed.get(name)
        if letter is None or timed is None:
            return name
        new, label = self.times.written(name, letter), self.source.labels.get(name)
        self.stands[new] = timed
        if label is not None:
            self.labels[new] = self.times.label(name, letter) or label
        return new

    def _name(self, equation: Equation, read: Sequence[Variable], reader: _StepReader) -> str:
        name = self._lettered(equation.out.name)
        if name == equation.out.name and is_mean(equation):
            return self._mean_name(read, reader)
        return name

    def _mean_name(self, read: Sequence[Variable], reader: _StepReader) -> str:
        """The name of a mean between an earlier step and this one: `θ_st[l]` in what makes x_t[l],
        `ϑ_st[l]` of error signals dx_t[l]; with the base of what is not drawn or has the same name.
        """
        first, last = read[0].parts, read[-1].parts
        end = self.stands.get(read[-1].name) or self.source.timed.get(read[-1].name)
        tilde = end is not None and end.accent == _TILDE
        letter = MEAN_LETTERS[reader.row] + (_TILDE if tilde else "")
        drawn = any(v.is_wide for v in read)
        index = reader.index if drawn and reader.row == "forward" else last.indices
        more = () if last.indices == first.indices else first.indices
        times = self.letters.earlier + self.letters.step
        mean = MeanName(tuple(read), normalize("NFC", letter), times, index)
        if self._is_taken(mean.name(more)) or not drawn:
            start = self.stands.get(read[0].name) or self.source.timed.get(read[0].name)
            mean = replace(mean, base=first.base if start is None else start.stem)
        number = 1
        while self._is_taken(name := mean.name(more, number)):
            number += 1
        self.means[name] = mean
        self.labels[name] = mean.latex([str(i) for i in more], number)
        return name

    def _is_taken(self, name: str) -> bool:
        return name in self.equations or name in self.declared

    def _labels_of_unnamed(self) -> dict[str, str]:
        """Labels of intermediate values of earlier steps, and of their likes at this time."""
        unnamed, labels = Unnamed(self.source), dict[str, str]()
        for old, new in self.made.items():
            name = new.name
            if new.is_temporary and name in self.fills and name not in self.labels:
                for time in (self.letters.earlier, self.letters.step):
                    latex = unnamed.label(self.source.equation_of[old], time)
                    labels[self.times.written(old, time)] = latex
        return labels

    def _place(self, equation: Equation) -> Place:
        place = equation.place
        if place is None or place.context is None or place.context not in self.passes:
            return _BETWEEN
        partner = None if place.partner is None else self._lettered(place.partner)
        return Place(place.row, self.passes[place.context], partner)
