"""Words over components against PyTorch: values, slopes, printing, refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch

import tpgraph as tp
from tpgraph.errors import TPTypeError
from tpgraph.interpreter import interpret, sample
from tpgraph.program import REDUCTIONS, Call, Mean, Nonlin, Term

torch.set_default_dtype(torch.float64)
F = torch.nn.functional
HEAD = """
program classifier
width n
dim d = 4
dim k = 3
parametrization ntk
data ξ : d
target y : k
param U : n × d ~ N(0, 1)
param V : k × n ~ N(0, 1)
"""
K, D, N = 3, 4, 16
Array = np.ndarray
Theirs = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


def _of_two(f: torch.Tensor) -> torch.Tensor:
    return torch.stack([f.sum(-1), (f**2).sum(-1)], -1)


LOSSES: dict[str, Theirs] = {
    "softmax_cross_entropy(f, y)": lambda f, y: F.cross_entropy(f, y, reduction="none"),
    "sum(y * (logsumexp(f) - f))": lambda f, y: F.cross_entropy(f, y, reduction="none"),
    "sum((softmax(f) - y)^2)": lambda f, y: ((F.softmax(f, -1) - y) ** 2).sum(-1),
    "sum(layernorm(f) * y)": lambda f, y: (F.layer_norm(f, (K,)) * y).sum(-1),
    "sum(layernorm(f, 1e-2) * y)": lambda f, y: (F.layer_norm(f, (K,), eps=1e-2) * y).sum(-1),
    "logsumexp(2 * f) - sum(y * f)": lambda f, y: torch.logsumexp(2 * f, -1) - (y * f).sum(-1),
    "logsumexp(sum(f), sum(f^2))": lambda f, _: torch.logsumexp(_of_two(f), -1),
    "softmax(sum(f), sum(f^2))": lambda f, _: F.softmax(_of_two(f), -1)[..., 0],
    "y * log(softmax(f) + 1)": lambda f, y: (y * torch.log(F.softmax(f, -1) + 1)).sum(-1),
}
RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((5, D)), RNG.dirichlet(np.ones(K), 5)


def text(loss: str, scale: str = "1") -> str:
    return f"{HEAD}f = {scale} * (V relu(U ξ))\noutput f\nloss {loss}\n"


def by_torch(loss: str, scale: float, params: dict[str, Array]) -> tuple[float, list[Array]]:
    """The loss of the batch and its gradients, by autograd."""
    u, v = (torch.tensor(params[name], requires_grad=True) for name in "UV")
    f = scale * (torch.relu(torch.tensor(X) @ u.T / D**0.5) @ v.T) / N**0.5
    value = LOSSES[loss](f, torch.tensor(Y)).mean()
    return value.item(), [g.numpy() for g in torch.autograd.grad(value, (u, v))]


def deviations(loss: str, scale: float, optimize: bool) -> list[float]:
    """How far a compiled loss, its gradients and a step of SGD are from torch's."""
    module = tp.compile(tp.parse(text(loss, f"{scale:g}")), optimize=optimize)
    params = module.init({"n": N}, seed=0)
    value, slopes = by_torch(loss, scale, params)
    before = {name: params[name].copy() for name in "UV"}
    found, grads = module.backward(params, X, Y)
    stepped = module.sgd_step(params, X, Y, 0.5)
    if optimize:
        module.flush(params)
    off = [abs(found - value), abs(stepped - value)]
    for name, slope in zip("UV", slopes, strict=True):
        step = (before[name] - params[name]) / 0.5
        size = max(1.0, float(np.abs(slope).max()))
        off += [float(np.abs(grads[name] - slope).max()) / size]
        off += [float(np.abs(step - slope).max()) / size]
    return [off[0] / max(1.0, abs(value)), off[1] / max(1.0, abs(value)), *off[2:]]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("scale", [1.0, 1e4, -1e4])
