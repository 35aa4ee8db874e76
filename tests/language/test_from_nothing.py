"""Figure 1's perceptron made from an empty text by edits alone, and edits of many at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tpgraph.errors import TPError
from tpgraph.gallery import entry
from tpgraph.language import editing as e
from tpgraph.language import read
from tpgraph.language.editing import Edit
from tpgraph.language.editing.edit import between
from tpgraph.language.readings import Reading
from tpgraph.notation import draw

Step = Callable[[Reading], Edit]


def layer(number: int, above: str, shape: str) -> list[Step]:
    """A layer as it is drawn: a product, a gate, a bias dropped on it, the product unnamed."""
    W, b, x = f"W_{number}", f"b_{number}", f"x_{number}"
    return [
        lambda r: e.declare(r, "param", W, shape=shape),
        lambda r: e.multiply(r, above, W, "h"),
        lambda r: e.gate(r, ["h"], name=x),
        lambda r: e.declare(r, "param", b, shape="n"),
        lambda r: e.connect(r, b, x),
        lambda r: e.unname(r, "h"),
        lambda r: e.set_scale(r, W, "sqrt(2)"),
        lambda r: e.set_field(r, b, "scale", 0.1),
    ]


TITLE = (
    "A multilayer perceptron with biases and three hidden layers (Tensor Programs IIb, Figure 1,"
    " top),\nin the NTK parametrization, for the 8 × 8 digits in diagrams/data/digits.csv."
)
MLP: list[Step] = [
    lambda r: e.declare(r, "width", "n"),
    lambda r: e.set_program(r, "mlp"),
    lambda r: e.declare(r, "dim", "d"),
    lambda r: e.declare(r, "dim", "k", law="10"),
    lambda r: e.declare(r, "const", "L"),
    lambda r: e.set_parametrization(r, "ntk"),
    lambda r: e.paste(r, "fn φ(z) = tanh(z)\n"),
    lambda r: e.set_function(r, "φ", "relu"),
    lambda r: e.declare(r, "data", "ξ"),
    *layer(1, "ξ", "n × d"),
    *layer(2, "x_1", "n × n"),
    *layer(3, "x_2", "n × n"),
    lambda r: e.repeat(r, ["x_2", "x_3"]),
    lambda r: e.move(r, ["W[2]"], "W[1]"),
    lambda r: e.multiply(r, "x[3]", "V", "f"),
    lambda r: e.set_shape(r, "V", "k × n"),
    lambda r: e.set_formula(r, "f", "V x[L]"),
    lambda r: e.declare(r, "target", "y"),
    lambda r: e.set_shape(r, "y", "k"),
    lambda r: e.set_output(r, "f", True),
    lambda r: e.set_loss(r, "(f - y)^2 / 2"),
    lambda r: e.set_comment(r, "program", TITLE),
    lambda r: e.set_apart(r, "ξ", True),
    lambda r: e.set_apart(r, "x[1]", True),
    lambda r: e.set_apart(r, "output", True),
]


def made(steps: list[Step]) -> str:
    text = ""
    for step in steps:
        edit = step(read(text))
        after = edit.apply(text)
        assert edit.inverse(text).apply(after) == text
        text = after
    return text


def picture(text: str) -> str:
    """The whole SVG, with the text that it carries."""
    program = read(text).program
    assert program is not None
    return draw(program, source=text).svg


def test_the_perceptron_of_figure_1() -> None:
    """Text and picture are the gallery's, byte for byte."""
    text, wanted = made(MLP), entry("mlp")
    assert not read(text).errors
    assert text == wanted.text
    assert picture(text) == picture(wanted.text)


@pytest.mark.parametrize("left_out", ["bias", "loss"])
def test_another_perceptron_has_another_picture(left_out: str) -> None:
    """The comparison can fail."""
    steps = MLP[:-5] if left_out == "loss" else [*MLP, lambda r: e.disconnect(r, "b[1]", "x[1]")]
    text, wanted = made(steps), entry("mlp")
    assert read(text).program != wanted.program()
    assert text != wanted.text
    if left_out == "bias":
        assert picture(text) != picture(wanted.text)


