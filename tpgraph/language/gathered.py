"""Equations gathered into the statements that would make them: intermediates written inline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from tpgraph.functions import PRIMITIVES, Argument, Expression, arguments_of
from tpgraph.language.word_terms import is_plain, with_words
from tpgraph.language.write_terms import term_of
from tpgraph.program import (
    REDUCTIONS,
    Builder,
    Equation,
    MatMul,
    Mean,
    Moment,
    Nonlin,
    Once,
    Product,
    Program,
    Ref,
    Term,
    Variable,
    join_name,
    split_name,
    temporary_name,
)

__all__ = ["Written", "is_in_order", "written"]

_MAX_INLINE = 12


@dataclass(frozen=True, slots=True)
class Written:
    """A statement `target = term`; or an equation that no term makes, with its `term` None."""

    target: Variable
    term: Term | None
    equation: Equation


def written(program: Program) -> Iterator[Written]:
    """The statements that make the program's equations, in order."""
    uses = _use_counts(program)
    functions = {*PRIMITIVES, *(f.name for f in program.functions)}
    taken = {*functions, *program.variables} & {*REDUCTIONS}
    pending: list[Equation] = []
    for equation in program.equations:
        name = equation.out.name
        base, index, number = split_name(name)
        first = temporary_name(join_name(base, index), 1)
        begins = not pending or pending[0].out.name == first
        if begins and number == len(pending) + 1:
            pending.append(equation)
            continue
        if pending and number is None and pending[0].out.name == first:
            yield from _inlined([*pending, equation], uses, functions, taken)
        else:
            yield from map(_single, pending)
            yield _single(equation)
        pending = []
    yield from map(_single, pending)


def _use_counts(program: Program) -> Counter[str]:
    """How often the program reads each intermediate."""
    counts: Counter[str] = Counter()
    for equation in program.equations:
        if any(v.is_temporary for v in equation.inputs):
            counts.update(_reads(equation))
    counts.update(v.name for v in program.outputs)
    if program.loss is not None:
        counts[program.loss.name] += 1
    return counts


def _reads(equation: Equation) -> list[str]:
    match equation:
        case MatMul():
            return [equation.operand.name]
        case Nonlin(_, function, arguments) | Moment(_, function, arguments):
            return [arguments[i].name for i in arguments_of(function)]


def _inlined(
    group: Sequence[Equation],
    uses: Counter[str],
    functions: Collection[str],
    taken: Collection[str],
) -> Iterator[Written]:
    """One statement, if reading it makes the same equations; else each equation for itself."""
    final = group[-1]
    # `tanh (u + v)` is a call, even where tanh is also the name of a matrix
    like_calls = any(isinstance(e, MatMul) and e.matrix.name in functions for e in group)
    within = Counter(name for e in group for name in _reads(e))
    own = all(uses[e.out.name] == within[e.out.name] > 0 for e in group[:-1])
    if own and not like_calls and len(group) <= _MAX_INLINE:
        terms: dict[str, Term] = {}
        for equation in group:
            name = equation.out.name
            made = _term(equation, terms, equation is final)
            terms[name] = Once(made) if within[name] > 1 else made
        term = terms[final.out.name]
        if _cut(final.out.name, term) == list(group):
            term = with_words(term, taken)
            if is_plain(term):
                yield Written(final.out, term, final)
                return
    yield from map(_single, group)


def _term(equation: Equation, known: dict[str, Term], is_final: bool) -> Term:
    """The term of an equation, with what is known of its operands in their place."""
    match equation:
        case MatMul(_, matrix, transpose, operand):
            return Product(matrix, transpose, known.get(operand.name, Ref(operand)))
        case Nonlin(_, function, arguments):
            return term_of(function, [known.get(a.name, Ref(a)) for a in arguments])
        case Moment(_, function, arguments):
            term = term_of(function, [known.get(a.name, Ref(a)) for a in arguments])
            return term if is_final and not equation.vectors else Mean(term)


class _Recorder(Builder):
    """Records the equations that a term is cut into, without their surroundings."""

    def __init__(self) -> None:
        super().__init__()
        self.recorded: list[Equation] = []

    def add(self, equation: Equation) -> Variable:
        self.recorded.append(equation)
        return equation.out


def _cut(target: str, term: Term) -> list[Equation]:
    recorder = _Recorder()
    recorder.bind(target, term)
    return recorder.recorded


def _single(equation: Equation) -> Written:
    """The statement of one equation alone."""
    match equation:
        case Nonlin(_, function, arguments) | Moment(_, function, arguments):
            if not is_in_order(function, arguments):
                return Written(equation.out, None, equation)
        case MatMul():
            pass
    return Written(equation.out, _term(equation, {}, True), equation)


def is_in_order(function: Expression, arguments: Sequence[object]) -> bool:
    """Whether the arguments are distinct and stand in the order of their first use, all used."""
    if isinstance(function, Argument) and function.index == 0 and len(arguments) == 1:
        return True
    order = list(dict.fromkeys(arguments_of(function)))
    return order == list(range(len(arguments))) and len(set(arguments)) == len(arguments)
