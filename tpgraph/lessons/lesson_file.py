"""A lesson as its TOML file, to be changed by hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tpgraph.lessons.ready import Lesson

__all__ = ["lesson_text"]

_HEAD = "# A lesson: $…$ is a formula, «name» a number computed when the page is made."
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def lesson_text(lesson: Lesson) -> str:
    """The TOML of a lesson, as those of diagrams/lessons: `read_lesson` gives the same lesson."""
    return "\n".join(_lines(lesson)) + "\n"


def _lines(lesson: Lesson) -> Iterator[str]:
    yield _HEAD
    yield f"title = {_value(lesson.title)}"
    yield f"summary = {_value(lesson.summary)}"
    for name, table in (("data", lesson.data), ("numbers", lesson.numbers)):
        if table:
            yield f"\n[{name}]"
            yield from (f"{_key(key)} = {_value(value)}" for key, value in table.items())
    for step in lesson.steps:
        yield "\n[[steps]]"
        yield f"heading = {_value(step.heading)}"
        yield f"text = {_value(step.text)}"
        if step.picture is not None:
            yield f'picture = "{step.picture}"'
    for question in lesson.questions:
        yield "\n[[questions]]"
        yield f"ask = {_value(question.ask)}"
        yield f"answer = {_value(question.answer)}"


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _value(value: Any) -> str:
    """A value; a text between three quotes, in which a backslash is one."""
    if isinstance(value, str):
        literal = "'''" not in value and not value.endswith("'") and value.isprintable()
        return f"'''{value}'''" if literal else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        inside = (f"{_key(key)} = {_value(one)}" for key, one in value.items())
        return f"{{ {', '.join(inside)} }}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_value, value))}]"
    return repr(value)
