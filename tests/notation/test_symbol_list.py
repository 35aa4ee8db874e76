"""Formulas that do not fit: symbols in gates, their list, and formulas as one would write them."""

from itertools import pairwise

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.functions import (
    PRIMITIVES,
    Apply,
    Argument,
    Expression,
    add,
    div,
    evaluate,
    mul,
    neg,
    number,
    power,
    to_latex,
)
from tpgraph.notation.diagram.collected import collected
from tpgraph.notation.scene.painting import label_bounds, picture
from tpgraph.notation.scene.style import PAPER

LONG = """width n
vector a : n ~ N(0, 1)
vector b : n ~ N(0, 1)
vector c : n ~ N(0, 1)
y = {formula}
z = {formula}
"""
SQRT, EXP, LOG = (PRIMITIVES[name] for name in ("sqrt", "exp", "log"))
FUNCTIONS = [SQRT, EXP, LOG, PRIMITIVES["sin"], PRIMITIVES["tanh"]]


def drawn(formula: str) -> tp.Drawing:
    return tp.draw(tp.parse(LONG.format(formula=formula)))


def gates(drawing: tp.Drawing) -> list[str]:
    return [n.label.text for n in drawing.scene.nodes if n.is_gate and n.label is not None]


def said(drawing: tp.Drawing) -> str:
    """The list without its line breaks."""
    return "".join(label.text for label in drawing.scene.lists)


def test_a_symbol_stands_for_a_long_formula_and_the_list_says_it_whole() -> None:
    drawing = drawn("tanh(a * b + c) * sqrt(a^2 + b^2 + c^2) + exp(a - b) * sin(b * c) / (1 + b^2)")
    assert gates(drawing) == [r"\psi_{1}"] * 2
    (definition,) = drawing.scene.definitions
    assert said(drawing) == f"{definition.symbol} = {definition.formula}"
    for part in (r"\tanh(a \, b + c)", r"\sqrt{a^{2} + b^{2} + c^{2}}", r"\exp(a - b)"):
        assert part in definition.formula


def test_the_list_lies_below_everything_else() -> None:
    scene = drawn(" + ".join(f"tanh({k} * a * b + c)" for k in range(2, 9))).scene
    lowest = min(node.y for node in scene.nodes)
    boxes = [label_bounds(label) for label in scene.lists]
    assert len(boxes) > 1
    assert all(box[3] < lowest for box in boxes)
    assert all(upper[1] >= lower[3] for upper, lower in pairwise(boxes))
    assert picture(scene, PAPER).bounds[1] < min(box[1] for box in boxes)


def test_a_formula_longer_than_a_label_may_be_is_said_whole_all_the_same() -> None:
    sums = " + ".join(f"{k} * a * b^{k}" for k in range(2, 90))
    drawing = drawn(f"c / (1 + tanh({sums}))")
    assert gates(drawing) == [r"\psi_{1}"] * 2
    assert all(rf"b^{{{k}}}" in said(drawing) for k in range(2, 90))


def test_a_symbol_is_none_of_the_users() -> None:
    text = LONG.format(formula=" + ".join(f"tanh({k} * a * b + c)" for k in range(2, 9)))
    drawing = tp.draw(tp.parse(text + 'label a = "\\psi_1"\n'))
    assert gates(drawing) == [r"\Psi_{1}"] * 2


def test_short_formulas_and_names_stay() -> None:
    assert gates(drawn("a / (b + c)"))[0].startswith(r"\dfrac{a}")
    assert not drawn("a / (b + c)").scene.definitions


@pytest.mark.parametrize("name", ["attention", "batchnorm", "layernorm_mlp"])
def test_no_gate_of_a_backward_pass_has_an_ellipsis(name: str) -> None:
    drawing = tp.draw(tp.backward(tp.gallery.entry(name).program()))
    symbols = {definition.symbol for definition in drawing.scene.definitions}
    assert symbols == {text for text in gates(drawing) if text.startswith(r"\psi")}
    assert symbols
    assert "ldots" not in " ".join(gates(drawing)) + said(drawing)
    assert "sqrt}'" not in said(drawing)


def random_formula(rng: np.random.Generator, depth: int) -> Expression:
    if depth == 0 or rng.random() < 0.2:
        numbers = (2, -1, 0.5, -3)
        return Argument(int(rng.integers(3))) if rng.random() < 0.8 else number(rng.choice(numbers))

    def part() -> Expression:
        return random_formula(rng, depth - 1)

    match int(rng.integers(6)):
        case 0:
            return mul(part(), part(), part())
        case 1:
            return add(part(), part())
        case 2:
            return neg(part())
        case 3:
            return div(part(), part())
        case 4:
            return power(part(), number(rng.choice((2, 3, -1, 0.5, 1.5))))
        case _:
            function = FUNCTIONS[int(rng.integers(len(FUNCTIONS)))]
            return Apply(function, (part(),), int(rng.integers(2)))


def differs(one: Expression, other: Expression) -> bool:
    at = [np.array([0.3, 1.2, 2.7]), np.array([0.9, 0.4, 1.7]), np.array([1.1, 2.2, 0.6])]
    with np.errstate(all="ignore"):
        a, b = (np.broadcast_to(evaluate(e, at), 3) for e in (one, other))
    known = np.isfinite(a)
    return not np.allclose(a[known], b[known], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("fractions", [True, False])
def test_collected_formulas_have_the_same_values(fractions: bool) -> None:
    rng = np.random.default_rng(7)
    formulas = [random_formula(rng, 4) for _ in range(800)]
    assert not any(differs(e, collected(e, fractions)) for e in formulas)
    assert sum(differs(e, neg(collected(e, fractions))) for e in formulas) > 500


def test_known_derivatives_are_written_out_and_powers_collected() -> None:
    x, v, d = map(Argument, range(3))
    root = Apply(SQRT, (v,))
    slope = mul(neg(div(x, power(root, number(2)))), Apply(SQRT, (v,), 1), d)
    assert to_latex(collected(slope), ["x", "v", "d"]) == r"-\frac{x \, d}{2 \, v^{1.5}}"
    assert to_latex(collected(Apply(EXP, (x,), 1)), ["x"]) == r"\exp(x)"
    assert to_latex(collected(Apply(LOG, (x,), 1)), ["x"]) == r"\frac{1}{x}"
