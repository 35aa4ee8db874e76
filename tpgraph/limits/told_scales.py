"""Programs in which means and products that vanish with a scalar are told by how fast.

    θ = mean(exp(s x²)) = 1 + s θ′,  θ′ = mean((exp(s x²) − 1)/s)    (θ − 1)/s → θ̊′
    h = W (s x) = s h′,              h′ = W ((s x)/s)                h/s → Z^{h′}

are so at every width. In the limits θ̊ = 1 and Z^h = 0 it is lost what θ − 1 and h come to beside s;
so θ′ and h′ are computed too, and put, with their power of s, into what divides by what vanishes,
has a root or jumps there. The power is that of the leading term of ψ in the scalars; with `terms`,
more of them go into means and products of their own,

    mean(s x² + s² x⁴) = s mean(x²) + s² θ″

so that what two means differ by is told where they lead alike.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

from tpgraph.errors import TPTypeError
from tpgraph.functions import (
    ADD,
    MUL,
    NEG,
    Apply,
    Argument,
    Expression,
    Number,
    add,
    arguments_of,
    div,
    has_density,
    inline,
    mul,
    neg,
    number,
    operation_count,
    power,
    simplify,
    substitute,
)
from tpgraph.functions.cancellation import likeness
from tpgraph.functions.divided import leading_term
from tpgraph.functions.series import series
from tpgraph.limits.composition import with_expressions
from tpgraph.limits.vanishing import is_delicate_in
from tpgraph.program import Equation, InitialScalar, MatMul, Moment, Nonlin, Program, Variable
from tpgraph.program.reach import ancestors
from tpgraph.program.scales import DeclaredScales
from tpgraph.program.variables import next_temporary, statement_name

__all__ = ["with_told_scales"]

_LARGEST = 2000
"""Operations of an expression that is still put into others."""


def with_told_scales(program: Program, terms: int = 0) -> Program | None:
    """The program in which they are told; None where no equation asks for one.

    So many terms, other than a number to begin with, go before the one that is left to θ′.
    """
    scales = DeclaredScales(program)
    vanishing = {
        d.variable.name: d
        for d in program.declarations
        if isinstance(d, InitialScalar) and scales.decay(d)
    }
    if not vanishing:
        return None
    told = _Told(program, scales, vanishing, terms)
    for equation in program.equations:
        told.add(equation)
    if not told.is_asked:
        return None
    needed = ancestors(
        replace(program, equations=tuple(told.equations)), [e.out.name for e in program.equations]
    )
    kept = tuple(e for e in told.equations if e.out.name in needed)
    return replace(program, equations=kept)


@dataclass
class _Told:
    """`made` has what is put in the place of a vector or scalar, `equations` the new program."""

    program: Program
    scales: DeclaredScales
    vanishing: Mapping[str, InitialScalar]
    terms: int
    made: dict[str, Nonlin | Moment] = field(default_factory=dict)
    equations: list[Equation] = field(default_factory=list)
    is_asked: bool = False
    _known: dict[tuple[object, ...], Variable] = field(default_factory=dict)
    _first: dict[str, Variable] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._taken = set(self.program.variables)

    def add(self, equation: Equation) -> None:
        """The equation, with what it reads where it asks how fast, and what it is a power of."""
        own = self._by_first(equation)
        own = own if isinstance(own, MatMul) else _simplified(own)
        same = self._known.setdefault(_key(own), equation.out)
        if same != equation.out:  # a part of another made it before
            self.equations.append(equation)
            self.made[equation.out.name] = Nonlin(equation.out, Argument(0), (same,))
            self._first[equation.out.name] = same
            return
        if isinstance(equation, MatMul):
            self.equations.append(equation)
            self._product(equation)
            return
        whole = with_expressions(equation, self.made)
        if operation_count(whole.function) > _LARGEST:
            whole = equation
        if whole is not equation and self._asks(equation):
            self.is_asked = True
            self.equations.append(whole)
        else:
            self.equations.append(equation)
        if any(a.name in self.vanishing for a in whole.arguments):
            self._keep(equation.out, whole)

    def _by_first(self, equation: Equation) -> Equation:
        """The equation of what was first made of all that are the same."""
        first = self._first
        if isinstance(equation, MatMul):
            return replace(equation, operand=first.get(equation.operand.name, equation.operand))
        return replace(equation, arguments=tuple(first.get(a.name, a) for a in equation.arguments))

    def _asks(self, equation: Nonlin | Moment) -> bool:
        places = [
            i
            for i, a in enumerate(equation.arguments)
            if a.name in self.made or a.name in self.vanishing
        ]
        return is_delicate_in(inline(equation.function), places)

    def _keep(self, out: Variable, whole: Nonlin | Moment) -> None:
        if isinstance(whole, Nonlin) or not whole.vectors:
            self.made[out.name] = whole
            return
        found = self._powers(whole)
        if found is not None:
            parts = [self._once(replace(part, out=out)) for part in found.parts(whole)]
            self.made[out.name] = found.sum(whole, whole, parts)

    def _product(self, equation: MatMul) -> None:
        """W z of a wide z = Σ s^k z′ is Σ s^k (W z′)."""
        whole = self.made.get(equation.operand.name)
        if not isinstance(whole, Nonlin) or not equation.out.is_wide:
            return
        found = self._powers(whole)
        if found is not None and not found.has_numbers:
            operands = [self._once(part) for part in found.parts(whole)]
            parts = [self._once(replace(equation, operand=x)) for x in operands]
            bound = Nonlin(equation.out, Argument(0), (equation.out,))
            self.made[equation.out.name] = found.sum(bound, whole, parts)

    def _once(self, equation: Equation) -> Variable:
        """What an equation makes under a name of its own, or one like it that is there."""
        if not isinstance(equation, MatMul):
            equation = _simplified(equation)
            if isinstance(equation, Nonlin) and equation.function == Argument(0):
                return equation.arguments[0]
        key = _key(equation)
        if key not in self._known:
            own = replace(equation, out=self._fresh(equation.out))
            self.equations.append(own)
            self._known[key] = own.out
        return self._known[key]

    def _powers(self, whole: Nonlin | Moment) -> _Powers | None:
        """How ψ comes to its limit, where a scalar that it reads is > 0."""
        places = [i for i, a in enumerate(whole.arguments) if a.name in self.vanishing]
        declared = {i: self.vanishing[whole.arguments[i].name] for i in places}
        positive = [i for i in places if self.scales.is_positive(declared[i])]
        if not positive:
            return None
        base = positive[0]
        try:
            function, scale = self._in_one(whole, declared, base)
            own = leading_term(scale, len(whole.arguments))
            found = self._leading(function, scale, own, len(whole.arguments)) if own else []
        except TPTypeError:
            return None
        if not found or found[-1][0] <= 0:
            return None
        terms = tuple((k, c) for k, c in found[:-1] if c is not None)
        return _Powers(whole.arguments[base], terms, *found[-1])

    def _leading(
        self, left: Expression, scale: Expression, own: tuple[Fraction, Expression], t: int
    ) -> list[tuple[Fraction, Expression | None]]:
        """Powers and coefficients of ψ by the scalar s that is the `scale`, led by its `own`.

        None for the coefficient of the last one, where it is not all that is left.
        """
        found: list[tuple[Fraction, Expression | None]] = []
        room = self.terms
        while (term := self._next(left, t, bool(found))) is not None:
            k = term[0] / own[0]
            c = term[1] if own[1] == number(1) else div(term[1], power(own[1], number(k)))
            found.append((k, c))
            is_start = not k and isinstance(c, Number)
            left = add(left, neg(mul(power(scale, number(k)), c)))
            if k < 0 or has_density(c) or (not is_start and not room):
                break
            room -= not is_start
        if found and not _is_nothing(left, t):
            found[-1] = found[-1][0], None
        return found

    def _next(self, left: Expression, t: int, may_fail: bool) -> tuple[Fraction, Expression] | None:
        try:
            return leading_term(left, t)
        except TPTypeError:
            if may_fail:
                return None
            raise

    def _in_one(
        self, whole: Nonlin | Moment, declared: Mapping[int, InitialScalar], base: int
    ) -> tuple[Expression, Expression]:
        """ψ by one t that all scalars are powers of, and the base by it."""
        t = Argument(len(whole.arguments))
        values: list[Expression] = [Argument(i) for i in range(len(whole.arguments))]
        if len(declared) == 1:
            values[base] = t
            return substitute(inline(whole.function), values), t
        decays = [self.scales.decay(d) for d in declared.values()]
        unit = Fraction(math.lcm(*(k.denominator for k in decays)))
        for i, scalar in declared.items():
            values[i] = self.scales.by_powers(scalar, t, unit)
        return substitute(inline(whole.function), values), values[base]

    def _fresh(self, variable: Variable) -> Variable:
        name = next_temporary(statement_name(variable.name), self._taken)
        self._taken.add(name)
        return replace(variable, name=name)


@dataclass(frozen=True)
class _Powers:
    """ψ = Σ s^k c_k + s^last ψ′ of a scalar s > 0, where ψ′ tends to what is not 0 everywhere.

    `exact` is ψ′ where it does not depend on s.
    """

    base: Variable
    terms: tuple[tuple[Fraction, Expression], ...]
    last: Fraction
    exact: Expression | None

    @property
    def has_numbers(self) -> bool:
        """Whether there is a number among the terms."""
        return any(isinstance(c, Number) for _, c in self.terms)

    def _summands(self, whole: Nonlin | Moment) -> list[tuple[Fraction, Fraction, Expression]]:
        """Powers k, numbers and the functions that they are times, those that are no number."""
        s = Argument(whole.arguments.index(self.base))
        rest = self.exact
        if rest is None:
            told = [mul(power(s, number(k)), c) for k, c in self.terms]
            above = add(inline(whole.function), *map(neg, told))
            rest = div(above, power(s, number(self.last)))
        return [
            (k, factor, c)
            for k, whole_term in (*self.terms, (self.last, rest))
            for factor, c in _linear_parts(whole_term)
        ]

    def parts(self, whole: Nonlin | Moment) -> list[Nonlin | Moment]:
        """The functions that are no numbers."""
        functions = [c for _, _, c in self._summands(whole) if not isinstance(c, Number)]
        return [replace(whole, function=f) for f in functions]

    def sum(
        self, of: Nonlin | Moment, whole: Nonlin | Moment, parts: Sequence[Variable]
    ) -> Nonlin | Moment:
        """Σ of what the parts are, with their powers of s, in the place of what it is `of`."""
        s, place, total = Argument(len(parts)), 0, []
        for k, factor, c in self._summands(whole):
            if not isinstance(c, Number):
                c, place = Argument(place), place + 1
            total.append(mul(number(factor), power(s, number(k)), c))
        return replace(of, function=add(*total), arguments=(*parts, self.base))


def _is_nothing(left: Expression, t: int) -> bool:
    """Whether a series says that it is 0, in all orders."""
    try:
        found = series(inline(left), t, 1).settled()
    except TPTypeError:
        return False
    return not found.terms and found.known == math.inf


def _linear_parts(expression: Expression) -> list[tuple[Fraction, Expression]]:
    """a, f, … of a f + b g + …, with numbers a, b."""
    match expression:
        case Number(value):
            return [(value, number(1))]
        case Apply(function, terms, 0) if function == ADD:
            return [part for term in terms for part in _linear_parts(term)]
        case Apply(function, (inner,), 0) if function == NEG:
            return [(-a, f) for a, f in _linear_parts(inner)]
        case Apply(function, factors, 0) if function == MUL:
            numbers = [f.value for f in factors if isinstance(f, Number)]
            rest = mul(*(f for f in factors if not isinstance(f, Number)))
            if numbers:
                own = math.prod(numbers, start=Fraction(1))
                return [(own * a, f) for a, f in _linear_parts(rest)]
    return [(Fraction(1), expression)]


def _simplified(equation: Nonlin | Moment) -> Nonlin | Moment:
    """Without arguments that it does not use."""
    function = simplify(inline(equation.function))
    used = sorted(set(arguments_of(function))) or [*range(len(equation.arguments))][:1]
    values = [Argument(used.index(i) if i in used else 0) for i in range(len(equation.arguments))]
    kept = tuple(equation.arguments[i] for i in used)
    return replace(equation, function=substitute(function, values), arguments=kept)


def _key(equation: Equation) -> tuple[object, ...]:
    """What equations that make the same share."""
    if isinstance(equation, MatMul):
        return equation.matrix, equation.transpose, equation.operand.name
    return type(equation), likeness(equation.function), tuple(a.name for a in equation.arguments)
