"""Phases against closed forms, published values and the recursions themselves."""

from __future__ import annotations

import math

import numpy as np
import pytest
import typer
from scipy.integrate import quad
from typer.testing import CliRunner

from tpgraph.errors import TPDataError, TPLimitError, TPNameError, TPTypeError
from tpgraph.functions import Apply, Argument, Defined
from tpgraph.functions.table import PRIMITIVES, mul, number
from tpgraph.limits.closed_forms.duals import quadrature
from tpgraph.study.figures import figure_bytes
from tpgraph.study.phase.fixed_points import border, chi, depth_scales, fixed_point
from tpgraph.study.phase.moments import moments_of
from tpgraph.study.phase.phase_diagram import phase_diagram
from tpgraph_cli.numbers import parse_range
from tpgraph_cli.studies.phase import phase

TANH = {"value": np.tanh, "slope": lambda z: 1 / np.cosh(z) ** 2}


def gaussian(f):
    """E f(z), by scipy."""
    return quad(lambda z: f(z) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi), -10, 10)[0]


@pytest.mark.parametrize(("sigma_w2", "sigma_b2"), [(0.5, 0.2), (1.0, 1.0), (1.9, 0.05)])
def test_relu_settles_where_its_variance_is_half(sigma_w2, sigma_b2):
    found = fixed_point("relu", sigma_w2, sigma_b2)
    assert found.q == pytest.approx(sigma_b2 / (1 - sigma_w2 / 2), rel=1e-12)
    assert found.chi == pytest.approx(sigma_w2 / 2, rel=1e-12)
    assert (found.c, found.phase) == (1.0, "ordered")
    assert found.xi_q == pytest.approx(-1 / math.log(sigma_w2 / 2), rel=1e-9)
    assert found.xi_c == pytest.approx(found.xi_q, rel=1e-9)
    assert found.chi != pytest.approx(sigma_w2, rel=0.1)  # without the half


def test_relu_beyond_its_border_diverges():
    found = fixed_point("relu", 3.0, 1.0)
    assert found.q == math.inf
    assert found.chi == pytest.approx(1.5)
    assert (found.c, found.phase) == (1.0, "chaotic")
    assert (found.xi_q, found.xi_c) == (math.inf, math.inf)
    assert fixed_point("relu", 2.0, 1.0).q == math.inf


def test_relu_at_the_edge_keeps_every_variance():
    found = fixed_point("relu", 2.0, 0.0, start=0.7)
    assert (found.q, found.phase) == (0.7, "edge")


def test_erf_has_the_arcsine_fixed_point():
    """Williams 1997: E[erf²] = (2/π) arcsin(2q/(1+2q)), E[erf′²] = (4/π)/√(1+4q)."""
    for sigma_w2, sigma_b2 in [(1.0, 1.0), (2.8, 1.0), (4.0, 1.0)]:
        found = fixed_point("erf", sigma_w2, sigma_b2)
        q = found.q
        assert q == pytest.approx(
            sigma_w2 * 2 / math.pi * math.asin(2 * q / (1 + 2 * q)) + sigma_b2, rel=1e-12
        )
        assert found.chi == pytest.approx(sigma_w2 * 4 / math.pi / math.sqrt(1 + 4 * q), rel=1e-12)
        mixed = math.asin(2 * q * found.c / (1 + 2 * q))
        assert q * found.c == pytest.approx(sigma_w2 * 2 / math.pi * mixed + sigma_b2, rel=1e-10)
    assert fixed_point("erf", 4.0, 1.0).c < 0.9
    assert fixed_point("erf", 1.0, 1.0).c == 1.0


def test_erf_by_quadrature_is_erf_in_closed_form():
    """A function of another name has no closed form in the table."""
    again = Defined("again", ("z",), Apply(PRIMITIVES["erf"], (Argument(0),)))
    twice = Defined("twice", ("z",), mul(number(2), Apply(PRIMITIVES["erf"], (Argument(0),))))
    closed, found = fixed_point("erf", 4.0, 1.0), fixed_point(again, 4.0, 1.0)
    for name in ("q", "c", "chi", "q_slope", "c_slope"):
        assert getattr(found, name) == pytest.approx(getattr(closed, name), rel=1e-7), name
    assert fixed_point(twice, 1.0, 1.0).q == pytest.approx(closed.q, rel=1e-10)
    assert fixed_point(twice, 4.0, 1.0).q != pytest.approx(closed.q, rel=0.1)


