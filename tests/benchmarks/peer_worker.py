"""Ways of others, run in their Python: neural-tangents, PyTorch, JAX. It imports no tpgraph.

    PYTHON -P peer_worker.py WAY SPEC

makes a way ready and prints what the first call found, as a line of JSON; then for every line with
a number of calls that it reads, a line with the seconds of one of them.
"""

from __future__ import annotations

import json
import sys
import time
import types
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

Work: TypeAlias = Callable[[], dict[str, Any]]
"""One call, and what it found."""


def neural_tangents() -> tuple[Any, Any]:
    """jax and neural_tangents 0.6.5, which asks jax for names that it no longer has."""
    jax: Any = import_module("jax")
    jax.config.update("jax_enable_x64", True)
    sys.modules["neural_tangents.experimental"] = types.ModuleType("neural_tangents.experimental")
    ad = import_module("jax.interpreters.ad")
    vars(ad)["source_info_util"] = import_module("jax._src.source_info_util")
    vars(ad)["config"] = types.SimpleNamespace(jax_enable_checks=False)
    return jax, import_module("neural_tangents")


def nt_kernel(spec: dict[str, Any]) -> Work:
    """NNGP and NTK at infinite width by neural-tangents, compiled."""
    jax, nt = neural_tangents()
    layers, shape = architecture(nt.stax, spec)
    _, _, kernel_fn = nt.stax.serial(*layers)
    compiled = jax.jit(lambda x: kernel_fn(x, None, ("nngp", "ntk")))
    X = np.load(spec["inputs"]).reshape(-1, *shape)

    def work() -> dict[str, Any]:
        found = compiled(X)
        arrays = [found.nngp.block_until_ready(), found.ntk.block_until_ready()]
        return {"sums": [float(a.sum()) for a in arrays]}

    return work


def architecture(stax: Any, spec: dict[str, Any]) -> tuple[list[Any], tuple[int, ...]]:
    """The layers of a network of the benchmark `kernels`, and the shape of one input."""
    d, root = spec["dimension"], 2**0.5
    phi = {"relu": stax.Relu, "erf": stax.Erf}[spec["function"]]
    match spec["network"]:
        case "mlp":
            hidden = [stax.Dense(1, root, 0.1), phi()] * spec["depth"]
            return [*hidden, stax.Dense(1, 1.0, None)], (d,)
        case "resnet":
            branch = stax.serial(phi(), stax.Dense(1, root, None))
            block = stax.serial(
                stax.FanOut(2), stax.parallel(stax.Identity(), branch), stax.FanInSum()
            )
            return [stax.Dense(1, 1.0, None), *[block] * 3, stax.Dense(1, 1.0, None)], (d,)
        case "layernorm":
            hidden = [stax.Dense(1, 1.0, 0.3), stax.LayerNorm(), phi()] * 3
            return [*hidden, stax.Dense(1, 1.0, None)], (d,)
        case "convolution":
            first = stax.Conv(1, (3,), padding="CIRCULAR", W_std=root, b_std=None)
            again = stax.Conv(1, (3,), padding="CIRCULAR", W_std=root, b_std=None)
            pooled = [stax.GlobalAvgPool(), stax.Dense(1, 1.0, None)]
            return [first, phi(), again, phi(), *pooled], (5, d)
        case "attention":
            attend = stax.GlobalSelfAttention(
                1, 1, 1, 1, linear_scaling=True, W_key_std=1.0, W_value_std=1.0, W_query_std=1.0,
                W_out_std=1.0, b_std=None,
            )  # fmt: skip
            embed, read = stax.Dense(1, 1.0, None), stax.Dense(1, 1.0, None)
            return [embed, attend, phi(), stax.GlobalAvgPool(), read], (3, d)
    raise ValueError(spec["network"])


def nt_empirical(spec: dict[str, Any]) -> Work:
    """The empirical NTK of neural-tangents by one of its implementations, with vmap, compiled."""
    jax, nt = neural_tangents()
    p = {k: jax.numpy.asarray(v) for k, v in np.load(spec["start"]).items()}
    X = jax.numpy.asarray(np.load(spec["inputs"]))
    kernel_fn = nt.empirical_ntk_fn(
        lambda p, x: network_of(jax.numpy, p, x),
        trace_axes=(),
        vmap_axes=0,
        implementation=nt.NtkImplementation[spec["implementation"]],
    )
    compiled = jax.jit(lambda p, x: kernel_fn(x, None, p))

    def work() -> dict[str, Any]:
        return {"sums": [float(compiled(p, X).block_until_ready().sum())]}

    return work


def torch_jacrev(spec: dict[str, Any]) -> Work:
    """⟨∇f, ∇f̄⟩ by torch.func: Jacobians of all inputs, then their products."""
    torch: Any = import_module("torch")
    func: Any = import_module("torch.func")
    p = {k: torch.tensor(v) for k, v in np.load(spec["start"]).items()}
    X = torch.tensor(np.load(spec["inputs"]))

    def f(p: Any, x: Any) -> Any:
        return network_of(torch, p, x[None])[0]

    def work() -> dict[str, Any]:
        jacobians = func.vmap(func.jacrev(f), (None, 0))(p, X)
        found = sum(torch.einsum("a...,b...->ab", j, j) for j in map(_flat, jacobians.values()))
        return {"sums": [float(found.sum())]}

    def _flat(j: Any) -> Any:
        return j.flatten(2)[:, 0]

    return work


