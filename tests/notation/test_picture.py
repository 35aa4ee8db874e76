"""What is drawn of a program: marks, labels, colours, texts of gates."""

import pytest

import tpgraph as tp
from tpgraph.language import parse
from tpgraph.notation.diagram.marks import diagram_of

NETWORK = """
program p
width n
dim d = 4
parametrization ntk
fn φ(z) = tanh(z)
fn ψ(a, b) = a * tanh(b)
data ξ : d
target t : 1
param U : n × d ~ N(0, 1)
param W, A : n × n ~ N(0, 1)
param b : n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
vector x, y, z : n ~ N(0, 1) as X
scalar s = 2
"""


def drawn(*lines, **options):
    return diagram_of(parse("\n".join([NETWORK, *lines])), **options)


def vertices(diagram):
    return {vertex.id: vertex for vertex in diagram.vertices}


def text(line, *more):
    """What stands in the gate of the one statement."""
    diagram = drawn(line, *more)
    return diagram.gates[-1].text.text


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ("φ(b)", r"\phi"),
        ("tanh(b)", r"\tanh"),
        ("ψ(b, x)", r"\psi"),
        ("φ'(b)", r"\phi'"),
        ("b", r"\mathrm{id}"),
        ("b + x", "+"),
        ("b + (x + y)", "+"),
        ("φ(b + x)", r"\phi({\cdot}{+}{\cdot})"),
        ("φ(b + x + y)", r"\phi({\cdot}{+}{\cdot}{+}{\cdot})"),
        ("b * x", r"{\cdot}\times {\cdot}"),
        ("(b + x) / sqrt(2)", r"\dfrac{{\cdot}{+}{\cdot}}{\sqrt{2}}"),
        ("(x - b) / sqrt(s)", r"\dfrac{x - b}{\sqrt{s}}"),
        ("b^2", "b^{2}"),
        ("b + φ(b) * x", r"b + \phi(b) \, x"),
        ("ψ(b, b)", r"\psi(b, b)"),
        ("b * x + s * y", r"b \, x + s \, y"),
    ],
)
def test_the_text_of_a_nonlin(right, expected):
    assert text(f"h = {right}") == expected


@pytest.mark.parametrize(
    ("right", "expected"),
    [
        ("mean(x)", "x"),
        ("mean(x * y)", r"{\cdot}\times {\cdot}"),
        ("mean((x - s)^2)", "(x - s)^{2}"),
    ],
)
def test_the_text_of_a_moment(right, expected):
    diagram = drawn(f"m = {right}")
    assert diagram.gates[0].text.text == expected
    assert diagram.gates[0].bar


def test_a_function_may_have_a_label():
    assert text("h = ψ(b, x)", r'label ψ = "\text{mix}"') == r"\text{mix}"


def test_dots_in_a_text_that_is_not_symmetric_keep_the_order_of_the_inputs():
    assert not drawn("h = φ(b + x)").gates[0].text.ordered
    assert drawn("h = φ(b) * x").gates[0].text.ordered
    assert not drawn("h = b + φ(b) * x").gates[0].text.ordered


def test_kinds_and_fills():
    diagram = drawn("h = W x", "u = φ(h)", "m = mean(u)")
    found = {name: (v.kind, v.fill) for name, v in vertices(diagram).items()}
    assert found == {
        "x": ("X", "filled"),
        "h": ("G", "hollow"),
        "u": ("X", "filled"),
        "m": ("scalar", "hollow"),
    }


def test_an_embedding_is_a_g_var_labelled_by_its_product():
    diagram = drawn("u = φ(U ξ + b)", "v = U ξ", "w = φ(v)")
    found = vertices(diagram)
    assert found["u~1"].label == found["v"].label == r"U\xi"
    assert found["u~1"].kind == "G"
    assert "ξ" not in found
    assert diagram.products == ()


def test_labels_of_named_and_of_unnamed_variables():
    found = vertices(drawn("u = φ(W φ(x))", "v = φ(u)", 'label v = ""'))
    assert {name: v.label for name, v in found.items()} == {
        "x": "x",
        "u~1": "",
        "u~2": "",
        "u": "u",
        "v": "",
    }


def test_an_unnamed_product_is_labelled_where_a_gate_names_it():
    diagram = drawn("u = W x / sqrt(1 + (W x)^2)", "v = W x", "w = v / sqrt(1 + v^2)")
    assert vertices(diagram)["u~1"].label == "Wx"
    assert diagram.gates[-1].text.mentions == {"v"}


def test_the_strict_program_alone_is_drawn():
    lines = ("u = φ(U ξ + b)", "f = V u", "output f", "loss (f - t)^2 / 2")
    assert set(vertices(drawn(*lines))) == {"b", "u~1", "u"}


