"""How far values reach, how fast they grow, and where functions leave the theorem's hypotheses.

The Master Theorem asks for pseudo-Lipschitz functions, those of polynomially bounded weak
derivative (Tensor Programs IIb, Definition B.7). That is decided by the expression: intervals say
whether a denominator, a logarithm or a jump meets 0, and a bound

    |ψ(Z)| ≤ C (1 + |g|^power) exp(C |g|^exponent),   g the Gaussians beneath Z

whether an expectation can diverge at all: only at a pole, or where the exponent is 2 or more. All
of it is sufficient and none of it necessary.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from tpgraph.functions import (
    Apply,
    Argument,
    Expression,
    Number,
    expand,
    inline,
)
from tpgraph.limits.logistic import with_logistics
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Variable

__all__ = [
    "GAUSSIAN",
    "Reach",
    "Regularity",
    "number_power",
    "number_reach",
    "reach_of",
    "singular_at",
]

_INFINITE = math.inf
_MONOTONE: Mapping[str, Callable[[float], float]] = {
    "tanh": math.tanh,
    "erf": math.erf,
    "arctan": math.atan,
    "relu": lambda z: max(z, 0.0),
    "sigmoid": lambda z: 0.5 * (1.0 + math.tanh(0.5 * z)),
    "softplus": lambda z: max(z, 0.0) + math.log1p(math.exp(-abs(z))),
    "step": lambda z: float(z > 0),
    "sign": lambda z: float((z > 0) - (z < 0)),
}
_NO_POWER = "a power of what may be negative, whose exponent comes to its limit as a fraction"
_NO_LIMIT = ": what it comes to is random, told by how that tends, or grows without bound"
_LEAST = {"gelu": -0.17, "silu": -0.279}


@dataclass(frozen=True, slots=True)
class Reach:
    """The values that something takes: an interval, and how it grows; `varies` with Gaussians."""

    low: float
    high: float
    power: float = 0.0
    exponent: float = 0.0
    has_pole: bool = False
    varies: bool = True

    @property
    def meets_zero(self) -> bool:
        """Whether 0 is among the values, or arbitrarily near them."""
        return self.low <= 0.0 <= self.high

    @property
    def is_bounded(self) -> bool:
        """Whether the interval is."""
        return self.low > -_INFINITE and self.high < _INFINITE

    @property
    def may_diverge(self) -> bool:
        """Whether the expectation is not known to be finite."""
        return self.has_pole or self.exponent >= 2.0


GAUSSIAN = Reach(-_INFINITE, _INFINITE, power=1.0)


def number_reach(low: float, high: float) -> Reach:
    """A number that is known up to an interval."""
    return Reach(float(low), float(high), varies=False)


class Reason(NamedTuple):
    """Why ψ is irregular; `is_at_limit` where ψ is singular in the limit of its scalars alone.

    `doubt` is the same where their errors alone reach to where it is singular.
    """

    text: str
    is_at_limit: bool = False
    doubt: str = ""


def singular_at(expression: Expression, arguments: Sequence[Reach]) -> Reason | None:
    """Why ψ has no limit where its scalars have theirs: it jumps there, or has a pole."""
    reasons: list[Reason] = []
    _reach(_written_out(expression), arguments, reasons)
    return next((r for r in reasons if r.is_at_limit), None)


def reach_of(expression: Expression, arguments: Sequence[Reach]) -> Reach:
    """The reach of ψ from those of its arguments."""
    return _reach(_written_out(expression), arguments, [])


def number_power(reach: Reach, exponent: int) -> Reach:
    """Of z^exponent."""
    return reach if exponent == 1 else _power(reach, number_reach(exponent, exponent), [])


@dataclass
class Regularity:
    """The reach of every vector of a program, and what is irregular, equation by equation.

    `faults` are (equation, reason) in the order of the program, `unknown` those of numbers whose
    error says next to nothing. `means` are the ends between which a Moment's mean is.
    """

    reaches: dict[str, Reach] = field(default_factory=dict)
    means: dict[str, tuple[float, float]] = field(default_factory=dict)
    faults: list[tuple[Equation, str]] = field(default_factory=list)
    unknown: list[tuple[Equation, str]] = field(default_factory=list)

    def add(
        self, equation: Nonlin | Moment, expression: Expression, scalars: Mapping[str, Reach]
    ) -> Reach:
        """The reach of ψ for an equation whose ψ is `expression` in the limit."""
        arguments = [
            self.of(a) if a.is_vector else scalars.get(a.name, GAUSSIAN) for a in equation.arguments
        ]
        reasons: list[Reason] = []
        found = _reach(_written_out(expression), arguments, reasons)
        self.faults += [(equation, r.text) for r in dict.fromkeys(reasons) if not r.is_at_limit]
        if isinstance(equation, Nonlin):
            self.reaches[equation.out.name] = found
        else:
            self.means[equation.out.name] = found.low, found.high
        return found

    def add_product(self, equation: MatMul, dot: Iterable[str]) -> None:
        """Ẑ + Σ c_y Z^y over the vectors `dot`."""
        self.reaches[equation.out.name] = _sum(
            [GAUSSIAN, *(self.reaches.get(y, GAUSSIAN) for y in dot)]
        )

    def of(self, vector: Variable) -> Reach:
        """The reach of a vector; initial ones are Gaussian."""
        return self.reaches.get(vector.name, GAUSSIAN)


@lru_cache(maxsize=4096)
def _written_out(expression: Expression) -> Expression:
    """Functions of the program put in where they are called, logistic ones by their names.

    The same ψ is asked on many inputs.
    """
    return with_logistics(inline(expand(expression)))


def _reach(expression: Expression, arguments: Sequence[Reach], reasons: list[Reason]) -> Reach:
    match expression:
        case Number(value):
            return number_reach(float(value), float(value))
        case Argument(index):
            return arguments[index]
        case Apply(function, inner):
            parts = [_reach(part, arguments, reasons) for part in inner]
            found = _applied(function.name, inner, parts, reasons)
            return found if any(p.varies for p in parts) else _fixed(found)


def _fixed(reach: Reach) -> Reach:
    return number_reach(reach.low, reach.high)


def _applied(
    name: str, inner: Sequence[Expression], parts: Sequence[Reach], reasons: list[Reason]
) -> Reach:
    """The reach of one function of the table; what is irregular about it joins the reasons."""
    first = parts[0]
    match name:
        case "add":
            return _sum(parts)
        case "neg":
            return _changed(first, -first.high, -first.low)
        case "mul":
            if len(inner) == 2 and inner[0] == inner[1]:
                return _power(first, number_reach(2.0, 2.0), reasons)
            return _product(parts)
        case "div":
            return _product([first, _inverse(parts[1], reasons)])
        case "pow":
            return _power(first, parts[1], reasons)
        case "exp" | "sinh" | "cosh":
            return _exponential(name, first, reasons)
        case "log" | "sqrt":
            return _root(name, first, reasons)
        case "step" | "sign":
            if first.meets_zero:
                reasons.append(_jump(name, first))
            return Reach(*_monotone(name, first))
        case "min" | "max":
            choose = min if name == "min" else max
            low, high = choose(p.low for p in parts), choose(p.high for p in parts)
            return _changed(_sum(parts), low, high)
        case _:
            return _lipschitz(name, first)


def _jump(name: str, argument: Reach) -> Reason:
    if argument.varies:
        return Reason(f"{name} jumps, for which the theorem asks for stable ranks")
    doubt = f"{name} jumps at 0, from which its scalar is not told"
    return Reason(f"{name} jumps at 0, the limit of its scalar{_NO_LIMIT}", True, doubt)


def _of_scalar(what: str, scalar: Reach, how: str = "") -> Reason:
    """`what` a scalar gets for which there is no value, or none that settles."""
    limit = f"0{how}{_NO_LIMIT}" if scalar.high >= 0 else "a negative number"
    text = f"{what} a scalar that tends to {limit}"
    return Reason(text, True, f"{what} a scalar that is not told from 0")


def _lipschitz(name: str, z: Reach) -> Reach:
    """Functions with a bounded derivative."""
    if name in ("sin", "cos"):
        return Reach(-1.0, 1.0)
    if name == "abs":
        least = 0.0 if z.meets_zero else min(abs(z.low), abs(z.high))
        return _changed(z, least, max(abs(z.low), abs(z.high)))
    if name in _LEAST:
        return _changed(z, 0.0 if z.low >= 0 else _LEAST[name], max(z.high, 0.0))
    if name in _MONOTONE:
        return _changed(z, *_monotone(name, z))
    return _changed(z, -_INFINITE, _INFINITE)


def _monotone(name: str, z: Reach) -> tuple[float, float]:
    function = _MONOTONE[name]
    return function(z.low), function(z.high)


def _changed(reach: Reach, low: float, high: float) -> Reach:
    """The same growth on another interval; what is bounded does not grow."""
    if low > -_INFINITE and high < _INFINITE:
        return Reach(low, high)
    return Reach(low, high, reach.power, reach.exponent, reach.has_pole)


def _sum(parts: Sequence[Reach]) -> Reach:
    return Reach(
        sum(p.low for p in parts),
        sum(p.high for p in parts),
        max(p.power for p in parts),
        max(p.exponent for p in parts),
        any(p.has_pole for p in parts),
    )


def _product(parts: Sequence[Reach]) -> Reach:
    low, high = 1.0, 1.0
    for part in parts:
        ends = [_times(a, b) for a in (low, high) for b in (part.low, part.high)]
        low, high = min(ends), max(ends)
    return Reach(
        low,
        high,
        sum(p.power for p in parts),
        max(p.exponent for p in parts),
        any(p.has_pole for p in parts),
    )


def _raised(end: float, k: float) -> float:
    """|end|^k, infinite where a float cannot hold it."""
    try:
        return float(abs(end) ** k)
    except OverflowError:
        return _INFINITE


def _times(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b


def _inverse(z: Reach, reasons: list[Reason]) -> Reach:
    if not z.meets_zero:
        return Reach(1.0 / z.high, 1.0 / z.low)
    if z.varies:
        reasons.append(Reason("it is divided by what may be 0"))
    else:
        reasons.append(_of_scalar("it is divided by", z))
    low = 0.0 if z.low >= 0 else -_INFINITE
    return Reach(low, _INFINITE if z.high > 0 else 0.0, has_pole=z.varies)


def _power(base: Reach, exponent: Reach, reasons: list[Reason]) -> Reach:
    k = exponent.low
    if exponent.varies or k != exponent.high or math.isinf(k):
        if base.low < 0 and not exponent.varies:
            reasons.append(Reason(_NO_POWER, True, _NO_POWER))
        elif base.low <= 0 and (base.varies or exponent.varies):
            reasons.append(Reason("a power of what may be 0 has no bounded derivative"))
        return Reach(-_INFINITE, _INFINITE, 0.0, _INFINITE, has_pole=base.meets_zero)
    if k < 0:
        positive = _power(base, number_reach(-k, -k), reasons)
        return _inverse(positive if base.varies else _fixed(positive), reasons)
    if k != int(k):
        if base.varies and base.low <= 0 and k < 1:
            reasons.append(Reason("a root has no bounded derivative at 0"))
        if not base.varies and base.low < 0:
            reasons.append(_of_scalar("a root of", base, " from both sides"))
        low, high = (_raised(max(end, 0.0), k) for end in (base.low, base.high))
    elif int(k) % 2 == 0:
        ends = sorted((_raised(base.low, k), _raised(base.high, k)))
        low, high = (0.0 if base.meets_zero else ends[0]), ends[1]
    else:
        low, high = (math.copysign(_raised(end, k), end) for end in (base.low, base.high))
    return Reach(low, high, k * base.power, base.exponent, base.has_pole)


def _exponential(name: str, z: Reach, reasons: list[Reason]) -> Reach:
    is_bounded = z.high < _INFINITE and (name == "exp" or z.low > -_INFINITE)
    low = {"exp": _exp(z.low), "cosh": 1.0}.get(name, -_INFINITE)
    if is_bounded:
        high = _exp(z.high) if name == "exp" else _exp(max(abs(z.low), abs(z.high)))
        return Reach(max(low, -high), high)
    reasons.append(Reason(f"{name} grows faster than every polynomial"))
    growth = _INFINITE if z.exponent else z.power
    return Reach(low, _INFINITE, 0.0, growth, z.has_pole)


def _exp(z: float) -> float:
    return max(math.exp(min(z, 700.0)), math.ulp(0.0))  # It is never 0.


def _root(name: str, z: Reach, reasons: list[Reason]) -> Reach:
    if z.varies and z.low <= 0:
        reasons.append(Reason(f"{name} has no bounded derivative at 0"))
    if not z.varies and (z.low < 0 or (z.low == 0 and name == "log")):
        reasons.append(_of_scalar(f"{name} of", z))
    if name == "sqrt":
        low, high = (math.sqrt(max(end, 0.0)) for end in (z.low, z.high))
        return Reach(low, high, z.power / 2, z.exponent, z.has_pole)
    low, high = (-_INFINITE if end <= 0 else math.log(end) for end in (z.low, z.high))
    return Reach(low, high, max(z.power, z.exponent), 0.0)
