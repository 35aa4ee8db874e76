"""Blocks of a backward pass: each belongs to the forward block whose adjoint it is.

    forward   h[l] = W[l] x[l-1]        x[l] = φ(h[l])           block l
    backward  dx[l-1] = W[l]ᵀ dh[l]     dh[l] = φ'(h[l]) dx[l]   block l

The error signal of a vector sums over the readers of that vector, so it belongs to their block; if
these are several, as of the cell of an LSTM, to the first or to the last, in whichever way more
blocks are equal. A product or a mean in such a sum belongs to the signal that reads it, and so does
the signal of what the forward pass never reads. That of a vector which every block reads, as a bias
of all time steps, belongs to none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from tpgraph.notation.diagram.block_runs import (
    LEAST_BLOCKS,
    BlockRun,
    IndexFamily,
    Shift,
    find_runs,
    shift_between,
)
from tpgraph.program import Equation, MatMul, Pass

__all__ = ["runs_of_passes"]


def runs_of_passes(equations: Sequence[Equation]) -> list[tuple[BlockRun, ...]]:
    """The runs of all passes, each with that of its backward pass behind it if there is one."""
    back = _returning(equations)
    forward = [e for e in equations if e.out.name not in back]
    pairs = (
        _mirrored(run, forward, [e for e in back.values() if _context(e) in (None, _of(run))])
        for run in find_runs(forward)
    )
    return [pair for pair in pairs if pair]


def _returning(equations: Sequence[Equation]) -> dict[str, Equation]:
    """The equations of backward passes, and those between passes that serve them alone."""
    found: dict[str, Equation] = {}
    readers: dict[str, list[str]] = defaultdict(list)
    for equation in reversed(equations):
        name, place = equation.out.name, equation.place
        serves = bool(readers[name]) and found.keys() >= set(readers[name])
        row = "forward" if place is None else place.row
        if row == "backward" or (row == "between" and serves):
            found[name] = equation
        for variable in equation.inputs:
            readers[variable.name].append(name)
    return dict(reversed(found.items()))


def _context(equation: Equation) -> Pass | None:
    return equation.place.context if equation.place is not None else None


def _of(run: BlockRun) -> Pass | None:
    """The context of a run."""
    return next((c for c in map(_context, run.block(0)) if c is not None), None)


def _mirrored(
    run: BlockRun, forward: Sequence[Equation], backward: Sequence[Equation]
) -> tuple[BlockRun, ...]:
    """The run and that of its adjoint, which counts its blocks from the last one.

    Both are shortened to the blocks whose adjoints correspond; nothing is left where fewer than
    three do. A run that no error signal comes back to has no adjoint. `forward` are the equations
    that may read what the run makes, `backward` those of the backward pass of its context.
    """
    ways = [_adjoints(run, forward, backward, choose) for choose in (min, max)]
    if not ways[0]:
        return (run,)
    blocks = max(ways, key=lambda blocks: _length(_longest(run, blocks)))
    first, last = _longest(run, blocks)
    count = last - first + 1
    if count < LEAST_BLOCKS:
        return ()
    short = BlockRun(
        run.equations[first * run.period : (last + 1) * run.period],
        run.period,
        count,
        run.positions,
        run.step,
        run.index(first),
    )
    if not blocks.get(first):
        return (short,)
    equations = tuple(e for block in range(last, first - 1, -1) for e in blocks[block])
    period = len(blocks[first])
    positions = _joined(run, blocks[first], blocks[first + 1])
    assert positions is not None, "the blocks correspond"
    return short, BlockRun(equations, period, count, positions, -run.step, run.index(last))


def _adjoints(
    run: BlockRun,
    forward: Iterable[Equation],
    backward: Sequence[Equation],
    choose: Callable[[Iterable[int]], int],
) -> Mapping[int, list[Equation]]:
    """The equations of the backward pass by the blocks that they belong to; of several readers'
    blocks one is chosen.
    """
    readers: dict[str, list[int]] = defaultdict(list)
    for equation in forward:
        block = run.block_of.get(equation.out.name)
        if block is not None:
            for variable in equation.inputs:
                readers[variable.name].append(block)

    def unread(name: str) -> bool:
        """Whether no block of the run reads this, or what stands for it in another block."""
        if name not in run.block_of:
            return False
        start = run.block_of[name]
        return not any(readers[run.moved(name, block - start)] for block in range(run.count))

    home: dict[str, int] = {}
    summed: dict[str, list[int]] = defaultdict(list)
    for equation in reversed(backward):
        name, place = equation.out.name, equation.place
        partner = place.partner if place is not None else None
        found = summed[name] if partner is None or unread(partner) else readers[partner]
        if found and len(set(found)) < run.count:
            home[name] = choose(found)
            for variable in equation.inputs:
                summed[variable.name].append(home[name])
    blocks: dict[int, list[Equation]] = defaultdict(list)
    for equation in backward:
        if equation.out.name in home:
            blocks[home[equation.out.name]].append(equation)
    return blocks


def _longest(run: BlockRun, blocks: Mapping[int, Sequence[Equation]]) -> tuple[int, int]:
    """The first and the last block of the longest part in which all correspond to the next."""
    best = start = 0, 0
    for a, b in pairwise(range(run.count)):
        go_on = _correspond(run, blocks.get(a, ()), blocks.get(b, ()))
        start = (start[0], b) if go_on else (b, b)
        if start[1] - start[0] > best[1] - best[0]:
            best = start
    return best


def _length(blocks: tuple[int, int]) -> int:
    first, last = blocks
    return last - first


def _correspond(run: BlockRun, block: Sequence[Equation], ahead: Sequence[Equation]) -> bool:
    """Whether the equations of a block are those of the one before, moved on."""
    return len(block) == len(ahead) and _joined(run, block, ahead) is not None


def _joined(
    run: BlockRun, block: Sequence[Equation], ahead: Sequence[Equation]
) -> dict[IndexFamily, int] | None:
    """Which index moves in what families of a run and its adjoint; None where blocks of the
    adjoint do not correspond.
    """
    positions = dict(run.positions)
    for e, f in zip(block, ahead, strict=True):
        shift = _shift(e, f)
        if shift is None or not shift.fits(run.step, positions):
            return None
        positions |= shift.positions
    return positions


def _shift(e: Equation, f: Equation) -> Shift | None:
    if type(e) is not type(f) or len(e.inputs) != len(f.inputs):
        return None
    if isinstance(e, MatMul):
        if not isinstance(f, MatMul) or e.transpose != f.transpose:
            return None
    elif isinstance(f, MatMul) or e.function != f.function:
        return None
    names, others = ([v.parts for v in (x.out, *x.inputs)] for x in (e, f))
    return shift_between(names, others)
