"""A lesson of any program: its texts, numbers and questions made from the program itself.

    >>> made = lesson_of("mlp")
    >>> made.title, [step.heading for step in made.steps][:2]
    ('The program mlp', ['The program', 'Instruction by instruction'])

What is made is a `Lesson` as those of diagrams/lessons: written as TOML by `lesson_text`, changed
by hand, and given back as `texts`, it is the same kind of file as theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from tpgraph.errors import TPError
from tpgraph.kernels import kernel
from tpgraph.language import to_text
from tpgraph.lessons.asked import questions_of
from tpgraph.lessons.ready import Lesson, LessonStep, read_lesson
from tpgraph.lessons.told import Told
from tpgraph.limits import limit
from tpgraph.notation import source_of
from tpgraph.program import Program, analysis_of
from tpgraph.program.any_program import reads_program
from tpgraph.program.coordinates import predict
from tpgraph.training import synthetic_data
from tpgraph.transform import backward

__all__ = ["lesson_of"]

T = TypeVar("T")

_FRAMES = 12
"""Instructions up to which each has a picture of its own."""

_FLAT = 30
"""Instructions up to which the picture is not folded."""


@reads_program
def lesson_of(program: Program, texts: str | None = None, name: str | None = None) -> Lesson:
    """The lesson of a program, its texts made from it, or those of a TOML text.

    Without [data] in `texts`, and without texts, the training example and the test example are two
    made-up samples (`tpgraph.synthetic_data`, rounded to tenths). `name` is that of the lesson, by
    default the program's. What a program has not, such as a backward pass, or a limit, is left out.

    Raises TPDataError for texts that are no lesson.
    """
    name = name or program.title
    source = source_of(program) or to_text(program)
    if texts is not None:
        given = read_lesson(name, texts, source)
        return replace(given, made=program, data=given.data or _made_up(program))
    lesson = Lesson(name, f"The program {name}", "", source, _made_up(program), {}, (), (), program)
    told = Told(program, _found(lesson), lesson.data)
    return replace(
        lesson,
        summary=told.summary(),
        steps=tuple(_steps(told)),
        questions=tuple(questions_of(told)),
        numbers=told.numbers,
    )


def _made_up(program: Program) -> Mapping[str, tuple[tuple[float, ...], ...]]:
    if not program.data:
        return {}
    arrays = synthetic_data(program, 2).arrays
    return {
        name: tuple(tuple(np.round(row, 1).tolist()) for row in array)
        for name, array in arrays.items()
    }


def _found(lesson: Lesson) -> frozenset[str]:
    """What the program has: limit, kernel, exponents, backward."""
    program = lesson.made
    assert program is not None, "it is made of one"
    data = {name: np.array(rows) for name, rows in lesson.data.items()}
    inputs = {d.variable.name: data[d.variable.name] for d in program.data}
    ways: dict[str, Callable[[], Any]] = {
        "limit": lambda: limit(program, data={name: rows[0] for name, rows in data.items()}),
        "kernel": lambda: kernel(program, inputs, "ntk"),
        "exponents": lambda: predict(program, 1),
        "backward": lambda: backward(program),
    }
    if analysis_of(program) is None:
        del ways["exponents"]
    return frozenset(way for way, make in ways.items() if _is_there(make))


def _is_there(make: Callable[[], Any]) -> bool:
    try:
        make()
    except TPError:
        return False
    return True


def _steps(told: Told) -> list[LessonStep]:
    count = len(told.program.equations)
    shown = "program" if count <= _FLAT else "folded"
    steps = [LessonStep("The program", told.kinds(), shown)]
    if count <= _FRAMES:
        text = "What is computed, in this order: what an instruction adds is in colour."
        steps.append(LessonStep("Instruction by instruction", text, "frames"))
    steps += [LessonStep(*pair) for pair in told.instructions()]
    if "backward" in told.has:
        picture = "backward" if count <= _FLAT else None
        steps.append(LessonStep("The backward pass", told.backward(), picture))
    if "kernel" in told.has:
        steps.append(LessonStep("Its kernels", told.kernels()))
    if "exponents" in told.has:
        steps.append(LessonStep("Training", told.training()))
    return steps
