"""Generated torch and JAX against the generated numpy, on the whole gallery."""

import ast
import re
from functools import cache

import numpy as np
import pytest

import tpgraph as tp

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")

ENTRIES = [entry.name for entry in tp.gallery.entries()]
N = 24


@cache
def program(name):
    return tp.gallery.entry(name).program()


def trained(name):
    return program(name).is_network and program(name).loss is not None


@cache
def compiled(name, backend, dtype="float64"):
    return tp.compile(program(name), dtype, backend)


def widths(p):
    return {w.name: N for w in p.base_widths}


def arrays(p, samples=5, targets=True):
    """Made-up data, and targets behind them."""
    rng = np.random.default_rng(1)
    declared = [*p.data, *(p.targets if targets else ())]
    return [rng.standard_normal((samples, d.variable.dim.size({}))) for d in declared]


def flat(value):
    parts = list(value.values()) if isinstance(value, dict) else [value]
    arrays = [p.detach().numpy() if isinstance(p, torch.Tensor) else np.asarray(p) for p in parts]
    return np.concatenate([a.ravel() for a in arrays])


def assert_close(a, b, tolerance):
    a, b = flat(a), flat(b)
    assert a.shape == b.shape
    assert np.abs(a - b).max() <= tolerance * max(np.abs(b).max(), 1e-300)


NETWORKS = [name for name in ENTRIES if program(name).is_network and program(name).outputs]
RAW = [name for name in ENTRIES if not program(name).is_network]
TRAINED = [name for name in ENTRIES if trained(name)]


@pytest.mark.parametrize("name", NETWORKS)
def test_forward_passes_are_numpys(name):
    p, numpy = program(name), compiled(name, "numpy")
    params = numpy.init(widths(p), 3)
    data = arrays(p, targets=False)
    expected = numpy.forward(params, *data)
    model = compiled(name, "torch").module(widths(p), 3)
    assert_close(model(*map(torch.from_numpy, data)), expected, 2e-14)
    made = compiled(name, "jax").load()
    drawn = made.init(widths(p), 3)
    assert all((drawn[k] == v).all() for k, v in params.items())
    assert_close(jax.jit(made.forward)(drawn, *data), expected, 2e-14)


@pytest.mark.parametrize("name", RAW)
def test_raw_programs_are_numpys(name):
    p = program(name)
    expected = compiled(name, "numpy").run(widths(p), 2)
    for backend in ("torch", "jax"):
        found = compiled(name, backend).load().run(widths(p), 2)
        assert list(found) == list(expected)
        for key, value in expected.items():
            assert_close(found[key], value, 1e-12)


@pytest.mark.parametrize("name", TRAINED)
def test_losses_and_gradients_are_numpys(name):
    p, numpy = program(name), compiled(name, "numpy")
    params, given = numpy.init(widths(p), 1), arrays(p)
    expected, grads = numpy.backward(params, *given)
    model = compiled(name, "torch").module(widths(p), 1)
    loss = model.loss(*map(torch.from_numpy, given))
    loss.backward()
    assert loss.item() == pytest.approx(expected, rel=1e-13)
    places = model._places
    for key, value in grads.items():
        assert_close(getattr(model, places[key]).grad, value, 1e-12)
    made = compiled(name, "jax").load()
    loss, found = jax.jit(made.backward)(params, *given)
    assert float(loss) == pytest.approx(expected, rel=1e-13)
    for key, value in grads.items():
        assert_close(found[key], value, 1e-12)


@pytest.mark.parametrize("name", ["mlp", "resnet", "transformer"])
def test_training_steps_are_numpys(name):
    p, numpy = program(name), compiled(name, "numpy")
    params, given, lr = numpy.init(widths(p), 0), arrays(p), 0.05
    model = compiled(name, "torch").module(widths(p), 0)
    optimizer = torch.optim.SGD(model.parameter_groups(lr))
    made = compiled(name, "jax").load()
    moving = made.init(widths(p), 0)
    step = jax.jit(made.sgd_step)
    for _ in range(4):
        expected = numpy.sgd_step(params, *given, lr)
        optimizer.zero_grad()
        loss = model.loss(*map(torch.from_numpy, given))
        loss.backward()
        optimizer.step()
        moving, value = step(moving, *given, lr)
        assert loss.item() == pytest.approx(expected, rel=1e-11)
        assert float(value) == pytest.approx(expected, rel=1e-11)
    for key in compiled(name, "numpy").trainable:
        assert_close(model.params[key], params[key], 1e-10)
        assert_close(moving[key], params[key], 1e-10)


