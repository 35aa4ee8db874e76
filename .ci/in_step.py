"""Committed pictures that programs draw: written anew, or with --check required to be in step."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["in_step"]


def in_step(drawn: Mapping[str, str], folder: Path, script: str) -> int:
    """The exit code: with --check 1 where a committed SVG is not what its program draws."""
    if "--check" not in sys.argv:
        for name, svg in drawn.items():
            (folder / name).write_text(svg, encoding="utf-8")
        print(f"drew {len(drawn)} pictures into {folder.name}/")
        return 0
    committed = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.svg")}
    stale = sorted(n for n in drawn.keys() | committed.keys() if drawn.get(n) != committed.get(n))
    if stale:
        print(f"out of step: {', '.join(stale)}; run python .ci/{script} and look at them")
        return 1
    print(f"{len(drawn)} pictures of {folder.name}/ are in step")
    return 0
