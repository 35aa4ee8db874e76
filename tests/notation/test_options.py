"""Options of `draw`, in Python and on the command line."""

import io
import json
import re

import pytest
from PIL import Image
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph.errors import TPDataError, TPLimitError, TPNameError, TPWarning
from tpgraph.notation.diagram.marks import diagram_of
from tpgraph.notation.layout.effort import estimate
from tpgraph_cli.main import app
from tpgraph_cli.numbers import OptionError

MLP = tp.gallery.entry("mlp")


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def mlp(tmp_path):
    path = tmp_path / "mlp.tp"
    path.write_text(MLP.text, encoding="utf-8")
    return path


def long(name, constant, value):
    text = tp.gallery.entry(name).text
    return tp.parse(re.sub(rf"const {constant} *= *\d+", f"const {constant} = {value}", text))


def test_a_legend_names_the_marks_below_the_picture():
    scene = tp.draw(MLP.program(), legend=True).scene
    texts = " ".join(label.text for label in scene.legend.labels)
    for word in ("G-var", "X-var", "Nonlin", "MatMul"):
        assert word in texts
    assert "Moment" not in texts
    assert scene.legend.top < min(node.y - node.height / 2 for node in scene.nodes)


def test_a_theme_by_its_name():
    assert tp.draw(MLP.program(), theme="dark").style.background == "#14181f"
    with pytest.raises(TPNameError, match="no theme 'drak'"):
        tp.draw(MLP.program(), theme="drak")


@pytest.mark.parametrize("kind", ["svg", "pdf", "tex"])
def test_a_picture_opens_as_its_program(mlp, kind):
    out = mlp.with_suffix(f".{kind}")
    assert run("draw", str(mlp), "-o", str(out)).exit_code == 0
    assert tp.load(out) == MLP.program()
    assert run("fmt", str(out), "-o", "-").output == tp.format_text(MLP.text)
    again = mlp.with_name("again.json")
    assert run("draw", str(out), "-o", str(again)).exit_code == 0
    assert json.loads(again.read_text())["title"] == "mlp"


def test_fmt_does_not_overwrite_a_picture(mlp):
    out = mlp.with_suffix(".svg")
    run("draw", str(mlp), "-o", str(out))
    before = out.read_bytes()
    done = run("fmt", str(out))
    assert done.exit_code == 2
    assert "name the program's own file with -o" in re.sub(r"\s+", " ", done.output)
    assert out.read_bytes() == before


def test_a_picture_without_a_program(mlp):
    out = mlp.with_suffix(".svg")
    tp.draw(MLP.program(), out, source="")
    out.write_text(re.sub("<metadata.*</metadata>", "", out.read_text(), flags=re.DOTALL))
    with pytest.raises(TPDataError, match="a picture without a program"):
        tp.load(out)
    with Image.open(io.BytesIO(tp.draw(MLP.program()).png(50))) as image:
        image.save(mlp.with_suffix(".png"))
    with pytest.raises(TPDataError, match="a picture without a program"):
        tp.load(mlp.with_suffix(".png"))


def test_a_program_from_json_is_carried_as_text(mlp):
    document = mlp.with_suffix(".json")
    document.write_text(tp.to_json(MLP.program()), encoding="utf-8")
    out = mlp.with_suffix(".svg")
    assert run("draw", str(document), "-o", str(out)).exit_code == 0
    assert tp.load(out) == MLP.program()


def test_options_of_the_command_line(mlp):
    out = mlp.with_suffix(".json")

    def scene(*options):
        done = run("draw", str(mlp), "-o", str(out), *options)
        assert done.exit_code == 0, done.output
        return json.loads(out.read_text())

    assert scene("--legend")["legend"] is not None
    assert [p["id"] for p in scene("--paths", "W[2]", "--paths", "W[3]")["paths"]] == ["p", "q"]
    mlp.write_text(MLP.text.replace("const L = 3", "const L = 30"), encoding="utf-8")
    assert len(scene("--fold")["plates"]) == 1
    mlp.write_text(tp.gallery.entry("resnet").text, encoding="utf-8")
    before = scene()
    assert scene("--reduced")["nodes"] != before["nodes"]
    assert "#f0e442" in run("draw", str(mlp), "-o", "-", "--theme", "teaching").output
    assert len(scene("--pass", "backward", "--fold")["plates"]) == 1
    exact = scene("--pass", "sgd")
    assert scene("--pass", "sgd", "--form", "fluctuation")["nodes"] != exact["nodes"]
    folded = scene("--pass", "sgd", "--steps", "4", "--fold")
    assert [plate["id"] for plate in folded["plates"]] == ["t", "l", "l"]


@pytest.mark.parametrize("passes", ["forward", "backward"])
@pytest.mark.parametrize(("layers", "folds"), [(2, False), (9, True)])
def test_who_asks_for_a_fold_is_told_where_there_is_none(mlp, layers, folds, passes):
    mlp.write_text(MLP.text.replace("const L = 3", f"const L = {layers}"), encoding="utf-8")
    options = "-o", str(mlp.with_suffix(".svg")), "--pass", passes
    said = run("draw", str(mlp), "--fold", *options).stderr
    told = "nothing is folded: too little repeats; with --set L=6 it is"
    assert said.count("nothing is folded") == said.count(told) == (not folds)
    assert "nothing is folded" not in run("draw", str(mlp), *options).stderr


