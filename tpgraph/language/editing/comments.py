"""What is written for who reads: comments above statements, empty lines between groups of them."""

from __future__ import annotations

from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Edit, Patch, made, name_refusal
from tpgraph.language.editing.statement_places import comments_above, statement_of, top
from tpgraph.language.readings import Reading, Statement
from tpgraph.sentences import sentence

__all__ = ["comment_of", "set_apart", "set_comment"]

_WORDS: dict[str, type] = {"program": s.ProgramName, "output": s.Output, "loss": s.Loss}
"""Statements that bind no name, by their words; the first of its kind is meant."""


def comment_of(reading: Reading, name: str) -> str:
    """The comment right above the statement of a name, or of `program`, `output`, `loss`."""
    start, end = comments_above(reading, _statement(reading, name))
    lines = reading.source.text[start:end].splitlines()
    return "\n".join(line.strip().removeprefix("#").strip() for line in lines)


def set_comment(reading: Reading, name: str, text: str | None) -> Edit:
    """Another comment above the statement of a name, or of `program`, `output`, `loss`.

    A line of `text` is a line of comment; None or nothing takes it away.
    """
    statement = _statement(reading, name)
    start, end = comments_above(reading, statement)
    indent = " " * len(statement.line.indent)
    lines = [f"{indent}# {line.strip()}".rstrip() for line in (text or "").splitlines()]
    patch = Patch(start, end, "".join(f"{line}\n" for line in lines))
    return made(reading, [patch], sentence("comment of {}", name), select=_selected(reading, name))


def set_apart(reading: Reading, name: str, apart: bool) -> Edit:
    """Whether an empty line stands above a statement and its comment."""
    source = reading.source.text
    start, _ = comments_above(reading, _statement(reading, name))
    free = start
    while free and not source[source.rfind("\n", 0, free - 1) + 1 : free].strip():
        free = source.rfind("\n", 0, free - 1) + 1
    text = "\n" if apart and free else ""
    title = sentence(f"{{}} stands {'apart' if apart else 'close'}", name)
    return made(reading, [Patch(free, start, text)], title, select=_selected(reading, name))


def _selected(reading: Reading, name: str) -> str | None:
    return name if name in reading.origin else None


def _statement(reading: Reading, name: str) -> Statement:
    """The statement, or the outermost loop around it. Raises TPNameError where there is none."""
    kind = _WORDS.get(name)
    for statement in reading.statements:
        if name in statement.binds or (kind is not None and isinstance(statement.node, kind)):
            return top(reading, statement)
    if kind is None:
        return top(reading, statement_of(reading, name))
    raise name_refusal(f"the text has no `{name}`", None, "choose a statement that stands there")
