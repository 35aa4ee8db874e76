"""Steps of optimizers as generated numpy: what they keep, and how a step moves every trained w.

With g = ∂loss/∂w, learning rate η, weight decay λ and the width n:

    sgd        u = n^(−c) g + λ w          w −= η u
    momentum   m ← μ m + u                 w −= η m
    nesterov   m ← μ m + u                 w −= η (u + μ m)
    adam       u = g + λ w                 w −= η_w m̂ / (√v̂ + ε)
    adamw      u = g,  w ← (1 − η λ) w     w −= η_w m̂ / (√v̂ + ε)

where m ← β₁ m + (1 − β₁) u, v ← β₂ v + (1 − β₂) u², and after t steps m̂ = m / (1 − β₁^t),
v̂ = v / (1 − β₂^t): at width factors of 1 those of torch.optim. η_w = η n^r has the power r of its
layer, see `adaptive_rates`. The decay of adamw is by η, not η_w, so that it is the same at every
width (Tensor Programs V, arXiv 2203.03466, Appendix B.3).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tpgraph.compiler.adaptive_rates import adaptive_exponents
from tpgraph.compiler.code_lines import Lines, quoted
from tpgraph.compiler.initial import base_size_text, wide_size_text
from tpgraph.compiler.module_text import argument_names, function_text
from tpgraph.compiler.plan import Plan
from tpgraph.errors import TPError

__all__ = ["OPTIMIZERS", "OPTIMIZER_NAMES", "Optimizer", "optimizer_functions", "optimizer_named"]

OPTIMIZER_NAMES = ("init_state", "optimizer_step", "state", "rates", "grads", "weight_decay",
                   "momentum", "beta1", "beta2", "eps", "lr", "decay", "rate")  # fmt: skip
"""What the code of optimizers has names for besides."""


@dataclass(frozen=True)
class Optimizer:
    """An optimizer: what it keeps for every w, its own numbers, and the lines of its step.

    In the lines w, g, rate (the factor of its layer) are there, and of what it `keeps` m and v.
    """

    name: str
    keeps: tuple[str, ...]
    numbers: Mapping[str, float]
    says: str
    lines: tuple[str, ...]
    adaptive: bool = False


_MOMENTUM = MappingProxyType({"momentum": 0.9})
_ADAM = MappingProxyType({"beta1": 0.9, "beta2": 0.999, "eps": 1e-8})
_MOMENTS = (
    "m += (1 - beta1) * (u - m)",
    "v += (1 - beta2) * (u * u - v)",
    "w -= rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps)",
)
_DECAYED = "u = g + weight_decay * w"
_SCALED = "u = rate * g + weight_decay * w"
OPTIMIZERS: Mapping[str, Optimizer] = MappingProxyType(
    {
        made.name: made
        for made in (
            Optimizer("sgd", (), {}, "w −= η u, u = n^(−c) g + λ w", (_SCALED, "w -= lr * u")),
            Optimizer(
                "momentum", ("m",), _MOMENTUM, "m ← μ m + n^(−c) g + λ w, w −= η m",
                (_SCALED, "m *= momentum", "m += u", "w -= lr * m"),
            ),
            Optimizer(
                "nesterov", ("m",), _MOMENTUM,
                "u = n^(−c) g + λ w, m ← μ m + u, w −= η (u + μ m)",
                (_SCALED, "m *= momentum", "m += u", "w -= lr * (u + momentum * m)"),
            ),
            Optimizer(
                "adam", ("m", "v"), _ADAM, "Adam on g + λ w, with the rate η n^r of each layer",
                (_DECAYED, *_MOMENTS), adaptive=True,
            ),
            Optimizer(
                "adamw", ("m", "v"), _ADAM,
                "w ← (1 − η λ) w, then Adam with the rate η n^r of each layer",
                ("w *= 1 - lr * weight_decay", "u = g", *_MOMENTS), adaptive=True,
            ),
        )
    }
)  # fmt: skip
"""Every optimizer by name."""


def optimizer_named(name: str) -> Optimizer:
    """The optimizer of a name. Raises TPError for another one."""
    if name in OPTIMIZERS:
        return OPTIMIZERS[name]
    raise TPError(f"there is no optimizer {name!r}", expected=", ".join(OPTIMIZERS))


def optimizer_functions(plan: Plan, optimizer: Optimizer) -> list[str]:
    """The texts of `init_state` and `optimizer_step`."""
    return [_init_state(optimizer), _step(plan, optimizer)]


def _init_state(optimizer: Optimizer) -> str:
    lines = Lines()
    lines.assign("state", '{"steps": np.zeros((), dtype=np.int64)}')
    if optimizer.keeps:
        lines.add("for name in TRAINABLE:")
    for kept in optimizer.keeps:
        lines.add(f'    state[f"{kept} {{name}}"] = np.zeros_like(params[name])')
    lines.returns("state")
    kept = " and ".join(optimizer.keeps)
    beside = f", and {kept} of every trained w" if kept else ""
    says = [f"What {optimizer.name} keeps between steps: how many there were{beside}."]
    return function_text("init_state", ["params"], says, lines)


def _step(plan: Plan, optimizer: Optimizer) -> str:
    arguments = argument_names(plan, targets=True)
    numbers = {"weight_decay": 0.0, **optimizer.numbers}
    lines = Lines()
    lines.assign("loss, grads", f"backward({', '.join(['params', *arguments])})")
    lines.add("if not np.isfinite(loss):")
    lines.add("    return loss")
    lines.add('state["steps"] += 1')
    if optimizer.adaptive:
        lines.assign("t", 'int(state["steps"])')
    lines.add("rates = {")
    for name, text in _rates(plan, optimizer):
        lines.add(f"    {quoted(name)}: {text},")
    lines.add("}")
    lines.add("for name, rate in rates.items():")
    lines.assign("    w, g", "params[name], grads[name]")
    for kept in optimizer.keeps:
        lines.add(f'    {kept} = state[f"{kept} {{name}}"]')
    for line in optimizer.lines:
        lines.add(f"    {line}")
    lines.returns("loss")
    says = [
        f"One step of {optimizer.name}, of params and state in place; the loss before it.",
        "",
        f"{optimizer.says}.",
        "A loss that is not finite changes nothing.",
    ]
    options = [f"{name}={value!r}" for name, value in numbers.items()]
    return function_text(
        "optimizer_step", ["params", "state", *arguments, "lr", *options], says, lines
    )


def _rates(plan: Plan, optimizer: Optimizer) -> Iterator[tuple[str, str]]:
    """For every trained w the factor of its layer, as text; of adaptive optimizers times η."""
    program = plan.program
    chosen = program.parametrization
    if optimizer.adaptive:
        size = wide_size_text(plan)
        for name, exponent in adaptive_exponents(program).items():
            power = f" * {size}**{float(exponent)!r}" if exponent and size is not None else ""
            yield name, f"lr{power}"
        return
    size = base_size_text(plan)
    text = "1.0" if size is None or chosen is None else f"{size}**{float(-chosen.c)!r}"
    for parameter in program.parameters:
        yield parameter.variable.name, text
