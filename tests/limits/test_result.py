"""What `limit` gives back, what it refuses, and the command line."""

from __future__ import annotations

import json

import numpy as np
import pytest
from latex_compiler import compiled
from limits.finite import DIAGRAMS, gallery, inputs
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.limits import Basis
from tpgraph_cli.main import app

HEAD = "program p\nwidth n\nvector x : n ~ N(0, 1)\n"
READOUT = """
program p
width n
dim d = 3
parametrization ntk
data ξ : d
target y : 2
param U : n × d ~ N(0, 1)
param V : 2 × n ~ N(0, 1) scale 2
h = U ξ
f = V h
c = mean(f)
output f
loss (f - y)^2 / 2
"""


def command(*arguments: str):
    return CliRunner().invoke(app, ["limit", *arguments])


def test_json_is_as_the_design_says():
    program = gallery("autoencoder")
    document = tp.limit(program, data=inputs(program)).to_json()
    assert list(document) == ["engine", "scalars", "vectors"]
    assert document["engine"] == "exact"
    r = document["vectors"]["r~1"]
    assert list(r) == ["mean", "var", "hat_var", "dot", "error", "basis"]
    assert list(r["dot"]) == ["x"]
    assert document["vectors"]["r"]["hat_var"] is None
    assert json.loads(json.dumps(document)) == document
    assert "ξ" not in document["vectors"]
    wigner = tp.limit(gallery("wigner")).to_json()["scalars"]["m[4]"]
    assert list(wigner) == ["value", "error", "basis"]


def test_readouts_are_random_and_so_is_what_reads_them():
    found = tp.limit(tp.parse(READOUT), data={"xi": [1.0, 2.0, 2.0]})
    assert found.var("f") == pytest.approx(4 * 9 / 3, rel=1e-6)
    assert found.hat_var("f") == found.var("f")
    assert found.var("c") == pytest.approx(4 * 9 / 3 / 2, rel=1e-6)
    assert "c" not in found.to_json()["scalars"]
    with pytest.raises(tp.TPError, match="stays random"):
        found.scalar("c")
    with pytest.raises(tp.TPError, match="targets that were not given"):
        found.mean("loss")
    given = tp.limit(tp.parse(READOUT), data={"ξ": [1, 2, 2], "y": [1, -1]})
    assert given.mean("loss") == pytest.approx((12 + 1) / 2, rel=1e-3)


def test_decomposition_and_covariances():
    text = HEAD + "matrix W : n × n ~ N(0, 4)\nh = W x\nv = W' (x + 3 * h)\nu = x * x\n"
    found = tp.limit(tp.parse(text))
    assert found.dot("v") == pytest.approx({"x": 12.0})
    assert found.hat_var("v") == pytest.approx(4 * (1 + 36))
    assert found.var("v") == pytest.approx(4 * 37 + 144)
    assert found.cov("v", "x") == pytest.approx(12.0)
    assert found.mean("u") == pytest.approx(1.0)
    assert found.error("h") < 1e-9
    with pytest.raises(tp.TPError, match="no Ẑ"):
        found.hat_var("u")
    with pytest.raises(tp.TPError, match="has no w"):
        found.var("w")


def test_singular_covariances():
    """The same product twice, and a linear combination of two: B.6's pseudoinverse."""
    text = HEAD + (
        "vector y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\na = W x\nb = W y\n"
        "c = W (2 * x - y)\ne = W x\nd = c - 2 * a + b + e - a\nm = mean(d^2)\n"
        "v = W' sign(c + e)\nw = W' sign(3 * a - b)\nq = mean((v - w)^2)\nk = mean(v * w)\n"
    )
    found = tp.limit(tp.parse(text))
    assert found.scalar("m") == pytest.approx(0, abs=1e-9)
    assert found.scalar("q") == pytest.approx(0, abs=1e-9)
    assert found.scalar("k") == pytest.approx(1 + 2 / np.pi, abs=1e-3)


