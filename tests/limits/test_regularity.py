"""Where the Master Theorem's hypotheses end: warnings, and expectations that diverge."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from limits.finite import DIAGRAMS, gallery, inputs
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.errors import TPTypeError, TPWarning
from tpgraph.functions import evaluate, expand, inline
from tpgraph.limits.logistic import with_logistics
from tpgraph.limits.sampling import checks
from tpgraph.transform import backward
from tpgraph_cli.main import app

HEAD = "program p\nwidth n\nvector x, y : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\n"
GALLERY = sorted(path.stem for path in DIAGRAMS.glob("*.tp"))


def warned(program) -> list[str]:
    """What `limit` warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tp.limit(program, data=inputs(program), samples=2**12)
    assert all(isinstance(one.message, TPWarning) for one in caught)
    return [str(one.message) for one in caught]


@pytest.mark.parametrize("name", GALLERY)
def test_the_gallery_is_within_the_hypotheses(name):
    """Softmax and norms divide by scalars, or by what stays away from 0."""
    assert warned(gallery(name)) == []


@pytest.mark.parametrize(
    "body",
    [
        "m = mean(x / (1 + y^2) + exp(-x^2) + sqrt(1 + x^2) + log(2 + sin(y)))",
        "m = mean(tanh(x)^3 * abs(y) + max(x, y) + softplus(x) + gelu'(y) + leaky_relu(x))",
        "s = mean(x^2)\nm = mean(exp(s) * y / sqrt(s) + cosh(tanh(x)))",
        "z = sigmoid(x)\nu = relu(y) + 1\nm = mean(exp(z) / u + u^(3/2) + step(u) * x)",
        "scalar e -> 0 = 1/sqrt(n)\nm = mean((tanh(x + e * y) - tanh(x)) / e)",
        "m = mean(1 / (1 + exp(-x)) + log(2 + 3 * exp(y)))",
        "m = mean(exp(x) / (exp(x) + 1)^2 * y + (exp(2 * y) - 1) / (exp(2 * y) + 1))",
        "fn swish(z) = z / (1 + exp(-1.702 * z))\nm = mean(swish'(x) * swish(y))",
    ],
)
def test_regular_functions_give_no_warning(body):
    assert warned(tp.parse(HEAD + body + "\n")) == []


LOGISTIC = [
    "1 / (1 + exp(-z))", "exp(z) / (1 + exp(z))^2", "z / (2 + 3 * exp(-2 * z))", "log(1 + exp(z))",
    "log(3 + exp(z) / 2)", "(exp(2 * z) - 1) / (exp(2 * z) + 1)", "exp(z)^2 / (1 + exp(z))",
    "tanh(z) / (1 + exp(z)) / (2 + exp(-z)) * exp(z)^3", "1 / (z^2 * (1 + exp(z)))",
    "-exp(z) * (1 + exp(z))^(-2) / z", "1 / (1 - exp(z))", "exp(z)", "1 / (exp(z) + exp(-z))",
]  # fmt: skip


@pytest.mark.parametrize("text", LOGISTIC)
@pytest.mark.parametrize("order", [0, 1])
def test_logistic_functions_are_themselves_by_their_names(text, order):
    program = tp.parse(f"{HEAD}fn f(z) = {text}\nm = mean(f{order * chr(39)}(x))\n")
    written = inline(expand(program.equations[-1].function))
    z = np.array([-2.3, -0.7, 0.4, 1.9])
    np.testing.assert_allclose(
        evaluate(with_logistics(written), [z]), evaluate(written, [z]), rtol=1e-12
    )


