"""Programs as torch or JAX: the forward pass as numpy has it, gradients by the library.

Both texts hold `init` in numpy, so that one seed gives the same numbers everywhere, and pure
functions `forward(params, …)` and `loss(params, …)`. Torch gets an `nn.Module` around them, JAX
`backward` and `sgd_step`, which give new parameters.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tpgraph.compiler.adaptive_rates import adaptive_exponents
from tpgraph.compiler.code_lines import Lines, quoted
from tpgraph.compiler.initial import base_size_text, wide_size_text
from tpgraph.compiler.module_text import (
    Dtype,
    argument_names,
    constants,
    docstring,
    emit,
    forward_function,
    function_text,
    helper_texts,
    init_functions,
    is_summed,
    run_function,
)
from tpgraph.compiler.plan import Plan, equations_for
from tpgraph.program import Variable

__all__ = ["foreign_source"]

_TORCH_HEAD = """\
import numpy as np
import torch
from torch import nn
"""
_JAX_HEAD = """\
import jax
import jax.numpy as jnp
import numpy as np
"""
_X64 = """\

jax.config.update("jax_enable_x64", True)  # JAX has no float64 otherwise
"""

_TORCH_MODULE = '''
class Model(nn.Module):
    """The network as a torch module; its parameters and buffers go by their source names.

    `Model(widths, seed)` draws what `init` draws, by the seed 0 if there is none. With the widths
    by name, `Model({by_name})`, torch's generator gives the seed. `.to(…)` moves it to a device or
    a dtype.
    """

    def __init__(self, widths=None, seed=None, dtype=torch.{dtype}, **sizes):
        super().__init__()
        if seed is None:
            seed = int(torch.randint(2**31, ())) if widths is None else 0
        self._places = {{}}
        for name, value in init(sizes if widths is None else widths, seed).items():
            tensor = torch.from_numpy(value).to(dtype)
            place = name if not hasattr(self, name) else f"{{name}}_"
            self._places[name] = place
            if name in TRAINABLE:
                self.register_parameter(place, nn.Parameter(tensor))
            else:
                self.register_buffer(place, tensor)

    @property
    def params(self):
        """What was drawn, by source name, as tensors of this module."""
        return {{name: getattr(self, place) for name, place in self._places.items()}}
'''
_TORCH_FORWARD = '''
    def forward(self, {arguments}):
        """{says}"""
        return forward({call})
'''
_TORCH_FORWARD_WITH_LOSS = '''
    def forward(self, {arguments}, {optional}):
        """{says} With {targets} the loss behind it."""
        if {first} is None:
            return forward({call})
        return forward({call}), loss({call}, {targets})
'''
_TORCH_LOSS = '''
    def loss(self, {arguments}):
        """The loss of a batch, a tensor of one number."""
        return loss({call})
'''
_TORCH_GROUPS = '''
    def parameter_groups(self, lr, optimizer="sgd"):
        """Groups for an optimizer, one a parameter, with the parametrization's learning rates.

        torch.optim.SGD(model.parameter_groups(lr)) moves w by −{rate} · ∂loss/∂w. With
        optimizer="adam", for Adam, AdamW and others whose steps have the size of their rate, the
        rates fall with the width so that every layer moves features by the same order:
        Tensor Programs V (arXiv 2203.03466), Table 9; Tensor Programs IVb (arXiv 2308.01814).
        """
        params = self.params
        if optimizer == "sgd":
            rates = dict.fromkeys(TRAINABLE, {rate_text})
        elif optimizer == "adam":
            rates = {{
{adaptive}
            }}
        else:
            raise ValueError(f"unknown optimizer {{optimizer!r}}: give sgd or adam")
        return [{{"params": [params[k]], "lr": rates[k], "name": k}} for k in TRAINABLE]
'''
_JAX_BACKWARD = '''
def backward({arguments}):
    """(loss, grads): the loss and its gradients with respect to every trained w, by name."""
    trained = {{name: params[name] for name in TRAINABLE}}

    def of(trained):
        return loss({call})

    return jax.value_and_grad(of)(trained)


def sgd_step({arguments}, lr):
    """One step of gradient descent: (params, loss), the new parameters and the loss before.

    {moves} for every trained w.
    """
    value, grads = backward({arguments})
    rate = {rate_text}
    moved = {{name: params[name] - rate * grads[name] for name in TRAINABLE}}
    return {{**params, **moved}}, value
'''


def foreign_source(plan: Plan, numpy_plan: Plan, dtype: Dtype) -> str:
    """The whole text for the library of `plan`; `numpy_plan` is that of its `init`."""
    program, is_torch = plan.program, plan.backend.name == "torch"
    functions = init_functions(numpy_plan)
    own = _functions(plan)
    if program.is_network:
        own += _torch_module(plan, dtype) if is_torch else _jax_training(plan)
    head = _TORCH_HEAD if is_torch else _JAX_HEAD + (_X64 if dtype == "float64" else "")
    helpers = list(dict.fromkeys([*helper_texts(numpy_plan), *helper_texts(plan)]))
    rows = [docstring(plan, dtype, _needs(is_torch)), head, constants(numpy_plan, dtype)]
    return "\n\n".join(["\n".join(rows), *helpers, *functions, *own])


def _needs(is_torch: bool) -> str:
    return "Needs numpy and torch." if is_torch else "Needs numpy and JAX."


def _functions(plan: Plan) -> list[str]:
    """`forward` and `loss`, or `run`."""
    program = plan.program
    if not program.is_network:
        convert = "torch.from_numpy(v)" if plan.backend.name == "torch" else "jnp.asarray(v)"
        made = f"params = {{name: {convert} for name, v in init(widths, seed).items()}}"
        return [run_function(plan, [made, *_like(plan)])]
    found = []
    if program.outputs:
        found.append(forward_function(plan, _like(plan)))
    if program.loss is not None:
        found.append(_loss(plan, program.loss))
    return found


def _like(plan: Plan) -> list[str]:
    """What data take their dtype and device from, in torch."""
    return ["like = next(iter(params.values()))"] if plan.backend.name == "torch" else []


def _loss(plan: Plan, loss: Variable) -> str:
    arguments = ["params", *argument_names(plan, targets=True)]
    lines = Lines()
    for line in _like(plan):
        lines.add(line)
    emit(plan, lines, equations_for(plan.program, [loss]), [loss])
    batched = plan.is_batched(loss)
    lines.returns(f"{plan.name(loss)}.sum(-1){'.mean()' if batched else ''}")
    mean = "the mean over the batch of " if batched else ""
    summed = ", summed over its entries" if is_summed(loss) else ""
    return function_text("loss", arguments, [f"The loss: {mean}{loss}{summed}."], lines)


def _rate(plan: Plan) -> tuple[str, str]:
    """The learning rate as text, and how it is said."""
    size, parametrization = base_size_text(plan), plan.program.parametrization
    if size is None or parametrization is None:
        return "lr", "lr"
    return f"lr * {size}**{float(-parametrization.c)!r}", "lr · n^(−c)"


def _adaptive(plan: Plan) -> Iterator[str]:
    """The learning rate of every trained w under an adaptive optimizer, as lines of a dict."""
    size = wide_size_text(plan)
    for name, exponent in adaptive_exponents(plan.program).items():
        power = f" * {size}**{float(exponent)!r}" if exponent and size is not None else ""
        yield f"                {quoted(name)}: lr{power},"


def _arguments(names: Sequence[str]) -> str:
    return ", ".join(names)


def _torch_module(plan: Plan, dtype: Dtype) -> list[str]:
    program = plan.program
    both = argument_names(plan, targets=True)
    by_name = ", ".join(f"{w.name}=64" for w in program.base_widths) or "seed=0"
    parts = [_TORCH_MODULE.format(dtype=dtype, by_name=by_name)]
    if program.outputs:
        parts.append(_torch_forward(plan))
    if program.loss is not None:
        parts.append(_method(_TORCH_LOSS, both))
        text, says = _rate(plan)
        lines = "\n".join(_adaptive(plan))
        parts.append(_TORCH_GROUPS.format(rate=says, rate_text=text, adaptive=lines))
    return ["".join(parts).lstrip("\n")]


def _torch_forward(plan: Plan) -> str:
    """The method `forward`, which gives the loss too where it is given what the loss reads."""
    program = plan.program
    data = argument_names(plan, targets=False)
    targets = argument_names(plan, targets=True)[len(data) :]
    says = "The output (batch, k)." if len(program.outputs) == 1 else "The outputs by name."
    if program.loss is None or not targets or not data:
        return _method(_TORCH_FORWARD, data, says=says)
    return _method(
        _TORCH_FORWARD_WITH_LOSS,
        data,
        says=says,
        optional=", ".join(f"{name}=None" for name in targets),
        targets=_arguments(targets),
        first=targets[0],
    )


def _method(text: str, names: Iterable[str], **words: str) -> str:
    listed = list(names)
    return text.format(
        arguments=_arguments(listed), call=_arguments(["self.params", *listed]), **words
    ).replace("(self, )", "(self)")


def _jax_training(plan: Plan) -> list[str]:
    if plan.program.loss is None:
        return []
    names = argument_names(plan, targets=True)
    text, says = _rate(plan)
    return [
        _JAX_BACKWARD.format(
            arguments=_arguments(["params", *names]),
            call=_arguments(["{**params, **trained}", *names]),
            moves=f"w −= {says} · ∂loss/∂w",
            rate_text=text,
        ).lstrip("\n")
    ]
