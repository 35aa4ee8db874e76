"""What the operators of Python act on: terms and matrices of a program that is being built.

W @ x, W.T @ y      product with a matrix, or with its transpose
x + y, x - 1, 2 * x, x / y, x**2, -x      coordinatewise, numbers on either side
φ(x), φ.prime(x)    a function of the table or of the program, and its derivative
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from numbers import Rational, Real
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from tpgraph.bounds import DEPTH, PARTS
from tpgraph.errors import TPTypeError
from tpgraph.functions import ADD, DIV, MUL, NEG, POW, PRIMITIVES, Function, Primitive, number
from tpgraph.program.builder import Builder
from tpgraph.program.statement_terms import Call, Constant, Product, Ref, Term
from tpgraph.program.term_expressions import require_divisor, require_value
from tpgraph.program.variables import Variable

__all__ = ["FunctionHandle", "Handle", "MatrixHandle", "Operand", "combine", "to_handle"]


_REFLECTED = {
    "add": "__radd__", "subtract": "__rsub__", "multiply": "__rmul__", "divide": "__rtruediv__",
    "true_divide": "__rtruediv__", "power": "__rpow__", "matmul": "__rmatmul__",
    "less": "__gt__", "less_equal": "__ge__", "greater": "__lt__", "greater_equal": "__le__",
}  # fmt: skip
"""What numpy's operators become where a handle stands right of an array or of a number of numpy."""
_NUMPY_NAMES = {"absolute": "abs", "negative": "neg", "maximum": "max", "minimum": "min"}
_OF_BUILDER = ("mean", "sum")
_REDUCED = {"add": "mean"}
"""What is nearest to a reduction, such as np.sum, over the coordinates."""


def _as_written(name: str) -> str | None:
    """How a function is applied to a handle x; None for what is no function."""
    if name in _OF_BUILDER:
        return f"write b.{name}(x)"
    return f"write b.fn.{name}(x)" if name in PRIMITIVES else None


Operand: TypeAlias = "Handle | int | float | Fraction"


