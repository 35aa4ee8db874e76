"""Every rule of the checker: what it says, what it expects, how to mend it."""

from fractions import Fraction

import pytest
from program.objects import (
    SPAN,
    TANH,
    XI,
    A,
    D,
    M,
    N,
    Q,
    T,
    U,
    W,
    X,
    Y,
    Z,
    explained,
    gaussian,
    new_builder,
)

from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.functions import ADD, PRIMITIVES, Apply, Argument, number
from tpgraph.program import (
    Builder,
    Data,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Target,
    Variable,
)
from tpgraph.program.typing_rules import check_equation, check_expression, result_type
from tpgraph.types import Fixed, Matrix, Scalar, Vector, Width


@pytest.fixture
def builder():
    return new_builder()


def scalar(name="s", value=None, limit=1.0, widths=()):
    return InitialScalar(
        Variable(name, Scalar()), number(1) if value is None else value, limit, widths, SPAN
    )


V, V2 = Variable("v", Vector(N)), Variable("v2", Vector(N))
NEW = Variable("B", Matrix(N, N))
DECLARATIONS = [
    (InitialScalar(V, number(1), 1.0, (), SPAN), "v is a vector of n, not a scalar", "a scalar"),
    (scalar(limit=float("inf")), "the limit of s is inf", "a finite number"),
    (scalar(value=Apply(TANH, (number(1), number(2)))), "tanh takes 1 argument, not 2", None),
    (InitialVectors((NEW,), (0.0,), ((1.0,),), span=SPAN), "B is a matrix of n × n, not", "vector"),
    (gaussian(V, Variable("p", Vector(M))), "v : n and p : m are jointly Gaussian", None),
    (gaussian(V, mean=(0.0, 1.0)), "mean and covariance of 1 vectors", "N([m, …]"),
    (gaussian(V, covariance=((1.0, 0.0),)), "mean and covariance of 1 vectors", "1 rows of 1"),
    (gaussian(V, mean=(float("nan"),)), "the distribution of v is nan", "a finite number"),
    (gaussian(V, V2, covariance=((1.0, 0.5), (0.4, 1.0))), "is not symmetric", None),
    (gaussian(V, V2, covariance=((1.0, 2.0), (2.0, 1.0))), "negative eigenvalue", "positive semi"),
    (gaussian(V, V2, covariance=((0.0, 1.0), (1.0, 1.0))), "negative eigenvalue", "positive semi"),
    (gaussian(V, covariance=((-1.0,),)), "negative eigenvalue", "positive semidefinite"),
    (InitialMatrix(V, 1.0, SPAN), "v is a vector of n, not a matrix", "a matrix"),
    (InitialMatrix(NEW, -1.0, SPAN), "the variance of B is -1", "a finite number ≥ 0"),
    (InitialMatrix(NEW, float("nan"), SPAN), "the variance of B is nan", "a finite number ≥ 0"),
    (Parameter(NEW, -0.5, 1.0, SPAN), "the variance of B is -0.5", "a finite number ≥ 0"),
    (Parameter(NEW, 1.0, float("inf"), SPAN), "the scale of B is inf", "a finite number"),
    (Parameter(Variable("s", Scalar()), 1.0, 1.0, SPAN), "s is a scalar; scalars are not", None),
    (
        Parameter(Variable("K", Matrix(D, Fixed(3))), 1.0, 1.0, SPAN),
        "K : d × 3 has no width",
        "at least one dimension that is a width",
    ),
    (Data(V, SPAN), "v is a vector of n, but data have a fixed dimension", "such as d or 64"),
    (Target(Variable("s", Scalar()), SPAN), "s is a scalar, but data have a fixed", "d or 64"),
    (Data(Variable("ζ", Vector(Fixed(0))), SPAN), "ζ has dimension 0", "a whole number ≥ 1"),
    (
        InitialMatrix(Variable("B", Matrix(N, Fixed(-3))), 1.0, SPAN),
        "B has dimension -3",
        "a whole number ≥ 1",
    ),
]