def test_border_of_tanh():
    """3.443 at σ_b² = 1, 1.7609 at 0.05 (Schoenholz et al. 2017, Figure 3, draw 1.76), 1 at 0."""
    assert border("tanh", 1.0) == pytest.approx(3.443, abs=5e-4)
    assert border("tanh", 0.05) == pytest.approx(1.76, abs=5e-3)
    assert border("tanh", 0.0) == pytest.approx(1.0, abs=1e-6)
    assert border("tanh", 1.0) != pytest.approx(border("erf", 1.0), abs=0.1)


def test_border_is_where_scipy_finds_chi_one():
    sigma_w2 = border("tanh", 0.3)
    q = fixed_point("tanh", sigma_w2, 0.3).q
    root = math.sqrt(q)
    assert sigma_w2 * gaussian(lambda z: TANH["slope"](root * z) ** 2) == pytest.approx(1, abs=1e-8)
    assert sigma_w2 * gaussian(lambda z: TANH["value"](root * z) ** 2) + 0.3 == pytest.approx(q)


def test_borders_of_relu_and_sigmoid():
    for sigma_b2 in (0.0, 0.5, 1.0):
        assert border("relu", sigma_b2) == pytest.approx(2.0, abs=1e-12)
    assert border("sigmoid", 0.0) > 100  # its slope is at most 1/4
    assert border("sigmoid", 0.0, most=50.0) == math.inf


@pytest.mark.parametrize(
    ("function", "sigma_w2", "sigma_b2"),
    [("tanh", 4.0, 0.3), ("tanh", 1.3, 0.2), ("erf", 3.0, 0.2), ("sin", 2.0, 0.1)],
)
def test_the_recursion_ends_there_at_the_rate_of_the_depth_scales(function, sigma_w2, sigma_b2):
    """Iterate q and c with two-dimensional quadrature of the function itself."""
    value = {"tanh": np.tanh, "sin": np.sin, "erf": np.vectorize(math.erf)}[function]
    found = fixed_point(function, sigma_w2, sigma_b2)
    q = 0.4
    for _ in range(100):
        root = math.sqrt(q)
        q = sigma_w2 * gaussian(lambda z, r=root: float(value(r * z)) ** 2) + sigma_b2
    assert q == pytest.approx(found.q, rel=1e-7)
    errors, c = [], found.c - 0.02
    for _ in range(3):
        errors.append(abs(c - found.c))
        product = quadrature(lambda u, v: value(u) * value(v), q, q * c, q, reach=8.0)
        c = (sigma_w2 * product.value + sigma_b2) / q
    assert errors[-1] < errors[0]
    rate = math.exp(-1 / found.xi_c)
    assert errors[2] / errors[1] == pytest.approx(rate, abs=0.02)


def test_unstable_variances_are_seen():
    """cos folds: q ↦ σ_w²(1 + e^(−2q))/2 falls; its slope at q* is −σ_w² e^(−2q*)."""
    found = fixed_point("cos", 2.0, 0.0)
    assert found.q_slope == pytest.approx(-2.0 * math.exp(-2 * found.q), rel=1e-9)
    assert depth_scales("cos", 2.0, 0.0)[0] == found.xi_q


def test_kinks_are_integrated_exactly():
    leaky = moments_of("leaky_relu")
    assert leaky.V(3.0) == pytest.approx(3.0 * (1 + 1e-4) / 2, rel=1e-13)
    assert leaky.D(3.0) == pytest.approx((1 + 1e-4) / 2, rel=1e-13)
    assert moments_of("relu").V_prime(2.0) == pytest.approx(0.5, rel=1e-13)


def test_linear_and_constant_functions_have_phases():
    """q* = σ_b²/(1 − 4σ_w²) of 2z, whose correlations go to 1 at the rate χ₁; 9σ_w² + σ_b² of 3."""
    linear = fixed_point(Defined("twice", ("z",), mul(number(2), Argument(0))), 0.2, 1.0)
    assert (linear.q, linear.chi) == pytest.approx((5.0, 0.8), rel=1e-10)
    assert (linear.c, linear.c_slope) == pytest.approx((1.0, 0.8), rel=1e-10)
    constant = fixed_point(Defined("three", ("z",), number(3)), 0.2, 1.0)
    assert (constant.q, constant.chi, constant.c) == pytest.approx((2.8, 0.0, 1.0), rel=1e-10)


