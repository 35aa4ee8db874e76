"""Which axis of an input is that of its vectors, by the operations that take it in.

A convolution takes the vectors along axis 1, a product with a matrix along the last one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import torch

__all__ = ["vector_axis", "vocabulary"]

_MOVING = ("permute", "transpose", "t", "unsqueeze", "squeeze")
_PRODUCTS = ("mm", "addmm", "linear", "matmul", "bmm", "native_layer_norm", "mse_loss", "view",
             "reshape", "_unsafe_view")  # fmt: skip


def _operation(node: torch.fx.Node) -> str:
    parts = str(node.target).split(".")
    return parts[1] if len(parts) > 1 else str(node.target)


def vector_axis(node: torch.fx.Node) -> int:
    """The axis of the input along which its vectors lie."""
    rank = len(node.meta["val"].shape)
    queue = deque([(node, tuple(range(rank)))])
    seen = {node}
    while queue:
        at, axes = queue.popleft()
        for user in at.users:
            if user in seen or user.op != "call_function":
                continue
            seen.add(user)
            name = _operation(user)
            if name == "convolution" and user.args[0] is at:
                return axes[1]
            if ("norm" in name and "batch" in name) or name == "native_group_norm":
                return axes[1]
            if name in _PRODUCTS:
                continue
            moved = _moved(name, user, axes)
            if moved is not None:
                queue.append((user, moved))
    return rank - 1 if rank else 0


def _moved(name: str, user: torch.fx.Node, axes: tuple[int, ...]) -> tuple[int, ...] | None:
    """Where the axes of the input are after an operation; −1 stands for an axis that is new."""
    value = user.meta.get("val")
    rank = len(value.shape) if isinstance(value, torch.Tensor) else None
    if name == "permute":
        dims = user.args[1]
        assert isinstance(dims, tuple | list)
        return tuple(axes[int(d) % len(axes)] for d in dims)  # type: ignore[arg-type]
    if name == "unsqueeze":
        at = int(user.args[1]) % (len(axes) + 1)  # type: ignore[arg-type]
        return (*axes[:at], -1, *axes[at:])
    if name in _MOVING:
        return None
    return axes if rank == len(axes) else None


def _downstream(node: torch.fx.Node) -> Iterator[tuple[torch.fx.Node, torch.fx.Node]]:
    """(node, user) from the input on, as long as whole numbers are handed on."""
    queue, seen = deque([node]), {node}
    while queue:
        at = queue.popleft()
        for user in at.users:
            yield at, user
            value = user.meta.get("val")
            if user not in seen and isinstance(value, torch.Tensor):
                seen.add(user)
                if not value.dtype.is_floating_point:
                    queue.append(user)


def vocabulary(node: torch.fx.Node) -> int | None:
    """How many classes an input of whole numbers has; None where it holds numbers."""
    if node.meta["val"].dtype.is_floating_point:
        return None
    for at, user in _downstream(node):
        name = _operation(user)
        if name == "embedding" and user.args[1] is at:
            return int(_shape(user.args[0])[0])
        if name == "index" and list(user.args[1]) == [at]:  # type: ignore[arg-type]
            return int(_shape(user.args[0])[0])
        if name.startswith("nll_loss") and user.args[1] is at:
            shape = _shape(user.args[0])
            return int(shape[min(1, len(shape) - 1)])
    return None


def _shape(value: object) -> torch.Size:
    assert isinstance(value, torch.fx.Node)
    shape: torch.Size = value.meta["val"].shape
    return shape