ALL_FUNCTIONS = """
program functions
width n
parametrization abc(a=[0, 1/2, 1/2], b=[0, 0, 0], c=1)
fn φ(z, a) = leaky_relu(z, 0.2) + erf(a) * max(z, 0.3) - min(a, z)
data ξ : 3
target y : 2
param U : n × 3 ~ N(0, 1)
param V : 2 × n ~ N(0, 1)
scalar ε -> 0 = φ(1, 2) / sqrt(n)
vector c : n ~ N(1, 1)
a = U ξ
b = tanh(a) + relu(a) + sigmoid(a) + gelu(a) + silu(a) + softplus(a) + sin(a) + cos(a)
e = sinh(a) + cosh(a) + arctan(a) + exp(-abs(a)) + log(1 + a^2) + sign(a) + step(a) + sqrt(2 + a^2)
x = φ(b, e) + ε * c + tanh'(a) * gelu'(a)
m = (fn(z, w) = 1)(x, a)
f = V (x * m + mean(x))
output f
loss (f - y)^2 / 2
"""


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_every_function_of_the_table(backend):
    p = tp.parse(ALL_FUNCTIONS)
    numpy, given = tp.compile(p), arrays(p)
    params = numpy.init({"n": 40}, 0)
    expected, grads = numpy.backward(params, *given)
    made = tp.compile(p, backend=backend).load()
    if backend == "torch":
        model = made.Model({"n": 40})
        loss = model.loss(*given)
        loss.backward()
        found = {key: getattr(model, key).grad for key in grads}
        assert [g["lr"] for g in model.parameter_groups(0.5)] == [0.0125, 0.0125]
    else:
        loss, found = made.backward(params, *given)
        own = {key: value.copy() for key, value in params.items()}  # JAX computes beside numpy
        moved, _ = jax.jit(made.sgd_step)(own, *given, 0.4)
        numpy.sgd_step(params, *given, 0.4)
        assert_close(moved["U"], params["U"], 1e-12)
    assert float(loss.detach() if backend == "torch" else loss) == pytest.approx(
        expected, rel=1e-12
    )
    for key, value in grads.items():
        assert_close(found[key], value, 1e-12)


KINKS = """
width n
parametrization ntk
data ξ : 1
target y : 1
param U : n × 1 ~ N(0, 0)
param V : 1 × n ~ N(0, 1)
z = U ξ
f = V (relu(z) + abs(z) + max(z, 0) + min(z, 0) + max(0, z) + leaky_relu(z, 0.5) + 3 * z)
output f
loss (f - y)^2 / 2
"""


def test_derivatives_at_kinks_are_the_tables():
    p = tp.parse(KINKS)
    numpy, given = tp.compile(p), arrays(p, samples=2)
    params = numpy.init({"n": 6}, 0)
    grads = numpy.backward(params, *given)[1]
    model = tp.compile(p, backend="torch").module({"n": 6})
    model.loss(*given).backward()
    assert np.abs(grads["U"]).min() > 0
    assert_close(model.U.grad, grads["U"], 1e-13)
    found = tp.compile(p, backend="jax").load().backward(params, *given)[1]
    assert_close(found["U"], grads["U"], 1e-13)


def test_a_wrong_text_of_a_function_is_seen():
    source = compiled("mlp", "torch").source
    model = {}
    exec(source.replace("torch.relu(z)", "torch.tanh(z)"), model)
    p = program("mlp")
    data = arrays(p, targets=False)
    wrong = model["Model"](widths(p), 3)(*map(torch.from_numpy, data))
    expected = compiled("mlp", "numpy").forward(compiled("mlp", "numpy").init(widths(p), 3), *data)
    with pytest.raises(AssertionError):
        assert_close(wrong, expected, 1e-3)


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_text_stands_alone_and_is_readable(backend):
    source = compiled("gru", backend).source
    imported = {
        (n.names[0].name if isinstance(n, ast.Import) else n.module).split(".")[0]
        for n in ast.walk(ast.parse(source))
        if isinstance(n, ast.Import | ast.ImportFrom)
    }
    assert imported <= {"numpy", "torch", "jax"}
    assert max(map(len, source.splitlines())) <= 100
    forward = source.partition("def forward")[2].partition("\ndef ")[0]
    equations = [line for line in forward.splitlines() if " = " in line and "params[" not in line]
    assert sum("#" in line for line in equations) > len(equations) * 0.9
    assert not re.search(r"\bnp\.", forward)


def test_names_of_the_library_are_not_taken():
    text = """
width n
parametrization ntk
fn jax(z) = tanh(z)
data torch : 2
param nn : n × 2 ~ N(0, 1)
param training : n ~ N(0, 1)
param forward : n ~ N(0, 1)
param like : 1 × n ~ N(0, 1)
Model = jax(nn torch + training + forward)
jnp = like Model
output jnp
"""
    p = tp.parse(text)
    numpy, data = tp.compile(p), arrays(p)
    params = numpy.init({"n": 8}, 0)
    expected = numpy.forward(params, *data)
    model = tp.compile(p, backend="torch").module({"n": 8})
    assert_close(model.eval()(*data), expected, 1e-14)
    assert len(list(model.parameters())) == 4
    assert_close(tp.compile(p, backend="jax").load().forward(params, *data), expected, 1e-14)


