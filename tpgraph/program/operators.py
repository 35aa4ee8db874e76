r"""Building programs with Python's operators.

The same program as its `.tp` text, statement by statement:

>>> b = OperatorBuilder("mlp")
>>> n, d = b.width("n"), b.dim("d", 64)                # width n; dim d = 64
>>> b.parametrization("ntk")                           # parametrization ntk
>>> φ = b.function("φ", lambda z: b.fn.tanh(z))        # fn φ(z) = tanh(z)
>>> ξ, y = b.data("ξ", d), b.target("y", 1)            # data ξ : d; target y : 1
>>> U = b.param("U", n, d)                             # param U : n × d ~ N(0, 1)
>>> V = b.param("V", 1, n, scale=0.5)                  # param V : 1 × n ~ N(0, 1) scale 0.5
>>> x = b.let("x", φ(U @ ξ))                           # x = φ(U ξ)
>>> f = b.let("f", V @ x)                              # f = V x
>>> b.output(f)                                        # output f
>>> b.loss((f - y)**2 / 2)                             # loss (f - y)^2 / 2
>>> b.build()
<Program mlp: 4 declarations, 4 equations>

A Python loop takes the place of `for`, and the name of a variable carries its indices:

>>> b = OperatorBuilder("wigner")
>>> n = b.width("n")
>>> W = b.matrix("W", n, n)
>>> x = [b.vector("x[0]", n)]
>>> for k in range(1, 4):
...     x.append(b.let(f"x[{k}]", (W @ x[-1] + W.T @ x[-1]) / b.fn.sqrt(2)))
...     m = b.let(f"m[{k}]", b.mean(x[0] * x[k]))
>>> [v for v in b.build().variables if "~" not in v]
['W', 'x[0]', 'x[1]', 'm[1]', 'x[2]', 'm[2]', 'x[3]', 'm[3]']
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, NoReturn, overload

from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.functions import ADD, PRIMITIVES, Defined, evaluate, number
from tpgraph.program.builder import Builder
from tpgraph.program.equations import (
    Data,
    Declaration,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    Parameter,
    Target,
)
from tpgraph.program.graph import Program
from tpgraph.program.handles import (
    FunctionHandle,
    Handle,
    MatrixHandle,
    Operand,
    combine,
    to_handle,
)
from tpgraph.program.naming import UNNAMED
from tpgraph.program.parametrization import MUP, NTK, STANDARD, Parametrization
from tpgraph.program.spelling import (
    Exponents,
    as_dimension,
    as_exponents,
    as_identifier,
    as_whole,
    size_of,
    variable_name,
    variables_in,
)
from tpgraph.program.statement_terms import Mean, Ref
from tpgraph.program.term_expressions import as_expression
from tpgraph.program.variables import Variable, canonical_name
from tpgraph.types import Dimension, Fixed, Matrix, Scalar, Type, Vector, Width

__all__ = ["FunctionHandle", "Functions", "Handle", "MatrixHandle", "OperatorBuilder", "builder"]

_ARITHMETIC = ("add", "mul", "neg", "div", "pow")
_PARAMETRIZATIONS = {"ntk": NTK, "mup": MUP, "standard": STANDARD}


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions that a program may apply, as attributes: `fn.tanh(x)`, `fn.erf.prime(x)`.

    Those of the table, and those that the program defines.
    """

    builder: Builder
    defined: Mapping[str, Defined]

    def __getattr__(self, name: str) -> FunctionHandle:
        if name.startswith("__"):
            raise AttributeError(name)
        known = {n: p for n, p in PRIMITIVES.items() if n not in _ARITHMETIC} | dict(self.defined)
        function = known.get(canonical_name(name), known.get(name))
        if function is None:
            near = difflib.get_close_matches(name, known, 1)
            raise TPNameError(
                f"there is no function {name}",
                None,
                f"one of {', '.join(known)}",
                f"did you mean {near[0]}?" if near else "define it by function(…)",
            )
        return FunctionHandle(self.builder, function)


def builder(name: str = UNNAMED) -> OperatorBuilder:
    """A new program, to be built with operators.

    >>> b = builder("readme")
    >>> n = b.width("n")
    >>> W, v = b.matrix("W", n, n), b.vector("v", n)
    >>> h = b.let("h", W @ b.fn.tanh(v) + 1)
    >>> list(b.build().equation_of)
    ['h~1', 'h~2', 'h']
    """
    return OperatorBuilder(name)


