"""Views of a program: variables, uses, the strict body, the networkx graph, equality."""

from dataclasses import replace
from pathlib import Path

import networkx as nx
import pytest

import tpgraph as tp
from tpgraph.errors import Source, Span
from tpgraph.program import MatMul, Moment, Nonlin, Place
from tpgraph.program.graph import varied
from tpgraph.types import Fixed, Vector, Width

DIAGRAMS = sorted((Path(__file__).parents[2] / "diagrams").glob("*.tp"))
TEXT = """\
program views
width n
dim d = 3
parametrization ntk
scalar t = 2
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
vector g : n ~ N(0, 1)
vector a : n ~ N(0, 1) as X
h = U ξ
m = mean(h * h)
e = mean(ξ)
x = tanh(h) * m + g - t * e
z = W' (W x) + a
f = V z
p = mean(f)
output f
loss (f - y)^2
"""


@pytest.fixture(scope="module")
def program():
    return tp.parse(TEXT)


def test_variables_stand_in_the_order_of_binding(program):
    assert list(program.variables) == [
        *("t", "ξ", "y", "U", "W", "V", "g", "a"),
        *("h", "m", "e", "x", "z~1", "z~2", "z", "f", "p", "loss"),
    ]
    assert program.variables["x"].type == Vector(Width("n"))
    assert program.variables["f"].dim == Fixed(1)
    assert program.variables["z~1"].is_temporary
    assert not program.variables["z"].is_temporary


def test_uses_stand_once_and_in_order(program):
    assert [e.out.name for e in program.uses["h"]] == ["m", "x"]
    assert [e.out.name for e in program.uses["W"]] == ["z~1", "z~2"]
    assert program.uses["loss"] == ()
    assert [e.out.name for e in program.uses["y"]] == ["loss"]


def test_bindings(program):
    assert isinstance(program.equation_of["h"], MatMul)
    assert isinstance(program.equation_of["m"], Moment)
    assert isinstance(program.equation_of["x"], Nonlin)
    assert "ξ" not in program.equation_of
    assert program.declaration_of["g"].variables == (program.variables["g"],)
    assert [p.variable.name for p in program.parameters] == ["U", "W", "V"]
    assert [d.variable.name for d in program.data] == ["ξ"]
    assert [d.variable.name for d in program.targets] == ["y"]
    assert len(list(program.in_order())) == len(program.declarations) + len(program.equations)


def test_kinds_of_vectors(program):
    kinds = {v.name: program.is_g(v) for v in program.variables.values() if v.is_wide}
    assert kinds == {
        **dict.fromkeys(("g", "h", "z~1", "z~2"), True),
        **dict.fromkeys(("a", "x", "z"), False),
    }


def test_the_strict_program_ends_at_readouts_and_targets(program):
    assert program.body == {"h", "m", "x", "z~1", "z~2", "z"}
    assert program.downstream == {"y", "f", "p", "loss"}
    assert program.is_network
    assert not tp.parse("program raw\nwidth n\nvector v : n ~ N(0, 1)\n").is_network


def test_base_widths():
    program = tp.parse("width n\nwidth m = 2 n\nwidth k = 1/2 m\nvector v : k ~ N(0, 1)\n")
    assert [w.name for w in program.base_widths] == ["n"]
    assert program.variables["v"].dim.size({"n": 6}) == 6


def test_networkx_of(program):
    graph = program.to_networkx()
    assert nx.is_directed_acyclic_graph(graph)
    kinds = nx.get_node_attributes(graph, "kind")
    assert kinds["ξ"] == "data"
    assert kinds["y"] == "target"
    assert kinds["U"] == "matrix"
    assert kinds["t"] == kinds["m"] == "scalar"
    assert (kinds["h"], kinds["x"], kinds["a"]) == ("G", "X", "X")
    assert kinds["x:gate"] == "nonlin"
    assert kinds["m:gate"] == "moment"
    ((_, _, product),) = graph.out_edges("z~1", data=True)
    assert product == {"kind": "matmul", "matrix": "W", "transpose": True}
    wires = [(u, data["position"]) for u, _, data in graph.in_edges("x:gate", data=True)]
    arguments = program.equation_of["x"].arguments
    assert wires == [(a.name, i) for i, a in enumerate(arguments)]
    assert list(graph.successors("x:gate")) == ["x"]
    assert graph.nodes["x"]["variable"] == program.variables["x"]
    assert graph.nodes["x:gate"]["equation"] == program.equation_of["x"]


@pytest.mark.parametrize("path", DIAGRAMS, ids=lambda path: path.stem)
def test_the_gallery_as_graphs(path):
    program = tp.load(path)
    graph = program.to_networkx()
    assert nx.is_directed_acyclic_graph(graph)
    gates = sum(not isinstance(e, MatMul) for e in program.equations)
    assert len(graph) == len(program.variables) + gates
    wires = sum(len(e.inputs) + 1 for e in program.equations if not isinstance(e, MatMul))
    assert graph.number_of_edges() == wires + len(program.equations) - gates
    order = {name: i for i, name in enumerate(program.variables)}
    for u, v, data in graph.edges(data=True):
        if data["kind"] == "matmul":
            assert order[u] < order[v]


def test_equality_ignores_places_in_the_text_and_in_the_picture(program):
    spaced = tp.parse("# a comment\n" + TEXT.replace(" + ", "   +   "))
    assert spaced == program
    moved = replace(
        program.equations[0],
        place=Place("forward"),
        span=Span(Source("elsewhere", "U ξ"), 0, 3),
    )
    assert varied(program, equations=(moved, *program.equations[1:])) == program
    assert tp.parse(TEXT.replace("tanh", "erf")) != program
    assert tp.parse(TEXT.replace("output f\n", "")) != program
    assert "views" in repr(program)
    with pytest.raises(TypeError, match="unhashable"):
        hash(program)


def test_initial_objects_are_distinct_by_name():
    head = "width n\nmatrix A, B : n × n ~ N(0, 1)\nvector v : n ~ N(0, 1)\n"
    assert tp.parse(head + "h = A v\n") != tp.parse(head + "h = B v\n")
