"""Every file that a command reads × flipped and lost bytes: the right result, or an error by name.

What has a checksum never gives another number. TPGRAPH_TESTS=all tries ten times as many.
"""

from __future__ import annotations

import os
import shutil
import warnings
from pathlib import Path

import pytest
from damage import damaged
from small_network import PROGRAM, samples
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app

COUNT = 60 if os.environ.get("TPGRAPH_TESTS") == "all" else 4
DATA = samples(6)
COMPARE = (
    "compare p.tp --synthetic 4 --out R --widths 4,8 --steps 2 --seeds 2 --test 2"
    " --samples 4096 --members 4"
)
STUDY = "--out R --quick --widths 4 --depths 2 --inits 2 --workers 0"
MADE = {
    "SVG": ("draw p.tp -o f.svg", "f.svg", "show f.svg --text", ""),
    "PDF": ("draw p.tp -o f.pdf", "f.pdf", "show f.pdf --text", ""),
    "TikZ": ("draw p.tp -o f.tex", "f.tex", "show f.tex --text", ""),
    "NPZ": ("kernel p.tp --synthetic 3 -o f.npz", "f.npz", "run q.tp --width n=4 --data f.npz", ""),
    "parameters": (
        "train p.tp --width n=4 --data d.csv --out R --steps 2 --batch 2",
        "R/params.npz",
        "train p.tp --width n=4 --data d.csv --out R --steps 4 --batch 2 --resume",
        "R/losses.csv",
    ),
    "manifest": (
        "train p.tp --width n=4 --data d.csv --out R --steps 2 --batch 2",
        "R/manifest.json",
        "train p.tp --width n=4 --data d.csv --out R --steps 4 --batch 2 --resume",
        "R/losses.csv",
    ),
    "losses": (
        "train p.tp --width n=4 --data d.csv --out R --steps 2 --batch 2",
        "R/losses.csv",
        "train p.tp --width n=4 --data d.csv --out R --steps 4 --batch 2 --resume",
        "R/losses.csv",
    ),
    "comparison": (COMPARE, "R/manifest.json", f"{COMPARE} --resume", "R/comparison.csv"),
    "its results": (COMPARE, "R/runs.sqlite", f"{COMPARE} --resume", "R/comparison.csv"),
    "dispersion": (
        f"study dispersion {STUDY} --sigma-w2 2 --sigma-b2 0",
        "R/results.sqlite",
        f"study dispersion {STUDY} --sigma-w2 2 --sigma-b2 0",
        "R/dispersion.csv",
    ),
    "drift": (
        f"study drift {STUDY} --sigma-w2 2 --sigma-b2 0 --steps 2 --limit 4",
        "R/drift.sqlite",
        f"study drift {STUDY} --sigma-w2 2 --sigma-b2 0 --steps 2 --limit 4",
        "R/drift.csv",
    ),
    "function-variance": (
        f"study function-variance {STUDY} --at 1.5,0.1 --limit 2 --tests 2 --steps 2",
        "R/function-variance.sqlite",
        f"study function-variance {STUDY} --at 1.5,0.1 --limit 2 --tests 2 --steps 2",
        "R/function-variance.csv",
    ),
}
"""What makes a file, the file, what reads it, and where that result is (else in its output)."""
TEXTS = {
    "text": ("p.tp", PROGRAM, "check p.tp"),
    "document": ("p.json", tp.to_json(tp.parse(PROGRAM)), "check p.json"),
    "table": ("d.csv", DATA, "kernel p.tp --data d.csv"),
}
"""Files without a checksum: where they are read at all, they are read as they are."""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for name, text, _ in TEXTS.values():
        Path(name).write_text(text, encoding="utf-8")
    Path("q.tp").write_text(
        "width n\ndim d = 3\ndata ntk : d\nmatrix U : n × d ~ N(0, 1)\nh = U ntk\nm = mean(h^2)\n"
    )
    return folder


def done(command: str) -> str | None:
    """The output of a command, None where it refuses by a TPError; nothing else may come."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = CliRunner().invoke(app, command.split())
    told = f"{command}: {result.exception!r} {result.output[:300]}"
    assert isinstance(result.exception, tp.TPError | SystemExit | None), told
    assert result.exit_code in (0, 1), told
    return result.stdout if result.exit_code == 0 else None


@pytest.mark.parametrize("kind", MADE)
def test_what_has_a_checksum_gives_no_other_result(kind: str, here: Path) -> None:
    make, name, read, told = MADE[kind]
    assert done(make) is not None
    shutil.copytree(here, here.parent / "whole")
    right = done(read)
    assert right is not None
    right = Path(told).read_text(encoding="utf-8") if told else right
    content = (here.parent / "whole" / name).read_bytes()
    for other in damaged(content, COUNT):
        shutil.rmtree(here / "R", ignore_errors=True)
        shutil.copytree(here.parent / "whole", here, dirs_exist_ok=True)
        Path(name).write_bytes(other)
        found = done(read)
        if found is not None:
            found = Path(told).read_text(encoding="utf-8") if told else found
            assert found == right, (kind, len(other), len(content))


@pytest.mark.parametrize("kind", TEXTS)
def test_what_has_none_is_read_or_refused(kind: str) -> None:
    name, text, read = TEXTS[kind]
    assert done(read) is not None
    for other in damaged(text.encode(), 10 * COUNT):
        Path(name).write_bytes(other)
        done(read)
