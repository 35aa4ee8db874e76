"""What a person waits for: commands in new processes, drawings, limits of gallery programs."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from benchmarks.laboratory import Laboratory, Turn, ratios, seconds_of, take_turns
from benchmarks.registry import Benchmark, Case, Goal, Row, row
from strategies.tangles import random_graph

import tpgraph as tp
from tpgraph.notation.engines.engine import GraphvizLayout, LayoutEngine, get_engine
from tpgraph.program import Data, Program, Target

MLP = Path(__file__).parents[2] / "diagrams" / "mlp.tp"
COMMANDS = {"help": ["--help"], "draw": ["draw", str(MLP), "-o", "mlp.svg"]}


class Recording:
    """An engine that keeps the DOT texts it is asked for."""

    def __init__(self, engine: LayoutEngine) -> None:
        self.engine = engine
        self.asked: list[str] = []

    def layout(self, dot: str) -> GraphvizLayout:
        """The layout of the engine inside."""
        self.asked.append(dot)
        return self.engine.layout(dot)


def measure_command(case: Row, lab: Laboratory) -> Row:
    """Milliseconds of a command in a new process, beside a Python that does nothing."""
    command = [sys.executable, "-m", "tpgraph", *COMMANDS[case["command"]]]
    with tempfile.TemporaryDirectory() as folder:

        def run(given: list[str]) -> float:
            return seconds_of(
                lambda: subprocess.run(given, check=True, capture_output=True, cwd=folder)
            )

        ways: dict[str, Turn] = {
            "tpgraph": lambda: run(command),
            "python alone": lambda: run([sys.executable, "-c", "pass"]),
        }
        ways["tpgraph"]()
        return {"ms": take_turns(ways, 5)}


def drawn_programs() -> dict[str, str]:
    """The gallery's mlp, deeper ones of 40 and 2000 marks, and one without any order."""
    mlp = MLP.read_text()
    layers = {f"mlp of {n} layers": mlp.replace("L = 3", f"L = {n}") for n in (10, 500)}
    return {"mlp": mlp, **layers, "random graph of 50 lines": random_graph(50)}


def measure_drawing(case: Row, lab: Laboratory) -> Row:
    """A drawing in a warm process beside the layout engines alone on the DOT texts it asks for;
    `goal` is one and a half times the built-in one's time, and 0.3 s.
    """
    warnings.simplefilter("ignore")
    program = tp.parse(drawn_programs()[case["program"]])
    recording = Recording(get_engine("wasm"))
    marks = len(tp.draw(program, engine=recording).scene.nodes)
    ways: dict[str, Turn] = {"tpgraph": lambda: seconds_of(lambda: tp.draw(program).svg)}
    for name in ("wasm", "system"):
        if name == "wasm" or shutil.which("dot") is not None:
            engine = get_engine(name)  # type: ignore[arg-type]
            ways[f"layout alone, {name}"] = lambda e=engine: seconds_of(  # type: ignore[misc]
                lambda: [e.layout(text) for text in recording.asked]
            )
    ms = take_turns(ways, 3 if lab.quick or marks > 100 else 9, "median")
    goal = 1.5 * ms["layout alone, wasm"] + 300
    return {"ms": ms, "marks": marks, "times": ratios(ms), "of the goal": ms["tpgraph"] / goal}


def sample_of(program: Program) -> dict[str, object]:
    """A value for everything that a program is given."""
    rng = np.random.default_rng(0)
    wanted = [d.variable for d in program.declarations if isinstance(d, Data | Target)]
    return {v.name: rng.standard_normal(v.dim.size({})) for v in wanted}


def measure_limit(case: Row, lab: Laboratory) -> Row:
    """Milliseconds of the limit, or until it is refused, after another program's limit."""
    program = tp.gallery.entry(case["program"]).program()
    given = sample_of(program)
    warnings.simplefilter("ignore")
    tp.limit(tp.gallery.entry("layernorm").program())
    taken: list[float] = []
    engine = ""
    for _ in range(2 if lab.quick else 3):
        fresh = tp.parse(tp.to_text(program))
        found: list[str] = []
        taken.append(seconds_of(lambda p=fresh, f=found: f.append(tp.limit(p, data=given).engine)))  # type: ignore[misc]
        engine = found[0]
    return {"ms": {"tpgraph": 1e3 * min(taken[1:])}, "first ms": 1e3 * taken[0], "engine": engine}


def command_cases(quick: bool) -> list[Case]:
    """The commands."""
    return [Case({"command": name}, 8.0) for name in COMMANDS]


def drawing_cases(quick: bool) -> list[Case]:
    """The programs, or the smallest."""
    cases = [Case({"program": name}, 5.0) for name in drawn_programs()]
    return cases[:1] if quick else cases


def limit_cases(quick: bool) -> list[Case]:
    """Every program of the gallery, once."""
    names = list(dict.fromkeys(e.name for e in tp.gallery.entries() if not e.paths))
    return [Case({"program": name}, 2.5) for name in (names[:2] if quick else names)]


COMMANDS_BENCHMARK = Benchmark(
    "commands",
    "Commands in new processes, beside a Python that does nothing.",
    command_cases,
    measure_command,
    (
        Goal("`tpgraph --help`", row("ms/tpgraph", command="help"), 200.0, "at most", " ms"),
        Goal(
            "`draw` of the gallery's mlp in a new process",
            row("ms/tpgraph", command="draw"),
            600.0,
            "at most",
            " ms",
        ),
    ),
)
DRAWING = Benchmark(
    "drawing",
    "A drawing in a warm process, beside Graphviz alone on the DOT texts that it is asked for; the "
    "goal is one and a half times the built-in engine's time and 0.3 s.",
    drawing_cases,
    measure_drawing,
)
LIMITS = Benchmark(
    "limits",
    "`limit` of the programs of the gallery in a warm process; `first ms` is the first time.",
    limit_cases,
    measure_limit,
    (
        Goal(
            "`limit` of a gallery program, warm",
            lambda r: r["ms"]["tpgraph"],
            200.0,
            "at most",
            " ms",
        ),
    ),
)
