"""What a study of the NTK's dispersion is of: the grid, the inputs, the initializations."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from types import MappingProxyType
from typing import Any

from tpgraph.bounds import require_networks
from tpgraph.errors import TPDataError
from tpgraph.study.activations import activation
from tpgraph.study.dispersion.deep_kernel import Point
from tpgraph.study.network import NAMES, Constants, Names

__all__ = ["PRESETS", "DispersionSettings", "dispersion_settings", "grid", "program_settings"]


@dataclass(frozen=True)
class DispersionSettings:
    """Fully connected networks, or a program's, at initialization.

    `widths` M; `depths` L in weight layers; `points` (activation, σ_w², σ_b²); `inits`
    initializations of each. The inputs: ξ_0 and one ξ_j for each of `inner`, with
    ξ_0·ξ_j/M₀ = c_j q₀ and ξ_j·ξ_j/M₀ = q₀ = `input_norm`; M₀ = `input_dim` is M where None.
    `dtype` is that of the backward products.

    `program` is the text of a .tp program to study in place of the fully connected network;
    `names` are those of its constants that the grid sets to L, σ_w² and σ_b², "" for an axis that
    it does not have, and `constants` has values of others. The activation of a point is put in the
    place of its φ, "" for its own.
    """

    widths: tuple[int, ...]
    depths: tuple[int, ...]
    points: tuple[Point, ...]
    inits: int
    inner: tuple[float, ...] = ()
    input_norm: float = 1.0
    input_dim: int | None = None
    dtype: str = "float32"
    seed: int = 0
    program: str | None = None
    names: Names = ("", "", "")
    constants: Constants = ()

    def __post_init__(self) -> None:
        for name, values, least in (("width", self.widths, 1), ("depth", self.depths, 1)):
            if not values or min(values) < least or len(set(values)) != len(values):
                raise TPDataError(f"{name}s {values} are not distinct positive whole numbers")
        if not self.points:
            raise TPDataError("there is no point (activation, σ_w², σ_b²) to study")
        for name, sigma_w2, sigma_b2 in self.points:
            if self.program is None:
                activation(name)
            if not (0 <= sigma_w2 < math.inf and 0 <= sigma_b2 < math.inf):
                raise TPDataError(f"variances σ_w² = {sigma_w2}, σ_b² = {sigma_b2} are none")
        if self.inits < 1 or self.seed < 0:
            raise TPDataError("there is at least one initialization, and no negative seed")
        if not 0 <= self.input_norm < math.inf:
            raise TPDataError(f"input_norm is {self.input_norm}", expected="a finite number ≥ 0")
        if far := [c for c in self.inner if not abs(c) <= 1]:
            raise TPDataError(
                f"an inner product over that of the first input is {far[0]:g}",
                expected="numbers from -1 to 1",
            )
        if self.input_dim is not None and self.input_dim < 1 + len(self.inner):
            raise TPDataError(
                f"{1 + len(self.inner)} inputs need as many dimensions, not {self.input_dim}"
            )
        if self.dtype not in ("float32", "float64"):
            raise TPDataError(f"dtype {self.dtype} is unknown", expected="float32 or float64")

    @property
    def correlations(self) -> tuple[float, ...]:
        """The inner products of ξ_0 with every input, over its own: 1 and `inner`."""
        return (1.0, *self.inner)

    @property
    def gram(self) -> tuple[tuple[float, ...], ...]:
        """ξ_i·ξ_j/M₀: what ξ_0 leaves of two others is orthogonal."""
        c = self.correlations
        return tuple(
            tuple(
                self.input_norm * (1.0 if i == j else c[i] * c[j]) for j in range(len(c))
            )
            for i in range(len(c))
        )  # fmt: skip


def grid(
    activations: Sequence[str], sigma_w2: Sequence[float], sigma_b2: Sequence[float]
) -> tuple[Point, ...]:
    """Every combination, activation by activation, then σ_b² by σ_b². Raises TPLimitError."""
    require_networks(len(activations), len(sigma_w2), len(sigma_b2))
    return tuple(
        (name, float(w), float(b)) for name, b, w in product(activations, sigma_b2, sigma_w2)
    )


def _spaced(first: float, last: float, count: int) -> tuple[float, ...]:
    return tuple(first + (last - first) * i / (count - 1) for i in range(count))


_BOTH = ("tanh", "relu")
_RELU = (("relu", 1.0, 1.0), ("relu", 1.5, 1.0), ("relu", 2.0, 0.0), ("relu", 3.0, 1.0))
_PHASES = (
    *(("relu", w, 1.0) for w in (1.0, 2.0, 3.0)),
    *(("tanh", w, 1.0) for w in (2.0, 3.4, 5.0)),
)

PRESETS: Mapping[str, DispersionSettings] = MappingProxyType(
    {
        "fig1": DispersionSettings(
            (50, 100, 200, 500), tuple(range(1, 101)), grid(_BOTH, _spaced(0, 5, 50), [1.0]), 200
        ),
        "fig2": DispersionSettings(
            (64, 128, 256, 512, 1024), tuple(range(1, 101)), _RELU, 200
        ),
        "fig7": DispersionSettings(
            (100,), tuple(range(1, 101)), grid(_BOTH, _spaced(0, 5, 50), [0.1, 0.5, 1.0]), 200
        ),
        "sequel": DispersionSettings(
            (100,), tuple(range(1, 50)), _PHASES, 500, inner=(0.9, 0.5, 0.0)
        ),
    }
)  # fmt: skip
"""The grids of the figures of Seleznova & Kutyniok (2012.04477), and the sequel's (2202.00553)."""

