"""NNGP and NTK by neural-tangents, of the networks whose programs stand in networks.py.

Run by hand, in an environment of its own (Python 3.11); nothing else imports it:

    pip install neural-tangents==0.6.5 jax==0.4.30 jaxlib==0.4.30 'numpy<2' 'scipy<1.13'
    python tests/kernels/reference/from_neural_tangents.py           # writes neural_tangents.npz
    python tests/kernels/reference/from_neural_tangents.py --time    # times it on perceptrons

Everything is computed in float64, in the NTK parametrization, where Dense(W_std, b_std) is
W_std/√fan_in w x + b_std b with standard normal w and b, the dimension of the input included.
Source: Novak et al. 2020 (arXiv 1912.02803); attention by Hron et al. 2020 (arXiv 2006.10540).
"""

from __future__ import annotations

import argparse
import time
import warnings
from pathlib import Path

import jax
import neural_tangents as nt
import numpy as np
from neural_tangents import stax

jax.config.update("jax_enable_x64", True)
for _message in ("`FanIn` layers assume", "Linear scaling attention"):
    warnings.filterwarnings("ignore", message=_message)

TARGETS = np.array([[0.7], [-1.2], [0.4], [1.5]])
TIMES = {"early": 0.5, "late": 20.0, "end": None}
ARRAYS = Path(__file__).with_name("neural_tangents.npz")

ACTIVATIONS = {
    "linear": stax.Identity(),
    "relu": stax.Relu(),
    "erf": stax.Erf(),
    "gelu": stax.Gelu(),
    "sin": stax.Sin(),
    "cos": stax.Cos(),
    "abs": stax.Abs(),
    "leaky_relu": stax.LeakyRelu(0.1),
    "sign": stax.Sign(),
    "sigmoid_like": stax.Sigmoid_like(),
    "gaussian": stax.Gaussian(),
    "exp": stax.Exp(1.0, 0.25),
    "square": stax.Monomial(2),
    "cube": stax.Monomial(3),
    "gabor": stax.Gabor(),
}
DEPTHS = dict.fromkeys(ACTIVATIONS, (2, 3))
DEPTHS |= {"relu": (1, 2, 3, 4), "erf": (1, 2, 3, 4), "cube": (1, 2)}


def mlp(activation, depth: int, sigma_w: float, sigma_b: float, sigma_v: float = 1.0):
    hidden = [stax.Dense(1, sigma_w, sigma_b), activation] * depth
    return stax.serial(*hidden, stax.Dense(1, sigma_v, None))


def residual(*branch):
    """x + branch(x)."""
    return stax.serial(
        stax.FanOut(2), stax.parallel(stax.Identity(), stax.serial(*branch)), stax.FanInSum()
    )


def resnet():
    block = residual(stax.Relu(), stax.Dense(1, 1.4, 0.3))
    return stax.serial(stax.Dense(1, 1.1, 0.2), block, block, block, stax.Dense(1))


def gated():
    """(A ξ + a) σ(B ξ + b), then a layer."""
    gate = stax.serial(stax.Dense(1, 1.3, 0.4), stax.Sigmoid_like())
    return stax.serial(
        stax.FanOut(2),
        stax.parallel(stax.Dense(1, 1.2, 0.3), gate),
        stax.FanInProd(),
        stax.Dense(1, 1.5, 0.1),
        stax.Erf(),
        stax.Dense(1),
    )


def layernorm():
    return stax.serial(
        stax.Dense(1, 1.5, 0.5),
        stax.LayerNorm(eps=1e-3),
        stax.Relu(),
        stax.Dense(1, 1.2, 0.3),
        stax.LayerNorm(eps=1e-3),
        stax.Erf(),
        stax.Dense(1),
    )


def conv(activation, padding: str, strides=None):
    layer = stax.serial(stax.Conv(1, (3,), strides, padding, 1.4, 0.2), activation)
    return stax.serial(layer, layer)


def attention(mechanism: str):
    """Keys and queries share their matrix and logits are means, k_s·k_t/n, not k_s·k_t/√n.

    So they are deterministic in the limit. The limit over infinitely many heads is that of one.
    """
    return stax.GlobalSelfAttention(
        1,
        n_chan_key=1,
        n_chan_val=1,
        n_heads=1,
        W_key_std=1.2,
        W_query_std=0.9,
        W_value_std=1.1,
        W_out_std=0.8,
        b_std=0.3,
        attention_mechanism=mechanism,
    )


def one_attention(mechanism: str):
    return stax.serial(
        stax.Dense(1, 1.3, 0.2),
        stax.Erf(),
        attention(mechanism),
        stax.Relu(),
        stax.GlobalAvgPool(),
        stax.Dense(1),
    )


