"""`limit`: a program in, its infinite-width limit out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from tpgraph.arrays import by_source_name, plain_array
from tpgraph.errors import TPDataError, TPError, TPTypeError, TPWarning, warn
from tpgraph.limits.atoms import Undecided
from tpgraph.limits.boundary_layers import Escapes
from tpgraph.limits.closed_scalars import ClosedScalars
from tpgraph.limits.engines import Engine, check_engine
from tpgraph.limits.estimates import USELESS, Array, Basis
from tpgraph.limits.exact.algebra import ExactAlgebra
from tpgraph.limits.exact.collected import Evaluations, exact_limit
from tpgraph.limits.exact.disturbance import SEEDS, STILL, Disturbance, of_those_that_close
from tpgraph.limits.independence import backward_products
from tpgraph.limits.limits_apart import with_limits_apart
from tpgraph.limits.not_closed import NotClosed, refusal
from tpgraph.limits.regularity import Regularity
from tpgraph.limits.result import Limit
from tpgraph.limits.rules import evaluate
from tpgraph.limits.sampling.algebra import SampledAlgebra
from tpgraph.limits.sampling.bends import (
    BESIDE,
    has_roots,
    may_bend,
    widened,
    widened_by_asides,
)
from tpgraph.limits.sampling.collected import sampled_limit
from tpgraph.limits.sampling.normals import replicate_size
from tpgraph.limits.sampling.readouts import Outputs
from tpgraph.limits.sampling.spread import CENTRAL, ZEROED, Center
from tpgraph.limits.told_scales import with_told_scales
from tpgraph.limits.written_at import written_at
from tpgraph.program import Equation, Program, canonical_variable
from tpgraph.program.any_program import reads_program
from tpgraph.program.families import families_apart
from tpgraph.program.formula_text import formula_text
from tpgraph.seeds import require_seed

__all__ = ["limit"]

_LEAST_ERROR, _LARGEST_SHARE = 1e-6, 1e-3
"""Of a number for which samples are asked in place of closed forms."""
_CANCELLED = (
    f"rounding is more than {USELESS:g} times what is left where large parts cancel, or numbers are"
    " too small for a float; the same written as one function, without them, would tell"
)
_TERMS = 2
"""Terms of what vanishes that are told apart where its leading one is not enough."""
_SAMPLES_BESIDE = 2**15
"""That look at what an exact limit may have lost."""


@np.errstate(all="ignore")  # what is not finite is refused where it matters
@reads_program
def limit(
    program: Program,
    *,
    data: Mapping[str, Any] | None = None,
    engine: Engine = "auto",
    samples: int = 2**16,
    seed: int = 0,
    outputs: Outputs = None,
    assume_gia: bool = False,
) -> Limit:
    """The infinite-width limit of every vector and scalar of a program (Master Theorem).

    `data` has one sample of every data input, d numbers by source name ((T, d) for all of ξ[1..T]
    under ξ); targets may be left out, and what depends on them is then left out too. Params are at
    initialization.

    `engine` is "exact", which has closed forms and quadrature with estimated errors, "sampled",
    which is deterministic in `seed` and has error bars that shrink at least as fast as
    samples^(−1/2), or "auto", exact where every mean and variance closes.

    Readouts V x are Gaussian over initializations. With `outputs="sampled"` all are drawn once, by
    `seed`, from their joint distribution; with `outputs={"f": values}` these have the given values,
    and the others their distribution given them. What is known is a number in what follows, so that
    NTK-parametrized training (`unroll_sgd(p, steps, form="fluctuation")`) has a limit.

    With `assume_gia` the backward pass takes W to be independent of Wᵀ: its Ż are 0 without being
    looked for (gradient independence assumption). Raises TPArgumentError where the simple check of
    TP II finds that assumption false, or where there is no backward pass.

    The theorem asks for pseudo-Lipschitz functions; others give a TPWarning that names the
    instruction. Raises TPDataError for data that do not fit, and TPError, naming the instruction,
    where an expectation is no number or seems to diverge, where something grows with width, or
    where a scalar would not be deterministic.

    Source: Tensor Programs IIb (arXiv 2105.03703), Theorem B.4; TP II (arXiv 2006.14548).
    """
    given = _given(program, {} if data is None else data)
    one = {n: plain_array(n, value, float).reshape(1, -1) for n, value in given.items()}
    independent = backward_products(program) if assume_gia else ()
    check_engine(engine)
    require_seed(seed)
    replicate_size(samples)
    if engine == "exact" and outputs is not None:
        raise TPDataError(
            "readouts that are drawn once or have given values are for the sampling engine",
            mend='choose engine="sampled" (--engine sampled)',
        )
    question = _Question(one, engine, samples, seed, outputs, independent)
    asked = program
    try:
        found, regularity = _answer(program, program, question)
    except TPTypeError as error:
        asked, found, regularity = _answer_told(program, question, error)
    if found.engine == "exact":
        regularity.unknown += _cancelled(program, found)
    _warn(asked, "is outside the Master Theorem's hypotheses", regularity.faults)
    _warn(asked, "is not known", regularity.unknown)
    return found


@dataclass(frozen=True)
class _Question:
    """What is asked of a program, beside itself."""

    data: Mapping[str, Array]
    engine: Engine
    samples: int
    seed: int
    outputs: Outputs
    independent: Collection[str]


def _answer(program: Program, shown: Program, asked: _Question) -> tuple[Limit, Regularity]:
    """The limit of what is `shown` of a program, and how regular its functions are."""
    found, regularity = None, Regularity()
    poor: Collection[str] = ()
    if asked.engine != "sampled" and asked.outputs is None:
        try:
            main, found = _exact(program, shown, asked)
            regularity = main.regularity
            if main.left_to_samples:
                _require_as_sampled(program, asked.data, asked.seed, asked.independent)
            poor = _of_few_digits(found) if asked.engine == "auto" else ()
        except NotClosed as error:
            if asked.engine == "exact":
                raise refusal(error) from None
    if found is None or poor:
        try:
            evaluation, by_samples = _sampled(program, shown, asked)
        except TPError:
            if found is None:
                raise
            return found, regularity
        if found is None or any(by_samples.error(x) < found.error(x) for x in poor):
            found, regularity = by_samples, evaluation.regularity
    return found, regularity


def _answer_told(
    program: Program, asked: _Question, before: TPTypeError
) -> tuple[Program, Limit, Regularity]:
    """The limit by a program that tells how fast things vanish, and that program.

    Raises what was raised `before` where none has a limit.
    """
    for told in _told_ways(program):
        if told is not None:
            with suppress(TPTypeError):
                return told, *_answer(told, program, asked)
    raise before


def _told_ways(program: Program) -> Iterator[Program | None]:
    """Programs of the same limit that tell more and more of how things vanish."""
    apart = with_limits_apart(program)
    whole = program if apart is None else apart
    yield with_told_scales(whole)
    yield apart
    yield with_told_scales(whole, _TERMS)


def _sampled(program: Program, shown: Program, asked: _Question) -> tuple[SampledAlgebra, Limit]:
    """The limit by the sampling engine."""
    formulas = ClosedScalars(program, asked.data, asked.independent)

    def evaluated(center: Center | None = None) -> SampledAlgebra:
        found = SampledAlgebra(
            program,
            asked.data,
            asked.samples,
            asked.seed,
            outputs=asked.outputs,
            center=center,
            formulas=formulas.of if asked.outputs is None else None,
        )
        evaluate(found, asked.independent)
        return found

    main = evaluated()
    found = sampled_limit(main, shown)
    is_unsteady = main.products.is_unsteady
    if is_unsteady or may_bend(program):
        with suppress(TPError):  # as it is where central scalars have no limit
            central = sampled_limit(evaluated(CENTRAL), shown)
            found = widened(found, central)
            if is_unsteady or has_roots(program):
                beside = [sampled_limit(evaluated(center), shown) for center in BESIDE]
                found = widened_by_asides(found, central, beside)
    if is_unsteady:
        with suppress(TPError):
            found = widened(found, sampled_limit(evaluated(ZEROED), shown))
    return main, found


def _exact(program: Program, shown: Program, asked: _Question) -> tuple[ExactAlgebra, Limit]:
    """The limit by the exact engine. Raises NotClosed; sooner where samples may take over."""
    hurry = asked.engine == "auto"

    def evaluated(disturbance: Disturbance) -> ExactAlgebra:
        found = ExactAlgebra(program, asked.data, hurry, disturbance)
        evaluate(found, asked.independent)
        return found

    main = evaluated(STILL)
    beside = of_those_that_close(evaluated, map(Disturbance, SEEDS))
    return main, exact_limit(Evaluations(main, beside), shown)


def _require_as_sampled(
    program: Program, data: Mapping[str, Array], seed: int, independent: Collection[str]
) -> None:
    """Raise Escapes or Undecided where samples see it, which closed forms of the limit do not."""
    try:
        evaluate(SampledAlgebra(program, data, _SAMPLES_BESIDE, seed), independent)
    except (Escapes, Undecided):
        raise
    except TPError:
        pass  # What samples do not reach, the exact engine has.


def _of_few_digits(found: Limit) -> tuple[str, ...]:
    """Names of which cancellation leaves so few digits that samples may have more."""
    estimates = dict(found.scalar_values)
    for name, vector in found.vectors.items():
        estimates[name] = vector.var
    return tuple(
        name
        for name, one in estimates.items()
        if one.error > _LEAST_ERROR and one.error > _LARGEST_SHARE * abs(one.value)
    )


def _cancelled(program: Program, found: Limit) -> list[tuple[Equation, str]]:
    """The equations of which closed forms have no digit, with the reason."""
    names = found.vectors.keys() | found.scalar_values.keys()
    made = [e for e in program.equations if e.out.name in names]
    return [(e, _CANCELLED) for e in made if found.basis(e.out.name) == Basis.UNKNOWN]


def _warn(program: Program, what: str, faults: Iterable[tuple[Equation, str]]) -> None:
    """One TPWarning, which says `what` is so of limits, for every reason."""
    by_reason: dict[str, list[Equation]] = {}
    for equation, reason in faults:
        by_reason.setdefault(reason, []).append(equation)
    for reason, equations in by_reason.items():
        first, *more = equations
        count = f" and {len(more)} more" if more else ""
        warn(
            TPWarning(
                f"the limit of {formula_text(program, first.out)}{count} {what}: {reason}",
                written_at(program, first),
            )
        )


def _given(program: Program, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data under the names of the program. Raises TPDataError for what is no input."""
    known = _inputs(program)
    if not isinstance(data, Mapping):
        raise TPDataError(
            f"the data are given by name, not as a {type(data).__name__}",
            expected=", ".join(known) or "no data",
            mend=f"data={{{known[0]!r}: …}}" if known else None,
        )
    given = by_source_name("the data", data, canonical_variable)
    declared = [d.variable for d in (*program.data, *program.targets)]
    given = families_apart("the data", given, declared, 0)
    for name in given:
        if name not in known:
            raise TPDataError(
                f"{name} is not an input of the program",
                expected=", ".join(known) or "no data",
            )
    return given


def _inputs(program: Program) -> list[str]:
    """The data, then the targets."""
    return [d.variable.name for d in (*program.data, *program.targets)]
