"""Every rule of the checker: what it says, what it expects, how to mend it."""

from dataclasses import replace
from fractions import Fraction

import pytest

from tpgraph.errors import Source, Span, TPErrorGroup, TPNameError, TPTypeError
from tpgraph.functions import ADD, PRIMITIVES, Apply, Argument, Defined, number
from tpgraph.program import (
    NTK,
    Builder,
    Call,
    Constant,
    Data,
    InitialMatrix,
    InitialScalar,
    InitialVectors,
    MatMul,
    Mean,
    Moment,
    Nonlin,
    Parameter,
    Product,
    Ref,
    Target,
    Variable,
    check,
)
from tpgraph.program.rules import check_equation, check_expression, result_type
from tpgraph.types import Fixed, Matrix, Scalar, Vector, Width

N, M, D = Width("n"), Width("m"), Fixed(4, "d")
W = Variable("W", Matrix(N, N))
A = Variable("A", Matrix(M, N))
U = Variable("U", Matrix(N, D))
X, Y, Z = (Variable(name, Vector(N)) for name in "xyz")
Q = Variable("q", Vector(M))
XI = Variable("ξ", Vector(D))
T = Variable("t", Scalar())
SPAN = Span(Source("case.tp", "here it is"), 5, 7)
TANH = PRIMITIVES["tanh"]


def gaussian(*variables, mean=None, covariance=None):
    k = len(variables)
    unit = tuple(tuple(float(i == j) for j in range(k)) for i in range(k))
    return InitialVectors(variables, mean or (0.0,) * k, covariance or unit, span=SPAN)


@pytest.fixture
def builder():
    b = Builder("case")
    b.width(N)
    b.width(M)
    b.parametrization = NTK
    b.declare(InitialMatrix(W, 1.0))
    b.declare(InitialMatrix(A, 1.0))
    b.declare(Parameter(U, 1.0))
    b.declare(gaussian(X))
    b.declare(gaussian(Y))
    b.declare(gaussian(Q))
    b.declare(Data(XI))
    b.declare(InitialScalar(T, number(1), 1.0))
    return b


def explained(error, kind, message, expected=None, mend=None):
    """Whether an error says what it should, and where."""
    assert type(error) is kind
    assert message in error.message
    assert (expected or "") in (error.expected or "")
    assert expected is None or error.expected
    assert (mend or "") in (error.mend or "")
    assert mend is None or error.mend


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


def test_equations_read_only_what_is_bound(builder):
    with pytest.raises(TPNameError, match="z is not bound before its use"):
        builder.add(Nonlin(out(Vector(N)), IDENTITY, (Z,), span=SPAN))
    with pytest.raises(TPNameError, match="x is bound twice"):
        builder.add(Nonlin(X, IDENTITY, (Y,)))
    with pytest.raises(AssertionError, match="changed its type"):
        check_equation(Nonlin(out(Vector(M)), IDENTITY, (Variable("x", Vector(M)),)), builder.scope)


def test_types_of_results():
    assert result_type(MatMul(X, A, False, X)) == Vector(M)
    assert result_type(MatMul(X, A, True, Q)) == Vector(N)
    assert result_type(MatMul(X, U, True, X)) == Vector(D)
    assert result_type(Nonlin(X, IDENTITY, (T, X))) == Vector(N)
    assert result_type(Moment(X, IDENTITY, (X,))) == Scalar()
    assert result_type(Moment(X, number(1), ())) == Scalar()
    with pytest.raises(AssertionError, match="argument 2 of 1"):
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