def test_other_precisions():
    p = program("mlp")
    data = arrays(p, targets=False)
    expected = compiled("mlp", "numpy").forward(compiled("mlp", "numpy").init(widths(p), 3), *data)
    model = compiled("mlp", "torch", "float32").module(widths(p), 3)
    assert {q.dtype for q in model.parameters()} == {torch.float32}
    assert_close(model(*data), expected, 1e-5)
    low = model.to(torch.bfloat16)(*data)
    assert low.dtype == torch.bfloat16
    assert_close(low.float(), expected, 5e-2)
    made = compiled("mlp", "jax", "float32").load()
    found = made.forward(made.init(widths(p), 3), *data)
    assert found.dtype == np.float32
    assert_close(found, expected, 1e-5)


def test_jax_functions_are_mapped():
    """vmap over samples and over initializations."""
    p = program("transformer")
    made = compiled("transformer", "jax").load()
    params, given = made.init(widths(p), 0), arrays(p)
    one = jax.vmap(made.loss, in_axes=(None, *(0,) * len(given)))(params, *given)
    assert float(one.mean()) == pytest.approx(float(made.loss(params, *given)), rel=1e-13)
    several = [made.init(widths(p), seed) for seed in range(3)]
    stacked = {key: np.stack([q[key] for q in several]) for key in params}
    found = jax.vmap(made.forward, in_axes=(0, *(None,) * len(p.data)))(stacked, *given[:-1])
    for k, q in enumerate(several):
        assert_close(found[k], made.forward(q, *given[:-1]), 1e-13)


def test_state_of_a_torch_module_by_source_names():
    model = compiled("mlp", "torch").module(widths(program("mlp")))
    assert list(model.state_dict())[:3] == ["W[1]", "W[2]", "W[3]"]
    assert [g["name"] for g in model.parameter_groups(0.1)] == list(
        compiled("mlp", "numpy").trainable
    )


def batch(name):
    return [torch.from_numpy(a) for a in arrays(program(name))]


def test_a_state_goes_into_another_module_and_comes_back():
    first, second = (compiled("gru", "torch").module(widths(program("gru")), s) for s in (1, 2))
    *data, _ = batch("gru")
    assert not torch.equal(first(*data), second(*data))
    second.load_state_dict(first.state_dict())
    assert torch.equal(first(*data), second(*data))
    missing = {k: v for k, v in first.state_dict().items() if k != "V"}
    with pytest.raises(RuntimeError, match="V"):
        second.load_state_dict(missing)


def test_a_torch_module_moves_to_other_devices():
    model = compiled("transformer", "torch").module(widths(program("transformer")))
    *data, _ = batch("transformer")
    expected = model(*data).detach()
    assert torch.equal(model.to("cpu")(*data), expected)
    model.to("meta")
    assert {t.device.type for t in (*model.parameters(), *model.buffers())} == {"meta"}
    found = model(*(d.to("meta") for d in data))
    assert (found.device.type, found.shape) == ("meta", expected.shape)


def test_a_torch_module_is_exported():
    model = compiled("gru", "torch").module(widths(program("gru")))
    *data, _ = batch("gru")
    exported = torch.export.export(model, tuple(data))
    assert torch.equal(exported.module()(*data), model(*data))


def test_a_torch_module_is_compiled_by_torch():
    """As one graph, forward and backward."""
    model = compiled("gru", "torch").module(widths(program("gru")))
    *data, target = batch("gru")
    fast = torch.compile(model, backend="aot_eager", fullgraph=True)
    assert_close(fast(*data), model(*data).detach().numpy(), 1e-14)
    ((fast(*data) - target) ** 2).sum().backward()
    found = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    ((model(*data) - target) ** 2).sum().backward()
    for gradient, p in zip(found, model.parameters(), strict=True):
        assert_close(gradient, p.grad.numpy(), 1e-12)


OPTIMIZERS = [
    (torch.optim.SGD, None), (torch.optim.AdamW, "adam"), (torch.optim.Adam, "adam"),
    (torch.optim.RMSprop, "adam"),
]  # fmt: skip


@pytest.mark.parametrize(("optimizer", "kind"), OPTIMIZERS)
def test_optimizers_of_torch_train_every_parameter(optimizer, kind):
    model = compiled("gru", "torch").module(widths(program("gru")))
    given = batch("gru")
    groups = model.parameter_groups(0.02, *([kind] if kind else []))
    steps = optimizer(groups)
    before = {k: p.detach().clone() for k, p in model.named_parameters()}
    losses = []
    for _ in range(12):
        steps.zero_grad()
        loss = model.loss(*given)
        loss.backward()
        steps.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0]
    assert all(not torch.equal(before[k], p) for k, p in model.named_parameters())


def test_what_is_no_backend_is_refused():
    with pytest.raises(tp.TPError, match="unknown backend 'tensorflow'"):
        tp.compile(program("mlp"), backend="tensorflow")
    with pytest.raises(tp.TPError, match="has no module"):
        compiled("mlp", "jax").module({"n": 4})
