"""Loops and families written out: one statement for each value."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Edit, Patch, between, made, refusal
from tpgraph.language.editing.statement_places import block, origin_of
from tpgraph.language.editing.substitution import full_names, range_of, substituted, used_names
from tpgraph.language.readings import Reading, Statement, read
from tpgraph.language.vocabulary import canonical
from tpgraph.sentences import sentence

__all__ = ["after_writing_out", "write_out"]


def write_out(reading: Reading, name: str, variable: str | None = None) -> Edit:
    """One statement for each value of the loops around the statement that binds a name.

    `variable` chooses one of the loops, else all of them are written out; a declaration of a family
    becomes one for each member. Comments stay with the first value. Raises TPTypeError where there
    is no loop or family, where one runs over nothing, and where a line in it cannot be read.
    """
    statement = reading.statements[origin_of(reading, name).statement]
    loops = [reading.statements[number] for number in statement.loops]
    if variable is not None:
        loops = [loop for loop in loops if _variable(loop) == canonical(variable)]
    if not loops and (variable is not None or not _is_family(statement)):
        where = f"over {variable}" if variable is not None else "or family"
        raise refusal(
            sentence("{} stands in no loop ", name) + where,
            statement.span,
            "choose what stands in one",
        )
    patches = [*_family(reading, statement)] if not loops else [_loops(reading, loops)]
    what = ", ".join(_variable(loop) for loop in loops) or statement.binds[0]
    return made(reading, patches, f"write out {what}", select=name)


def after_writing_out(reading: Reading, name: str, then: Callable[[Reading], Edit]) -> Edit:
    """An edit of the text in which the loops and families around a statement are written out."""
    text = write_out(reading, name).apply(reading.text)
    edit = then(read(text, reading.source.name))
    return replace(edit, patches=between(reading.text, edit.apply(text), edit.title).patches)


def _variable(statement: Statement) -> str:
    node = statement.node
    return node.variable.full if isinstance(node, s.Loop) else ""


# ---- loops


def _loops(reading: Reading, loops: list[Statement]) -> Patch:
    """The patch that writes loops out, which stand in one another."""
    outer = loops[0]
    _require_readable(reading, outer)
    _require_known_ranges(reading, loops)
    writer = _Writer(reading, frozenset(loop.number for loop in loops))
    indent = outer.line.indent
    lines = list(writer.lines(outer, {}, indent, True, False))
    if not any(line.strip() and not line.lstrip().startswith("#") for line in lines):
        raise refusal(
            f"the loop over {_variable(outer)} runs over nothing", outer.span, "delete it"
        )
    last = max((one.line for one in block(reading, outer)), key=lambda line: line.start)
    text = reading.source.text
    end = text.find("\n", max(last.end, last.comment))
    start = outer.line.start - len(indent)
    return Patch(start, len(text) if end < 0 else end, "\n".join(lines))


def _require_readable(reading: Reading, loop: Statement) -> None:
    """Refuse a block with a line that is no statement, which would be lost."""
    inside = list(block(reading, loop))
    known = {one.line.start for one in inside}
    last = max(known)
    number = {line.start: i for i, line in enumerate(reading.lines)}
    behind = reading.lines[number[last] + 1 :]
    deeper = [line for line in behind if len(line.indent) > len(loop.line.indent)]
    unread = [x for x in reading.lines if loop.line.start < x.start < last and x.start not in known]
    following = behind[0] if behind else None
    if unread or (following is not None and following in deeper):
        raise refusal("a line of the loop cannot be read", loop.span, "mend its errors first")


def _require_known_ranges(reading: Reading, loops: list[Statement]) -> None:
    """Refuse a loop whose range depends on a loop that stays one."""
    kept = {_variable(reading.statements[n]) for loop in loops for n in loop.loops}
    kept -= {_variable(loop) for loop in loops}
    for loop in loops:
        node = loop.node
        assert isinstance(node, s.Loop)
        for name in used_names(node.range):
            if name.base in kept:
                raise refusal(
                    f"the range of {_variable(loop)} depends on {name.base}",
                    loop.span,
                    f"write out the loop over {name.base} too",
                )


class _Writer:
    """Writes statements for the values of the loops `spread`; others stay loops."""

    def __init__(self, reading: Reading, spread: frozenset[int]) -> None:
        self.reading = reading
        self.spread = spread
        self.text = reading.source.text

    def lines(
        self, one: Statement, values: Mapping[str, int], indent: str, first: bool, above: bool
    ) -> Iterator[str]:
        """The lines of a statement; its comments where it is the `first` for these values."""
        if first and above:
            yield from self._above(one, indent)
        node = one.node
        if isinstance(node, s.Loop) and one.number in self.spread:
            yield from self._spread(one, node, values, indent, first)
            return
        comment = self._behind(one) if first else ""
        if isinstance(node, s.Loop):
            place = node.start, node.range.end
            own = "" if self._is_one_line(one) else comment
            yield indent + self._put(node, node.origin, *place, values) + ":" + own
            for inner in self._body(one):
                yield from self.lines(inner, values, f"{indent}    ", first, True)
            return
        put = self._put(node, node.origin, node.start, node.end, values)
        own = one.line.indent
        yield indent + put.replace(f"\n{own}", f"\n{indent}") + comment

    def _spread(
        self, one: Statement, loop: s.Loop, values: Mapping[str, int], indent: str, first: bool
    ) -> Iterator[str]:
        comment = self._behind(one) if first and not self._is_one_line(one) else ""
        if comment:
            yield indent + comment.lstrip()
        name = loop.variable.full
        for position, value in enumerate(range_of(self.reading, loop, values)):
            for inner in self._body(one):
                inside = {**values, name: value}
                yield from self.lines(inner, inside, indent, first and not position, True)

    def _body(self, loop: Statement) -> list[Statement]:
        around = (*loop.loops, loop.number)
        return [one for one in block(self.reading, loop) if one.loops == around]

    def _is_one_line(self, loop: Statement) -> bool:
        return any(one.line.start == loop.line.start for one in self._body(loop))

    def _put(
        self, node: s.Statement, origin: int, start: int, end: int, values: Mapping[str, int]
    ) -> str:
        """The text of a statement from `start` to `end` with the values put in."""
        position, pieces = origin + start, []
        head = node._replace(body=()) if isinstance(node, s.Loop) else node
        for patch in sorted(substituted(self.reading, head, origin, values)):
            pieces += [self.text[position : patch.start], patch.text]
            position = patch.end
        return "".join([*pieces, self.text[position : origin + end]])

    def _behind(self, one: Statement) -> str:
        """The comment that ends the line of a statement."""
        if one.line.comment < 0:
            return ""
        return "  " + self.text[one.line.comment :].split("\n", 1)[0].rstrip()

    def _above(self, one: Statement, indent: str) -> Iterator[str]:
        """The comments and empty lines above a statement of a block."""
        lines = self.reading.lines
        number = [line.start for line in lines].index(one.line.start)
        before = lines[number - 1]
        gap = self.text[max(before.end, before.comment) : one.line.start].split("\n")[1:-1]
        if self._shares_line(one):
            return
        for row in gap:
            yield f"{indent}{row.strip()}" if row.strip() else ""

    def _shares_line(self, one: Statement) -> bool:
        """Whether a statement stands behind its `for`, on one line with it."""
        return bool(one.loops) and (
            self.reading.statements[one.loops[-1]].line.start == one.line.start
        )


# ---- families


def _is_family(statement: Statement) -> bool:
    node = statement.node
    return isinstance(node, s.Declare) and any(_ranges(name) for name in node.names)


def _ranges(name: s.Name) -> bool:
    return any(isinstance(index, s.Range) for index in name.indices)


def _family(reading: Reading, statement: Statement) -> Iterator[Patch]:
    """A declaration for each member; vectors that are jointly Gaussian stay in one."""
    node, text = statement.node, reading.source.text
    assert isinstance(node, s.Declare)
    start, end = node.origin + node.names[0].start, node.origin + node.names[-1].end
    groups: list[list[str]] = [[]]
    for name in node.names:
        if _ranges(name):
            groups += [[full] for full in full_names(reading, name, {})] + [[]]
        else:
            groups[-1].append(text[node.origin + name.start : node.origin + name.end])
    groups = [group for group in groups if group]
    if not groups:
        raise refusal(f"the family {node.names[0].base} is empty", statement.span, "delete it")
    if node.law is not None and isinstance(node.law.mean, s.List):
        groups = [[name for group in groups for name in group]]
    first, *others = (", ".join(group) for group in groups)
    yield Patch(start, end, first)
    head, tail = text[statement.span.start : start], text[end : statement.span.end]
    rows = [f"{statement.line.indent}{head}{names}{tail}" for names in others]
    stop = text.find("\n", max(statement.line.end, statement.line.comment))
    stop = len(text) if stop < 0 else stop
    if rows:
        yield Patch(stop, stop, "\n" + "\n".join(rows))
