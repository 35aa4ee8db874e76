"""Imported programs against the modules themselves: values, gradients, texts, limits."""

import re

import numpy as np
import pytest
import torch
from bridges.forms import form, outputs, relative
from bridges.models import MLP, Block
from bridges.registry import CASES, imported, seldom, with_target

import tpgraph as tp

NAMES = list(CASES)
NETWORKS = [name for name in NAMES if "loss" not in CASES[name].options and name != "loss_inside"]


def widths(name):
    """Where an import is the module: at every width, or where factors were frozen."""
    return (CASES[name].options["base"],) if "base" in CASES[name].options else (16, 24)


def arguments(i, example):
    """Data and targets of the program."""
    return i.data(*example)


@pytest.mark.parametrize("name", NETWORKS)
def test_forward_is_the_modules(name):
    i, case = imported(name), CASES[name]
    compiled = tp.compile(i.program)
    for n in widths(name):
        module, example = case.module(n, seed=n), case.example(n)
        params = tp.copy_weights(module, i)
        assert relative(outputs(compiled.forward(params, *i.data(*example))),
                        outputs(module(*example))) < 1e-12  # fmt: skip


@pytest.mark.parametrize("name", ["mse", "cross_entropy", "loss_inside"])
def test_losses_and_gradients_are_autograds(name):
    i, case = imported(name), CASES[name]
    for n in (16, 24):
        module = case.module(n)
        example, loss = with_target(name, module, case.example(1))
        loss.backward()
        value, grads = tp.compile(i.program).backward(tp.copy_weights(module, i), *i.data(*example))
        assert value == pytest.approx(loss.item(), rel=1e-12)
        assert_gradients(module, i, grads)


def assert_gradients(module, i, grads):
    """Every gradient is that of the module's parameter, which is written over by it."""
    wanted = {k: p.grad.clone() for k, p in module.named_parameters() if p.grad is not None}
    starts = {piece.name: float(piece.law.constant) for piece in i.pieces}
    flat = {k: g - starts[k] for k, g in grads.items()}
    frozen = {piece.name for piece in i.pieces if not piece.param.trained}
    whole = tp.copy_weights(module, i)
    before = {k: p.detach().clone() for k, p in module.named_parameters()}
    tp.copy_weights(module, i, {**whole, **flat})
    assert frozen.isdisjoint(grads)
    found = {k: p.detach() for k, p in module.named_parameters()}
    for piece in {piece.param.name: piece for piece in i.pieces if piece.param.normalized}.values():
        through_norms(piece, before, found)
    for k, gradient in wanted.items():
        scale = max(gradient.abs().max().item(), 1e-6)
        assert (found[k] - gradient).abs().max().item() < 1e-11 * scale, k


def through_norms(piece, before, found):
    """Gradients of w = c v / |v| and of its gain, whose norms went over, as those of v and g."""
    axis, gain = piece.param.normalized.axis, piece.param.normalized.gain
    v, w = before[piece.param.name], found[piece.param.name]
    others = [k for k in range(v.dim()) if k != axis]
    size = (v**2).sum(others, True).sqrt()
    found[gain] = found[gain] * piece.norm / (w**2).sum(others, True).sqrt().clamp(min=1e-300)
    along = (w * v).sum(others, True) / size**2 * v
    found[piece.param.name] = piece.norm / size * (w - along)


DIFFERENTIATED = [name for name in NETWORKS if name not in ("batch_norm", "encoder")]


@pytest.mark.parametrize("name", DIFFERENTIATED)
def test_gradients_of_every_parameter_are_autograds(name):
    """With a loss (1/2) Σ (f − y)² put behind the text."""
    i, case = imported(name), CASES[name]
    outs = [v.name for v in i.program.outputs]
    target = "".join(f"target y{k} : {i.program.variables[o].dim}\n" for k, o in enumerate(outs)
                     if i.program.variables[o].is_vector)  # fmt: skip
    if not target:
        assert all(i.program.variables[name].is_scalar for name in outs)
        return
    names = [f"y{k}" for k, o in enumerate(outs)]
    terms = " + ".join(f"mean(({o} - {y})^2)" for o, y in zip(outs, names, strict=True))
    program = tp.parse(i.text + target + f"loss {terms}\n")
    module, example = case.module(16), case.example(2)
    found = module(*example)
    sizes = [1 if v.is_scalar else v.dim.size({}) for v in i.program.outputs]
    parts = found if isinstance(found, tuple) else found.reshape(-1).split(sizes)
    flat = [part.reshape(-1) for part in parts]
    ys = [torch.randn(part.shape, dtype=torch.float64) for part in flat]
    loss = sum(((f - y) ** 2).mean() for f, y in zip(flat, ys, strict=True))
    loss.backward()
    given = [y.numpy()[None] for y in ys]
    value, grads = tp.compile(program).backward(
        tp.copy_weights(module, i), *i.data(*example), *given
    )
    assert value == pytest.approx(loss.item(), rel=1e-12)
    assert_gradients(module, i, grads)