@pytest.mark.parametrize(
    ("function", "written"),
    [
        ("elu", "max(z, 0) + exp(min(z, 0)) - 1"),
        ("mish", "z * tanh(log(1 + exp(z)))"),
        ("hardtanh", "min(max(z, 0 - 1), 1)"),
        ("z * tanh(z)", "z * (1 - 2 / (1 + exp(2 * z)))"),
    ],
)
def test_any_function_has_its_phases(function, written):
    """By a name of what is made of the table, and by a text; moments by scipy's quadrature."""
    found, other = (fixed_point(f, 0.8, 0.5) for f in (function, written))
    assert (found.q, found.chi, found.c) == pytest.approx((other.q, other.chi, other.c), rel=1e-7)
    phi = {
        "elu": lambda z: z if z > 0 else math.expm1(z),
        "mish": lambda z: z * math.tanh(math.log1p(math.exp(z))),
        "hardtanh": lambda z: min(max(z, -1.0), 1.0),
        "z * tanh(z)": lambda z: z * math.tanh(z),
    }[function]
    sd = math.sqrt(found.q)
    assert found.q == pytest.approx(0.8 * gaussian(lambda z: phi(sd * z) ** 2) + 0.5, rel=1e-6)


def test_what_cannot_be_evaluated_is_said():
    with pytest.raises(TPDataError, match="is no function of tpgraph"):
        fixed_point(lambda z: z, 1.0, 1.0)
    with pytest.raises(TPNameError, match="there is no function tahn"):
        fixed_point("tahn", 1.0, 1.0)
    with pytest.raises(TPTypeError, match=r"max is no function of one argument\n.*such as tanh"):
        chi("max", 1.0, 1.0)
    with pytest.raises(TPDataError, match="has no recursion"):
        fixed_point("relu", -1.0, 1.0)
    with pytest.raises(TPLimitError, match="does not settle"):
        fixed_point("log", 1.0, 1.0)
    with pytest.raises(TPLimitError, match="variance overflows"):
        fixed_point("exp", 1.0, 1.0)
    with pytest.raises(TPDataError, match="do not increase"):
        phase_diagram("relu", [1.0, 1.0], [0.0])
    with pytest.raises(TPDataError, match="no name for a figure"):
        figure_bytes(phase_diagram("relu", [1.0, 2.0], [0.0, 1.0]).figure(), "phase.doc")


def test_diagram_has_every_point_and_its_border():
    diagram = phase_diagram("erf", [1.0, 2.0, 4.0], [0.5, 1.0])
    assert diagram.array("chi")[1, 2] == chi("erf", 4.0, 1.0)
    rows = diagram.csv().splitlines()
    assert len(rows) == 7
    assert rows[-1].startswith("4.0,1.0,chaotic,")
    assert float(rows[-1].split(",")[-1]) == border("erf", 1.0)
    picture = figure_bytes(diagram.figure(), "erf.svg")
    assert picture.lstrip().startswith(b"<?xml")
    assert picture == figure_bytes(diagram.figure(), "erf.svg")


def test_ranges_of_the_command_line():
    assert parse_range("0:1:3", "--x") == [0.0, 0.5, 1.0]
    assert parse_range("2", "--x") == [2.0]
    assert parse_range("1,1.5", "--x") == [1.0, 1.5]
    for wrong in ("a", "1:2", "1:2:0", "1:inf:3"):
        with pytest.raises(TPDataError, match=r"is (not understood|out of range)"):
            parse_range(wrong, "--x")


def test_command(tmp_path):
    app = typer.Typer()
    app.command()(phase)
    table = tmp_path / "t.csv"
    grid = ["--sigma-w2", "1:4:3", "--sigma-b2", "0.5,1"]
    run = CliRunner().invoke(
        app, ["tanh", *grid, "-o", str(tmp_path / "f.pdf"), "--csv", str(table)]
    )
    assert run.exit_code == 0, run.output
    assert (tmp_path / "f.pdf").read_bytes().startswith(b"%PDF")
    assert len(table.read_text().splitlines()) == 7
    assert "3.443211" in CliRunner().invoke(app, ["tanh", "--sigma-b2", "1"]).output
    point = CliRunner().invoke(app, ["relu", "--at", "3,1", "--json"]).output
    assert '"q": null' in point
    assert '"chi": 1.5' in point
