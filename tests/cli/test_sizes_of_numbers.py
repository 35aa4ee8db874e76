"""Numbers of any size are printed so that they tell something."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import tpgraph


def test_a_run_prints_large_and_small_numbers_by_their_powers(tmp_path: Path) -> None:
    file = tmp_path / "sizes.tp"
    head = "width n\nvector x : n ~ N(0, 1)\ny = 1e100*x\n"
    file.write_text(f"{head}small = mean(1e-150*x^2)\nlarge = mean(y^2)\n", encoding="utf-8")
    lines = tpgraph("run", str(file), "--width", "n=64").stdout.splitlines()
    assert max(map(len, lines)) < 60
    found = {
        line.split()[0]: [float(word) for word in line.split() if word[-1].isdigit()]
        for line in lines
    }
    mean, variance = found["x"]
    assert found["small"] == pytest.approx([1e-150 * (variance + mean**2)], rel=1e-4)
    assert found["large"] == pytest.approx([1e200 * (variance + mean**2)], rel=1e-4)
