"""How parameters are drawn: their constants, variances and powers of the width.

The laws of fills are recorded while the module is built; mean squares of a dozen fresh
initializations at both widths check them, and stand in where a parameter is made otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from tpgraph.bridges.torch_in.export import built, own_path, stored_tensors
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.sizes import Cut

__all__ = ["SURE", "UNIFORM", "Draws", "Law", "drawn"]

SURE = 0.03
"""Of fitted variances, those with a smaller relative error are taken for simple fractions."""
UNIFORM = -1.2
"""The excess kurtosis of a uniform distribution."""

INITIALIZATIONS = 12
MANY, FEW = 240, 200
"""So many initializations where a parameter of fewer entries is measured."""
MOST = 600
"""More than MANY, up to so many, where these make a parameter's variance sure."""
_SPREAD = 5.0
"""How many standard errors a mean square may be off a law."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Law:
    """Entries are `constant` + N(0, `variance` · n^−`power`), the variance that at n = 1.

    `error` is the relative error of a variance that was fitted and not recorded, `asymptotic` says
    that it holds for large n. `kurtosis` is the excess of the entries that the module draws, where
    these are not Gaussian: −6/5 of uniform ones.
    """

    constant: Fraction
    variance: float
    power: Fraction
    error: float = 0.0
    asymptotic: bool = False
    kurtosis: float = 0.0


@dataclass(frozen=True, slots=True)
class Draws:
    """Parameters by path of fresh initializations at both widths, and recorded variances."""

    n: int
    values: tuple[Mapping[str, Array], Mapping[str, Array]]
    recorded: tuple[Mapping[str, float], Mapping[str, float]]

    def law(self, path: str, cuts: Mapping[int, Cut], index: tuple[int | None, ...]) -> Law:
        """The law of a part of a parameter."""
        parts = [self._part(path, cuts, index, which) for which in (0, 1)]
        first, second = parts
        if all(np.ptp(p) == 0 for p in parts):
            if first.flat[0] != second.flat[0]:
                raise refusal(f"{path} starts at {first.flat[0]:g} and {second.flat[0]:g}")
            return Law(_fraction(float(first.flat[0])), 0.0, Fraction(0))
        recorded = [r.get(path) for r in self.recorded]
        if all(r is not None and _fits(r, p) for r, p in zip(recorded, parts, strict=True)):
            law = self._scaled([float(r) for r in recorded if r is not None], 0.0)
            return replace(law, kurtosis=_excess(parts, 0.0))
        constant = _mean(parts)
        squares = [float(((p - float(constant)) ** 2).mean()) for p in parts]
        law = self._scaled(squares, math.sqrt(2 / min(p.size for p in parts)))
        return replace(law, constant=constant, kurtosis=_excess(parts, float(constant)))

    def _part(
        self, path: str, cuts: Mapping[int, Cut], index: tuple[int | None, ...], which: int
    ) -> Array:
        """(initializations, …): the part in every initialization."""
        array = self.values[which][path]
        take: list[Any] = [slice(None)]
        for axis, place in enumerate(index):
            take.append(
                place if place is not None else cuts[axis].slice(self.n, self.n * (which + 1))
            )
        part: Array = array[tuple(take)]
        return part

    def _scaled(self, variances: Sequence[float], error: float) -> Law:
        """The power of n between two variances; of c / (n + k) that of large n."""
        first, second = variances
        power = math.log2(first / second)
        nearest = Fraction(round(power)) if error else Fraction(round(2 * power), 2)
        if error or abs(power - nearest) < 1e-9:
            variance = first * float(self.n) ** float(nearest)
            return Law(Fraction(0), variance, nearest, error)
        slope = (1 / second - 1 / first) / self.n
        return Law(Fraction(0), 1 / slope, Fraction(1), asymptotic=True)


def _fraction(value: float) -> Fraction:
    simple = Fraction(value).limit_denominator(1000)
    return simple if float(simple) == value else Fraction(repr(value))


def _mean(parts: Sequence[Array]) -> Fraction:
    """The mean of entries, where it is not 0 up to chance."""
    pooled = np.concatenate([p.ravel() for p in parts])
    mean = float(pooled.mean())
    error = float(pooled.std()) / math.sqrt(pooled.size)
    return _fraction(float(f"{mean:.3g}")) if abs(mean) > _SPREAD * error else Fraction(0)


def _excess(parts: Sequence[Array], constant: float) -> float:
    """The excess kurtosis E z⁴ / (E z²)² − 3 of entries, where it is not 0 up to chance."""
    centred = [p.ravel() - constant for p in parts]
    z = np.concatenate([p / math.sqrt(float((p**2).mean())) for p in centred])
    found = float((z**4).mean()) - 3
    error = math.sqrt(24 / z.size)
    if abs(found) < _SPREAD * error:
        return 0.0
    bounded = float(np.abs(z).max()) < 1.1 * math.sqrt(3)
    uniform = bounded and abs(found - UNIFORM) < _SPREAD * error
    return UNIFORM if uniform else round(found, 1)


def _fits(variance: float, values: Array) -> bool:
    """Whether a mean square is that of a law, up to chance."""
    if variance == 0:
        return False
    error = math.sqrt(2 / values.size)
    return abs(float((values**2).mean()) / variance - 1) < _SPREAD * error + 1e-6


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Remembers the variance with which tensors are filled, by their memory."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.variances: dict[tuple[int, int], float] = {}
        self.kept: list[torch.Tensor] = []

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        if not isinstance(out, torch.Tensor) or not out.is_floating_point():
            return out
        variance = self._variance(str(func).removeprefix("aten."), args, kwargs)
        key = (out.data_ptr(), out.numel())
        if variance is None:
            self.variances.pop(key, None)
        else:
            self.variances[key] = variance
            self.kept.append(out)
        return out

    def _variance(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> float | None:
        if name.startswith("uniform_"):
            low, high = [*args[1:], *([0.0, 1.0][len(args) - 1 :])][:2]
            low, high = kwargs.get("from", low), kwargs.get("to", high)
            return (high - low) ** 2 / 12 if low == -high else None
        if name.startswith("normal_"):
            mean, std = [*args[1:], *([0.0, 1.0][len(args) - 1 :])][:2]
            mean, std = kwargs.get("mean", mean), kwargs.get("std", std)
            return float(std) ** 2 if mean == 0 else None
        if name.startswith("randn."):
            return 1.0
        before = self._known(args[0] if args else None)
        if before is None:
            return None
        number = args[1] if len(args) > 1 else None
        if isinstance(number, torch.Tensor) and number.dim() == 0:
            number = float(number)
        if name.startswith(("mul.", "mul_.")) and isinstance(number, int | float):
            return before * number**2
        if name.startswith(("div.", "div_.")) and isinstance(number, int | float):
            return before / number**2
        if name.startswith(("detach", "alias", "view.", "_to_copy", "clone", "copy_", "t.")):
            return before
        return None

    def _known(self, tensor: object) -> float | None:
        if not isinstance(tensor, torch.Tensor):
            return None
        return self.variances.get((tensor.data_ptr(), tensor.numel()))


def drawn(make: Callable[[int], torch.nn.Module], n: int) -> Draws:
    """A dozen fresh initializations at n and 2 n. The state of torch's generator is kept."""
    state = torch.random.get_rng_state()
    values, recorded = [], []
    try:
        for width in (n, 2 * n):
            recorded.append(_recorded(make, width))
            values.append(_values(make, width, recorded[-1]))
    finally:
        torch.random.set_rng_state(state)
    return Draws(n, (values[0], values[1]), (recorded[0], recorded[1]))


