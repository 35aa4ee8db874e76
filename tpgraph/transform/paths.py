"""Paths: alternating sequences of X- and G-vars, the ways on which error signals travel.

A path p starts with an X-var p⁰, then the G-var p¹ = W^{p¹} p⁰, the X-var p² = ψ(…, p¹, …), and so
on, and ends with a G-var; |p| is its number of vectors. Two paths are isomorphic when their
sequences of matrices W^{p¹}, W^{p³}, … are equal, symbol by symbol (W and Wᵀ are two symbols).
Source: Tensor Programs IIb (arXiv 2105.03703), Definition 5.5, Figures 2 and 3.

There can be exponentially many paths; counting takes time linear in the program times the length,

    N(x, k) = Σ_{g = W x} ([g an end, k = 2] + Σ_{x' = ψ(…, g, …)} N(x', k − 2)).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from tpgraph.bounds import PATHS
from tpgraph.errors import TPNameError
from tpgraph.program import MatMul, Nonlin, Program, is_reduced
from tpgraph.program.any_program import reads_program
from tpgraph.transform.reduced import reduce

__all__ = ["Path", "Symbol", "count_classes", "count_paths", "isomorphism_classes", "paths"]

Symbol: TypeAlias = tuple[str, bool]
"""A matrix by name, and whether it stands transposed."""


@dataclass(frozen=True, slots=True)
class Path:
    """A path p: the names of its vectors p⁰, p¹, …, and its matrices W^{p¹}, W^{p³}, …"""

    vectors: tuple[str, ...]
    matrices: tuple[Symbol, ...]

    def __len__(self) -> int:
        """|p|, the number of vectors."""
        return len(self.vectors)


@dataclass(frozen=True)
class _Net:
    """Edges X → G with their matrices, and G → X, in the order of the program."""

    products: dict[str, list[tuple[str, Symbol]]]
    nonlins: dict[str, list[str]]
    starts: list[str]
    ends: set[str]
    order: list[str]


@reads_program
def paths(
    program: Program,
    start: str | None = None,
    end: str | None = None,
    matrix: str | None = None,
    length: int | None = None,
) -> tuple[Path, ...]:
    """The paths of the reduced program, in the order of their vectors.

    `start` is p⁰, `end` the last vector, `matrix` the name of W^{p¹}, `length` is |p|; None stands
    for any. A program that is not reduced is reduced first. Raises TPLimitError if there are more
    than `bounds.PATHS`, TPNameError for names of no vector of the reduced program.
    """
    net = _net(program, start, end)
    counts = _counts(net)
    count = _total(net, counts, matrix, length)
    PATHS.require(
        count,
        f"there are {count} paths",
        mend="name where they start, where they end, or their length",
    )
    found = (p for x in net.starts for p in _from(net, counts, x, matrix, length))
    return tuple(found)


@reads_program
def count_paths(
    program: Program,
    start: str | None = None,
    end: str | None = None,
    matrix: str | None = None,
    length: int | None = None,
) -> int:
    """How many paths there are, without enumerating them; arguments as for `paths`."""
    net = _net(program, start, end)
    return _total(net, _counts(net), matrix, length)


@reads_program
def isomorphism_classes(
    program: Program,
    start: str | None = None,
    end: str | None = None,
    matrix: str | None = None,
    length: int | None = None,
) -> dict[tuple[Symbol, ...], tuple[Path, ...]]:
    """The paths by their sequences of matrices; arguments and errors as for `paths`."""
    classes: dict[tuple[Symbol, ...], list[Path]] = {}
    for path in paths(program, start, end, matrix, length):
        classes.setdefault(path.matrices, []).append(path)
    return {word: tuple(found) for word, found in classes.items()}


@reads_program
def count_classes(
    program: Program,
    start: str | None = None,
    end: str | None = None,
    matrix: str | None = None,
    length: int | None = None,
) -> int:
    """How many isomorphism classes there are, without enumerating paths.

    Words of matrices are read by the sets of vectors that they lead to (the automaton of the
    program made deterministic), one count for each set. Raises TPLimitError beyond `bounds.PATHS`.
    """
    if length is not None and (length < 2 or length % 2):
        return 0
    net = _net(program, start, end)
    first = frozenset(net.starts), None if length is None else length // 2
    known: dict[_State, int] = {}
    stack = [first]
    while stack:
        state = stack[-1]
        follow = _words(net, state[0], matrix if len(stack) == 1 else None)
        after = [(gs, _behind(net, gs, state[1])) for gs in follow.values()]
        missing = [s for _, s in after if s is not None and s not in known]
        if missing:
            stack += missing
            continue
        done = state[1] in (None, 1)
        known[state] = sum(
            (done and bool(gs & net.ends)) + (0 if s is None else known[s]) for gs, s in after
        )
        PATHS.require(len(known), "the words of matrices lead to too many sets of vectors")
        stack.pop()
    return known[first]


_State: TypeAlias = tuple[frozenset[str], int | None]
"""The X-vars that a word leads to, and how many matrices are to follow, if that is asked for."""


def _words(net: _Net, state: frozenset[str], matrix: str | None) -> dict[Symbol, frozenset[str]]:
    """By every matrix, the G-vars that it makes of a set of X-vars."""
    found: dict[Symbol, set[str]] = {}
    for x in sorted(state):
        for g, symbol in net.products.get(x, ()):
            if matrix in (None, symbol[0]):
                found.setdefault(symbol, set()).add(g)
    return {symbol: frozenset(gs) for symbol, gs in found.items()}


def _behind(net: _Net, gs: frozenset[str], left: int | None) -> _State | None:
    """The state after a set of G-vars; None where no matrix follows or none is asked for."""
    xs = frozenset(x for g in gs for x in net.nonlins.get(g, ()) if x in net.products)
    if not xs or left == 1:
        return None
    return xs, None if left is None else left - 1


def _net(program: Program, start: str | None, end: str | None) -> _Net:
    reduced = program if is_reduced(program) else reduce(program)
    products: dict[str, list[tuple[str, Symbol]]] = {}
    nonlins: dict[str, list[str]] = {}
    g_vars: list[str] = []
    for equation in reduced.equations:
        out = equation.out.name
        match equation:
            case MatMul(_, matrix, transpose, operand) if operand.is_wide and equation.out.is_wide:
                products.setdefault(operand.name, []).append((out, (matrix.name, transpose)))
                g_vars.append(out)
            case Nonlin() if equation.out.is_wide:
                for name in dict.fromkeys(v.name for v in equation.vectors):
                    nonlins.setdefault(name, []).append(out)
    order = [name for name in reduced.variables if name in products]
    if start is not None and start not in order:
        raise TPNameError(
            f"no path starts with {start}",
            expected="an X-var of the reduced program that a matrix multiplies",
        )
    if end is not None and end not in g_vars:
        raise TPNameError(
            f"no path ends with {end}", expected="a G-var of the reduced program made by MatMul"
        )
    return _Net(
        products,
        nonlins,
        order if start is None else [start],
        set(g_vars) if end is None else {end},
        order,
    )


def _counts(net: _Net) -> dict[str, dict[int, int]]:
    """N(x, k) by x and k."""
    counts: dict[str, dict[int, int]] = {}
    for x in reversed(net.order):
        counts[x] = _lengths(net, counts, x, None)
    return counts


def _total(
    net: _Net, counts: dict[str, dict[int, int]], matrix: str | None, length: int | None
) -> int:
    """Σ N(x, k) over the starts."""
    total = 0
    for x in net.starts:
        by_length = counts[x] if matrix is None else _lengths(net, counts, x, matrix)
        total += sum(by_length.values()) if length is None else by_length.get(length, 0)
    return total


def _lengths(
    net: _Net, counts: dict[str, dict[int, int]], x: str, matrix: str | None
) -> dict[int, int]:
    """N(x, ·), given the counts of what comes later."""
    found: dict[int, int] = {}
    for g, symbol in net.products[x]:
        if matrix not in (None, symbol[0]):
            continue
        if g in net.ends:
            found[2] = found.get(2, 0) + 1
        for after in net.nonlins.get(g, ()):
            for k, n in counts.get(after, {}).items():
                found[k + 2] = found.get(k + 2, 0) + n
    return found


def _from(
    net: _Net,
    counts: dict[str, dict[int, int]],
    start: str,
    matrix: str | None,
    length: int | None,
) -> Iterator[Path]:
    """The paths from one X-var, depth first, never where no path goes on to an end."""
    stack: list[tuple[tuple[str, ...], tuple[Symbol, ...]]] = [((start,), ())]
    while stack:
        vectors, word = stack.pop()
        if len(vectors) % 2:
            for g, symbol in reversed(net.products[vectors[-1]]):
                if word or matrix in (None, symbol[0]):
                    stack.append(((*vectors, g), (*word, symbol)))
            continue
        if vectors[-1] in net.ends and length in (None, len(vectors)):
            yield Path(vectors, word)
        for x in reversed(net.nonlins.get(vectors[-1], [])):
            ahead = counts.get(x, {})
            if ahead if length is None else length - len(vectors) in ahead:
                stack.append(((*vectors, x), word))