class _Arithmetic:
    """The operators that handles share; each checks what it is given."""

    __slots__ = ("builder",)

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def __array_ufunc__(self, ufunc: object, method: str, *inputs: object, **_: object) -> object:
        """numpy's operators on the left are ours on the right; its functions are b.fn's."""
        name = getattr(ufunc, "__name__", str(ufunc))
        if method == "__call__" and name in _REFLECTED and inputs[-1] is self:
            return getattr(self, _REFLECTED[name])(inputs[0])
        called = _NUMPY_NAMES.get(name, name) if method == "__call__" else _REDUCED.get(name, "")
        raise TPTypeError(
            f"np.{name} acts on arrays, and {self} stands for a value that is not known yet",
            expected="functions of the table, as b.fn.tanh",
            mend=_as_written(called),
        )

    if not TYPE_CHECKING:  # type checkers know what there is

        def __getattr__(self, name: str) -> NoReturn:
            mend = _as_written(name)
            said = f"what stands for a value of a program has no {name}"
            raise AttributeError(f"{said}; {mend}" if mend else said)

    def __add__(self, other: Operand) -> Handle:
        return combine(self.builder, ADD, self, other)

    def __radd__(self, other: Operand) -> Handle:
        if isinstance(other, int) and other == 0:  # where Python's sum(…) starts
            return to_handle(self.builder, self)
        return combine(self.builder, ADD, other, self)

    def __sub__(self, other: Operand) -> Handle:
        return combine(self.builder, ADD, self, _minus(self.builder, other))

    def __rsub__(self, other: Operand) -> Handle:
        return combine(self.builder, ADD, other, _minus(self.builder, self))

    def __mul__(self, other: Operand) -> Handle:
        return combine(self.builder, MUL, self, other)

    def __rmul__(self, other: Operand) -> Handle:
        return combine(self.builder, MUL, other, self)

    def __truediv__(self, other: Operand) -> Handle:
        return combine(self.builder, DIV, self, other)

    def __rtruediv__(self, other: Operand) -> Handle:
        return combine(self.builder, DIV, other, self)

    def __pow__(self, other: Operand) -> Handle:
        return combine(self.builder, POW, self, other)

    def __rpow__(self, other: Operand) -> Handle:
        return combine(self.builder, POW, other, self)

    def __neg__(self) -> Handle:
        return _minus(self.builder, self)

    def __pos__(self) -> Handle:
        return to_handle(self.builder, self)

    def __matmul__(self, other: object) -> Handle:
        mend = f"write {other} @ {self}" if isinstance(other, MatrixHandle) else None
        raise TPTypeError(f"{self} stands left of @, but is no matrix", None, "W @ x", mend)

    def __rmatmul__(self, other: object) -> NoReturn:
        raise TPTypeError(
            f"a {type(other).__name__} stands left of @",
            None,
            "a matrix of the program: W @ x, W.T @ x",
            "declare the matrix by matrix(…) or param(…)",
        )

    def __bool__(self) -> bool:
        raise TPTypeError(
            f"{self} has no truth value: it stands for a value that is not known yet",
            mend="a condition on values is a function, such as step(x) or max(x, 0)",
        )

    def __iter__(self) -> Iterator[NoReturn]:
        raise TPTypeError(
            f"{self} cannot be iterated: programs act on whole vectors",
            mend="keep several handles in a list or a dict",
        )

    def __lt__(self, other: object) -> bool:
        raise TPTypeError(
            f"{self} cannot be compared: its value is not known yet",
            mend="a comparison of values is a function: step(x - y), min(x, y), max(x, y)",
        )

    __le__ = __gt__ = __ge__ = __lt__

    def __abs__(self) -> Handle:
        return combine(self.builder, PRIMITIVES["abs"], self)

    def __float__(self) -> float:
        raise TPTypeError(
            f"{self} is no number yet: its value is known when the program is run",
            mend="limit and compile give values; write formulas with the handle itself",
        )

    __int__ = __float__

    def __getitem__(self, place: object) -> NoReturn:
        raise TPTypeError(
            f"{self} has no coordinates to choose from: programs act on whole vectors",
            mend="declare what is told apart as several vectors, in a list or a dict",
        )

    def __mod__(self, other: object) -> NoReturn:
        raise TPTypeError(
            f"{self} stands beside an operator that the language does not have",
            expected="+, −, *, /, **, @ and functions as b.fn.tanh",
            mend="write it by functions that there are, such as step(x) and abs(x)",
        )

    __rmod__ = __floordiv__ = __rfloordiv__ = __divmod__ = __mod__


class Handle(_Arithmetic):
    """A vector or scalar of the program, or a term over some that has no name yet.

    A term without a name stands for its text: used twice, it is computed twice. Give it a name
    (`let`) to compute it once.
    """

    __slots__ = ("depth", "size", "term")

    def __init__(self, builder: Builder, term: Term, depth: int = 0, size: int = 1) -> None:
        super().__init__(builder)
        mend = "give an intermediate value a name: x = b.let('x', …)"
        DEPTH.require(depth, f"a term is nested deeper than {DEPTH.most}", mend=mend)
        PARTS.require(size, f"a term has more than {PARTS.most} parts", mend=mend)
        self.term = term
        self.depth = depth
        self.size = size

    def __repr__(self) -> str:
        return self.term.variable.name if isinstance(self.term, Ref) else "a term without a name"

    @property
    def variable(self) -> Variable:
        """The variable that it names. Raises TPTypeError for a term without a name."""
        if isinstance(self.term, Ref):
            return self.term.variable
        raise TPTypeError(
            "a term without a name stands where a variable is expected",
            mend="give it a name first: x = b.let('x', …)",
        )


class MatrixHandle(_Arithmetic):
    """A matrix of the program, or its transpose `.T`: it multiplies by @ from the left."""

    __slots__ = ("transpose", "variable")

    def __init__(self, builder: Builder, variable: Variable, transpose: bool = False) -> None:
        super().__init__(builder)
        self.variable = variable
        self.transpose = transpose

    def __repr__(self) -> str:
        return self.variable.name + ".T" * self.transpose

    @property
    def T(self) -> MatrixHandle:
        """The transpose."""
        return MatrixHandle(self.builder, self.variable, not self.transpose)

    def __matmul__(self, other: object) -> Handle:
        if isinstance(other, MatrixHandle):
            raise TPTypeError(
                f"{self} @ {other} is a product of matrices",
                None,
                "a vector on the right of @",
                f"multiply one after the other: {self} @ ({other} @ x)",
            )
        inner = to_handle(self.builder, other)
        term = Product(self.variable, self.transpose, inner.term)
        return Handle(self.builder, term, inner.depth + 1, inner.size + 1)


