"""The machine and the versions that figures are of."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_info

from tpgraph.compiler.optimized.cost import measured_machine

__all__ = ["machine"]

LIBRARIES = ("tpgraph", "numpy", "scipy", "matplotlib")


def machine(peers: dict[str, str]) -> dict[str, Any]:
    """Processor, cores, memory, system, BLAS, versions, measured peaks, load at the start."""
    blas = [
        f"{b['internal_api']} {b['version']} ({b['num_threads']} threads)"
        for b in threadpool_info()
        if b["user_api"] == "blas"
    ]
    peaks = {dtype: measured_machine(dtype) for dtype in ("float32", "float64")}
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "processor": processor(),
        "cores": cores(),
        "memory (GiB)": round(memory(), 1),
        "system": f"{platform.system()} {platform.machine()}",
        "BLAS": ", ".join(sorted(set(blas))),
        "load at the start": [round(x, 2) for x in os.getloadavg()],
        "Python": platform.python_version(),
        **versions(),
        "peers": peers,
        "GB/s read": {d: round(m.bandwidth / 1e9, 1) for d, m in peaks.items()},
        "GFLOP/s of a GEMM": {d: round(m.rate / 1e9, 1) for d, m in peaks.items()},
    }  # fmt: skip


def versions() -> dict[str, str]:
    """Of the libraries that are installed; a checkout on the path has no version."""
    found = {}
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """Its model, where the system tells."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def memory() -> float:
    """GiB of the machine; 0 where the system does not tell."""
    if not hasattr(os, "sysconf"):
        return 0.0
    return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
