"""Full-batch gradient descent with early stopping, snapshots of the NTK, and exact resumption.

    w_{t+1} = w_t − η ∂(mean loss)/∂w,   drift(t) = ‖Θ_t − Θ_0‖_F / ‖Θ_0‖_F

Training stops where the loss has not fallen by `tolerance` below the last level that counted, for
`patience` steps. Θ is over samples and output components; Θ_0 is computed again on resuming, from
the same seed to the same bits, instead of being kept.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import Damage, read_arrays, write_arrays
from tpgraph.compiler import Params
from tpgraph.errors import TPError
from tpgraph.files import write_bytes
from tpgraph.seals import open_bytes, seal_bytes
from tpgraph.study.damaged import put_aside
from tpgraph.study.network import Network

__all__ = ["FinishedDescent", "Schedule", "State", "check_state", "descend", "relative_change"]

Array: TypeAlias = npt.NDArray[np.floating]

STATE = "tpgraph.drift-state/2"
_PARAM = "param "
_SCALARS = ("step", "level", "waited", "least", "first", "last", "ended")


@dataclass(frozen=True)
class Schedule:
    """When to stop and when to look.

    `patience` 0 never stops early. `snapshots` are numbers of steps after which the drift is
    measured, increasing; the end is measured besides. A loss of at most `goal` times the first one
    ends the training.
    """

    lr: float
    steps: int
    tolerance: float = 1e-7
    patience: int = 100
    snapshots: tuple[int, ...] = ()
    goal: float = 0.0


@dataclass
class State:
    """How far a training has come; `params` are changed in place and belong to `step`.

    `level` is the last loss that counted as a fall and `waited` the steps since; `least` is the
    smallest loss met, `first` and `last` those before the first and the latest step. `ended` is 1
    after an early stop, 2 after a loss that is not finite.
    """

    params: Params
    step: int = 0
    level: float = math.inf
    waited: int = 0
    least: float = math.inf
    first: float = math.nan
    last: float = math.nan
    ended: int = 0
    drift: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)

    def encode(self, trainable: tuple[str, ...]) -> bytes:
        """The state as an NPZ file: what is trained, and what is counted."""
        buffer = io.BytesIO()
        arrays = {_PARAM + name: self.params[name] for name in trainable}
        scalars = {name: np.array(getattr(self, name)) for name in _SCALARS}
        lists = {"drift": np.array(self.drift), "losses": np.array(self.losses)}
        write_arrays(buffer, {**arrays, **scalars, **lists})
        return buffer.getvalue()

    def restore(self, content: bytes) -> None:
        """Go on from an encoded state, in place of what is here.

        Raises Damage, with nothing changed, for what is no state of these parameters.
        """
        found = read_arrays(content)
        params = {n.removeprefix(_PARAM): a for n, a in found.items() if n.startswith(_PARAM)}
        counted = {n: a for n, a in found.items() if not n.startswith(_PARAM)}
        if set(counted) != {*_SCALARS, "drift", "losses"}:
            raise Damage(f"it counts {', '.join(sorted(counted))}")
        for name, array in params.items():
            here = self.params.get(name)
            if here is None or (array.shape, array.dtype) != (here.shape, here.dtype):
                raise Damage(f"{name} of shape {array.shape} is none of its parameters")
        self.params.update(params)
        for name, array in counted.items():
            setattr(self, name, array.item() if name in _SCALARS else array.tolist())


@dataclass(frozen=True)
class FinishedDescent:
    """A training that has ended: the drift and the loss at every snapshot and at its end.

    A snapshot behind the end has the values of the end. `loss` is that before the last step.
    """

    drift: Array
    losses: Array
    least: float
    first: float
    last: float
    steps: int
    stopped: bool
    finite: bool
    params: Params


def relative_change(after: Array, before: Array) -> float:
    """‖after − before‖_F / ‖before‖_F; nan where one of them is not finite."""
    if not (np.isfinite(after).all() and np.isfinite(before).all()):
        return math.nan
    return float(np.linalg.norm(after - before) / np.linalg.norm(before))


def descend(
    network: Network,
    params: Params,
    X: Array,
    y: Array,
    schedule: Schedule,
    *,
    checkpoint: Path | None = None,
    seconds: float = 20.0,
    kernels: bool = True,
) -> FinishedDescent:
    """Train from `params`, which are changed in place, or from what `checkpoint` holds of them.

    Every `seconds` the state is written to `checkpoint`, whole or not at all, so that a training
    that is killed goes on from there and ends with the same bits. With `kernels` False no NTK is
    computed and the drift is nan.
    """
    before = network.ntk(params, X, diverged=True) if kernels else None
    state = State(params)
    _resume(state, checkpoint)

    def look() -> None:
        change = math.nan
        if before is not None and state.ended != 2:
            change = relative_change(network.ntk(state.params, X, diverged=True), before)
        state.drift.append(change)
        state.losses.append(state.last)

    _run(network, X, y, schedule, state, look, checkpoint, seconds)
    ended = len(state.drift)
    look()
    behind = [state.drift[-1]] * (len(schedule.snapshots) - ended)
    losses = [state.losses[-1]] * len(behind)
    return FinishedDescent(
        drift=np.array([*state.drift[:ended], *behind, state.drift[-1]]),
        losses=np.array([*state.losses[:ended], *losses, state.losses[-1]]),
        least=state.least,
        first=state.first,
        last=state.last,
        steps=state.step,
        stopped=state.ended == 1,
        finite=state.ended != 2,
        params=state.params,
    )


def _label(checkpoint: Path) -> str:
    """What a state is sealed as: the version, and the training that its file is named after."""
    return f"{STATE} {checkpoint.stem}"


def check_state(checkpoint: Path) -> bytes | None:
    """What a file holds of a training, whole, or None.

    A damaged one is set aside, with a TPWarning; its training begins anew.
    """
    try:
        return open_bytes(_label(checkpoint), checkpoint.read_bytes())
    except FileNotFoundError:
        return None
    except Damage as damage:
        put_aside(checkpoint, damage, "its training begins anew")
        return None
    except OSError as error:
        raise TPError(f"{checkpoint} cannot be read: {error.strerror}") from None


def _resume(state: State, checkpoint: Path | None) -> None:
    """Take over a checkpoint; one that is not whole is set aside and begun anew."""
    content = None if checkpoint is None else check_state(checkpoint)
    if checkpoint is None or content is None:
        return
    try:
        state.restore(content)
    except Damage as damage:
        put_aside(checkpoint, damage, "its training begins anew")


def _run(
    network: Network,
    X: Array,
    y: Array,
    schedule: Schedule,
    state: State,
    look: Callable[[], None],
    checkpoint: Path | None,
    seconds: float,
) -> None:
    """All steps that are left."""
    step, module = network.module.sgd_step, network.module
    saved = time.monotonic()
    with np.errstate(all="ignore"):
        while not state.ended and state.step < schedule.steps:
            loss = float(step(state.params, X, y, schedule.lr))
            state.step += 1
            _count(state, loss, schedule)
            if state.step in schedule.snapshots[len(state.drift) : len(state.drift) + 1]:
                look()
            if checkpoint is not None and time.monotonic() - saved >= seconds:
                sealed = seal_bytes(_label(checkpoint), state.encode(module.trainable))
                write_bytes(checkpoint, sealed, links=False)
                saved = time.monotonic()


def _count(state: State, loss: float, schedule: Schedule) -> None:
    """Take note of the loss before a step, and end where that is to be."""
    if not math.isfinite(loss):
        state.ended = 2
        return
    if state.step == 1:
        state.first = loss
    state.last = loss
    state.least = min(state.least, loss)
    if loss <= schedule.goal * state.first:
        state.ended = 1
    if loss < state.level - schedule.tolerance:
        state.level, state.waited = loss, 0
        return
    state.waited += 1
    if 0 < schedule.patience <= state.waited:
        state.ended = 1
