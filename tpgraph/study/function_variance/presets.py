"""Presets of the study of trained functions: the paper's figures, and trainings beside theory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from tpgraph.errors import TPDataError
from tpgraph.study.drift.presets import drift_program
from tpgraph.study.function_variance.study import VarianceGrid

__all__ = ["PHASES", "VariancePreset", "variance_preset"]

PHASES: Mapping[str, tuple[tuple[float, float], ...]] = MappingProxyType(
    {
        "erf": ((1.0, 1.0), (2.8, 1.0), (4.0, 1.0)),
        "relu": ((1.0, 1.0), (2.0, 1.0), (3.0, 1.0)),
        "tanh": ((1.0, 1.0), (3.4, 1.0), (5.0, 1.0)),
    }
)
"""(σ_w², σ_b²) in the ordered phase, at the border and in the chaotic phase; of other functions, as
of tanh."""


@dataclass(frozen=True)
class VariancePreset:
    """`curves` is kappa_2 or ratio for a figure of theory alone, None for trained networks."""

    functions: tuple[str, ...]
    curves: str | None = None
    depth: int = 49
    correlations: tuple[float, ...] = tuple(round(0.1 * c, 1) for c in range(9))

    def phases(self) -> tuple[tuple[tuple[float, float], ...], ...]:
        """The phases of every function."""
        return tuple(PHASES.get(name, PHASES["tanh"]) for name in self.functions)

    def grid(self, quick: bool = False, **options: Any) -> VarianceGrid:
        """Trainings in the phases of the first function; `options` are fields of VarianceGrid.

        `quick` has small networks and few initializations, in less than a minute.
        """
        program = options.pop("program", None) or drift_program(self.functions[0], "(f - y)^2 / 2")
        grid = VarianceGrid(program, (64, 256), (2, 3, 5, 8), self.phases()[0])
        if quick:
            grid = replace(grid, widths=(64,), depths=(2, 5), inits=10, steps=400, dtype="float32")
        return replace(grid, **options)


_PRESETS: Mapping[str, VariancePreset] = MappingProxyType(
    {
        "fig5": VariancePreset(("erf", "relu"), "kappa_2"),
        "fig6": VariancePreset(("erf", "relu"), "ratio"),
        "trained": VariancePreset(("erf",)),
    }
)


def variance_preset(name: str) -> VariancePreset:
    """The preset fig5, fig6 or trained. Raises TPDataError for another name."""
    if name not in _PRESETS:
        raise TPDataError(f"there is no preset {name}", expected=", ".join(_PRESETS))
    return _PRESETS[name]
