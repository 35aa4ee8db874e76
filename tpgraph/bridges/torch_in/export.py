"""The module's graph at two widths, compared node by node."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch

from tpgraph.bridges.torch_in.refusal import refusal, refused_at, user_line
from tpgraph.bridges.torch_in.sizes import Size
from tpgraph.errors import TPError

WRAPPED = "module_with_loss"
"""The attribute under which a module stands that a loss was put behind."""

__all__ = [
    "WRAPPED",
    "Exported",
    "Site",
    "built",
    "exported",
    "own_path",
    "python_path",
    "stored_tensors",
]

_KEPT = (
    "_scaled_dot_product_flash_attention_for_cpu", "_weight_norm_interface", "elu", "gelu",
    "hardsigmoid", "hardswish", "hardtanh", "leaky_relu", "linalg_vector_norm", "mish",
    "native_group_norm", "nll_loss_forward", "relu6", "scaled_dot_product_attention", "silu",
    "softplus", "_prelu_kernel", "mse_loss", "_trilinear", "logaddexp",
    "logsumexp",
)  # fmt: skip
"""Operations that are not taken apart: the language has a function for them, or a rule stands."""


@dataclass(frozen=True, slots=True)
class Site:
    """One node of the graph at both widths."""

    first: torch.fx.Node
    second: torch.fx.Node

    @property
    def name(self) -> str:
        """The name of its operation, without namespace and overload."""
        target = self.first.target
        if isinstance(target, str):
            return target
        parts = str(target).split(".")
        return parts[1] if len(parts) > 1 else getattr(target, "__name__", str(target))

    @property
    def module(self) -> str:
        """The path of the module in which it stands, as Python writes it: `blocks[0].attn`."""
        stack = list((self._told.meta.get("nn_module_stack") or {}).values())
        path = str(stack[-1][0]).partition("@")[0] if stack else ""
        return python_path(own_path(path))

    @property
    def trace(self) -> str | None:
        """The lines of source that it comes from."""
        found = self._told.meta.get("stack_trace")
        return str(found) if found else None

    @property
    def _told(self) -> torch.fx.Node:
        """The node that knows its place: of a parameter, buffer or input its first user."""
        users = list(self.first.users)
        return users[0] if self.first.op == "placeholder" and users else self.first

    @property
    def sizes(self) -> tuple[Size, ...]:
        """The shape of what it gives; of several the first."""
        values = [node.meta["val"] for node in (self.first, self.second)]
        values = [v[0] if isinstance(v, tuple | list) else v for v in values]
        shapes = [getattr(v, "shape", ()) for v in values]
        return tuple((int(a), int(b)) for a, b in zip(*shapes, strict=True))

    def refused(self, error: TPError) -> TPError:
        """The refusal with this node as its place."""
        return refused_at(error, self.module, self.name, self.trace)


def own_path(path: str) -> str:
    """A path in the user's own module, without what the loss put in front of it."""
    return path.removeprefix(WRAPPED).lstrip(".")