@pytest.mark.parametrize(("declaration", "message", "expected"), DECLARATIONS)
def test_declarations(builder, declaration, message, expected):
    with pytest.raises(TPTypeError) as caught:
        builder.declare(declaration)
    explained(caught.value, TPTypeError, message, expected)
    assert caught.value.span == SPAN
    assert declaration.variables[0].name not in builder.scope


@pytest.mark.parametrize(
    ("declaration", "message"),
    [
        (gaussian(X), "x is bound twice"),
        (gaussian(V, V), "v is declared twice"),
        (gaussian(Variable("v", Vector(Width("k")))), "width k of v is not declared"),
        (gaussian(Variable("v", Vector(Width("n", Fraction(2), "m")))), "width n of v is not"),
        (scalar(value=Argument(0), widths=(Width("k"),)), "width k of s is not declared"),
    ],
)
def test_names_of_declarations(builder, declaration, message):
    with pytest.raises(TPNameError) as caught:
        builder.declare(declaration)
    explained(caught.value, TPNameError, message)
    assert caught.value.span == SPAN


def test_what_is_allowed(builder):
    rank_one = ((1.0, 0.1, 0.1), (0.1, 0.01, 0.01), (0.1, 0.01, 0.01))
    builder.declare(gaussian(V, V2, Variable("v3", Vector(N)), covariance=rank_one))
    builder.declare(gaussian(Variable("zero", Vector(N)), covariance=((0.0,),)))
    builder.declare(InitialMatrix(Variable("F", Matrix(D, D)), 0.0))
    builder.declare(Parameter(Variable("c", Vector(D)), 1.0))
    builder.declare(scalar("ε", Argument(0), 0.0, (N,)))
    assert builder.build().parameters[-1].variable.name == "c"


def out(kind, name="h"):
    return Variable(name, kind)


IDENTITY = Argument(0)
EQUATIONS = [
    (MatMul(out(Vector(N)), X, False, Y, span=SPAN), "x is a vector of n, not a matrix", "", ""),
    (
        MatMul(out(Vector(N)), W, False, T, span=SPAN),
        "W multiplies a vector, but t is a scalar",
        "a vector",
        "write the factor in front: t * (…)",
    ),
    (MatMul(out(Vector(N)), W, False, A, span=SPAN), "A is a matrix of m × n", "a vector", ""),
    (
        MatMul(out(Vector(N)), A, False, Q, span=SPAN),
        "A is m × n and cannot multiply q, a vector of m",
        "a vector of n",
        "the transpose fits: A' q",
    ),
    (
        MatMul(out(Vector(N)), A, True, X, span=SPAN),
        "A' is n × m and cannot multiply x, a vector of n",
        "a vector of m",
        "the transpose fits: A x",
    ),
    (MatMul(out(Vector(N)), W, False, Q, span=SPAN), "W is n × n and cannot", "a vector of n", ""),
    (MatMul(out(Vector(N)), U, False, X, span=SPAN), "U is n × d", "a vector of d", "U' x"),
    (
        Nonlin(out(Vector(N)), IDENTITY, (W,), span=SPAN),
        "W is a matrix and cannot stand in a coordinatewise expression",
        "vectors and scalars",
        "multiply it with a vector: W x",
    ),
    (
        Nonlin(out(Vector(N)), Apply(ADD, (Argument(0), Argument(1))), (X, Q), span=SPAN),
        "widths mix: x has dimension n, q has m",
        "vectors of n",
        "a matrix leads from one dimension to another",
    ),
    (
        Moment(out(Scalar()), Apply(ADD, (Argument(0), Argument(1))), (X, XI), span=SPAN),
        "dimensions mix: x has dimension n, ξ has d",
        "vectors of n",
        "a matrix",
    ),
    (
        Nonlin(out(Vector(N)), IDENTITY, (T,), span=SPAN),
        "a Nonlin needs a vector",
        "",
        "scalars among themselves make a Moment",
    ),
    (
        Nonlin(out(Vector(N)), Apply(TANH, (IDENTITY, IDENTITY)), (X,), span=SPAN),
        "tanh takes 1 argument, not 2",
        "",
        "",
    ),
    (
        Moment(out(Scalar()), Apply(ADD, (IDENTITY,)), (X,), span=SPAN),
        "add takes at least 2 arguments, not 1",
        "",
        "",
    ),
    (
        Nonlin(out(Vector(N)), Apply(PRIMITIVES["max"], (IDENTITY,) * 2, 1), (X,), span=SPAN),
        "max' needs a function of one argument; max takes 2",
        "",
        "write the partial derivative out",
    ),
    (
        Nonlin(out(Vector(M)), IDENTITY, (X,), span=SPAN),
        "h is a vector of m, but the right-hand side is a vector of n",
        "",
        "",
    ),
]