_QUICK: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "fig1": {
            "widths": (50, 100),
            "depths": tuple(range(1, 51)),
            "points": grid(_BOTH, _spaced(0, 5, 21), [1.0]),
            "inits": 40,
        },
        "fig2": {"widths": (64, 128, 256), "depths": tuple(range(1, 65)), "inits": 60},
        "fig7": {
            "depths": tuple(range(1, 51)),
            "points": grid(_BOTH, _spaced(0, 5, 21), [0.1, 0.5, 1.0]),
            "inits": 30,
        },
        "sequel": {"inits": 60},
    }
)


def dispersion_settings(
    preset: str = "fig1",
    quick: bool = False,
    *,
    activations: Sequence[str] | None = None,
    sigma_w2: Sequence[float] | None = None,
    sigma_b2: Sequence[float] | None = None,
    at: Sequence[tuple[float, float]] | None = None,
    **changes: Any,
) -> DispersionSettings:
    """The settings of a preset (fig1, fig2, fig7, sequel), smaller with `quick`, and changed.

    `activations`, `sigma_w2` and `sigma_b2` make a grid, with the preset's values for what is not
    given; `at` has points (σ_w², σ_b²) instead. `changes` are fields of `DispersionSettings`.

    >>> dispersion_settings("fig2", inits=10).widths
    (64, 128, 256, 512, 1024)
    >>> dispersion_settings("fig2", activations=["erf"], at=[(2, 0.1)]).points
    (('erf', 2.0, 0.1),)

    Raises TPDataError for an unknown preset and for settings that make no sense.
    """
    if preset not in PRESETS:
        raise TPDataError(f"there is no preset {preset}", expected=", ".join(PRESETS))
    base = replace(PRESETS[preset], **(_QUICK[preset] if quick else {}))
    points = _points(base.points, activations, sigma_w2, sigma_b2, at)
    return replace(base, **{"points": points, **changes})


def _points(
    base: tuple[Point, ...],
    activations: Sequence[str] | None,
    sigma_w2: Sequence[float] | None,
    sigma_b2: Sequence[float] | None,
    at: Sequence[tuple[float, float]] | None,
) -> tuple[Point, ...]:
    names, weights, biases = (tuple(dict.fromkeys(axis)) for axis in zip(*base, strict=True))
    chosen = tuple(activations or names)
    if at is not None:
        if sigma_w2 is not None or sigma_b2 is not None:
            raise TPDataError("points and a grid of variances cannot both be chosen")
        return tuple((name, float(w), float(b)) for name in chosen for w, b in at)
    if sigma_w2 is not None or sigma_b2 is not None:
        return grid(
            chosen,
            weights if sigma_w2 is None else sigma_w2,
            biases if sigma_b2 is None else sigma_b2,
        )
    if activations is not None:
        pairs = dict.fromkeys(point[1:] for point in base)
        return tuple((name, *pair) for name in chosen for pair in pairs)
    return base


def program_settings(
    program: str,
    *,
    widths: Sequence[int] = (64, 128, 256),
    depths: Sequence[int] | None = None,
    activations: Sequence[str] | None = None,
    sigma_w2: Sequence[float] | None = None,
    sigma_b2: Sequence[float] | None = None,
    names: Names = NAMES,
    inits: int = 100,
    **changes: Any,
) -> DispersionSettings:
    """The settings of a study of any network written in the language.

    All of its base widths are M. `depths`, `sigma_w2` and `sigma_b2`, where given, are set as the
    constants `names` of the program, `activations` as its φ; `constants` has values of others.
    Raises TPDataError for settings that make no sense; the program is read when the study begins.

    >>> program_settings("…", sigma_w2=[1, 2]).names
    ('', 'σ_w2', '')
    """
    given = (depths, sigma_w2, sigma_b2)
    weights, biases = (values if values is not None else (0.0,) for values in given[1:])
    return DispersionSettings(
        widths=tuple(widths),
        depths=tuple(depths) if depths is not None else (1,),
        points=grid(activations or [""], weights, biases),
        inits=inits,
        program=program,
        names=tuple(  # type: ignore[arg-type]
            name if values is not None else "" for name, values in zip(names, given, strict=True)
        ),
        **{"dtype": "float64", **changes},
    )
