"""The numbers of a lesson, computed.

    {of = "limit", var = "x"}          Var Z^x; also mean, scalar; pass = "backward" or "sgd"
    {of = "limit", dot = ["g", "x"]}   the coefficient of Z^x in Ż^g
    {of = "run", var = "x", width = n} the same over the coordinates of one network
    {of = "kernel", kind = "ntk", pair = [i, j]}   K of rows i and j of the data at infinite width;
                                       with width and inits the mean over networks of it,
                                       with outputs = [a, b] of those two, by default the first
    {of = "exponent", change = "x"}    e of n^e: predicted of a change in training, or of a size
    {of = "feature", change = "x"}     |Δx| at infinite width in one step
    {of = "regime"}                    the word for it

All take parametrization = "ntk" and the like, for the program in another one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from tpgraph.compiler import run
from tpgraph.errors import TPDataError
from tpgraph.kernels import Kernel, kernel, mean_kernel
from tpgraph.lessons.ready import Lesson
from tpgraph.limits import Limit, limit
from tpgraph.program import Program, analysis_of
from tpgraph.program.coordinates import predict
from tpgraph.study.followed import data_of
from tpgraph.study.parametrizations.feature_change import feature_changes
from tpgraph.study.parametrizations.side_by_side import PARAMETRIZATIONS
from tpgraph.study.samples import Array, Experience
from tpgraph.transform import backward, unroll_sgd

__all__ = ["Known", "computed", "passed"]

T = TypeVar("T")

_SAMPLES = 2**16
_TRAIN, _TEST = 0, 1

Facts = Mapping[str, Any]
Known = dict[tuple[object, ...], Any]
"""What numbers of one lesson are read from: a limit has many of them."""


def computed(lesson: Lesson, facts: Facts, known: Known) -> float | str:
    """One number of a lesson; what others of it need too is kept in `known`.

    Raises TPDataError for facts that say nothing that is known.
    """
    how = _KINDS.get(facts.get("of", ""))
    try:
        if how is not None:
            return how(lesson, _program(lesson, facts), facts, known)
        reason = "of is unknown"
    except (KeyError, IndexError, StopIteration) as error:
        reason = f"there is no {error}"
    raise TPDataError(
        f"a number of lesson {lesson.name} is not understood: {dict(facts)}: {reason}",
        expected=f"of = one of {', '.join(_KINDS)}, with what tpgraph.lessons.facts says",
    )


def _program(lesson: Lesson, facts: Facts) -> Program:
    program = lesson.program()
    if "parametrization" in facts:
        return replace(program, parametrization=PARAMETRIZATIONS[facts["parametrization"]])
    return program


def passed(program: Program, which: str) -> Program:
    """The program with a pass of it: "program", "backward" or "sgd"."""
    made = {"backward": backward, "sgd": lambda p: unroll_sgd(p, 1)}.get(which)
    return program if made is None else made(program)


def _sample(lesson: Lesson, program: Program) -> dict[str, Array]:
    """What a program, or a pass of it, reads: the training example, and the test example."""
    if any(d.place is not None for d in program.data):
        return data_of(program, _experience(lesson), 0)
    named = (d.variable.name for d in (*program.data, *program.targets))
    return {name: np.array(lesson.data[name][_TRAIN], dtype=float) for name in named}


def _experience(lesson: Lesson) -> Experience:
    """One step on the training example, and the test example."""
    rows = {name: np.array(array, dtype=float) for name, array in lesson.data.items()}
    train = {name: array[_TRAIN : _TRAIN + 1] for name, array in rows.items()}
    test = {name: array[_TEST : _TEST + 1] for name, array in rows.items()}
    return Experience(train, test, np.zeros((1, 1), dtype=np.int64), "")


def _limit(lesson: Lesson, program: Program, facts: Facts, known: Known) -> float:
    def find() -> Limit:
        made = passed(program, facts.get("pass", "program"))
        return limit(made, data=_sample(lesson, made))

    found = _once(known, find, facts, "pass", "parametrization")
    if "dot" in facts:
        of, on = facts["dot"]
        return found.dot(of)[on]
    if "scalar" in facts:
        return found.scalar(facts["scalar"])
    return found.mean(facts["mean"]) if "mean" in facts else found.var(facts["var"])


def _once(known: Known, find: Callable[[], T], facts: Facts, *told: str) -> T:
    """What is found, once for all numbers whose facts agree on these words."""
    key = (facts["of"], *(facts.get(word) for word in told))
    if key not in known:
        known[key] = find()
    found: T = known[key]
    return found


def _run(lesson: Lesson, program: Program, facts: Facts, known: Known) -> float:
    def find() -> Any:
        made = passed(program, facts.get("pass", "program"))
        sizes = {w.name: int(facts["width"]) for w in made.base_widths}
        return run(made, sizes, int(facts.get("seed", 0)), _sample(lesson, made) or None)

    found = _once(known, find, facts, "pass", "parametrization", "width", "seed")
    if "scalar" in facts:
        return float(found["scalars"][facts["scalar"]])
    kind = "mean" if "mean" in facts else "var"
    return float(found["vectors"][facts[kind]][kind])


def _kernel(lesson: Lesson, program: Program, facts: Facts, known: Known) -> float:
    inputs = {d.variable.name: np.array(lesson.data[d.variable.name]) for d in program.data}
    kind = facts.get("kind", "ntk")
    i, j = facts["pair"]

    def find() -> Kernel:
        if "width" not in facts:
            return kernel(program, inputs, kind)
        sizes = {w.name: int(facts["width"]) for w in program.base_widths}
        return mean_kernel(program, inputs, sizes, inits=int(facts.get("inits", 1)), kind=kind)

    found = _once(known, find, facts, "kind", "parametrization", "width", "inits")
    array = found.ntk if kind == "ntk" else found.nngp
    assert array is not None, "it was asked for"
    if array.ndim == 4:  # of every two outputs; those of the first, unless it says which
        a, b = facts.get("outputs", (0, 0))
        return float(array[i, a, j, b])
    return float(array[i, j])


def _exponent(lesson: Lesson, program: Program, facts: Facts, known: Known) -> float:
    found = predict(program, 1)
    return found.changes[facts["change"]] if "change" in facts else found.sizes[facts["size"]]


def _feature(lesson: Lesson, program: Program, facts: Facts, known: Known) -> float:
    rate = float(facts.get("lr", 1.0))
    found = feature_changes(program, _experience(lesson), rate, _SAMPLES, 0)
    return next(one.change for one in found if one.name == facts["change"])


def _regime(lesson: Lesson, program: Program, facts: Facts, known: Known) -> str:
    found = analysis_of(program)
    return "untrained" if found is None else found.regime


_KINDS: Mapping[str, Callable[[Lesson, Program, Facts, Known], float | str]] = {
    "limit": _limit,
    "run": _run,
    "kernel": _kernel,
    "exponent": _exponent,
    "feature": _feature,
    "regime": _regime,
}
