"""The lessons of diagrams/lessons, read."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Any

from tpgraph.errors import TPDataError, TPNameError
from tpgraph.language import parse
from tpgraph.program import Program
from tpgraph.program.near_names import did_you_mean

__all__ = ["PICTURES", "Lesson", "LessonStep", "Question", "lesson", "lessons", "read_lesson"]

_KEYS = ("title", "summary", "data", "numbers", "steps", "questions")
_ORDER = ("forward", "backward", "sgd", "master", "ntk", "mup")

PICTURES = ("program", "folded", "backward", "sgd", "frames")
"""What a step may show: the program, with what repeats once or in full, its backward pass, an SGD
step, or instruction by instruction.
"""


@dataclass(frozen=True, slots=True)
class LessonStep:
    """A part of the page: its heading, its text, and what it shows."""

    heading: str
    text: str
    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its answer."""

    ask: str
    answer: str


@dataclass(frozen=True)
class Lesson:
    """A lesson as its two files say it; `made` is the program where it is at hand."""

    name: str
    title: str
    summary: str
    source: str
    data: Mapping[str, tuple[tuple[float, ...], ...]]
    numbers: Mapping[str, Mapping[str, Any]]
    steps: tuple[LessonStep, ...]
    questions: tuple[Question, ...]
    made: Program | None = None

    def program(self) -> Program:
        """The program of the lesson."""
        return self.made or parse(self.source, f"{self.name}.tp")


def lessons() -> tuple[Lesson, ...]:
    """Every lesson, in the order of teaching."""
    return tuple(lesson(name) for name in _ORDER)


def lesson(name: str) -> Lesson:
    """The lesson of this name. Raises TPNameError, with the nearest name, if there is none."""
    if name not in _ORDER:
        raise TPNameError(
            f"there is no lesson {name!r}",
            expected=", ".join(_ORDER),
            mend=did_you_mean(name, _ORDER),
        )
    folder = files("tpgraph_diagrams") / "lessons"
    text = (folder / f"{name}.toml").read_text(encoding="utf-8")
    return read_lesson(name, text, (folder / f"{name}.tp").read_text(encoding="utf-8"))


def read_lesson(name: str, text: str, source: str) -> Lesson:
    """The lesson of a TOML text and a program's text. Raises TPDataError for what is not one."""
    try:
        table = tomllib.loads(text)
        _require_keys(name, table)
        steps = tuple(LessonStep(**step) for step in table["steps"])
        questions = tuple(Question(**question) for question in table["questions"])
        title, summary = table["title"], table["summary"]
        data = {k: tuple(map(tuple, rows)) for k, rows in table.get("data", {}).items()}
    except (tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise TPDataError(
            f"lesson {name} is not understood: {error}",
            expected="title, summary, [[steps]] and [[questions]], as tpgraph.lessons says",
        ) from None
    for step in steps:
        if step.picture is not None and step.picture not in PICTURES:
            raise TPDataError(
                f"lesson {name} shows {step.picture!r}", expected=f"one of {', '.join(PICTURES)}"
            )
    return Lesson(name, title, summary, source, data, table.get("numbers", {}), steps, questions)


def _require_keys(name: str, table: Mapping[str, Any]) -> None:
    """Raise TPDataError for a key that no lesson has, nor a step or a question of one."""
    kinds = {"steps": LessonStep, "questions": Question}
    rows: list[tuple[str, tuple[str, ...], Any]] = [(f"lesson {name}", _KEYS, table)]
    for key, kind in kinds.items():
        known = tuple(one.name for one in fields(kind))
        rows += [
            (f"{key[:-1]} {number} of lesson {name}", known, row)
            for number, row in enumerate(table.get(key, ()), 1)
        ]
    for what, known, row in rows:
        for key in row:
            if key not in known:
                raise TPDataError(
                    f"{what} is not understood: it has no {key!r}",
                    expected=", ".join(known),
                    mend=did_you_mean(key, known),
                )
