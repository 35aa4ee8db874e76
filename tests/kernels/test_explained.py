"""The kernel recursion as it is printed, read back and computed: it is the kernel."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.special import erf

import tpgraph.guide
from tpgraph import load, parse
from tpgraph.kernels import explain_kernel, kernel
from tpgraph.program import Program

DIAGRAMS = Path(__file__).parents[2] / "diagrams"
TOKEN = re.compile(
    r"(?P<dot>[^\W\d]\w*(?:\[\d+\])?'?·\w+(?:\[\d+\])?'?)"
    r"|(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?(?:/\(\d*π\)|/\d+)?|\d*π(?:/\d+)?)"
    r"|(?P<call>sqrt\(|arcsin\(|exp\(|sinh\(|cosh\(|sin\(|cos\(|√\()|√(?P<root>\w'?)"
    r"|(?P<name>[^\W\d²]+\d*°?'?)"
    r"|(?P<sign>[-+/()]|×)|(?P<power>\^\(?-?\d(?:/\d)?\)?|²)|(?P<space>\s+)"
)


def network(function: str, depth: int = 2, rest: str = "") -> Program:
    rows = "".join(
        f"h[{k}] = W[{k}] x[{k - 1}] + b[{k}]\nx[{k}] = {function}(h[{k}])\n"
        for k in range(2, depth + 1)
    )
    return parse(
        "program network\nwidth n\nparametrization ntk\ndata ξ : 3\n"
        "param U : n × 3 ~ N(0, 1.7)\nparam c : n ~ N(0, 0.1)\n"
        f"param W[2..{depth}] : n × n ~ N(0, 1.7)\nparam b[2..{depth}] : n ~ N(0, 0.1)\n"
        f"param V : 1 × n ~ N(0, 1)\nh[1] = U ξ + c\nx[1] = {function}(h[1])\n{rows}"
        f"f = V x[{depth}]\noutput f\n{rest}"
    )


def residual(function: str, scales: tuple[float, float], bias: float, skip: float) -> Program:
    """Layers whose functions have a linear part, so that Gaussians meet functions of themselves."""
    return parse(
        "program residual\nwidth n\nparametrization ntk\ndata ξ : 3\n"
        f"fn g(z) = {function}\nparam U : n × 3 ~ N(0, 1)\nparam c[0..2] : n ~ N(0, {bias})\n"
        f"param B[1] : n × n ~ N(0, 1) scale {scales[0]}\n"
        f"param B[2] : n × n ~ N(0, 1) scale {scales[1]}\nparam v : 1 × n ~ N(0, 1)\n"
        f"x[0] = U ξ + c[0]\nfor l in 1..2:\n    x[l] = {skip} * x[l-1] + B[l] g(x[l-1]) + c[l]\n"
        "f = v g(x[2])\noutput f\n"
    )


def of_itself(scale: float, bias: str, skip: bool) -> Program:
    """E (B (f(x) + x) + x): a covariance is a multiple of a sum that has a name."""
    inner = "z + x" if skip else "z"
    return parse(
        "program of_itself\nwidth n\nparametrization ntk\ndata ξ : 2\nparam U : n × 2 ~ N(0, 1)\n"
        f"param c : n ~ N(0, 1)\nparam B : n × n ~ N(0, 1) scale {scale}\n"
        "param E : n × n ~ N(0, 1)\nparam v : 1 × n ~ N(0, 1)\n"
        f"x = U ξ {bias}\nz = B (erf(x) + x)\nw = E ({inner})\nf = v erf(w)\noutput f\n"
    )


class Reader:
    """The printed lines on inputs by name, each (N, d)."""

    def __init__(self, text: str, inputs: dict[str, Any]) -> None:
        body, _, closed = text.partition("\nin closed form")
        self.lines = dict(line.strip().split(" = ", 1) for line in body.splitlines()[1:])
        self.closed = dict(line.strip().split(" = ", 1) for line in closed.splitlines()[1:])
        self.inputs = inputs
        self.known: dict[tuple[str, int, int], float] = {}

    def of(self, name: str, i: int, j: int) -> float:
        """A line on inputs i and j."""
        if (name, i, j) not in self.known:
            right = self.lines[name]
            self.known[name, i, j] = (
                self.expected(right, i, j) if right.startswith("E[") else self.value(right, i, j)
            )
        return self.known[name, i, j]

    def value(self, text: str, i: int, j: int, letters: dict[str, float] | None = None) -> float:
        """A formula; numbers beside each other are multiplied."""
        given = letters or {}
        parts: list[str] = []
        names: dict[str, float] = {}

        def put(value: float) -> str:
            names[f"x{len(names)}"] = value
            return f"x{len(names) - 1}"

        place = 0
        while place < len(text):
            token = TOKEN.match(text, place)
            assert token, text[place:]
            place = token.end()
            kind, word = token.lastgroup, token.group()
            if kind == "space":
                continue
            made = {
                "dot": lambda w=word: put(self.dot(w, i, j)),
                "number": lambda w=word: put(eval(_pi(w), {"π": math.pi})),
                "call": lambda w=word: "sqrt(" if w == "√(" else w,
                "root": lambda t=token: f"sqrt({put(given[t['root']])})",
                "name": lambda w=word: put(given[w] if w in given else self.named(w, i, j)),
                "sign": lambda w=word: "*" if w == "×" else w,
                "power": lambda w=word: "**2" if w == "²" else f"**{w[1:]}",
            }[str(kind)]()
            follows = made not in "+-/*)" and not made.startswith("**")
            if parts and follows and parts[-1] not in "+-/*(" and not parts[-1].endswith("("):
                parts.append("*")
            parts.append(made)
        known: dict[str, Any] = {"sqrt": math.sqrt, "arcsin": math.asin, **names}
        known |= {name: getattr(math, name) for name in ("exp", "sinh", "cosh", "sin", "cos")}
        return float(eval(" ".join(parts), known))

    def dot(self, word: str, i: int, j: int) -> float:
        """⟨x, y⟩ of two inputs; χ·χ' of one component with itself is 1."""
        if "χ" in word:
            return 1.0
        first, second = (
            self.inputs[end.strip("'")][j if "'" in end else i] for end in word.split("·")
        )
        return float(first @ second)

    def named(self, word: str, i: int, j: int) -> float:
        name = word.rstrip("'").rstrip("°")
        itself = "°" in word or name[0] in "spmr"
        own = j if word.endswith("'") else i
        return self.of(name, own, own) if itself else self.of(name, i, j)

    def expected(self, text: str, i: int, j: int) -> float:
        """E by its closed form where that is printed, otherwise by quadrature."""
        inside, law = text.split(", ", 1)
        alone = re.match(r"u ~ N\(0, ([^,]*)\)$", law)
        if alone:
            return _alone(inside, self.value(alone[1], i, i))
        one = re.match(r"\(u, u'\) ~ N\(0, (.*)\)$", law)
        if one:
            c = self.value(one[1], i, j)
            p, q = (self.value(one[1], k, k) for k in (i, j))
        else:
            two = re.match(r"u ~ N\(0, (.*)\), [uv]' ~ N\(0, (.*)\), covariance (.*)$", law)
            assert two, law
            p, q, c = (self.value(t, i, j) for t in two.groups())
        closed = self.closed.get(inside.replace("v'", "u'"))
        if closed:
            rho = max(-1.0, min(1.0, c / math.sqrt(p * q)))
            return self.value(closed, i, j, {"p": p, "p'": q, "c": c, "ρ": rho})
        calls = re.fullmatch(r"E\[(\w+)('*)\(u\) (\w+)('*)\([uv]'\)\]", inside)
        assert calls, inside
        f, g = _function(calls[1], len(calls[2])), _function(calls[3], len(calls[4]))
        nodes, weights = np.polynomial.hermite_e.hermegauss(120)
        weights = weights / weights.sum()
        u = math.sqrt(p) * nodes[:, None]
        rest = math.sqrt(max(q - c * c / p, 0.0))
        v = c / p * u + rest * nodes[None, :]
        return float(np.einsum("i,j,ij->", weights, weights, f(u) * g(v)))