def test_io_draws_data_readout_and_loss():
    lines = ("u = φ(U ξ + b)", "f = V u", "output f", "loss (f - t)^2 / 2")
    diagram = drawn(*lines, shown="io")
    found = vertices(diagram)
    assert {name for name, v in found.items() if v.kind == "data"} >= {"ξ", "t", "f"}
    assert [(p.source, p.target) for p in diagram.products] == [("ξ", "u~1"), ("u", "f")]
    assert found["u~1"].label == ""


def test_matrices_used_once_are_black():
    diagram = drawn("u = W φ(A x)")
    assert [product.color for product in diagram.products] == [None, None]


def test_a_shared_matrix_gives_every_matrix_a_colour_and_a_dash_pattern():
    diagram = drawn("u = W x", "v = W' y", "w = A z")
    looks = {(p.matrix, p.color, p.dash) for p in diagram.products}
    assert len(looks) == 2
    assert all(color and dash for _, color, dash in looks)
    assert [p.label for p in diagram.products] == ["W", r"W^{\top}", "A"]


def test_outputs_of_one_function_share_a_gate():
    diagram = drawn("u = ψ(x, y)", "v = ψ(y, x)", "w = ψ(x, z)")
    assert [gate.outputs for gate in diagram.gates] == [("u", "v"), ("w",)]
    assert diagram.gates[0].inputs == ("x", "y")
    assert diagram.gates[0].text.text == r"\psi"
    assert diagram.gates[0].title == "u = ψ(x, y)\nv = ψ(y, x)"


def test_one_vertex_for_a_vector_with_many_uses():
    diagram = drawn("u = φ(W x + b)", "v = φ(W u + b)")
    assert [v.id for v in diagram.vertices].count("b") == 1
    assert sum("b" in gate.inputs for gate in diagram.gates) == 2


def test_declared_objects_that_nothing_uses_are_not_drawn():
    assert set(vertices(drawn("u = φ(x)"))) == {"x", "u"}


def test_titles_say_the_equation():
    diagram = drawn("u = φ(W x + b)")
    assert diagram.gates[0].title == "u = φ(W x + b)"
    assert "X-var" in vertices(diagram)["u"].title


# ---- what a program holds that the strict notation has no place for

SCALAR_OF_DATA = """program s
width n
data x : 3
vector u : n ~ N(0, 1)
vector w : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
c = mean(x)
h = tanh(c * u)
"""


def test_a_scalar_from_outside_stands_like_an_initial_one() -> None:
    diagram = diagram_of(tp.parse(SCALAR_OF_DATA))
    kinds = {v.id: v.kind for v in diagram.vertices}
    assert kinds == {"u": "G", "c": "scalar", "h": "X"}
    (gate,) = diagram.gates
    assert gate.inputs == ("c", "u")
    assert not gate.bar


def test_the_editing_view_shows_everything_that_is_declared() -> None:
    scene = tp.draw(tp.parse(SCALAR_OF_DATA), show="all").scene
    assert {n.id for n in scene.nodes if ":" not in n.id} == {"x", "u", "w", "c", "h"}
    assert scene.shelf is not None
    (matrix,) = scene.shelf.matrices
    assert (matrix.name, matrix.rows, matrix.uses) == ("W", "n", 0)
    assert tp.draw(tp.parse(SCALAR_OF_DATA)).scene.shelf is None


def test_a_long_family_of_matrices_has_one_row() -> None:
    """The others, of another type or distribution, have their own."""
    text = "width n\ndim d = 3\ndata x : d\nmatrix W[1] : n × d ~ N(0, 1)\n"
    text += "matrix W[2..200] : n × n ~ N(0, 1)\nmatrix A[1..3] : n × n ~ N(0, 1)\n"
    scene = tp.draw(tp.parse(text), show="all").scene
    assert scene.shelf is not None
    assert len(scene.shelf.matrices) == 203
    rows = [label.text for label in scene.shelf.box.labels[1:]]
    assert [row.partition(r"\;\;")[0] for row in rows] == [
        "W^{1}", r"W^{2},\;\ldots,\;W^{200}", "A^{1}", "A^{2}", "A^{3}",
    ]  # fmt: skip
    assert [edge.matrix for edge in scene.shelf.box.edges][:2] == ["W[1]", "W[2]"]


def test_the_text_of_unrolled_training_is_drawn() -> None:
    """χ is made of the readout and the target, and read by wide gates."""
    program = tp.unroll_sgd(tp.gallery.entry("one_hidden").program(), steps=1)
    read_again = tp.parse(tp.to_text(program))
    scalars = {n.id for n in tp.draw(read_again).scene.nodes if n.kind == "scalar"}
    assert scalars
