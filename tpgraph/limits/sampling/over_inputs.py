"""The limit of one network on N inputs, by samples: Gram matrices between its vectors.

    E[Z^x(ξ_i) Z^y(ξ_j)] = Z^x (Z^y)ᵀ / S,   Z^x the N × S samples of x on every input

An array of all inputs is N · S numbers, so replicates are evaluated a few at a time, each group of
them in one thread, and of each only what was asked for is kept. Sums of products of moments get the
error that replicates of the whole sum show, in which those of the moments meet as they depend on
each other.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.limits.many_inputs import MomentSum, Pair, Values, total_of
from tpgraph.limits.rules import evaluate
from tpgraph.limits.sampling.algebra import SampledAlgebra
from tpgraph.limits.sampling.lifetimes import lifetimes
from tpgraph.limits.sampling.normals import REPLICATES, Array, replicate_size
from tpgraph.limits.sampling.spread import spread_by
from tpgraph.program import MatMul, Program
from tpgraph.shared_work import Shared, Stopped, share

__all__ = ["SampledInputs", "sampled_inputs"]

_NUMBERS_AT_ONCE = 1 << 20
_PAIRS = 1 << 20
"""Behind it are the numbers of the errors of pairs."""

Key = TypeVar("Key", str, Pair, MomentSum)


@dataclass(frozen=True)
class SampledInputs:
    """What was asked for of a program on `count` inputs (`tpgraph.limits.many_inputs.InputsLimit`).

    Arrays are estimates over replicates with their error bars.
    """

    program: Program
    count: int
    samples: int
    scalars: Mapping[str, Values]
    means: Mapping[str, Values]
    moments: Mapping[Pair, Values]
    covariances: Mapping[Pair, Values]
    sums: Mapping[MomentSum, Array] = field(default_factory=dict)
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

    def total(self, products: MomentSum) -> Values:
        """Σ of products of moments, (N, N); of no sum that was not asked for is the error narrow.

        Raises TPNameError as `moment`.
        """
        found = total_of(self, products)
        return Values(found.value, self.sums.get(products, found.error))


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
    sums: Sequence[MomentSum] = (),
    threads: int = 1,
) -> SampledInputs:
    """`tpgraph.limits.limit_over_inputs` by samples, of `needed`, the part that pairs depend on.

    Time is O(N² S) and memory O(N S) per vector, with S = samples/16; where N S is large, one
    replicate is evaluated at a time in each thread, and samples go after their last use.
    """
    count = max((len(rows) for rows in arrays.values()), default=1)
    size = replicate_size(samples)
    own = {name: _told_apart(rows) for name, rows in arrays.items()}
    tallies = _Tallies()

    def worker(queue: Shared[int]) -> Callable[[int], None]:
        def work(number: int) -> None:
            with np.errstate(all="ignore"):  # which holds in one thread
                some = groups[number]
                at = SampledAlgebra(needed, own, samples, seed, some, read=())
                facts = _Collector(at, pairs, count, sums, queue)
                facts.run()
            tallies.add(number, facts)

        return work

    groups = _groups(max(1, min(REPLICATES, _NUMBERS_AT_ONCE // (count * size))))
    share(range(len(groups)), threads, "replicates", worker)
    return SampledInputs(
        program=program,
        count=count,
        samples=size * REPLICATES,
        scalars=tallies.scalars.values(),
        means=tallies.means.values(),
        moments=tallies.moments.values(),
        covariances=tallies.covariances.values(),
        sums={key: found.error for key, found in tallies.sums.values().items()},
    )


def _told_apart(rows: Array) -> Array:
    """One row where all are equal: what is made of it is the same on all inputs."""
    return rows[:1] if len(rows) and (rows == rows[0]).all() else rows


def _groups(most: int) -> list[range]:
    """All replicates, at most so many side by side, in groups as even as they come."""
    together = -(-REPLICATES // -(-REPLICATES // most))
    return [
        range(start, min(start + together, REPLICATES)) for start in range(0, REPLICATES, together)
    ]


class _Tally(Generic[Key]):
    """Means and error bars s/√B over replicates that come a few at a time, (B, …) by key."""

    def __init__(self) -> None:
        self._found: dict[Key, tuple[int, Array, Array]] = {}

    def add(self, arrays: Mapping[Key, Array]) -> None:
        """Count further replicates: number, mean and sum of squared deviations (Chan et al.)."""
        for key, array in arrays.items():
            new, mean, squares = len(array), array.mean(axis=0), array.var(axis=0) * len(array)
            if key in self._found:
                old, before, rest = self._found[key]
                step = mean - before
                squares = squares + rest + step**2 * (old * new / (old + new))
                mean, new = before + step * (new / (old + new)), old + new
            self._found[key] = new, mean, squares

    def values(self) -> dict[Key, Values]:
        """The estimates."""
        return {
            key: Values(mean, np.sqrt(squares / (n * (n - 1))))
            for key, (n, mean, squares) in self._found.items()
        }


class _Tallies:
    """What groups of replicates say, counted in their order whoever comes first."""

    def __init__(self) -> None:
        self.scalars, self.means = _Tally[str](), _Tally[str]()
        self.moments, self.covariances = _Tally[Pair](), _Tally[Pair]()
        self.sums = _Tally[MomentSum]()
        self._early: dict[int, _Collector] = {}
        self._next = 0
        self._lock = threading.Lock()

    def add(self, number: int, facts: _Collector) -> None:
        """Count what the group of this number says, or keep it until it is its turn."""
        with self._lock:
            self._early[number] = facts
            while self._next in self._early:
                found = self._early.pop(self._next)
                self.scalars.add(found.scalars)
                self.means.add(found.means)
                self.moments.add(found.moments)
                self.covariances.add(found.covariances)
                self.sums.add(found.sums)
                self._next += 1


class _Collector:
    """What some replicates say, taken while their samples are there: (B, N) and (B, N, N)."""

    def __init__(
        self,
        found: SampledAlgebra,
        pairs: Sequence[Pair],
        count: int,
        sums: Sequence[MomentSum],
        queue: Shared[int],
    ) -> None:
        self.found: SampledAlgebra = found
        self.count = count
        self._asked = sums
        self._queue = queue
        self.sums: dict[MomentSum, Array] = {}
        self.scalars: dict[str, Array] = {}
        self.means: dict[str, Array] = {}
        self.moments: dict[Pair, Array] = {}
        self.covariances: dict[Pair, Array] = {}
        numbers = {e.out.name: i for i, e in enumerate(found.program.equations)}
        self._due: dict[int, list[Pair]] = {}
        self._sources = {pair: _PAIRS + k for k, pair in enumerate(pairs)}
        asked: dict[str, int] = {}
        for pair in pairs:
            due = max(numbers.get(name, -1) for name in pair)
            self._due.setdefault(due, []).append(pair)
            asked.update({name: max(due, asked.get(name, due)) for name in pair})
        self._releases = lifetimes(found.program, asked)

    def run(self) -> None:
        """Evaluate the whole program, and forget it."""
        evaluate(self.found, after=self._after)
        for products in self._asked:
            self.sums[products] = self._total(products)
        row = self.found.replicates, self.count
        for name, value in self.found.scalars.items():
            self.scalars[name] = np.broadcast_to(value[:, :, 0], row)
        for name, value in _means(self.found):
            self.means[name] = np.broadcast_to(value, row)
        del self.found

    def _total(self, products: MomentSum) -> Array:
        """Σ of products of moments, (B, N, N)."""
        total = np.zeros((self.found.replicates, self.count, self.count))
        for factor, pairs, is_turned in products:
            value = np.full(total.shape, factor)
            for pair in pairs:
                value *= self.moments[pair]
            total += value.transpose(0, 2, 1) if is_turned else value
        return total

    def _after(self, number: int) -> None:
        if self._queue.is_stopped:
            raise Stopped
        square = self.found.replicates, self.count, self.count
        for pair in self._due.get(number, ()):
            moment, covariance = _moments(self.found, *pair)
            unseen = self._unseen(pair)
            if unseen is not None:
                source, replicates = self._sources[pair], self.found.trace.replicates
                moment = spread_by(moment, unseen, source, replicates)
                covariance = spread_by(covariance, unseen, source, replicates)
            self.moments[pair] = np.broadcast_to(moment, square)
            if any(not self.found.program.variables[name].is_wide for name in pair):
                self.covariances[pair] = np.broadcast_to(covariance, square)
        self._take_means(number)
        if number in self._releases:
            self.found.release(self._releases[number])

    def _unseen(self, pair: Pair) -> Array | None:
        """What samples did not see of the moment of two wide vectors."""
        if not all(name in self.found.trace.samples for name in pair):
            return None
        return self.found.rare.of_pairs(*pair)

    def _take_means(self, number: int) -> None:
        """E Z of what the equation made, or of everything initial."""
        samples, equations = self.found.trace.samples, self.found.program.equations
        names = samples if number < 0 else (equations[number].out.name,)
        for name in names:
            if name in samples:
                row = self.found.replicates, self.count
                self.means[name] = np.broadcast_to(samples[name].mean(axis=2), row)


def _means(found: SampledAlgebra) -> Iterator[tuple[str, Array]]:
    """E of what has a fixed dimension."""
    for name, output in found.outputs.items():
        if output.power == 0:
            yield name, output.values.mean(axis=(2, 3))
    for name in found.products.hats:
        if not found.program.variables[name].is_wide and name not in found.outputs:
            yield name, np.zeros((found.replicates, 1))


def _moments(found: SampledAlgebra, x: str, y: str) -> tuple[Array, Array]:
    """E[Z^x Z^y] and Cov(Z^x, Z^y), (B, N or 1, N or 1); of several entries their mean."""
    products = found.products
    for name in (x, y):
        found.require_bounded(name)
        if name in products.growing:
            raise TPTypeError(f"{name} grows with width: it has no moments")
    if all(_is_readout(found, name) for name in (x, y)):
        known = _of_readouts(found, x, y)
        return known, known
    first, second = (_values(found, name) for name in (x, y))
    moment = _gram(first, second)
    means = (v.mean(axis=3, keepdims=True) for v in (first, second))
    return moment, moment - _gram(*means)


def _is_readout(found: SampledAlgebra, name: str) -> bool:
    """Whether it is a Gaussian readout, of which the covariances are known without samples."""
    made = found.program.equation_of.get(name)
    return (
        isinstance(made, MatMul) and not made.out.is_wide and name in found.products.hat_covariances
    )


def _of_readouts(found: SampledAlgebra, x: str, y: str) -> Array:
    covariances = found.products.hat_covariances
    x, y = (found.products.repeats.get(name, name) for name in (x, y))
    if x == y:
        return found.products.hats[x]
    if y in covariances[x]:
        return covariances[x][y]
    if x in covariances[y]:
        return covariances[y][x].transpose(0, 2, 1)
    return np.zeros((found.replicates, 1, 1))


def _values(found: SampledAlgebra, name: str) -> Array:
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
