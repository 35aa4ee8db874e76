"""abc-parametrizations against the table and the theorems of Tensor Programs IV."""

import ast
import re
from fractions import Fraction
from itertools import product

import pytest

import tpgraph as tp
from tpgraph.errors import TPTypeError
from tpgraph.program import (
    MUP,
    NTK,
    STANDARD,
    Parameter,
    Parametrization,
    Variable,
    analysis_of,
    analyze,
    layer_kind,
    scaling,
)
from tpgraph.program.monomial import initial_variance, parameter_formulas, readable
from tpgraph.types import Fixed, Matrix, Scalar, Vector, Width

HALF = Fraction(1, 2)
N, M, D = Width("n"), Width("m", Fraction(3), "n"), Fixed(5, "d")
ALL = ("input", "hidden", "readout")
STANDARD_C1 = Parametrization("abc", STANDARD.a, STANDARD.b, Fraction(1))
MEAN_FIELD = Parametrization(
    "abc", (Fraction(0), HALF, Fraction(1)), (Fraction(0),) * 3, Fraction(-1)
)
WIDTHS = {"n": 100}
U = Variable("U", Matrix(M, D))
H = Variable("H", Matrix(N, M))
V = Variable("V", Matrix(Fixed(2), M))
B = Variable("b", Vector(M))
C = Variable("c", Vector(Fixed(2)))


def test_the_table():
    """Theory, section 3: a, b, c of SP, NTP, μP."""
    assert (NTK.a, NTK.b, NTK.c) == ((0, HALF, HALF), (0, 0, 0), 0)
    assert (MUP.a, MUP.b, MUP.c) == ((-HALF, 0, HALF), (HALF, HALF, HALF), 0)
    assert (STANDARD.a, STANDARD.b, STANDARD.c) == ((0, 0, 0), (0, HALF, HALF), 0)


@pytest.mark.parametrize(
    ("parametrization", "kinds", "r", "stable", "features", "kernel"),
    [
        (NTK, ALL, HALF, True, False, True),
        (MUP, ALL, 0, True, True, False),
        (STANDARD, ALL, -1, False, False, False),
        (STANDARD_C1, ALL, HALF, True, False, True),
        (MEAN_FIELD, ("input", "readout"), 0, True, True, False),
        (NTK, ("input", "readout"), HALF, True, False, True),
        (MUP, ("input", "readout"), 0, True, True, False),
    ],
)
def test_facts_of_tensor_programs_iv(parametrization, kinds, r, stable, features, kernel):
    found = analyze(parametrization, kinds)
    assert found.r == r
    assert (found.stable, found.feature_learning, found.kernel_regime) == (stable, features, kernel)
    assert found.nontrivial or not stable


def test_stable_and_nontrivial_is_either_features_or_kernel():
    """The dynamical dichotomy (TP IV, Corollary 3.6), over a grid of exponents."""
    steps = [Fraction(i, 2) for i in range(-2, 4)]
    seen = set()
    for a, c in product(product(steps, repeat=3), steps):
        for b_out in steps:
            p = Parametrization("abc", a, (-a[0], HALF - a[1], b_out), c)
            found = analyze(p, ALL)
            assert not (found.feature_learning and found.kernel_regime)
            if found.stable:
                assert found.r >= 0
                assert (found.feature_learning or found.kernel_regime) == found.nontrivial
            seen.add((found.stable, found.nontrivial, found.r == 0))
    assert {(True, True, True), (True, True, False), (True, False, False)} <= seen


def test_the_symmetry_of_abc():
    """W = n^(−a) w is the same under a + θ, b − θ, c − 2θ (TP IV, section 3.1)."""
    for p, θ in product((NTK, MUP, STANDARD, STANDARD_C1), (HALF, Fraction(-1, 2), Fraction(1))):
        moved = Parametrization(
            "abc",
            tuple(a + θ for a in p.a),
            tuple(b - θ for b in p.b),
            p.c - 2 * θ,
        )
        assert analyze(moved, ALL) == analyze(p, ALL)


@pytest.mark.parametrize(
    ("variable", "kind"),
    [(U, "input"), (H, "hidden"), (V, "readout"), (B, "input"), (C, "input")],
)
def test_layer_kinds(variable, kind):
    assert layer_kind(variable) == kind


def test_what_cannot_be_trained():
    with pytest.raises(TPTypeError, match="K : d × d has no width"):
        layer_kind(Variable("K", Matrix(D, D)))
    with pytest.raises(TPTypeError, match="scalars are not trained"):
        layer_kind(Variable("s", Scalar()))


