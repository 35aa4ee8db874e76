"""What is no program says what it is; what a run could not compute says where."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from command_line import process

import tpgraph as tp

HEAD = "program p\nwidth n\nvector u : n ~ N(0, 1)\n"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.csv", "a table of data"),
        ("a.CSV", "a table of data"),
        ("a.npz", "a file of arrays"),
        ("a.npy", "an array"),
        ("a.py", "Python code"),
        ("a.ipynb", "a notebook"),
    ],
)
def test_a_file_of_another_kind_is_no_program(tmp_path: Path, name: str, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"import torch\nx,y\n1,2\n")
    with pytest.raises(tp.TPDataError, match=f"is {said}, not a program") as raised:
        tp.load(path)
    assert raised.value.mend
    path.write_bytes(b"\x93NUMPY\xff\xfe")
    with pytest.raises(tp.TPDataError, match=f"is {said}, not a program"):
        tp.load(path)


@pytest.mark.parametrize(
    ("command", "mend"),
    [
        ("show mpl.tp", "did you mean mlp.tp?"),
        ("show mlp.tpp", None),
        ("show rnn.tp", "the gallery has rnn: give that name"),
        ("run mlp.tp --data iri.csv", "did you mean iris.csv?"),
        ("import modle.py:Net --width n=4 --input x=4", "did you mean model.py?"),
        ("show none/of/it.tp", None),
    ],
)
def test_of_a_file_that_is_not_there_the_nearest_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, mend: str | None
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("mlp.tp", "iris.csv", "model.py"):
        (tmp_path / name).write_text(tp.gallery.entry("mlp").text)
    done = process(*command.split())
    assert done.returncode == 2
    assert "cannot be read: No such file or directory" in done.stderr
    assert (f"mend: {mend}" in done.stderr) if mend else "mend" not in done.stderr


def test_commands_say_so_once(tmp_path: Path) -> None:
    path = tmp_path / "ok.csv"
    path.write_text("a,b\n1,2\n3,4\n", encoding="utf-8")
    done = process("check", str(path))
    assert done.returncode == 1
    assert done.stderr.count("error:") == 1
    assert "--data" in done.stderr


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            "a = log(u)\nb = sqrt(u)\n",
            r":4:5: a is not finite in this network: log\(u\) of -",
        ),
        (
            "a = exp(800 * u^2)\nm = mean(a)\n",
            ":4:5: a is not finite in this network: exp",
        ),
    ],
)
def test_a_run_names_the_instruction_that_is_not_finite(lines: str, said: str) -> None:
    with pytest.warns(tp.TPWarning, match=said) as caught:
        tp.run(tp.parse(HEAD + lines), {"n": 50})
    assert len(caught) == 1


def test_what_overflows_on_its_way_to_a_number_is_no_warning(
    recwarn: pytest.WarningsRecorder,
) -> None:
    values = tp.run(tp.parse(HEAD + "a = 1 / (1 + exp(1000 * u))\n"), {"n": 50})
    assert math.isfinite(values["vectors"]["a"]["mean"])
    assert not recwarn.list
    assert np.geterr()["over"] == "warn"
