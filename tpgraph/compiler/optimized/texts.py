"""What stands in every optimized module: weights with updates still to be made.

BLAS comes from scipy alone: numpy's and scipy's each have threads of their own, which slow each
other down.
"""

from __future__ import annotations

__all__ = ["LARGE", "RANK", "RUNNING", "WEIGHT", "is_delayed"]

RANK = 32
"""Updates of a weight that are kept as factors before they are made."""
LARGE = 2**20
"""Bytes of a weight from which that pays."""
ALONE = 2**13
"""Entries up to which OpenBLAS adds an outer product on one thread."""
SMALL = 4 * ALONE
"""Entries of a weight up to which waking another thread for that costs more than it saves."""


def is_delayed(size: int, rows: int) -> bool:
    """Whether a weight of so many bytes keeps updates of so many rows a step."""
    return size >= LARGE and 4 * rows <= RANK


WEIGHT = (
    f"""
RANK = {RANK}  # updates of a weight that are kept as factors before they are made
LARGE = {LARGE}  # bytes of a weight from which that pays
ALONE = {ALONE}  # entries of an outer product that BLAS adds without other threads
SMALL = {SMALL}  # entries of a weight that is updated so, part by part
"""
    + '''

_gemm, _gemv, _ger = blas.get_blas_funcs(("gemm", "gemv", "ger"), dtype=DTYPE)


class _Weight:
    """w − leftᵀ right: a trained matrix, and updates of it that are kept as factors.

    Writing a large w costs as much as reading it, so that `RANK` updates are made at once. `left`
    and `right` hold them in their first `used` rows. Products are written into `out`; all arrays
    are (rows, columns) in C order, and BLAS sees their transposes; a w that is not, as a transpose
    or of another dtype, is worked on in a copy, and gets what that has.
    """

    def __init__(self, w, rows):
        self.given = w
        plain = w.flags.c_contiguous and w.flags.behaved and w.dtype == DTYPE
        self.w = w = w if plain else np.array(w, DTYPE, order="C")
        self.delayed = w.nbytes >= LARGE and 4 * rows <= RANK
        capacity = RANK if self.delayed else 1
        self.left = np.empty((capacity, w.shape[0]), DTYPE)
        self.right = np.empty((capacity, w.shape[1]), DTYPE)
        self.short = np.empty((rows, capacity), DTYPE)
        few = max(1, ALONE // w.shape[1]) if w.size <= SMALL else len(w)
        cuts = [slice(begin, begin + few) for begin in range(0, len(w), few)]
        self.parts = [(rows, w[rows].T) for rows in cuts]
        self.used = 0

    def times(self, factor, x, out):
        """out = factor · x wᵀ."""
        _product(factor, x, self.w.T, 1, 0.0, out)
        if self.used:
            self._correct(factor, x, self.right[: self.used], self.left[: self.used], out)

    def transposed_times(self, factor, x, out):
        """out = factor · x w."""
        _product(factor, x, self.w.T, 0, 0.0, out)
        if self.used:
            self._correct(factor, x, self.left[: self.used], self.right[: self.used], out)

    def _correct(self, factor, x, inner, outer, out):
        """out −= factor · (x innerᵀ) outer."""
        short = self.short.reshape(-1)[: len(x) * self.used].reshape(len(x), self.used)
        _product(1.0, x, inner.T, 1, 0.0, short)
        _product(-factor, short, outer.T, 0, 1.0, out)

    def subtract(self, factor, left, right):
        """w −= factor · leftᵀ right, now or later."""
        if not self.delayed:
            self._subtract_now(factor, left, right)
            return
        rows = len(left)
        if self.used + rows > RANK:
            self.flush()
        kept = slice(self.used, self.used + rows)
        np.multiply(left, factor, out=self.left[kept])
        self.right[kept] = right
        self.used += rows

    def _subtract_now(self, factor, left, right):
        """The same at once; of a small w so few rows that BLAS does not wake a thread for them."""
        if len(left) > 1:
            _rank_update(-factor, right, left, self.w.T)
        else:
            for rows, part in self.parts:
                _ger(-factor, right[0], left[0, rows], a=part, overwrite_a=1)
        self._hand_back()

    def flush(self):
        """Make the updates that are kept."""
        if self.used:
            used, self.used = self.used, 0
            _rank_update(-1.0, self.right[:used], self.left[:used], self.w.T)
            self._hand_back()

    def _hand_back(self):
        """Give the caller's array what a copy of it has."""
        if self.w is not self.given:
            self.given[...] = self.w


def _product(factor, x, matrix, transposed, kept, out):
    """out = factor · x matrixᵀ + kept · out; x matrix where `transposed`. BLAS's order of axes."""
    if len(x) == 1:
        _gemv(factor, matrix, x[0], kept, out[0], trans=transposed, overwrite_y=1)
    else:
        _gemm(factor, matrix, x.T, kept, out.T, trans_a=transposed, overwrite_c=1)


def _rank_update(factor, x, y, matrix):
    """matrix += factor · xᵀ y, in BLAS's order."""
    if len(x) == 1:
        _ger(factor, x[0], y[0], a=matrix, overwrite_a=1)
    else:
        _gemm(factor, x.T, y.T, 1.0, matrix, trans_b=1, overwrite_c=1)
'''
)

RUNNING = '''
class _Running:
    """The step in use: its parameters, their arrays, the batch size, weights."""

    def __init__(self, params, batch):
        self.params, self.batch, self.arrays = params, batch, list(params.values())
        self.step, self.weights = _prepare(params, batch)

    def fits(self, params, batch):
        """Whether the step is of these parameters, none of them another array or a copy."""
        same = self.params is params and self.batch == batch and len(params) == len(self.arrays)
        return (
            same
            and all(map(operator.is_, params.values(), self.arrays))
            and all(weight.w is weight.given for weight in self.weights)
        )


_steps = []  # the step in use, if any


def _running(params, batch):
    """The step for these parameters and this batch size; updates that others keep are made."""
    if not (_steps and _steps[0].fits(params, batch)):
        flush(params)
        _steps[:] = [_Running(params, batch)]
    return _steps[0].step


def flush(params):
    """Make the updates that are kept, so that `params` holds every w as it is."""
    for running in _steps:
        for weight in running.weights:
            weight.flush()
'''
