"""Steps of a tile that follow each other as one compiled loop: numbers of a pair in registers.

numpy passes over the blocks of a tile once a step. Here up to 60 arithmetic steps become the body
of a loop over the tile's pairs, written as Python and compiled by numba, which a processor runs on
several pairs at once; blocks hold only what later steps need. Compiling takes a second or two for
each loop, once in a process.

The arcsine, which no processor has, is a polynomial within 3 units in the last place:

    arcsin s = s + s³ P(s²) for 0 ≤ s ≤ ½,   π/2 − 2 arcsin √((1 − s)/2) above

with P of Chebyshev's nodes on [0, ¼].
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from tpgraph.errors import TPDataError
from tpgraph.kernels.plan.tile_steps import TileStep, TileSteps

__all__ = ["FusedLoop", "fused"]

_MOST = 60
"""Steps of a loop: more of them are no longer run on several pairs at once."""
_FEWEST = 3
"""Steps of a loop: fewer gain nothing."""
_TERMS = 13
"""Coefficients of P: what is left out is less than a rounding of float64."""
_compiling = threading.Lock()
"""Threads that want the same loop wait for the first."""
_SIGNATURE = "def loop(blocks, rows, columns, diagonal, one, largest):"
_ARITHMETIC = {
    "multiply": "{a} * {b}",
    "add": "{a} + {b}",
    "subtract": "{a} - {b}",
    "divide": "{a} / {b}",
    "square": "{a} * {a}",
    "sqrt": "sqrt({a})",
    "scale": "{a} * {number}",
    "shift": "{a} + {number}",
    "from": "{number} - {a}",
    "inverse": "number(1.0) / {a}",
    "floor": "number(0.0) if {a} < 0 else {a}",
}
"""Of a pair what `TileWorker` does to a block. What is not a number stays one: no comparison with
it holds."""
_FUSED = {*_ARITHMETIC, "rows", "columns", "fill", "arcsin", "correlation"}


@dataclass(frozen=True)
class FusedLoop:
    """The steps up to `last`, compiled.

    `loop` takes the blocks, numbers of rows and of columns, by the places of single inputs' nodes,
    and tells the largest |ρ| of correlations, by their places, `steep`.
    """

    loop: Callable[..., None]
    rows: tuple[int, ...]
    columns: tuple[int, ...]
    steep: tuple[int, ...]
    last: int


def fused(steps: TileSteps, dtype: str) -> tuple[FusedLoop | int, ...]:
    """All steps in order: loops, and the numbers of steps that stay as they are.

    Compiled for float32 or float64. Raises TPDataError where numba is not installed.
    """
    _require_numba()
    return _ordered(steps, dtype)


@lru_cache(maxsize=64)
def _ordered(steps: TileSteps, dtype: str) -> tuple[FusedLoop | int, ...]:
    found: list[FusedLoop | int] = []
    for run in _runs(steps):
        if len(run) < _FEWEST:
            found += run
        else:
            found.append(_loop(steps, run, dtype))
    return tuple(found)


def _runs(steps: TileSteps) -> Iterator[range]:
    """Steps that can be one loop: arithmetic, and an end's behind which it is read."""
    ends = {at for at, _ in steps.ends}
    first = 0
    for number, step in enumerate(steps.steps):
        if step.op not in _FUSED:
            if first < number:
                yield range(first, number)
            yield range(number, number + 1)
            first = number + 1
        elif number in ends or number + 1 - first == _MOST:
            yield range(first, number + 1)
            first = number + 1
    if first < len(steps.steps):
        yield range(first, len(steps.steps))


def _loop(steps: TileSteps, run: range, dtype: str) -> FusedLoop:
    writer = _Writer()
    for number in run:
        writer.write(number, steps.steps[number])
    kept = [b for b in writer.held if b in writer.made and _is_kept(steps, run, b)]
    with _compiling:
        loop = _compiled(writer.text(kept), dtype)
    singles = tuple(writer.rows), tuple(writer.columns)
    return FusedLoop(loop, *singles, tuple(writer.steep), run[-1])


def _is_kept(steps: TileSteps, run: range, buffer: int) -> bool:
    """Whether a buffer's number is read behind a run."""
    if (run[-1], buffer) in steps.ends:
        return True
    for step in steps.steps[run.stop :]:
        if buffer in (step.a, step.b):
            return True
        if step.out == buffer:
            return False
    return False


