"""What stands above what by the author's word, in every direction, folded, in passes, edited."""

from __future__ import annotations

import random
import warnings
from dataclasses import replace
from itertools import pairwise
from unicodedata import normalize

import pytest
from notation.geometry import violations
from strategies import seeded_program

import tpgraph as tp
from tpgraph.editor.pictures import shown
from tpgraph.editor.requests import PictureOptions
from tpgraph.errors import TPWarning
from tpgraph.notation.layout.standing import in_order
from tpgraph.notation.scene.scene import Scene
from tpgraph.program import Program
from tpgraph.program.hints import Hint
from tpgraph.program.reach import descendants

MLP = tp.gallery.entry("mlp").text
ATTENTION = tp.gallery.entry("attention").text


def scene_of(text: str, **options: object) -> Scene:
    with warnings.catch_warnings():
        warnings.simplefilter("error", TPWarning)
        return tp.draw(tp.parse(text), **options).scene  # type: ignore[arg-type]


def heights(scene: Scene) -> dict[str, float]:
    return {node.id: node.y for node in scene.nodes}


@pytest.mark.parametrize("side", ["above", "below"])
@pytest.mark.parametrize("direction", ["LR", "TB", "RL", "BT"])
def test_biases_stand_on_their_side_of_the_row(side: str, direction: str) -> None:
    """Also where row and bias are in different columns; "above" is left of a picture up or down."""
    scene = scene_of(f"{MLP}place b[1..3] {side} x[1..3]\n", direction=direction)
    at = {n.id: n.y if direction in ("LR", "RL") else -n.x for n in scene.nodes}
    sign = 1 if side == "above" else -1
    for k in (1, 2, 3):
        assert sign * (at[f"b[{k}]"] - at[f"x[{k}]"]) > 10
    assert not violations(scene)


def test_a_family_is_ordered_with_what_goes_along() -> None:
    """At equal distances, and as straight as in the order of its numbers."""
    y = heights(scene_of(ATTENTION + "order K[3], K[1], K[2]\n"))
    for family in "KlwV":
        down = [y[f"{family}[{i}]"] for i in (3, 1, 2)]
        assert down == sorted(down, reverse=True)
        gaps = [a - b for a, b in pairwise(down)]
        assert gaps[0] == pytest.approx(gaps[1])
    for i in (1, 2, 3):
        assert y[f"K[{i}]"] == pytest.approx(y[f"l[{i}]"]) == pytest.approx(y[f"w[{i}]"])
    plain = heights(scene_of(ATTENTION))
    assert plain["K[1]"] > plain["K[2]"] > plain["K[3]"]


def test_one_mark_above_or_below_a_family() -> None:
    below = heights(scene_of(ATTENTION + "place q below K[1..3]\n"))
    assert below["q"] < min(below[f"K[{i}]"] for i in (1, 2, 3))
    above = heights(scene_of(ATTENTION + "order q, K[1]\n"))
    assert above["q"] > above["K[1]"]


def test_marks_without_a_common_column_get_one() -> None:
    text = "width n\nvector u, v : n ~ N(0, 1)\na = tanh(u)\nb = tanh(tanh(v))\norder b, a\n"
    scene = scene_of(text)
    found = {node.id: node for node in scene.nodes}
    assert found["b"].y > found["a"].y
    assert found["b"].x == pytest.approx(found["a"].x)


def test_folded_pictures_obey() -> None:
    text = MLP.replace("const L = 3", "const L = 9") + "place b[1..9] above x[1]\n"
    scene = scene_of(text, fold=True)
    assert scene.plates
    y = heights(scene)
    assert y["b[l]"] > y["x[l]"] + 10


def test_backward_passes_obey_in_their_forward_row() -> None:
    program = tp.backward(tp.parse(MLP + "place b[1..3] above x[1]\n"))
    y = heights(tp.draw(program).scene)
    assert all(y[f"b[{k}]"] > y[f"x[{k}]"] > y[f"dx[{k}]"] for k in (1, 2, 3))


