"""`limit`: a program in, its infinite-width limit out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from tpgraph.errors import TPDataError, TPWarning
from tpgraph.limits.estimates import VectorLimit
from tpgraph.limits.independence import backward_products
from tpgraph.limits.regularity import Regularity
from tpgraph.limits.result import Limit, canonical
from tpgraph.limits.sampling.evaluation import Evaluation
from tpgraph.limits.sampling.normals import REPLICATES, Array
from tpgraph.limits.sampling.readouts import Outputs
from tpgraph.program import Equation, Program, Variable

__all__ = ["limit"]


def limit(
    program: Program,
    *,
    data: Mapping[str, Any] | None = None,
    samples: int = 2**16,
    seed: int = 0,
    outputs: Outputs = None,
    assume_gia: bool = False,
) -> Limit:
    """The infinite-width limit of every vector and scalar of a program (Master Theorem).

    `data` has one sample of every data input, d numbers by source name; targets may be left out,
    and what depends on them is then left out too. Params are at initialization. The result is
    deterministic in `seed`; its error bars shrink at least as fast as samples^(−1/2).

    Readouts V x are Gaussian over initializations. With `outputs="sampled"` all are drawn once, by
    `seed`, from their joint distribution; with `outputs={"f": values}` these have the given values,
    and the others their distribution given them. What is known is a number in what follows, so that
    NTK-parametrized training (`unroll_sgd(p, steps, form="fluctuation")`) has a limit.

    With `assume_gia` the backward pass takes W to be independent of Wᵀ: its Ż are 0 without being
    looked for (gradient independence assumption). Raises TPTypeError where the simple check of TP
    II finds that assumption false, or where there is no backward pass.

    The theorem asks for pseudo-Lipschitz functions; others give a TPWarning that names the
    instruction. Raises TPDataError for data that do not fit, and TPError, naming the instruction,
    where an expectation is no number or seems to diverge, where something grows with width, or
    where a scalar would not be deterministic.

    Source: Tensor Programs IIb (arXiv 2105.03703), Theorem B.4; TP II (arXiv 2006.14548).
    """
    given = _given(program, data or {})
    one = {name: np.asarray(value, dtype=float).reshape(1, -1) for name, value in given.items()}
    independent = backward_products(program) if assume_gia else ()
    found = Evaluation(program, one, samples, seed, outputs=outputs, independent=independent)
    found.run()
    _warn(found.regularity)
    return _collected(program, found)


def _warn(regularity: Regularity) -> None:
    """One TPWarning for every way in which functions leave the theorem's hypotheses."""
    by_reason: dict[str, list[Equation]] = {}
    for equation, reason in regularity.faults:
        by_reason.setdefault(reason, []).append(equation)
    for reason, equations in by_reason.items():
        first, *more = equations
        count = f" and {len(more)} more" if more else ""
        warnings.warn(
            TPWarning(
                f"the limit of {first.out}{count} is outside the Master Theorem's hypotheses:"
                f" {reason}",
                first.span,
            ),
            stacklevel=3,
        )


def _given(program: Program, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data under the names of the program. Raises TPDataError for what is no input."""
    known = _inputs(program)
    given = {canonical(name): value for name, value in data.items()}
    for name in given:
        if name not in known:
            raise TPDataError(
                f"{name} is not an input of the program",
                expected=", ".join(sorted(known)) or "no data",
            )
    return given


def _inputs(program: Program) -> set[str]:
    data = {d.variable.name for d in program.data}
    return data | {d.variable.name for d in program.targets}


def _collected(program: Program, found: Evaluation) -> Limit:
    """The facts of an evaluation on one input, over replicates."""
    vectors: dict[str, VectorLimit] = {}
    inputs = _inputs(program)
    for name, variable in program.variables.items():
        samples = _samples(found, variable)
        if samples is not None and name not in inputs:
            vectors[name] = _vector(found, variable, samples)
    scalars = {name: value[:, 0, 0] for name, value in found.scalars.items()}
    order = [name for name in program.variables if name in scalars]
    return Limit(
        program=program,
        samples=found.normals.size * REPLICATES,
        scalar_values={name: scalars[name] for name in order},
        vectors=vectors,
    )


def _samples(found: Evaluation, variable: Variable) -> Array | None:
    """Samples (replicates, entries, S) of a vector, or of a scalar that is random."""
    if variable.name in found.trace.samples:
        return found.trace.samples[variable.name]
    output = found.outputs.get(variable.name)
    return output.values[:, 0] if output is not None and output.power == 0 else None


def _vector(found: Evaluation, variable: Variable, samples: Array) -> VectorLimit:
    name, products = variable.name, found.products
    mean = samples.mean(axis=2).mean(axis=1)
    variance = samples.var(axis=2).mean(axis=1)
    hat = products.hats[name][:, 0, 0] if name in products.hats else None
    if name in found.variances:
        hat = np.full(REPLICATES, found.variances[name])
    is_free = name in found.outputs and found.outputs[name].is_random and not found.is_conditioned
    if is_free and name in products.hat_covariances and hat is not None:
        mean, variance = np.zeros_like(mean), hat
    covariances = products.hat_covariances.get(name, {})
    return VectorLimit(
        dimension=variable.dim if variable.is_vector else None,
        samples=samples,
        means=mean,
        variances=variance,
        hat_variances=hat,
        hat_covariances={y: c[:, 0, 0] for y, c in covariances.items()},
        dots={y: c[:, 0] for y, c in products.dots.get(name, {}).items()},
    )
