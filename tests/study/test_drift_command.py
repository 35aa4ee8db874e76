"""`tpgraph study drift`: options, presets, samples, what it writes and says."""

from __future__ import annotations

import pytest
from study.drift_networks import LINEAR
from typer.testing import CliRunner

from tpgraph.errors import TPDataError, TPError
from tpgraph.study.drift.presets import drift_preset
from tpgraph_cli.main import app


def study(*arguments):
    return CliRunner().invoke(app, ["study", "drift", *map(str, arguments)])


SMALL = ["--widths", 8, "--depths", 3, "--sigma-w2", "1:3:2", "--sigma-b2", "0.5", "--limit", 4]


def test_command(tmp_path):
    options = [*SMALL, "--steps", 15, "--snapshots", "1,5", "--lr", "0.001", "--workers", 0]
    first = study(*options, "--out", tmp_path)
    assert first.exit_code == 0, first.output
    assert "2 of 2 trainings, 2 now" in first.output
    rows = (tmp_path / "drift.csv").read_text().splitlines()
    assert rows[0].endswith("drift_1,drift_5,drift_end,loss_1,loss_5,loss_end")
    assert [row.split(",")[3] for row in rows[1:]] == ["1.0", "3.0"]
    assert (tmp_path / "drift.png").read_bytes().startswith(b"\x89PNG")
    again = study(*options, "--out", tmp_path, "--activation", "tanh")
    assert "2 of 2 trainings, 0 now" in again.output
    names = "drift.csv", "drift.pdf", "drift.png"
    before = {name: (tmp_path / name).read_bytes() for name in names}
    relu = study(*options, "--out", tmp_path, "--activation", "relu")
    assert "2 of 2 trainings, 2 now" in relu.output
    assert "also keeps 2 results of other settings: drift-1." in relu.output
    for name, content in before.items():
        assert (tmp_path / name.replace(".", "-1.")).read_bytes() == content
    assert (tmp_path / "drift.csv").read_bytes() != before["drift.csv"]
    again = study(*options, "--out", tmp_path, "--activation", "relu")
    assert again.exit_code == 0
    assert not list(tmp_path.glob("drift-2.*"))


def test_command_on_a_program_of_ones_own(tmp_path):
    program = tmp_path / "own.tp"
    program.write_text(
        LINEAR.replace("d = 3", "d = 64").replace(": 1\n", ": 10\n").replace("1 × n", "10 × n")
    )
    run = study(
        "--program", program, "--names", "-,-,-", "--widths", "8,16", "--limit", 4, "--steps", 5,
        "--workers", 0, "--rows", "widths", "--out", tmp_path,
    )  # fmt: skip
    assert run.exit_code == 0, run.output
    rows = (tmp_path / "drift.csv").read_text().splitlines()
    drift_end = rows[0].split(",").index("drift_end")
    assert [float(row.split(",")[drift_end]) for row in rows[1:]] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--depths", "3.5"], "--depths 3.5 is not understood"),
        (["--program", "x.tp", "--names", "L"], "--names L is not understood"),
        (["--activation", "nothing"], "there is no function nothing"),
        (["--limit", 5000], "has 1797 samples"),
    ],
)
def test_wrong_options_of_the_command(tmp_path, options, message):
    run = study(*options, "--out", tmp_path)
    assert isinstance(run.exception, TPError)
    assert message in str(run.exception)


def test_a_preset_is_one_of_the_papers_figures(tmp_path):
    run = study("--preset", "fig5", "--out", tmp_path)
    assert run.exit_code == 2
    assert "fig5 is none of fig3" in run.output


def test_presets_are_the_papers_grids():
    grids = {name: drift_preset(name).grid() for name in ("fig3", "fig4", "fig10")}
    assert grids["fig3"].shape == (1, 3, 10, 35, 1)
    assert grids["fig4"].shape == (1, 3, 10, 25, 1)
    assert (grids["fig3"].sigma_w2[-1], grids["fig4"].sigma_w2[-1]) == (3.5, 2.5)
    assert drift_preset("fig9").grid().sigma_w2[-1] == 3.0
    assert grids["fig10"].widths == (128, 256, 512)
    assert (grids["fig3"].lr, grids["fig3"].steps, grids["fig3"].patience) == (1e-4, 100_000, 100)
    hurried = drift_preset("fig8").grid(faster=10)
    assert (hurried.lr, hurried.steps, hurried.patience) == (1e-3, 10_000, 10)
    assert hurried.snapshots == (1, 10, 100, 1000)
    with pytest.raises(TPDataError, match="no training is 0 times faster"):
        drift_preset("fig8").grid(faster=0)
    quick = drift_preset("fig3").grid(quick=True)
    assert quick.lr * quick.steps == pytest.approx(grids["fig3"].lr * grids["fig3"].steps)


def test_a_depth_that_the_program_cannot_have_is_named(tmp_path):
    arguments = ["study", "drift", "--out", str(tmp_path / "d"), "--quick", "--depths", "1"]
    result = CliRunner().invoke(app, [*arguments, "--workers", "0"])
    assert isinstance(result.exception, TPDataError)
    assert "the program cannot have L = 1" in str(result.exception)
    assert result.exception.span is None
