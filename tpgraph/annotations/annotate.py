"""`annotate`: what a limit and a run at finite width say of every variable, for its picture."""

from __future__ import annotations

import math
import warnings
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import numpy as np

from tpgraph.annotations.densities import gaussian_density, sampled_density
from tpgraph.annotations.gaussian_limits import gaussian_vectors
from tpgraph.annotations.histograms import histogram
from tpgraph.compiler import finite_values
from tpgraph.errors import TPDataError, TPNameError, TPWarning
from tpgraph.limits import Estimate, Limit, VectorLimit
from tpgraph.limits import limit as limit_of
from tpgraph.notation import (
    QUANTITIES,
    Annotation,
    Density,
    Histogram,
    Quantity,
    QuantityKind,
)
from tpgraph.program import Program
from tpgraph.program.any_program import reads_program
from tpgraph.program.labels import default_latex, latex_name

__all__ = ["NUMBERS", "annotate"]

NUMBERS: tuple[QuantityKind, ...] = tuple(kind for kind in QUANTITIES if kind != "value")
"""The numbers that can stand beside a vector."""

_SAMPLES = 2**14
_BARS = 4.0  # error bars within which a number is 0


@reads_program
def annotate(
    program: Program,
    *,
    limit: Limit | None = None,
    widths: Mapping[str, int] | None = None,
    data: Mapping[str, Any] | None = None,
    seed: int = 0,
    dtype: str = "float64",
    numbers: Collection[str] = ("mean", "var"),
    assume_gia: bool = False,
) -> dict[str, Annotation]:
    """Annotations by variable for `draw(program, annotations=…)`.

    With `limit`, which `tpgraph.limit` gives, a vector has the density of its Z, its atoms as
    spikes: a formula where Z is Gaussian, else a kernel density of the samples of the limit, or,
    where that is exact, of 2¹⁴ samples drawn by `seed` (with `assume_gia` as for the limit). With
    `widths` the program also runs once at these widths, from `seed` in `dtype`, and a vector has a
    histogram of its coordinates in 24 bins. `data` has one sample of every data input.

    A scalar has its value at finite width, in the limit with its error, or both. `numbers` are
    those beside a vector: `mean` E Z (left out where it is 0), `var` Var Z, `hat` Var Ẑ, `dot` the
    coefficients of Ż, `size` √(E Z²).

    Raises TPDataError where neither limit nor widths are given, or data or widths do not fit,
    TPNameError for a number that there is not.
    """
    for kind in numbers:
        if kind not in NUMBERS:
            raise TPNameError(
                f"there is no number {kind!r} beside a vector", expected=", ".join(NUMBERS)
            )
    if limit is None and widths is None:
        raise TPDataError(
            "there is nothing to annotate with", expected="a limit, widths of a run, or both"
        )
    ran = {} if widths is None else _ran(program, widths, seed, data, dtype)
    densities = {} if limit is None else _densities(program, limit, data, seed, assume_gia)
    inputs = {d.variable.name for d in (*program.data, *program.targets)}
    found: dict[str, Annotation] = {}
    for name, variable in program.variables.items():
        if variable.is_matrix or name in inputs:
            continue
        finite = ran.get(name)
        quantities = tuple(_quantities(program, name, finite, limit, numbers))
        shape = finite if isinstance(finite, Histogram) else None
        if quantities or shape is not None or name in densities:
            found[name] = Annotation(shape, densities.get(name), quantities)
    return found


def _ran(
    program: Program,
    widths: Mapping[str, int],
    seed: int,
    data: Mapping[str, Any] | None,
    dtype: str,
) -> dict[str, Histogram | float]:
    """Of one run: the histogram of what is wide, the value of what is one number."""
    found: dict[str, Histogram | float] = {}
    for name, values in finite_values(program, widths, seed, data, dtype):
        if not np.isfinite(values).all():
            continue
        if program.variables[name].is_wide:
            found[name] = histogram(values)
        elif len(values) == 1:
            found[name] = float(values[0])
    return found


