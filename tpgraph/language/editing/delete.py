"""A variable taken away, with all that cannot stand without it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from tpgraph.errors import TPError
from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Edit, Patch, made, name_refusal
from tpgraph.language.editing.listed_names import lists_of, names_gone, off_lists
from tpgraph.language.editing.statement_places import block, extent, statement_of
from tpgraph.language.editing.substitution import full_names
from tpgraph.language.readings import Reading, Statement, read
from tpgraph.program import base_of
from tpgraph.sentences import sentence

__all__ = ["delete", "delete_loss", "dependants"]


def dependants(reading: Reading, *names: str) -> tuple[str, ...]:
    """What goes with the names when they are deleted, in order, they themselves left out."""
    return tuple(name for name in delete(reading, *names).removed if name not in names)


def delete(reading: Reading, *names: str) -> Edit:
    """The statements of the names go, and those that depend on them: lists, output, loss, labels.

    What a loop or a family makes goes with its statement as a whole. No error is left that was not
    there before.
    """
    gone: dict[tuple[int, int], None] = {}
    for name in names:
        statement = statement_of(reading, name)
        gone.update(dict.fromkeys(_parts(statement, _listed(statement, name))))
    return _without(reading, gone, sentence("delete {}", names))


def delete_loss(reading: Reading) -> Edit:
    """The loss goes, and what is said of it; a variable that it is stays."""
    gone = [part for one in reading.statements if isinstance(one.node, s.Loss)
            for part in _parts(one, [])]  # fmt: skip
    if not gone:
        raise name_refusal("the program has no loss", None, "leave it")
    return _without(reading, dict.fromkeys(gone), "no loss")


def _without(reading: Reading, gone: dict[tuple[int, int], None], title: str) -> Edit:
    """The edit that takes some places away, and all that is at fault then."""
    known = {error.message for error in reading.errors}
    while True:
        found = read(_blanked(reading.source.text, gone), reading.source.name)
        more = [part for error in found.errors if error.message not in known
                for part in _at_fault(reading, error)]  # fmt: skip
        if all(part in gone for part in more):
            break
        gone.update(dict.fromkeys(more))
    before = reading.program.variables if reading.program is not None else ()
    after = found.program.variables if found.program is not None else {}
    removed = [name for name in before if name not in after]
    left = {name for name in after if name in before}
    return made(reading, _patches(reading, gone, left), title, removed=removed)


def _listed(statement: Statement, name: str) -> list[s.Name]:
    """Of the names that a declaration lists, the one that binds a name."""
    node = statement.node
    if not isinstance(node, s.Declare) or isinstance(getattr(node.law, "mean", None), s.List):
        return []
    exact = [one for one in node.names if one.full == name]
    base = base_of(name)
    return exact or [one for one in node.names if one.base == base and not one.full]


def _at_fault(reading: Reading, error: TPError) -> Iterator[tuple[int, int]]:
    """What has to go for an error to go."""
    if error.span is None:
        return
    place = error.span.start
    holding = [one for one in reading.statements if one.span.start <= place <= one.span.end]
    if not holding:
        return
    statement = holding[-1]
    names = _named(statement.node)
    origin = statement.node.origin
    yield from _parts(statement, [one for one in names if origin + one.start == place])


def _named(node: s.Statement) -> tuple[s.Name, ...]:
    """The names of a list of which one may go, and the statement stays if others are left."""
    match node:
        case s.Output(names):
            return names
        case s.SetHint(names=names, others=others):
            return names if len(others) == 1 else (*names, *others)
    return ()


def _parts(statement: Statement, listed: list[s.Name]) -> Iterator[tuple[int, int]]:
    """The places of names in a list; without any, that of the whole statement."""
    origin = statement.node.origin
    for name in listed:
        yield origin + name.start, origin + name.end
    if not listed:
        yield statement.span.start, statement.span.end


def _blanked(text: str, gone: Iterable[tuple[int, int]]) -> str:
    """The text with spaces in place of what goes, so that all else keeps its place."""
    for start, end in gone:
        blank = "".join("\n" if c == "\n" else " " for c in text[start:end])
        text = text[:start] + blank + text[end:]
    return _without_commas(text, gone)


def _without_commas(text: str, gone: Iterable[tuple[int, int]]) -> str:
    """Commas that stand beside a gap become spaces too."""
    for start, end in gone:
        left, right = text[:start].rstrip(" "), text[end:].lstrip(" ")
        if right.startswith(","):
            at = len(text) - len(right)
        elif left.endswith(","):
            at = len(left) - 1
        else:
            continue
        text = f"{text[:at]} {text[at + 1 :]}"
    return text


def _patches(
    reading: Reading, gone: Iterable[tuple[int, int]], left: Container[str]
) -> list[Patch]:
    """Whole statements with their lines, and names out of lists with their commas; of ranges in
    them what is `left`.
    """
    whole: list[Statement] = []
    patches: list[Patch] = []
    places = set(gone)
    for statement in reading.statements:
        if any(loop in {one.number for one in whole} for loop in statement.loops):
            continue
        if patches_there := _out_of_lists(reading, statement, places, left):
            patches += patches_there
        elif all(_is_gone(one, places) for one in block(reading, statement)):
            whole.append(statement)
            patches.append(Patch(*extent(reading, statement), ""))
        else:
            own = getattr(statement.node, "names", ())
            patches += names_gone(own, statement.node.origin, places)
    return [patch for i, patch in enumerate(patches) if patch not in patches[:i]]


def _out_of_lists(
    reading: Reading, statement: Statement, places: Container[tuple[int, int]], left: Container[str]
) -> list[Patch]:
    """The patches that take what goes off the lists of a statement; none where it goes as a whole,
    for which a list that would be empty is not enough: of a range something may be left.
    """
    if statement.loops:
        return []

    def rest(one: s.Name) -> list[str] | None:
        said = full_names(reading, one, {}) if _place(statement, one) in places else None
        return said and [name for name in said if name in left and len(said) > 1]

    is_whole = (statement.span.start, statement.span.end) in places
    names = [name for names in lists_of(statement.node) for name in names]
    stays = not is_whole or any(map(rest, names))
    return off_lists(reading, statement, rest) if stays else []


def _place(statement: Statement, name: s.Name) -> tuple[int, int]:
    return statement.node.origin + name.start, statement.node.origin + name.end


def _is_gone(statement: Statement, places: set[tuple[int, int]]) -> bool:
    """Whether nothing is left of a statement; of a loop, whether its block decides."""
    if isinstance(statement.node, s.Loop):
        return True
    if (statement.span.start, statement.span.end) in places:
        return True
    names = getattr(statement.node, "names", ())
    origin = statement.node.origin
    return bool(names) and all((origin + n.start, origin + n.end) in places for n in names)