def _alone(inside: str, variance: float) -> float:
    """E[f(u)], u ~ N(0, variance), by quadrature that knows of a kink at 0."""
    call = re.fullmatch(r"E\[(\w+)('*)\(u\)\]", inside)
    assert call, inside
    nodes, weights = np.polynomial.legendre.leggauss(200)
    u = 10 * np.concatenate([nodes - 1, nodes + 1]) / 2
    density = np.exp(-(u**2) / 2) / math.sqrt(2 * math.pi)
    values = _function(call[1], len(call[2]))(math.sqrt(variance) * u)
    return float(5 * np.concatenate([weights, weights]) @ (density * values))


def _pi(word: str) -> str:
    return re.sub(r"(\d)π", r"\1*π", word)


def _function(name: str, order: int) -> Callable[[Any], Any]:
    known: dict[tuple[str, int], Callable[[Any], Any]] = {
        ("relu", 0): lambda x: np.maximum(x, 0),
        ("relu", 1): lambda x: (x > 0) * 1.0,
        ("step", 0): lambda x: (x > 0) * 1.0,
        ("tanh", 0): np.tanh,
        ("tanh", 1): lambda x: 1 - np.tanh(x) ** 2,
        ("erf", 0): erf,
        ("erf", 1): lambda x: 2 / math.sqrt(math.pi) * np.exp(-(x**2)),
        ("gelu", 0): lambda x: x * (1 + erf(x / math.sqrt(2))) / 2,
        ("gelu", 1): lambda x: (
            (1 + erf(x / math.sqrt(2))) / 2 + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
        ),
    }
    return known[name, order]


