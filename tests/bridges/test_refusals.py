"""What is no Tensor Program is refused with module, operation, line of the source and a mend."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (as everyone writes it)
from bridges.cases import Function
from bridges.models import MLP, Block
from torch import nn

import tpgraph as tp


class Deep(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.inp = nn.Linear(3, n)
        self.layers = nn.ModuleList(nn.Linear(n, n) for _ in range(n // 16))

    def forward(self, x):
        x = self.inp(x)
        for layer in self.layers:
            x = torch.relu(layer(x))
        return x


class Buffered(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.inp = nn.Linear(3, n)
        self.register_buffer("ramp", torch.arange(n, dtype=torch.float64))

    def forward(self, x):
        return self.inp(x) * self.ramp


class Shared(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.inp = nn.Linear(3, n)
        self.inner = Inner(n)

    def forward(self, x):
        return self.inner(self.inp(x))


class Inner(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.out = nn.Linear(n, 2)

    def forward(self, x):
        gram = x.unsqueeze(2) @ x.unsqueeze(1)
        return self.out((gram @ x.unsqueeze(2))[..., 0])


class Decaying(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.inp = nn.Linear(3, n)

    def forward(self, x):
        with torch.no_grad():
            self.inp.weight.mul_(0.9)
        return self.inp(x).mean(-1)


def linear(run, d=3, **layers):
    return lambda n: Function(run, inp=nn.Linear(d, n), **{k: v(n) for k, v in layers.items()})


def filled(fill):
    """A network whose n × n matrix is filled so."""

    def make(n):
        module = nn.Sequential(nn.Linear(3, n), nn.Linear(n, n), nn.Linear(n, 1))
        fill(module[1].weight)
        return module

    return make


REFUSED = {
    "fixed_fixed": (
        lambda n: nn.Sequential(nn.Linear(3, n), nn.ReLU(), nn.Linear(n, 10), nn.Linear(10, 1)),
        "leads from 10 to 1, both fixed", "let one of the two grow", None,
    ),
    "mixer": (
        linear(lambda m, x: m.mix(m.inp(x).transpose(1, 2)), mix=lambda n: nn.Linear(4, 4)),
        "a trained matrix between two fixed", "axis of the features", "mix",
    ),
    "matrix_of_activations": (Shared, "a matrix is made of activations|vectors lie along different",
                              "parameter lead|matrix lead", "inner"),
    "heads_grow": (
        lambda n: Block(n, heads=n // 8),
        "the number of heads grows|two axes that grow", "number of heads fixed",
        "forward",
    ),
    "depth": (Deep, "computes differently at two widths", "sizes alone", None),
    "values": (
        linear(lambda m, x: m.inp(x) * 2 if float(x.sum()) > 0 else m.inp(x)),
        "cannot follow the module", "not on values", None,
    ),
    "unequal_buffer": (Buffered, "ramp holds unequal numbers", "parameter", "forward"),
    "unknown": (linear(lambda m, x: torch.dist(m.inp(x), 2 * m.inp(x))),
                "no rule for the operation", "other operations", "forward"),
    "singular_values": (linear(lambda m, x: torch.linalg.svdvals(m.inp(x)[:, :, None] * 1.0)),
                        "matrix as a whole", "products with vectors", "forward"),
    "middle": (linear(lambda m, x: m.inp(x) - m.inp(x).median(-1, keepdim=True)[0]),
               "order of its entries", "mean over coordinates", "forward"),
    "frequencies": (linear(lambda m, x: torch.fft.fft(m.inp(x)).real), "by their positions",
                    "axis of fixed size", "forward"),
    "number": (linear(lambda m, x: m.inp(x) * m.inp(x).mean().item()), "takes a number out",
               "keep it a tensor", "forward"),
    "steps": (linear(lambda m, x: torch.floor(m.inp(x))), "infinitely many places", "step",
              "forward"),
    "no_function": (linear(lambda m, x: torch.lgamma(m.inp(x).abs() + 1)), "language does not have",
                    "tpgraph guide language", "forward"),
    "largest": (linear(lambda m, x: m.inp(x).amax(-1)), "largest coordinate", "softmax", "forward"),
    "sorted": (linear(lambda m, x: torch.sort(m.inp(x)).values), "order of its entries",
               "mean over", "forward"),
    "softmax_of_width": (
        linear(lambda m, x: torch.log_softmax(m.inp(x), -1)), "grows with the width", "freeze",
        "forward",
    ),
    "one_coordinate": (linear(lambda m, x: m.inp(x)[:, 0]), "one coordinate", "layer of its own",
                       "forward"),
    "attention": (lambda n: Block(n, mup=False), "factor n\\^1/2 is left", "--base N", "forward"),
    "variance": (linear(lambda m, x: m.inp(x) / m.inp(x).std(-1, keepdim=True)),
                 "n/\\(n − 1\\)", "correction=0", "forward"),
    "group_count": (
        lambda n: nn.Sequential(nn.Conv1d(3, n, 1), nn.Conv1d(n, n, 1, groups=n // 2)),
        "number of groups|differently at two widths", "fixed|sizes alone", None,
    ),
    "size_plus_one": (
        lambda n: nn.Sequential(nn.Linear(3, n), nn.Linear(n, n + 1), nn.Linear(n + 1, 1)),
        "no multiple of the width", "multiples of the width", None,
    ),
    "log_width": (linear(lambda m, x: m.inp(x) * np.log(m.inp.weight.shape[0])),
                  "depends on the width like", "power of a width", "forward"),
    "outer": (linear(lambda m, x: m.inp(x)[:, :, None] * m.inp(x)[:, None, :]),
              "different axes|outer product", "matrix lead", "forward"),
    "dropout": (lambda n: nn.Sequential(nn.Linear(3, n), nn.Dropout(0.5), nn.Linear(n, 1)),
                "draws at random", "evaluation", "1"),
    "random": (linear(lambda m, x: m.inp(x) + torch.randn_like(m.inp(x))), "draws at random",
               "argument of forward", "forward"),
    "weight_norm_of_all": (
        lambda n: nn.Sequential(
            nn.Linear(3, n), nn.utils.parametrizations.weight_norm(nn.Linear(n, n), dim=None),
        ),
        "has two widths and is used coordinatewise", "product with a vector", None,
    ),
    "weight_norm_in_groups": (
        lambda n: nn.utils.parametrizations.weight_norm(nn.Conv1d(4, n, 2, groups=2)),
        "kernel is made of vectors, in groups", "convolutions of their own", None,
    ),
    "weight_norm_without_width": (
        lambda n: nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)),
                                nn.Linear(2, n)),
        "which has no width", "grow with the width", None,
    ),
    "wide_bilinear": (
        linear(lambda m, x: m.b(m.inp(x), m.inp(x)), b=lambda n: nn.Bilinear(n, n, 2)),
        "bilinear in two vectors", "fixed size", "b",
    ),
    "written_over": (Decaying, "writes over the parameter inp.weight", "changed copy", None),
    "whole_numbers": (linear(lambda m, x: m.inp(x).int() * 1.0), "are taken for int32",
                      "conditions are written as", "forward"),
    "running_sum": (linear(lambda m, x: torch.cumsum(m.inp(x), -1)), "running sum", "other",
                    "forward"),
    "text": (linear(lambda m, x: "text"), "gives out a str", "tensors", None),
    "nothing": (linear(lambda m, x: None), "gives nothing out", "return", None),
    "mixed_use": (linear(lambda m, x: m.inp(x).sum() + m.inp.weight.sum()),
                  "inp.weight is read as a matrix and as vectors", "two parameters", None),
    "square_of_width": (
        lambda n: nn.Sequential(nn.Linear(3, n), nn.Linear(n, n * n)),
        "a size of 1.weight is .* no multiple", "multiples of the width", None,
    ),
    "input_width": (
        lambda n: nn.Linear(n, n), "does not take the example", "give arguments that it takes",
        None,
    ),
    "constant_matrix": (filled(lambda w: nn.init.constant_(w, 0.01)), "start with the mean 0.01",
                        "mean 0", None),
    "identity": (filled(nn.init.eye_), "matrix 1.weight start with the mean", "x + W x", None),
    "positive_matrix": (filled(lambda w: nn.init.uniform_(w, 0, 1 / w.shape[1])),
                        "start with the mean", "mean 0", None),
    "equality": (linear(lambda m, x: m.inp(x) * (m.inp(x) == 0.5)), "compared for equality",
                 "by > or <", "forward"),
    "no_module": (lambda n: 3, "the factory gives a int", "lambda n: Model", None),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_place_and_mend(name):
    make, message, mend, where = REFUSED[name]
    shape = (1, 4, 3) if name in ("mixer", "attention", "heads_grow") else (1, 3)
    shape = (1, 4, 3) if name == "weight_norm_in_groups" else shape
    shape = (1, 3, 4) if name in ("group_count", "attention", "heads_grow") else shape
    with pytest.raises(tp.TPError) as caught:
        tp.from_torch(make, torch.randn(shape), n=32, train=name == "dropout")
    error = caught.value
    assert re.search(message, error.message)
    assert any(part in (error.mend or "") for part in mend.split("|"))
    if where is not None:
        assert f"(in {where}" in error.message or f"in [{where}]" in error.message
        assert "operation" in error.message
    if where == "forward":
        assert error.span is not None
        assert error.span.source.name.endswith((".py",))
        assert "tests" in error.span.source.name


def test_the_place_is_the_line_of_the_users_source():
    with pytest.raises(tp.TPError) as caught:
        tp.from_torch(Buffered, torch.randn(1, 3), n=32)
    assert "return self.inp(x) * self.ramp\n" in str(caught.value)
    assert "test_refusals.py" in str(caught.value)


def test_attention_frozen_at_a_base():
    i = tp.from_torch(lambda n: Block(n, mup=False), torch.randn(1, 3, 4), n=16, base=32)
    torch.manual_seed(0)
    module, x = Block(32, mup=False).double(), torch.randn(1, 3, 4, dtype=torch.float64)
    found = tp.compile(i.program).forward(tp.copy_weights(module, i), *i.data(x))
    assert np.abs(found - module(x).detach().numpy()).max() < 1e-12
    assert "frozen at its value at n = 32" in i.text


def test_wrong_choices_are_refused():
    x = torch.randn(1, 5)
    for options, message in (
        ({"parametrization": "own"}, "unknown parametrization"),
        ({"loss": "hinge"}, "unknown loss"),
        ({"n": 1}, "too small"),
        ({"base": 1}, "too small"),
    ):
        with pytest.raises(tp.TPError, match=message):
            tp.from_torch(lambda n: MLP(n), x, **{"n": 16, **options})
    with pytest.raises(tp.TPError, match="no argument z"):
        tp.from_torch(lambda n: MLP(n), {"z": x}, n=16)


def test_weights_of_another_module_are_refused():
    i = tp.from_torch(lambda n: MLP(n, depth=2), torch.randn(1, 5), n=16)
    with pytest.raises(tp.TPDataError, match="has a size 3, not 2"):
        tp.copy_weights(MLP(16, k=3, depth=2), i)
    with pytest.raises(tp.TPDataError, match="no parameter"):
        tp.copy_weights(nn.Linear(3, 3), i)
    with pytest.raises(tp.TPDataError, match="has the shape"):
        i.data(torch.randn(1, 6))
    assert F.relu(torch.ones(1)) == 1


@pytest.mark.parametrize("made", [nn.Linear(3, 4), 5])
def test_a_module_in_place_of_its_factory_is_told(made):
    with pytest.raises(tp.TPError) as caught:
        tp.from_torch(made, np.zeros((1, 3)))
    assert "a function of the width" in caught.value.expected
    assert "lambda n: " in caught.value.mend
