"""Draw the gallery into diagrams/figures, or with --check require that it is in step."""

from __future__ import annotations

import sys
from pathlib import Path

from in_step import in_step

import tpgraph as tp

FIGURES = Path(__file__).parent.parent / "diagrams" / "figures"

if __name__ == "__main__":
    drawn = {f"{entry.name}.svg": entry.draw().svg for entry in tp.gallery.entries()}
    sys.exit(in_step(drawn, FIGURES, "gallery.py"))