class OperatorBuilder:
    """A program in the making. Its methods are named after the statements of the language.

    Declarations return handles, `let` binds a name to a term over them, `build` gives the program.
    Names are spelled as in the language (`"h[1]"`, `"xi"` or `"ξ"`). A dimension is what `width`
    or `dim` returned, or a whole number. Every method raises a TPError where something does not
    fit.
    """

    def __init__(self, name: str = UNNAMED) -> None:
        self._builder = Builder(name)
        self._defined: dict[str, Defined] = {}
        self._handles: dict[str, Handle | MatrixHandle] = {}

    if not TYPE_CHECKING:  # type checkers know what there is

        def __getattr__(self, name: str) -> NoReturn:
            mend = f"; functions are b.fn.{name}(x)" if name in PRIMITIVES else ""
            raise AttributeError(f"the builder has no {name}{mend}")

    def __getitem__(self, name: str) -> Handle | MatrixHandle:
        """The handle of a name that is bound already."""
        key = variable_name(name)
        if key not in self._handles:
            raise TPNameError(f"{name} is not bound", mend="bind it by let(…) or declare it")
        return self._handles[key]

    @property
    def fn(self) -> Functions:
        """The functions by name: `b.fn.tanh(x)`."""
        return Functions(self._builder, self._defined)

    def width(self, name: str, ratio: int | float | Fraction = 1, of: Width | None = None) -> Width:
        """`width n`; with a ratio, `width("m", 2, n)` is `width m = 2 n`."""
        if of is None and ratio != 1:
            raise TPTypeError(f"width {name} has a ratio, but to no width", mend="give the width")
        share = number(ratio).value * (of.ratio if of is not None else 1)
        base = None if of is None else of.base or of.name
        return self._builder.width(Width(as_identifier(name), share, base))

    def dim(self, name: str, value: int) -> Fixed:
        """`dim d = 64`: a dimension that stays as it is."""
        return Fixed(as_whole(value, f"dim {name}"), as_identifier(name))

    def data(self, name: str, dim: Dimension | int) -> Handle:
        """`data ξ : d`: an input, fed when the program is run."""
        return self._vector(Data(self._variable(name, Vector(as_dimension(dim)))))

    def target(self, name: str, dim: Dimension | int) -> Handle:
        """`target y : k`: a label, which the loss alone may use."""
        return self._vector(Target(self._variable(name, Vector(as_dimension(dim)))))

    @overload
    def param(
        self,
        name: str,
        rows: Dimension | int,
        columns: Dimension | int,
        *,
        variance: float = 1.0,
        scale: float = 1.0,
    ) -> MatrixHandle: ...

    @overload
    def param(
        self, name: str, rows: Dimension | int, *, variance: float = 1.0, scale: float = 1.0
    ) -> Handle: ...

    def param(
        self,
        name: str,
        rows: Dimension | int,
        columns: Dimension | int | None = None,
        *,
        variance: float = 1.0,
        scale: float = 1.0,
    ) -> Handle | MatrixHandle:
        """`param W : n × d ~ N(0, variance) scale …`, a trainable matrix, or vector `b : n`."""
        if columns is None:
            vector = self._variable(name, Vector(as_dimension(rows)))
            return self._vector(Parameter(vector, float(variance), float(scale)))
        matrix = self._variable(name, Matrix(as_dimension(rows), as_dimension(columns)))
        return self._matrix(Parameter(matrix, float(variance), float(scale)))

    def matrix(
        self, name: str, rows: Dimension | int, columns: Dimension | int, *, variance: float = 1.0
    ) -> MatrixHandle:
        """`matrix W : r × c ~ N(0, variance)`: not trained, of entries N(0, variance / c)."""
        variable = self._variable(name, Matrix(as_dimension(rows), as_dimension(columns)))
        return self._matrix(InitialMatrix(variable, float(variance)))

    def vector(
        self,
        name: str,
        dim: Dimension | int,
        *,
        mean: float = 0.0,
        variance: float = 1.0,
        as_x: bool = False,
    ) -> Handle:
        """`vector v : n ~ N(mean, variance)`, with `as X` if it stands for an activation."""
        return self.vectors((name,), dim, mean=[mean], covariance=[[variance]], as_x=as_x)[0]

    def vectors(
        self,
        names: Sequence[str],
        dim: Dimension | int,
        *,
        mean: Sequence[float],
        covariance: Sequence[Sequence[float]],
        as_x: bool = False,
    ) -> tuple[Handle, ...]:
        """`vector u, v : n ~ N([…], [[…], …])`: jointly Gaussian vectors."""
        kind = Vector(as_dimension(dim))
        variables = tuple(self._variable(name, kind) for name in names)
        rows = tuple(tuple(float(entry) for entry in row) for row in covariance)
        declaration = InitialVectors(variables, tuple(float(m) for m in mean), rows, as_x)
        self._builder.declare(declaration)
        return tuple(self._keep(variable) for variable in variables)

    def size(self, width: Width) -> Handle:
        """The size of a width: only for the value of `scalar`."""
        if not isinstance(width, Width):
            raise TPTypeError(f"{width!r} is no width", None, "what width(…) returned")
        return Handle(self._builder, Ref(size_of(width)))

    def scalar(self, name: str, value: Operand, limit: float | None = None) -> Handle:
        """`scalar ε = value`, or `scalar ε -> limit = value`, where the value may use widths.

        >>> b = OperatorBuilder()
        >>> n = b.width("n")
        >>> b.scalar("ε", 1 / b.fn.sqrt(b.size(n)), limit=0)
        ε
        """
        term = to_handle(self._builder, value).term
        used = set(variables_in(term))
        widths = tuple(w for w in self._builder.widths.values() if size_of(w) in used)
        what = f"the value of scalar {name}"
        expression = as_expression(term, [size_of(w) for w in widths], what)
        if limit is None:
            if widths:
                raise TPTypeError(
                    f"{what} uses a width",
                    None,
                    "its limit besides: scalar('ε', 1 / b.fn.sqrt(b.size(n)), limit=0)",
                )
            limit = float(evaluate(expression, ()))
        variable = self._variable(name, Scalar())
        return self._vector(InitialScalar(variable, expression, float(limit), widths))

    def function(self, name: str, body: Callable[..., Operand]) -> FunctionHandle:
        """`fn φ(z) = …`: a coordinatewise function, from a Python function of its parameters."""
        key = as_identifier(name)
        if key in PRIMITIVES:
            raise TPNameError(f"{name} is a function of the table already", mend="another name")
        names = tuple(as_identifier(p) for p in inspect.signature(body).parameters)
        parameters = [Variable(f"parameter {p} of {key}", Scalar()) for p in names]
        term = to_handle(
            self._builder, body(*(Handle(self._builder, Ref(p)) for p in parameters))
        ).term
        function = Defined(key, names, as_expression(term, parameters, f"function {name}"))
        self._defined[key] = self._builder.define(function)
        return FunctionHandle(self._builder, function)

    def let(self, name: str, term: Operand) -> Handle:
        """`h[1] = …`: bind a name to a term, and return the handle of the name."""
        handle = to_handle(self._builder, term)
        return self._keep(self._builder.bind(variable_name(name), handle.term))

    def mean(self, operand: Operand) -> Handle:
        """`mean(…)`: the average over the coordinates."""
        inner = to_handle(self._builder, operand)
        return Handle(self._builder, Mean(inner.term), inner.depth + 1, inner.size + 1)

    def sum(self, terms: Iterable[Operand]) -> Handle:
        """`sum(… for k in …)`: all the terms added at once. Python's own `sum` does as well."""
        parts = [to_handle(self._builder, term) for term in terms]
        if len(parts) < 2:
            return parts[0] if parts else to_handle(self._builder, 0)
        return combine(self._builder, ADD, *parts)

    def output(self, *handles: Handle) -> None:
        """`output f, g`."""
        for handle in handles:
            self._builder.output(self._named(handle))

    def loss(self, term: Operand) -> None:
        """`loss …`: a scalar, or a vector of fixed dimension that is summed."""
        handle = to_handle(self._builder, term)
        if isinstance(handle.term, Ref):
            self._builder.loss(handle.term.variable)
        else:
            self._keep(self._builder.bind_loss(handle.term))

    def parametrization(self, name: Literal["ntk", "mup", "standard"]) -> None:
        """`parametrization ntk`, `mup` or `standard`."""
        if name not in _PARAMETRIZATIONS:
            raise TPNameError(
                f"there is no parametrization {name}",
                None,
                "ntk, mup or standard",
                "give exponents: abc(a=(0, 1/2, 1/2), b=(0, 0, 0), c=0)",
            )
        self._parametrize(_PARAMETRIZATIONS[name])

    def abc(self, a: Exponents, b: Exponents, c: int | float | Fraction) -> None:
        """`parametrization abc`, by the exponents of input, hidden and readout, and of the rate."""
        self._parametrize(
            Parametrization("abc", as_exponents("a", a), as_exponents("b", b), number(c).value)
        )

    def label(self, what: Handle | MatrixHandle | FunctionHandle | str, latex: str) -> None:
        """`label h[1] = "…"`: the LaTeX that pictures and listings show."""
        match what:
            case str():
                name = variable_name(what)
            case FunctionHandle(_, function):
                name = function.name
            case _:
                name = self._named(what).name
        self._builder.label(name, latex)

    def build(self) -> Program:
        """The program. Raises what can only be seen of the whole."""
        self._builder.require_whole()
        return self._builder.build()

    def _variable(self, name: str, type_: Type) -> Variable:
        return Variable(variable_name(name), type_)

    def _keep(self, variable: Variable) -> Handle:
        handle = Handle(self._builder, Ref(variable))
        self._handles[variable.name] = handle
        return handle

    def _vector(self, declaration: Declaration) -> Handle:
        (variable,) = self._builder.declare(declaration)
        return self._keep(variable)

    def _matrix(self, declaration: Declaration) -> MatrixHandle:
        (variable,) = self._builder.declare(declaration)
        handle = MatrixHandle(self._builder, variable)
        self._handles[variable.name] = handle
        return handle

    def _named(self, handle: object) -> Variable:
        if isinstance(handle, MatrixHandle):
            return handle.variable
        return to_handle(self._builder, handle).variable

    def _parametrize(self, parametrization: Parametrization) -> None:
        if self._builder.parametrization is not None:
            raise TPNameError("the program has a parametrization already")
        self._builder.parametrization = parametrization
