"""One option means one thing in every command, and one that would do nothing is refused."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from command_line import WIGNER, tpgraph

import tpgraph as tp

NET = tp.gallery.entry("one_hidden").text


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.tp"
    path.write_text(NET, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kernel net.tp --explain --synthetic 3", "--synthetic: without effect beside --explain"),
        ("kernel net.tp --latex -o k.npz", "--out: without effect beside --explain and --latex"),
        ("kernel net.tp --latex --seed 1 --rows 0:1", "--rows and --seed: without effect"),
        ("kernel net.tp --synthetic 3 --inits 2", "--inits: without effect at infinite width"),
        ("kernel net.tp --synthetic 3 --backend torch", "--backend: without effect"),
        ("kernel net.tp --synthetic 3 --width n=8 --samples 5000", "--samples: without effect"),
        ("kernel net.tp --synthetic 3 --width n=8 --engine exact", "--engine: without effect"),
        ("kernel net.tp --synthetic 3 --width n=8 --memory 9", "--memory: without effect"),
        ("kernel net.tp --synthetic 3 --engine exact --samples 5000", "--samples: without effect"),
        ("kernel net.tp --synthetic 3 --engine sampled --memory 9", "--memory: without effect"),
        ("kernel net.tp --synthetic 3 --columns ξ=a", "--columns chooses columns of --data FILE"),
        ("kernel net.tp --explain --standalone", "--standalone and --fragment are for --latex"),
        ("limit net.tp --synthetic --engine exact --samples 5000", "--samples: without effect"),
        ("limit net.tp --synthetic --fragment", "--standalone and --fragment are for --latex"),
        ("limit net.tp --synthetic --json --latex", "choose one of --json and --latex"),
        ("limit net.tp --columns ξ=a", "--columns chooses columns of --data FILE"),
        ("show net.tp --text --standalone", "--standalone and --fragment are for --latex"),
        ("compile net.tp --explain -o net.py", "--out: without effect beside --explain"),
        ("compile net.tp --explain --backend jax", "--backend: without effect beside --explain"),
        ("coordcheck net.tp --synthetic 20 --json --csv -", "both print"),
        ("study phase tanh --json", "--json: without effect without --at"),
        ("study phase tanh --at 1,1 --csv -", "--csv: without effect beside --at"),
    ],
)
def test_an_option_without_effect_is_a_usage_error(net: Path, line: str, said: str) -> None:
    done = tpgraph(*line.split())
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert list(net.parent.iterdir()) == [net]


def test_a_default_that_is_said_has_as_little_effect(net: Path) -> None:
    assert tpgraph("kernel", "net.tp", "--synthetic", "3", "--inits", "1").exit_code == 2
    assert tpgraph("kernel", "net.tp", "--synthetic", "3").exit_code == 0


def rows(*line: str) -> int:
    done = tpgraph("kernel", "net.tp", *line, "-o", "-")
    assert done.exit_code == 0, done.stderr
    return len(np.load(io.BytesIO(done.stdout_bytes))["nngp"])


def test_made_up_samples_have_a_number_or_none_everywhere(net: Path) -> None:
    assert rows("--synthetic", "3") == rows("--synthetic=3") == 3
    assert rows("--synthetic") == 64
    done = tpgraph("kernel", "--synthetic", "net.tp", "-o", "k.npz")
    assert done.exit_code == 0
    assert "wrote k.npz" in done.stderr
    line = ("net.tp", "--width", "n=8", "--json")
    bare, one = (tpgraph("run", *line, "--synthetic", *n).stdout for n in ((), ("1",)))
    assert bare == one
    assert tpgraph("run", "--synthetic", *line).stdout == bare
    for wrong in ("0", "-1", "2.5", "1e3"):
        for command in ("run", "limit", "kernel", "coordcheck"):
            done = tpgraph(command, "net.tp", "--synthetic", wrong)
            assert done.exit_code == 2, (command, wrong)
            assert "a whole number ≥ 1" in done.stderr


def test_a_sample_is_one_of_those_made_up(net: Path) -> None:
    line = ("run", "net.tp", "--width", "n=8", "--json", "--sample", "2")
    assert tpgraph(*line, "--synthetic").stdout == tpgraph(*line, "--synthetic", "3").stdout
    with pytest.raises(tp.TPDataError, match="2 samples are made up, and 3 are needed"):
        raise tpgraph(*line, "--synthetic", "2").exception or AssertionError


def test_the_seed_makes_up_the_samples_of_a_kernel(net: Path) -> None:
    first, same, other = (
        tpgraph("kernel", "net.tp", "--synthetic", "3", "--seed", s).stdout for s in "001"
    )
    assert first == same != other


def test_columns_are_chosen_wherever_a_table_is_read(net: Path) -> None:
    program = tp.parse(NET)
    size = program.data[0].variable.dim.size({})
    names = [f"c{i}" for i in range(size)]
    Path("a.csv").write_text(
        f"label,{','.join(names)}\n" + "".join(f"{k},{','.join(['0.5'] * size)}\n" for k in (1, 2)),
        encoding="utf-8",
    )
    data = program.data[0].variable.name
    chosen = ("--data", "a.csv", "--columns", f"{data}={','.join(names)}")
    assert rows(*chosen) == 2
    target = ("--columns", f"{program.targets[0].variable.name}=label", "--json")
    run = json.loads(tpgraph("run", "net.tp", "--width", "n=8", *chosen, *target).stdout)
    assert run["vectors"][data]["mean"] == 0.5
    assert tpgraph("limit", "net.tp", *chosen, *target).exit_code == 0


@pytest.mark.parametrize(
    ("line", "by_itself"),
    [("show net.tp", True), ("limit net.tp --synthetic", False), ("kernel net.tp", False)],
)
def test_latex_is_a_fragment_or_a_document(net: Path, line: str, by_itself: bool) -> None:
    plain, fragment, document = (
        tpgraph(*line.split(), "--latex", *form).stdout
        for form in ((), ("--fragment",), ("--standalone",))
    )
    assert plain == (document if by_itself else fragment)
    assert document.startswith("\\documentclass")
    assert document.endswith("\\end{document}\n")
    assert "documentclass" not in fragment
    assert fragment.strip() in document


def test_a_kernel_of_what_has_no_data_says_so(net: Path) -> None:
    net.write_text(WIGNER, encoding="utf-8")
    with pytest.raises(tp.TPDataError, match="declare data"):
        raise tpgraph("kernel", "net.tp").exception or AssertionError
