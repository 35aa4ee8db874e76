"""Another name for a variable, wherever the text says it."""

from __future__ import annotations

from collections.abc import Iterator

from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Edit, Patch, made, name_refusal
from tpgraph.language.editing.node_places import nodes_in
from tpgraph.language.editing.statement_places import new_name
from tpgraph.language.readings import Reading
from tpgraph.language.vocabulary import canonical

__all__ = ["rename"]


def rename(reading: Reading, old: str, new: str) -> Edit:
    """Every occurrence of a name by another: not in strings, nor the parameters of an `fn`.

    `old` may have an index, which is of no account: a family has one name. Raises TPNameError
    where the new one is none, or is taken.
    """
    base = canonical(old.partition("[")[0].partition("~")[0])
    name = new_name(reading, new)
    hidden = list(_hidden(reading, base))
    patches = [
        Patch(token.start, token.end, new.strip())
        for token in reading.tokens
        if token.base == base and not any(a <= token.start < b for a, b in hidden)
    ]
    if not patches or base == "loss":
        raise name_refusal(
            f"{old} is not a name of the text", None, "choose one that the text binds"
        )
    renamed = {full: name + full[len(base) :] for full in reading.origin if _base(full) == base}
    select = renamed.get(old, name)
    return made(reading, patches, f"rename {base} to {name}", renamed=renamed, select=select)


def _base(full: str) -> str:
    return full.partition("[")[0].partition("~")[0]


def _hidden(reading: Reading, base: str) -> Iterator[tuple[int, int]]:
    """The places in which the name is that of a parameter."""
    for statement in reading.statements:
        node, origin = statement.node, statement.node.origin
        if isinstance(node, s.DefineFunction) and base in {p.base for p in node.parameters}:
            yield origin + node.name.end, origin + node.end
        for inner in nodes_in(node):
            if isinstance(inner, s.Explicit) and base in {p.base for p in inner.parameters}:
                yield origin + inner.start, origin + inner.body.end
