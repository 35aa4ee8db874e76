"""Inputs reach a gate in an order in which their lines do not cross, if its formula has one."""

from itertools import combinations

import numpy as np
import pytest
from strategies.tangles import random_graph

import tpgraph as tp
from tpgraph.notation.diagram.diagram import GateMark
from tpgraph.notation.diagram.gate_text import DottedForm
from tpgraph.notation.diagram.marks import diagram_of
from tpgraph.notation.layout import input_orders
from tpgraph.notation.layout import layout as layouts
from tpgraph.notation.layout.abbreviations import abbreviated
from tpgraph.notation.layout.input_orders import Tangle
from tpgraph.notation.layout.linework import Linework
from tpgraph.notation.layout.passes import page
from tpgraph.notation.layout.places import Places
from tpgraph.notation.scene.crossings import meetings, times_met
from tpgraph.notation.scene.geometry import flatten
from tpgraph.notation.scene.scene import Scene
from tpgraph.notation.scene.style import PAPER

VECTORS = """width n
vector a : n ~ N(0, 1)
vector b : n ~ N(0, 1)
vector c : n ~ N(0, 1)
y = {}
"""


def gate_of(written: str) -> GateMark:
    return diagram_of(tp.parse(VECTORS.format(written))).gates[-1]


@pytest.mark.parametrize(
    ("written", "heights", "order", "text"),
    [
        ("a * tanh(b)", (0, 1), "ba", r"\tanh({\cdot})\times {\cdot}"),
        ("a * (b + c)", (4, 1, 3), "acb", None),
        ("a * (b + c)", (0, 1, 3), "cba", r"({\cdot}{+}{\cdot})\times {\cdot}"),
        ("2 * a * tanh(b)", (0, 1), "ba", r"2\times \tanh({\cdot})\times {\cdot}"),
    ],
)
def test_operands_that_commute_come_in_the_order_of_their_places(
    written: str, heights: tuple[int, ...], order: str, text: str | None
) -> None:
    gate = gate_of(written)
    found = gate.by_height(dict(zip("abc", heights, strict=False)), gate.inputs)
    assert "".join(found) == order
    assert gate.text_in(found) == (text or gate.text.text)


def test_what_does_not_commute_keeps_its_order_or_names_its_inputs() -> None:
    gate = gate_of("tanh(max(a, b))")
    assert gate.text.ordered
    assert gate.by_height({"a": 1, "b": 0}, gate.inputs) == ("a", "b")
    assert gate.by_height({"a": 0, "b": 1}, gate.inputs) == ("b", "a")
    assert gate.text_in(("b", "a")) == r"\tanh(\max(a, b))"
    nameless = gate_of("tanh(max(a - b, tanh(c)))")
    assert nameless.text_in(nameless.inputs) == nameless.text.text


def test_what_has_no_label_is_not_named() -> None:
    """Two products that the text does not name come in its order, however their lines cross."""
    text = VECTORS.replace("vector a", "matrix W : n × n ~ N(0, 1)\nvector a")
    diagram = diagram_of(tp.parse(text.format("tanh(max(W (a + b), W (b + c)))")))
    gates = {gate.id: gate for gate in abbreviated(diagram, PAPER)[0].gates}
    assert gates["y:gate"].text.ordered
    assert not gates["y:gate"].text.spare


@pytest.mark.parametrize("name", ["transformer", "layernorm_mlp", "marchenko_pastur"])
@pytest.mark.parametrize("direction", ["LR", "TB"])
def test_lines_change_their_order_where_they_would_cross(
    name: str, direction: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tp.gallery.entry(name).program()
    now = crossed(tp.draw(program, direction=direction).scene)
    monkeypatch.setattr(input_orders, "_wanted", lambda *_: ())
    assert now < crossed(tp.draw(program, direction=direction).scene)


def test_a_product_with_a_sign_has_its_inputs_in_any_order() -> None:
    gate = gate_of("-a * b * c")
    assert gate.text.text == r"-{\cdot}\times {\cdot}\times {\cdot}"
    assert not gate.text.ordered


def crossed(scene: Scene) -> int:
    """Pairs of lines that cross before the gate to which both go."""
    gates = {node.id for node in scene.nodes if node.is_gate}
    lines = [(e, np.array(flatten(e.points, e.curve))) for e in scene.edges if e.target in gates]
    return sum(
        one.target == other.target and times_met(a, b)
        for (one, a), (other, b) in combinations(lines, 2)
    )


@pytest.mark.parametrize("name", ["first_step", "backpropagation"])
def test_lines_of_commuting_inputs_do_not_cross(name: str) -> None:
    assert crossed(tp.draw(tp.parse(tp.gallery.entry(name).text)).scene) == 0


@pytest.mark.parametrize(("name", "most"), [("rnn", 0), ("mlp", 3)])
def test_wires_exchange_ports_where_they_would_cross(
    name: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tp.backward(tp.parse(tp.gallery.entry(name).text))
    assert crossed(tp.draw(program).scene) <= most
    monkeypatch.setattr(page, "untwisted", lambda requests, find, _: (requests, find(requests)))
    assert crossed(tp.draw(program).scene) > 0


def test_inputs_from_other_passes_stand_as_their_dots_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A difference of two inputs from above has the minuend first."""
    seen: list[tuple[list[str], tuple[str, ...]]] = []
    ports_of = page._Page._foreign_ports

    def noted(self, strip, gate, centre):  # type: ignore[no-untyped-def]
        foreign = ports_of(self, strip, gate, centre)
        if gate.text.ordered and gate.foreign:
            ports = {**strip.places.gates[gate.id].ports, **foreign}
            seen.append((sorted(ports, key=lambda name: -ports[name]), gate.order))
        return foreign

    monkeypatch.setattr(page._Page, "_foreign_ports", noted)
    tp.draw(tp.backward(tp.parse(tp.gallery.entry("layernorm_mlp").text)))
    assert any(len(order) > 2 for _, order in seen)
    assert all(tuple(down) == order for down, order in seen)


def test_a_form_says_what_it_writes() -> None:
    form = gate_of("a * tanh(b)").text.form
    assert isinstance(form, DottedForm)
    assert form.text_of(form.expression) == gate_of("a * tanh(b)").text.text


def test_lines_that_meet_are_found_as_pair_by_pair() -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        sizes = rng.integers(2, 9, size=int(rng.integers(1, 15)))
        lines = [rng.normal(size=(size, 2)).cumsum(axis=0) for size in sizes]
        pairs = combinations(range(len(lines)), 2)
        assert meetings(lines) == [(i, j) for i, j in pairs if times_met(lines[i], lines[j])]


def test_the_more_lines_the_fewer_orders_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each trial finds all lines, so that their number bounds the work, not that of gates."""
    counts: list[int] = []
    count = layouts.line_crossings

    def counted(found: Places) -> Tangle[Linework]:
        counts.append(len(found.links))
        return count(found)

    monkeypatch.setattr(layouts, "line_crossings", counted)
    for lines in (10, 50, 100):
        counts.clear()
        tp.draw(tp.parse(random_graph(lines)))
        # two layouts, one with room for labels, by heights and by lines
        assert sum(counts) <= 2 * 2 * 500, lines