def network_of(lib: Any, p: Any, x: Any) -> Any:
    """Three hidden layers in the NTK parametrization, by numpy's names of functions."""
    n, d = p["W[1]"].shape
    h = lib.tanh((2 / d) ** 0.5 * (x @ p["W[1]"].T) + 0.1 * p["b[1]"])
    h = lib.tanh((2 / n) ** 0.5 * (h @ p["W[2]"].T) + 0.1 * p["b[2]"])
    h = lib.tanh((2 / n) ** 0.5 * (h @ p["W[3]"].T) + 0.1 * p["b[3]"])
    return n**-0.5 * (h @ p["V"].T)


def relu_network_of(lib: Any, relu: Callable[[Any], Any], p: Any, x: Any) -> Any:
    """The same with relu."""
    named = types.SimpleNamespace(tanh=relu)
    return network_of(named, p, x)


def _training(spec: dict[str, Any]) -> tuple[dict[str, Any], Any, Any, float]:
    arrays = dict(np.load(spec["start"]))
    x, y = arrays.pop("data"), arrays.pop("target")
    return arrays, x, y, spec["lr"]


def torch_step(spec: dict[str, Any]) -> Work:
    """SGD in PyTorch, eager or by torch.compile."""
    torch: Any = import_module("torch")
    start, x0, y0, lr = _training(spec)
    p = {name: torch.tensor(value, requires_grad=True) for name, value in start.items()}
    x, y = torch.tensor(x0), torch.tensor(y0)

    def loss_of(p: Any) -> Any:
        if spec["function"] == "relu":
            f = relu_network_of(torch, torch.relu, p, x)
        else:
            f = network_of(torch, p, x)
        return ((f - y) ** 2).sum() / 2 / len(x)

    loss_of = torch.compile(loss_of) if spec["compiled"] else loss_of
    optimizer = torch.optim.SGD(p.values(), lr=lr)

    def step() -> dict[str, Any]:
        optimizer.zero_grad()
        loss = loss_of(p)
        loss.backward()
        optimizer.step()
        return {"loss": float(loss.detach())}

    return step


def jax_step(spec: dict[str, Any]) -> Work:
    """SGD in JAX: compiled steps that give their arrays away; `scan` of them are one call."""
    jax: Any = import_module("jax")
    jnp: Any = import_module("jax.numpy")
    jax.config.update("jax_enable_x64", True)
    start, x, y, lr = _training(spec)

    def loss_of(p: Any) -> Any:
        if spec["function"] == "relu":
            f = relu_network_of(jnp, lambda z: jnp.maximum(z, 0), p, x)
        else:
            f = network_of(jnp, p, x)
        return ((f - y) ** 2).sum() / 2 / len(x)

    def moved(p: Any, _: Any = None) -> Any:
        loss, slopes = jax.value_and_grad(loss_of)(p)
        return {name: w - (lr * slopes[name]).astype(w.dtype) for name, w in p.items()}, loss

    def scanned(p: Any) -> Any:
        p, losses = jax.lax.scan(moved, p, None, length=spec["scan"])
        return p, losses[-1]

    one = jax.jit(scanned if spec["scan"] > 1 else moved, donate_argnums=0)
    held = [{name: jnp.asarray(value) for name, value in start.items()}]

    def step() -> dict[str, Any]:
        held[0], loss = one(held[0])
        return {"loss": float(loss)}

    return step


WAYS: dict[str, Callable[[dict[str, Any]], Work]] = {
    "nt kernel": nt_kernel,
    "nt empirical": nt_empirical,
    "torch jacrev": torch_jacrev,
    "torch step": torch_step,
    "jax step": jax_step,
}


def memory_of(work: Work) -> tuple[float | None, dict[str, Any]]:
    """MB beyond what the process had, where the system tells, and what was found."""
    clear, status = Path("/proc/self/clear_refs"), Path("/proc/self/status")
    if not clear.exists():
        return None, work()

    def high_water() -> int:
        lines = status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

    clear.write_text("5")
    before = high_water()
    found = work()
    return (high_water() - before) / 1024, found


def main() -> None:
    way, spec = sys.argv[1], json.loads(sys.argv[2])
    try:
        work = WAYS[way](spec)
        first = work()  # compiles
        memory, _ = memory_of(work) if spec.get("memory") else (None, None)
    except Exception as error:
        print(json.dumps({"failed": f"{type(error).__name__}: {error}"}), flush=True)
        return
    per_call = spec.get("scan", 1)
    print(json.dumps({**first, "peak MB": memory}), flush=True)
    for line in sys.stdin:
        calls = max(1, int(line) // per_call)
        start = time.perf_counter()
        for _ in range(calls):
            work()
        seconds = (time.perf_counter() - start) / calls / per_call
        print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
