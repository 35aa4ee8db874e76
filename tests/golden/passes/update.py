"""The scenes of Figures 6 and 7 as they should be: `python tests/golden/passes/update.py`.

After a change of the layout look at the pictures before the new scenes are committed.
"""

import re
from pathlib import Path

import tpgraph as tp

FOLDER = Path(__file__).parent
FIGURES = FOLDER.parents[2] / "diagrams" / "figures"


def scenes():
    """(name, scene as JSON) of both figures, without places in the source."""
    programs = {
        "figure6": tp.backward(tp.load(FIGURES / "backpropagation.tp")),
        "figure7": tp.staged(tp.load(FIGURES / "first_step.tp")),
    }
    for name, program in programs.items():
        yield name, re.sub(r', "span": (null|\{[^{}]*\})', "", tp.draw(program).json)


if __name__ == "__main__":
    for name, text in scenes():
        (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")
