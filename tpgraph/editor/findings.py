"""What a run and the limit say of a program, as the session tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tpgraph.notation.scene.annotation import Annotation

__all__ = ["Findings"]


@dataclass(frozen=True)
class Findings:
    """Annotations by variable, and what is to be said of how they came about."""

    annotations: Mapping[str, Annotation]
    warnings: tuple[str, ...]

    @property
    def scalars(self) -> dict[str, dict[str, float | None]]:
        """Every number with its value at finite width, its limit and the error of that."""
        return {
            name: {"finite": q.finite, "limit": q.limit, "error": q.error}
            for name, found in self.annotations.items()
            for q in found.quantities
            if q.kind == "value"
        }