SCALES = [
    # variable, parametrization, multiplier, variance of w; m = 300, d = 5, n = 100
    (U, NTK, 5**-0.5, 1),
    (U, STANDARD, 1, 1 / 5),
    (U, STANDARD_C1, 5**-0.5, 1),
    (U, MUP, 300**0.5 * 5**-0.5, 1 / 300),
    (U, MEAN_FIELD, 5**-0.5, 1),
    (H, NTK, 300**-0.5, 1),
    (H, STANDARD, 1, 1 / 300),
    (H, MUP, 1, 1 / 300),
    (V, NTK, 300**-0.5, 1),
    (V, STANDARD, 1, 1 / 300),
    (V, MUP, 300**-0.5, 1 / 300),
    (V, MEAN_FIELD, 1 / 300, 1),
    (B, NTK, 1, 1),
    (B, STANDARD, 1, 1),
    (B, MUP, 300**0.5, 1 / 300),
    (C, MUP, 1, 1),
]


@pytest.mark.parametrize(("variable", "p", "multiplier", "variance"), SCALES)
def test_scaling(variable, p, multiplier, variance):
    found = scaling(Parameter(variable, 1.0), p, N, WIDTHS)
    assert found.multiplier == pytest.approx(multiplier, rel=1e-14)
    assert found.variance == pytest.approx(variance, rel=1e-14)
    assert found.rate == pytest.approx(100.0 ** -float(p.c))
    scaled = scaling(Parameter(variable, 2.0, 3.0), p, N, WIDTHS)
    assert scaled.multiplier == pytest.approx(3 * multiplier)
    assert scaled.variance == pytest.approx(2 * variance)
    assert scaled.entry_variance == pytest.approx(18 * multiplier**2 * variance)


def number_of(formula, sizes):
    """The value of a formula such as `√2/(√n d)`, read by Python's own grammar."""
    text = re.sub(r"√\(([^)]*)\)", r"((\1)**0.5)", formula)
    text = re.sub(r"√(\w+)", r"(\1**0.5)", text).replace("^", "**").replace(" ", " * ")
    allowed = (
        ast.Expression,
        ast.BinOp,
        ast.Constant,
        ast.Name,
        ast.Load,
        ast.operator,
        ast.UnaryOp,
        ast.USub,
    )
    tree = ast.parse(text, mode="eval")
    assert all(isinstance(node, allowed) for node in ast.walk(tree)), text
    return eval(compile(tree, "formula", "eval"), {}, dict(sizes))


@pytest.mark.parametrize("p", [NTK, MUP, STANDARD, STANDARD_C1, MEAN_FIELD])
@pytest.mark.parametrize("variable", [U, H, V, B, C])
@pytest.mark.parametrize(("variance", "scale"), [(1.0, 1.0), (2.0, 2**0.5), (0.3, 0.1), (1, 1 / 3)])
def test_formulas_have_the_numbers_of_scaling(p, variable, variance, scale):
    parameter = Parameter(variable, variance, scale)
    exact = scaling(parameter, p, N, WIDTHS)
    found = parameter_formulas(parameter, p, N)
    sizes = {"n": 100, "m": 300, "d": 5}
    assert number_of(str(found.multiplier), sizes) == pytest.approx(exact.multiplier, rel=1e-10)
    assert number_of(str(found.variance), sizes) == pytest.approx(exact.entry_variance, rel=1e-10)
    assert number_of(str(found.rate), sizes) == pytest.approx(exact.rate)
    assert found.kind == exact.kind


def test_formulas_read_well():
    found = parameter_formulas(Parameter(H, 1.0, 2**0.5), NTK, N)
    assert [str(found.variance), str(found.multiplier), str(found.rate)] == ["2/m", "√2/√m", "1"]
    found = parameter_formulas(Parameter(U, 1.0), MUP, N)
    assert [str(found.variance), str(found.multiplier)] == ["1/d", "√m/√d"]
    found = parameter_formulas(Parameter(V, 0.5), MEAN_FIELD, N)
    assert [str(found.variance), str(found.multiplier), str(found.rate)] == ["0.5/m^2", "1/m", "n"]
    program = tp.parse("width n\nmatrix A : n × n ~ N(0, 1/3)\n")
    assert str(initial_variance(program.declarations[0])) == "1/(3 n)"
    assert [readable(v) for v in (0.0, 3.0, -2.5, 3**0.5, 1e-9)] == [
        "0",
        "3",
        "-2.5",
        "√3",
        "1e-09",
    ]


def test_analysis_is_of_the_layers_that_exist():
    text = "width n\nparametrization standard\nmatrix W : n × n ~ N(0, 1)\nvector v : n ~ N(0, 1)\n"
    assert analysis_of(tp.parse(text)) is None
    assert analysis_of(tp.parse("width n\nvector v : n ~ N(0, 1)\n")) is None
    params = "param U : n × 3 ~ N(0, 1)\nparam V : 1 × n ~ N(0, 1)\n"
    assert analysis_of(tp.parse(text + params)) == analyze(STANDARD, ("input", "readout"))