def data_of(program: Program, count: int = 3) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    return {
        d.variable.name: rng.standard_normal((count, d.variable.dim.size({}))) for d in program.data
    }


FUNCTIONS = ("relu", "erf", "tanh", "gelu")
GALLERY = ("mlp", "fully_connected", "one_hidden", "rnn", "resnet", "cnn", "layernorm_mlp",
           "transformer")  # fmt: skip
CASES = {
    **{f"{f}, {depth}": network(f, depth) for f in FUNCTIONS for depth in (1, 3)},
    **{name: load(DIAGRAMS / f"{name}.tp") for name in GALLERY},
    **{
        f"of_itself, {scale}, {bias or 'no bias'}, {skip}": of_itself(scale, bias, skip)
        for scale in (0.5, 1.0, 3.0)
        for bias in ("", "+ c")
        for skip in (False, True)
    },
    **{
        f"residual, {function}, {scales}": residual(function, scales, bias, skip)
        for function in ("relu(z)", "leaky_relu(z, 0.1)", "erf(z) + 0.3 * z", "tanh(z) - z")
        for scales, bias, skip in (((1.0, 1.0), 0.1, 1.0), ((0.7, 1.3), 0.4, 0.8))
    },
}


@pytest.mark.parametrize("name", CASES)
def test_the_printed_recursion_is_the_kernel(name: str) -> None:
    program = CASES[name]
    text = explain_kernel(program)
    if text.startswith("not planned"):
        pytest.fail(text)
    inputs = data_of(program)
    found = kernel(program, inputs)
    reader = Reader(text, inputs)
    for i in range(3):
        for j in range(3):
            for title, array in (("NNGP", found.nngp), ("NTK", found.ntk)):
                assert array is not None
                assert reader.of(title, i, j) == pytest.approx(array[i, j], rel=2e-5), (title, i, j)


def test_a_perceptron_has_the_recursion_of_the_literature() -> None:
    """Σ ← σ_w² E[φφ] + σ_b², Θ ← Σ + σ_w² E[φ′φ′] Θ (Jacot et al. 2018)."""
    lines = explain_kernel(load(DIAGRAMS / "mlp.tp")).splitlines()
    assert lines[1:13] == [
        "  Σ1 = 0.03125 ξ·ξ' + 0.01",
        "  E1 = E[relu(u) relu(u')], (u, u') ~ N(0, Σ1)",
        "  Σ2 = 2 E1 + 0.01",
        "  E2 = E[relu(u) relu(u')], (u, u') ~ N(0, Σ2)",
        "  Σ3 = 2 E2 + 0.01",
        "  NNGP = E[relu(u) relu(u')], (u, u') ~ N(0, Σ3)",
        "  E3 = E[relu'(u) relu'(u')], (u, u') ~ N(0, Σ3)",
        "  E4 = E[relu'(u) relu'(u')], (u, u') ~ N(0, Σ2)",
        "  E5 = E[relu'(u) relu'(u')], (u, u') ~ N(0, Σ1)",
        "  Θ1 = Σ2 + 2 E5 Σ1",
        "  Θ2 = Σ3 + 2 E4 Θ1",
        "  NTK = χ·χ' (NNGP + E3 Θ2)",
    ]
    assert lines[14:] == [
        "  E[relu(u) relu(u')] = 1/(2π) (√((1 - ρ) (1 + ρ)) + ρ (π/2 + arcsin(ρ))) √(p p')",
        "  E[relu'(u) relu'(u')] = 1/(2π) (π/2 + arcsin(ρ))",
    ]