TOWERS = """width n
parametrization ntk
data ξ : 3
target t : 1
param U : n × 3 ~ N(0, 1)
param A, B, C : n × n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
u = U ξ
a = A u
b = B u
c = C u
x = tanh(a)
y = sin(b)
z = erf(c)
s = x * y * z
f = V s
output f
loss (f - t)^2
"""


@pytest.mark.parametrize("order", ["xyz", "zxy", "yzx", "xzy"])
def test_passes_stand_in_the_order_of_the_network(order: str) -> None:
    """The backward row as the forward row that it serves, every pass of training as is said."""
    program = tp.parse(TOWERS + f"order {', '.join(order)}\n")
    of = dict(zip("xyz", "abc", strict=True))
    y = heights(tp.draw(tp.backward(program)).scene)
    for names in (order, [f"d{name}" for name in order], [f"d{of[name]}" for name in order]):
        assert [y[name] for name in names] == sorted((y[n] for n in names), reverse=True)
    y = heights(tp.draw(tp.unroll_sgd(program, 1)).scene)
    passes = ["{}\u0303_0", "{}_0", "d{}_0", "{}\u0303_1"]
    for name_of in passes:
        names = [normalize("NFC", name_of.format(name)) for name in order]
        assert [y[name] for name in names] == sorted((y[n] for n in names), reverse=True)


def test_what_the_computation_leaves_no_room_for_is_said() -> None:
    with pytest.warns(TPWarning, match=r"no room for x\[1\] above x\[3\]") as found:
        tp.draw(tp.parse(MLP + "order x[1], x[3]\n"))
    message = found[0].message
    assert isinstance(message, TPWarning)
    assert message.span is not None
    assert message.span.text == "order x[1], x[3]"


def test_an_edit_obeys_at_once_and_only_then_moves() -> None:
    options = PictureOptions()
    first = shown(tp.parse(MLP), options)
    turned = shown(tp.parse(MLP + "place b[2] above x[2]\n"), options, first)
    assert turned.layout is not None
    y = heights(turned.layout.scene)
    assert y["b[2]"] > y["x[2]"]
    longer = MLP.replace("f = V x[L]", "new = tanh(x[1])\nf = V x[L]")
    kept = shown(tp.parse(longer + "place b[2] above x[2]\n"), options, turned)
    assert kept.layout is not None
    after = heights(kept.layout.scene)
    assert {name: after[name] - after["x[2]"] for name in ("b[2]", "b[1]", "x[1]")} == (
        pytest.approx({name: y[name] - y["x[2]"] for name in ("b[2]", "b[1]", "x[1]")})
    )


def _pair(program: Program, rng: random.Random) -> tuple[str, str] | None:
    """Two marks, neither of which is computed from the other."""
    names = [n.variable for n in tp.draw(program).scene.nodes if n.variable]
    for _ in range(20):
        a, b = rng.choice(names), rng.choice(names)
        related = b in descendants(program, [a]) or a in descendants(program, [b])
        if a != b and not related:
            return a, b
    return None


def test_random_programs_obey_or_say_so() -> None:
    obeyed = asked = 0
    for seed in range(24):
        rng = random.Random(seed)
        program = seeded_program(seed, rng.randrange(3, 12), rng.random() < 0.5)
        pair = _pair(program, rng)
        if pair is None:
            continue
        asked += 1
        with warnings.catch_warnings(record=True) as found:
            warnings.simplefilter("always")
            scene = tp.draw(replace(program, hints=(Hint("order", pair),))).scene
        at = {n.variable: n.y for n in reversed(scene.nodes) if n.variable}
        kept = at[pair[0]] > at[pair[1]]
        assert kept != any("no room" in str(one.message) for one in found)
        obeyed += kept
    assert asked > 15
    assert obeyed >= 0.9 * asked


def test_an_order_leaves_the_rest_as_it_is() -> None:
    assert in_order("abcd", [("d", "b")]) == ("a", "c", "d", "b")
    assert in_order("abcd", []) == ("a", "b", "c", "d")
    assert in_order("abc", [("a", "b"), ("b", "a")]) == ("c", "a", "b")
