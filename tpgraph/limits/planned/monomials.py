"""Sums, products and powers of nodes, in one form for what is equal.

    sum      Σ c_k x_k + c      data (c_1, …), c
    product  c Π x_k^{e_k}      data c, (e_1, …)

A factor of one side of a pair is one `lift`, whose powers are taken beneath it. Powers may be
halves of what is not negative.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import TypeAlias

from tpgraph.limits.planned.tape import NotPlanned, PairTape

__all__ = ["Exponent", "Value", "added", "lifted", "multiplied", "product", "raised", "total"]

Value: TypeAlias = int | float
"""A node by its place, or a number."""
Exponent: TypeAlias = Fraction | int
Ends: TypeAlias = tuple[float, float]
"""Where a number lies."""


def added(tape: PairTape, a: Value, b: Value) -> Value:
    """a + b."""
    terms: dict[int, float] = {}
    constant, count = 0.0, 0
    for value in (a, b):
        own, number = _linear(tape, value)
        constant += number
        for place, c in own.items():
            terms[place] = terms.get(place, 0.0) + c
        count += len(own)
    if count > len(terms):  # otherwise x − x is 0, whatever the range of x
        return total(tape, terms, constant)
    (low, high), (other, top) = (_range_of(tape, value) for value in (a, b))
    return total(tape, terms, constant, (low + other, high + top))


def total(
    tape: PairTape, terms: dict[int, float], constant: float = 0.0, known: Ends | None = None
) -> Value:
    """Σ c_k x_k + c; `known` is its range where that has been found."""
    kept = {place: c for place, c in sorted(terms.items()) if c}
    if not kept:
        return constant
    if len(kept) == 1 and not constant:
        ((place, c),) = kept.items()
        return multiplied(tape, place, c)
    _one_kind(tape, kept)
    side = _one_side(tape, kept)
    if side is not None:
        beneath = {tape.nodes[place].args[0]: c for place, c in kept.items()}
        return lifted(tape, total(tape, beneath, constant), side)
    low, high = known or _range_of_sum(tape, kept, constant)
    of_pairs = tape.nodes[next(iter(kept))].of_pairs
    return tape.emit("sum", tuple(kept), (tuple(kept.values()), constant), of_pairs, low, high)


def _range_of_sum(tape: PairTape, terms: Mapping[int, float], constant: float) -> Ends:
    low = constant + sum(min(_times(c, e) for e in _ends(tape, x)) for x, c in terms.items())
    high = constant + sum(max(_times(c, e) for e in _ends(tape, x)) for x, c in terms.items())
    return low, high


def _one_kind(tape: PairTape, places: dict[int, float] | dict[int, Exponent]) -> None:
    kinds = {tape.nodes[place].of_pairs for place in places}
    assert len(kinds) == 1, "numbers of inputs are lifted before they meet those of pairs"


def _one_side(tape: PairTape, places: dict[int, float]) -> int | None:
    """The side whose numbers alone are summed, if any."""
    nodes = [tape.nodes[place] for place in places]
    sides = {int(n.data) if n.op == "lift" else -1 for n in nodes}
    return sides.pop() if len(sides) == 1 and -1 not in sides else None


def _linear(tape: PairTape, value: Value) -> tuple[dict[int, float], float]:
    if isinstance(value, float):
        return {}, value
    node = tape.nodes[value]
    if node.op == "sum":
        coefficients, constant = node.data
        return dict(zip(node.args, coefficients, strict=True)), constant
    if node.op == "product":
        coefficient, powers = _monomial(tape, value)
        rest = product(tape, 1.0, powers)
        if isinstance(rest, int):
            return {rest: coefficient}, 0.0
    return {value: 1.0}, 0.0


def multiplied(tape: PairTape, *values: Value) -> Value:
    """The product of all."""
    coefficient, count = 1.0, 0
    powers: dict[int, Exponent] = {}
    low = high = 1.0
    for value in values:
        own, others = _monomial(tape, value)
        coefficient *= own
        for place, e in others.items():
            powers[place] = powers[place] + e if place in powers else e
        count += len(others)
        low, high = _wide((low, high), _range_of(tape, value))
    is_apart = count == len(powers)  # otherwise x · 1/x is 1, whatever the range of x
    return product(tape, coefficient, powers, (low, high) if is_apart else None)


def product(
    tape: PairTape,
    coefficient: float,
    powers: Mapping[int, Exponent],
    known: Ends | None = None,
) -> Value:
    """c Π x^e; `known` is its range where that has been found."""
    coefficient, kept = _joined_lifts(tape, coefficient, {x: e for x, e in powers.items() if e})
    if not kept or not coefficient:
        return coefficient
    if coefficient == 1.0 and list(kept.values()) == [1]:
        return next(iter(kept))
    ordered = {x: _whole(e) for x, e in sorted(kept.items())}
    _one_kind(tape, ordered)
    low, high = known or _range(tape, coefficient, ordered)
    of_pairs = tape.nodes[next(iter(ordered))].of_pairs
    data = coefficient, tuple(ordered.values())
    return tape.emit("product", tuple(ordered), data, of_pairs, low, high)


def _joined_lifts(
    tape: PairTape, coefficient: float, powers: dict[int, Exponent]
) -> tuple[float, dict[int, Exponent]]:
    """The same with one lift a side, to the power 1."""
    sides: dict[int, Value] = {}
    rest: dict[int, Exponent] = {}
    for place, e in powers.items():
        node = tape.nodes[place]
        if node.op != "lift":
            rest[place] = e
            continue
        side = int(node.data)
        sides[side] = multiplied(tape, sides.get(side, 1.0), raised(tape, node.args[0], e))
    for side, value in sides.items():
        lift = lifted(tape, value, side)
        if isinstance(lift, float):
            coefficient *= lift
            continue
        rest[lift] = 1
    return coefficient, rest


def lifted(tape: PairTape, value: Value, side: int) -> Value:
    """A number of one input as one of the pair."""
    if isinstance(value, float):
        return value
    node = tape.nodes[value]
    if node.op == "number":
        return float(node.data)
    return tape.emit("lift", (value,), side, True, node.low, node.high)


def raised(tape: PairTape, value: Value, exponent: Exponent) -> Value:
    """a^e, e whole, or a half where a is not negative."""
    e = Fraction(exponent)
    if e == 0:
        return 1.0
    if isinstance(value, float):
        return float(value ** float(e))
    coefficient, powers = _monomial(tape, value)
    if e.denominator == 1:
        return product(tape, float(coefficient ** int(e)), {x: k * e for x, k in powers.items()})
    if e.denominator != 2:
        raise NotPlanned(f"the power {e}")
    return _root_of(tape, coefficient, powers, e)


def _root_of(tape: PairTape, coefficient: float, powers: dict[int, Exponent], e: Exponent) -> Value:
    """The power of a product: of one input factor by factor, of a pair by lifts and one root."""
    if coefficient < 0 or any(tape.nodes[x].low < 0 for x in powers):
        raise NotPlanned("a root of what may be negative")
    outer: dict[int, Exponent] = {}
    inner: dict[int, Exponent] = {}
    for place, k in powers.items():
        node = tape.nodes[place]
        apart = node.op == "lift" or not node.of_pairs
        (outer if apart else inner)[place] = k
    value = product(tape, float(coefficient ** float(e)), {x: k * e for x, k in outer.items()})
    beneath = product(tape, 1.0, inner)
    if isinstance(beneath, float):
        return value
    node = tape.nodes[beneath]
    root = tape.emit("sqrt", (beneath,), None, True, math.sqrt(node.low), _root(node.high))
    return multiplied(tape, value, raised(tape, root, int(2 * e)))


def _root(end: float) -> float:
    return math.sqrt(end) if end < math.inf else math.inf


def _monomial(tape: PairTape, value: Value) -> tuple[float, dict[int, Exponent]]:
    if isinstance(value, float):
        return value, {}
    node = tape.nodes[value]
    if node.op == "number":
        return float(node.data), {}
    if node.op == "product":
        coefficient, exponents = node.data
        return coefficient, dict(zip(node.args, exponents, strict=True))
    return 1.0, {value: 1}


def _ends(tape: PairTape, place: int) -> Ends:
    return tape.nodes[place].low, tape.nodes[place].high


def _times(a: float, b: float) -> float:
    return 0.0 if a == 0 or b == 0 else a * b


def _whole(e: Exponent) -> Exponent:
    """The same number, an int where it is one: looked up in a tenth of the time."""
    return e.numerator if e.denominator == 1 else e


def _range_of(tape: PairTape, value: Value) -> Ends:
    return (value, value) if isinstance(value, float) else _ends(tape, value)


def _wide(first: Ends, second: Ends) -> Ends:
    """Where products of two numbers lie."""
    ends = [_times(a, b) for a in first for b in second]
    return min(ends), max(ends)


def _range(tape: PairTape, coefficient: float, powers: Mapping[int, Exponent]) -> Ends:
    found = coefficient, coefficient
    for place, e in powers.items():
        found = _wide(found, _power_range(*_ends(tape, place), e))
    return found


def _power_range(low: float, high: float, e: Exponent) -> Ends:
    if e < 0 and low > 0:
        return _raised(high, e) if high < math.inf else 0.0, _raised(low, e)
    if e < 0:
        return (0.0, math.inf) if low >= 0 or (e.numerator % 2 == 0) else (-math.inf, math.inf)
    if e.numerator % 2 == 0 or e.denominator != 1:
        top = max(abs(low), abs(high))
        return 0.0, _raised(top, e)
    return math.copysign(_raised(abs(low), e), low), math.copysign(_raised(abs(high), e), high)


def _raised(end: float, e: Exponent) -> float:
    try:
        return float(end ** float(e))
    except OverflowError:
        return math.inf
