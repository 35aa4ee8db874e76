"""One task of the dispersion study. Apart from the study, so that workers load no matplotlib."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tpgraph.seeds import seed_sequence
from tpgraph.study.dispersion.deep_kernel import Point, deep_ntk, draw_normals

__all__ = ["STUDY", "VERSION", "DeepTask", "measure"]

STUDY, VERSION = "dispersion", 1
"""Part of every key: results of another version are kept apart."""


@dataclass(frozen=True)
class DeepTask:
    """One initialization of one width, at every point and depth.

    Its normals are those of seed, width and init alone: points share them, and a deeper network
    begins with a shallower one.
    """

    width: int
    depth: int
    points: tuple[Point, ...]
    gram: tuple[tuple[float, ...], ...]
    input_dim: int | None
    dtype: str
    seed: int
    init: int


def measure(task: DeepTask) -> dict[str, npt.ArrayLike]:
    """`log` and `sign` of Θ_L(ξ_0, ξ_j): (points, depths 1…L, inputs).

    The first initialization in float32 has `float64_difference` too: the largest relative
    difference of Θ_L(ξ_0, ξ_0) from float64 products, over every tenth point and all depths.
    """
    seeds = seed_sequence(task.seed, STUDY, task.width, task.init)
    normals = draw_normals(seeds, task.width, task.depth, len(task.gram))
    found = deep_ntk(normals, task.points, task.gram, task.input_dim, task.dtype)
    result: dict[str, npt.ArrayLike] = {
        "log": found.log[:, :, 0],
        "sign": found.sign[:, :, 0].astype(np.int8),
    }
    if task.init == 0 and task.dtype == "float32":
        sample = task.points[::10]
        double = deep_ntk(normals, sample, task.gram, task.input_dim, "float64")
        apart = np.expm1(found.log[::10, :, 0, 0] - double.log[:, :, 0, 0])
        result["float64_difference"] = np.abs(apart).max()
    return result
