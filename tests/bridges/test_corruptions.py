"""What compares imports with their modules fails where an import is wrong."""

import numpy as np
import pytest
from bridges.registry import CASES, imported
from bridges.test_torch_in import outputs, relative

import tpgraph as tp


def off(name, text=None, change=lambda params: params):
    """How far the program is from the module, whose weights it has."""
    i, case = imported(name), CASES[name]
    module, example = case.module(24, seed=3), case.example(4)
    program = i.program if text is None else tp.parse(text)
    found = tp.compile(program).forward(change(tp.copy_weights(module, i)), *i.data(*example))
    return relative(outputs(found), outputs(module(*example)))


def transposed(key):
    return lambda params: {**params, key: np.ascontiguousarray(params[key].T)}


def scaled(key, factor):
    return lambda params: {**params, key: factor * params[key]}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("mlp", transposed("hidden[2]")),
        ("mlp", scaled("out", 1.001)),
        ("mlp", scaled("hidden_b[1]", 0)),
        ("residual", scaled("norms[2]", 0)),
        ("attention", scaled("proj[1]", -1)),
        ("images", scaled("c1_b", 0)),
        ("lora", scaled("B", 0)),
        ("temporal", scaled("g[2]", 0)),
    ],
)
def test_wrong_weights_are_seen(name, change):
    assert off(name) < 1e-12
    assert off(name, change=change) > 1e-6


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("mlp", "+ hidden_b[l])", ")"),
        ("mlp", "hidden[l] h[l-1]", "hidden[l]' h[l-1]"),
        ("residual", "h[l-1] + down", "down"),
        ("residual", "sqrt(v + 1e-05)", "sqrt(v + 1e-03)"),
        ("lora", "B A h[1]", "2 * B A h[1]"),
        ("film", "relu(a x", "tanh(a x"),
        ("temporal", " scale sqrt(3)", ""),
    ],
)
def test_wrong_texts_are_seen(name, right, wrong):
    text = imported(name).text
    assert right in text
    assert off(name, text.replace(right, wrong)) > 1e-6
