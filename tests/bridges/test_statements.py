"""Equations are divided where the source of a module keeps a value under a name."""

import torch
from bridges.forms import outputs, relative

import tpgraph as tp


class ByHand(torch.nn.Module):
    """A gated cell and a layer normalization, each value under a name."""

    def __init__(self, n):
        super().__init__()
        self.inp = torch.nn.Linear(4, n, bias=False)
        self.gate = torch.nn.Linear(n, n, bias=False)
        self.mix = torch.nn.Linear(n, n, bias=False)
        self.out = torch.nn.Linear(n, 1, bias=False)

    def forward(self, x):
        h = self.inp(x)
        mean = h.mean(-1, keepdim=True)
        var = ((h - mean) ** 2).mean(-1, keepdim=True)
        u = (h - mean) / torch.sqrt(var + 1e-5)
        r = torch.sigmoid(self.gate(u))
        c = torch.tanh(self.mix(r * u))
        s = (1 - r) * u + r * c
        return self.out(s)


class InOneLine(ByHand):
    """The same without names."""

    def forward(self, x):
        x = self.inp(x)
        x = torch.nn.functional.layer_norm(x, x.shape[-1:])
        r = torch.sigmoid(self.gate(x))
        return self.out((1 - r) * x + r * torch.tanh(self.mix(r * x)))


class OneAfterTheOther(ByHand):
    """Layers in a loop, a name that is replaced at once."""

    def forward(self, x):
        x = self.inp(x)
        for layer in (self.gate, self.mix):
            x = layer(x)
            x = torch.tanh(x)
        return self.out(x)


def body(kind):
    i = tp.from_torch(kind, torch.randn(1, 4), n=16)
    module, x = kind(24).double(), torch.randn(2, 4, dtype=torch.float64)
    found = tp.compile(i.program).forward(tp.copy_weights(module, i), *i.data(x))
    assert relative(outputs(found), outputs(module(x))) < 1e-12
    return [line.partition("  #")[0].strip() for line in i.text.split("\n\n")[-2].splitlines()]


def test_what_has_a_name_is_an_equation():
    assert body(ByHand) == [
        "h = inp x",
        "a[1] = mean(h)",
        "a[2] = mean((h - a[1])^2)",
        "z[1] = (h - a[1]) / sqrt(a[2] + 1e-05)",
        "z[2] = sigmoid(gate z[1])",
        "z[3] = z[2] * z[1]",
        "z[4] = tanh(mix z[3])",
        "z[5] = (1 - z[2]) * z[1] + z[2] * z[4]",
        "f = out z[5]",
    ]


def test_what_has_none_stands_where_it_is_read():
    text = "\n".join(body(InOneLine))
    assert "tanh(mix " in text
    assert text.count("tanh") == 1
    assert " * tanh(mix " in text


def test_a_name_that_is_replaced_at_once_is_none():
    assert len(body(OneAfterTheOther)) == 3
