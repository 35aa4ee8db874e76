"""The dispersion study of any program: empirical kernels by Gram products, one network a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.bounds import require_networks
from tpgraph.compiler import Module, compile
from tpgraph.errors import TPDataError, TPTypeError
from tpgraph.kernels.empirical import Finite, finite
from tpgraph.kernels.inputs import Inputs
from tpgraph.language import parse
from tpgraph.seeds import seed_sequence
from tpgraph.study.network import Constants, constants_at, require_names, with_function
from tpgraph.study.sweep import Sweep

if TYPE_CHECKING:
    from tpgraph.study.dispersion.settings import DispersionSettings

__all__ = ["ProgramTask", "measure_program", "program_inputs", "program_sweep"]

Array: TypeAlias = npt.NDArray[np.float64]

_WITHOUT = "leave out what the program has no constant for: --depths, --sigma-w2 or --sigma-b2"
"""The mend of an axis that a program has not."""


@dataclass(frozen=True)
class ProgramTask:
    """One initialization of a program with these constants, all its base widths of size `width`."""

    text: str
    constants: Constants
    width: int
    gram: tuple[tuple[float, ...], ...]
    dtype: str
    seed: int
    init: int


def program_sweep(settings: DispersionSettings, study: str, version: int) -> Sweep:
    """A task for each init, width, point and depth. Raises a TPError for what is no network.

    Initializations come in blocks of 1, 1, 2, 4, 8 …, a point at a time in each: the whole grid is
    there early, and a worker compiles a program once a block and not once an initialization.
    """
    assert settings.program is not None
    require_names(settings.program, settings.names, _WITHOUT)
    require_networks(*map(len, (settings.points, settings.depths, settings.widths)), settings.inits)
    tasks = tuple(
        ProgramTask(
            with_function(settings.program, activation) if activation else settings.program,
            constants_at(settings.names, (depth, sigma_w2, sigma_b2), settings.constants),
            width,
            settings.gram,
            settings.dtype,
            settings.seed,
            init,
        )
        for block in _blocks(settings.inits)
        for activation, sigma_w2, sigma_b2 in settings.points
        for depth in settings.depths
        for init in block
        for width in settings.widths
    )
    _ready(tasks[0].text, tasks[0].constants, tasks[0].dtype)
    return Sweep(study, version, measure_program, tasks)


def _blocks(count: int) -> Iterator[range]:
    """`range(count)` in parts of 1, 1, 2, 4, 8 …"""
    start, stop = 0, 1
    while start < count:
        yield range(start, min(stop, count))
        start, stop = stop, 2 * stop


def measure_program(task: ProgramTask) -> dict[str, npt.ArrayLike]:
    """`log` and `sign` of K(ξ_0, ξ_j) of the first output component, (inputs,).

    Initial values are those of seed, width and init: points of the grid share what is random.
    """
    module, kernels = _ready(task.text, task.constants, task.dtype)
    seeds = seed_sequence(task.seed, "program", task.width, task.init)
    widths = {width.name: task.width for width in module.program.base_widths}
    params = module.init(widths, seeds)  # type: ignore[arg-type]
    inputs = program_inputs(module, np.asarray(task.gram), task.seed)
    ntk = kernels.measured(params, inputs).ntk
    assert ntk is not None
    row = ntk[0, 0, :, 0] if ntk.ndim == 4 else ntk[0]
    with np.errstate(divide="ignore"):
        return {"log": np.log(np.abs(row)), "sign": np.sign(row).astype(np.int8)}


def program_inputs(module: Module, gram: Array, seed: int) -> Inputs:
    """N inputs with these inner products per dimension, in random orthonormal directions.

    The data of a program count as one input side by side. Raises TPDataError where it has fewer
    dimensions than there are inputs.
    """
    dimensions = sum(int(d.variable.dim.size({})) for d in module.program.data)
    if dimensions < len(gram):
        raise TPDataError(
            f"the program has inputs of {dimensions} dimensions",
            expected=f"at least {len(gram)}, for so many inputs with given inner products",
        )
    values, vectors = np.linalg.eigh(gram)
    rng = np.random.default_rng(seed_sequence(seed, "inputs", dimensions))
    frame, _ = np.linalg.qr(rng.standard_normal((dimensions, len(gram))))
    array: Array = np.sqrt(dimensions) * (vectors * np.sqrt(values.clip(0))) @ frame.T
    return array


@lru_cache(maxsize=64)
def _ready(text: str, constants: Constants, dtype: str) -> tuple[Module, Finite]:
    """The network with these constants, compiled, and its kernels."""
    chosen: Mapping[str, float] = dict(constants)
    program = parse(text, "program", chosen or None)
    if not program.base_widths:
        raise TPTypeError("the program has no width that could be small or large")
    return compile(program, dtype), finite(program, "ntk", dtype)
