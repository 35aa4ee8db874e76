"""Another name for a variable, wherever the text says it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Edit, Patch, made, name_refusal, refusal
from tpgraph.language.editing.formulas import name as named
from tpgraph.language.editing.listed_names import range_patches
from tpgraph.language.editing.node_places import nodes_in
from tpgraph.language.editing.statement_places import new_name, origin_of
from tpgraph.language.editing.substitution import full_names, used_names
from tpgraph.language.editing.write_out import after_writing_out
from tpgraph.language.readings import Reading
from tpgraph.language.vocabulary import canonical
from tpgraph.program import Variable, base_of, canonical_variable, join_name, split_name
from tpgraph.sentences import sentence

__all__ = ["rename"]


def rename(reading: Reading, old: str, new: str, only: bool = False) -> Edit:
    """Every occurrence of a name by another: not in strings, nor the parameters of an `fn`.

    `old` may have an index, which is of no account: a family has one name. A `new` with an index,
    as b[1], makes one variable a member of a family; `only` gives one member another name alone.
    An unnamed part, x~1, alone gets the new name, as by `name`.
    Raises TPNameError where the new one is none, or is taken, TPTypeError where `old` alone is
    wanted and is one of many.
    """
    known = canonical_variable(old)
    if known in reading.origin and split_name(known)[2] is not None:
        return named(reading, known, new)
    member = _MEMBER.fullmatch(new.strip())
    if member is not None:
        index = tuple(int(number) for number in member[2].split(","))
        return _alone(reading, old, member[1], index)
    if only and split_name(old)[1]:
        return _alone(reading, old, new, ())
    base = base_of(known)
    name = new_name(reading, new)
    hidden = list(_hidden(reading, base))
    patches = [
        Patch(token.start, token.end, new.strip())
        for token in reading.tokens
        if token.base == base and not any(a <= token.start < b for a, b in hidden)
    ]
    if not patches or base == "loss":
        raise name_refusal(
            sentence("{} is not a name of the text", old), None, "choose one that the text binds"
        )
    renamed = {full: _renamed(full, name) for full in reading.origin if base_of(full) == base}
    select = renamed.get(known, name)
    return made(reading, patches, f"rename {base} to {name}", renamed=renamed, select=select)


_MEMBER = re.compile(r"([^\[\]]+)\[\s*([0-9]{1,9}(?:\s*,\s*[0-9]{1,9})*)\s*\]")


def _alone(reading: Reading, old: str, word: str, index: tuple[int, ...]) -> Edit:
    """One variable by another name, maybe that of a member of a family that is there already."""
    found, own = origin_of(reading, old), split_name(old)[:2]
    families = {split_name(name)[0] for name in reading.origin if split_name(name)[1]}
    base = canonical(word.strip())
    known = {*families, own[0]} if index else set()
    base = base if base in known else new_name(reading, word)
    full = join_name(base, index)
    if full in reading.origin:
        raise name_refusal(f"{full} is taken", None, "choose another index")
    if found.values or found.family:
        raise refusal(
            sentence("{} is one of many", old), found.span, "write its loop or family out first"
        )
    reader = next(_read_by_loops(reading, own), None)
    if reader is not None:
        return after_writing_out(reading, reader, lambda written: _alone(written, old, word, index))
    patches = [*range_patches(reading, join_name(*own), full)]
    for statement in reading.statements:
        for name in used_names(statement.node):
            if _says(reading, name, own):
                origin = statement.node.origin
                tokens = reading.tokens_in(origin + name.start, origin + name.end)
                last = tokens[-1 if name.intermediate is None else -2]  # without its `~k`
                patches.append(Patch(tokens[0].start, last.end, full))
    renamed = {
        one: join_name(base, index, split_name(one)[2])
        for one in reading.origin
        if split_name(one)[:2] == own
    }
    return made(
        reading,
        patches,
        sentence("rename {} to {}", old, full),
        renamed=renamed,
        select=renamed[old],
    )


def _read_by_loops(reading: Reading, own: tuple[str, tuple[int, ...]]) -> Iterator[str]:
    """What loops bind in which a variable is read as one of many, as W[2] where W[l] is."""
    for equation in reading.program.equations if reading.program is not None else ():
        origin = reading.origin.get(equation.out.name)
        if origin is not None and origin.values and own in map(_member_of, equation.inputs):
            written = used_names(reading.statements[origin.statement].node)
            if not any(_says(reading, name, own) for name in written):
                yield equation.out.name


def _says(reading: Reading, name: s.Name, own: tuple[str, tuple[int, ...]]) -> bool:
    """Whether a name stands for one variable wherever it is read, as x[L] for x[3]."""
    if name.base != own[0]:
        return False
    return [split_name(full)[:2] for full in full_names(reading, name, {})] == [own]


def _member_of(variable: Variable) -> tuple[str, tuple[int, ...]]:
    return split_name(variable.name)[:2]


def _renamed(full: str, base: str) -> str:
    _, index, temporary = split_name(full)
    return join_name(base, index, temporary)


def _hidden(reading: Reading, base: str) -> Iterator[tuple[int, int]]:
    """The places in which the name is that of a parameter."""
    for statement in reading.statements:
        node, origin = statement.node, statement.node.origin
        if isinstance(node, s.DefineFunction) and base in {p.base for p in node.parameters}:
            yield origin + node.name.end, origin + node.end
        for inner in nodes_in(node):
            if isinstance(inner, s.Explicit) and base in {p.base for p in inner.parameters}:
                yield origin + inner.start, origin + inner.body.end
