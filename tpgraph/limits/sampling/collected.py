"""The facts of a sampled evaluation on one input, over replicates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from tpgraph.limits.estimates import USELESS, Basis, Estimate, VectorLimit, estimate
from tpgraph.limits.result import Limit
from tpgraph.limits.sampling.algebra import SampledAlgebra
from tpgraph.limits.sampling.normals import REPLICATES, Array
from tpgraph.program import Program, Variable
from tpgraph.progress import counted

__all__ = ["sampled_limit"]

_ROUNDING = 1e-12


def sampled_limit(found: SampledAlgebra, program: Program) -> Limit:
    """The limit of a program by an evaluation that has run."""
    bases = found.bases_with_inputs()
    vectors: dict[str, VectorLimit] = {}
    inputs = {d.variable.name for d in (*program.data, *program.targets)}
    for name, variable in counted("vectors", tuple(program.variables.items())):
        samples = _samples(found, variable)
        if samples is not None and name not in inputs:
            vectors[name] = _vector(found, variable, samples, _basis(bases, name))
    scalars = {
        name: estimate(value[:, 0, 0], _basis(bases, name)) for name, value in found.scalars.items()
    }
    order = [name for name in program.variables if name in scalars]
    return Limit(
        program=program,
        engine="sampled",
        samples=found.normals.size * REPLICATES,
        scalar_values={name: scalars[name] for name in order},
        vectors=vectors,
        joint=partial(_covariance, vectors),
    )


def _samples(found: SampledAlgebra, variable: Variable) -> Array | None:
    """Samples (replicates, entries, S) of a vector, or of a scalar that is random."""
    if variable.name in found.trace.samples:
        return found.trace.samples[variable.name]
    output = found.outputs.get(variable.name)
    return output.values[:, 0] if output is not None and output.power == 0 else None


def _basis(bases: Mapping[str, Basis], name: str) -> Basis:
    return max(Basis.SAMPLES, bases.get(name, Basis.SAMPLES))


def _vector(found: SampledAlgebra, variable: Variable, samples: Array, basis: Basis) -> VectorLimit:
    name, products = variable.name, found.products
    mean = samples.mean(axis=2).mean(axis=1)
    variance = samples.var(axis=2).mean(axis=1)
    mean, variance = _with_rare(found, variable, mean, variance)
    hat = products.hats[name][:, 0, 0] if name in products.hats else None
    if name in found.variances:
        hat = np.full(REPLICATES, found.variances[name])
    is_free = name in found.outputs and found.outputs[name].is_random and not found.is_conditioned
    if is_free and name in products.hat_covariances and hat is not None:
        mean, variance = np.zeros_like(mean), hat
    covariances = products.hat_covariances.get(name, {})
    spread = estimate(variance, basis)
    if spread.error > USELESS * spread.value + _ROUNDING:
        spread = replace(spread, basis=Basis.UNKNOWN)
    return VectorLimit(
        dimension=variable.dim if variable.is_vector else None,
        values=samples.mean(axis=(0, 2)),
        mean=estimate(mean, basis),
        var=spread,
        hat_var=None if hat is None else estimate(hat),
        hat_covariances={y: estimate(c[:, 0, 0]) for y, c in covariances.items()},
        dot={y: estimate(c[:, 0]) for y, c in products.dots.get(name, {}).items()},
        samples=samples,
    )


def _with_rare(
    found: SampledAlgebra, variable: Variable, mean: Array, variance: Array
) -> tuple[Array, Array]:
    """E Z and Var Z of what a Nonlin makes, with what samples did not see of it."""
    reach = found.regularity.of(variable)
    first, second = (found.rare.of_power(variable.name, k, reach) for k in (1, 2))
    if first is None and second is None:
        return mean, variance
    square = found.rare.told((variance + mean**2)[:, None], second)[:, 0]
    mean = found.rare.told(mean[:, None], first)[:, 0]
    return mean, square - mean**2


def _covariance(vectors: Mapping[str, VectorLimit], a: str, b: str) -> Estimate:
    centred = []
    for samples in (vectors[a].samples, vectors[b].samples):
        assert samples is not None, "sampled"
        centred.append(samples - samples.mean(axis=2, keepdims=True))
    return estimate(np.mean(centred[0] * centred[1], axis=(1, 2)))
