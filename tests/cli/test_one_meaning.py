"""One option means one thing in every command, and one that would do nothing is refused."""

from __future__ import annotations

import inspect
import io
import json
from pathlib import Path

import numpy as np
import pytest
from command_line import WIGNER, commands, process, tpgraph

import tpgraph as tp
from tpgraph_cli.main import main

NET = tp.gallery.entry("one_hidden").text


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.tp"
    path.write_text(NET, encoding="utf-8")
    mup = NET.replace("parametrization ntk", "parametrization mup")
    (tmp_path / "mup.tp").write_text(mup, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kernel net.tp --explain --synthetic 3", "--synthetic: without effect beside --explain"),
        (
            "kernel net.tp --latex -o k.npz",
            "--out: without effect beside --explain and --latex, which print: > FILE",
        ),
        ("kernel net.tp --latex --seed 1 --rows 0:1", "--rows and --seed: without effect"),
        ("kernel net.tp --synthetic 3 --inits 2", "--inits: without effect at infinite width"),
        ("kernel net.tp --synthetic 3 --backend torch", "--backend: without effect"),
        ("kernel net.tp --synthetic 3 --width n=8 --samples 5000", "--samples: without effect"),
        ("kernel net.tp --synthetic 3 --width n=8 --engine exact", "--engine: without effect"),
        ("kernel net.tp --synthetic 3 --width n=8 --memory 9", "--memory: without effect"),
        ("kernel net.tp --synthetic 3 --engine exact --samples 5000", "--samples: without effect"),
        ("kernel net.tp --synthetic 3 --engine sampled --memory 9", "--memory: without effect"),
        ("kernel net.tp --synthetic 3 --columns ξ=a", "--columns chooses columns of --data FILE"),
        ("kernel net.tp --explain --latex", "choose one of --explain and --latex"),
        ("kernel net.tp --explain --standalone", "--standalone is for --latex"),
        ("limit net.tp --synthetic --engine exact --samples 5000", "--samples: without effect"),
        ("limit net.tp --synthetic --standalone", "--standalone is for --latex"),
        ("limit wigner --outputs sampled", "--outputs: without effect where the program declares"),
        ("limit net.tp --synthetic --json --latex", "choose one of --json and --latex"),
        ("limit net.tp --columns ξ=a", "--columns chooses columns of --data FILE"),
        ("show net.tp --text --standalone", "--standalone is for --latex"),
        ("compile net.tp --explain -o net.py", "--out: without effect beside --explain"),
        ("compile net.tp --explain --backend jax", "--backend: without effect beside --explain"),
        ("coordcheck net.tp --synthetic 20 --json --csv -", "both print"),
        ("study phase tanh --json", "--json: without effect without --at"),
        ("study phase tanh --at 1,1 --csv -", "--csv: without effect beside --at"),
        ("limit net.tp --synthetic --theme dark", "--theme: without effect where nothing is drawn"),
        ("run net.tp --width n=4 --synthetic --numbers var", "--numbers: without effect where"),
        ("limit net.tp --synthetic --engine exact --seed 1", "--seed: without effect"),
        ("kernel net.tp --data x.csv --engine exact --seed 1", "--seed: without effect"),
        ("show net.tp --pass sgd --momentum 0.5", "--momentum acts from the second step on"),
        ("show net.tp --pass sgd --of loss", "--of is for --pass backward: SGD is on the loss"),
        ("fmt net.tp --check -o other.tp", "--check writes nothing"),
        ("draw net.tp -o n.svg --dpi 300", "--dpi: without effect on svg, but on png"),
        ("draw net.tp -o n.pdf --pixels 300", "--pixels: without effect on pdf, but on png"),
        ("draw net.tp -o n.png --pixels 300 --dpi 300", "--dpi: without effect beside --pixels"),
        ("draw net.tp -o n.tex --text", "--text: without effect on tex, but on svg, pdf, eps"),
        ("draw net.tp -o n.dot --legend", "--legend: without effect on dot"),
        ("draw net.tp -o n.json --transparent", "--transparent: without effect on json"),
        ("draw net.tp -o n.html --frames --dpi 99", "--dpi: without effect beside --frames"),
        ("draw net.tp -o n.svg --frames --width 9cm", "--width: without effect beside --frames"),
        ("draw mlp -o n.svg --watch", "--watch looks at a file, and mlp is none"),
        ("compare mup.tp --synthetic 9 --out c --members 5", "--members: without effect"),
        ("study dispersion --out d --program net.tp --quick", "--quick: without effect beside"),
        ("study dispersion --out d --program net.tp --at 1,1", "--at: without effect beside"),
        ("study dispersion --out d --set L=2", "--set: without effect without --program"),
        ("study dispersion --out d --at 1,1 --sigma-w2 1", "--sigma-w2: without effect beside"),
        ("study dispersion --out d --scheduler tcp://a:1 --workers 2", "--workers: without effect"),
        ("study drift --out d --names L,s,b", "--names: without effect without --program"),
        ("study drift --out d --patience 0 --tolerance 1", "--tolerance: without effect beside"),
        ("study function-variance --out d --preset fig5 --lr 1", "--lr: without effect on fig5"),
        (
            "study function-variance --out d --preset fig6 --no-normalize --inits 2",
            "--inits and --normalize: without effect on fig6",
        ),
        ("study function-variance --out d --correlations 0", "--correlations: without effect"),
        (
            "study function-variance --out d --activation relu --activation tanh",
            "several of --activation are for fig5 and fig6",
        ),
    ],
)
def test_an_option_without_effect_is_a_usage_error(net: Path, line: str, said: str) -> None:
    done = tpgraph(*line.split())
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert {path.name for path in net.parent.iterdir()} == {"net.tp", "mup.tp"}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kernel net.tp --width n=8 --synthetic 3 --seeds 2", "Did you mean --inits?"),
        ("compare net.tp --synthetic 9 --inits 2", "Did you mean --seeds?"),
        ("run net.tp --width 64", "error: --width 64 names no width"),
        ("run net.tp --width n=0", "error: n=0 is out of range"),
        ("run net.tp --width n 0", "Write --width n=0"),
        ("show net.tp --set L", "error: L is not understood"),
        ("show net.tp --set d=2 --set d=3", "--set gives d twice"),
        ("show net.tp --set d=2,k=3", "error: d=2,k=3 is not understood"),
        ("show net.tp --set d=2,k=3", "mend: write --set d=2 --set k=3"),
        ("show net.tp --set φ=tanh", "error: φ=tanh is not understood"),
        ("run net.tp --width n=4,n=8", "write --width n=4 --width n=8"),
        ("draw net.tp -o x.pdf --frames --caption x=a --caption x=b", "--caption gives x twice"),
        ("draw net.tp -o x.pdf --frames --caption 1=a --caption 01=b", "by one number twice"),
        ("draw net.tp -o x.pdf --frames --caption x=", "error: x= has no words"),
        ("draw net.tp -o x.pdf --frames --caption x", "error: x is not understood"),
        ("kernel net.tp --data a.csv --columns ξ=", "error: ξ= is not understood"),
        ("import m.py:M --width n=4 --input x=2 --tokens x=2", "x has a shape by --input and"),
        ("import m.py:M --width n=4 --input x=2 --input x=3", "--input gives x twice"),
        ("import m.py:M --width n=4 --input 2=x", "error: 2=x is not understood"),
        ("study dispersion --out d --colors virids", "no colour map 'virids'"),
        ("study dispersion --out d --colors virids", "Did you mean viridis?"),
        ("study drift --out d --preset fig33", "fig33 is none of fig3, fig4"),
        ("study function-variance --out d --preset fig7", "fig7 is none of trained, fig5, fig6"),
        ("draw net.tp -o x.svg --show io,dim", "Did you mean dims?"),
        ("draw net.tp -o x.svg --exercise gate", "Did you mean gates?"),
        ("draw net.tp -o x.html --frames --seconds 2", "x.html does not move"),
        ("draw net.tp -o x.svg --frames --handout 2x4", "x.svg is no handout"),
        ("limit net.tp --cov x", "--cov x is not understood"),
        ("limit net.tp --data a.csv --synthetic", "two ways to one sample"),
        ("kernel net.tp", "the kernel is over samples"),
        ("kernel net.tp --data a.csv --rows x --columns ξ", "error: ξ is not understood"),
        ("compare net.tp --out c", "either --data FILE or --synthetic COUNT"),
        ("coordcheck net.tp", "the check is over samples"),
        ("compare-parametrizations net.tp --data a.csv --synthetic", "the comparison is over"),
        ("study drift --out d --widths a", "--widths a is not understood"),
        ("study phase --at 1", "--at 1 is not understood"),
        ("limit net.tp --lr 0 --pass sgd", "0 is out of range"),
    ],
)
def test_what_is_no_value_of_an_option_is_a_usage_error(
    net: Path,
    line: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["tpgraph", *line.split()])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())


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
    with pytest.raises(tp.TPDataError, match="makes up too few samples, 3 are needed"):
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