HEAD = "width n\nmatrix A : n × n ~ N(0, 1)\nvector u, v : n ~ N(0, 1)\n"


@pytest.mark.parametrize(
    ("names", "before", "after"),
    [
        (["h_1", "h_2"], "h = A u\nh_1 = A h\nh_2 = A h_1\ny = h_2 + h",
         "h[0] = A u\nfor l in 1..2:\n    h[l] = A h[l-1]\ny = h[2] + h[0]"),
        (["x1", "g1", "x2", "g2"],
         "g0 = A u\nx1 = tanh(g0)\ng1 = A x1\nx2 = tanh(g1)\ng2 = A x2\nlabel g0 = \"g_0\"",
         "g[0] = A u\nfor l in 1..2:\n    x[l] = tanh(g[l-1])\n    g[l] = A x[l]\n"
         "label g[0] = \"g_0\""),
        (["y[2]", "y[3]"], "y[2] = 2 * u  # one\ny[3] = 3 * u  # two",
         "for l in 2..3:\n    # two\n    y[l] = l * u  # one"),
    ],
)  # fmt: skip
def test_names_that_count(names: list[str], before: str, after: str) -> None:
    edit = e.repeat(read(f"{HEAD}{before}\n"), names)
    assert edit.apply(f"{HEAD}{before}\n") == f"{HEAD}{after}\n"
    assert edit.inverse(f"{HEAD}{before}\n").apply(f"{HEAD}{after}\n") == f"{HEAD}{before}\n"


@pytest.mark.parametrize(
    ("step", "text", "message"),
    [
        (lambda r: e.repeat(r, ["y", "z"]), "y = A u\nz = tanh(u)", "not alike"),
        (lambda r: e.repeat(r, ["y"]), "y = A u", "does not repeat"),
        (lambda r: e.repeat(r, ["y[1]", "y[2]"]), "y[1] = 2 * u\ny[2] = 3 * u", "something else"),
        (lambda r: e.repeat(r, ["y[2]", "y[3]"]),
         "y[1] = u\ny[2] = A y[1]\nw[2] = tanh(y[2])\ny[3] = A w[2]", "alike"),
        (lambda r: e.repeat(r, ["y[1]", "y[2]"]),
         "w[0] = u\ny[1] = A w[0]\nw[1] = tanh(y[1])\ny[2] = A w[1]", r"w\[1\] stands between"),
        (lambda r: e.repeat(r, []), "y = A u", "does not repeat"),
        (lambda r: e.move(r, []), "y = A u", "nothing is chosen"),
        (lambda r: e.duplicate(r, []), "y = A u", "nothing is chosen"),
        (lambda r: e.write_out(r, "y"), "y = A u", "no loop"),
        (lambda r: e.move(r, ["y"], "z"), "y = A u\nz = tanh(y)", "circle"),
        (lambda r: e.paste(r, "y = = 2"), "y = A u", "`=`|expected|="),
        (lambda r: e.paste(r, "z = Q u\noutput z"), "y = A u", "Q"),
        (lambda r: e.set_variance(r, "u", "1) as X ~ (2"), "y = A u", "does not stand"),
        (lambda r: e.set_variance(r, "y", 2), "y = A u", "computed"),
        (lambda r: e.set_scale(r, "u", 2), "y = A u", "no param"),
        (lambda r: e.set_field(r, "u", "colour", 2), "y = A u", "no field"),
        (lambda r: e.set_kind(r, "u", "target"), "y = A u", "u"),
        (lambda r: e.only_here(r, "y[2]", lambda t: e.disconnect(t, "u", "y[2]")),
         "for l in 1..2: y[l] = sum(u * k for k in 1..l) + A u", "sum over k"),
    ],
)  # fmt: skip
def test_refusals(step: Step, text: str, message: str) -> None:
    with pytest.raises(TPError, match=message) as caught:
        step(read(f"{HEAD}{text}\n"))
    assert caught.value.mend or caught.value.expected


