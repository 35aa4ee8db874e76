"""The dispersion study: its statistics, the laws it must show, its files and its figures."""

import signal
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from interruptible import start
from study.networks import TEXT
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.errors import TPDataError
from tpgraph.kernels import empirical_kernel
from tpgraph.seeds import seed_sequence
from tpgraph.study.dispersion.deep_kernel import deep_ntk, draw_normals
from tpgraph.study.dispersion.kernel_tasks import DeepTask
from tpgraph.study.dispersion.program import measure_program, program_inputs
from tpgraph.study.dispersion.settings import (
    PRESETS,
    DispersionSettings,
    dispersion_settings,
    program_settings,
)
from tpgraph.study.dispersion.statistics import moments
from tpgraph.study.dispersion.study import dispersion_sweep, study_dispersion
from tpgraph.study.figures import figure_bytes
from tpgraph.study.store import Store
from tpgraph_cli.main import app

SMALL = DispersionSettings(
    (8, 16), (1, 2, 5), (("tanh", 0.5, 1.0), ("relu", 2.0, 0.0)), 6, inner=(0.5,)
)
RNN = tp.gallery.entry("rnn").text


def study(settings, **options):
    return study_dispersion(settings, **{"workers": 0, **options})


def test_moments_are_those_of_the_values():
    rng = np.random.default_rng(3)
    values = rng.standard_normal((50, 2, 3)) + 1
    found = moments(np.log(np.abs(values)), np.sign(values).astype(np.int8))
    mean, square = values.mean(axis=0), (values**2).mean(axis=0)
    np.testing.assert_allclose(found.ratio, square / mean**2, rtol=1e-12)
    np.testing.assert_allclose(found.log_mean, np.log(np.abs(mean)), rtol=1e-9)
    np.testing.assert_allclose(found.largest, (values**2).max(axis=0) / (50 * square), rtol=1e-12)
    unsigned = moments(np.log(np.abs(values)))
    assert np.all(unsigned.ratio < found.ratio)


def test_moments_of_numbers_that_no_float_holds():
    logs = np.log(np.random.default_rng(3).exponential(size=(40, 5)))
    np.testing.assert_allclose(moments(logs + 5000).ratio, moments(logs).ratio, rtol=1e-9)
    np.testing.assert_allclose(moments(logs - 5000).ratio, moments(logs).ratio, rtol=1e-9)
    assert np.isnan(moments(logs[:0]).ratio).all()
    assert np.isnan(moments(logs[:1]).low).all()


def test_the_bootstrap_covers_as_it_says():
    """Log-normal Θ = exp(s z) has the ratio exp(s²): 16–84 % bands hold it about as often."""
    s, n, trials = 0.4, 200, 400
    logs = s * np.random.default_rng(1).standard_normal((n, trials))
    found = moments(logs)
    covered = np.mean((found.low <= np.exp(s**2)) & (np.exp(s**2) <= found.high))
    assert 0.5 < covered < 0.75
    shifted = np.mean((found.low <= 1.05 * np.exp(s**2)) & (1.05 * np.exp(s**2) <= found.high))
    assert shifted < 0.5


def law(found, width, point):
    """log ratio over 5 L/M at the depths of the study."""
    depths = np.array(found.settings.depths)
    return np.log(found.ratio(width, point)) / (5 * depths / width)


def test_the_ordered_phase_is_deterministic_and_the_edge_is_not():
    """Ordered: ratio − 1 falls as 1/M and not with L; edge: within factors of exp(5 L/M)."""
    ordered, edge = ("tanh", 1.0, 1.0), ("relu", 2.0, 0.0)
    found = study(DispersionSettings((32, 64), (8, 16), (ordered, edge), 400))
    narrow, wide = (found.ratio(width, ordered) - 1 for width in (32, 64))
    assert np.all(wide < 0.02)
    assert np.all((narrow > 1.5 * wide) & (narrow < 2.7 * wide))
    assert wide[1] < 1.5 * wide[0]
    for width in (32, 64):
        assert np.all((law(found, width, edge) > 0.4) & (law(found, width, edge) < 1.2))
        assert not np.any(law(found, width, ordered) > 0.4), "the law of the edge where it is not"
    assert 1 / 1.35 < found.ratio(32, edge)[0] / found.ratio(64, edge)[1] < 1.35
    assert found.ratio(32, edge)[1] / found.ratio(64, edge)[1] > 1.35, "equal L is no collapse"