def stored_tensors(module: torch.nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    """The parameters, then the buffers of real numbers, by their paths; tied ones under each."""
    yield from module.named_parameters(remove_duplicate=False)
    for path, buffer in module.named_buffers(remove_duplicate=False):
        if buffer.is_floating_point():
            yield path, buffer


def python_path(path: str) -> str:
    """`blocks.0.attn` as `blocks[0].attn`."""
    parts = [f"[{p}]" if p.isdigit() else f".{p}" for p in path.split(".") if p]
    return "".join(parts).lstrip(".")


@dataclass(frozen=True, slots=True)
class Exported:
    """A module built and exported at the widths n and 2 n, and built once more at n."""

    modules: tuple[torch.nn.Module, torch.nn.Module]
    again: torch.nn.Module
    sites: tuple[Site, ...]
    signature: Any
    constants: Mapping[str, Any]
    arguments: tuple[str, ...]


def exported(
    make: Callable[[int], torch.nn.Module], example: Sequence[Any], n: int, train: bool
) -> Exported:
    """The module at both widths. Raises TPError where it cannot be exported, or differs."""
    modules, programs = [], []
    for width in (n, 2 * n):
        module = built(make, width, train)
        modules.append(module)
        programs.append(_program(module, example))
    first, second = (list(p.graph.nodes) for p in programs)
    sites = tuple(_compared(first, second))
    signature = programs[0].graph_signature
    names = tuple(inspect.signature(modules[0].forward).parameters)
    again = built(make, n, train)
    return Exported((modules[0], modules[1]), again, sites, signature, programs[0].constants, names)


def built(make: Callable[[int], torch.nn.Module], width: int, train: bool) -> torch.nn.Module:
    """The module at a width, in double precision."""
    try:
        module = make(width)
    except TPError:
        raise
    except (Exception, SystemExit) as error:
        raise refusal(
            f"the module cannot be built at the width {width}: {_first_line(error)}",
            "see what its arguments have to be",
        ).at(_place(error)) from None
    if not isinstance(module, torch.nn.Module):
        raise refusal(
            f"the factory gives a {type(module).__name__}",
            "give a function of the width: lambda n: Model(n)",
            "a torch.nn.Module",
        )
    return module.double().train(train)


def _copied(module: torch.nn.Module) -> torch.nn.Module:
    """A copy, since a pass may change the module's statistics."""
    try:
        return deepcopy(module)
    except RuntimeError as error:
        raise refusal(
            f"the module cannot be copied: {_first_line(error)}",
            "keep no computed tensors in it; nn.utils.weight_norm does, "
            "nn.utils.parametrizations.weight_norm does not",
        ) from None


def _program(module: torch.nn.Module, example: Sequence[Any]) -> Any:
    aten = torch.ops.aten
    table: Any = torch.export.default_decompositions()
    for name in _KEPT:
        packet = getattr(aten, name, None)
        for overload in packet.overloads() if packet is not None else ():
            table.pop(getattr(packet, overload), None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with torch.no_grad():
                _copied(module)(*example)
        except TPError:
            raise
        except Exception as error:
            raise refusal(
                f"the module does not take the example: {_first_line(error)}",
                "give arguments that it takes; --input is the shape of one sample, no batch",
            ).at(_place(error)) from None
        try:
            return torch.export.export(module, tuple(example)).run_decompositions(table)
        except Exception as error:
            raise refusal(
                f"torch.export cannot follow the module: {_first_line(error)}",
                "branches and loops may depend on sizes and settings, not on values",
            ).at(_place(error)) from None


def _first_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:300]


def _place(error: BaseException) -> Any:
    """The user's own line: in the text of torch's error, else in the traceback."""
    found = user_line(str(error).replace("from user code:", ""))
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f'File "{trace.tb_frame.f_code.co_filename}", line {trace.tb_lineno}')
        trace = trace.tb_next
    own = [f for f in frames if "/tpgraph/" not in f]
    return found or user_line("\n".join(own))


def _compared(first: list[Any], second: list[Any]) -> Iterator[Site]:
    for a, b in zip(first, second, strict=False):
        site = Site(a, b)
        same = a.op == b.op and (a.op != "call_function" or a.target == b.target)
        if not same or _form(a.args) != _form(b.args) or set(a.kwargs) != set(b.kwargs):
            raise site.refused(_differs())
        yield site
    if len(first) != len(second):
        raise Site(first[-1], second[-1]).refused(_differs())


def _differs() -> TPError:
    return refusal(
        "the module computes differently at two widths",
        "the width may set sizes alone: not depth, branches, or the number of heads or groups",
    )


def _form(value: object) -> object:
    """What must be the same at both widths: which nodes are read, how many values."""
    if isinstance(value, torch.fx.Node):
        return value.name
    if isinstance(value, tuple | list):
        return [_form(v) for v in value]
    return isinstance(value, int | float) and not isinstance(value, bool)
