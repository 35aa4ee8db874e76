"""Programs of the gallery as torch modules, and these as programs again."""

import pytest
import torch
from bridges.forms import form, law, outputs, relative
from typer.testing import CliRunner

import tpgraph as tp
from tpgraph_cli.main import app

GRU = tp.gallery.entry("gru").text
LAYER_NORM = tp.gallery.entry("layernorm_mlp").text


def as_torch(program):
    """A factory of the program's own torch module, drawn by torch's generator."""
    made = tp.compile(program, backend="torch").load()
    names = [w.name for w in program.base_widths]
    return lambda n: made.Model(**dict.fromkeys(names, n))


def inputs(program):
    """One sample of the data, and of the targets behind them."""
    declared = (*program.data, *program.targets)
    return tuple(torch.randn(1, d.variable.dim.size({})) for d in declared)


def drawn(program):
    """How every parameter is drawn, in no order."""
    return sorted(map(law, program.parameters))


ROUND = [e.name for e in tp.gallery.entries() if e.program().is_network]


def test_programs_without_parameters_have_no_torch_module():
    """What is left of the gallery is no network: it has no module to come back from."""
    for entry in tp.gallery.entries():
        if entry.name not in ROUND:
            with pytest.raises(tp.TPError):
                tp.compile(entry.program(), backend="torch").module({"n": 8})


CORRUPTIONS = [
    (GRU, "C (r[t]", "B (r[t]"),
    (GRU, "(1 - z[t])", "(2 - z[t])"),
    (GRU, "A s[t-1]", "A' s[t-1]"),
    (GRU, "R ξ[t]", "R ξ[1]"),
    (GRU, "V       : 1 × n ~ N(0, 1)", "V       : 1 × n ~ N(0, 2)"),
    (GRU, "z[t] * c[t]", "φ(S ξ[t] + C (r[t] * s[t-1])) * z[t]"),
    (GRU, "(f - y)^2 / 2", "(f - y)^2 / 3"),
    (LAYER_NORM, "mean((h[l] - μ[l])^2)", "mean(h[l]^2)"),
]


@pytest.mark.parametrize(("text", "old", "new"), CORRUPTIONS)
def test_forms_tell_programs_apart(text, old, new):
    assert old in text
    assert form(tp.parse(text.replace(old, new)), False) != form(tp.parse(text), False)


def test_forms_do_not_see_names_and_brackets():
    renamed = GRU.replace("z[t]", "gate[t]")
    assert form(tp.parse(renamed), False) == form(tp.parse(GRU), False)
    text = tp.gallery.entry("cnn").text
    old, new = (
        "sum(W[k] x[i+k-1] for k in 1..S) + b",
        "W[1] x[i] + (W[2] x[i+1] + (W[3] x[i+2] + b))",
    )
    assert old in text
    assert form(tp.parse(text.replace(old, new)), False) == form(tp.parse(text), False)


@pytest.mark.parametrize("name", ROUND)
def test_gallery_programs_come_back_from_torch(name):
    """The same equations and the same loss, up to names and to the brackets of sums."""
    program = tp.gallery.entry(name).program()
    make, given = as_torch(program), inputs(program)
    i = tp.from_torch(make, given, n=32)
    assert i.program.parametrization == program.parametrization
    assert drawn(i.program) == drawn(program)
    assert len(i.program.equations) == len(program.equations)
    assert form(i.program, names=False) == form(program, names=False)
    module, compiled = make(40), tp.compile(i.program)
    params, (*arrays,) = tp.copy_weights(module, i), i.data(*given)
    found, loss = module(*(x.double() for x in given))
    own = compiled.forward(params, *arrays[: len(program.data)])
    assert relative(outputs(own), outputs(found)) < 1e-12
    assert compiled.backward(params, *arrays)[0] == pytest.approx(loss.item(), rel=1e-12)
    assert loss == module.loss(*given)


def test_without_targets_the_module_gives_its_output_alone():
    program = tp.gallery.entry("gru").program()
    make, given = as_torch(program), inputs(program)
    torch.manual_seed(3)
    module = make(16)
    assert torch.equal(module(*given[:2]), module(*given)[0])
    torch.manual_seed(3)
    assert torch.equal(make(16).U, module.U)
    assert not torch.equal(make(16).U, module.U)
    i = tp.from_torch(make, given[:2], n=16)
    assert i.program.loss is None


def test_a_generated_file_comes_back_by_the_commands(tmp_path):
    path, out = tmp_path / "net.py", tmp_path / "back.tp"
    path.write_text(tp.compile(tp.gallery.entry("gru").program(), backend="torch").source, "utf-8")
    arguments = ["--input", "ξ_1=8", "--input", "ξ_2=8", "--input", "y=1", "-o", str(out)]
    done = CliRunner().invoke(app, ["import", f"{path}:Model", "--width", "n=32", *arguments])
    assert done.exit_code == 0, done.output
    back = tp.load(out)
    assert form(back, names=False) == form(tp.gallery.entry("gru").program(), names=False)


@pytest.mark.parametrize("n", [4, 8])
def test_variances_come_back_from_a_module_of_a_small_width(n):
    """1/9, the variance of a bias in torch.nn.Linear(3, n), of which a width of 8 shows 8 draws."""
    program = tp.parse(
        "program net\nwidth n\nparametrization standard\ndata x : 3\n"
        "param W : n × 3 ~ N(0, 1/3)\nparam b : n ~ N(0, 1/9)\nparam V : 1 × n ~ N(0, 1/3)\n"
        "h = tanh(W x + b)\nf = V h\noutput f\n"
    )
    i = tp.from_torch(as_torch(program), inputs(program), n=n)
    assert drawn(i.program) == drawn(program)