def test_the_off_diagonal_is_measured_too():
    """c = 1 is the diagonal itself; orthogonal inputs have a smaller mean, not the same one."""
    edge = ("relu", 2.0, 0.0)
    found = study(DispersionSettings((40,), (2, 20), (edge,), 50, inner=(1.0, 0.0)))
    diagonal = found.log[0][..., 0]
    np.testing.assert_allclose(found.log[0][..., 1], diagonal, atol=1e-5)
    assert np.all(np.exp(found.log[0][..., 2]).mean(axis=0) < np.exp(diagonal).mean(axis=0))
    assert not np.allclose(found.ratio(40, edge, 0.0), found.ratio(40, edge), rtol=0.01)


def test_a_study_is_the_kernels_of_its_seeds():
    found = study(replace(SMALL, dtype="float64"))
    for w, width in enumerate(SMALL.widths):
        for init in (0, 5):
            normals = draw_normals(seed_sequence(0, "dispersion", width, init), width, 5, 2)
            values = deep_ntk(normals, SMALL.points, [[1, 0.5], [0.5, 1]], width, "float64").values
            mine = found.sign[w][init] * np.exp(found.log[w][init])
            np.testing.assert_allclose(mine, values[:, [0, 1, 4], 0], rtol=1e-9)


def test_float32_and_float64_agree():
    single, double = study(SMALL), study(replace(SMALL, dtype="float64"))
    assert single.csv() != double.csv()
    for a, b in zip(single.log, double.log, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_a_sample_is_checked_in_float64(monkeypatch):
    points = tuple(("relu", 2.0, 0.1 * i) for i in range(21))
    settings = DispersionSettings((30,), (1, 20), points, 2)
    assert 0 < study(settings).float64_difference < 1e-4
    assert np.isnan(study(replace(settings, dtype="float64")).float64_difference)

    def coarse(normals, points, gram, input_dim, dtype):
        found = deep_ntk(normals, points, gram, input_dim, "float64")
        return replace(found, log=found.log + (0.01 if dtype == "float32" else 0))

    monkeypatch.setattr("tpgraph.study.dispersion.kernel_tasks.deep_ntk", coarse)
    assert study(settings).float64_difference == pytest.approx(np.expm1(0.01))


def test_workers_and_order_and_interruptions_change_no_byte(tmp_path):
    whole = study(SMALL)
    assert study(SMALL, workers=2).csv() == whole.csv()

    def stop(done, total):
        if done >= 5:
            raise KeyboardInterrupt

    part = study(SMALL, out=tmp_path / "s", progress=stop)
    assert part.interrupted
    assert 0 < part.moments[0].inits < 6
    assert b"PNG" in figure_bytes(part.figure(), "x.png")
    assert part.csv() != whole.csv()
    assert study(SMALL, out=tmp_path / "s").csv() == whole.csv()


def test_more_initializations_extend_a_store(tmp_path):
    few = study(replace(SMALL, inits=3), out=tmp_path / "s")
    assert len(few.log[0]) == 3
    more = study(SMALL, out=tmp_path / "s")
    assert more.others == 0
    np.testing.assert_array_equal(more.log[0][:3], few.log[0])
    other = study(replace(SMALL, seed=1), out=tmp_path / "s")
    assert other.others == 12
    assert other.csv() != more.csv()
    assert study(SMALL, out=tmp_path / "s").csv() == more.csv()


def test_a_task_is_shared_by_what_it_does_not_depend_on():
    keys = set(dispersion_sweep(SMALL).task_keys())
    assert keys < set(dispersion_sweep(replace(SMALL, inits=7)).task_keys())
    assert keys < set(dispersion_sweep(replace(SMALL, widths=(8, 16, 32))).task_keys())
    assert keys == set(dispersion_sweep(replace(SMALL, depths=(3, 5))).task_keys())
    for change in ({"dtype": "float64"}, {"inner": ()}, {"input_dim": 4}, {"input_norm": 2.0}):
        assert not keys & set(dispersion_sweep(replace(SMALL, **change)).task_keys())


def test_the_presets_are_the_grids_of_the_papers():
    first, second, seventh, sequel = (PRESETS[n] for n in ("fig1", "fig2", "fig7", "sequel"))
    assert first.widths == (50, 100, 200, 500)
    assert first.depths == seventh.depths == second.depths == tuple(range(1, 101))
    assert len(first.points) == 2 * 50
    assert {p[2] for p in first.points} == {1.0}
    assert (min(p[1] for p in first.points), max(p[1] for p in first.points)) == (0, 5)
    assert second.widths == (64, 128, 256, 512, 1024)
    assert [p[1:] for p in second.points] == [(1, 1), (1.5, 1), (2, 0), (3, 1)]
    assert {p[2] for p in seventh.points} == {0.1, 0.5, 1.0}
    assert (sequel.widths, sequel.depths[-1], sequel.inits) == ((100,), 49, 500)
    assert first.inits == second.inits == seventh.inits == 200


def test_options_change_a_preset():
    quick = dispersion_settings("fig7", quick=True, inits=3)
    assert quick.inits == 3
    assert len(quick.depths) < 100
    made = dispersion_settings(activations=["erf"], sigma_w2=[1, 2], widths=(30,))
    assert made.points == (("erf", 1.0, 1.0), ("erf", 2.0, 1.0))
    both = dispersion_settings("fig2", activations=["relu", "tanh"])
    assert len(both.points) == 8


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"widths": ()}, "widths"),
        ({"widths": (5, 5)}, "distinct"),
        ({"depths": (0,)}, "positive whole"),
        ({"points": ()}, "no point"),
        ({"points": (("tahn", 1.0, 1.0),)}, "tahn"),
        ({"points": (("tanh", -1.0, 1.0),)}, "variances"),
        ({"inits": 0}, "at least one initialization"),
        ({"inner": (1.5,)}, "numbers from -1 to 1"),
        ({"input_dim": 1}, "as many dimensions"),
        ({"dtype": "float16"}, "float32 or float64"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, complaint):
    with pytest.raises(TPDataError, match=complaint):
        replace(SMALL, **changes)


