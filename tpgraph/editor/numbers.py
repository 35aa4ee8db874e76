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
from tpgraph.limits import Limit, limit
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.program import Program
from tpgraph.progress import counted
from tpgraph.training.synthetic import synthetic_data

__all__ = ["numbers_at", "numbers_of"]


def numbers_of(program: Program, width: int | None, seed: int, with_limit: bool) -> Findings:
    """A run at base widths `width`, the limit, or both. Raises TPError where a run is refused."""
    return numbers_at(program, (width,), seed, with_limit)[0]


def numbers_at(
    program: Program, widths: Sequence[int | None], seed: int, with_limit: bool
) -> list[Findings]:
    """The same at each of some widths, under one limit."""
    said: list[str] = []
    sample = synthetic_data(program, 1).row(0) if program.data else None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TPWarning)
        found = _limit(program, sample, said) if with_limit else None
        each = [
            _annotated(program, found, width, sample, seed) for width in counted("widths", widths)
        ]
    said += [str(w.message.message) for w in caught if isinstance(w.message, TPWarning)]
    return [Findings(annotations, tuple(dict.fromkeys(said))) for annotations in each]


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