def test_trained_readouts_that_meet_themselves():
    """V x with x = Vᵀ1 ⊙ …: deterministic in μP's scale, without limit in NTK's."""
    text = (
        "program p\nwidth n\nparametrization {}\nvector u : n ~ N(0, 1)\nvector e : 1 ~ N(1, 0)\n"
        "scalar ε -> 0 = 1/sqrt(n)\nparam V : 1 × n ~ N(0, 1)\n{}\nf = V (a + u)\noutput f\n"
    )
    found = tp.limit(tp.parse(text.format("mup", "b = e / ε^2\na = V' b")))
    assert found.mean("f") == pytest.approx(1.0, abs=1e-9)
    assert found.var("f") == 0.0
    with pytest.raises(tp.TPError, match=r"depends on V: it grows like n\^1/2"):
        tp.limit(tp.parse(text.format("ntk", "b = e / ε\na = V' b")))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("m = mean(exp(x^2))", "in the limit of m: the expectation seems to diverge"),
        ("m = mean(1 / x^2)", "in the limit of m: the expectation seems to diverge"),
        ("y = log(x)", "in the limit of y: its value is nan for 0.5 of the samples"),
        ("scalar e -> 0 = 1/sqrt(n)\ny = x / e", "in the limit of y: .* grows without bound"),
        ("scalar e -> 0 = 1/sqrt(n)\nm = mean(x) / e", "in the limit of m: .* is random"),
        ("scalar e -> 0 = 1/sqrt(n)\ny = x / e^2", "in the limit of y: .* grows without bound"),
        ("width m\nmatrix W : m × n ~ N(0, 1)\ny = W x", "ratio of the widths m and n"),
        ("parametrization abc(a=[0,0,0], b=[0,0,0], c=0)\nparam W : n × n ~ N(0, 1)\ny = W x",
         "in the limit of y: the variance of y grows like n"),
    ],
)  # fmt: skip
def test_what_has_no_limit_is_refused_by_name(body, message):
    with pytest.raises(tp.TPError, match=message):
        tp.limit(tp.parse(HEAD + body + "\n"))


def test_random_outputs_may_not_steer_vectors():
    program = tp.unroll_sgd(gallery("one_hidden"), 1, form="fluctuation")
    with pytest.raises(tp.TPError, match="in the limit of δh̃_1: χ_0 depends on a readout"):
        tp.limit(program, data=inputs(program))


def test_data_are_checked():
    program = tp.parse(READOUT)
    with pytest.raises(tp.TPDataError, match="no value was given for ξ"):
        tp.limit(program)
    with pytest.raises(tp.TPDataError, match="ζ is not an input"):
        tp.limit(program, data={"ζ": [1.0]})
    with pytest.raises(tp.TPDataError, match="does not fit"):
        tp.limit(program, data={"ξ": [1.0, 2.0]})
    with pytest.raises(tp.TPDataError, match="too few"):
        tp.limit(gallery("wigner"), samples=100)


def test_a_derivation_names_the_rules():
    found = tp.limit(gallery("wigner"))
    lines = found.derivation().splitlines()
    assert len(lines) == 1 + len(found.program.equations)
    assert lines[0].split() == ["ZInit", "x[0]", "Z", "~", "N(0,", "1)"]
    line = next(line for line in lines if "x[4]~1 =" in line)
    assert line.startswith("ZMatMul")
    assert "Ẑ ~ N(0, 5)" in line
    assert "Ż = 0.707107 Z^(x[0]) + 0.707107 Z^(x[2])" in line


def test_a_derivation_gives_the_error_of_a_mean():
    text = "width n\nvector x : n ~ N(0, 1)\ny = x^2\nz = x^3\n"
    found = tp.limit(tp.parse(text), engine="sampled", samples=2**12)
    for line, name in zip(found.derivation().splitlines()[1:], "yz", strict=True):
        error = found.vector(name).mean.error
        assert f" ± {error:.1g}; Var Z = " in line


