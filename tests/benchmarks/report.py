"""What rows say: JSON, plots, and a page with the machine, every goal, every table."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.catalogue import BENCHMARKS
from benchmarks.plots import write_plots
from benchmarks.registry import Benchmark, Goal, Row, Verdict

__all__ = ["page", "publish", "write_report"]

HEAD = """# Performance

Made by `python -m tests.benchmarks --publish`, never by hand. Every ratio is of one run, of ways
that took turns; times are milliseconds unless said otherwise. A figure is the worst of the rows
that its goal is about.
"""
QUICK = """
**A quick run**: small sizes, to see that everything runs, on a machine that did other work.
Goals of large sizes have no figure.
"""
_UNSAID = {"bound", "peer", "jacrev"}
PAGE, PLOTS = "PERFORMANCE.md", "performance"


def write_report(
    folder: Path, machine: Mapping[str, Any], rows: Mapping[str, list[Row]], quick: bool
) -> None:
    """performance.json, the plots, and the page, into a folder."""
    whole = {"quick": quick, "machine": machine, "rows": rows}
    text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
    (folder / "performance.json").write_text(text, encoding="utf-8")
    shutil.rmtree(folder / PLOTS, ignore_errors=True)
    figures = {
        name: write_plots(BENCHMARKS[name], found, folder / PLOTS) for name, found in rows.items()
    }
    (folder / PAGE).write_text(page(machine, rows, quick, figures), encoding="utf-8")


def publish(folder: Path, place: Path) -> None:
    """The page and its plots where the repository has them."""
    shutil.copyfile(folder / PAGE, place / PAGE)
    shutil.rmtree(place / PLOTS, ignore_errors=True)
    if (folder / PLOTS).exists():
        shutil.copytree(folder / PLOTS, place / PLOTS)


def page(
    machine: Mapping[str, Any],
    rows: Mapping[str, list[Row]],
    quick: bool,
    figures: Mapping[str, Sequence[str]],
) -> str:
    """The page as Markdown."""
    lines = [HEAD + (QUICK if quick else ""), "## The machine\n"]
    lines += [*_table(["", ""], [[k, _told(v)] for k, v in machine.items()]), ""]
    lines += ["## Goals\n", *_goals(rows), ""]
    for name, benchmark in BENCHMARKS.items():
        if name in rows:
            lines += _section(benchmark, rows[name], figures.get(name, ()))
    return "\n".join(lines).rstrip() + "\n"


def _goals(rows: Mapping[str, list[Row]]) -> list[str]:
    """A line for each goal."""
    body = [
        [benchmark.name, goal.text, f"{goal.sense} {_number(goal.bound)}{goal.unit}",
         *_verdict(goal, goal.verdict(rows.get(benchmark.name, ())))]
        for benchmark in BENCHMARKS.values()
        for goal in benchmark.goals
    ]  # fmt: skip
    return _table(["benchmark", "", "goal", "figure", "", "where missed, what limits"], body)


def _verdict(goal: Goal, found: Verdict | None) -> list[str]:
    if found is None:
        return ["–", "not measured", ""]
    figure = f"{_number(found.figure)}{goal.unit}"
    if found.met:
        return [figure, "met", ""]
    return [figure, "**missed**", roofline(found.deciding)]


def roofline(row: Row) -> str:
    """What the deciding row takes, beside what it takes at least, where that is counted."""
    took = row.get("ms", {}).get("tpgraph")
    least, bound = row.get("least ms"), row.get("bound")
    case = ", ".join(
        f"{k} {v}" for k, v in row.items() if isinstance(v, str | int) and k not in _UNSAID
    )
    if took is None or least is None:
        return f"of {case}; no least time is counted"
    share = f"{least / took:.0%}"
    return f"{_number(took)} ms of {case}; at least {_number(least)} ms by {bound} ({share})"


def _section(benchmark: Benchmark, rows: Sequence[Row], figures: Sequence[str]) -> Iterator[str]:
    yield f"## {benchmark.name}\n"
    yield f"{benchmark.compares}\n"
    flat = [dict(_flat(row)) for row in rows]
    columns = list(dict.fromkeys(key for row in flat for key in row))
    yield from _table(columns, [[_told(row.get(c, "")) for c in columns] for row in flat])
    yield ""
    for figure in figures:
        yield f"![{benchmark.name}]({PLOTS}/{figure})\n"


def _flat(row: Row, before: str = "") -> Iterator[tuple[str, Any]]:
    """Numbers of mappings as columns of their own."""
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from _flat(dict(value), f"{before}{name} ")
        elif name != "peer" and value is not None:
            yield before + name, value


def _table(head: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return (
            "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
        )

    return [line(head), "|" + "---|" * len(head), *map(line, body)]


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_told(v)}" for k, v in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_told, value))
    return str(value)


def _number(value: float) -> str:
    """Three digits."""
    if not math.isfinite(value) or value == 0:
        return str(value)
    if abs(value) < 1e-3:
        return f"{value:.0e}"
    if abs(value) >= 1e5:
        return f"{value:.3g}"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{digits}f}"
