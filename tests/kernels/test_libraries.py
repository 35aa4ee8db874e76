"""Kernels of finite networks computed by torch and JAX, and over their arrays."""

import numpy as np
import pytest

import tpgraph as tp


@pytest.mark.parametrize("backend", ["torch", "jax"])
@pytest.mark.parametrize("name", ["mlp", "rnn", "transformer"])
def test_other_libraries_compute_the_same_kernels(name, backend):
    pytest.importorskip(backend)
    program = tp.gallery.entry(name).program()
    params = tp.compile(program).init({"n": 24}, 1)
    rng = np.random.default_rng(0)
    X = {d.variable.name: rng.standard_normal((4, d.variable.dim.size({}))) for d in program.data}
    found = tp.empirical_kernel(program, params, X, backend=backend)
    expected = tp.empirical_kernel(program, params, X)
    for one, other in ((found.ntk, expected.ntk), (found.nngp, expected.nngp)):
        assert isinstance(one, np.ndarray)
        assert np.abs(one - other).max() < 1e-11 * np.abs(other).max()


def test_tensors_and_arrays_of_other_libraries_are_inputs():
    torch, jax = pytest.importorskip("torch"), pytest.importorskip("jax")
    program = tp.gallery.entry("mlp").program()
    X = np.random.default_rng(0).standard_normal((3, 64))
    expected = tp.kernel(program, X).ntk
    tensor = torch.tensor(X, requires_grad=True)
    assert (tp.kernel(program, tensor).ntk == expected).all()
    assert tp.kernel(program, tensor.to(torch.bfloat16)).ntk == pytest.approx(expected, rel=0.05)
    array = jax.numpy.asarray(X.astype(np.float32))
    assert tp.kernel(program, array).ntk == pytest.approx(expected, rel=1e-5)
    model = tp.compile(program, backend="torch").module({"n": 16}, 2)
    own = tp.empirical_kernel(program, model.params, tensor).ntk
    numpy = tp.empirical_kernel(program, tp.compile(program).init({"n": 16}, 2), X).ntk
    assert own == pytest.approx(numpy, rel=1e-12)
