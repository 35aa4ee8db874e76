"""Numbers of inputs and of pairs that are not known yet, for code that was written for arrays.

A `Unknown` stands where the exact engine has an array: sums, products, quotients, roots and arcsin
of it are written on its tape. What numpy would need the numbers for raises NotPlanned.
"""

from __future__ import annotations

import functools
import operator
from fractions import Fraction
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from tpgraph.functions import ADD, DIV, MUL, NEG, Apply, Expression
from tpgraph.limits.planned.monomials import Value, added, lifted, multiplied, raised
from tpgraph.limits.planned.tape import NotPlanned, PairTape

__all__ = ["Unknown", "as_array", "correlation", "is_unknown", "place_of", "unknown_of", "value_of"]

Array: TypeAlias = npt.NDArray[np.float64]

_OTHERWISE = "expectations that are computed otherwise for other inputs"
"""Why there is no plan where code asks for numbers that are known of inputs only."""


class Unknown:
    """A node of a tape in the place of an array over inputs or pairs."""

    __slots__ = ("place", "tape")

    size = 2
    """More than one: it may differ between inputs."""

    def __init__(self, tape: PairTape, place: int) -> None:
        self.tape = tape
        self.place = place

    def any(self) -> bool:
        """It is not 0 by its structure."""
        return True

    def all(self) -> bool:
        """As far as its structure tells."""
        return True

    def tobytes(self) -> bytes:
        """What tells it from others."""
        return f"node {self.place}".encode()

    def lifted(self, side: int) -> Array:
        """As a number of a pair, of the input of one side."""
        if self.tape.nodes[self.place].of_pairs:
            raise NotPlanned("a number of a pair where one of an input is meant")
        return as_array(self.tape, lifted(self.tape, self.place, side))

    def applied(self, expression: Expression, values: list[Array]) -> Array:
        """A function of numbers of one input: Σ, Π and quotients as such, others as they are."""
        found = _arithmetic(expression, values)
        if found is not None:
            return found
        places = [place_of(self.tape, value) for value in values]
        return as_array(self.tape, self.tape.emit("value", places, expression))

    def __add__(self, other: Any) -> Array:
        return self._made(added(self.tape, self.place, value_of(other)))

    __radd__ = __add__

    def __mul__(self, other: Any) -> Array:
        return self._made(multiplied(self.tape, self.place, value_of(other)))

    __rmul__ = __mul__

    def __neg__(self) -> Array:
        return self._made(multiplied(self.tape, self.place, -1.0))

    def __sub__(self, other: Any) -> Array:
        return self._made(added(self.tape, self.place, value_of(_negative(other))))

    def __rsub__(self, other: Any) -> Array:
        return self._made(
            added(self.tape, multiplied(self.tape, self.place, -1.0), value_of(other))
        )

    def __truediv__(self, other: Any) -> Array:
        inverse = raised(self.tape, value_of(other), -1)
        return self._made(multiplied(self.tape, self.place, inverse))

    def __rtruediv__(self, other: Any) -> Array:
        inverse = raised(self.tape, self.place, -1)
        return self._made(multiplied(self.tape, inverse, value_of(other)))

    def __pow__(self, exponent: float | int) -> Array:
        return self._made(raised(self.tape, self.place, Fraction(exponent)))

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method == "__call__" and not options:
            match ufunc.__name__, inputs:
                case "add", (a, b):
                    return self + (b if a is self else a)
                case "subtract", (a, b):
                    return self - b if a is self else self.__rsub__(a)
                case "multiply", (a, b):
                    return self * (b if a is self else a)
                case "divide", (a, b):
                    return self / b if a is self else self.__rtruediv__(a)
                case "negative", (_,):
                    return -self
                case "sqrt", (_,):
                    return self._made(raised(self.tape, self.place, Fraction(1, 2)))
                case "arcsin", (_,):
                    return self._arcsin()
                case "isfinite", (_,):  # as far as its structure tells; a run looks at the numbers
                    return np.bool_(True)
                case "maximum", (_, bound) if not isinstance(bound, Unknown) and bound == 0:
                    return self._not_negative()
        raise NotPlanned(_OTHERWISE)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        if function is np.atleast_1d and len(args) == 1:
            return self
        raise NotPlanned(_OTHERWISE)

    def __array__(self, *args: Any, **options: Any) -> Any:
        raise NotPlanned(_OTHERWISE)

    def __float__(self) -> float:
        raise NotPlanned(_OTHERWISE)

    def __bool__(self) -> bool:
        raise NotPlanned("a decision that depends on the inputs")

    def __getattr__(self, name: str) -> Any:
        if hasattr(np.ndarray, name):
            raise NotPlanned(_OTHERWISE)
        raise AttributeError(name)

    def _refused(self, *other: Any) -> Any:
        raise NotPlanned(_OTHERWISE)

    __lt__ = __le__ = __gt__ = __ge__ = _refused
    __getitem__ = __len__ = __iter__ = __abs__ = __int__ = __complex__ = _refused
    __matmul__ = __rmatmul__ = __rpow__ = __floordiv__ = __mod__ = _refused

    def _arcsin(self) -> Array:
        node = self.tape.nodes[self.place]
        if not node.of_pairs or node.op == "lift":
            raise NotPlanned("arcsin of a number of one input")
        ends = [float(np.arcsin(np.clip(end, -1.0, 1.0))) for end in (node.low, node.high)]
        return self._made(
            self.tape.emit("arcsin", (self.place,), None, node.of_pairs, ends[0], ends[1])
        )

    def _not_negative(self) -> Array:
        node = self.tape.nodes[self.place]
        if node.low >= 0:
            return cast(Array, self)
        return self._made(
            self.tape.emit("floor", (self.place,), None, node.of_pairs, 0.0, max(node.high, 0.0))
        )

    def _made(self, value: Value) -> Array:
        return as_array(self.tape, value)