@pytest.mark.parametrize(
    ("body", "name", "reason"),
    [
        ("z = exp(x / 4)", "z", "exp grows faster than every polynomial"),
        ("z = exp(x)^2 / (1 + exp(x))", "z", "exp grows faster than every polynomial"),
        ("z = x / (1 - exp(x))", "z", "divided by what may be 0"),
        ("z = cosh(x) + x", "z", "cosh grows faster than every polynomial"),
        ("m = mean(1 / abs(x)^(1/2))", "m", "divided by what may be 0"),
        ("z = tanh(1 / x)", "z", "divided by what may be 0"),
        ("z = tanh(x^(-3))", "z", "divided by what may be 0"),
        ("z = log(x^2)", "z", "log has no bounded derivative at 0"),
        ("z = sqrt(relu(x))", "z", "sqrt has no bounded derivative at 0"),
        ("z = abs(x)^(1/2)", "z", "a root has no bounded derivative at 0"),
        ("z = x * step(y - 3)", "z", "step jumps, for which the theorem asks for stable ranks"),
        ("z = relu'(W x)", "z~1", "step jumps"),
    ],
)
def test_irregular_functions_are_named(body, name, reason):
    found = warned(tp.parse(HEAD + body + "\n"))
    assert any(reason in text for text in found)
    assert all("outside the Master Theorem's hypotheses" in text for text in found)
    assert name.partition("~")[0] in found[0]


def test_jumps_of_a_backward_pass_give_one_warning():
    found = warned(backward(gallery("mlp")))
    assert len(found) == 1
    assert "the limit of (φ'(W[3] x[2] + b[3]) * dx[3]) and 5 more is outside" in found[0]
    assert "step jumps" in found[0]
    assert warned(backward(gallery("rnn"))) == []


@pytest.mark.parametrize(
    ("integrand", "expected"),
    [
        ("exp(x^2 / 8)", (1 - 1 / 4) ** -0.5),
        ("exp(0.3 * x^2)", 0.4**-0.5),
        ("exp(x * y / 2)", 0.75**-0.5),
        ("exp(x + y)", math.e),
        ("exp(2 * x)", math.exp(2)),
        ("1 / abs(x)^(1/2)", math.gamma(0.25) / (2**0.25 * math.sqrt(math.pi))),
        ("1 / abs(x)^(1/4)", math.gamma(0.375) / (2**0.125 * math.sqrt(math.pi))),
        ("log(abs(x))", -(0.5772156649015329 + math.log(2)) / 2),
    ],
)
def test_integrals_that_converge_are_not_refused(integrand, expected):
    """E exp(c z²) = (1 − 2c)^(−1/2), E |z|^(−p) = 2^(−p/2) Γ((1−p)/2)/√π."""
    for seed in range(3):
        found = tp.limit(tp.parse(HEAD + f"m = mean({integrand})\n"), seed=seed)
        assert found.scalar("m") == pytest.approx(expected, abs=6 * found.error("m") + 1e-3)
        assert found.error("m") < 0.1 * abs(expected)


DIVERGENT = [
    "m = mean(exp(0.55 * x^2))",
    "m = mean(exp(x^2))",
    "m = mean(exp(1.2 * x * y))",
    "m = mean(1 / x)",
    "m = mean(1 / abs(x))",
    "m = mean(x / y)",
    "m = mean(x / y^2)",
    "m = mean(1 / (x + y)^3)",
    "z = x / y\nm = W z",
    "z = abs(x)^(-1/2)\nm = W z",
    "z = exp(x)\nm = mean(exp(z))",
]


@pytest.mark.parametrize("body", DIVERGENT)
def test_integrals_that_diverge_are_refused(body):
    for seed in range(3):
        with pytest.raises(TPTypeError, match="in the limit of m: the expectation seems to diverg"):
            tp.limit(tp.parse(HEAD + body + "\n"), seed=seed)


@pytest.mark.parametrize("body", DIVERGENT[:6])
def test_a_test_that_looks_at_no_tail_misses_them(body, monkeypatch):
    monkeypatch.setattr(checks, "tail_index", lambda size, is_exponential: math.inf)
    monkeypatch.setattr(checks, "_disagree", lambda means: False)
    tp.limit(tp.parse(HEAD + body + "\n"), engine="sampled")


def test_the_command_line_warns_on_standard_error(tmp_path):
    path = tmp_path / "p.tp"
    path.write_text(HEAD + "z = exp(x)\nm = mean(z)\n", encoding="utf-8")
    done = CliRunner().invoke(app, ["limit", str(path)])
    assert done.exit_code == 0
    assert done.stderr.count("\n") == 1
    assert f"{path}:5:5: warning: the limit of z is outside" in done.stderr
    assert "warning" not in done.stdout