class TestBind:
    """A statement's term is cut into equations."""

    def test_intermediates_are_numbered_in_the_order_of_evaluation(self, builder):
        inner = Call(TANH, (Product(W, False, Ref(X)),))
        term = Call(ADD, (Product(W, True, inner), Mean(Ref(Y)), Product(W, False, Ref(Y))))
        h = builder.bind("h", term, SPAN)
        found = builder.build().equations
        assert [e.out.name for e in found] == ["h~1", "h~2", "h~3", "h~4", "h~5", "h"]
        assert [type(e) for e in found] == [MatMul, Nonlin, MatMul, Moment, MatMul, Nonlin]
        assert [a.name for a in found[-1].arguments] == ["h~3", "h~4", "h~5"]
        assert h == Variable("h", Vector(N))
        assert all(e.span == SPAN for e in found)

    def test_arguments_stand_in_the_order_of_appearance_and_once(self, builder):
        term = Call(ADD, (Ref(Y), Ref(T), Ref(X), Ref(Y)))
        builder.bind("h", term)
        (equation,) = builder.build().equations
        assert equation.arguments == (Y, T, X)
        assert equation.vectors == (Y, X)
        assert equation.scalars == (T,)
        assert equation.function == Apply(ADD, (Argument(0), Argument(1), Argument(2), Argument(0)))

    def test_a_lone_product_or_mean_is_the_target_itself(self, builder):
        builder.bind("h", Product(A, False, Ref(X)))
        builder.bind("s", Mean(Call(TANH, (Ref(X),))))
        assert [e.out.name for e in builder.build().equations] == ["h", "s"]

    def test_scalars_among_themselves_make_a_moment(self, builder):
        builder.bind("s", Call(ADD, (Ref(T), Constant(Fraction(1, 2)))))
        builder.bind("c", Constant(Fraction(3)))
        builder.bind("y2", Ref(Y))
        assert [type(e) for e in builder.build().equations] == [Moment, Moment, Nonlin]

    def test_equal_functions_are_one_object(self, builder):
        for i in range(3):
            builder.bind(f"h[{i}]", Call(TANH, (Ref(X),)))
        functions = {id(e.function) for e in builder.build().equations}
        assert len(functions) == 1

    def test_nothing_is_added_where_a_part_is_ill_typed(self, builder):
        bad = Call(ADD, (Product(W, False, Ref(X)), Product(A, False, Ref(Y)), Ref(Q), Ref(X)))
        scope = dict(builder.scope)
        with pytest.raises(TPTypeError, match="widths mix"):
            builder.bind("h", bad, SPAN)
        assert builder.scope == scope
        assert builder.build().equations == ()
        builder.bind("h", Product(W, False, Ref(X)))
        assert builder.build().equations[0].out.name == "h"

    def test_a_taken_name(self, builder):
        builder.bind("h", Ref(X), SPAN)
        with pytest.raises(TPNameError, match="h is bound twice") as caught:
            builder.bind("h", Ref(Y))
        explained(caught.value, TPNameError, "h", "a new name", "bound before at case.tp:1:6")

    def test_matrices_are_no_values(self, builder):
        with pytest.raises(TPTypeError, match="W is a matrix"):
            builder.bind("h", Ref(W))


class TestWhole:
    """Outputs, the loss, and what only the whole program shows."""

    def test_outputs(self, builder):
        builder.output(X)
        for variable, message in ((X, "an output already"), (W, "W is a matrix"), (Z, "z is not")):
            with pytest.raises((TPNameError, TPTypeError)) as caught:
                builder.output(variable, SPAN)
            assert message in caught.value.message
            assert caught.value.span == SPAN

    def test_loss(self, builder):
        for variable, message in ((X, "the loss is a vector of n"), (Z, "z is not bound")):
            with pytest.raises((TPNameError, TPTypeError)) as caught:
                builder.loss(variable, SPAN)
            assert message in caught.value.message
        builder.loss(T)
        with pytest.raises(TPNameError, match="has a loss already"):
            builder.loss(XI)
        assert builder.build().loss == T

    def test_the_loss_leaves_nothing_behind_where_it_is_refused(self, builder):
        with pytest.raises(TPTypeError, match="the loss is a vector of n"):
            builder.bind_loss(Call(TANH, (Product(W, False, Ref(X)),)))
        assert builder.build().equations == ()
        assert builder.bind_loss(Mean(Ref(X))).name == "loss"

    def test_functions_have_one_definition(self, builder):
        builder.define(Defined("φ", ("z",), Argument(0)))
        with pytest.raises(TPNameError, match="function φ is defined twice"):
            builder.define(Defined("φ", ("z",), number(1)), SPAN)

    def test_parameters_need_a_parametrization(self, builder):
        builder.parametrization = None
        with pytest.raises(TPTypeError) as caught:
            builder.build()
        explained(
            caught.value,
            TPTypeError,
            "U is a param, but the program has no parametrization",
            "ntk, mup, standard or abc",
            "parametrization ntk",
        )

    def test_outputs_do_not_depend_on_targets(self, builder):
        y = Variable("label", Vector(D))
        builder.declare(Target(y))
        h = builder.bind("h", Product(U, False, Ref(y)), SPAN)
        s = builder.bind("s", Mean(Ref(h)))
        builder.output(h)
        builder.output(s)
        with pytest.raises(TPErrorGroup) as caught:
            builder.build()
        assert len(caught.value.errors) == 2
        assert "output h depends on the target label" in str(caught.value)
        assert "output s depends on the target label" in str(caught.value)
        assert "targets used in the loss alone" in str(caught.value)

    def test_check_accepts_what_the_builder_made_and_nothing_else(self, builder):
        builder.bind("h", Product(W, False, Ref(X)))
        builder.bind("g", Call(TANH, (Ref(builder.scope["h"]),)))
        builder.output(builder.scope["g"])
        program = builder.build()
        assert check(program) is program
        with pytest.raises(TPNameError, match="h is not bound before its use"):
            check(replace(program, equations=program.equations[::-1]))
        with pytest.raises(TPNameError, match="g is not bound before its use"):
            check(replace(program, equations=program.equations[:1]))
        with pytest.raises(TPNameError, match="width n of W is not declared"):
            check(replace(program, widths=()))
        with pytest.raises(TPTypeError, match="no parametrization"):
            check(replace(program, parametrization=None))
