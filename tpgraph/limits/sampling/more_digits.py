"""Vectors and means of which rounding leaves few digits, computed with twice as many.

    x = (1 − cos h)/h²;   y = tanh(z) + 10¹⁴ and x = y − 10¹⁴

Some samples of everything are computed once more, every part of it moved by its rounding. Where
that is far off, they are computed in pairs of floats from the Gaussians beneath
(`functions.many_digits`), and where floats were wrong all are. Else everything stays to the last
bit. What is unknown even then is an error of means, and no product is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from tpgraph.functions import Apply, Expression, inline
from tpgraph.functions.double_word import Twofold
from tpgraph.functions.many_digits import (
    are_far,
    has_many_digits,
    moved_by_rounding,
    trembled,
    with_many_digits,
)
from tpgraph.limits.sampling.derivatives import Coordinatewise, Trace
from tpgraph.limits.sampling.normals import Array

__all__ = ["NOTHING", "NO_DIGIT", "MoreDigits"]

NO_DIGIT = (
    "rounding leaves no digit of it; written so that what nearly cancels does so by algebra, as in"
    " 2*sin(h/2)^2 for 1 - cos(h), it would have some"
)

_LOOKED_AT, _MOST_LOOKED_AT = 256, 1 << 14
"""Samples of every replicate; numbers in all."""
_GONE, NOTHING = 2.0**-20, 1e-20
"""The same of E x² in pairs of floats; what is less in itself is 0."""
_NUMBERS = 1 << 14
"""Of one piece."""
_TAME = frozenset(("mul", "neg", "div", "relu", "abs", "min", "max"))

_Part = tuple[slice, slice, slice]


@dataclass
class MoreDigits:
    """What rounding does to the vectors of a trace; `_moved` has some samples of them, moved."""

    trace: Trace
    _moved: dict[str, Array] = field(default_factory=dict)
    _doubtful: set[str] = field(default_factory=set)

    def of_vector(
        self, name: str, psi: Coordinatewise, value: Array
    ) -> tuple[Coordinatewise, Array]:
        """ψ and its samples (B, M, S), which stay as they are where enough digits are left."""
        if value.shape[2] == 1:
            return psi, value
        few, whole = _few(value), inline(psi.expression)
        moved = self._moved_by_rounding(whole, psi, few, value)
        if _is_far(value[few], moved):
            if not has_many_digits(whole):
                return psi, value
            self._doubtful.add(name)
            found, moved = self._looked_at(whole, psi, few)
            is_wrong = _is_far(value[few], found)
            read = whole, *sorted(psi.vectors.items())
            if (is_wrong or self._reads_gone(psi)) and _is_gone(found, moved):
                self.trace.gone.add(name)
            moved = trembled(moved if name in self.trace.gone else found, read)
            if is_wrong:
                psi, value = self._anew(whole, psi, value)
        if (moved != value[few]).any():
            self._moved[name] = moved
        return psi, value

    def of_mean(
        self, psi: Coordinatewise, value: Array
    ) -> tuple[Coordinatewise, Array, Array | None]:
        """The same, and what rounding may make of their mean, (M,), if that was asked."""
        whole = inline(psi.expression)
        is_plain = _is_tame(whole) and self._doubtful.isdisjoint(psi.vectors.values())
        if value.shape[2] == 1 or is_plain:
            return psi, value, None
        few = _few(value)
        moved = self._moved_by_rounding(whole, psi, few, value)
        if not _is_far(value[few], moved) or not has_many_digits(whole):
            return psi, value, None
        found, moved = self._looked_at(whole, psi, few)
        is_wrong = _is_far(value[few], found)
        if not is_wrong and not self._reads_gone(psi) and np.isfinite(moved).all():
            return psi, value, None
        if is_wrong:
            psi, value = self._anew(whole, psi, value)
        return psi, value, _distance(found, moved).mean(axis=(0, 2))

    def _looked_at(self, whole: Expression, psi: Coordinatewise, few: _Part) -> tuple[Array, Array]:
        """ψ on some samples in pairs of floats, and moved."""
        (found,), (moved,) = (self._of([whole], psi, few, is_moved) for is_moved in (False, True))
        return found, moved

    def _anew(
        self, whole: Expression, psi: Coordinatewise, value: Array
    ) -> tuple[Coordinatewise, Array]:
        """ψ and its samples in pairs of floats."""

        def in_pairs(expressions: Sequence[Expression]) -> list[Array]:
            return self.everywhere([inline(e) for e in expressions], psi, value.shape)

        return replace(psi, in_pairs=in_pairs), in_pairs([whole])[0]

    def everywhere(
        self, wholes: Sequence[Expression], psi: Coordinatewise, shape: tuple[int, ...]
    ) -> list[Array]:
        """Expressions of what ψ reads on all samples, in pairs of floats."""
        found = [np.empty(shape) for _ in wholes]
        for b in range(shape[0]):
            for m in range(shape[1]):
                for start in range(0, shape[2], _NUMBERS):
                    part = slice(b, b + 1), slice(m, m + 1), slice(start, start + _NUMBERS)
                    for whole, own in zip(found, self._of(wholes, psi, part, False), strict=True):
                        whole[part] = own
        return found

    def forget(self, name: str) -> None:
        """Of a vector whose samples go."""
        self._moved.pop(name, None)

    def _reads_gone(self, psi: Coordinatewise) -> bool:
        return bool(self.trace.gone) and any(v in self.trace.gone for v in psi.vectors.values())

    def _moved_by_rounding(
        self, whole: Expression, psi: Coordinatewise, few: _Part, value: Array
    ) -> Array:
        """ψ on some samples, and what it reads, moved."""
        with np.errstate(all="ignore"):
            read = [self._argument(i, psi, few) for i in range(len(psi.values))]
            return np.broadcast_to(moved_by_rounding(whole, read), value[few].shape)

    def _argument(self, place: int, psi: Coordinatewise, few: _Part) -> Array:
        own = _part(psi.values[place], few)
        moved = self._moved.get(psi.vectors.get(place, ""))
        return own if moved is None else moved[..., : own.shape[-1]]

    def _of(
        self, wholes: Sequence[Expression], psi: Coordinatewise, part: _Part, is_moved: bool
    ) -> list[Array]:
        """Expressions of what ψ reads, of a part of the samples, and of all that it is made of."""
        known: dict[str, Twofold] = {}

        def read(by: Coordinatewise) -> list[Twofold]:
            return [
                known[name] if (name := by.vectors.get(i, "")) in known else own(name, value)
                for i, value in enumerate(by.values)
            ]

        def own(name: str, value: Array) -> Twofold:
            moved = self._moved.get(name) if is_moved else None
            found = _part(value, part)
            return Twofold.of(found if moved is None else moved[..., : found.shape[-1]])

        with np.errstate(all="ignore"):
            for name, made in self._made(psi):
                whole = inline(made.expression)
                known[name] = with_many_digits(whole, read(made), is_moved)
            arguments = read(psi)
            found = [with_many_digits(whole, arguments, is_moved).high for whole in wholes]
        shape = np.broadcast_shapes(*(_part(v, part).shape for v in psi.values))
        return [np.broadcast_to(value, shape) for value in found]

    def _made(self, psi: Coordinatewise) -> Iterator[tuple[str, Coordinatewise]]:
        """The vectors that Nonlins make of Gaussians on the way to ψ, first to last."""
        found: dict[str, Coordinatewise] = {}
        pending = list(psi.vectors.values())
        while pending:
            name = pending.pop()
            made = self.trace.made.get(name)
            if name in found or not isinstance(made, Coordinatewise):
                continue
            if has_many_digits(made.expression):
                found[name] = made
                pending += made.vectors.values()
        return ((name, found[name]) for name in self.trace.made if name in found)


def _few(value: Array) -> _Part:
    count = _MOST_LOOKED_AT // (value.shape[0] * value.shape[1])
    return slice(None), slice(None), slice(0, max(8, min(_LOOKED_AT, count)))


def _part(values: Array, part: _Part) -> Array:
    """A part of (B, M, S), of which an axis of length 1 stays."""
    if values.ndim < 3:
        return values
    pairs = zip(part, values.shape, strict=True)
    return values[tuple(own if length > 1 else slice(None) for own, length in pairs)]


def _is_far(value: Array, other: Array) -> bool:
    """Whether others are too far from values, on any input."""
    return are_far(value, other, (0, 2))


def _distance(found: Array, moved: Array) -> Array:
    """How far; as far as twice what was found where pairs of floats do not reach."""
    return np.where(np.isfinite(moved), np.abs(moved - found), 2 * np.abs(found))


def _is_gone(found: Array, moved: Array) -> bool:
    """Whether too few digits are left in E x² of a vector, on any input."""
    distance = _distance(found, moved)
    off = (2 * np.abs(found) * distance + distance**2).mean(axis=(0, 2))
    size = (found**2).mean(axis=(0, 2))
    return bool(((off > _GONE * size) & (off > NOTHING**2)).any())


def _is_tame(psi: Expression) -> bool:
    """Whether nothing cancels in it."""
    if not isinstance(psi, Apply):
        return True
    return psi.function.name in _TAME and all(map(_is_tame, psi.arguments))
