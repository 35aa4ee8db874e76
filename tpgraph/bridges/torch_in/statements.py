"""Which values a module's own code keeps under a name: `h = torch.tanh(x @ w)`.

A node of the graph knows the lines that made it, one for each `forward` that was entered. So nodes
behind one another that come from one statement are a run of it, and of an assignment the last node
of its run is the value. The equations of an import are divided where its source is.
"""

from __future__ import annotations

import ast
import linecache
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from tpgraph.bridges.torch_in.export import Site

__all__ = ["kept_values", "source_statement"]

_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement of the source by its place, and the one name that it assigns, if it does."""

    file: str
    line: int
    name: str | None


Stack = tuple[_Statement, ...]


def kept_values(sites: Sequence[Site]) -> frozenset[str]:
    """The names of the nodes whose value the source assigns to a name of its own.

    Not of one that the next statement replaces, as in `x = self.inp(x)`, `x = torch.relu(x)`.
    """
    called = [s for s in sites if s.first.op == "call_function"]
    stacks = {s.first.name: _stack(s.trace) for s in called}
    depth = max(map(len, stacks.values()), default=0)
    found: set[str] = set()
    for level in range(depth):
        for stack, values in _runs(called, stacks, level):
            if stack[level].name is not None:
                found |= {s.first.name for s in values if not _replaced(s, stack, stacks)}
    return frozenset(found)


def _runs(
    called: Sequence[Site], stacks: Mapping[str, Stack], level: int
) -> Iterator[tuple[Stack, list[Site]]]:
    """Every run of one statement at a depth of calls, and the values that it comes to.

    A statement in a loop runs again right away: what its nodes do repeats.
    """
    known = [s for s in called if stacks[s.first.name]]
    for stack, run in groupby(known, lambda s: stacks[s.first.name][: level + 1]):
        if len(stack) > level:
            nodes = list(run)
            period = _period([(s.name, stacks[s.first.name]) for s in nodes])
            yield stack, nodes[period - 1 :: period]


def _period(items: Sequence[object]) -> int:
    """The shortest beginning that is repeated to the end."""
    count = len(items)
    for period in range(1, count):
        if count % period == 0 and all(items[k] == items[k - period] for k in range(period, count)):
            return period
    return count


def _replaced(site: Site, stack: Stack, stacks: Mapping[str, Stack]) -> bool:
    """Whether a value is read once, by a statement beside its own that assigns the same name."""
    users = [user.name for user in site.first.users]
    if len(users) != 1:
        return not users
    *caller, own = stack
    reader = stacks.get(users[0], ())[: len(stack)]
    return len(reader) == len(stack) and [*reader[:-1]] == caller and reader[-1].name == own.name


def _stack(trace: str | None) -> Stack:
    """The statements of the module's own code that lead to a node, the outermost first."""
    return tuple(_statement(*place) for place in _places(trace) if _is_own(place))


@lru_cache(maxsize=4096)
def source_statement(trace: str | None, directly: bool = False) -> tuple[str, int] | None:
    """The file and the first line of the statement of the module's own code that made a node.

    None where there is none; where a layer of torch's made it, none did `directly`.
    """
    stack = _stack(trace)
    if not stack or (directly and not _is_own(_places(trace)[-1])):
        return None
    return stack[-1].file, stack[-1].line


def _places(trace: str | None) -> list[tuple[str, int]]:
    return [(m["file"], int(m["line"])) for m in _FRAME.finditer(trace or "")]


def _is_own(place: tuple[str, int]) -> bool:
    return "/torch/" not in place[0].replace("\\", "/")


def _statement(file: str, line: int) -> _Statement:
    for first, last, name in _assignments(file):
        if first <= line <= last:
            return _Statement(file, first, name)
    return _Statement(file, line, None)


@lru_cache(maxsize=64)
def _assignments(file: str) -> tuple[tuple[int, int, str], ...]:
    """The statements of a file that assign one name: first line, last line, name."""
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except (SyntaxError, ValueError):
        return ()
    found = []
    for node in ast.walk(tree):
        match node:
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AugAssign(target=ast.Name(id=name))
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                if not any(isinstance(inner, ast.Lambda) for inner in ast.walk(node)):
                    found.append((node.lineno, node.end_lineno or node.lineno, name))
    return tuple(found)
