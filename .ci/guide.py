"""Draw the programs of the guide into tpgraph/guide/pictures, or --check that they are in step."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from in_step import in_step

import tpgraph as tp
from tpgraph.guide import Example, pages

PICTURES = Path(__file__).parent.parent / "tpgraph" / "guide" / "pictures"


def drawn(block: Example) -> str:
    """The picture of a program, as the first line of its block says."""
    program, options = tp.parse(block.text), dict(block.options)
    steps = int(options.get("steps", "1"))
    shown = {
        "forward": lambda: program,
        "backward": lambda: tp.backward(program),
        "sgd": lambda: tp.unroll_sgd(program, steps=steps),
    }[options.get("pass", "forward")]()
    how: dict[str, Any] = {
        "show": options.get("show", "body"),
        "fold": options.get("fold") == "true",
    }
    if "paths" in options:
        shown = tp.reduce(shown)
        how["paths"] = tp.select_paths(shown, options["paths"])
    return tp.draw(shown, **how).svg


def pictures() -> Iterator[tuple[str, str]]:
    """File name and content of the picture of every program of the guide."""
    for page in pages():
        programs = [block for block in page.blocks() if block.language == "tp"]
        for number, block in enumerate(programs, 1):
            yield f"{page.name}-{number}.svg", drawn(block)


if __name__ == "__main__":
    sys.exit(in_step(dict(pictures()), PICTURES, "guide.py"))
