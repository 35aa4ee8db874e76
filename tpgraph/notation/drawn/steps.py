r"""The generic step of unrolled SGD: one training pass and one test pass at a time t.

Every pass at time t sums over all earlier steps,

    h_t = W x_t − c (θ_{0,t} dh_0 + … + θ_{t−1,t} dh_{t−1}),   θ_{s,t} = mean(x_s x_t),

so that passes at different times are no literal repetition. They are instances of one generic pass
in which terms that are equal but for the step that they come from stand once, behind a Σ:

    h_t = W x_t − c Σ_{s<t} θ_{s,t} dh_s.

What comes of an earlier step, x_s and dh_s, is given to the generic pass like an initial vector.
Where coefficients of the terms differ, as under weight decay, they go by the law that they follow:

    h_t = q^t W x_t − c Σ_{s<t} q^(t−1−s) θ_{s,t} dh_s.

Nothing is assumed about the network: which terms belong together is read off their expressions, and
the pass is accepted if the passes at other times are instances of it too.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from types import MappingProxyType
from typing import TypeAlias

from tpgraph.errors import TPError
from tpgraph.notation.drawn.coefficients import CoefficientLaw, laws_of
from tpgraph.notation.drawn.generic_sums import coefficients_of
from tpgraph.notation.drawn.instance import Instance, instance
from tpgraph.notation.drawn.loops import loop_letters
from tpgraph.notation.drawn.times import Letters, Times
from tpgraph.notation.scene.scene import Definition
from tpgraph.program import MatMul, Pass, Program, TimedName
from tpgraph.program.labels import headword
from tpgraph.program.variables import statement_name

__all__ = ["GenericStep", "generic_step"]

LEAST_STEPS = 3
NO_OTHERS: Mapping[str, TimedName] = MappingProxyType({})
_LETTERS = (Letters("t", "s"), Letters("k", "j"), Letters("τ", "σ"), Letters("q", "p"))
_COEFFICIENTS = tuple(zip("ακρν", (r"\alpha", r"\kappa", r"\rho", r"\nu"), strict=True))
_MEND = (
    "draw fewer steps unfolded, or fold SGD in its exact form, a schedule of rates without weight"
    " decay and momentum"
)


_KindKey: TypeAlias = tuple[str, str | None, int | None, tuple[TimedName, ...]]


@dataclass(frozen=True)
class GenericStep:
    """The passes at a generic time; `letter` and `label` are those of the plate around them, the
    `definitions` say what symbols for coefficients are.
    """

    passes: Instance
    letter: str
    label: str
    definitions: tuple[Definition, ...] = ()


@dataclass(frozen=True)
class _PassKind:
    """The contexts of one kind by their times, such as the training passes; `bound` are the
    variables of the network that each of them makes.
    """

    contexts: Mapping[int, Pass]
    bound: tuple[TimedName, ...] = ()

    @property
    def last(self) -> int:
        """The last time."""
        return max(self.contexts)


def generic_step(
    program: Program, drawn: frozenset[str], called: Mapping[str, TimedName] = NO_OTHERS
) -> GenericStep | None:
    """The generic step of a program; None where it has fewer than three training steps.

    `drawn` are the names of the equations that are drawn; `called` says which variables go by the
    name of another one. Raises TPError where its passes are not
    instances of one.
    """
    kinds = _kinds(program, drawn)
    trained = {e.place.context for e in program.equations if e.place and e.place.row == "backward"}
    steps = {t for k in kinds for t, context in k.contexts.items() if context in trained}
    if len(steps) < LEAST_STEPS:
        return None
    if any(sorted(k.contexts) != list(range(k.last + 1)) or k.last == 0 for k in kinds):
        raise TPError(
            f"the passes of these SGD steps are not of one kind each{_difference(kinds)}",
            expected="steps that all make the same variables",
            mend=_MEND,
        )
    times = Times(program, frozenset(c for kind in kinds for c in kind.contexts.values()), called)
    time, letters = min(kind.last for kind in kinds), _letters(times)
    passes = [_generic(kind, kinds, time, letters) for kind in kinds]

    def at(t: int, law: CoefficientLaw | None) -> Instance:
        there = [(k.contexts[t], p) for k, p in zip(kinds, passes, strict=True) if t <= k.last]
        return instance(times, drawn, t, letters, dict(there), law)

    # one earlier step alone makes no sum that could be compared
    others = [t for t in (time - 1, time + 1) if 2 <= t <= max(k.last for k in kinds)]

    def repeats(step: Instance, law: CoefficientLaw | None) -> bool:
        return all(step.covers(at(other, law)) for other in others)

    laws: list[CoefficientLaw | None] = [None, *_laws(times, letters)]
    found = ((at(time, law), law) for law in laws)
    step, law = next(((step, law) for step, law in found if repeats(step, law)), (None, None))
    if step is None:
        raise TPError(f"the SGD steps {others[0]} and {time} differ by more than terms", mend=_MEND)
    last = max(kind.last for kind in kinds)
    label = rf"{letters.step}=0,\,\ldots,\,{last}"
    return GenericStep(step, letters.step, label, law.definitions(letters) if law else ())


def _laws(times: Times, letters: Letters) -> Iterator[CoefficientLaw]:
    """The laws that coefficients may follow: those of the first sum over steps in which they are
    not equal, at the last time.
    """
    time = max(times.own.values())
    for equation in times.program.equations:
        if times.own.get(equation.out.name) != time or isinstance(equation, MatMul):
            continue
        names = [v.name for v in equation.arguments]
        steps = [times.steps(name, time) for name in names]

        def key(index: int, step: int, names: Sequence[str] = names) -> Hashable:
            return times.key(names[index], time, step, letters)

        for found in coefficients_of(equation.function, steps, key):
            if len(found) == time and len(set(found)) > 1:
                yield from laws_of(found, _symbols(times.program))
                return


def _symbols(program: Program) -> tuple[str, str]:
    """Two letters in LaTeX that name nothing in the program."""
    taken = {headword(name) for name in program.variables}
    free = [latex for letter, latex in _COEFFICIENTS if letter not in taken]
    first, second, *_ = (*free, *(latex for _, latex in _COEFFICIENTS))
    return first, second


def _kinds(program: Program, drawn: frozenset[str]) -> list[_PassKind]:
    """The passes of one kind that bind the same variables of the network."""
    bound: dict[Pass, list[TimedName]] = {}
    for equation in program.equations:
        context = equation.place.context if equation.place is not None else None
        timed = program.timed.get(equation.out.name)
        if context is not None and timed is not None and equation.out.name in drawn:
            bound.setdefault(context, []).append(timed.at(""))
    kinds: dict[_KindKey, dict[int, Pass]] = {}
    for context, names in bound.items():
        kind = context.kind, context.of, context.element, tuple(names)
        kinds.setdefault(kind, {})[context.time] = context
    return [_PassKind(contexts, kind[-1]) for kind, contexts in _sharing_first(kinds).items()]


def _sharing_first(kinds: Mapping[_KindKey, dict[int, Pass]]) -> dict[_KindKey, dict[int, Pass]]:
    """The kinds, where a pass at time 0 that only lacks products is of the kind of the later ones.

    All passes at time 0 have the same parameters, so that a product with an initial vector, as A s⁰
    of a recurrent network, is made once for all of them.
    """
    first = {_made(key): key for key, contexts in kinds.items() if [*contexts] == [0]}
    found = {key: contexts for key, contexts in kinds.items() if key not in first.values()}
    for key, contexts in found.items():
        lacking = first.pop(_made(key), None) if 0 not in contexts else None
        if lacking is not None:
            found[key] = {**kinds[lacking], **contexts}
    return found | {key: kinds[key] for key in first.values()}


def _made(key: _KindKey) -> Hashable:
    """What passes are of and the variables that they make, whatever products they need."""
    *purpose, bound = key
    return (*purpose, frozenset(statement_name(name.of) for name in bound))


def _difference(kinds: Sequence[_PassKind]) -> str:
    """What one pass makes and another of the same purpose does not; nothing if that is the same."""
    for one, other in permutations(kinds, 2):
        here, there = (next(iter(kind.contexts.values())) for kind in (one, other))
        alike = (here.kind, here.of, here.element) == (there.kind, there.of, there.element)
        more = [name for name in one.bound if name not in other.bound]
        if alike and more:
            return f": {here} makes {more[0].of}, {there} does not"
    return ""


def _letters(times: Times) -> Letters:
    """Letters for the time and for earlier steps that name nothing else in the program."""
    program = times.program
    taken = {headword(name) for name in program.variables} | loop_letters(program)

    def free(letters: Letters) -> bool:
        both = letters.step, letters.earlier
        names = (times.written(name, letter) for name in program.timed for letter in both)
        return taken.isdisjoint(both) and not any(
            name in program.variables and name not in program.timed for name in names
        )

    return next(filter(free, _LETTERS), _LETTERS[0])


def _generic(kind: _PassKind, kinds: Sequence[_PassKind], time: int, letters: Letters) -> Pass:
    """The pass of a kind with the letter for its time: `step t+1, train ξ_t`."""
    here = kind.contexts[time]
    shorter = kind.last < max(other.last for other in kinds)
    more = (f", {letters.step} < {kind.last + 1}",) if shorter else ()
    return replace(here, letter=letters.step, caption=(*here.caption, *more))
