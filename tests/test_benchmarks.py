"""The benchmarks themselves: what rows say of goals, what is kept, what the page tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.catalogue import BENCHMARKS
from benchmarks.command import chosen, measured_apart, planned
from benchmarks.peers import peers_python
from benchmarks.registry import Goal, row
from benchmarks.report import page, roofline
from benchmarks.rows import KeptRows, key_of

from tpgraph.errors import TPError

PAGE = Path(__file__).parents[1] / ".github" / "PERFORMANCE.md"


def test_a_goal_is_judged_by_the_worst_row_that_it_is_about() -> None:
    rows = [{"N": 500, "times": {"peer": 1.0}}, {"N": 2000, "times": {"peer": 7.0}},
            {"N": 4000, "times": {"peer": 6.5}}, {"N": 4000, "times": {}}]  # fmt: skip
    goal = Goal("faster", row("times/peer", N=(2000, 4000)), 6.0)
    found = goal.verdict(rows)
    assert (found.figure, found.met, found.deciding["N"]) == (6.5, True, 4000)
    assert not Goal("faster", row("times/peer", N=500), 6.0).verdict(rows).met
    assert not Goal("small", row("times/peer"), 6.0, "at most").verdict(rows).met
    assert goal.verdict(rows[:1]) is None


def test_every_case_of_every_benchmark_has_a_key_of_its_own() -> None:
    for quick in (False, True):
        keys = [p.key for p in planned(list(BENCHMARKS.values()), quick)]
        assert len(set(keys)) == len(keys)
    whole = sum(p.case.seconds for p in planned(chosen([]), False))
    assert whole < 25 * 60


def test_rows_are_kept_as_they_come_and_after_a_cut(tmp_path: Path) -> None:
    kept = KeptRows(tmp_path / "new")
    key = key_of("kernels", {"N": 2}, False)
    kept.add(key, {"ms": 1.0})
    with kept.file.open("a", encoding="utf-8") as file:
        file.write('{"key": "cut')
    kept.add("other", {"ms": 2.0})
    kept.add(key, {"ms": 3.0})
    assert kept.all() == {key: {"ms": 3.0}, "other": {"ms": 2.0}}


def test_unknown_benchmarks_and_peers_are_refused() -> None:
    with pytest.raises(TPError, match="no benchmark kernel"):
        chosen(["kernel"])
    with pytest.raises(TPError, match="no Python"):
        peers_python("/nowhere/python")


def test_a_case_is_measured_in_a_process_of_its_own() -> None:
    one = next(planned(chosen(["drawing"]), True))
    found = measured_apart(one, None, True)
    assert found["ms"]["tpgraph"] > 0, found


def test_the_page_says_what_was_missed_and_what_limits() -> None:
    deciding = {"width": 1024, "ms": {"tpgraph": 4.0}, "least ms": 3.0, "bound": "memory"}
    assert roofline(deciding) == "4.00 ms of width 1024; at least 3.00 ms by memory (75%)"
    rows = {"commands": [{"command": "help", "ms": {"tpgraph": 300.0}}]}
    text = page({"processor": "a | b"}, rows, False, {})
    assert "| 300 ms | **missed** |" in text
    assert "a \\| b" in text


def test_the_page_of_the_repository_has_every_goal() -> None:
    text = PAGE.read_text(encoding="utf-8")
    for benchmark in BENCHMARKS.values():
        for goal in benchmark.goals:
            assert f"| {benchmark.name} | {goal.text} |" in text, json.dumps(goal.text)
