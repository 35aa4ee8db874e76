"""Parametrizations side by side: base shapes that train alike, wide networks, reports."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.errors import TPDataError, TPError, TPNameError
from tpgraph.program import MUP, NTK, STANDARD, Parametrization
from tpgraph.study.parametrizations.base_shapes import BaseNumber, LayerShape, base_shapes
from tpgraph.study.parametrizations.feature_change import feature_changes
from tpgraph.study.parametrizations.side_by_side import SideBySide, compare_parametrizations
from tpgraph.study.samples import experience
from tpgraph.training import synthetic_data
from tpgraph_cli.main import app

TEXT = """
program net
width n
parametrization mup
data ξ : 3
target y : 1
param U : n × 3 ~ N(0, 1) scale 1/2
param W : n × n ~ N(0, 2)
param b : n ~ N(0, 1)
param V : 1 × n ~ N(0, 1) scale 3
x = tanh(U ξ + b)
z = tanh(W x)
f = V z
output f
loss (f - y)^2 / 2
"""
OTHER = Parametrization(
    "abc", (Fraction(1, 4),) * 3, (Fraction(-1, 4), Fraction(1, 4), Fraction(3, 4)), Fraction(1, 2)
)


def test_base_shapes_of_mup_are_those_of_the_package() -> None:
    """Table 8 of Tensor Programs V: input weights and biases, hidden weights, readout."""
    half = Fraction(1, 2)
    powers = {
        s.name: (s.multiplier.exponent, s.std.exponent, s.sgd.exponent, s.adam.exponent)
        for s in base_shapes(tp.parse(TEXT), 8)
    }
    assert powers == {
        "U": (0, 0, 1, 0), "b": (0, 0, 1, 0), "W": (0, -half, 0, -1), "V": (-1, 0, 1, 0),
    }  # fmt: skip
    assert [s.std.at_base for s in base_shapes(tp.parse(TEXT), 8)] == pytest.approx(
        [0.5 / 3**0.5, (2 / 8) ** 0.5, 1.0, 3 / 8]
    )


class Plain:
    """The same network by hand: weights v under multipliers, gradients written out."""

    def __init__(self, shapes: tuple[LayerShape, ...], m: float, weights: dict[str, np.ndarray]):
        self.by_name = {s.name: s for s in shapes}
        self.m = m
        self.mu = {s.name: s.multiplier.at(m) for s in shapes}
        self.v = {name: W / self.mu[name] for name, W in weights.items()}
        self.moments = {k: (np.zeros_like(v), np.zeros_like(v)) for k, v in self.v.items()}

    def forward(self, xi: np.ndarray) -> tuple[np.ndarray, ...]:
        W = {k: self.mu[k] * v for k, v in self.v.items()}
        x = np.tanh(W["U"] @ xi + W["b"])
        z = np.tanh(W["W"] @ x)
        return x, z, W["V"] @ z

    def gradients(self, xi: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
        x, z, f = self.forward(xi)
        chi = f - y
        dz = self.mu["V"] * self.v["V"].T @ chi
        dh = (1 - z**2) * dz
        dg = (1 - x**2) * (self.mu["W"] * self.v["W"].T @ dh)
        by_W = {"V": np.outer(chi, z), "W": np.outer(dh, x), "U": np.outer(dg, xi), "b": dg}
        return {k: self.mu[k] * g for k, g in by_W.items()}

    def sgd(self, xi: np.ndarray, y: np.ndarray, lr: float, t: int) -> None:
        for k, g in self.gradients(xi, y).items():
            self.v[k] = self.v[k] - lr * self.by_name[k].sgd.at(self.m) * g

    def adam(self, xi: np.ndarray, y: np.ndarray, lr: float, t: int) -> None:
        for k, g in self.gradients(xi, y).items():
            first, second = self.moments[k]
            first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g**2
            self.moments[k] = first, second
            moved = first / (1 - 0.9**t) / np.sqrt(second / (1 - 0.999**t))
            self.v[k] = self.v[k] - lr * self.by_name[k].adam.at(self.m) * moved


def difference(chosen: Parametrization, optimizer: str, spoil: bool = False) -> float:
    """Of outputs after three steps, the network of base shapes against the compiled program."""
    program = replace(tp.parse(TEXT), parametrization=chosen)
    shapes = base_shapes(program, 4)
    if spoil:
        shapes = tuple(replace(s, sgd=BaseNumber(1.0, Fraction(0))) for s in shapes)
    module = tp.compile(program, optimizer=optimizer)
    params = module.init({"n": 12}, 1)
    multipliers = module.multipliers(params)
    plain = Plain(shapes, 3.0, {k: multipliers[k] * params[k] for k in module.trainable})
    state = module.init_state(params)
    rng = np.random.default_rng(0)
    options = {"eps": 0.0} if optimizer == "adam" else {}
    step = plain.adam if optimizer == "adam" else plain.sgd
    for t in range(1, 4):
        xi, y = rng.standard_normal(3), rng.standard_normal(1)
        module.optimizer_step(params, state, xi[None], y[None], lr=0.05, **options)
        step(xi, y, 0.05, t)
    point = rng.standard_normal(3)
    ours = module.outputs(params, {"ξ": point[None]})["f"]
    return float(np.abs(ours - plain.forward(point)[2]).max())


@pytest.mark.parametrize("chosen", [STANDARD, NTK, MUP, OTHER], ids=lambda p: p.name)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_base_shapes_train_like_the_program(chosen: Parametrization, optimizer: str) -> None:
    assert difference(chosen, optimizer) < 1e-10


def test_other_rates_train_otherwise() -> None:
    assert difference(MUP, "sgd", spoil=True) > 1e-3


@pytest.fixture(scope="module")
def found() -> SideBySide:
    return compare_parametrizations(
        "one_hidden", ("ntk", "mup", "standard"), synthetic=24, widths=(16, 32, 64), steps=1,
        seeds=3, lr=0.5, batch=2, samples=2**16,
    )  # fmt: skip


def test_regimes_and_exponents(found: SideBySide) -> None:
    assert [one.regime for one in found.each] == ["kernel", "feature learning", "unstable"]
    assert found["ntk"].coordinates.change("x").predicted == -0.5
    assert found["mup"].coordinates.change("x").predicted == 0
    assert found["standard"].coordinates.change("f").predicted == 1
    text = str(found)
    assert "kernel" in text
    assert "standard: no features: training is unstable" in text


def test_kernels_are_the_arcsine_kernel(found: SideBySide) -> None:
    """The NNGP of one layer of erf: 2/π arcsin(2q / (1 + 2q)), and 0 in mup (Williams 1997)."""
    ntk, standard = found["ntk"].kernel, found["standard"].kernel
    assert ntk is not None
    assert standard is not None
    q = (ntk.x**2).mean(axis=1)
    nngp = 2 / np.pi * np.arcsin(2 * q / (1 + 2 * q))
    assert np.diag(ntk.nngp) == pytest.approx(nngp)
    slope = 4 / np.pi / np.sqrt(1 + 4 * q)
    assert np.diag(ntk.ntk) == pytest.approx(nngp + q * slope)
    assert standard.exponent == 1
    assert np.abs(found["mup"].kernel.nngp).max() == 0  # type: ignore[union-attr]


def wide_change(program: tp.Program, n: int) -> dict[str, float]:
    """The root mean square change of h and x of one network in one step of SGD."""
    seen = experience(program, synthetic_data(program, 24, 0), 1, 1, 2, 0)
    module = tp.compile(program)
    params = module.init({"n": n}, 3)
    point = seen.test["ξ"][:1]
    before = {k: np.array(v) for k, v in module.variables(params, point) if k in ("h", "x")}
    rows = seen.schedule[0]
    module.sgd_step(params, seen.train["ξ"][rows], seen.train["y"][rows], lr=0.5)
    after = {k: np.array(v) for k, v in module.variables(params, point) if k in ("h", "x")}
    return {k: float(np.sqrt(np.mean((after[k] - before[k]) ** 2))) for k in before}


def test_features_change_as_those_of_a_wide_network(found: SideBySide) -> None:
    features = found["mup"].features
    assert features is not None
    wide = wide_change(found["mup"].program, 2**16)
    for one in features:
        assert one.change == pytest.approx(wide[one.name], rel=0.05)
        assert one.error < 0.02 * one.change
    assert {f.change for f in found["ntk"].features or ()} == {0.0}
    assert wide_change(found["ntk"].program, 2**16)["x"] < 0.1 * wide["x"]


def test_the_change_of_features_is_that_of_its_rate(found: SideBySide) -> None:
    program = found["mup"].program
    seen = experience(program, synthetic_data(program, 24, 0), 1, 1, 2, 0)
    (h, _) = feature_changes(program, seen, 0.25, 2**14, 0)
    (twice, _) = found["mup"].features or ()
    assert twice.change == pytest.approx(2 * h.change, rel=0.02)


class Checked(HTMLParser):
    """Whether every element is closed in its order, and what a page would ask for."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.asked: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.asked += [v or "" for k, v in attrs if k in ("src", "href", "action", "data")]
        if tag not in ("meta", "img", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_formulas_are_mathematics_in_latex(found: SideBySide, tmp_path: Path) -> None:
    place = tmp_path / "r.tex"
    text = tp.study.parametrization_report(found, place)[place].decode()
    for words in (
        "exponents $e$ of $n^{e}$", r"size of $x$ & $+", "($-0.5$)", r"rate / $\eta$", "$K_{ii}$",
        r"$|\Delta x|$ at $n = \infty$", r" / \sqrt{m}$", r"\cdot 10^{-",
    ):  # fmt: skip
        assert words in text
    assert not re.search(r"& [+-]\d", text)


def test_the_page_is_one_file(found: SideBySide) -> None:
    hostile = replace(found, name='<script>alert("x")</script>')
    ((_, content),) = tp.study.parametrization_report(hostile, "r.html").items()
    page = Checked()
    page.feed(content.decode())
    assert not page.open
    assert page.scripts == 0
    assert all(place.startswith("data:image/svg+xml;base64,") for place in page.asked)
    assert len(page.asked) == 7
    assert content.decode().count("n^e") == 1
    for word in ("feature learning", "0.5", "Adam rate"):
        assert word in content.decode()


def test_markdown_names_the_pictures_beside_it(found: SideBySide, tmp_path: Path) -> None:
    files = tp.study.parametrization_report(found, tmp_path / "r.md")
    text = files[tmp_path / "r.md"].decode()
    named = re.findall(r"!\[[^\]]*\]\(<([^>]*)>\)", text)
    assert {tmp_path / name for name in named} == files.keys() - {tmp_path / "r.md"}
    rows = [line.replace(r"\|", "").count("|") for line in text.splitlines() if line[:1] == "|"]
    assert set(rows) == {5, 8}


@pytest.mark.needs("pdflatex")
def test_latex_compiles(found: SideBySide, tmp_path: Path) -> None:
    for place, content in tp.study.parametrization_report(found, tmp_path / "r.tex").items():
        place.write_bytes(content)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "r.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout.decode()[-2000:]
    assert b"Missing character" not in done.stdout


def test_own_is_the_parametrization_of_the_program() -> None:
    mean_field = "parametrization abc(a=[0, 1/2, 1], b=[0, 0, 0], c=-1)"
    text = TEXT.replace("parametrization mup", mean_field)
    found = compare_parametrizations(
        text, ("own", "mup"), synthetic=6, widths=(4, 8), steps=1, seeds=1, batch=2, samples=4096
    )
    assert found["own"].program == tp.parse(text)
    assert found["mup"].program.parametrization == MUP


def test_what_cannot_be_compared() -> None:
    few = {"synthetic": 6, "widths": (4, 8), "batch": 2}
    with pytest.raises(TPNameError, match="no parametrization 'nkt'") as caught:
        compare_parametrizations("one_hidden", ("nkt",), **few)
    assert caught.value.mend == "did you mean ntk?"
    with pytest.raises(TPDataError, match="parametrizations are ntk, ntk"):
        compare_parametrizations("one_hidden", ("ntk", "ntk"), **few)
    with pytest.raises(TPDataError, match="parametrizations are none"):
        compare_parametrizations("one_hidden", (), **few)
    with pytest.raises(TPError, match="has no param to train"):
        compare_parametrizations("wigner", ("ntk",), **few)
    with pytest.raises(TPDataError, match="no name for a report"):
        tp.study.parametrization_report(SideBySide("p", 1, 0.1, 1, ()), "r.pdf")


def test_on_the_command_line(tmp_path: Path) -> None:
    words = "compare-parametrizations one_hidden --synthetic 6 --widths 8,4 --steps 1 --seeds 1"
    more = ["--batch", "2", "--samples", "4096", "--in", "ntk, mup", "--base", "16", "--json"]
    place = str(tmp_path / "r.md")
    done = CliRunner().invoke(app, [*words.split(), *more, "-o", place], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert f"wrote {place}" in done.stderr
    document = json.loads(done.stdout)
    assert document["base_width"] == 16
    mup = document["parametrizations"]["mup"]
    assert mup["regime"] == "feature learning"
    assert mup["layers"]["V"]["multiplier"] == {"at_base": 1.0, "exponent": -1.0}
    assert CliRunner().invoke(app, [*words.split(), "-o", "r.pdf"]).exit_code == 2