def test_declarations_become_families() -> None:
    text = "width n\nmatrix A, B[1], B[2] : n × n ~ N(0, 1)\n" + "".join(
        f"matrix C[{i},{k}] : n × n ~ N(0, 1)  # {i} {k}\n" for i in (1, 2) for k in (1, 2, 3)
    )
    reading = read(text)
    assert "matrix A, B[1..2] :" in e.repeat(reading, ["B[1]", "B[2]"]).apply(text)
    names = [name for name in reading.origin if name.startswith("C")]
    after = e.repeat(reading, names).apply(text)
    assert "matrix C[1..2,1..3] : n × n ~ N(0, 1)  # 1 1\n" in after
    assert after.count("#") == text.count("#")
    assert read(after).program == reading.program
    assert "C[1,2..3]" in e.repeat(reading, ["C[1,2]", "C[1,3]"]).apply(text)


LOOP = f"""{HEAD}vector b[1..3] : n ~ N(0, 1)
x[1] = tanh(u)
for l in 2..3:  # layers
    x[l] = tanh(A x[l-1])
"""


def test_all_and_only_here() -> None:
    reading = read(LOOP)
    everywhere = e.connect(reading, "b[1]", "x[2]")
    assert e.changed_lines(reading, everywhere) == (
        (7, "    x[l] = tanh(A x[l-1])", "    x[l] = tanh(A x[l-1] + b[l-1])"),
    )
    assert e.many(reading, "x[2]") == ("x[2]", "x[3]")
    assert e.appearing(reading, everywhere) == (("b[1]", "x[2]"), ("b[2]", "x[3]"))
    here = e.only_here(reading, "x[2]", lambda r: e.connect(r, "b[1]", "x[2]"))
    assert e.changed_lines(reading, here) == (
        (6, "for l in 2..3:  # layers", "# layers"),
        (7, "    x[l] = tanh(A x[l-1])", "x[2] = tanh(A x[1] + b[1])"),
        (8, None, "x[3] = tanh(A x[2])"),
    )
    assert e.appearing(reading, here) == (("b[1]", "x[2]"),)
    one = e.only_here(reading, "b[2]", lambda r: e.set_variance(r, "b[2]", 4))
    assert "vector b[2] : n ~ N(0, 4)\n" in one.apply(LOOP)
    assert "vector b[3] : n ~ N(0, 1)\n" in one.apply(LOOP)


def test_lines_in_which_only_spaces_change_can_be_left_out() -> None:
    text = f'{HEAD}\nmatrix W : n × n ~ N(0, 1)  # a "b  c"\nmatrix V : n × n ~ N(0, 1)\n'
    reading = read(text)
    longer = text.replace("W :", "Weights :").replace("V :", "V       :")
    edit = between(text, longer, "rename")
    assert [change.line for change in e.changed_lines(reading, edit)] == [5, 6]
    assert [change.line for change in e.changed_lines(reading, edit, spaces=False)] == [5]
    for was, becomes in [("b  c", "b c"), ("matrix V", "    matrix V")]:
        edit = between(text, text.replace(was, becomes), "other")
        assert e.changed_lines(reading, edit) == e.changed_lines(reading, edit, spaces=False) != ()


def test_a_clip_brings_what_it_needs() -> None:
    clip = e.copy(read(LOOP), ["x[3]"])
    assert clip.endswith("output x[3]\n")
    assert not read(clip).errors
    there = "width n\nvector A : n ~ N(0, 1)\ny = tanh(A)\n"
    edit = e.paste(read(there), clip)
    after = edit.apply(there)
    assert "matrix A_1 : n × n ~ N(0, 1)" in after
    assert "    x[l] = tanh(A_1 x[l-1])" in after
    assert after.count("width n") == 1
    assert edit.select == "x[3]"
    twice = e.duplicate(read(after), ["x[3]"])
    assert "    x_1[l] = tanh(A_1 x_1[l-1])" in twice.apply(after)
    assert twice.apply(after).count("matrix") == 1


def test_one_of_a_list_is_set_alone() -> None:
    text = f"{HEAD}y = A u  # keep\n"
    after = e.set_as_x(read(text), "v", True).apply(text)
    assert "vector u : n ~ N(0, 1)\nvector v : n ~ N(0, 1) as X\n" in after
