r"""Sums over the uses of a shared matrix: one of their terms, behind a Σ.

What SGD adds to a matrix that is used at every time is an outer product for each use,

    W_1 = W_0 − c Σ_r dh_0[r] s_0[r−1]ᵀ,

so that every later product with it has a term for each use, and times differ by which of the terms
is their own. Written with a letter for the uses,

    h_1[t] = W s_1[t−1] − c Σ_r θ_01[t,r] dh_0[r],   θ_01[t,r] = mean(s_0[r−1] s_1[t−1]),

they are equal but for t, and can be folded. Only what other passes give is summed like this: which
terms belong together is read off their names, in which one index moves from term to term.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from tpgraph.functions import (
    ADD,
    Apply,
    Argument,
    Expression,
    Number,
    add,
    arguments_of,
    compact,
    number,
    substitute,
)
from tpgraph.notation.drawn.generic_sums import SUM, behind
from tpgraph.notation.drawn.instance import Instance
from tpgraph.notation.drawn.loops import loop_letters
from tpgraph.program import (
    Data,
    Declaration,
    Equation,
    InitialScalar,
    InitialVectors,
    Moment,
    NameParts,
    Nonlin,
    Variable,
    join_name,
)
from tpgraph.program.graph import varied
from tpgraph.program.labels import headword, latex_name
from tpgraph.types import Scalar

__all__ = ["uses_summed"]

LEAST_USES = 3
_LETTERS = ("r", "i", "u", "a")
_NUMBER = re.compile(r"(\d+)")
_STEM = re.compile(r"[^_@]*")


def uses_summed(passes: Instance) -> Instance:
    """The passes with one term for all uses of a matrix in what earlier steps added to it."""
    return _Writer(passes).instance()


@dataclass(frozen=True)
class _Uses:
    """Terms that differ by one index: `terms` by its values, consecutive numbers from `first` on;
    `moves` says which index of what they read is that, and how far from it, `of` what the index
    counts.
    """

    terms: tuple[Expression, ...]
    first: int
    moves: dict[int, tuple[int, int]]
    of: NameParts
    position: int


class _Writer:
    """The program while it is written."""

    def __init__(self, passes: Instance) -> None:
        self.passes = passes
        self.source = passes.program
        taken = {headword(name) for name in self.source.variables} | loop_letters(self.source)
        self.letter = next((x for x in _LETTERS if x not in taken), _LETTERS[0])
        self.labels: dict[str, str] = {}
        self.declared: dict[str, Declaration] = {}
        self.fills = dict(passes.fills)
        self.sums: dict[str, Variable] = {}
        self.known: dict[str, Variable] = {}
        self.means = dict(passes.means)
        self.written: list[Equation] = []
        given = (v.parts for d in self.source.declarations for v in d.variables)
        self.unnamed = Counter(p[:2] for p in given if p.temporary is not None)

    def instance(self) -> Instance:
        """The whole work; the same passes where nothing is summed."""
        for equation in self.source.equations:
            made = self._made(equation) if isinstance(equation, Nonlin) else equation
            self.written.append(made)
        if not self.sums:
            return self.passes
        left = {v.name for e in self.source.equations for v in e.inputs}
        left -= {v.name for e in self.written for v in e.inputs}
        kept = (e for e in self.written if not (isinstance(e, Moment) and e.out.name in left))
        program = varied(
            self.source,
            declarations=(*self.source.declarations, *self.declared.values()),
            equations=tuple(kept),
            labels={**self.source.labels, **self.labels},
        )
        signs = {sign.name for sign in self.sums.values()}
        given = self.passes.given | (self.declared.keys() - signs)
        sums = self.passes.sums | signs
        return Instance(program, self.fills, given, sums, self.means)

    def _made(self, equation: Nonlin) -> Nonlin:
        """The equation with one term for those of all uses."""
        arguments = list(equation.arguments)
        function = self._summed(equation.function, arguments)
        if function == equation.function:
            return equation
        function, read = compact(function, arguments)
        return replace(equation, function=function, arguments=read)

    def _summed(self, function: Expression, arguments: list[Variable]) -> Expression:
        """The function with sums over uses behind a sign; what they read is added to arguments."""
        if not isinstance(function, Apply):
            return function
        if function.function != ADD or function.order:
            inner = tuple(self._summed(e, arguments) for e in function.arguments)
            return replace(function, arguments=inner)
        totals: dict[str, list[Expression]] = {}
        dropped: dict[int, str] = {}
        for members, uses in self._sums(function.arguments, arguments):
            term = self._generic(uses, arguments)
            if term is not None:
                label = self._range(uses)
                totals.setdefault(label, []).append(term)
                dropped |= dict.fromkeys(members, label)
        terms: list[Expression] = []
        for i, term in enumerate(function.arguments):
            if i not in dropped:
                terms.append(self._summed(term, arguments))
            elif dropped[i] in totals:
                sign = self._sign(dropped[i])
                arguments.append(sign)
                terms.append(behind(Argument(len(arguments) - 1), totals.pop(dropped[i])))
        return add(*terms)

    def _sums(
        self, terms: Sequence[Expression], arguments: Sequence[Variable]
    ) -> Iterator[tuple[list[int], _Uses]]:
        """The terms that are those of uses: of all that are equal but for indices, or of those
        among them that share one more index, as the element of a batch.
        """
        families: dict[Hashable, list[int]] = defaultdict(list)
        for i, term in enumerate(terms):
            families[self._shape(term, arguments)].append(i)
        for members in families.values():
            rows = {i: self._indices(terms[i], arguments) for i in members}
            for column in (None, *range(len(rows[members[0]]))):
                parted: dict[int | None, list[int]] = defaultdict(list)
                for i in members:
                    parted[None if column is None else rows[i][column]].append(i)
                found = [(part, self._uses([terms[i] for i in part], arguments))
                         for part in parted.values()]  # fmt: skip
                if all(uses is not None for _, uses in found):
                    yield from ((part, uses) for part, uses in found if uses is not None)
                    break

    def _indices(self, term: Expression, arguments: Sequence[Variable]) -> list[int]:
        return [i for v in self._read(term, arguments) for i in v.parts.indices]

    def _shape(self, term: Expression, arguments: Sequence[Variable]) -> Hashable:
        """The term without the values of indices."""
        match term:
            case Argument(index):
                parts = [self._parts(v) for v in self._operands(arguments[index])]
                return tuple((base, len(where), k) for base, where, k in parts)
            case Number(value):
                return value
            case Apply(function, inner, order):
                return function, order, tuple(self._shape(e, arguments) for e in inner)

    def _operands(self, variable: Variable) -> tuple[Variable, ...]:
        """What a mean is made of; else the variable itself."""
        mean = self.passes.means.get(variable.name)
        made = self.source.equation_of.get(variable.name)
        if mean is None:
            return (variable,)
        return mean.operands if made is None else made.inputs

    def _parts(self, variable: Variable) -> NameParts:
        """The parts of a name; an unnamed value that is the only one of its statement is that."""
        parts = variable.parts
        alone = parts.temporary is not None and self.unnamed[parts[:2]] == 1
        return parts._replace(temporary=-1) if alone else parts

    def _read(self, term: Expression, arguments: Sequence[Variable]) -> list[Variable]:
        return [v for i in arguments_of(term) for v in self._operands(arguments[i])]

    def _uses(self, terms: Sequence[Expression], arguments: Sequence[Variable]) -> _Uses | None:
        """The terms of one shape as those of uses, in order; None if they are not, or too few."""
        if len(terms) < LEAST_USES:
            return None
        rows = [[self._parts(v) for v in self._read(term, arguments)] for term in terms]
        columns: dict[tuple[int, int], list[int]] = {}
        for leaf, parts in enumerate(rows[0]):
            for position in range(len(parts.indices)):
                values = [row[leaf].indices[position] for row in rows]
                if len(set(values)) > 1:
                    columns[leaf, position] = values
        if not columns or len({leaf for leaf, _ in columns}) < len(columns):
            return None
        (leaf, position), values = max(columns.items(), key=lambda item: item[1][0])
        order = sorted(range(len(terms)), key=lambda i: values[i])
        if [values[i] for i in order] != list(range(min(values), max(values) + 1)):
            return None
        moves: dict[int, tuple[int, int]] = {}
        for (other, where), found in columns.items():
            offsets = {a - b for a, b in zip(found, values, strict=True)}
            if len(offsets) > 1:
                return None
            moves[other] = where, offsets.pop()
        ordered = tuple(terms[i] for i in order)
        return _Uses(ordered, min(values), moves, rows[0][leaf], position)

    def _generic(self, uses: _Uses, arguments: list[Variable]) -> Expression | None:
        """The term that stands for all; None where something moves that is made in this pass, or
        whose labels do not say how.
        """
        families = list(zip(*(self._read(term, arguments) for term in uses.terms), strict=True))
        moving: dict[int, Variable] = {}
        for leaf, (position, offset) in uses.moves.items():
            if any(v.name not in self._given for v in families[leaf]):
                return None
            label = self._label(families[leaf], uses.first)
            if label is None:
                return None
            moving[leaf] = self._named(families[leaf][0], position, offset, label)
        first, leaf = uses.terms[0], 0
        instead: dict[int, Argument] = {}
        for index in arguments_of(first):
            count = len(self._operands(arguments[index]))
            leaves = range(leaf, leaf + count)
            leaf += count
            if moving.keys() & set(leaves):
                operands = [moving.get(i, families[i][0]) for i in leaves]
                instead[index] = Argument(len(arguments))
                arguments.append(self._argument(arguments[index], operands))
        values = [instead.get(i, Argument(i)) for i in range(len(arguments))]
        return substitute(first, values)

    @cached_property
    def _given(self) -> frozenset[str]:
        """What no pass of the program makes and none learns."""
        return self.passes.given | {d.variable.name for d in self.source.data}

    def _named(self, variable: Variable, position: int, offset: int, label: str) -> Variable:
        """What stands for a variable that other passes give, with a letter for an index."""
        base, index, temporary = variable.parts
        letter = f"{self.letter}{offset:+}" if offset else self.letter
        rest = (*index[:position], *index[position + 1 :])
        named = Variable(join_name(f"{base}⟨{letter}⟩", rest, temporary), variable.type)
        if named.name not in self.declared:
            declaration = self.source.declaration_of[variable.name]
            self.declared[named.name] = _declared_as(declaration, named)
            self.labels[named.name] = label
            if variable.name in self.fills:
                self.fills[named.name] = self.fills[variable.name]
        return named

    def _label(self, family: Sequence[Variable], first: int) -> str | None:
        """The label of variables with a letter for their number; None if they differ by more."""
        rows = [_NUMBER.split(latex_name(self.source, v)) for v in family]
        if any(row[::2] != rows[0][::2] for row in rows):
            return None
        written = list(rows[0])
        for i in range(1, len(written), 2):
            offsets = {int(row[i]) - use for use, row in enumerate(rows, first)}
            if len(offsets) == 1:
                offset = offsets.pop()
                sign = "-" if offset < 0 else "+"
                written[i] = f"{self.letter}{{{sign}}}{abs(offset)}" if offset else self.letter
            elif any(row[i] != written[i] for row in rows):
                return None
        return "".join(written)

    def _argument(self, variable: Variable, operands: Sequence[Variable]) -> Variable:
        """What stands in the term of all uses: what is given, or a mean with that."""
        mean = self.passes.means.get(variable.name)
        if mean is None:
            return operands[0]
        general = replace(mean, times=f"{mean.times}{self.letter}")
        key = " ".join((general.name(), *(v.name for v in operands)))
        if key not in self.known:
            count, name = 1, general.name()
            while name in self.labels or name in self.source.variables:
                count += 1
                name = general.name(number=count)
            self.labels[name] = mean.latex([self.letter], count)
            made = self.known[key] = Variable(name, variable.type)
            self.means[name] = replace(general, operands=tuple(operands))
            equation = self.source.equation_of.get(variable.name)
            if isinstance(equation, Moment):
                self.written.append(replace(equation, out=made, arguments=tuple(operands)))
            else:
                self.declared[name] = InitialScalar(made, number(1), 1.0)
        return self.known[key]

    def _range(self, uses: _Uses) -> str:
        """What the letter runs through: all indices that there are, or from or up to one."""
        values = {
            parts.indices[uses.position]
            for parts in (v.parts for v in self.source.variables.values())
            if _stem(parts) == _stem(uses.of) and len(parts.indices) == len(uses.of.indices)
        }
        first, last = uses.first, uses.first + len(uses.terms) - 1
        if last < max(values):
            return f"{self.letter}={first}}}^{{{last}"
        return self.letter if first == min(values) else f"{self.letter}>{first - 1}"

    def _sign(self, range: str) -> Variable:
        """The scalar that stands for the sign of a sum over this range."""
        if range not in self.sums:
            name = f"Σ⟨{self.letter}⟩" + "'" * len(self.sums)
            sign = self.sums[range] = Variable(name, Scalar())
            self.labels[name] = rf"{SUM}_{{{range}}}"
            self.declared[name] = InitialScalar(sign, number(1), 1.0, self.source.widths[:1])
        return self.sums[range]


def _declared_as(declaration: Declaration, variable: Variable) -> Declaration:
    """The declaration of another variable of the same kind."""
    match declaration:
        case InitialVectors():
            return replace(declaration, variables=(variable,))
        case Data() | InitialScalar():
            return replace(declaration, variable=variable)
        case _:
            raise AssertionError(declaration)


def _stem(name: NameParts) -> str:
    """The base of a name without the time and the pass that it was given to."""
    found = _STEM.match(name.base)
    return found.group() if found else ""
