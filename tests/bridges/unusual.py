"""Modules that use what is less usual: learned queries, joined outputs, other paddings, norms."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F  # noqa: N812 (as everyone writes it)
from bridges.cases import Case, Function
from torch import nn


class OfTwo(Function):
    def forward(self, x, y):  # type: ignore[override]
        return self.run(self, x, y)


def hidden(run, kind=Function):
    """A factory of a module with an input layer, an n × n one and a readout."""
    return lambda n: kind(run, inp=nn.Linear(4, n), mix=nn.Linear(n, n), out=nn.Linear(n, 1))


class Queries(nn.Module):
    """Learned queries, which a layer leads on, attend to the inputs."""

    def __init__(self, n: int, bias: bool = False) -> None:
        super().__init__()
        self.embed, self.out, self.n = nn.Linear(4, n), nn.Linear(n, 1), n
        self.latents = nn.Parameter(torch.randn(2, n))
        self.q, self.k, self.v = (nn.Linear(n, n, bias=bias) for _ in range(3))

    def forward(self, x):
        h, q = self.embed(x), self.q(self.latents)
        weights = torch.softmax(q @ self.k(h).transpose(1, 2) / self.n, -1)
        return self.out((weights @ self.v(h)).mean(1))


class Prompt(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.embed, self.mix, self.out = nn.Linear(4, n), nn.Linear(n, n), nn.Linear(n, 1)
        self.prompt = nn.Parameter(torch.randn(1, 2, n) * 0.1)

    def forward(self, x):
        prompt = self.prompt.repeat(x.shape[0], 1, 1)
        x = torch.cat([prompt, self.embed(x)], 1)
        return self.out(torch.relu(self.mix(x))).mean(1)


class LearnedStart(nn.Module):
    """A recurrent cell from a learned state, read out at every step."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.cell, self.out = nn.RNNCell(2, n), nn.Linear(n, 2)
        self.start = nn.Parameter(torch.randn(n))

    def forward(self, x):
        h, found = self.start.expand(x.shape[0], -1), []
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
            found.append(self.out(h))
        return torch.stack(found, 1)


class Table(nn.Module):
    """An embedding that is a parameter, picked from by its indices."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(6, n))
        self.mix, self.out = nn.Linear(n, n), nn.Linear(n, 6)

    def forward(self, tokens):
        return self.out(torch.relu(self.mix(self.table[tokens].mean(1))))


class Joined(nn.Module):
    """Two readouts given out as one, of different sizes."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.inp, self.mean, self.log = nn.Linear(4, n), nn.Linear(n, 2), nn.Linear(n, 3)

    def forward(self, x):
        h = torch.relu(self.inp(x))
        return torch.cat([self.mean(h), self.log(h)], -1)


class VectorReadout(nn.Module):
    """A readout that is a vector, of entries that vary like 1/n, or divided by √n."""

    def __init__(self, n: int, divided: bool = False, product: bool = True) -> None:
        super().__init__()
        self.inp, self.mix = nn.Linear(4, n), nn.Linear(n, n)
        self.u = nn.Parameter(torch.randn(n) / (1 if divided else math.sqrt(n)))
        self.b = nn.Parameter(torch.zeros(()))
        self.divided, self.product = divided, product

    def forward(self, x):
        h = torch.relu(self.mix(torch.relu(self.inp(x))))
        f = h @ self.u if self.product else (h * self.u).sum(-1)
        return (f / math.sqrt(len(self.u)) if self.divided else f) + self.b


