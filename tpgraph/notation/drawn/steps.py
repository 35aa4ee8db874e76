r"""The generic step of unrolled SGD: one training pass and one test pass at a time t.

Every pass at time t sums over all earlier steps,

    h_t = W x_t − c (θ_{0,t} dh_0 + … + θ_{t−1,t} dh_{t−1}),   θ_{s,t} = mean(x_s x_t),

so that passes at different times are no literal repetition. They are instances of one generic pass
in which terms that are equal but for the step that they come from stand once, behind a Σ:

    h_t = W x_t − c Σ_{s<t} θ_{s,t} dh_s.

What comes of an earlier step, x_s and dh_s, is given to the generic pass like an initial vector.
Where coefficients of the terms differ, as under weight decay, they go by the law of the training
plan, which they have to follow:

    h_t = q^t W x_t − c Σ_{s<t} q^(t−1−s) θ_{s,t} dh_s.

Nothing is assumed about the network: which terms belong together is read off their expressions, and
the pass is accepted if the passes at other times are instances of it too.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from types import MappingProxyType
from typing import TypeAlias

from tpgraph.errors import TPError
from tpgraph.notation.drawn.coefficients import CoefficientLaw, Symbols, law_of, moving_steps
from tpgraph.notation.drawn.instance import Instance, instance
from tpgraph.notation.drawn.loops import loop_letters
from tpgraph.notation.drawn.times import Letters, Times
from tpgraph.notation.scene.scene import Definition
from tpgraph.program import Pass, Program, TimedName
from tpgraph.program.labels import headword
from tpgraph.program.variables import statement_name

__all__ = ["GenericStep", "generic_step"]

LEAST_STEPS = 3
NO_OTHERS: Mapping[str, TimedName] = MappingProxyType({})
_LETTERS = (Letters("t", "s"), Letters("k", "j"), Letters("τ", "σ"), Letters("q", "p"))
_SYMBOLS = {"α": r"\alpha", "κ": r"\kappa", "γ": r"\gamma", "η": r"\eta"}
_OTHER_SYMBOLS = {"ρ": r"\rho", "ν": r"\nu", "ω": r"\omega", "ζ": r"\zeta"}
_MEND = "draw fewer steps unfolded, or fold SGD in its exact form as it was unrolled"


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
    law = _law(program)
    kinds = _kinds(program, drawn, law)
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
    letters, last = _letters(times), max(kind.last for kind in kinds)
    # one earlier step alone makes no sum that could be compared
    summed = [t for t in range(2, last + 1) if len(moving_steps(law, t)) > 1]
    time = max((t for t in summed if t <= min(kind.last for kind in kinds)), default=None)
    if time is None:
        raise TPError(
            "too few of these SGD steps have a rate above 0 to see what they sum",
            expected="two steps that move the weights before another one",
            mend="fold more steps, or draw these unfolded",
        )
    others = sorted((t for t in summed if t != time), key=lambda t: abs(t - time))[:2]
    passes = [_generic(kind, kinds, time, letters) for kind in kinds]

    def at(t: int) -> Instance:
        there = [(k.contexts[t], p) for k, p in zip(kinds, passes, strict=True) if t <= k.last]
        return instance(times, drawn, t, letters, dict(there), law)

    step = at(time)
    if not all(step.covers(at(other)) for other in others):
        raise TPError(f"the SGD steps {others[0]} and {time} differ by more than terms", mend=_MEND)
    label = rf"{letters.step}=0,\,\ldots,\,{last}"
    return GenericStep(step, letters.step, label, law.definitions(letters) if law else ())


def _law(program: Program) -> CoefficientLaw | None:
    """The law of the coefficients; None where no plan says that they differ. Raises TPError where
    nothing is left of the initial weights, which a step at any time cannot say.
    """
    plan = program.training_plan
    if plan is None:
        return None
    if not all(plan.alpha):
        raise TPError(
            f"a step of weight decay {plan.weight_decay:g} leaves nothing of the weights",
            expected="a learning rate times weight decay that is not 1",
            mend="draw fewer steps unfolded",
        )
    return law_of(plan, _symbols(program))


def _symbols(program: Program) -> Symbols:
    """Letters in LaTeX that name nothing in the program."""
    taken = {headword(name) for name in program.variables}
    others = iter([latex for letter, latex in _OTHER_SYMBOLS.items() if letter not in taken])
    free = (x if letter not in taken else next(others, x) for letter, x in _SYMBOLS.items())
    return Symbols(*free)


def _kinds(program: Program, drawn: frozenset[str], law: CoefficientLaw | None) -> list[_PassKind]:
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
    whole = _sharing_first(kinds, law)
    return [_PassKind(contexts, kind[-1]) for kind, contexts in whole.items()]


def _sharing_first(
    kinds: Mapping[_KindKey, dict[int, Pass]], law: CoefficientLaw | None
) -> dict[_KindKey, dict[int, Pass]]:
    """The kinds, where a pass at initial weights that only lacks products is of the kind of the
    later ones.

    All passes at time 0, and behind steps of the rate 0, have the same parameters, so that a
    product with an initial vector, as A s⁰ of a recurrent network, is made once for all of them.
    """
    initial = {
        key: contexts
        for key, contexts in kinds.items()
        if not any(moving_steps(law, time) for time in contexts)
    }
    found = {key: dict(contexts) for key, contexts in kinds.items() if key not in initial}
    for key, contexts in initial.items():
        alike = (other for made, other in found.items() if _made(made) == _made(key))
        whole = next((other for other in alike if other.keys().isdisjoint(contexts)), None)
        if whole is None:
            found[key] = contexts
        else:
            whole.update(contexts)
    return found


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