def test_a_derivation_rounds_to_zero_only_what_may_be_zero():
    text = "width n\nvector h : n ~ N(0, 1)\nk = mean(1e-20*h^2)\nj = mean(1e-40*tanh(h)^2)"
    _, k, j, *_ = tp.limit(tp.parse(text)).derivation().splitlines()
    assert "→ 1e-20 ± " in k
    assert "→ 3.94294e-41 ± " in j


@pytest.mark.needs("pdflatex")
@pytest.mark.parametrize("name", ["autoencoder", "layernorm", "wigner", "batchnorm"])
def test_the_latex_derivation_compiles(name, tmp_path):
    program = gallery(name)
    body = tp.limit(program, data=inputs(program), samples=2**12).derivation(latex=True)
    head = "\\documentclass{article}\\usepackage{amsmath,amssymb}\\begin{document}\n"
    compiled(head + body + "\n\\end{document}\n", tmp_path)


def test_command_line(tmp_path):
    wigner = str(DIAGRAMS / "wigner.tp")
    done = command(wigner, "--samples", "4096")
    assert done.exit_code == 0
    assert done.stdout.startswith("ZInit    x[0]")
    done = command(wigner, "--json", "--seed", "3")
    assert json.loads(done.stdout)["scalars"]["m[6]"]["value"] == pytest.approx(5)
    assert command(wigner, "--latex").stdout.startswith("\\begingroup")


def test_command_line_takes_a_sample_of_a_data_file():
    mlp, digits = str(DIAGRAMS / "mlp.tp"), str(DIAGRAMS / "data" / "digits.csv")
    first, second = (
        json.loads(command(mlp, "--data", digits, "--sample", k, "--json").stdout)["vectors"]
        for k in ("0", "1")
    )
    assert first["f"]["var"] != second["f"]["var"]
    assert first["loss"]["mean"] > 0
    with pytest.raises(tp.TPDataError, match="no value was given for ξ"):
        CliRunner().invoke(app, ["limit", mlp], catch_exceptions=False)


def test_covariances_on_request():
    wigner = str(DIAGRAMS / "wigner.tp")
    done = command(wigner, "--json", "--cov", "x[1],x[3]", "--cov", "x[0] , x[1]")
    document = json.loads(done.stdout)
    assert list(document) == ["engine", "scalars", "vectors", "covariances"]
    first, second = document["covariances"]
    assert first["of"] == ["x[1]", "x[3]"]
    assert first["value"] == pytest.approx(2.0, abs=1e-9)
    assert second["value"] == pytest.approx(0.0, abs=1e-9)
    text, sure = command(wigner, "--cov", "x[1],x[3]").stdout.splitlines()[-2:]
    assert sure.startswith("exact: errors are")
    assert text.split()[:3] == ["Cov", "x[1],", "x[3]"]
    assert "Cov(Z^(x[1]), Z^(x[3])) = 2 ±" in text
    assert (
        r"\operatorname{Cov}(Z^{x^{1}}" in command(wigner, "--latex", "--cov", "x[1],x[3]").stdout
    )
    pair = tp.parse(HEAD + "vector y[1,2] : n ~ N(0, 1)\nz = x + y[1,2]\n")
    assert tp.limit(pair).to_json([("y[1, 2]", "z")])["covariances"][0]["value"] == pytest.approx(1)
    for wrong in ("x[1]", "x[1],x[2],x[3]", ","):
        with pytest.raises(tp.TPDataError, match="is not understood"):
            CliRunner().invoke(app, ["limit", wigner, "--cov", wrong], catch_exceptions=False)
    with pytest.raises(tp.TPError, match="has no q"):
        CliRunner().invoke(app, ["limit", wigner, "--cov", "x[1],q"], catch_exceptions=False)