def test_an_unknown_preset_and_points_beside_a_grid_are_refused():
    with pytest.raises(TPDataError, match="fig3"):
        dispersion_settings("fig3")
    with pytest.raises(TPDataError, match="cannot both"):
        dispersion_settings(at=[(1, 1)], sigma_w2=[1])


def test_maps_have_the_border_of_infinite_width():
    settings = dispersion_settings(
        quick=True, widths=(10,), depths=(1, 3, 5), inits=4, sigma_w2=np.linspace(0, 5, 6)
    )
    tanh, relu, _ = study(settings).figure().axes
    assert tanh.lines[0].get_xdata()[0] == pytest.approx(3.443, abs=1e-3)
    assert relu.lines[0].get_xdata()[0] == pytest.approx(2)
    assert "M = 10" in tanh.get_title()


def test_curves_of_many_weights_are_no_map():
    """The sequel's points have five values of σ_w² in all, three for each activation."""
    settings = dispersion_settings("sequel", widths=(6,), depths=(1, 2, 4), inits=3)
    panels = study(settings).figure().axes
    assert len(panels) == 6
    assert all(len(axes.lines) == 5 for axes in panels), "four inputs and exp(5 L/M)"


def test_figures_of_every_kind_are_drawn():
    curves = study(SMALL).figure()
    assert len(curves.axes) == 4
    labels = [text.get_text() for text in curves.axes[0].get_legend().get_texts()]
    assert labels == ["M = 8 c = 1", "M = 8 c = 0.5", "M = 16 c = 1", "M = 16 c = 0.5"]
    line = study(replace(SMALL, depths=(4,))).figure().axes[0]
    assert line.get_xlabel() == "$\\sigma_w^2$"
    over_width = study(replace(SMALL, depths=(4,), points=SMALL.points[:1])).figure().axes[0]
    assert list(over_width.lines[0].get_xdata()) == [8, 16]


SMALL_PROGRAM = {"constants": (("d", 9.0), ("k", 1.0))}


def test_the_programs_study_is_the_fully_connected_one():
    """Two ways to one distribution: means of log Θ within five standard errors."""
    point = (1.5, 0.5)
    fast = DispersionSettings((12,), (2, 4), (("tanh", *point),), 300, input_dim=9)
    slow = program_settings(
        TEXT,
        **SMALL_PROGRAM,
        widths=(12,),
        depths=(2, 4),
        sigma_w2=point[:1],
        sigma_b2=point[1:],
        inits=300,
    )

    def apart(a, b):
        error = np.sqrt(a.var(axis=0) / len(a) + b.var(axis=0) / len(b))
        return np.abs(a.mean(axis=0) - b.mean(axis=0)) / error

    one, two = study(fast).log[0][:, 0, :, 0], study(slow).log[0][:, 0, :, 0]
    assert np.all(apart(one, two) < 5)
    assert np.all(apart(one, two[:, ::-1]) > 5), "another depth is another distribution"


def test_any_program_is_studied():
    settings = program_settings(RNN, widths=(10, 20), inits=4, inner=(0.3,))
    found = study(settings)
    assert found.log[0].shape == (4, 1, 1, 2)
    task = dispersion_sweep(settings).tasks[0]
    module = tp.compile(tp.parse(RNN))
    params = module.init({"n": 10}, seed_sequence(0, "program", 10, 0))
    x = program_inputs(module, np.array([[1, 0.3], [0.3, 1]]), 0)
    np.testing.assert_allclose(x @ x.T / x.shape[1], [[1, 0.3], [0.3, 1]], atol=1e-12)
    K = empirical_kernel(module, params, x, "ntk").ntk
    K = K[:, 0, :, 0] if K.ndim == 4 else K
    made = measure_program(task)
    np.testing.assert_allclose(made["sign"] * np.exp(made["log"]), K[0], rtol=1e-10)
    assert found.csv().splitlines()[1].startswith(",,,,10,1.0,4,")


