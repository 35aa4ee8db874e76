"""What measurements share: ways that take turns, peers in processes of their own, peaks, memory."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, Literal, TypeAlias

__all__ = ["Laboratory", "Peer", "Turn", "peak_memory", "ratios", "seconds_of", "take_turns"]

WORKER = Path(__file__).with_name("peer_worker.py")
PAUSE = 0.02
"""Seconds between turns, in which the threads of the one before stop to wait for more work."""

Turn: TypeAlias = Callable[[], float]
"""Does its work once, or a number of times, and returns the seconds of one."""


class PeerFailed(Exception):
    """What a peer said when it failed."""


class Peer:
    """One way of a peer, made ready in the peers' Python, waiting for its turns."""

    def __init__(self, python: str, way: str, spec: Mapping[str, Any], calls: int) -> None:
        self.calls = calls
        self._process = subprocess.Popen(
            [python, "-P", str(WORKER), way, json.dumps(spec)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.facts = self._answer()

    def __call__(self) -> float:
        """Seconds of one call, of `calls`."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{self.calls}\n")
        self._process.stdin.flush()
        return float(self._answer()["seconds"])

    def _answer(self) -> dict[str, Any]:
        """The next line of JSON; libraries may print others. Raises PeerFailed."""
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                found = dict(json.loads(line))
                if "failed" in found:
                    raise PeerFailed(found["failed"])
                return found
        said = self._process.stderr.read().strip().splitlines()
        raise PeerFailed(said[-1] if said else "it ended without a word")

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


class Laboratory(ExitStack):
    """Where one case is measured: the peers' Python, if there is one, and how thorough to be.

    Peers end where it does.
    """

    def __init__(self, peers: str | None, quick: bool) -> None:
        super().__init__()
        self.python = peers
        self.quick = quick
        self.missing: dict[str, str] = {}

    def peer(self, way: str, spec: Mapping[str, Any], calls: int = 1) -> Peer | None:
        """A way of a peer; None where it is not there, and `missing` says why."""
        if self.python is None:
            return None
        try:
            made = Peer(self.python, way, spec, calls)
        except PeerFailed as error:
            self.missing[way] = str(error)
            return None
        return self.enter_context(closing(made))


def seconds_of(work: Callable[[], object], calls: int = 1) -> float:
    """Seconds of one call, of several in a row."""
    start = time.perf_counter()
    for _ in range(calls):
        work()
    return (time.perf_counter() - start) / calls


def take_turns(
    ways: Mapping[str, Turn], rounds: int, by: Literal["best", "median"] = "best"
) -> dict[str, float]:
    """Milliseconds of each way, round after round of all, so that all meet the same machine."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, turn in ways.items():
            time.sleep(PAUSE)
            found[name].append(turn())
    choose = min if by == "best" else statistics.median
    return {name: 1e3 * choose(values) for name, values in found.items()}


def ratios(ms: Mapping[str, float], own: str = "tpgraph") -> dict[str, float]:
    """How many times as long as ours the others take."""
    return {name: value / ms[own] for name, value in ms.items() if name != own}


def peak_memory(work: Callable[[], object]) -> float:
    """MB that the process needs for some work beyond what it had; only Linux tells."""
    status, clear = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not clear.exists():
        work()
        return float("nan")
    clear.write_text("5")
    before = _high_water(status)
    work()
    return (_high_water(status) - before) / 1024


def _high_water(status: Path) -> int:
    lines = status.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