def test_command_line_draws_outputs(tmp_path):
    mlp, digits = str(DIAGRAMS / "mlp.tp"), str(DIAGRAMS / "data" / "digits.csv")
    drawn = [
        json.loads(
            command(mlp, "--data", digits, "--json", "--outputs", "sampled", "--seed", seed).stdout
        )["vectors"]["f"]
        for seed in ("0", "0", "1")
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0]["mean"] != drawn[2]["mean"]
    assert drawn[0]["var"] == 0.0
    assert drawn[0]["hat_var"] > 0.0


@pytest.mark.parametrize(("engine", "words"), [("exact", "moved"), ("sampled", "4,096 samples")])
def test_how_sure_the_errors_are_is_one_line(engine, words):
    program = tp.parse("width n\nvector x : n ~ N(0, 1)\nq = mean(x^3)\nr = mean(x^2)\n")
    found = tp.limit(program, engine=engine, samples=2**12)
    assert words in found.certainty
    assert "\n" not in found.certainty
    text = found.derivation()
    assert ("→ 0 exactly" in text) == (engine == "exact")
    assert "exactly" not in text.splitlines()[-1]


def test_how_every_number_is_known_is_data():
    program = tp.parse(
        "width n\nvector x : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\nh = W x\ny = tanh(h)\n"
        "k = W y\na = mean(relu(h))\nb = mean(tanh(h)^2)\nc = a + b\nd = mean(x * a)\n"
        "z = x * b\nr = mean(abs(z))\n"
    )
    found = tp.limit(program)
    closed, rule = Basis.CLOSED_FORM, Basis.QUADRATURE
    known = {name: found.basis(name) for name in ("x", "h", "a", "d", "b", "c", "k", "z", "r")}
    assert [known[name] for name in ("x", "h", "a", "d")] == [closed] * 4
    assert [known[name] for name in ("b", "c", "k", "z", "r")] == [rule] * 5
    assert "closed form: x, h" in found.certainty
    assert "quadrature, its error estimated" in repr(found)
    assert found.to_json()["scalars"]["b"]["basis"] == "quadrature"
    assert found.to_json([("k", "k")])["covariances"][0]["basis"] == "quadrature"
    sampled = tp.limit(program, engine="sampled", samples=2**12)
    assert set(sampled.bases) == {Basis.SAMPLES}


def test_a_heavy_tail_is_told_of_what_rests_on_it():
    program = tp.parse(
        "width n\nvector x : n ~ N(0, 1)\nq = mean(exp(0.3 * x^2))\ny = x + q\nr = mean(x^2)\n"
    )
    with pytest.warns(tp.TPWarning):
        found = tp.limit(program, engine="sampled", samples=2**12)
    heavy = Basis.HEAVY_TAIL
    assert {name for name in "qyr" if found.basis(name) is heavy} == {"q", "y"}


@pytest.mark.parametrize(
    ("way", "parametrization"),
    [
        (tp.backward, "ntk"), (tp.backward, "mup"), (tp.backward, "standard"),
        (lambda p: tp.unroll_sgd(p, 1), "mup"),
    ],
)  # fmt: skip
def test_every_name_of_a_derivation_has_a_line_of_its_own(way, parametrization):
    program = tp.parse(f"""
width n
dim d = 2
parametrization {parametrization}
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
x = tanh(U ξ)
z = tanh(W x)
f = V z
output f
loss (f - y)^2 / 2
""")
    made = way(program)
    inputs = [d.variable for d in (*made.data, *made.targets)]
    data = {v.name: np.ones(v.dim.size({})) for v in inputs}
    lines = tp.limit(made, data=data, samples=2**12).derivation().splitlines()
    told = {line.split()[1] for line in lines if line.startswith("Z")}
    for equation in (e for e in made.equations if e.out.name in told):
        for read in equation.inputs:
            assert read.is_matrix or read in inputs or read.name in told, f"{read} of {equation}"
    starts = [line for line in lines if line.startswith("ZInit") and "→" in line]
    assert all(" = " in line for line in starts)
