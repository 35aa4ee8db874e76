"""What `check` and `show` say of a program."""

import json
from pathlib import Path

import pytest

import tpgraph as tp
from tpgraph.errors import Source, Span, TextEdit, TPTypeError
from tpgraph.program.report import error_entry

TEXT = """\
program example
width n
width m = 1/2 n
dim d = 64
parametrization standard
scalar ε -> 0 = 1/sqrt(n)
data ξ : d
target y : 2
param W[1] : n × d ~ N(0, 1) scale sqrt(2)
param W[2] : m × n ~ N(0, 2)
param b : n ~ N(0, 1) scale 0.1
param V : 2 × m ~ N(0, 1)
matrix A : n × n ~ N(0, 3)
vector u, v : n ~ N([0, 1], [[1, .5], [.5, 1]])
fn φ(z) = relu(z)
x[1] = φ(W[1] ξ + b) + ε * (A u)
x[2] = φ(W[2] x[1]) - mean(v * u)
f = V x[2]
output f
loss (f - y)^2 / 2
"""
KEYS = ["name", "language", "reduced", "gia", "vectors", "scalars", "matrices",
        "parametrization", "errors"]  # fmt: skip
DIAGRAMS = sorted((Path(__file__).parents[2] / "diagrams").glob("*.tp"))


@pytest.fixture(scope="module")
def program():
    return tp.parse(TEXT)


def test_json(program):
    found = json.loads(json.dumps(tp.report(program).to_json()))
    assert list(found) == KEYS
    assert found["name"] == "example"
    assert found["language"] == "netsor+"
    assert found["reduced"] is False
    assert found["gia"]["holds"] is True
    assert found["vectors"]["b"] == {"type": "G", "dim": "n"}
    assert found["vectors"]["x[1]~1"] == {"type": "G", "dim": "n"}
    assert found["vectors"]["x[2]"] == {"type": "X", "dim": "m"}
    assert "ξ" not in found["vectors"]
    assert found["scalars"] == ["ε", "x[2]~2"]
    assert found["matrices"]["W[1]"] == {"rows": "n", "columns": "d", "trained": True}
    assert found["matrices"]["A"] == {"rows": "n", "columns": "n", "trained": False}
    assert found["parametrization"] == {
        "name": "standard",
        "stable": False,
        "feature_learning": False,
        "regime": "unstable",
        "r": -1.0,
    }
    assert found["errors"] == []


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("ntk", ("ntk", True, False, "kernel", 0.5)),
        ("mup", ("mup", True, True, "feature learning", 0.0)),
        ("abc(a=[0, 0, 0], b=[0, 1/2, 1/2], c=1)", ("abc", True, False, "kernel", 0.5)),
        ("abc(a=[0, 1/2, 1], b=[0, 0, 1], c=0)", ("abc", True, False, "trivial", 2.0)),
    ],
)
def test_parametrizations_in_json(line, expected):
    program = tp.parse(TEXT.replace("standard", line))
    report = tp.report(program)
    keys = ("name", "stable", "feature_learning", "regime", "r")
    assert report.to_json()["parametrization"] == dict(zip(keys, expected, strict=True))
    assert report.advice is None


def test_raw_programs_have_no_parametrization():
    program = tp.parse("width n\nvector v : n ~ N(0, 1)\ns = mean(v)\n")
    report = tp.report(program)
    assert report.to_json()["parametrization"] is None
    assert "parametrization" not in str(report)
    untrained = tp.parse("width n\nparametrization ntk\nvector v : n ~ N(0, 1)\n")
    assert tp.report(untrained).to_json()["parametrization"]["stable"] is None
    assert "nothing is trained" in str(tp.report(untrained))


def test_text(program):
    lines = str(tp.report(program)).splitlines()
    assert lines[0].split() == ["program", "example"]
    assert "Netsor⁺" in lines[1]
    assert "unstable (r = -1)" in str(tp.report(program))
    assert [" ".join(line.split()) for line in lines[-5:]] == [
        "param layer Var W_αβ multiplier rate",
        "W[1] input 2/d √2 1",
        "W[2] hidden 2/n 1 1",
        "b input 0.01 0.1 1",
        "V readout 1/m 1 1",
    ]


def test_standard_is_advised_to_let_the_rate_shrink(program):
    advice = tp.report(program).advice
    assert "c = 0" in advice
    assert "c = 1 is the stable one" in advice
    assert advice in str(tp.report(program))
    stable = TEXT.replace("standard", advice.rpartition("write ")[2])
    assert tp.report(tp.parse(stable)).analysis.stable


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        ("ntk", "stable, kernel regime (r = 1/2)"),
        ("mup", "stable, features are learned (r = 0)"),
        ("standard", "unstable (r = -1)"),
        ("abc(a=[0, 1/2, 1], b=[0, 0, 1], c=0)", "stable, but trivial"),
    ],
)
def test_verdicts(line, verdict):
    assert tp.report(tp.parse(TEXT.replace("standard", line))).verdict.startswith(verdict)


