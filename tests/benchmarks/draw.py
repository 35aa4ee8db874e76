"""Drawing a program to SVG against Graphviz alone on the same graph.

    python tests/benchmarks/draw.py [PROGRAM.tp] [--json OUT.json]

In one process, labels and the engine's code cached: the layout engine alone (built in, and `dot`
on PATH where there is one) on the DOT text that the drawing asks for, the whole drawing, and the
ratio; then the first drawing in a new process.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tpgraph.language import load
from tpgraph.notation import draw
from tpgraph.notation.engines.engine import GraphvizLayout, LayoutEngine, get_engine

MLP = Path(__file__).parents[2] / "diagrams" / "mlp.tp"


class Recording:
    """An engine that keeps the DOT texts it is asked for."""

    def __init__(self, engine: LayoutEngine) -> None:
        self.engine = engine
        self.asked: list[str] = []

    def layout(self, dot: str) -> GraphvizLayout:
        """The layout of the engine inside."""
        self.asked.append(dot)
        return self.engine.layout(dot)


def median(action: Callable[[], object], repeats: int = 9) -> float:
    """Median seconds, after one call that is not counted."""
    action()
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def main() -> None:
    """Print the table; with --json write it too."""
    arguments = [a for a in sys.argv[1:] if not a.startswith("--json")]
    path = next((a for a in arguments if a.endswith(".tp")), str(MLP))
    program = load(path)
    recording = Recording(get_engine("wasm"))
    draw(program, engine=recording)
    texts = recording.asked
    rows = {"whole drawing": median(lambda: draw(program).svg)}
    for name in ("wasm", "system"):
        if name == "system" and shutil.which("dot") is None:
            continue
        engine = get_engine(name)
        rows[f"layout alone, {name}, {len(texts)} calls"] = median(
            lambda engine=engine: [engine.layout(text) for text in texts]
        )
        rows[f"layout alone, {name}, 1 call"] = median(
            lambda engine=engine: engine.layout(texts[-1])
        )
    command = [sys.executable, "-c", f"import tpgraph as tp; tp.draw(tp.load({path!r})).svg"]
    rows["whole drawing, new process"] = median(lambda: subprocess.run(command, check=True), 3)
    whole = rows["whole drawing"]
    for name, seconds in rows.items():
        print(f"{name:36s} {seconds * 1e3:9.1f} ms   {whole / seconds:6.2f}")
    if "--json" in sys.argv:
        Path(sys.argv[sys.argv.index("--json") + 1]).write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