@pytest.mark.parametrize("name", CASES)
def test_a_symbol_of_the_recursion_stands_for_one_thing(name: str) -> None:
    """Also where NNGP and NTK are planned apart, as for readouts of several components."""
    head, *lines = explain_kernel(CASES[name]).partition("\nin closed form")[0].splitlines()
    left, right = zip(*(line.strip().split(" = ", 1) for line in lines), strict=True)
    assert len(set(left)) == len(left)
    assert len(set(right)) == len(right)
    assert not any("rows(" in formula for formula in right)
    assert any("χ" in formula for formula in right) == ("unit vector" in head)
    assert any("°" in formula for formula in right) == ("of an input with itself" in head)
    for place, formula in enumerate(right):  # what is read was said before
        read = set(re.findall(r"(?<![\w'])[pmsrKEΣΘ]\d+", formula))
        assert read <= set(left[:place])


def test_a_deep_recursion_is_explained() -> None:
    text = explain_kernel(network("erf", 60))
    assert text.count("\n  Θ") == 60


def test_the_recursion_is_explained_in_latex() -> None:
    text = explain_kernel(network("erf", 3), latex=True)
    assert text.count("\\begin{align*}\n") == 2, "the recursion, and closed forms"
    assert r"\mathrm{NNGP} &=" in text
    assert r"\Theta_{3} &= E_{2} + 1.7 E_{4} \Theta_{2} + 1" in text
    assert text.count("{") == text.count("}")


def test_what_is_not_planned_is_said() -> None:
    program = load(Path(__file__).parents[2] / "diagrams" / "gru.tp")
    assert explain_kernel(program, "ntk").startswith("not planned: functions of several Gaussians")


def test_long_sums_of_latex_are_broken_and_names_are_labels() -> None:
    text = explain_kernel(load(DIAGRAMS / "transformer.tp"), latex=True)
    assert r"\bar{\xi}^{1}" in text
    assert "ξ" not in text.partition("\n")[2]
    rows = re.split(r" \\\\\n", text)
    assert all(len(re.sub(r"\\[a-z]+|[{}^_ ]", "", row)) < 110 for row in rows)
    assert any(row.lstrip().startswith(r"&\quad {}+") for row in rows)


def test_the_guide_shows_what_is_printed() -> None:
    page = (Path(tpgraph.guide.__file__).parent / "infinite-width.md").read_text(encoding="utf-8")
    lines = explain_kernel(load(DIAGRAMS / "one_hidden.tp")).splitlines()[1:5]
    assert "\n".join(line.strip() for line in lines) in page


EXPONENTIALS = (
    "sin(z)", "cos(z)", "exp(z / 2)", "sinh(z)", "z * sin(z)", "z * exp(z / 2)", "sin(z)^2",
    "sin(2 * z) + cos(z)", "sin(z) + z^2", "sin(z) + exp(z / 3)", "exp(z / 2) * sin(z)",
)  # fmt: skip


@pytest.mark.parametrize("function", [*EXPONENTIALS, "step(z)", "gelu(z)", "relu(z)^2", "abs(z)"])
@pytest.mark.filterwarnings("ignore")
def test_what_closes_is_printed_so_and_is_the_kernel(function: str) -> None:
    program = parse(
        "program one\nwidth n\nparametrization ntk\ndata ξ : 3\n"
        f"fn φ(z) = {function}\nparam U : n × 3 ~ N(0, 1)\nparam V : 1 × n ~ N(0, 1)\n"
        "f = V φ(U ξ)\noutput f\n"
    )
    text = explain_kernel(program)
    inputs = {"ξ": np.random.default_rng(0).standard_normal((3, 3))}
    found, reader = kernel(program, inputs), Reader(text, inputs)
    needed = {
        line.split(", ")[0].replace("v'", "u'")
        for line in reader.lines.values()
        if line.startswith("E[")
    }
    if function != "gelu(z)":  # whose second formula is longer than a page is wide
        assert needed <= reader.closed.keys(), needed - reader.closed.keys()
    for i in range(3):
        for j in range(3):
            assert found.nngp is not None
            assert reader.of("NNGP", i, j) == pytest.approx(found.nngp[i, j], rel=2e-5)
            if needed <= reader.closed.keys():
                assert found.ntk is not None
                assert reader.of("NTK", i, j) == pytest.approx(found.ntk[i, j], rel=2e-5)


def test_random_features_have_the_kernel_of_the_literature() -> None:
    """E sin u sin u′ = e^{−(p + p′)/2} sinh c (Rahimi & Recht 2007: with cos a Gaussian kernel)."""
    assert "E[sin(u) sin(u')] = exp(-0.5 p - 0.5 p') sinh(c)" in explain_kernel(network("sin", 1))
