"""The limit of one network on N inputs, by samples: Gram matrices between its vectors.

    E[Z^x(ξ_i) Z^y(ξ_j)] = Z^x (Z^y)ᵀ / S,   Z^x the N × S samples of x on every input

An array of all inputs is N · S numbers, so replicates are evaluated a few at a time, and of each
only what was asked for is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np

from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.limits.inputs import Values
from tpgraph.limits.sampling.evaluation import Evaluation
from tpgraph.limits.sampling.normals import REPLICATES, Array, replicate_size
from tpgraph.program import MatMul, Program

__all__ = ["SampledInputs", "sampled_inputs"]

_NUMBERS_AT_ONCE = 1 << 20

Pair: TypeAlias = tuple[str, str]
Key = TypeVar("Key", str, Pair)


@dataclass(frozen=True)
class SampledInputs:
    """What was asked for about a program on `count` inputs (`tpgraph.limits.inputs.InputsLimit`).

    Arrays are estimates over replicates with their error bars.
    """

    program: Program
    count: int
    samples: int
    scalars: Mapping[str, Values]
    means: Mapping[str, Values]
    moments: Mapping[Pair, Values]
    covariances: Mapping[Pair, Values]
    engine: str = "sampled"

    def scalar(self, name: str) -> Values:
        """θ̊(ξ_i), (N,). Raises TPNameError for what is no deterministic scalar."""
        return self._found(self.scalars, name, "scalar")

    def mean(self, x: str) -> Values:
        """E[Z^x(ξ_i)], (N,); of a readout its mean over initializations. Raises TPNameError."""
        return self._found(self.means, x, "vector")

    def _found(self, values: Mapping[str, Values], name: str, kind: str) -> Values:
        if name not in values:
            raise TPNameError(
                f"{name} is no {kind} of program {self.program.name} on which `wanted` depends"
            )
        return values[name]

    def moment(self, x: str, y: str) -> Values:
        """E[Z^x(ξ_i) Z^y(ξ_j)], (N, N). Raises TPNameError for a pair that was not wanted."""
        return _of_pair(self.moments, x, y)

    def covariance(self, f: str, g: str) -> Values:
        """Cov(f(ξ_i), g(ξ_j)) of readouts over initializations. Raises TPNameError as `moment`."""
        return _of_pair(self.covariances, f, g)


def _of_pair(values: Mapping[Pair, Values], x: str, y: str) -> Values:
    if (x, y) in values:
        return values[x, y]
    if (y, x) in values:
        found = values[y, x]
        return Values(found.value.T, found.error.T)
    raise TPNameError(
        f"the pair {x}, {y} was not asked for",
        mend=f'name it: limit_over_inputs(…, wanted=[("{x}", "{y}")])',
    )


def sampled_inputs(
    program: Program,
    needed: Program,
    arrays: Mapping[str, Array],
    pairs: Sequence[Pair],
    samples: int,
    seed: int,
) -> SampledInputs:
    """`tpgraph.limits.limit_over_inputs` by samples, of `needed`, the part that pairs depend on.

    Time is O(N² S) and memory O(N S) per vector, with S = samples/16, and one replicate is
    evaluated at a time where N S is large.
    """
    count = max((len(rows) for rows in arrays.values()), default=1)
    size = replicate_size(samples)
    together = max(1, min(REPLICATES, _NUMBERS_AT_ONCE // (count * size)))
    parts = []
    for start in range(0, REPLICATES, together):
        some = range(start, min(start + together, REPLICATES))
        found = Evaluation(needed, arrays, samples, seed, some, read=())
        found.run()
        parts.append(_facts(found, pairs, count))
        del found
    return SampledInputs(
        program=program,
        count=count,
        samples=size * REPLICATES,
        scalars=_estimates([part.scalars for part in parts]),
        means=_estimates([part.means for part in parts]),
        moments=_estimates([part.moments for part in parts]),
        covariances=_estimates([part.covariances for part in parts]),
    )


@dataclass(frozen=True)
class _Facts:
    """What some replicates say: arrays (B, N) and (B, N, N)."""

    scalars: Mapping[str, Array]
    means: Mapping[str, Array]
    moments: Mapping[Pair, Array]
    covariances: Mapping[Pair, Array]


def _facts(found: Evaluation, pairs: Iterable[Pair], count: int) -> _Facts:
    square = found.replicates, count, count
    row = found.replicates, count
    moments, covariances = {}, {}
    for pair in pairs:
        moment, covariance = _moments(found, *pair)
        moments[pair] = np.broadcast_to(moment, square)
        covariances[pair] = np.broadcast_to(covariance, square)
    return _Facts(
        scalars={name: np.broadcast_to(v[:, :, 0], row) for name, v in found.scalars.items()},
        means={name: np.broadcast_to(v, row) for name, v in _means(found)},
        moments=moments,
        covariances=covariances,
    )


def _means(found: Evaluation) -> Iterator[tuple[str, Array]]:
    for name, samples in found.trace.samples.items():
        yield name, samples.mean(axis=2)
    for name, output in found.outputs.items():
        if output.power == 0:
            yield name, output.values.mean(axis=(2, 3))
    for name in found.products.hats:
        if not found.program.variables[name].is_wide and name not in found.outputs:
            yield name, np.zeros((found.replicates, 1))


def _moments(found: Evaluation, x: str, y: str) -> tuple[Array, Array]:
    """E[Z^x Z^y] and Cov(Z^x, Z^y), (B, N or 1, N or 1); of several entries their mean."""
    products = found.products
    if all(_is_readout(found, name) for name in (x, y)):
        known = _of_readouts(found, x, y)
        return known, known
    for name in (x, y):
        if name not in products.hats and name in found.outputs and found.outputs[name].power:
            raise TPTypeError(f"{name} grows like n^{found.outputs[name].power}: it has no moments")
    first, second = (_values(found, name) for name in (x, y))
    moment = _gram(first, second)
    means = (v.mean(axis=3, keepdims=True) for v in (first, second))
    return moment, moment - _gram(*means)


def _is_readout(found: Evaluation, name: str) -> bool:
    """Whether it is a Gaussian readout, of which the covariances are known without samples."""
    made = found.program.equation_of.get(name)
    return (
        isinstance(made, MatMul) and not made.out.is_wide and name in found.products.hat_covariances
    )


def _of_readouts(found: Evaluation, x: str, y: str) -> Array:
    covariances = found.products.hat_covariances
    x, y = (found.products.repeats.get(name, name) for name in (x, y))
    if x == y:
        return found.products.hats[x]
    if y in covariances[x]:
        return covariances[x][y]
    if x in covariances[y]:
        return covariances[y][x].transpose(0, 2, 1)
    return np.zeros((found.replicates, 1, 1))


def _values(found: Evaluation, name: str) -> Array:
    """(B, M, entries, S or 1)."""
    if name in found.trace.samples:
        return found.trace.samples[name][:, :, None, :]
    if name in found.scalars:
        return found.scalars[name][:, :, None, :]
    return found.outputs[name].values


def _gram(x: Array, y: Array) -> Array:
    """The mean of x y over entries and samples, between inputs."""
    shape = *x.shape[:1], 1, *np.broadcast_shapes(x.shape[2:], y.shape[2:])
    flat = [
        np.broadcast_to(v, (*v.shape[:2], *shape[2:])).reshape(*v.shape[:2], -1) for v in (x, y)
    ]
    return np.asarray(flat[0] @ flat[1].transpose(0, 2, 1) / flat[0].shape[2])


def _estimates(parts: Sequence[Mapping[Key, Array]]) -> dict[Key, Values]:
    """The mean over all replicates, and s/√B."""
    found: dict[Key, Values] = {}
    for key in parts[0]:
        every = np.concatenate([part[key] for part in parts])
        error = every.std(axis=0, ddof=1) / np.sqrt(len(every))
        found[key] = Values(every.mean(axis=0), error)
    return found
