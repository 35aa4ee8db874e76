"""Alike statements as one loop: `for l in 2..L:` by anti-unification of what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tpgraph.errors import TPError
from tpgraph.language import syntax as s
from tpgraph.language.editing.alike import last_of, pieces_of, rewritten
from tpgraph.language.editing.edit import Edit, Patch, between, made, name_refusal, refusal
from tpgraph.language.editing.joined_families import family_patches, listed_family
from tpgraph.language.editing.not_alike import not_alike, stands_between
from tpgraph.language.editing.numbered import families_of
from tpgraph.language.editing.statement_blocks import StatementColumns, columns_of
from tpgraph.language.editing.statement_places import block, extent, statement_of
from tpgraph.language.editing.substitution import respelled, used_names
from tpgraph.language.editing.wording import expression
from tpgraph.language.readings import Reading, Statement, read
from tpgraph.language.repetition import Use, steps
from tpgraph.language.vocabulary import NAME, canonical
from tpgraph.program import Program, split_name, statement_name, temporary_name
from tpgraph.sentences import sentence

__all__ = ["repeat"]

_VARIABLES = ("l", "t", "i", "j", "k", "s", "l_1", "t_1", "i_1", "j_1")


def repeat(
    reading: Reading, names: Sequence[str], variable: str | None = None, last: str | None = None
) -> Edit:
    """The statements of some names, alike but for numbers that count up, as a `for` loop.

    A run of statements that follows itself is one loop over all of them, and the declarations that
    they read become families, chosen or not; declarations alone become a family. Names that count,
    as x_1 and x_2, become members x[1] and x[2], and x beside them x[0]. `last` says the end of
    the range, else the `const` that has its value does. Up to such names the program stays the
    same. Raises TPTypeError where they are not alike, or something else stands between them in the
    order of needs.
    """
    listed = listed_family(reading, names)
    if listed is not None:
        return made(reading, [listed], sentence("one family {}", names))
    heads = _heads(reading, names)
    rows = [head for head in heads if not isinstance(head.node, s.Declare)]
    if not rows:
        return _families(reading, names, heads)
    if variable is not None and not NAME.fullmatch(canonical(variable)):
        raise name_refusal(f"{variable!r} is no variable of a loop", None, "choose a letter")
    title = sentence("repeat {}", names)
    found = _repeated(reading, rows, title, variable, last)
    if found is None:
        raise not_alike(reading, names, rows, lambda others: _can_repeat(reading, others))
    return found


def _families(reading: Reading, names: Sequence[str], heads: Sequence[Statement]) -> Edit:
    """The edit that makes families of declarations."""
    ways = (families_of(reading, columns) for columns in columns_of(heads))
    members = next(filter(None, ways), {})
    if not members:
        return _family(reading, heads)
    counted = _counted(reading, members)
    edit = repeat(counted, [_member(name, members) for name in names])
    return _from_counted(reading, counted, edit, members, sentence("repeat {}", names))


def _family(reading: Reading, declared: Sequence[Statement]) -> Edit:
    patches = family_patches(reading, declared)
    bases = list(dict.fromkeys(base for one in declared for base in one.binds))
    if sum(not patch.text for patch in patches) + 1 < len(declared):
        raise refusal(
            "the declarations are not alike but for an index that counts up by one",
            declared[0].span,
            "choose declarations such as those of W[2] and W[3]",
        )
    return made(reading, patches, f"one family {', '.join(bases)}")


def _repeated(
    reading: Reading,
    rows: Sequence[Statement],
    title: str,
    variable: str | None = None,
    last: str | None = None,
) -> Edit | None:
    """The edit that makes a loop of statements; None where they are not alike."""
    for columns in columns_of(rows):
        members = families_of(reading, columns)
        counted = _counted(reading, members)
        own = [[counted.statements[row.number] for row in column] for column in columns]
        letter = _letter(counted, own[0]) if variable is None else canonical(variable)
        found = _loop(counted, own, letter, last)
        if found is not None and not any(stands_between(reading, rows)):
            text, bases = found
            families = family_patches(counted, _declarations(counted, bases))
            placed = [counted.statements[row.number] for row in rows]
            edit = _placed(counted, placed, text, families, title + f" over {letter}")
            return _from_counted(reading, counted, edit, members, edit.title)
    return None


def _can_repeat(reading: Reading, rows: Sequence[Statement]) -> bool:
    try:
        return len(rows) > 1 and _repeated(reading, rows, "") is not None
    except TPError:
        return False


def _counted(reading: Reading, members: Mapping[str, str]) -> Reading:
    """The reading with names that count as members of families; its statements keep their places.

    Raises TPError where the text does not hold with them.
    """
    if not members:
        return reading
    edit = made(reading, respelled(reading, reading.statements, members), "")
    return read(edit.apply(reading.text), reading.source.name)


def _from_counted(
    reading: Reading, counted: Reading, edit: Edit, members: Mapping[str, str], title: str
) -> Edit:
    """An edit of the reading with members of families as one of the reading without."""
    if not members:
        return edit
    renamed = {n: m for n in reading.origin if (m := _member(n, members)) != n}
    return between(reading.text, edit.apply(counted.text), title, renamed=renamed)


def _member(name: str, members: Mapping[str, str]) -> str:
    own, (_, _, temporary) = statement_name(name), split_name(name)
    member = members.get(own, own)
    return member if temporary is None else temporary_name(member, temporary)


def _heads(reading: Reading, names: Sequence[str]) -> list[Statement]:
    """The statements of the names that stand beside one another, in the order of the text.

    Declarations count only where nothing else is among them.
    """
    found = {one.number: one for one in (statement_of(reading, name) for name in names)}
    rows = [one for one in found.values() if not isinstance(one.node, s.Declare)]
    paths = [(*one.loops, one.number) for one in rows or found.values()]
    depth = 0
    while len({path[: depth + 1] for path in paths}) == 1 and all(
        len(p) > depth + 1 for p in paths
    ):
        depth += 1
    heads = {path[depth]: reading.statements[path[depth]] for path in paths}
    if len(heads) < 2:
        span = next(iter(heads.values())).span if found else None
        raise refusal("one statement alone does not repeat", span, "choose two or more alike")
    if len({head.loops for head in heads.values()}) > 1:
        raise refusal(
            "the statements stand in different loops",
            next(iter(heads.values())).span,
            "choose statements of one block",
        )
    return [heads[number] for number in sorted(heads)]


def _letter(reading: Reading, rows: Sequence[Statement]) -> str:
    """A variable that is free where the loop will stand."""
    inside = {n.base for row in rows for one in block(reading, row) for n in used_names(one.node)}
    loops = [one for row in rows for one in block(reading, row)]
    loops += [reading.statements[number] for number in rows[0].loops]
    inside |= {one.node.variable.full for one in loops if isinstance(one.node, s.Loop)}
    bound = {base for one in reading.statements for base in one.binds}
    free = [letter for letter in _VARIABLES if letter not in inside | bound]
    if not free:
        raise refusal("no letter is free for the loop", rows[0].span, "give its variable")
    return free[0]


def _loop(
    reading: Reading, columns: StatementColumns, letter: str, last: str | None
) -> tuple[str, set[str]] | None:
    """The text of the loop with one line for every column, and the families in it."""
    values = _values(reading, columns)
    if values is None:
        return None
    lines = [rewritten(reading, column, letter, values) for column in columns]
    if any(line is None for line in lines):
        return None
    indent = columns[0][0].line.indent
    end = expression(last) if last is not None else last_of(reading, values[-1], letter)
    body = "".join(_deeper(line) for line in lines if line is not None)
    return f"{indent}for {letter} in {values[0]}..{end}:\n{body}", _families_in(reading, columns)


def _values(reading: Reading, columns: Sequence[Sequence[Statement]]) -> tuple[int, ...] | None:
    """What the loop runs over: the first indices that count up by one."""
    for column in columns:
        said = pieces_of(reading, column)
        values = steps([[piece for piece in row if isinstance(piece, Use)] for row in said])
        if values is not None:
            return values
    return None


def _deeper(lines: str) -> str:
    rows = lines.removesuffix("\n").split("\n")
    return "".join(f"    {row}\n" if row.strip() else "\n" for row in rows)


def _families_in(reading: Reading, columns: StatementColumns) -> set[str]:
    """The families of which the statements read one member each."""
    found = set()
    for column in columns:
        for alike in zip(*pieces_of(reading, column), strict=True):
            if len(set(alike)) > 1 and isinstance(alike[0], Use):
                found.add(str(alike[0].base))
    return found


def _declarations(reading: Reading, bases: set[str]) -> list[Statement]:
    """The declarations of one of some names each."""
    return [
        one
        for one in reading.statements
        if isinstance(one.node, s.Declare) and len(one.binds) == 1 and one.binds[0] in bases
    ]


def _placed(
    reading: Reading, rows: Sequence[Statement], text: str, others: list[Patch], title: str
) -> Edit:
    """The loop in place of its statements: where the first stood, else where the last did."""
    problem: TPError | None = None
    for place in (rows[0], rows[-1]):
        start, _ = extent(reading, place)
        gone = [Patch(*extent(reading, row), "") for row in rows]
        here = [Patch(a, b, text if a == start else "") for a, b, _ in gone]
        try:
            edit = made(reading, [*here, *others], title)
        except TPError as error:
            problem = problem or error
            continue
        after = read(edit.apply(reading.text), reading.source.name).program
        if _said(after) == _said(reading.program):
            return edit
    raise problem or refusal("the loop would say something else", rows[0].span, "choose others")


def _said(program: Program | None) -> Mapping[str, object]:
    """What a program says, whatever the order of its statements."""
    if program is None:
        return {}
    bound = {v.name: d for d in program.declarations for v in d.variables}
    made_by = {equation.out.name: equation for equation in program.equations}
    return {**bound, **made_by, "": (program.outputs, program.loss, program.labels)}
