"""Losses of users: sums over entries, means, smoothed labels."""

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (as everyone writes it)
from bridges.models import MLP

import tpgraph as tp

LOSSES = {
    "loss (f - y)^2 / 2": lambda f, y: ((f - y) ** 2).sum() / 2,
    "loss mean((f - y)^2)": F.mse_loss,
    "loss mean((f - y)^2) / 2": lambda f, y: ((f - y) ** 2).mean() / 2,
    "loss log(exp(-f * y) + 1)": lambda f, y: torch.log(1 + torch.exp(-f * y)).sum(),
}


def value(loss, k, target):
    """The text of a network with a loss, and the loss of both beside one another."""
    x = torch.randn(1, 5)
    i = tp.from_torch(lambda n: MLP(n, k=k, depth=1), (x, target), n=16, loss=loss)
    module = MLP(24, k=k, depth=1).double()
    expected = loss(module(x.double()), target).item()
    params = tp.copy_weights(module, i)
    found = tp.compile(i.program).backward(params, *i.data(x, target))[0]
    assert found == pytest.approx(expected, rel=1e-12)
    return i.text.splitlines()[-1]


@pytest.mark.parametrize("text", LOSSES)
def test_a_sum_over_entries_is_a_vector_and_a_mean_is_a_mean(text):
    assert value(LOSSES[text], 4, torch.randn(1, 4, dtype=torch.float64)) == text


def test_of_one_entry_no_mean_is_left():
    target = torch.randn(1, 1, dtype=torch.float64)
    assert value(F.mse_loss, 1, target) == "loss (f - y)^2"
    assert value(F.l1_loss, 1, target) == "loss abs(f - y)"


def test_labels_may_be_smoothed():
    def smoothed(f, y):
        return F.cross_entropy(f, y, label_smoothing=0.1)

    assert value(smoothed, 3, torch.tensor([2])).startswith("loss (-2.7 * mean(y * z)) + ")


class Steep(MLP):
    """Logits far beyond what exp can hold."""

    def forward(self, x):
        return 1e4 * super().forward(x)


def by_hand(f, y):
    return f.logsumexp(-1).sum() - (f * y).sum()


@pytest.mark.parametrize("loss", ["cross_entropy", by_hand])
def test_large_logits_do_not_overflow(loss):
    x, label = torch.randn(1, 5), torch.tensor([2])
    target = label if loss == "cross_entropy" else F.one_hot(label, 4).double()
    example = x if loss == "cross_entropy" else (x, target)
    i = tp.from_torch(lambda n: Steep(n, k=4, depth=1), example, n=16, loss=loss)
    assert "logsumexp(f)" in i.text
    module = Steep(24, k=4, depth=1).double()
    logits = module(x.double())
    value, _ = tp.compile(i.program).backward(tp.copy_weights(module, i), *i.data(x, target))
    assert value == pytest.approx(F.cross_entropy(logits, label).item(), rel=1e-12)
