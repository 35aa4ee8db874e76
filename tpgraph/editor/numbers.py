"""What a run and the limit say of the text's program, as annotations of its picture.

Networks are run on one made-up sample, the same at every width. Where a program has no limit, the
histograms are shown alone, and the reason is said.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from tpgraph.annotations import annotate
from tpgraph.editor.findings import Findings
from tpgraph.errors import TPError, TPWarning
from tpgraph.limits import Estimate, Limit, limit
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.program import Program
from tpgraph.progress import counted
from tpgraph.training.synthetic import synthetic_data

__all__ = ["limits_of", "numbers_at", "numbers_of"]


def limits_of(program: Program) -> dict[str, str]:
    """What the limit says of every variable, in words: the number that a scalar tends to, mean and
    variance of a vector's Z. Of a program without a limit nothing.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TPWarning)
        found = _limit(program, _sample(program), [])
    if found is None:
        return {}
    vectors = {
        name: f"mean {_short(one.mean)}, variance {_short(one.var)}"
        for name, one in found.vectors.items()
    }
    return vectors | {name: _short(one) for name, one in found.scalar_values.items()}


def _short(number: Estimate) -> str:
    """`0.333 ± 0.002`; what is 0 but for rounding is 0."""
    if abs(number.value) <= number.error:
        return "0" if number.error < _ROUNDING else f"0 ± {number.error:.1g}"
    error = f" ± {number.error:.1g}" if number.error > _ROUNDING * abs(number.value) else ""
    return f"{number.value:.3g}{error}"


_ROUNDING = 1e-6
"""Relative errors below are those of sums, which are not said."""


def numbers_of(program: Program, width: int | None, seed: int, with_limit: bool) -> Findings:
    """A run at base widths `width`, the limit, or both. Raises TPError where a run is refused."""
    return numbers_at(program, (width,), seed, with_limit)[0]


def numbers_at(
    program: Program, widths: Sequence[int | None], seed: int, with_limit: bool
) -> list[Findings]:
    """The same at each of some widths, under one limit."""
    said: list[str] = []
    sample = _sample(program)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TPWarning)
        found = _limit(program, sample, said) if with_limit else None
        each = [
            _annotated(program, found, width, sample, seed) for width in counted("widths", widths)
        ]
    said += [str(w.message.message) for w in caught if isinstance(w.message, TPWarning)]
    return [Findings(annotations, tuple(dict.fromkeys(said))) for annotations in each]


def _sample(program: Program) -> Mapping[str, Any] | None:
    return synthetic_data(program, 1).row(0) if program.data else None


def _annotated(
    program: Program,
    found: Limit | None,
    width: int | None,
    sample: Mapping[str, Any] | None,
    seed: int,
) -> Mapping[str, Annotation]:
    if found is None and width is None:
        return {}
    widths = None if width is None else {w.name: width for w in program.base_widths}
    return annotate(program, limit=found, widths=widths, data=sample, seed=seed, numbers=())


def _limit(program: Program, sample: Mapping[str, Any] | None, said: list[str]) -> Limit | None:
    """The limit; None where there is none, and why is said."""
    try:
        return limit(program, data=sample)
    except TPError as error:
        said.append(f"no limit: {error.message}")
        return None
