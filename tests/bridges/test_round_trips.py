"""Programs of the gallery as torch modules, and these as programs again."""

import pytest
import torch
from bridges.forms import form, functions_between, law, outputs, relative

import tpgraph as tp


def as_torch(program):
    """A factory of the program's own torch module, drawn by torch's generator."""
    made = tp.compile(program, backend="torch").load()
    names = [w.name for w in program.base_widths]
    return lambda n: made.Model(dict.fromkeys(names, n), int(torch.randint(2**31, ())))


def drawn(program):
    """How every parameter is drawn, in no order."""
    return sorted(map(law, program.parameters))


ROUND = [e.name for e in tp.gallery.entries() if e.program().is_network]
OTHERWISE = {
    "cnn": "a sum over places and a bias are one sum",
    "gru": "gates stand in the equations that use them",
    "batchnorm": "means over the batch stand in the equations that use them",
    "transformer": "means and weights stand in the equations that use them",
    "layernorm_mlp": "means stand in the equations that use them",
}
"""Networks whose Nonlins come back divided among other equations: torch.export keeps no names."""


def test_programs_without_parameters_have_no_torch_module():
    """What is left of the gallery is no network: it has no module to come back from."""
    for entry in tp.gallery.entries():
        if entry.name not in ROUND:
            with pytest.raises(tp.TPError):
                tp.compile(entry.program(), backend="torch").module({"n": 8})


CORRUPTIONS = [
    ("C (r[t]", "B (r[t]"),
    ("(1 - z[t])", "(2 - z[t])"),
    ("A s[t-1]", "A' s[t-1]"),
    ("R ξ[t]", "R ξ[1]"),
    ("V       : 1 × n ~ N(0, 1)", "V       : 1 × n ~ N(0, 2)"),
]


def test_functions_between_tell_programs_apart():
    text = tp.gallery.entry("gru").text
    program = tp.parse(text)
    found = functions_between(program)
    inlined = "s[t] = (1 - z[t]) * s[t-1] + σ(U ξ[t] + A s[t-1]) * c[t]"
    same = tp.parse(text.replace("s[t] = (1 - z[t]) * s[t-1] + z[t] * c[t]", inlined))
    assert form(same) != form(program)
    assert functions_between(same) == found
    for old, new in CORRUPTIONS:
        assert old in text
        assert functions_between(tp.parse(text.replace(old, new))) != found
    mean = tp.gallery.entry("layernorm_mlp").text
    other = mean.replace("mean((h[l] - μ[l])^2)", "mean(h[l]^2)")
    assert functions_between(tp.parse(mean)) != functions_between(tp.parse(other))


@pytest.mark.parametrize("name", ROUND)
def test_gallery_programs_come_back_from_torch(name):
    program = tp.gallery.entry(name).program()
    make = as_torch(program)
    example = tuple(torch.randn(1, d.variable.dim.size({})) for d in program.data)
    i = tp.from_torch(make, example, n=32)
    assert i.program.parametrization == program.parametrization
    assert drawn(i.program) == drawn(program)
    assert functions_between(i.program) == functions_between(program)
    assert (form(i.program, names=False) == form(program, names=False)) == (name not in OTHERWISE)
    module = make(40)
    found = tp.compile(i.program).forward(tp.copy_weights(module, i), *i.data(*example))
    expected = module(*(x.double() for x in example))
    assert relative(outputs(found), outputs(expected)) < 1e-12