@dataclass(frozen=True, slots=True, eq=False)
class FunctionHandle:
    """A coordinatewise function, or its derivative: call it on handles and numbers."""

    builder: Builder
    function: Function
    order: int = 0

    def __call__(self, *arguments: Operand) -> Handle:
        function = self.function
        given = list(arguments)
        if isinstance(function, Primitive) and function.arity is not None:
            missing = function.arity - len(given)
            if 0 < missing <= len(function.defaults):
                given.extend(function.defaults[-missing:])
        if function.arity not in (None, len(given)):
            raise TPTypeError(
                f"{function.name} takes {function.arity} argument{'s' * (function.arity != 1)},"
                f" not {len(arguments)}"
            )
        return combine(self.builder, function, *given, order=self.order)

    @property
    def prime(self) -> FunctionHandle:
        """The derivative. Raises TPTypeError for a function of several arguments."""
        if self.function.arity != 1:
            raise TPTypeError(
                f"{self.function.name}.prime needs a function of one argument;"
                f" {self.function.name} takes {self.function.arity}",
                mend="write the partial derivative out",
            )
        return replace(self, order=self.order + 1)


def combine(builder: Builder, function: Function, *operands: object, order: int = 0) -> Handle:
    """The handle of `function` at the operands; sums and products go on from the left.

    Raises TPTypeError for numbers of which the function has no finite value, as the language does.
    """
    parts = [to_handle(builder, operand) for operand in operands]
    terms = tuple(part.term for part in parts)
    first = terms[0] if terms else None
    deepest = max((part.depth for part in parts), default=0)
    if function in (ADD, MUL) and isinstance(first, Call) and first.function == function:
        terms = (*first.arguments, *terms[1:])
        deepest = max(parts[0].depth - 1, *(part.depth for part in parts[1:]))
    size = 1 + sum(part.size for part in parts)
    call = Call(function, terms, order)
    if function == DIV:
        require_divisor(terms[1])
    if function not in (ADD, MUL):
        require_value(call)
    return Handle(builder, call, deepest + 1, size)


def _minus(builder: Builder, operand: object) -> Handle:
    """−operand; that of a number is a number."""
    handle = to_handle(builder, operand)
    if isinstance(handle.term, Constant):
        return Handle(builder, Constant(-handle.term.value))
    return combine(builder, NEG, handle)


def to_handle(builder: Builder, value: object) -> Handle:
    """The value as a term of this builder: a handle itself, or a number.

    Raises TPTypeError for all else, and says what to do.
    """
    match value:
        case Handle():
            _require_same(builder, value)
            return value
        case MatrixHandle():
            raise TPTypeError(
                f"{value} is a matrix and cannot stand in a coordinatewise expression",
                None,
                "vectors, scalars and numbers",
                f"multiply it with a vector first: {value} @ x, or 2 * ({value} @ x), as Python"
                " reads 2 * W @ x as (2 * W) @ x",
            )
        case bool():
            raise TPTypeError(f"{value} is no number", None, "a number or a handle")
        case Rational():
            return Handle(builder, Constant(Fraction(int(value.numerator), int(value.denominator))))
        case Real():
            return Handle(builder, Constant(number(float(value)).value))
        case FunctionHandle(_, function):
            raise TPTypeError(f"{function.name} is a function", mend=f"call it: {function.name}(x)")
        case _:
            raise TPTypeError(
                f"a {type(value).__name__} cannot stand in a program",
                None,
                "a handle that the builder returned, or a number",
                "declare it by vector(…), scalar(…) or data(…); values are given when the program"
                " is run",
            )


def _require_same(builder: Builder, handle: Handle) -> None:
    if handle.builder is not builder:
        raise TPTypeError(
            f"{handle} belongs to another builder ({handle.builder.name})",
            mend="build one program with one builder",
        )