def test_programs_are_taken_in_blocks_that_cover_the_grid_early():
    settings = program_settings(TEXT, depths=(2, 3), sigma_w2=[1.0, 2.0], inits=7)
    tasks = dispersion_sweep(settings).tasks
    assert len(set(tasks)) == len(tasks) == 7 * 3 * 4
    inits = [task.init for task in tasks]
    assert set(inits[:12]) == {0}
    assert set(inits[12:24]) == {1}
    assert set(inits[24:48]) == {2, 3}
    changes = sum(a.constants != b.constants for a, b in pairwise(tasks))
    assert changes == 4 * 4 - 1, "a program is compiled once a block"


def test_programs_that_cannot_be_studied_are_refused():
    with pytest.raises(tp.TPError, match="no constant σ_w2"):
        study(program_settings(RNN, sigma_w2=[1.0, 2.0]))
    with pytest.raises(tp.TPError, match="at least 50"):
        study(program_settings(TEXT, **SMALL_PROGRAM, inner=(0.0,) * 49, inits=1))


def command(*arguments):
    return CliRunner().invoke(app, ["study", "dispersion", *arguments])


def test_the_command_writes_its_files_and_goes_on(tmp_path):
    options = ["--out", str(tmp_path / "a"), "--widths", "6,9", "--depths", "4", "--sigma-w2",
               "0:5:6", "--activation", "erf", "--workers", "0", "--figure", "svg"]  # fmt: skip
    first = command(*options, "--inits", "2")
    assert first.exit_code == 0, first.output
    assert "2 of 2 initializations" in first.output
    rows = (tmp_path / "a" / "dispersion.csv").read_text().splitlines()
    assert len(rows) == 1 + 2 * 4 * 6
    assert rows[1].startswith("erf,0.0,1.0,1,6,1.0,2,")
    assert (tmp_path / "a" / "dispersion.svg").read_text().startswith("<?xml")
    again = command(*options, "--inits", "3", "--seed", "1")
    assert "also keeps 4 results of other settings" in again.output


def test_the_command_studies_programs(tmp_path):
    (tmp_path / "p.tp").write_text(TEXT)
    grid = ["--widths", "5", "--depths", "2:3", "--sigma-w2", "1,2", "--activation", "erf"]
    rest = ["--set", "σ_b2=1/2", "--set", "d=3", "--inits", "2", "--workers", "0"]
    files = ["--out", str(tmp_path / "a"), "--program", str(tmp_path / "p.tp")]
    found = command(*files, *grid, *rest)
    assert found.exit_code == 0, found.output
    rows = (tmp_path / "a" / "dispersion.csv").read_text().splitlines()
    assert [row.split(",")[:5] for row in rows[1:]] == [
        ["erf", w, "", depth, "5"] for w in ("1.0", "2.0") for depth in ("2", "3")
    ]


def _tasks_done(path):
    if not path.exists():
        return 0
    with Store(path, "dispersion") as store:
        return len(store.keys())


def test_ctrl_c_leaves_a_figure_of_what_is_done(tmp_path):
    program = Path(sys.executable).with_name("tpgraph")
    options = ["--widths", "20", "--depths", "40", "--inits", "3000", "--workers", "0"]
    process = start([program, "study", "dispersion", "--out", tmp_path, *options])
    limit = time.monotonic() + 90
    while not _tasks_done(tmp_path / "results.sqlite"):
        assert time.monotonic() < limit
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, errors = process.communicate(timeout=90)
    assert process.returncode == 130
    assert "of 3000 initializations" in out
    assert "what is done is kept: the same command goes on with it\ninterrupted\n" in errors
    assert "Traceback" not in errors
    assert (tmp_path / "dispersion.png").read_bytes().startswith(b"\x89PNG")
    assert len((tmp_path / "dispersion.csv").read_text().splitlines()) == 1 + 40 * 100


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--widths", "a"], "--widths a is not understood"),
        (["--depths", "5:2"], "--depths 5:2 is not understood"),
        (["--at", "1"], "--at 1 is not understood"),
        (["--sigma-w2", "0:5"], "--sigma-w2 0:5 is not understood"),
        (["--activation", "tahn"], "tahn"),
    ],
)
def test_wrong_options_are_named(tmp_path, options, complaint):
    found = command("--out", str(tmp_path), *options)
    assert found.exit_code == 1
    assert complaint in str(found.exception)


def test_tasks_are_plain_data():
    task = dispersion_sweep(SMALL).tasks[0]
    assert isinstance(task, DeepTask)
    assert eval(repr(task)) == task