@pytest.mark.parametrize("name", ["mlp", "attention", "lstm", "images", "mse"])
def test_samples_come_along_the_first_axis(name):
    i, case = imported(name), CASES[name]
    if "loss" in case.options:
        return
    module, example = case.module(16), case.example(3, samples=4)
    params = tp.copy_weights(module, i)
    found = tp.compile(i.program).forward(params, *i.data(*example))
    assert relative(outputs(found), outputs(module(*example))) < 1e-12


@pytest.mark.parametrize("name", ["mlp", "lstm", "heads", "flattened", "tied", "unflattened"])
def test_weights_come_back(name):
    i, case = imported(name), CASES[name]
    first, second = case.module(24, seed=1), case.module(24, seed=2)
    params = tp.copy_weights(first, i)
    tp.copy_weights(second, i, params)
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("name", seldom("activations", "functions", "encoder", "sdpa", "heads"))
def test_rolled_text_is_the_program_of_the_unrolled(name):
    rolled, flat = imported(name), imported(name, roll=False)
    assert form(rolled.program) == form(flat.program)
    assert not re.search(r"^ *for ", flat.text, re.M)
    assert len(rolled.text.splitlines()) <= len(flat.text.splitlines())


def test_the_form_of_a_program_tells_programs_apart():
    text = imported("residual").text
    assert form(tp.parse(text)) == form(tp.parse(text.replace("z[l]", "zz[l]")))
    assert form(tp.parse(text)) != form(tp.parse(text.replace("norms_b[l]", "norms_b[1]")))


def test_a_text_that_a_person_would_write():
    text = imported("mlp").text
    assert "for l in 1..3:\n    h[l] = relu(hidden[l] h[l-1] + hidden_b[l])" in text
    assert "param hidden[1..3]   : n × n ~ N(0, 1/3)" in text
    attention = imported("attention").text
    assert "sum(exp(a[l,i,k] - s[l,i]) * o[l,k] for k in 1..3)" in attention
    assert "# norm[*]" in attention
    assert "for l in 1..3:" in imported("causal_blocks").text


@pytest.mark.parametrize("parametrization", ["ntk", "mup"])
def test_parametrizations_divide_by_their_multipliers(parametrization):
    i = tp.from_torch(lambda n: MLP(n, depth=2), torch.randn(1, 5), n=16,
                      parametrization=parametrization)  # fmt: skip
    assert i.program.parametrization.name == parametrization
    for n in (16, 24):
        torch.manual_seed(n)
        module, x = MLP(n, depth=2).double(), torch.randn(2, 5, dtype=torch.float64)
        params = tp.copy_weights(module, i)
        layer = module.hidden[0] if parametrization == "ntk" else module.inp
        name = "hidden" if parametrization == "ntk" else "inp"
        ratio = layer.weight.detach().numpy().std() / params[name].std()
        d = n if parametrization == "ntk" else 5 / n
        assert ratio == pytest.approx(d**-0.5, rel=1e-9)
        found = tp.compile(i.program).forward(params, *i.data(x))
        assert relative(outputs(found), outputs(module(x))) < 1e-12


def test_a_batch_of_the_width_is_no_width():
    i = tp.from_torch(lambda n: MLP(n, depth=2), torch.randn(16, 5), n=16)
    assert "data  x[1..16] : 5" in i.text
    assert "for i in 1..16:" in i.text


def test_several_widths_by_name():
    class Two(torch.nn.Module):
        def __init__(self, n, m):
            super().__init__()
            self.a, self.b = torch.nn.Linear(3, n), torch.nn.Linear(n, m)
            self.c = torch.nn.Linear(m, 1)

        def forward(self, x):
            return self.c(torch.relu(self.b(torch.relu(self.a(x)))))

    i = tp.from_torch(Two, torch.randn(1, 3), n={"n": 16, "m": 24})
    assert "width m = 3/2 n" in i.text
    module, x = Two(n=32, m=48).double(), torch.randn(1, 3, dtype=torch.float64)
    found = tp.compile(i.program).forward(tp.copy_weights(module, i), *i.data(x))
    assert relative(outputs(found), outputs(module(x))) < 1e-12


