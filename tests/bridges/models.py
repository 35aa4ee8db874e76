"""Ordinary torch modules, written as users write them; the width is the constructor's `n`."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 (as everyone writes it)
from bridges.cases import Case, Function, between
from torch import nn


class MLP(nn.Module):
    def __init__(self, n: int = 64, d: int = 5, k: int = 2, depth: int = 4) -> None:
        super().__init__()
        self.inp = nn.Linear(d, n)
        self.hidden = nn.ModuleList(nn.Linear(n, n) for _ in range(depth - 1))
        self.out = nn.Linear(n, k, bias=False)

    def forward(self, x):
        x = torch.tanh(self.inp(x))
        for layer in self.hidden:
            x = F.relu(layer(x))
        return self.out(x)


class Residual(nn.Module):
    def __init__(self, n: int = 64, blocks: int = 3) -> None:
        super().__init__()
        self.embed = nn.Linear(5, n, bias=False)
        self.norms = nn.ModuleList(nn.LayerNorm(n) for _ in range(blocks))
        self.up = nn.ModuleList(nn.Linear(n, 2 * n) for _ in range(blocks))
        self.down = nn.ModuleList(nn.Linear(2 * n, n) for _ in range(blocks))
        self.final = nn.LayerNorm(n, elementwise_affine=False)
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(n, 1)

    def forward(self, x):
        x = self.embed(x)
        for norm, up, down in zip(self.norms, self.up, self.down, strict=True):
            x = x + self.drop(down(F.gelu(up(norm(x)))))
        return self.head(self.final(x))


class GRUSteps(nn.Module):
    def __init__(self, n: int = 64) -> None:
        super().__init__()
        self.cell = nn.GRUCell(4, n)
        self.out = nn.Linear(n, 1, bias=False)
        self.n = n

    def forward(self, x):
        h = x.new_zeros(x.shape[0], self.n)
        for t in range(x.shape[1]):
            h = self.cell(x[:, t], h)
        return self.out(h)


class Recurrent(nn.Module):
    def __init__(self, kind: type[nn.Module], n: int = 64, layers: int = 1) -> None:
        super().__init__()
        self.rnn = kind(3, n, batch_first=True, num_layers=layers)
        self.out = nn.Linear(n, 1)

    def forward(self, x):
        return self.out(self.rnn(x)[0][:, -1])


class Block(nn.Module):
    """One pre-norm transformer block, with logits divided by the size of a head as in μP."""

    def __init__(self, n=64, heads=1, mup=True, causal=False, sdpa=False, blocks=1) -> None:
        super().__init__()
        self.embed = nn.Linear(4, n, bias=False)
        self.pos = nn.Parameter(torch.randn(3, n) * 0.5)
        self.qkv = nn.ModuleList(nn.Linear(n, 3 * n, bias=False) for _ in range(blocks))
        self.proj = nn.ModuleList(nn.Linear(n, n, bias=False) for _ in range(blocks))
        self.norm = nn.ModuleList(nn.LayerNorm(n) for _ in range(blocks))
        self.mlp = nn.ModuleList(
            nn.Sequential(nn.Linear(n, 2 * n), nn.SiLU(), nn.Linear(2 * n, n))
            for _ in range(blocks)
        )
        self.head = nn.Linear(n, 1, bias=False)
        self.heads, self.mup, self.causal, self.sdpa = heads, mup, causal, sdpa

    def attend(self, q, k, v):
        size = q.shape[-1]
        scale = 1 / size if self.mup else size**-0.5
        if self.sdpa:
            return F.scaled_dot_product_attention(q, k, v, is_causal=self.causal, scale=scale)
        a = q @ k.transpose(-2, -1) * scale
        if self.causal:
            mask = torch.ones(a.shape[-1], a.shape[-1], dtype=torch.bool).triu(1)
            a = a.masked_fill(mask, float("-inf"))
        return F.softmax(a, dim=-1) @ v

    def forward(self, x):
        x = self.embed(x) + self.pos
        B, T, n = x.shape
        for qkv, proj, norm, mlp in zip(self.qkv, self.proj, self.norm, self.mlp, strict=True):
            q, k, v = (
                t.view(B, T, self.heads, n // self.heads).transpose(1, 2)
                for t in qkv(norm(x)).chunk(3, dim=-1)
            )
            x = x + proj(self.attend(q, k, v).transpose(1, 2).reshape(B, T, n))
            x = x + mlp(x)
        return self.head(x.mean(1))


class Images(nn.Module):
    def __init__(self, n: int = 64, padding: int = 1) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(3, n, 3, padding=padding)
        self.c2 = nn.Conv2d(n, 2 * n, 2, stride=2)
        self.fc = nn.Linear(2 * n, 2)

    def forward(self, x):
        x = F.relu(self.c2(F.relu(self.c1(x))))
        return self.fc(x.mean((2, 3)))


class Series(nn.Module):
    def __init__(self, n: int = 64) -> None:
        super().__init__()
        self.c1 = nn.Conv1d(3, n, 3)
        self.c2 = nn.Conv1d(n, n, 3, bias=False)
        self.fc = nn.Linear(n, 1)

    def forward(self, x):
        x = F.leaky_relu(self.c1(x), 0.1)
        x = F.max_pool1d(torch.sigmoid(self.c2(x)), 2)
        return self.fc(x[..., 0])


class Grouped(nn.Module):
    """Groups of channels, channels by themselves, and a transposed convolution."""

    def __init__(self, n: int = 64) -> None:
        super().__init__()
        self.c1 = nn.Conv1d(3, n, 2)
        self.c2 = nn.Conv1d(n, n, 2, groups=2)
        self.c3 = nn.Conv1d(n, n, 2, groups=n)
        self.c4 = nn.ConvTranspose1d(n, n, 2, stride=2)
        self.norm = nn.GroupNorm(4, n)
        self.fc = nn.Linear(n, 1)

    def forward(self, x):
        x = self.norm(F.relu(self.c2(F.relu(self.c1(x)))))
        x = F.relu(self.c4(self.c3(x)))
        return self.fc(F.avg_pool1d(x, 2).mean(2))


class Tied(nn.Module):
    def __init__(self, n: int = 64) -> None:
        super().__init__()
        self.emb = nn.Embedding(6, n)
        self.mix = nn.Linear(n, n)
        self.n = n

    def forward(self, tokens):
        x = F.relu(self.mix(self.emb(tokens).sum(1)))
        return F.linear(x, self.emb.weight) / self.n


class MuReadout(nn.Linear):
    def __init__(self, n: int, k: int, base: int) -> None:
        super().__init__(n, k, bias=False)
        self.base = base

    def forward(self, x):
        return super().forward(2.0 * x / (x.shape[-1] / self.base))


class BatchNormed(nn.Module):
    def __init__(self, n: int = 64) -> None:
        super().__init__()
        self.a, self.bn, self.b = nn.Linear(4, n), nn.BatchNorm1d(n), nn.Linear(n, 1)

    def forward(self, x):
        return self.b(F.relu(self.bn(self.a(x))))


class Concat(nn.Module):
    def __init__(self, n: int = 64) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(3, n), nn.Linear(n, 2 * n)
        self.c, self.o = nn.Linear(3 * n, n), nn.Linear(n, 1)

    def forward(self, x):
        s = F.relu(self.a(x))
        u = F.relu(self.b(s))
        return self.o(F.softplus(self.c(torch.cat([u, s], -1))))


class LoRA(nn.Module):
    def __init__(self, n: int = 64, merged: bool = False) -> None:
        super().__init__()
        self.inp, self.w, self.out = nn.Linear(4, n), nn.Linear(n, n), nn.Linear(n, 1)
        self.A = nn.Parameter(torch.randn(2, n) / n**0.5)
        self.B = nn.Parameter(torch.zeros(n, 2))
        self.w.weight.requires_grad_(False)
        self.merged = merged

    def forward(self, x):
        x = F.relu(self.inp(x))
        if self.merged:
            return self.out(F.relu(F.linear(x, self.w.weight + 0.5 * self.B @ self.A)))
        return self.out(F.relu(self.w(x) + F.linear(F.linear(x, self.A), self.B)))


class Film(nn.Module):
    """A gain of layers (LayerScale), and data that scales features (FiLM)."""

    def __init__(self, n: int = 64) -> None:
        super().__init__()
        self.a, self.g, self.w = nn.Linear(3, n), nn.Linear(2, n), nn.Linear(n, n)
        self.gamma = nn.Parameter(1e-1 * torch.ones(n))
        self.out = nn.Linear(n, 1)

    def forward(self, x, z):
        x = F.relu(self.a(x)) * self.g(z)
        return self.out((x + self.gamma * self.w(x)) * z[:, :1])


class Encoder(nn.Module):
    def __init__(self, n: int = 64, layers: int = 1) -> None:
        super().__init__()
        self.inp = nn.Linear(4, n)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(n, 2, 2 * n, batch_first=True) for _ in range(layers)
        )
        self.out = nn.Linear(n, 1)

    def forward(self, x):
        x = self.inp(x)
        for layer in self.layers:
            x = layer(x)
        return self.out(x)


class RMSNorm(nn.Module):
    def __init__(self, n: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(n))

    def forward(self, x):
        return self.weight * x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


class Bilinear(nn.Module):
    def __init__(self, n: int = 64) -> None:
        super().__init__()
        self.b, self.w, self.out = nn.Bilinear(2, 3, n), nn.Bilinear(2, n, n), nn.Linear(n, 1)

    def forward(self, x, y):
        return self.out(torch.tanh(self.w(x, torch.tanh(self.b(x, y)))))


class LossInside(nn.Module):
    """A module that gives its loss alone, of an output and a target."""

    def __init__(self, n: int = 64) -> None:
        super().__init__()
        self.net = MLP(n, depth=2)

    def forward(self, x, y):
        return F.mse_loss(self.net(x), y)


def weight_normed(n: int) -> nn.Module:
    normed = nn.utils.parametrizations.weight_norm(nn.Linear(n, n))
    return nn.Sequential(nn.Linear(4, n), nn.Tanh(), normed, nn.ReLU(), nn.Linear(n, 1))


ACTIVATIONS = {
    "relu": nn.ReLU(), "tanh": nn.Tanh(), "sigmoid": nn.Sigmoid(), "gelu": nn.GELU(),
    "gelu_tanh": nn.GELU("tanh"), "silu": nn.SiLU(), "elu": nn.ELU(0.5), "selu": nn.SELU(),
    "celu": nn.CELU(1.0), "softplus": nn.Softplus(2.0), "softsign": nn.Softsign(),
    "mish": nn.Mish(), "hardtanh": nn.Hardtanh(), "hardswish": nn.Hardswish(),
    "hardsigmoid": nn.Hardsigmoid(), "relu6": nn.ReLU6(), "leaky_relu": nn.LeakyReLU(0.2),
    "logsigmoid": nn.LogSigmoid(), "tanhshrink": nn.Tanhshrink(), "threshold": nn.Threshold(0.1, 0),
    "hardshrink": nn.Hardshrink(), "softshrink": nn.Softshrink(),
}  # fmt: skip


def activations(n: int) -> nn.Module:
    """Every activation of torch, one after the other."""
    layers: list[nn.Module] = [nn.Linear(4, n)]
    for activation in ACTIVATIONS.values():
        layers += [activation, nn.Linear(n, n, bias=False)]
    return nn.Sequential(*layers[:-1], nn.Linear(n, 1))


CASES = {
    "mlp": Case(lambda n: MLP(n), ((1, 5),)),
    "residual": Case(lambda n: Residual(n), ((1, 5),)),
    "gru_cell": Case(lambda n: GRUSteps(n), ((1, 3, 4),)),
    "rnn": Case(lambda n: Recurrent(nn.RNN, n, 2), ((1, 3, 3),)),
    "gru": Case(lambda n: Recurrent(nn.GRU, n), ((1, 3, 3),)),
    "lstm": Case(lambda n: Recurrent(nn.LSTM, n), ((1, 4, 3),)),
    "attention": Case(lambda n: Block(n, blocks=2), ((1, 3, 4),)),
    "heads": Case(lambda n: Block(n, heads=4), ((1, 3, 4),)),
    "causal": Case(lambda n: Block(n, causal=True), ((1, 3, 4),)),
    "causal_blocks": Case(lambda n: Block(n, heads=2, causal=True, blocks=3), ((1, 3, 4),)),
    "sdpa": Case(lambda n: Block(n, heads=2, causal=True, sdpa=True), ((1, 3, 4),)),
    "encoder": Case(lambda n: Encoder(n, 2), ((1, 2, 4),), options={"base": 16}),
    "images": Case(lambda n: Images(n), ((1, 3, 4, 4),)),
    "series": Case(lambda n: Series(n), ((1, 3, 6),)),
    "grouped": Case(lambda n: Grouped(n), ((1, 3, 4),)),
    "flattened": Case(
        lambda n: nn.Sequential(
            nn.Conv1d(2, n, 2), nn.ReLU(), nn.Flatten(), nn.Linear(3 * n, 1)
        ),
        ((1, 2, 4),),
    ),
    "unflattened": Case(
        lambda n: nn.Sequential(
            nn.Linear(4, 3 * n), nn.ReLU(), nn.Unflatten(1, (n, 3)), nn.Conv1d(n, 1, 2)
        )
    ),
    "tied": Case(lambda n: Tied(n), ((1, 2),), tokens=6),
    "mup": Case(
        lambda n: nn.Sequential(
            nn.Linear(4, n), nn.ReLU(), nn.Linear(n, n), nn.ReLU(), MuReadout(n, 1, 16)
        )
    ),
    "batch_norm": Case(lambda n: BatchNormed(n), ((3, 4),), options={"train": True}),
    "batch_norm_eval": Case(lambda n: BatchNormed(n)),
    "concat": Case(lambda n: Concat(n), ((1, 3),)),
    "lora": Case(lambda n: LoRA(n)),
    "lora_merged": Case(lambda n: LoRA(n, merged=True)),
    "film": Case(lambda n: Film(n), ((1, 3), (1, 2))),
    "rms_norm": Case(lambda n: between(n, nn.Sequential(nn.ReLU(), RMSNorm(n)))),
    "torch_rms_norm": Case(lambda n: between(n, nn.Sequential(nn.ReLU(), nn.RMSNorm(n)))),
    "group_norm": Case(lambda n: between(n, nn.Sequential(nn.GroupNorm(1, n), nn.ReLU()))),
    "normalize": Case(
        lambda n: Function(
            lambda m, x: m.out(F.normalize(F.relu(m.inp(x)), dim=-1) * x.new_full((), 2.0)),
            inp=nn.Linear(4, n), out=nn.Linear(n, 1),
        )
    ),
    "prelu": Case(
        lambda n: nn.Sequential(nn.Linear(4, n), nn.PReLU(n), nn.Linear(n, n), nn.PReLU(),
                                nn.Linear(n, 1))
    ),
    "weight_norm": Case(weight_normed),
    "bilinear": Case(lambda n: Bilinear(n), ((1, 2), (1, 3))),
    "activations": Case(activations),
    "softmax_output": Case(
        lambda n: nn.Sequential(nn.Linear(4, n), nn.ReLU(), nn.Linear(n, 3), nn.LogSoftmax(-1))
    ),
    "cross_entropy": Case(lambda n: MLP(n, k=3), ((1, 5),), options={"loss": "cross_entropy"}),
    "mse": Case(lambda n: MLP(n), ((1, 5),), options={"loss": "mse"}),
    "loss_inside": Case(lambda n: LossInside(n), ((1, 5), (1, 2))),
}  # fmt: skip
