r"""The generic step of unrolled SGD: one training pass and one test pass at a time t.

Every pass at time t sums over all earlier steps,

    h_t = W x_t − c (θ_{0,t} dh_0 + … + θ_{t−1,t} dh_{t−1}),   θ_{s,t} = mean(x_s x_t),

so that passes at different times are no literal repetition. They are instances of one generic pass
in which terms that are equal but for the step that they come from stand once, behind a Σ:

    h_t = W x_t − c Σ_{s<t} θ_{s,t} dh_s.

What comes of an earlier step, x_s and dh_s, is given to the generic pass like an initial vector.
Nothing is assumed about the network: which terms belong together is read off their expressions, and
the pass is accepted if the passes at other times are instances of it too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tpgraph.errors import TPError
from tpgraph.notation.drawn.instance import Instance, instance
from tpgraph.notation.drawn.loops import loop_letters
from tpgraph.notation.drawn.times import Letters, Times
from tpgraph.program import Program, split_name

__all__ = ["GenericStep", "generic_step"]

LEAST_STEPS = 3
_LETTERS = (Letters("t", "s"), Letters("k", "j"), Letters("τ", "σ"), Letters("q", "p"))
_NUMBERED = re.compile(r"(.+)_(\d+)")
_NUMBER = re.compile(r"(\d+|[₀-₉]+)")
_DIGITS = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_MEND = "draw fewer steps unfolded, or fold plain SGD at one rate, in its exact form"

Pattern = tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class GenericStep:
    """The passes at a generic time; `label` is the range of their plate."""

    passes: Instance
    label: str


@dataclass(frozen=True)
class _PassKind:
    """The contexts of one kind by their times, such as the training passes."""

    contexts: Mapping[int, str]

    @property
    def last(self) -> int:
        """The last time."""
        return max(self.contexts)


def generic_step(program: Program, drawn: frozenset[str]) -> GenericStep | None:
    """The generic step of a program; None where it has fewer than three training steps.

    `drawn` are the names of the equations that are drawn. Raises TPError where its passes are not
    instances of one.
    """
    kinds = _kinds(program, drawn)
    trained = {e.place.context for e in program.equations if e.place and e.place.row == "backward"}
    steps = {t for k in kinds for t, context in k.contexts.items() if context in trained}
    if len(steps) < LEAST_STEPS:
        return None
    if any(sorted(k.contexts) != list(range(k.last + 1)) or k.last == 0 for k in kinds):
        raise TPError("the passes of these SGD steps are not of one kind each", mend=_MEND)
    time, letters = min(kind.last for kind in kinds), _letters(program)
    times = Times(program, {name: t for kind in kinds for t, name in kind.contexts.items()})
    names = [_caption(kind, kinds, time, letters) for kind in kinds]

    def at(t: int) -> Instance:
        there = [(k.contexts[t], name) for k, name in zip(kinds, names, strict=True) if t <= k.last]
        return instance(times, drawn, t, letters, dict(there))

    step = at(time)
    for other in (time - 1, time + 1):
        # one earlier step alone makes no sum that could be compared
        if 2 <= other <= max(k.last for k in kinds) and not step.covers(at(other)):
            raise TPError(f"the SGD steps {other} and {time} differ by more than terms", mend=_MEND)
    last = max(kind.last for kind in kinds)
    return GenericStep(step, rf"{letters.step}=0,\,\ldots,\,{last}")


def _kinds(program: Program, drawn: frozenset[str]) -> list[_PassKind]:
    """The contexts that bind the same names but for the time, which is a subscript in them."""
    named: dict[str, list[tuple[tuple[object, ...], int]]] = {}
    for equation in program.equations:
        context = equation.place.context if equation.place is not None else None
        base, index, temporary = split_name(equation.out.name)
        found = _NUMBERED.fullmatch(base)
        if context is not None and found and equation.out.name in drawn:
            row = found[1], index, temporary
            named.setdefault(context, []).append((row, int(found[2])))
    kinds: dict[Pattern, dict[int, str]] = {}
    for context, names in named.items():
        pattern = tuple(row for row, _ in names)
        kinds.setdefault(pattern, {})[names[0][1]] = context
    return [_PassKind(contexts) for contexts in kinds.values()]


def _letters(program: Program) -> Letters:
    """Letters for the time and for earlier steps that name nothing else in the program."""
    taken = {split_name(name)[0].partition("_")[0] for name in program.variables}
    taken |= loop_letters(program)
    free = (pair for pair in _LETTERS if taken.isdisjoint((pair.step, pair.earlier)))
    return next(free, _LETTERS[0])


def _caption(kind: _PassKind, kinds: Sequence[_PassKind], time: int, letters: Letters) -> str:
    """The caption of a context with the letter for its time: `step t+1, train ξ_t`."""
    here, before = kind.contexts[time], kind.contexts[time - 1]
    parts, others = _NUMBER.split(here), _NUMBER.split(before)
    for i in range(1, len(parts), 2):
        number = int(parts[i].translate(_DIGITS))
        if i < len(others) and number - int(others[i].translate(_DIGITS)) == 1:
            parts[i] = _written(letters.step, number - time, parts[i])
    shorter = kind.last < max(other.last for other in kinds)
    return "".join(parts) + (f", {letters.step} < {kind.last + 1}" if shorter else "")


def _written(letter: str, offset: int, number: str) -> str:
    text = letter if not offset else f"{letter}{offset:+}"
    return text if number.isascii() else f"_{text}"