@pytest.mark.parametrize(("equation", "message", "expected", "mend"), EQUATIONS)
def test_equations(builder, equation, message, expected, mend):
    with pytest.raises(TPTypeError) as caught:
        builder.add(equation)
    explained(caught.value, TPTypeError, message, expected or None, mend or None)
    assert caught.value.span == SPAN
    assert "case.tp:1:6: error" in str(caught.value)
    assert "h" not in builder.scope


SUM = Apply(ADD, (Argument(0), Argument(1)))
INTERMEDIATES = [
    (
        MatMul(out(Vector(N)), W, False, out(Scalar(), "h~1"), span=SPAN),
        "W multiplies a vector, but its operand is a scalar",
        "operand * (…)",
    ),
    (
        MatMul(out(Vector(N)), A, False, out(Vector(M), "h~1"), span=SPAN),
        "A is m × n and cannot multiply its operand, a vector of m",
        "the transpose fits: A' (…)",
    ),
    (
        Nonlin(out(Vector(N)), SUM, (X, out(Vector(M), "h~1")), span=SPAN),
        "widths mix: x has dimension n, one operand has m",
        "a matrix",
    ),
    (
        Nonlin(out(Vector(N)), SUM, (out(Vector(N), "h~1"), out(Vector(M), "h~2")), span=SPAN),
        "widths mix: one operand has dimension n, another has m",
        "a matrix",
    ),
]


@pytest.mark.parametrize(("equation", "message", "mend"), INTERMEDIATES)
def test_what_the_text_leaves_unnamed_is_spoken_of_as_an_operand(equation, message, mend):
    with pytest.raises(TPTypeError) as caught:
        result_type(equation)
    explained(caught.value, TPTypeError, message, None, mend)
    assert "~" not in str(caught.value)


def test_equations_read_only_what_is_bound(builder):
    with pytest.raises(TPNameError, match="z is not bound before its use"):
        builder.add(Nonlin(out(Vector(N)), IDENTITY, (Z,), span=SPAN))
    with pytest.raises(TPNameError, match="x is bound twice"):
        builder.add(Nonlin(X, IDENTITY, (Y,)))
    with pytest.raises(TPTypeError, match="is used as a vector of m"):
        check_equation(Nonlin(out(Vector(M)), IDENTITY, (Variable("x", Vector(M)),)), builder.scope)


def test_types_of_results():
    assert result_type(MatMul(X, A, False, X)) == Vector(M)
    assert result_type(MatMul(X, A, True, Q)) == Vector(N)
    assert result_type(MatMul(X, U, True, X)) == Vector(D)
    assert result_type(Nonlin(X, IDENTITY, (T, X))) == Vector(N)
    assert result_type(Moment(X, IDENTITY, (X,))) == Scalar()
    assert result_type(Moment(X, number(1), ())) == Scalar()
    with pytest.raises(TPTypeError, match="argument 2 of 1"):
        check_expression(Argument(2), 1, None)


def test_widths():
    b = Builder()
    b.width(N)
    b.width(Width("m", Fraction(2), "n"))
    wrong = {
        "width n is declared twice": Width("n"),
        "width p is not declared": Width("k", Fraction(2), "p"),
        "width k is a ratio of m, which is a ratio itself": Width("k", Fraction(2), "m"),
        "width k = -1 n": Width("k", Fraction(-1), "n"),
        "width k = 2": Width("k", Fraction(2)),
    }
    for message, width in wrong.items():
        with pytest.raises((TPNameError, TPTypeError)) as caught:
            b.width(width, SPAN)
        assert message in caught.value.message
        assert caught.value.span == SPAN
    assert list(b.widths) == ["n", "m"]
