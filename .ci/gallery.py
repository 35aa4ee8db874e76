"""Draw the gallery into diagrams/figures, or with --check require that it is in step."""

from __future__ import annotations

import sys
from pathlib import Path

import tpgraph as tp

FIGURES = Path(__file__).parent.parent / "diagrams" / "figures"


def main() -> int:
    """Return 1 where a committed figure differs from what its program draws."""
    drawn = {f"{entry.name}.svg": entry.draw().svg for entry in tp.gallery.entries()}
    if "--check" not in sys.argv:
        for name, svg in drawn.items():
            (FIGURES / name).write_text(svg, encoding="utf-8")
        print(f"drew {len(drawn)} figures into {FIGURES.name}/")
        return 0
    committed = {path.name: path.read_text(encoding="utf-8") for path in FIGURES.glob("*.svg")}
    stale = sorted(n for n in drawn.keys() | committed.keys() if drawn.get(n) != committed.get(n))
    if stale:
        print(f"out of step: {', '.join(stale)}; run python .ci/gallery.py and look at them")
        return 1
    print(f"{len(drawn)} figures are in step")
    return 0


if __name__ == "__main__":
    sys.exit(main())
