"""Programs in which means and products that vanish with a scalar are told by how fast.

    θ = mean(exp(s x²)) = 1 + s θ′,  θ′ = mean((exp(s x²) − 1)/s)    (θ − 1)/s → θ̊′
    h = W (s x) = s h′,              h′ = W ((s x)/s)                h/s → Z^{h′}

are so at every width. In the limits θ̊ = 1 and Z^h = 0 it is lost what θ − 1 and h come to beside s;
so θ′ and h′ are computed too, and put, with their power of s, into what divides by what vanishes,
has a root or jumps there. The power is that of the leading term of ψ in the scalars.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from tpgraph.errors import TPTypeError
from tpgraph.functions import (
    Argument,
    Expression,
    Number,
    add,
    div,
    inline,
    mul,
    number,
    operation_count,
    power,
    substitute,
)
from tpgraph.functions.divided import leading_term
from tpgraph.limits.composition import with_expressions
from tpgraph.limits.vanishing import is_delicate_in
from tpgraph.program import Equation, InitialScalar, MatMul, Moment, Nonlin, Program, Variable
from tpgraph.program.reach import ancestors
from tpgraph.program.scales import DeclaredScales
from tpgraph.program.variables import statement_name

__all__ = ["with_told_scales"]

_LARGEST = 2000
"""Operations of an expression that is still put into others."""


def with_told_scales(program: Program) -> Program | None:
    """The program in which they are told; None where no equation asks for one."""
    scales = DeclaredScales(program)
    vanishing = {
        d.variable.name: d
        for d in program.declarations
        if isinstance(d, InitialScalar) and scales.decay(d)
    }
    if not vanishing:
        return None
    told = _Told(program, scales, vanishing)
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
    made: dict[str, Nonlin | Moment] = field(default_factory=dict)
    equations: list[Equation] = field(default_factory=list)
    is_asked: bool = False
    _names: set[str] = field(default_factory=set)

    def add(self, equation: Equation) -> None:
        """The equation, with what it reads where it asks how fast, and what it is a power of."""
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
        found = self._power(whole)
        if found is not None:
            scaled = replace(found.over(whole), out=self._fresh(out))
            self.equations.append(scaled)
            self.made[out.name] = found.times(whole, scaled.out)

    def _product(self, equation: MatMul) -> None:
        """W z of a wide z = s^k z′ is s^k (W z′)."""
        whole = self.made.get(equation.operand.name)
        if not isinstance(whole, Nonlin) or not equation.out.is_wide:
            return
        found = self._power(whole)
        if found is not None and not found.start:
            operand = replace(found.over(whole), out=self._fresh(equation.operand))
            scaled = replace(equation, out=self._fresh(equation.out), operand=operand.out)
            self.equations += [operand, scaled]
            bound = Nonlin(equation.out, Argument(0), (equation.out,))
            self.made[equation.out.name] = found.times(bound, scaled.out)

    def _power(self, whole: Nonlin | Moment) -> _Power | None:
        """How ψ comes to a number, where a scalar that it reads is > 0."""
        places = [i for i, a in enumerate(whole.arguments) if a.name in self.vanishing]
        declared = {i: self.vanishing[whole.arguments[i].name] for i in places}
        positive = [i for i in places if self.scales.is_positive(declared[i])]
        if not positive:
            return None
        start = Fraction(0)
        try:
            function, unit = self._in_one(whole, declared, positive[0])
            found = leading_term(function, len(whole.arguments))
            if found is not None and not found[0] and isinstance(found[1], Number):
                start = found[1].value
                function = add(function, number(-start))
                found = leading_term(function, len(whole.arguments))
        except TPTypeError:
            return None
        if found is None or found[0] <= 0:
            return None
        return _Power(start, whole.arguments[positive[0]], found[0] / unit)

    def _in_one(
        self, whole: Nonlin | Moment, declared: Mapping[int, InitialScalar], base: int
    ) -> tuple[Expression, Fraction]:
        """ψ by one t that all scalars are powers of, and the power of t that the base is."""
        t = Argument(len(whole.arguments))
        values: list[Expression] = [Argument(i) for i in range(len(whole.arguments))]
        if len(declared) == 1:
            values[base] = t
            return substitute(inline(whole.function), values), Fraction(1)
        powers = {i: self.scales.leading(d) for i, d in declared.items()}
        unit = math.lcm(*(p.exponent.denominator for p in powers.values()))
        for i, found in powers.items():
            values[i] = mul(number(found.coefficient), power(t, number(-found.exponent * unit)))
        own = -powers[base].exponent * unit
        return substitute(inline(whole.function), values), own

    def _fresh(self, variable: Variable) -> Variable:
        statement, k = statement_name(variable.name), 1
        while (name := f"{statement}~{k}") in self.program.variables or name in self._names:
            k += 1
        self._names.add(name)
        return replace(variable, name=name)


@dataclass(frozen=True)
class _Power:
    """ψ = start + s^k ψ′ of a scalar s > 0, where ψ′ tends to what is not 0 everywhere."""

    start: Fraction
    base: Variable
    k: Fraction

    def over(self, whole: Nonlin | Moment) -> Nonlin | Moment:
        """ψ′ = (ψ − start) / s^k."""
        place = Argument(whole.arguments.index(self.base))
        above = add(inline(whole.function), number(-self.start))
        return replace(whole, function=div(above, power(place, number(self.k))))

    def times(self, whole: Nonlin | Moment, scaled: Variable) -> Nonlin | Moment:
        """start + s^k times what is scaled, in the place of what it is of."""
        scale = mul(power(Argument(1), number(self.k)), Argument(0))
        function = add(number(self.start), scale)
        return replace(whole, function=function, arguments=(scaled, self.base))