NAMED = """width n
vector u : n ~ N(0, 1)
matrix A, B, C, D : n × n ~ N(0, 1)
x = tanh(A u)
y = tanh(B x)
z = tanh(C y)
v = tanh(D z)
"""
IN_A_LOOP = """width n
const L = 4
vector u : n ~ N(0, 1)
matrix W[1..L] : n × n ~ N(0, 1)
x[0] = u
for l in 1..L:
    x[l] = tanh(W[l] x[l-1])
"""


def test_layers_named_one_by_one_fold_as_it_is_said():
    with pytest.warns(TPWarning, match=re.escape("have one name, x[l] of x[l-1] for l in 1..L")):
        tp.draw(tp.parse(NAMED), fold=True)
    assert len(tp.draw(tp.parse(IN_A_LOOP), fold=True).scene.plates) == 1


@pytest.mark.parametrize("name", ["cnn", "transformer"])
def test_what_would_fold_is_said_of_pixels_and_of_one_layer(name, tmp_path):
    done = run("draw", name, "--fold", "-o", str(tmp_path / "p.svg"))
    assert done.stderr.count("x[l] of x[l-1] for l in 1..L") == 1


@pytest.mark.parametrize("name", ["one_hidden", "autoencoder", "layernorm"])
def test_who_asks_for_a_fold_is_told_where_nothing_repeats(mlp, name):
    mlp.write_text(tp.gallery.entry(name).text, encoding="utf-8")
    done = run("draw", str(mlp), "--fold", "-o", str(mlp.with_suffix(".svg")))
    told = "nothing is folded: no layer, time step or SGD step repeats three times"
    assert done.exit_code == 0
    assert done.stderr.count("folded") == done.stderr.count(told) == 1
    with pytest.warns(TPWarning, match=told):
        tp.draw(tp.gallery.entry(name).program(), fold=True)


def test_more_steps_are_named_where_they_would_fold(mlp):
    mlp.write_text(tp.gallery.entry("one_hidden").text, encoding="utf-8")
    options = "--pass", "sgd", "--fold", "-o", str(mlp.with_suffix(".svg"))
    assert "with --steps 4 it is" in run("draw", str(mlp), "--steps", "2", *options).stderr
    assert "folded" not in run("draw", str(mlp), "--steps", "4", *options).stderr


@pytest.mark.parametrize(("name", "folds"), [("mlp", False), ("cnn", False), ("rnn", True)])
def test_to_fold_is_advised_where_something_folds(mlp, name, folds):
    text = tp.gallery.entry(name).text.replace("const T = 3", "const T = 8")
    mlp.write_text(text, encoding="utf-8")
    options = "-o", str(mlp.with_suffix(".svg")), "--pass", "sgd", "--width", "2cm"
    said = run("draw", str(mlp), *options).stderr
    assert "its smallest text would have" in said
    assert ("fold what repeats" in said) == folds
    with pytest.warns(TPWarning) as warned:
        tp.draw(tp.unroll_sgd(tp.parse(text), steps=1), width="2cm")
    assert any("fold what repeats" in str(w.message) for w in warned) == folds


@pytest.mark.parametrize("kind", ["pdf", "svg", "tex", "html"])
def test_frames_of_the_command_line(mlp, kind):
    out = mlp.with_name(f"frames.{kind}")
    done = run("draw", str(mlp), "--frames", "-o", str(out))
    assert done.exit_code == 0
    expected = mlp.with_name("frames-07.svg") if kind == "svg" else out
    assert done.stderr.strip().endswith(str(expected)), "a file that is there"
    assert expected.stat().st_size > 1000


@pytest.mark.parametrize("options", [["--fold", "--paths", "W[2]"], ["-o", "-"]])
def test_what_frames_do_not_go_with(mlp, options):
    done = run("draw", str(mlp), "--frames", "-o", str(mlp.with_suffix(".pdf")), *options)
    assert done.exit_code == 2


def test_an_unknown_class_of_paths(mlp):
    done = run("draw", str(mlp), "-o", str(mlp.with_suffix(".svg")), "--paths", "W[9]")
    assert isinstance(done.exception, OptionError)
    assert "one of the classes W[2]; W[3]; W[2],W[3]" in str(done.exception)


@pytest.mark.parametrize(("name", "constant", "value"), [("mlp", "L", 2500), ("rnn", "T", 1667)])
def test_a_large_program_says_at_once_what_to_do(name, constant, value):
    program = long(name, constant, value)
    assert len(program.equations) >= 5000
    with pytest.raises(TPLimitError, match=r"would take about \d+ s") as caught:
        tp.draw(program)
    assert "--fold" in str(caught.value)
    assert len(tp.draw(program, fold=True).scene.nodes) < 20


def test_folding_is_proposed_where_it_helps():
    lines = "\n".join(f"x{i} = tanh(x{i - 1})" for i in range(1, 5200))
    text = f"program p\nwidth n\nvector x0 : n ~ N(0, 1)\n{lines}\noutput x5199\n"
    with pytest.raises(TPLimitError) as caught:
        tp.draw(tp.parse(text))
    assert "--fold" not in str(caught.value)


def test_effort_grows_with_lines_that_pass():
    short, middle = (estimate(diagram_of(long("rnn", "T", t))) for t in (50, 100))
    assert 3 < middle / short < 9