def transformer():
    return stax.serial(
        stax.Dense(1, 1.3, 0.2),
        residual(stax.LayerNorm(eps=1e-3), attention("SOFTMAX")),
        residual(
            stax.LayerNorm(eps=1e-3), stax.Dense(1, 1.4, 0.1), stax.Gelu(), stax.Dense(1, 0.7, 0.2)
        ),
        stax.GlobalAvgPool(),
        stax.Dense(1),
    )


def networks():
    """Name → (layers, shape of one input)."""
    found = {}
    for name, activation in ACTIVATIONS.items():
        for depth in DEPTHS[name]:
            found[f"mlp_{name}_{depth}"] = mlp(activation, depth, 1.4, 0.3, 1.2), (3,)
    found["edge_of_chaos"] = mlp(stax.Relu(), 3, 2**0.5, None, 1.2), (3,)
    found["resnet"] = resnet(), (3,)
    found["gated"] = gated(), (3,)
    found["layernorm"] = layernorm(), (3,)
    ends = {
        "flat": stax.serial(stax.Flatten(), stax.Dense(1)),
        "pooled": stax.serial(stax.GlobalAvgPool(), stax.Dense(1)),
    }
    for end, layers in ends.items():
        for padding in ("CIRCULAR", "SAME", "VALID"):
            body = stax.serial(conv(stax.Relu(), padding), layers)
            shape = (7 if padding == "VALID" else 5, 2)
            found[f"conv_{padding.lower()}_{end}"] = body, shape
    strided = stax.serial(conv(stax.Erf(), "CIRCULAR", (2,)), ends["pooled"])
    found["conv_strided"] = strided, (8, 2)
    for mechanism in ("SOFTMAX", "IDENTITY", "RELU"):
        found[f"attention_{mechanism.lower()}"] = one_attention(mechanism), (3, 2)
    found["transformer"] = transformer(), (3, 2)
    return found


def inputs(shape: tuple[int, ...]) -> np.ndarray:
    """Six inputs: three at random, one nearly parallel, one opposite, one longer."""
    rng = np.random.default_rng(20)
    x = rng.standard_normal((6, *shape))
    x[3] = x[0] + 0.05 * x[3]
    x[4] = -x[1] + 0.3 * x[4]
    x[5] = 2.5 * x[5]
    return np.round(x, 3)


def compute() -> dict[str, np.ndarray]:
    """Arrays by `name/x`, `name/nngp`, `name/ntk`."""
    found = {}
    for name, ((_, _, kernel), shape) in networks().items():
        x = inputs(shape)
        both = kernel(x, None, ("nngp", "ntk"))
        found[f"{name}/x"] = x.reshape(6, -1)
        found[f"{name}/nngp"] = np.asarray(both.nngp)
        found[f"{name}/ntk"] = np.asarray(both.ntk)
    return found


def trained(name: str) -> dict[str, np.ndarray]:
    """Mean and covariance of trained networks on all inputs, the first four trained on.

    By gradient flow on the mean of (f − y)²/2, at the times of `TIMES`, over initializations; and
    of the posterior of the Gaussian process, by `posterior`.
    """
    (_, _, kernel), shape = networks()[name]
    x = inputs(shape)
    predict = nt.predict.gradient_descent_mse_ensemble(kernel, x[: len(TARGETS)], TARGETS)
    runs = {when: predict(t, x, "ntk", compute_cov=True) for when, t in TIMES.items()}
    runs["posterior"] = predict(None, x, "nngp", compute_cov=True)
    found = {}
    for when, run in runs.items():
        found[f"trained/{name}/{when}/mean"] = np.asarray(run.mean)
        found[f"trained/{name}/{when}/cov"] = np.asarray(run.covariance)
    return found


def seconds(activation, count: int, repeats: int = 3) -> tuple[float, float]:
    """NTK of three hidden layers over `count` inputs of 64 numbers: first call, best later one."""
    kernel = jax.jit(mlp(activation, 3, 1.4, 0.3)[2], static_argnames="get")
    x = np.random.default_rng(0).standard_normal((count, 64))
    spent = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        kernel(x, None, "ntk").block_until_ready()
        spent.append(time.perf_counter() - start)
    return spent[0], min(spent[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--time", action="store_true", help="time the NTK of perceptrons")
    if not parser.parse_args().time:
        predictions = trained("mlp_erf_3") | trained("resnet")
        np.savez_compressed(ARRAYS, **compute(), **predictions)
        return
    for count in (500, 2000, 4000):
        for name in ("relu", "erf"):
            first, later = seconds(ACTIVATIONS[name], count)
            print(f"{name:6} N = {count:5}: {later:8.3f} s, with compilation {first:8.3f} s")


if __name__ == "__main__":
    main()