class UNet(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.a, self.down = nn.Conv2d(2, n, 3, padding=1), nn.Conv2d(n, 2 * n, 2, stride=2)
        self.up, self.mix = nn.ConvTranspose2d(2 * n, n, 2, stride=2), nn.Conv2d(2 * n, n, 1)
        self.out = nn.Conv2d(n, 1, 1)

    def forward(self, x):
        h = torch.relu(self.a(x))
        u = self.up(torch.relu(self.down(h)))
        return self.out(torch.relu(self.mix(torch.cat([h, u], 1)))).flatten(1)


def padded(n: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(2, n, 3, padding=1, padding_mode="circular"), nn.ReLU(),
        nn.ReflectionPad1d(1), nn.Conv1d(n, n, 3), nn.ReLU(), nn.ReplicationPad1d(1),
        nn.Conv1d(n, n, 3), nn.AdaptiveMaxPool1d(1), nn.Flatten(), nn.Linear(n, 1),
    )  # fmt: skip


def interpolated(n: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(2, n, 1), nn.ReLU(), nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.Conv2d(n, n, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(n, 1),
    )  # fmt: skip


FUNCTIONS = (
    torch.atan, torch.asinh, torch.erfc, torch.exp2, F.rrelu, torch.tan,
    lambda z: torch.logaddexp(z, -z), lambda z: torch.hypot(z, z + 1),
    lambda z: torch.where((z > 0) & (z < 1), z, -z),
)  # fmt: skip


class Functions(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.inp, self.out = nn.Linear(4, n), nn.Linear(n, 1)
        self.mix = nn.ModuleList(nn.Linear(n, n) for _ in FUNCTIONS)

    def forward(self, x):
        x = self.inp(x)
        for function, mix in zip(FUNCTIONS, self.mix, strict=True):
            x = mix(function(x))
        return self.out(x)


def cosine(m, x, y):
    a, b = (F.normalize(m.mix(torch.relu(m.inp(z))), dim=-1) for z in (x, y))
    return (a * b).sum(-1)


def by_norm(m, x):
    h = m.inp(x)
    return m.out(torch.tanh(h / h.norm(dim=-1, keepdim=True) * math.sqrt(h.shape[-1])))


class Experts(nn.Module):
    """A soft mixture of experts: a small vector of activations weighs vectors of the width."""

    def __init__(self, n: int, experts: int = 3) -> None:
        super().__init__()
        self.inp, self.gate, self.out = nn.Linear(4, n), nn.Linear(n, experts), nn.Linear(n, 1)
        self.experts = nn.ModuleList(
            nn.Sequential(nn.Linear(n, n), nn.ReLU(), nn.Linear(n, n)) for _ in range(experts)
        )

    def forward(self, x):
        h = torch.tanh(self.inp(x))
        weights = F.softmax(self.gate(h), -1)
        found = torch.stack([expert(h) for expert in self.experts], 1)
        return self.out((weights.unsqueeze(-1) * found).sum(1))


class GraphAttention(nn.Module):
    """Scores of pairs are sums of two readouts, one for each end."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.inp, self.w = nn.Linear(3, n), nn.Linear(n, n, bias=False)
        self.src, self.dst = nn.Linear(n, 1, bias=False), nn.Linear(n, 1, bias=False)
        self.out = nn.Linear(n, 1)

    def forward(self, x):
        h = self.w(F.relu(self.inp(x)))
        scores = F.leaky_relu(self.src(h) + self.dst(h).transpose(1, 2), 0.2)
        return self.out(F.elu(scores.softmax(-1) @ h).mean(1))


normed = nn.utils.parametrizations.weight_norm


def temporal(n: int) -> nn.Module:
    """Causal convolutions whose weights are normalized, from the input to the readout."""
    return nn.Sequential(
        nn.ConstantPad1d((2, 0), 0.0), normed(nn.Conv1d(2, n, 2, dilation=2)), nn.ReLU(),
        normed(nn.Conv1d(n, 2 * n, 2)), nn.ReLU(), normed(nn.Conv1d(2 * n, 1, 1)), nn.Flatten(),
    )  # fmt: skip


def normed_convolutions(n: int) -> nn.Module:
    """Weights normalized in groups, channel by channel, transposed, by columns."""
    return nn.Sequential(
        nn.Conv1d(2, n, 2), nn.ReLU(), normed(nn.Conv1d(n, n, 2, groups=2)), nn.ReLU(),
        normed(nn.Conv1d(n, n, 1, groups=n)), normed(nn.ConvTranspose1d(n, n, 2, stride=2)),
        nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(), normed(nn.Linear(n, n), dim=1),
        nn.Tanh(), nn.Linear(n, 1),
    )  # fmt: skip


def normed_input(n: int) -> nn.Module:
    return nn.Sequential(
        normed(nn.Linear(4, n)), nn.Tanh(), normed(nn.Linear(n, n)), nn.Tanh(), nn.Linear(n, 1)
    )


CASES = {
    "queries": Case(Queries, ((1, 3, 4),)),
    "queries_with_biases": Case(lambda n: Queries(n, bias=True), ((1, 3, 4),)),
    "prompt": Case(Prompt, ((1, 3, 4),)),
    "learned_start": Case(LearnedStart, ((1, 3, 2),)),
    "table": Case(Table, ((1, 2),), tokens=6),
    "joined": Case(Joined),
    "joined_mse": Case(Joined, options={"loss": "mse"}),
    "vector_readout": Case(VectorReadout),
    "vector_readout_sum": Case(lambda n: VectorReadout(n, product=False)),
    "vector_readout_divided": Case(lambda n: VectorReadout(n, divided=True)),
    "unet": Case(UNet, ((1, 2, 2, 2),)),
    "padded": Case(padded, ((1, 2, 5),)),
    "interpolated": Case(interpolated, ((1, 2, 2, 2),)),
    "functions": Case(Functions),
    "cosine": Case(hidden(cosine, OfTwo), ((1, 4), (1, 4))),
    "cosine_similarity": Case(
        hidden(lambda m, x, y: F.cosine_similarity(m.mix(m.inp(x)), m.inp(y)), OfTwo),
        ((1, 4), (1, 4)),
    ),
    "by_norm": Case(hidden(by_norm)),
    "experts": Case(Experts),
    "graph_attention": Case(GraphAttention, ((1, 3, 3),)),
    "temporal": Case(temporal, ((1, 2, 4),)),
    "normed_convolutions": Case(normed_convolutions, ((1, 2, 4),)),
    "normed_input": Case(normed_input),
}
