"""Studies of few samples go by their defaults, and say what a number asked for too much."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import tpgraph

import tpgraph as tp

NET = """program net
width n
dim d = 2
parametrization mup
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param v : 1 × n ~ N(0, 1)
h = W tanh(U ξ)
f = v tanh(h)
output f
loss (f - y)^2 / 2
"""


@pytest.mark.parametrize("count", [8, 16])
def test_coordinates_of_few_samples(count: int) -> None:
    found, same = (
        tp.study.coordinate_check(
            NET,
            synthetic=count,
            widths=[8, 16],
            steps=1,
            seeds=1,
            **batch,  # type: ignore[arg-type]
        )
        for batch in ({}, {"batch": count})
    )
    assert found.csv() == same.csv()
    with pytest.raises(tp.TPDataError, match="a batch of 17 cannot be drawn"):
        tp.study.coordinate_check(NET, synthetic=count, widths=[8, 16], batch=17)


@pytest.mark.parametrize("count", [2, 8, 16])
def test_parametrizations_of_few_samples_have_features(count: int) -> None:
    found = tp.study.compare_parametrizations(
        NET, ["mup"], synthetic=count, widths=[8, 16], steps=1, seeds=1, samples=2**16
    )
    assert found.each[0].features, found.each[0].no_features


def test_a_comparison_of_few_samples_keeps_half_for_tests(tmp_path: Path) -> None:
    widths = {"widths": [4, 8], "steps": 1, "seeds": 1, "samples": 4096}
    found = tp.study.compare(NET, synthetic=8, **widths)  # type: ignore[arg-type]
    same = tp.study.compare(NET, synthetic=8, test=4, **widths)  # type: ignore[arg-type]
    assert found.csv() == same.csv()
    with pytest.raises(tp.TPDataError, match=r"8 of 8 samples(.|\n)*--test 4"):
        tp.study.compare(NET, synthetic=8, test=8, **widths)  # type: ignore[arg-type]


def test_commands_take_few_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.tp").write_text(NET, encoding="utf-8")
    for line in (
        "coordcheck net.tp --synthetic 8 --widths 8,16 --seeds 1 --steps 1",
        "compare net.tp --synthetic 8 --widths 4,8 --seeds 1 --steps 1 --samples 4096 -o out",
        "compare-parametrizations net.tp --synthetic 8 --widths 8,16 --in mup --seeds 1",
    ):
        found = tpgraph(*line.split())
        assert found.exit_code == 0, (line, found.exception)
        assert "no features" not in found.stdout
