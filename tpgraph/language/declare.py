"""Declarations of the text: sizes, families, distributions."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.functions import Expression, Number
from tpgraph.language import syntax as s
from tpgraph.language.changes import Change, instead, perhaps
from tpgraph.language.scope import Scope, fail
from tpgraph.language.to_terms import Terms
from tpgraph.program import (
    Data,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    Origin,
    Parameter,
    Target,
    Variable,
    split_name,
)
from tpgraph.types import Matrix, Scalar, Type, Vector

__all__ = ["Declarer"]


class Declarer:
    """Carries out declarations in a scope."""

    def __init__(self, scope: Scope, terms: Terms) -> None:
        self.scope = scope
        self.terms = terms

    def declare(self, node: s.Declare) -> None:
        """`data`, `target`, `param`, `matrix`, `vector`, `scalar`."""
        if node.kind == "scalar":
            self._scalar(node)
            return
        names = [full for name in node.names for full in self._free_names(name)]
        if node.kind == "vector":
            self._vectors(node, names)
            return
        type_ = self._type(node)
        for name in names:
            self._one(node, Variable(name, type_), self._origin(node, name))

    def _origin(self, node: s.Declare, name: str) -> Origin | None:
        """The statement that declares a name, and which of a family it is."""
        origin = self.scope.builder.origin
        is_family = any(isinstance(i, s.Range) for one in node.names for i in one.indices)
        if origin is None or not is_family:
            return origin
        return replace(origin, family=split_name(name)[1])

    def _free_names(self, name: s.Name) -> list[str]:
        names = self.scope.full_names(name)
        for full in names:
            if full in self.scope.numbers or full == "loss":
                fail(name, TPNameError(f"{full} is bound twice", mend="choose another name"))
        return names

    def _one(self, node: s.Declare, variable: Variable, origin: Origin | None) -> None:
        span, builder = self.scope.span(node), self.scope.builder
        match node.kind:
            case "data":
                builder.declare(Data(variable, span, origin))
            case "target":
                builder.declare(Target(variable, span, origin))
            case "param":
                variance = self._centred(node)
                scale = float(self.scope.value(node.extra)) if node.extra is not None else 1.0
                builder.declare(Parameter(variable, variance, scale, span, origin))
            case _:
                builder.declare(InitialMatrix(variable, self._centred(node), span, origin))

    def _type(self, node: s.Declare) -> Type:
        fixed = node.kind in {"data", "target"}
        dims = [self.scope.dimension(d, fixed) for d in node.shape]
        if len(dims) == 2:
            return Matrix(dims[0], dims[1])
        if node.kind == "matrix":
            last = node.shape[-1]
            fail(
                last,
                TPTypeError(
                    "a matrix has two dimensions",
                    expected="rows × columns",
                    mend=f"write {dims[0]} × {dims[0]}, or declare a vector",
                ),
                Change(last.start, last.end, f"{dims[0]} × {dims[0]}", guess=True),
            )
        return Vector(dims[0])

    def _number(self, entry: s.Entry, what: str) -> float:
        if isinstance(entry, s.List):
            fail(entry, TPTypeError(f"the {what} is a list", expected="one number"))
        return float(self.scope.value(entry))

    def _centred(self, node: s.Declare) -> float:
        """The variance of a distribution whose mean must be zero."""
        assert node.law is not None
        if self._number(node.law.mean, "mean") != 0:
            fail(
                node.law.mean,
                TPTypeError(
                    f"the mean of a {node.kind} is not zero",
                    expected="N(0, variance)",
                    mend="write 0, and add a vector where the mean is needed",
                ),
                *perhaps(node.law.mean, "0"),
            )
        self._no_width_in(node)
        return self._number(node.law.variance, "variance")

    def _no_width_in(self, node: s.Declare) -> None:
        """Raise TPTypeError for a variance such as 1/n: matrices have that by themselves."""
        assert node.law is not None
        variance = node.law.variance
        used = next((n for n in _names_in_order(variance) if n in self.scope.widths), None)
        if used is None:
            return
        divided = isinstance(variance, s.Quotient) and self.scope.text(variance.right) == used
        columns = isinstance(node.shape[-1], s.Name) and node.shape[-1].full == used
        left = variance.left if isinstance(variance, s.Quotient) else None
        changes = instead(variance, self.scope.text(left) if left and divided and columns else None)
        fail(
            variance,
            TPTypeError(
                f"the variance of a {node.kind} names the width {used}",
                expected="a number",
                mend="write N(0, 1): entries have this variance over the number of columns",
            ),
            *(changes if node.kind == "matrix" else ()),
        )

    def _vectors(self, node: s.Declare, names: list[str]) -> None:
        if len(node.shape) != 1:
            fail(
                node.shape[-1],
                TPTypeError(
                    "a vector has one dimension",
                    expected="vector x : n",
                    mend="declare a matrix, or drop a dimension",
                ),
                Change(node.shape[0].end, node.shape[-1].end, "", guess=True),
            )
        dim, as_x = self.scope.dimension(node.shape[0]), node.as_x is not None
        span, builder = self.scope.span(node), self.scope.builder
        assert node.law is not None
        if isinstance(node.law.mean, s.List) or isinstance(node.law.variance, s.List):
            mean, covariance = self._joint(node.law)
            variables = tuple(Variable(name, Vector(dim)) for name in names)
            builder.declare(InitialVectors(variables, mean, covariance, as_x, span, builder.origin))
            return
        mean_value = self._number(node.law.mean, "mean")
        variance = self._number(node.law.variance, "variance")
        if variance < 0:
            fail(
                node.law.variance, TPTypeError("the variance is negative", expected="a number ≥ 0")
            )
        for name in names:
            one = (Variable(name, Vector(dim)),)
            law = (mean_value,), ((variance,),)
            origin = self._origin(node, name)
            builder.declare(InitialVectors(one, *law, as_x, span, origin))

    def _joint(self, law: s.Gaussian) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
        mean, rows = self._items(law.mean), self._items(law.variance)
        return (
            tuple(self._number(item, "mean") for item in mean),
            tuple(
                tuple(self._number(item, "covariance") for item in self._items(row)) for row in rows
            ),
        )

    def _items(self, entry: s.Entry) -> tuple[s.Entry, ...]:
        if not isinstance(entry, s.List):
            fail(
                entry,
                TPTypeError(
                    "a joint distribution needs lists",
                    expected="N([m, …], [[s, …], …])",
                ),
            )
        return entry.items

    def _scalar(self, node: s.Declare) -> None:
        scope = self.scope
        span = scope.span(node)
        (name,) = node.names
        assert node.value is not None
        if node.extra is None:
            value = self._plain_value(node.value)
            for full in self._free_names(name):
                variable = Variable(full, Scalar())
                number, origin = Number(value), self._origin(node, full)
                scope.builder.declare(
                    InitialScalar(variable, number, float(value), (), span, origin)
                )
            return
        limit = float(scope.value(node.extra))
        expression, widths = self._of_widths(node.value)
        sizes = tuple(scope.widths[width] for width in widths)
        for full in self._free_names(name):
            variable = Variable(full, Scalar())
            origin = self._origin(node, full)
            scope.builder.declare(InitialScalar(variable, expression, limit, sizes, span, origin))

    def _of_widths(self, node: s.Expr) -> tuple[Expression, list[str]]:
        """A function of widths, and the widths in the order of its arguments."""
        if not isinstance(node, s.Explicit):
            names = dict.fromkeys(n for n in _names_in_order(node) if n in self.scope.widths)
            return self.terms.expression(node, list(names)), list(names)
        widths = [name.full for name in node.arguments]
        unknown = next((n for n in node.arguments if n.full not in self.scope.widths), None)
        if unknown is not None:
            fail(unknown, TPNameError(f"{unknown.full} is not a width"))
        if len(widths) != len(node.parameters):
            fail(node, TPTypeError(f"{len(node.parameters)} parameters, {len(widths)} arguments"))
        return self.terms.expression(node.body, [p.full for p in node.parameters]), widths

    def _plain_value(self, node: s.Expr) -> Fraction:
        for used in _names_in_order(node):
            if used in self.scope.widths:
                fail(
                    node,
                    TPTypeError(
                        "the value depends on a width, so its limit must be stated",
                        expected="scalar s -> limit = value",
                        mend="write, for instance: scalar s -> 0 = 1/sqrt(n)",
                    ),
                )
        return self.scope.value(node)


def _names_in_order(node: object) -> list[str]:
    """The names that an expression reads, from left to right."""
    if isinstance(node, s.Name):
        return [node.full]
    if isinstance(node, s.Invoke):
        return _names_in_order(node.arguments)
    if isinstance(node, tuple):
        return [name for inner in node for name in _names_in_order(inner)]
    return []
