"""Softmax and log-sum-exp of logits far beyond what exp can hold, over positions and components."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (as everyone writes it)
from torch import nn

import tpgraph as tp
from tpgraph.functions import Apply, Argument, differentiate, expand, of_several, to_text


class Attention(nn.Module):
    """Weights over positions, of logits of size 1e4."""

    def __init__(self, n, causal=False):
        super().__init__()
        self.causal, self.n = causal, n
        self.inp = nn.Linear(4, n)
        self.q, self.k = nn.Linear(n, n, bias=False), nn.Linear(n, n, bias=False)
        self.out = nn.Linear(n, 1, bias=False)

    def forward(self, x):
        h = self.inp(x)
        a = 1e4 * self.q(h) @ self.k(h).transpose(-1, -2) / self.n
        if self.causal:
            a = a.masked_fill(torch.ones(x.shape[-2], x.shape[-2]).triu(1).bool(), -torch.inf)
        return self.out(self.weigh(a) @ h).mean(-2)

    def weigh(self, a):
        return torch.softmax(a, -1)


class Logarithms(Attention):
    """The same of logarithms."""

    def weigh(self, a):
        return torch.log_softmax(a, -1) / 1e4


class Totals(Attention):
    """Log Σ exp over positions."""

    def weigh(self, a):
        return torch.logsumexp(a, -1, keepdim=True).expand(a.shape) / 1e4


class Shares(nn.Module):
    """Softmax over components."""

    def __init__(self, n):
        super().__init__()
        self.a, self.b = nn.Linear(4, n), nn.Linear(n, 3)

    def forward(self, x):
        return torch.softmax(1e4 * self.b(F.relu(self.a(x))), -1)


def causal(n):
    return Attention(n, causal=True)


@pytest.mark.parametrize("make", [Attention, causal, Logarithms, Totals, Shares])
def test_values_and_gradients_are_torchs(make):
    torch.manual_seed(0)
    x = torch.randn(1, 4) if make is Shares else torch.randn(1, 3, 4)
    i = tp.from_torch(make, x, n=16)
    assert ("softmax(" if make is Shares else "logsumexp(") in i.text
    assert "/ s[" not in i.text
    module = make(24).double()
    x = x.double().requires_grad_()
    found = tp.compile(i.program)
    params = tp.copy_weights(module, i)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        values = found.forward(params, *i.data(x.detach()))
    expected = module(x)
    values = np.ravel(values[0] if isinstance(values, tuple) else values)
    assert values == pytest.approx(expected.detach().numpy().ravel(), rel=1e-8, abs=1e-10)


def test_gradients_stay_finite():
    torch.manual_seed(0)
    x, target = torch.randn(1, 3, 4), torch.randn(1, 1)
    i = tp.from_torch(Attention, (x, target), n=16, loss=F.mse_loss)
    module = Attention(24).double()
    value, gradients = tp.compile(i.program).backward(
        tp.copy_weights(module, i), *i.data(x, target)
    )
    loss = F.mse_loss(module(x.double()), target.double())
    loss.backward()
    assert value == pytest.approx(loss.item(), rel=1e-8)
    theirs = module.out.weight.grad.numpy()
    ours = next(g for g in gradients.values() if np.shape(g) == theirs.shape)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-9)


def test_a_sum_of_many_exponentials_has_short_derivatives():
    function = of_several("logsumexp", 32)
    body = expand(Apply(function, tuple(map(Argument, range(32)))))
    names = [f"z{k}" for k in range(32)]
    longest = max(len(to_text(differentiate(body, k), names)) for k in range(32))
    assert longest < 6_000, "parts are halves: 64 in all, where 32 nested ones had 500"