def empirical(case, n, X, seeds):
    """The mean NTK and output products of a module's fresh initializations, by autograd."""
    kernels, products = [], []
    for seed in range(seeds):
        torch.manual_seed(1000 + seed)
        module = case.make(n).double().eval()
        rows, values = [], []
        for x in X:
            out = module(*x)
            module.zero_grad()
            out.sum().backward()
            rows.append(torch.cat([p.grad.ravel() for p in module.parameters()
                                   if p.grad is not None]))  # fmt: skip
            values.append(out.detach().reshape(-1)[:1])
        J, f = torch.stack(rows), torch.cat(values)
        kernels.append(J @ J.T)
        products.append(torch.outer(f, f))
    return (torch.stack(kernels).mean(0).numpy(), torch.stack(products).mean(0).numpy())


@pytest.mark.parametrize(
    ("name", "n", "tolerance"),
    [("residual", 192, 0.12), ("concat", 256, 0.1), ("rms_norm", 512, 0.12)],
)
def test_the_limit_kernel_is_where_the_modules_go(name, n, tolerance):
    """The NTK of standard networks grows like n: the modules' own, over n, beside the limit."""
    i, case = imported(name), CASES[name]
    X = [case.example(seed) for seed in range(3)]
    data = {}
    for d, column in zip(i.program.data, zip(*(i.data(*x) for x in X), strict=True), strict=True):
        data[d.variable.name] = np.concatenate(column)
    limit = tp.kernel(i.program, data)
    ntk, _ = empirical(case, n, X, seeds=12)
    assert limit.exponent == 1
    found = ntk / n
    assert np.abs(found - limit.ntk).max() < tolerance * np.abs(limit.ntk).max()


def test_draws_are_those_of_the_module():
    """Entries of the compiled program vary as those of the module, at another width."""
    i = imported("residual")
    params = tp.compile(i.program).init({"n": 256}, 0)
    torch.manual_seed(0)
    own = tp.copy_weights(CASES["residual"].make(256).double(), i)
    for name in ("embed", "up[1]", "down[2]", "head"):
        assert params[name].var() == pytest.approx(own[name].var(), rel=0.15)


def test_notes_say_what_was_chosen():
    notes = " ".join(imported("residual").notes)
    assert re.search(r"norms\[\*\].weight: starts at 1", notes)
    assert re.search(r"up\[\*\].bias.*vanishes", notes)
    assert all(f"# {note}" in imported("residual").text for note in imported("residual").notes)
    assert "frozen at its value at n = 16" in " ".join(imported("encoder").notes)


def test_heads_share_nothing():
    """Blocks of rows of one matrix are parameters of their own, each entry once."""
    i = imported("heads")
    module = Block(16, heads=4).double()
    params = tp.copy_weights(module, i)
    total = sum(params[p.name].size for p in i.pieces)
    assert total == sum(p.numel() for p in module.parameters())


class Features(torch.nn.Module):
    """Random features that are a buffer, and a readout."""

    def __init__(self, n):
        super().__init__()
        self.register_buffer("freqs", torch.randn(n, 3))
        self.register_buffer("shift", torch.randn(n) / 2)
        self.out = torch.nn.Linear(n, 1, bias=False)

    def forward(self, x):
        return self.out(torch.cos(x @ self.freqs.T + self.shift))


def test_buffers_drawn_at_random_are_not_trained():
    i = tp.from_torch(Features, torch.randn(1, 3), n=32)
    assert re.search(r"matrix freqs *: n × 3 ~ N\(0, 3\)", i.text)
    assert re.search(r"vector shift *: n *~ N\(0, (1/4|0\.2\d+)\)", i.text)
    assert [p.variable.name for p in i.program.parameters] == ["out"]
    module, x = Features(48).double(), torch.randn(2, 3, dtype=torch.float64)
    found = tp.compile(i.program).forward(tp.copy_weights(module, i), *i.data(x))
    assert relative(outputs(found), outputs(module(x))) < 1e-12


def test_a_module_that_seeds_itself():
    def make(n):
        torch.manual_seed(0)
        return MLP(n, depth=2)

    i = tp.from_torch(make, torch.randn(1, 5), n=16)
    assert "starts at" not in " ".join(i.notes)


def test_what_is_imported_stands_for_its_program():
    i = imported("mse")
    case = CASES["mse"]
    x = i.data(*with_target("mse", case.module(16), case.example(1))[0])
    with_its_target = tp.kernel(i, x).ntk
    np.testing.assert_array_equal(tp.kernel(i.program, x[:-1]).ntk, with_its_target)
    assert tp.compile(i).source == tp.compile(i.program).source
    assert repr(i).count("\n") == 0
    assert len(repr(i)) < 120
    assert i.text.splitlines()[-1] in i._repr_html_()