def _recorded(make: Callable[[int], torch.nn.Module], width: int) -> dict[str, float]:
    torch.manual_seed(0)
    with _Recorder() as recorder:
        module = make(width)
    found: dict[str, float] = {}
    for path, parameter in stored_tensors(module):
        variance = recorder.variances.get((parameter.data_ptr(), parameter.numel()))
        if variance is not None:
            found[own_path(path)] = variance
    return found


def _values(
    make: Callable[[int], torch.nn.Module], width: int, recorded: Mapping[str, float]
) -> dict[str, Array]:
    """Fresh initializations: a dozen, more where a parameter of few entries was not recorded."""
    found: dict[str, list[Array]] = {}
    count, seed = INITIALIZATIONS, 0
    while seed < count:
        torch.manual_seed(seed)
        module = built(make, width, False)
        for path, parameter in stored_tensors(module):
            path = own_path(path)
            found.setdefault(path, []).append(parameter.detach().numpy().copy())
            if seed == 1 and path not in recorded and parameter.numel() < FEW:
                varies = not np.array_equal(found[path][0], found[path][1])
                count = max(count, _many(parameter.numel())) if varies else count
        seed += 1
    return {path: np.stack(_fresh(arrays)) for path, arrays in found.items()}


def _many(entries: int) -> int:
    """The least number of initializations, MANY or more, of which √(2/(number · entries)) < SURE.

    MANY where it were above MOST.
    """
    least = int(2 / SURE**2 / entries) + 1
    return max(MANY, least) if least <= MOST else MANY


def _fresh(arrays: Sequence[Array]) -> Sequence[Array]:
    """The initializations; one of them where a module seeds itself and they are all the same."""
    return arrays[:1] if np.array_equal(arrays[0], arrays[1]) else arrays
