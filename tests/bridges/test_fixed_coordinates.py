"""Coordinates of a fixed size that are told apart, and parameters that hold several matrices."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812 (as everyone writes it)
from bridges.cases import Case, Function, between
from torch import nn

import tpgraph as tp

OFFSETS = torch.tensor([0.5, -1.0, 2.0, 0.25])


def layers(n, outputs=1):
    return {"inp": nn.Linear(4, n), "out": nn.Linear(n, outputs)}


def contracted(equation, *shape):
    """A factory of a product by all matrices of one parameter, as einsum writes it."""

    def make(n):
        sizes = [n if size is None else size for size in shape]
        W = nn.Parameter(torch.randn(*sizes) / n**0.5)
        return Function(
            lambda m, x: m.out(F.relu(torch.einsum(equation, F.relu(m.inp(x)), m.W)).mean(1)),
            **layers(n), W=W,
        )  # fmt: skip

    return make


CASES = {
    "standardized": Case(
        lambda n: Function(lambda m, x: m.out(F.relu(m.inp((x - OFFSETS) / 2))), **layers(n))
    ),
    "standardized_channels": Case(
        lambda n: Function(
            lambda m, x: m.out(F.relu(m.conv(x * OFFSETS[:2, None])).mean(2)),
            conv=nn.Conv1d(2, n, 2, padding=1, stride=2), out=nn.Linear(n, 1),
        ),
        ((1, 2, 3),),
    ),
    "scaled_outputs": Case(
        lambda n: Function(lambda m, x: m.out(F.relu(m.inp(x))) * OFFSETS[1:], **layers(n, 3))
    ),
    "largest_output": Case(
        lambda n: Function(lambda m, x: m.out(F.relu(m.inp(x))).amax(-1), **layers(n, 3))
    ),
    "logsumexp": Case(
        lambda n: Function(lambda m, x: m.out(F.relu(m.inp(x))).logsumexp(-1), **layers(n, 3))
    ),
    "softplus": Case(lambda n: between(n, nn.Softplus(3.0, threshold=1.0))),
    "blocks": Case(contracted("bi,eoi->beo", 2, None, None)),
    "entries": Case(contracted("bi,ioe->beo", None, None, 2)),
    "between": Case(contracted("bi,oei->beo", None, 2, None)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_program_is_the_module(name):
    case = CASES[name]
    i = tp.from_torch(case.make, case.example(), n=16)
    module, example = case.module(24, seed=1), case.example(2)
    found = tp.compile(i.program).forward(tp.copy_weights(module, i), *i.data(*example))
    parts = list(found.values()) if isinstance(found, dict) else [found]
    wanted = module(*example).detach().numpy().ravel()
    got = np.concatenate([np.asarray(part).ravel() for part in parts])
    assert np.abs(got - wanted).max() < 1e-12 * np.abs(wanted).max()


def test_numbers_that_differ_over_a_width_are_refused():
    def make(n):
        ramp = torch.arange(n, dtype=torch.float64)
        return Function(lambda m, x: m.out(m.inp(x) * ramp), **layers(n))

    with pytest.raises(tp.TPError, match="numbers that differ meet"):
        tp.from_torch(make, torch.randn(1, 4), n=16)


def test_a_skip_into_a_fixed_readout_is_refused_with_its_module():
    def make(n):
        joined = nn.Linear(n + 4, 1)
        return Function(lambda m, x: m.out(torch.cat([x, F.relu(m.inp(x))], -1)),
                        inp=nn.Linear(4, n), out=joined)  # fmt: skip

    with pytest.raises(tp.TPError, match=r"out.weight leads from 4 to 1, both fixed \(in"):
        tp.from_torch(make, torch.randn(1, 4), n=16)


@pytest.mark.parametrize(
    ("layer", "message", "mend"),
    [
        (lambda n: nn.GroupNorm(n // 4, n), "number of groups", "InstanceNorm"),
        (lambda n: nn.utils.weight_norm(nn.Linear(n, n)), "cannot be copied", "parametrizations"),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_layers_that_are_refused_say_what_to_use(layer, message, mend):
    with pytest.raises(tp.TPError, match=message) as caught:
        tp.from_torch(lambda n: between(n, layer(n)), torch.randn(1, 4), n=16)
    assert mend in (caught.value.mend or "")