class _Writer:
    """The body of a loop, one line or a few for a step.

    `held` are the names of the numbers in buffers, `made` the buffers that the loop writes.
    """

    def __init__(self) -> None:
        self.rows: dict[int, None] = {}
        self.columns: dict[int, None] = {}
        self.steep: dict[int, None] = {}
        self.held: dict[int, str] = {}
        self.made: set[int] = set()
        self.lines: list[str] = []

    def write(self, number: int, step: TileStep) -> None:
        """Append a step."""
        a, b = (self._read(buffer) for buffer in (step.a, step.b))
        name = f"x{number}"
        match step.op:
            case "rows" | "columns":
                single = self._single(step.data, step.op == "columns")
                self.lines.append(f"{name} = {a} * {single}")
            case "fill":
                place, side = step.data
                self.lines.append(f"{name} = {self._single(place, side == 1)}")
            case "arcsin":
                self.lines += _arcsine(name, a)
            case "correlation":
                self._correlation(name, a, *step.data)
            case _:
                body = _ARITHMETIC[step.op].format(a=a, b=b, number=f"number({step.data!r})")
                self.lines.append(f"{name} = {body}")
        self.held[step.out] = name
        self.made.add(step.out)

    def _read(self, buffer: int) -> str:
        if buffer < 0:
            return ""
        if buffer not in self.held:
            self.held[buffer] = f"b{buffer}"
            self.lines.append(f"b{buffer} = blocks[{buffer}, i, j]")
        return self.held[buffer]

    def _single(self, place: int, is_column: bool) -> str:
        if is_column:
            return f"columns[{_index(self.columns, place)}, j]"
        return f"row{_index(self.rows, place)}"

    def _correlation(self, name: str, a: str, same: bool, place: int) -> None:
        """As `TileWorker`: ±1 near ±1; of an input with itself 1, or 0 where it is 0."""
        size = f"{name}_size"
        self.lines.append(f"{size} = abs({a})")
        if same:
            self.lines.append(f"{name}_self = i == j + diagonal")
        if place >= 0:
            told = f"largest[{_index(self.steep, place)}, j]"
            seen = f"(number(0.0) if {name}_self else {size})" if same else size
            self.lines += [f"{name}_seen = {seen}", f"{name}_told = {told}"]
            self.lines.append(f"{told} = {name}_seen if {name}_seen > {name}_told else {name}_told")
        self.lines.append(f"{name}_sign = number(1.0) if {a} > 0 else number(-1.0)")
        self.lines.append(f"{name} = {name}_sign if {size} > one else {a}")
        if same:
            self.lines.append(f"{name}_unit = number(1.0) if {size} > 0 else {a}")
            self.lines.append(f"{name} = {name}_unit if {name}_self else {name}")

    def text(self, kept: Sequence[int]) -> str:
        """The whole function, which leaves the numbers of these buffers."""
        reads = [f"row{k} = rows[{k}, i]" for k in range(len(self.rows))]
        writes = [f"blocks[{buffer}, i, j] = {self.held[buffer]}" for buffer in kept]
        return "\n".join(
            [
                _SIGNATURE,
                "    for i in range(blocks.shape[1]):",
                *_indented(reads, 8),
                "        for j in range(blocks.shape[2]):",
                *_indented([*self.lines, *writes], 12),
            ]
        )


def _index(known: dict[int, None], key: int) -> int:
    known.setdefault(key)
    return list(known).index(key)


def _indented(lines: Sequence[str], by: int) -> Iterator[str]:
    return (" " * by + line for line in lines)


def _arcsine(name: str, a: str) -> list[str]:
    """Both branches, and a choice, so that several pairs go through it at once."""
    half, quarter_turn = "number(0.5)", f"number({math.pi / 2})"
    return [
        f"{name}_size = abs({a})",
        f"{name}_is_far = {name}_size > {half}",
        f"{name}_rest = {half} - {half} * {name}_size",
        f"{name}_root = sqrt({name}_rest)",
        f"{name}_z = {name}_rest if {name}_is_far else {a} * {a}",
        f"{name}_s = {name}_root if {name}_is_far else {name}_size",
        *_powers(f"{name}_z"),
        f"{name}_near = {name}_s + {name}_s * {name}_z * {_polynomial(f'{name}_z')}",
        f"{name}_far = {quarter_turn} - ({name}_near + {name}_near)",
        f"{name}_value = {name}_far if {name}_is_far else {name}_near",
        f"{name} = {name}_value if {a} > 0 else -{name}_value",
    ]


def _powers(z: str) -> Iterator[str]:
    """z², z⁴, z⁸ … as `_polynomial` wants them."""
    power = 2
    while power < _TERMS:
        half = z if power == 2 else f"{z}{power // 2}"
        yield f"{z}{power} = {half} * {half}"
        power *= 2


def _polynomial(z: str) -> str:
    """P(z) by Estrin's scheme: halves that do not wait for each other, unlike Horner's."""
    parts, power = [f"p{k}" for k in range(_TERMS)], ""
    size = 1
    while len(parts) > 1:
        power = z if size == 1 else f"{z}{size}"
        pairs = [parts[k : k + 2] for k in range(0, len(parts), 2)]
        parts = [f"({p[0]} + {p[1]} * {power})" if len(p) == 2 else p[0] for p in pairs]
        size *= 2
    return parts[0]


@lru_cache(maxsize=1)
def _coefficients() -> tuple[float, ...]:
    """P's, from arcsin s = Σ_k (2k)! / (4^k k!² (2k+1)) s^{2k+1}."""
    series = [math.comb(2 * k, k) / (4**k * (2 * k + 1)) for k in range(1, 32)]
    through = np.polynomial.Polynomial(series)
    found = np.polynomial.Chebyshev.interpolate(through, _TERMS - 1, domain=[0.0, 0.25])
    return tuple(map(float, found.convert(kind=np.polynomial.Polynomial).coef))


def _require_numba() -> None:
    if find_spec("numba") is None:
        raise TPDataError(
            "a compiled kernel needs numba", mend="pip install 'tpgraph[fast]', or leave jit out"
        )


@lru_cache(maxsize=256)
def _compiled(text: str, dtype: str) -> Callable[..., None]:
    number = np.dtype(dtype).type
    names: dict[str, Any] = {"number": number, "sqrt": math.sqrt}
    names |= {f"p{k}": number(c) for k, c in enumerate(_coefficients())}
    exec(compile(text, "<kernel plan>", "exec"), names)
    how = {"nogil": True, "fastmath": {"contract"}, "error_model": "numpy"}
    found: Callable[..., None] = import_module("numba").njit(**how)(names["loop"])
    return found