def _densities(
    program: Program,
    limit: Limit,
    data: Mapping[str, Any] | None,
    seed: int,
    assume_gia: bool,
) -> dict[str, Density]:
    """The law of every Z."""
    gaussian = gaussian_vectors(program, limit)
    found = {
        name: gaussian_density(limit.mean(name), limit.var(name))
        for name in limit.vectors
        if name in gaussian
    }
    others = [name for name in limit.vectors if name not in gaussian]
    if others and limit.engine != "sampled":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", TPWarning)  # the limit itself gave them
            limit = limit_of(
                program,
                data=data,
                engine="sampled",
                samples=_SAMPLES,
                seed=seed,
                assume_gia=assume_gia,
            )
    drawn = {name: limit.vectors[name] for name in others if name in limit.vectors}
    densities = {name: sampled_density(vector) for name, vector in drawn.items()}
    return found | {name: density for name, density in densities.items() if density is not None}


def _quantities(
    program: Program,
    name: str,
    finite: Histogram | float | None,
    limit: Limit | None,
    numbers: Collection[str],
) -> Iterator[Quantity]:
    """The numbers beside a mark, in the order of their kinds."""
    scalar = None if limit is None else limit.scalar_values.get(name)
    if isinstance(finite, float) or scalar is not None:
        value = finite if isinstance(finite, float) else None
        expected = (None, 0.0) if scalar is None else (scalar.value, scalar.error)
        yield Quantity("value", value, *expected)
    shape = finite if isinstance(finite, Histogram) else None
    vector = None if limit is None else limit.vectors.get(name)
    for kind in (kind for kind in NUMBERS if kind in numbers):
        if kind == "dot":
            yield from () if vector is None else _coefficients(program, vector)
        elif kind != "mean" or not _is_centred(shape, vector):
            quantity = _quantity(kind, shape, vector)
            if quantity is not None:
                yield quantity


def _is_centred(shape: Histogram | None, vector: VectorLimit | None) -> bool:
    """Whether a mean is 0 but for chance."""
    if vector is not None:
        return abs(vector.mean.value) <= _BARS * vector.mean.error
    return shape is None or shape.mean**2 <= _BARS**2 * shape.var / sum(shape.counts)


def _quantity(
    kind: QuantityKind, shape: Histogram | None, vector: VectorLimit | None
) -> Quantity | None:
    """One number of a vector, from its histogram and its limit."""
    finite, expected = _finite(kind, shape), _expected(kind, vector)
    if finite is None and expected is None:
        return None
    limit, error = (None, 0.0) if expected is None else (expected.value, expected.error)
    return Quantity(kind, finite, limit, error)


def _finite(kind: QuantityKind, shape: Histogram | None) -> float | None:
    if shape is None:
        return None
    size = math.sqrt(shape.mean**2 + shape.var)
    return {"mean": shape.mean, "var": shape.var, "size": size}.get(kind)


def _expected(kind: QuantityKind, vector: VectorLimit | None) -> Estimate | None:
    if vector is None:
        return None
    mean, var = vector.mean, vector.var
    size = math.sqrt(mean.value**2 + var.value)
    error = (abs(mean.value) * mean.error + var.error / 2) / size if size else 0.0
    found = {"mean": mean, "var": var, "hat": vector.hat_var, "size": Estimate(size, error)}
    return found.get(kind)


def _coefficients(program: Program, vector: VectorLimit) -> Iterator[Quantity]:
    """The coefficients of Ż that are not 0, with the labels of their vectors."""
    for name, found in vector.dot.items():
        if abs(found.value) > _BARS * found.error:
            label = program.labels.get(name) or latex_name(program, program.variables[name])
            label = label or default_latex(name)
            yield Quantity("dot", None, found.value, found.error, label)