def test_errors_as_data():
    error = TPTypeError("wrong", Span(Source("a.tp", "x\nyz"), 3, 4), "right", "mend it")
    assert error_entry(error) == {
        "message": "wrong",
        "file": "a.tp",
        "line": 2,
        "column": 2,
        "expected": "right",
        "mend": "mend it",
    }
    assert error_entry(TPTypeError("wrong"))["line"] is None
    place = Span(Source("a.tp", "x\nyz"), 3, 4)
    assert error_entry(TPTypeError("wrong", edits=[TextEdit(place, "q")]))["edits"] == [
        {"start": 3, "end": 4, "line": 2, "column": 2, "replacement": "q", "guess": False}
    ]


def test_listing(program):
    rows = [" ".join(line.split()) for line in tp.listing(program).splitlines()]
    assert rows == [
        "name type dimension instruction",
        "ε scalar initial = 1 / sqrt(n), limit 0",
        "ξ data d data given",
        "y data 2 target given",
        "W[1] matrix n × d param ~ N(0, 1) scale √2",
        "W[2] matrix m × n param ~ N(0, 2)",
        "b G n param ~ N(0, 1) scale 0.1",
        "V matrix 2 × m param ~ N(0, 1)",
        "A matrix n × n initial ~ N(0, 3)",
        "u G n initial ~ N(0, 1), joint with v",
        "v G n initial ~ N(1, 1), joint with u",
        "x[1]~1 G n MatMul = W[1] ξ",
        "x[1]~2 G n MatMul = A u",
        "x[1] X n Nonlin = φ(x[1]~1 + b) + ε * x[1]~2",
        "x[2]~1 G m MatMul = W[2] x[1]",
        "x[2]~2 scalar Moment = mean(v * u)",
        "x[2] X m Nonlin = φ(x[2]~1) - x[2]~2",
        "f G 2 MatMul = V x[2]",
        "loss X 2 Nonlin = (f - y)^2 / 2",
        "output f",
        "loss loss",
    ]


def test_the_listings_columns_are_aligned(program):
    lines = tp.listing(program).splitlines()[:-2]
    start = lines[0].index("instruction")
    assert {line[start - 1] for line in lines} == {" "}
    assert all(line[start] != " " for line in lines)


def test_strict_text(program):
    rows = [" ".join(line.split()) for line in tp.strict_text(program).splitlines()]
    expected = {
        "ξ_0, …, ξ_63 entries of the data ξ initial scalars",
        "W[1]_0, …, W[1]_63 : n ~ N(0, 2/d) initial vectors",
        "W[2] : m × n ~ N(0, 2/n) initial matrix",
        "V_0, V_1 : m ~ N(0, 1/m) initial vectors",
        "b : n ~ N(0, 0.01) initial vector",
        "A : n × n ~ N(0, 3/n) initial matrix",
        "u : n ~ N(0, 1), joint with v initial vector",
        "ε = 1 / sqrt(n), limit 0 initial scalar",
        "x[1]~1 : n = ξ_0 * W[1]_0 + … + ξ_63 * W[1]_63 Nonlin",
        "x[1]~2 : n = A u MatMul",
        "f_i = V_i · x[2] inner products with rows: a readout, outside of the program",
        "loss_i = (f_i - y_i)^2 / 2 Moments of entries, outside of the program",
    }
    assert expected <= set(rows)


def test_strict_text_of_transposes_and_small_dimensions():
    text = (
        "width n\ndim d = 2\nparametrization ntk\ndata ξ : d\nparam D : d × n ~ N(0, 1)\n"
        "param U : n × d ~ N(0, 1)\nvector a : d ~ N(0, 1)\nmatrix S : d × d ~ N(0, 1)\n"
        "z = tanh(S ξ + a)\nx = D' z\nm = mean(ξ)\ng = x * m\nf = U' g\nh = S f\n"
    )
    rows = [" ".join(line.split()) for line in tp.strict_text(tp.parse(text)).splitlines()]
    assert "x : n = z_0 * D_0 + z_1 * D_1 Nonlin" in rows
    assert "z_i = tanh(z~1_i + a_i) Moments of entries" in rows
    assert "m = mean(ξ_i) Moments of entries" in rows
    assert "f_i = U_i · g inner products with columns: a readout, outside of the program" in rows
    assert "h_i = S f MatMul, outside of the program" in rows
    assert "D_0, D_1 : n ~ N(0, 1/n) initial vectors" in rows
    assert "a_0, a_1 ~ N(0, 1) initial scalars" in rows


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_the_gallery_is_reported(path):
    program = tp.load(path)
    report = tp.report(program)
    assert list(report.to_json()) == KEYS
    assert str(report).splitlines()[0].endswith(program.name)
    bound = len(program.variables)
    extra = len(program.outputs) > 0, program.loss is not None
    assert len(tp.listing(program).splitlines()) == 1 + bound + sum(extra)
    assert tp.strict_text(program).startswith(f"program {program.name}")


def test_a_classifier_in_mup_is_reported():
    """Its loss reads all components at once, which have no value alone."""
    text = TEXT.replace("standard", "mup").replace(
        "loss (f - y)^2 / 2", "loss softmax_cross_entropy(f, y)"
    )
    assert tp.report(tp.parse(text)).to_json()["parametrization"]["name"] == "mup"
