"""Heights of a column that are taken, as intervals: which heights are free, found by bisection."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

__all__ = ["ShutHeights", "is_apart"]


class ShutHeights:
    """Open intervals of heights; `ends` are their ends that lie in no other, in the order given."""

    __slots__ = "_highs", "_lows", "ends"

    def __init__(self, intervals: Sequence[tuple[float, float]]) -> None:
        self._lows: list[float] = []
        self._highs: list[float] = []
        for low, high in sorted(intervals):
            if low >= high:
                continue
            if self._highs and low < self._highs[-1]:
                self._highs[-1] = max(self._highs[-1], high)
            else:
                self._lows.append(low)
                self._highs.append(high)
        every = dict.fromkeys(end for interval in intervals for end in interval)
        self.ends = [end for end in every if self.is_free(end)]

    def is_free(self, height: float) -> bool:
        """Whether a height lies in none of the intervals."""
        at = bisect_left(self._lows, height)
        return at == 0 or height >= self._highs[at - 1]


def is_apart(height: float, others: Sequence[float], least: float) -> bool:
    """Whether a height is at least so far from all of others, which rise."""
    at = bisect_left(others, height)
    return (at == 0 or height - others[at - 1] >= least) and (
        at == len(others) or others[at] - height >= least
    )
