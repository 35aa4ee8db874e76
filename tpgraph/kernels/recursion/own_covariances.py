"""Which variances of one input are covariances of a pair, of an input with itself: p = Σ(ξ, ξ).

Every node of an open tape has a number on one made-up input, a pair's that of the input with
itself: leaves have any, functions are looked at in a few places, and expectations are a fixed
function of theirs and of their laws. Where two nodes have the same number they are the same, for
any input, but for coincidence in fifteen digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tpgraph.functions import evaluate
from tpgraph.limits.planned.tape import PairTape, TapeNode

__all__ = ["own_covariances"]

_PLACES = np.array([-1.7, -0.6, 0.3, 0.9, 2.1])
_WEIGHTS = np.array([0.31, 0.57, 0.83, 0.71, 0.43])
_NEAR = 1e-11


def own_covariances(tape: PairTape, reached: Iterable[int]) -> dict[int, int]:
    """Of numbers of one input the first node of pairs that is it of an input with itself."""
    look = _Look(tape)
    pairs: list[int] = []
    found: dict[int, int] = {}
    singles: list[int] = []
    for place in reached:
        node = tape.nodes[place]
        look.values[place] = look.value(node, place)
        if node.of_pairs and node.op in ("sum", "product", "open"):
            pairs.append(place)
        elif node.op not in ("curve", "number", "dot"):
            singles.append(place)
    known: dict[float, int] = {}
    for place in pairs:
        known.setdefault(_rounded(look.values[place]), place)
    for place in singles:
        own = known.get(_rounded(look.values[place]))
        if own is not None and not tape.nodes[place].of_pairs:
            found[place] = own
    return found


def _rounded(value: Any) -> float:
    return float(f"{float(value):.10e}")


class _Look:
    """Numbers of nodes on one made-up input."""

    def __init__(self, tape: PairTape) -> None:
        self.nodes = tape.nodes
        self.values: dict[int, Any] = {}

    def value(self, node: TapeNode, place: int) -> Any:
        """Of a curve its function in places, mean, variance and other numbers."""
        data: Any = node.data
        args = [self.values[a] for a in node.args]
        match node.op:
            case "number":
                return float(data)
            case "lift" | "floor" | "named" | "correlation":
                return args[0]
            case "sum":
                return sum(c * x for c, x in zip(data[0], args, strict=True)) + data[1]
            case "product":
                powers = (abs(x) ** float(e) for x, e in zip(args, data[1], strict=True))
                return data[0] * math.prod(powers)
            case "dot" | "gram":
                return 1.5 + math.sin(sum(node.args) + 0.1 * math.prod(a + 1 for a in node.args))
            case "curve":
                return self._curve(data, args)
            case "expected":
                seen, *law = args[0]
                return _mixed([float(_WEIGHTS @ seen), *law, float(data)])
            case "both" | "open":
                return self._of_two(args)
            case _:
                return 1.25 + math.sin(1.7 * place)

    def _curve(self, data: Any, args: list[Any]) -> tuple[Any, ...]:
        expression, weak, _ = data
        mean, variance, *others = args
        with np.errstate(all="ignore"):
            seen = evaluate(expression, [_PLACES, *others])
        return np.nan_to_num(np.broadcast_to(seen, _PLACES.shape)) + weak, mean, variance

    def _of_two(self, args: list[Any]) -> float:
        """Of one form the expectation of the product of both functions."""
        (f, mean, p), (g, other, q), c = args
        if all(abs(x - p) <= _NEAR * abs(p) for x in (q, c)) and mean == other:
            return _mixed([float(_WEIGHTS @ (f * g)), mean, p, 0.0])
        ends = sorted([_mixed([float(_WEIGHTS @ x), m, v, 1.0]) for x, m, v in
                       ((f, mean, p), (g, other, q))])  # fmt: skip
        return _mixed([*ends, float(c), 2.0])


def _mixed(values: list[float]) -> float:
    """One number of several, smooth in each, above 0."""
    return 1.5 + math.sin(sum((1.3 + 0.47 * k) * x for k, x in enumerate(values)))