def test_a_data_file_is_read_by_the_same_options_everywhere() -> None:
    """Only what judges a run has none of them: its manifest says how its samples are read."""
    known = {name.split()[-1]: command for name, command in commands()}
    reading = {n for n, c in known.items() if any(p.name == "data" for p in c.params)}
    for name in reading - {"evaluate", "predict"}:
        options = {p.name: p for p in known[name].params}
        assert {"columns", "standardize", "missing"} <= options.keys(), name
        assert options["missing"].default == "refuse"
        assert options["standardize"].default == "none"
    assert {"train", "compare", "coordcheck", "kernel", "limit", "run", "draw", "drift"} <= reading
    for function in (tp.train, tp.load_data, tp.study.compare, tp.study.coordinate_check,
                     tp.study.compare_parametrizations, tp.study.drift_samples):  # fmt: skip
        assert {"columns", "standardize", "missing"} <= inspect.signature(
            function
        ).parameters.keys()


def test_samples_are_standardized_wherever_a_table_is_read(net: Path) -> None:
    program = tp.parse(NET)
    x, y = program.data[0].variable.name, program.targets[0].variable.name
    size = program.data[0].variable.dim.size({})
    table = np.random.default_rng(1).normal(3.0, 2.0, (9, size + 1)).round(2)
    names = [f"c{i}" for i in range(size)]
    lines = [",".join(map(str, row)) for row in (["t", *names], *table.tolist())]
    Path("a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    wanted = (table - table.mean(0)) / table.std(0)
    np.savez("b.npz", **{x: wanted[:, 1:], y: wanted[:, :1]})
    chosen = ("--columns", f"{x}={','.join(names)}", "--columns", f"{y}=t", "--standardize")
    found = tp.load_data("a.csv", program, columns={x: names, y: ["t"]}, standardize="all")
    np.testing.assert_allclose(found.arrays[y], wanted[:, :1], atol=1e-12)
    for line in (
        "run net.tp --width n=8 --sample 3", "limit net.tp --sample 3", "kernel net.tp",
        "coordcheck net.tp --widths 8,16 --batch 4 --seeds 1 --steps 1",
    ):  # fmt: skip
        own = tpgraph(*line.split(), "--data", "a.csv", *chosen, "all")
        assert own.exit_code == 0, own.output
        assert own.stdout == tpgraph(*line.split(), "--data", "b.npz").stdout, line
        plain = tpgraph(*line.split(), "--data", "a.csv", *chosen, "none")
        assert plain.exit_code == 0
        assert plain.stdout != own.stdout
        bad = tpgraph(*line.split(), "--synthetic", "8", "--standardize", "data")
        assert bad.exit_code == 2
        assert "--standardize is for the samples of --data FILE" in " ".join(bad.stderr.split())


def test_rows_with_missing_values_are_left_out_wherever_a_table_is_read(net: Path) -> None:
    program = tp.parse(NET)
    x, y = program.data[0].variable.name, program.targets[0].variable.name
    size = program.data[0].variable.dim.size({})
    table = np.random.default_rng(1).normal(0.0, 1.0, (8, size + 1)).round(3)
    np.savez("b.npz", **{x: table[:, 1:], y: table[:, :1]})
    gone = np.insert(table, 3, np.nan, axis=0)
    np.savez("c.npz", **{x: gone[:, 1:], y: gone[:, :1]})
    lines = [",".join(map(str, row)) for row in ([y, *(f"{x}_{i}" for i in range(size))], *table)]
    lines.insert(4, "NA," + lines[1].partition(",")[2])
    lines.insert(6, lines[1].rpartition(",")[0] + ",")
    Path("a.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for line in (
        "run net.tp --width n=8 --sample 3", "limit net.tp --sample 5",
        "coordcheck net.tp --widths 8,16 --batch 4 --seeds 1 --steps 1",
    ):  # fmt: skip
        with pytest.warns(tp.TPWarning, match=r"a\.csv: 2 of 10 rows left out.*: lines 5, 7"):
            own = tpgraph(*line.split(), "--data", "a.csv", "--missing", "drop")
        assert own.exit_code == 0, own.output
        whole = tpgraph(*line.split(), "--data", "b.npz", "--missing", "drop")
        assert whole.stdout == own.stdout, line
        with pytest.warns(tp.TPWarning, match=r"c\.npz: 1 of 9 rows left out.*: row 3"):
            arrays = tpgraph(*line.split(), "--data", "c.npz", "--missing", "drop")
        assert arrays.stdout == own.stdout, line
        refused = tpgraph(*line.split(), "--data", "a.csv")
        assert isinstance(refused.exception, tp.TPDataError)
        assert "2 cells in 2 rows are no finite numbers" in str(refused.exception)
        assert "--missing drop" in str(refused.exception)
        bad = tpgraph(*line.split(), "--synthetic", "8", "--missing", "drop")
        assert bad.exit_code == 2
        assert "--missing is for the samples of --data FILE" in " ".join(bad.stderr.split())


@pytest.mark.parametrize("line", ["show net.tp", "limit net.tp --synthetic", "kernel net.tp"])
def test_latex_is_a_fragment_and_a_document_where_that_is_asked(net: Path, line: str) -> None:
    fragment, document = (
        tpgraph(*line.split(), "--latex", *form).stdout for form in ((), ("--standalone",))
    )
    assert document.startswith("\\documentclass")
    assert document.endswith("\\end{document}\n")
    assert "documentclass" not in fragment
    assert fragment.strip() in document


def test_a_kernel_of_what_has_no_data_says_so(net: Path) -> None:
    net.write_text(WIGNER, encoding="utf-8")
    with pytest.raises(tp.TPDataError, match="declare data"):
        raise tpgraph("kernel", "net.tp").exception or AssertionError


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kernel net.tp --synthetic 3 --samples 5000 --seed 1", "--samples had no effect"),
        ("limit net.tp --synthetic --samples 5000 --seed 1", "--samples and --seed had no effect"),
        ("limit net.tp --synthetic --seed 1 --outputs sampled", ""),
        ("limit net.tp --synthetic --samples 5000 --engine sampled", ""),
    ],
)
def test_an_option_that_turned_out_to_do_nothing_is_said(net: Path, line: str, said: str) -> None:
    done = process(*line.split())
    assert done.returncode == 0
    told = [text for text in done.stderr.splitlines() if "no effect" in text]
    assert len(told) == bool(said)
    assert said in "".join(told)