@pytest.mark.parametrize("optimize", [False, True])
def test_a_loss_and_its_step_are_torchs(loss: str, scale: float, optimize: bool) -> None:
    assert max(deviations(loss, scale, optimize)) < 1e-12


def test_written_naively_it_overflows() -> None:
    naive = text("log(sum(exp(f))) - sum(y * f)", "10000")
    module = tp.compile(tp.parse(naive))
    with np.errstate(all="ignore"):
        assert not np.isfinite(module.backward(module.init({"n": N}, seed=0), X, Y)[0])


@contextmanager
def _made_wrong(word: str, wrong: Callable[[Term], Term]) -> Iterator[None]:
    """A word that makes something else of what it should make."""
    right = REDUCTIONS[word]
    bad = {**REDUCTIONS, word: replace(right, make=lambda *a: wrong(right.make(*a)))}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tpgraph.language.to_terms.REDUCTIONS", bad)
        yield


@pytest.mark.parametrize(
    ("loss", "word"),
    [("softmax_cross_entropy(f, y)", "softmax_cross_entropy"), ("sum(layernorm(f) * y)", "sum")],
)
def test_a_forgotten_number_of_components_is_caught(loss: str, word: str) -> None:
    def mean_alone(term: Term) -> Term:
        assert isinstance(term, Call)
        assert isinstance(term.arguments[1], Mean)
        return term.arguments[1]

    with _made_wrong(word, mean_alone):
        assert max(deviations(loss, 1.0, False)) > 1e-3


@pytest.mark.parametrize("loss", LOSSES)
def test_the_reference_says_the_same(loss: str) -> None:
    program = tp.parse(text(loss))
    initial = sample(program, {"n": N}, seed=3)
    given = {"ξ": X[0], "y": Y[0]}
    values = interpret(program, {**initial, **given}, {"n": N})
    theirs = LOSSES[loss](torch.tensor(values["f"]), torch.tensor(Y[0]))
    assert values["loss"].sum() == pytest.approx(theirs.item(), rel=1e-13)


@pytest.mark.parametrize("loss", LOSSES)
def test_printed_it_reads_back_as_it_was_written(loss: str) -> None:
    program = tp.parse(text(loss))
    printed = tp.to_text(program)
    assert tp.parse(printed) == program
    assert f"loss {loss.replace('1e-2', '0.01')}\n" in printed
    assert tp.from_json(tp.to_json(program)) == program


def test_of_a_product_it_is_computed_once() -> None:
    program = tp.parse(f"{HEAD}l = logsumexp(V relu(U ξ))\noutput l\n")
    assert [type(e).__name__ for e in program.equations] == [
        "MatMul", "Nonlin", "MatMul", "Moment", "Moment", "Moment",
    ]  # fmt: skip
    assert "l = logsumexp(V relu(U ξ))" in tp.to_text(program)


def test_a_backward_pass_in_the_paper_s_way_is_the_gradient() -> None:
    """∂loss/∂f by the error signals of the program itself: softmax(f) − y."""
    program = tp.backward(tp.parse(text("softmax_cross_entropy(f, y)", "10")), of="loss")
    initial = sample(program, {"n": N}, seed=0)
    values = interpret(program, {**initial, "ξ": X[0], "y": Y[0]}, {"n": N})
    wanted = F.softmax(torch.tensor(values["f"]), -1).numpy() - Y[0]
    np.testing.assert_allclose(values["df"], wanted, atol=1e-14)


OWN = "fn softmax(a, b) = a - b\nvector u, v : n ~ N([0, 0], [[1, 0], [0, 1]])\n"


def test_a_program_s_own_function_of_the_name_is_meant() -> None:
    program = tp.parse(f"{HEAD}{OWN}z = softmax(u, v)\n")
    assert any(line == "z = softmax(u, v)" for line in tp.to_text(program).splitlines())
    (made,) = (e for e in program.equations if isinstance(e, Nonlin))
    assert program.functions[0].name == "softmax"
    assert len(made.arguments) == 2
    # beside it a softmax over components is written by its means
    mixed = tp.parse(
        f"{HEAD}z[1] = softmax(1, 2)\nz[2] = softmax(1, 2, 3)\nf = V relu(U ξ)\np = softmax(f)\n"
    )
    assert [f.name for f in mixed.functions] == ["softmax", "softmax_3"]
    assert tp.parse(tp.to_text(mixed)) == mixed


