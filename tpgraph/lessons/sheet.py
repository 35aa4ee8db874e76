"""A lesson with its numbers computed and its pictures drawn: what every form of a page sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tpgraph.errors import TPDataError
from tpgraph.lessons.facts import Known, computed, passed
from tpgraph.lessons.ready import Lesson
from tpgraph.notation import Drawing, draw, draw_frames
from tpgraph.program import Program
from tpgraph.progress import counted

__all__ = ["Sheet", "SheetPart", "four_digits", "pieces", "sheet_of"]

_NUMBER = re.compile(r"«([^«»]*)»")
_PIECE = re.compile(r"\$([^$]*)\$")


@dataclass(frozen=True)
class SheetPart:
    """A heading, a text with its numbers in place, and pictures."""

    heading: str
    text: str
    pictures: tuple[Drawing, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A page to be set: questions are parts whose heading asks and whose text answers."""

    name: str
    title: str
    summary: str
    source: str
    steps: tuple[SheetPart, ...]
    questions: tuple[SheetPart, ...]
    numbers: Mapping[str, float | str]


def sheet_of(lesson: Lesson) -> Sheet:
    """The lesson with what is computed in it.

    Raises TPError as what it computes and draws, and TPDataError for a number that it does not
    define.
    """
    known: Known = {}
    numbers = {
        name: computed(lesson, lesson.numbers[name], known)
        for name in counted("limits", tuple(lesson.numbers))
    }
    program = lesson.program()
    steps = [
        SheetPart(s.heading, _filled(s.text, numbers, lesson.name), _pictures(program, s.picture))
        for s in counted("pictures", lesson.steps)
    ]
    questions = [
        SheetPart(_filled(q.ask, numbers, lesson.name), _filled(q.answer, numbers, lesson.name))
        for q in lesson.questions
    ]
    summary = _filled(lesson.summary, numbers, lesson.name)
    return Sheet(
        lesson.name, lesson.title, summary, lesson.source, tuple(steps), tuple(questions), numbers
    )


def _filled(text: str, numbers: Mapping[str, float | str], lesson: str) -> str:
    def number(found: re.Match[str]) -> str:
        if found[1] not in numbers:
            raise TPDataError(
                f"lesson {lesson} names a number «{found[1]}» that it does not define",
                expected=f"one of {', '.join(numbers)}",
            )
        value = numbers[found[1]]
        return value if isinstance(value, str) else four_digits(value)

    return " ".join(_NUMBER.sub(number, text).split())


def four_digits(value: float) -> str:
    """Four digits, and a minus sign that is one."""
    return f"{value + 0.0:.4g}".replace("-", "−")


def _pictures(program: Program, which: str | None) -> tuple[Drawing, ...]:
    if which is None:
        return ()
    if which == "frames":
        return draw_frames(program).drawings[1:]
    return (draw(passed(program, which), fold=which == "folded"),)


def pieces(text: str) -> list[tuple[str, bool]]:
    """The text cut into words and formulas, each with whether it is a formula.

    >>> pieces("Var $Z^x$ is 1")
    [('Var ', False), ('Z^x', True), (' is 1', False)]
    """
    found = [(part, bool(k % 2)) for k, part in enumerate(_PIECE.split(text))]
    return [(part, is_formula) for part, is_formula in found if part]