def _arithmetic(expression: Expression, values: list[Array]) -> Array | None:
    """The value of one sum, product, quotient or negative."""
    match expression:
        case Apply(function, _, 0) if function == ADD:
            return functools.reduce(operator.add, values)
        case Apply(function, _, 0) if function == MUL:
            return functools.reduce(operator.mul, values)
        case Apply(function, _, 0) if function == DIV:
            return values[0] / values[1]
        case Apply(function, _, 0) if function == NEG:
            return -values[0]
        case _:
            return None


def _negative(other: Any) -> Any:
    """−other."""
    return -other if isinstance(other, Unknown) else -np.asarray(other, dtype=float)


def is_unknown(value: object) -> bool:
    """Whether it stands for numbers that are not known yet."""
    return isinstance(value, Unknown)


def unknown_of(value: object) -> Unknown | None:
    """What stands in the place of an array, if something does."""
    return value if isinstance(value, Unknown) else None


def as_array(tape: PairTape, value: Value) -> Array:
    """A node in the place of an array, or the array of a number."""
    if isinstance(value, float):
        return np.full(1, value)
    return cast(Array, Unknown(tape, value))


def value_of(value: Any) -> Value:
    """The node of a unknown, or the number of an array that has one. Raises NotPlanned."""
    if isinstance(value, Unknown):
        return value.place
    array = np.asarray(value, dtype=float)
    if array.size != 1:
        raise NotPlanned("numbers that were given for some inputs")
    return float(array.flat[0])


def place_of(tape: PairTape, value: Any) -> int:
    """The node of a unknown or of a number."""
    found = value_of(value)
    return tape.number(found) if isinstance(found, float) else found


def correlation(a: Array, b: Array) -> Array:
    """a/b of which |a| ≤ b is known, 0 where b is."""
    if not is_unknown(a) and not is_unknown(b):
        shape = np.broadcast_shapes(np.shape(a), np.shape(b))
        return np.asarray(np.divide(a, b, where=b > 0, out=np.zeros(shape)))
    found = a / b
    later = unknown_of(found)
    if later is None:
        return found
    of_pairs = later.tape.nodes[later.place].of_pairs
    named = later.tape.emit("named", (later.place,), None, of_pairs, -1.0, 1.0)
    return as_array(later.tape, named)