@pytest.mark.parametrize("count", [2, 3, 10])
def test_of_several_arguments(count: int) -> None:
    names = ", ".join(f"u[{i}]" for i in range(1, count + 1))
    program = tp.parse(
        f"width n\nvector u[1..{count}] : n ~ N(0, 1)\n"
        f"p = softmax({names})\nl = logsumexp({names})\n"
    )
    rng = np.random.default_rng(count)
    for scale in (1.0, 1e4):
        drawn = scale * rng.standard_normal((count, 50))
        initial = {f"u[{i + 1}]": row for i, row in enumerate(drawn)}
        values = interpret(program, initial, {"n": 50})
        both = torch.tensor(drawn)
        np.testing.assert_allclose(values["p"], F.softmax(both, 0)[0].numpy(), atol=1e-12)
        np.testing.assert_allclose(values["l"], torch.logsumexp(both, 0).numpy(), rtol=1e-14)


def test_a_loss_that_adds_a_scalar_to_components_is_refused() -> None:
    for loss in (
        "log(3*mean(exp(f))) - y*f",
        "logsumexp(f) - y*f",
        "2 * (logsumexp(f) - y*f) / 3",
        "-(y*f) + mean(f)",
        "(f - y)^2 / 2 + 0.1 * sum(f^2)",
    ):
        with pytest.raises(TPTypeError, match="adds a scalar to a vector of k") as caught:
            tp.parse(text(loss))
        assert caught.value.span is not None
        assert caught.value.span.line == 13
        assert "softmax_cross_entropy(f, y)" in str(caught.value.mend)
    with pytest.raises(TPTypeError, match="adds a scalar"):
        tp.parse(text("l").replace("output", "l = logsumexp(f) - y*f\noutput"))


@pytest.mark.parametrize(
    "loss", ["(f - logsumexp(f)) * y", "1 - y*f", "(f - mean(f))^2", "logsumexp(f) - sum(y*f)"]
)
def test_losses_that_mean_what_they_say(loss: str) -> None:
    assert tp.parse(text(loss)).loss is not None


def test_what_targets_must_be() -> None:
    with pytest.raises(TPTypeError, match="have k components, its targets are of 1") as caught:
        tp.parse(text("softmax_cross_entropy(f, y)").replace("y : k", "y : 1"))
    assert caught.value.mend == "declare target y : k"
    assert caught.value.span is not None
    assert caught.value.span.text.startswith("softmax_cross")
    one = text("softmax_cross_entropy(f, y)").replace("k = 3", "k = 1")
    with pytest.raises(TPTypeError, match="of one component says nothing"):
        tp.parse(one)


def test_the_limit_of_a_softmax_is_that_of_wide_networks() -> None:
    """A random readout: mean and variance of the loss over finite networks."""
    program = tp.parse(text("softmax_cross_entropy(f, y)"))
    given = {"ξ": X[0], "y": Y[0]}
    found = tp.limit(program, data=given, samples=2**15)
    widths, losses = {"n": 200}, []
    for seed in range(800):
        values = interpret(program, {**sample(program, widths, seed), **given}, widths)
        losses.append(float(values["loss"]))
    mean = found.mean("loss")
    assert abs(np.mean(losses) - mean) < 4 * np.std(losses) / len(losses) ** 0.5
    largest = found.mean("loss~1")
    variance = found.cov("f", "f")
    draws = np.random.default_rng(0).standard_normal((200_000, K)).max(1).mean()
    assert largest == pytest.approx(draws * variance**0.5, rel=0.01)
