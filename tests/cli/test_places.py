"""Every command tries the places it writes to before it begins, and never writes over its input."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import tpgraph as tp
from tpgraph import files
from tpgraph_cli.main import app

NETWORK = """\
program net
width n
dim d = 2
parametrization ntk
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
f = V tanh(U ξ)
output f
loss (f - y)^2 / 2
"""
FILES = {
    "compile": ("compile", "p.tp", "-o", "{}.py"),
    "draw": ("draw", "p.tp", "-o", "{}.svg"),
    "draw --frames": ("draw", "p.tp", "--frames", "-o", "{}.pdf"),
    "gallery": ("gallery", "mlp", "-o", "{}.svg"),
    "kernel": ("kernel", "p.tp", "--synthetic", "3", "-o", "{}.npz"),
    "kernel --plot": ("kernel", "p.tp", "--synthetic", "3", "--plot", "{}.svg"),
    "coordcheck": ("coordcheck", "p.tp", "--synthetic", "3", "-o", "{}.svg"),
    "coordcheck --csv": ("coordcheck", "p.tp", "--synthetic", "3", "--csv", "{}.csv"),
    "phase": ("study", "phase", "-o", "{}.svg"),
    "phase --csv": ("study", "phase", "--csv", "{}.csv"),
}
"""Commands that write one file; they would fail at once on p.tp, which is not there."""
FOLDERS = {
    "gallery": ("gallery", "-o", "{}"),
    "train": ("train", "p.tp", "--data", "d.csv", "--out", "{}"),
    "compare": ("compare", "p.tp", "--synthetic", "9", "--out", "{}"),
    "dispersion": ("study", "dispersion", "--quick", "--out", "{}"),
    "drift": ("study", "drift", "--quick", "--out", "{}"),
    "function-variance": ("study", "function-variance", "--quick", "--out", "{}"),
    "kappas": ("study", "function-variance", "--preset", "fig5", "--out", "{}"),
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tpgraph(command: tuple[str, ...], place: str = "") -> Result:
    return CliRunner().invoke(app, [part.format(place) for part in command])


def refusal(command: tuple[str, ...], place: str = "") -> str:
    """What a command says that refuses its place, which is before it reads its program."""
    done = tpgraph(command, place)
    assert isinstance(done.exception, tp.TPError), done.output
    return str(done.exception)


@pytest.mark.parametrize("command", FILES.values(), ids=FILES)
def test_a_file_is_tried_first(
    command: tuple[str, ...], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "the folder nodir is missing" in refusal(command, "nodir/x")
    for ending in ("py", "svg", "pdf", "npz", "csv"):
        (here / f"folder.{ending}").mkdir()
    assert "it is a folder" in refusal(command, "folder")

    def full(*arguments: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as broken:
        broken.setattr(files.secrets, "token_hex", full)
        assert "No space left on device" in refusal(command, "x")


@pytest.mark.parametrize("command", FOLDERS.values(), ids=FOLDERS)
def test_a_folder_is_tried_first(
    command: tuple[str, ...], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "file").write_text("")
    assert "file is a file, where a folder is wanted" in refusal(command, "file")
    assert "folder file/a cannot be made" in refusal(command, "file/a")
    (here / "there").mkdir()
    monkeypatch.setattr(files, "_may_write", lambda path: False)
    assert "cannot be made: Permission denied" in refusal(command, "new/a")
    assert not (here / "new").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("train", "p.tp", "--data", "R/losses.csv", "--out", "R"),
        ("train", "R/manifest.json", "--data", "d.csv", "--out", "R"),
        ("compare", "p.tp", "--data", "R/comparison.csv", "--out", "R"),
        ("compare", "p.tp", "--synthetic", "9", "--test", "R/comparison.csv", "--out", "R"),
        ("study", "drift", "--data", "R/drift.csv", "--out", "R"),
        ("study", "function-variance", "--data", "R/function-variance.csv", "--out", "R"),
        ("study", "dispersion", "--program", "R/dispersion.csv", "--out", "R"),
        ("coordcheck", "p.tp", "--data", "d.csv", "--csv", "d.csv"),
        ("coordcheck", "p.tp", "--data", "d.csv", "--csv", "link.csv"),
        ("kernel", "p.tp", "--data", "d.npz", "-o", "d.npz"),
        ("kernel", "p.tp", "--data", "d.csv", "-o", "./p.tp"),
        ("compile", "p.tp", "-o", "p.tp"),
        ("draw", "p.json", "-o", "p.json"),
        ("draw", "p.svg"),
        ("draw", "p.png", "-f", "png"),
    ],
)
def test_nothing_is_written_over_what_is_read(command: tuple[str, ...], here: Path) -> None:
    (here / "R").mkdir()
    names = ["p.tp", "p.json", "p.svg", "p.png", "d.csv", "d.npz", "R/losses.csv"]
    names += ["R/manifest.json", "R/comparison.csv", "R/drift.csv", "R/dispersion.csv"]
    names += ["R/function-variance.csv"]
    for name in names:
        (here / name).write_text("precious")
    (here / "link.csv").symlink_to("d.csv")
    assert "is read, and would be written over" in refusal(command)
    assert {(here / name).read_text() for name in names} == {"precious"}


def test_a_scene_without_a_name_is_put_over_no_program(here: Path) -> None:
    (here / "p.tp").write_text(NETWORK, encoding="utf-8")
    (here / "p.json").write_text(tp.to_json(tp.parse(NETWORK)), encoding="utf-8")
    before = (here / "p.json").read_bytes()
    for program in ("p.tp", "p.json"):
        assert tpgraph(("draw", program, "-f", "json")).exit_code == 0
        assert (here / "p.json").read_bytes() == before
        assert (here / "p.scene.json").exists()
        (here / "p.scene.json").unlink()


def test_two_results_have_two_places(here: Path) -> None:
    command = ("kernel", "p.tp", "--synthetic", "3", "-o", "x.svg", "--plot", "./x.svg")
    assert "two results are to be written to x.svg" in refusal(command)


def test_a_picture_is_drawn_again_in_its_place(here: Path) -> None:
    (here / "p.tp").write_text(NETWORK, encoding="utf-8")
    assert tpgraph(("draw", "p.tp")).exit_code == 0
    light = (here / "p.svg").read_text(encoding="utf-8")
    assert tpgraph(("draw", "p.svg", "--theme", "dark", "-o", "p.svg")).exit_code == 0
    dark = (here / "p.svg").read_text(encoding="utf-8")
    assert light != dark
    assert tp.extract_program(dark.encode()) == tp.extract_program(light.encode())


def test_results_go_through_links_and_into_pipes(here: Path) -> None:
    (here / "p.tp").write_text(NETWORK.replace("=", "  ="), encoding="utf-8")
    (here / "p.tp").chmod(0o600)
    (here / "l.tp").symlink_to("p.tp")
    assert tpgraph(("fmt", "l.tp")).exit_code == 0
    assert (here / "l.tp").is_symlink()
    assert (here / "p.tp").read_text(encoding="utf-8") == tp.format_text(NETWORK)
    assert stat.S_IMODE((here / "p.tp").stat().st_mode) == 0o600
    os.mkfifo(here / "pipe.svg")
    reader = subprocess.Popen(["cat", "pipe.svg"], stdout=subprocess.PIPE)
    assert tpgraph(("draw", "p.tp", "-o", "pipe.svg")).exit_code == 0
    drawn, _ = reader.communicate()
    assert drawn.count(b"<svg") == 1
    assert stat.S_ISFIFO((here / "pipe.svg").stat().st_mode)


@pytest.mark.parametrize(
    "arguments",
    [
        "check p.tp", "show p.tp", "show p.tp --json", "draw p.tp -o -", "compile p.tp",
        "fmt p.tp -o -", "run p.tp --width n=4 --synthetic", "limit p.tp --synthetic",
        "kernel p.tp --synthetic 2", "kernel p.tp --synthetic 2 -o -", "gallery", "gallery mlp",
        "study phase --at 1,1", "compile p.tp -o /dev/full",
        "kernel p.tp --synthetic 2 -o /dev/full",
    ],
)  # fmt: skip
def test_a_full_output_is_an_error(arguments: str, here: Path) -> None:
    (here / "p.tp").write_text(NETWORK, encoding="utf-8")
    program = Path(sys.executable).with_name("tpgraph")
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [program, *arguments.split()], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_a_closed_output_is_an_error(here: Path) -> None:
    (here / "p.tp").write_text(NETWORK, encoding="utf-8")
    program = Path(sys.executable).with_name("tpgraph")
    done = subprocess.run(
        f"{program} compile p.tp >&-", shell=True, stderr=subprocess.PIPE, text=True
    )
    assert (done.returncode, "standard output is closed" in done.stderr) == (1, True)
