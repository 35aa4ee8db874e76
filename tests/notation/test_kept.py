"""Layouts that keep the one before, over random edits of the gallery's programs."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from notation.geometry import samples, violations

import tpgraph as tp
from tpgraph.notation.diagram.diagram import Diagram
from tpgraph.notation.diagram.marks import diagram_of
from tpgraph.notation.layout import kept as kept_module
from tpgraph.notation.layout import routing
from tpgraph.notation.layout.columns import kept_columns
from tpgraph.notation.layout.ground import KeptEnd, Room, SettledGround
from tpgraph.notation.layout.kept_anew import Anew
from tpgraph.notation.layout.kept_heights import KeptHeights
from tpgraph.notation.layout.kept_sizes import KeptSizes
from tpgraph.notation.layout.kept_ways import KeptWays
from tpgraph.notation.layout.layout import Layout, laid_out
from tpgraph.notation.layout.layout_after import annotated_layout, kept_layout
from tpgraph.notation.scene.annotation import Annotation, Histogram, Quantity
from tpgraph.notation.scene.crossings import crossings
from tpgraph.program import Program

EDITS = 12
SESSIONS = 4
NAMES = ["mlp", "rnn", "resnet", "layernorm", "conv1d", "gru", "autoencoder", "attention"]


def wide(program: Program) -> list[str]:
    """Vectors of a width that have names of their own."""
    names = [v.name for v in program.variables.values() if v.is_wide and not v.is_temporary]
    return [name for name in names if program.variables[name].dim == program.widths[0]]


def edited(text: str, rng: random.Random, k: int) -> str:
    """The text with a gate, a product or a Moment more, or without what was added last."""
    program = tp.parse(text)
    lines = text.rstrip("\n").split("\n")
    added = [i for i, line in enumerate(lines) if line.startswith("new_")]
    choice = rng.randrange(5)
    if choice == 4 and added:
        name = lines[added[-1]].split()[0]
        if text.count(name) == 1:
            return "\n".join(lines[: added[-1]] + lines[added[-1] + 1 :]) + "\n"
    one, other = rng.choice(wide(program)), rng.choice(wide(program))
    statement = {
        0: f"new_{k} = tanh({one})",
        1: f"new_{k} = relu({one} + {other})",
        2: f"new_{k} = mean({one} * {other})",
        3: f"new_{k} = tanh({one}) * {other}",
    }.get(choice, f"new_{k} = {one} - {other}")
    at = next(
        (i for i, line in enumerate(lines) if line.startswith(("output", "loss"))), len(lines)
    )
    return "\n".join([*lines[:at], statement, *lines[at:]]) + "\n"


def columns(layout: Layout) -> dict[int, list[str]]:
    """The marks of every column from below."""
    found: dict[int, list[str]] = defaultdict(list)
    placement = layout.places.placement
    for mark, column in placement.column.items():
        found[column].append(mark)
    return {c: sorted(marks, key=lambda m: placement.across[m]) for c, marks in found.items()}


def flips(before: Layout, after: Layout) -> int:
    """Pairs that are in one column in both layouts, in another order."""
    old, new = before.places.placement, after.places.placement
    found = 0
    for marks in columns(after).values():
        for a, b in pairwise([m for m in marks if m in old.column]):
            if old.column[a] == old.column[b]:
                found += (old.across[a] < old.across[b]) != (new.across[a] < new.across[b])
    return found


def stayed(before: Layout, after: Layout) -> tuple[int, int]:
    """How many marks of before keep their height within 5 pt, and how many there are."""
    old, new = before.places.placement.across, after.places.placement.across
    both = [m for m in old if m in new]
    return sum(abs(old[m] - new[m]) <= 5 for m in both), len(both)


def count(layout: Layout) -> int:
    """How many lines of a layout cross."""
    return len(crossings(layout.scene.edges))


@cache
def session(name: str, seed: int) -> list[tuple[Diagram, Layout]]:
    """The layouts of twelve edits, each kept from the one before."""
    return edits(name, seed)


def edits(name: str, seed: int) -> list[tuple[Diagram, Layout]]:
    """The same, made now."""
    rng = random.Random(seed)
    text = tp.gallery.entry(name).text
    diagram = diagram_of(tp.parse(text))
    found = [(diagram, laid_out(diagram))]
    for k in range(EDITS):
        text = edited(text, rng, k)
        diagram = diagram_of(tp.parse(text))
        found.append((diagram, kept_layout(diagram, found[-1][1])))
    return found


@cache
def from_scratch(name: str, seed: int) -> int:
    """The crossings of a session's last program laid out from scratch."""
    return count(laid_out(session(name, seed)[-1][0]))


@pytest.mark.parametrize("name", NAMES)
def test_pictures_stay_while_their_programs_are_edited(name: str) -> None:
    """No two marks of a column turn over, and 95 % keep their height."""
    for seed in range(SESSIONS):
        layouts = session(name, seed)
        kept = total = 0
        for (_, before), (_, after) in pairwise(layouts):
            assert flips(before, after) == 0
            same, count = stayed(before, after)
            kept, total = kept + same, total + count
        assert kept >= 0.95 * total


def test_pictures_that_stay_cross_fewer_lines_than_from_scratch() -> None:
    """In sum half as many; no session has more than 1.25 times those from scratch and two."""
    every = [(name, seed) for name in NAMES for seed in range(SESSIONS)]
    every += [("mlp", seed) for seed in (4, 6, 37, 61, 65, 71)] + [("rnn", 7), ("conv1d", 7)]
    kept = [count(session(*which)[-1][1]) for which in every]
    scratch = [from_scratch(*which) for which in every]
    assert sum(kept) <= 0.5 * sum(scratch)
    assert all(c <= 1.25 * s + 2 for c, s in zip(kept, scratch, strict=True))


def test_places_where_many_lines_cross_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = KeptHeights._trial
    monkeypatch.setattr(KeptHeights, "_trial", lambda self, *place: -trial(self, *place))
    monkeypatch.setattr(kept_module, "moved_marks", lambda heights, credit, aim: (set(), credit))
    monkeypatch.setattr(kept_module, "with_columns_opened", lambda *parts: parts[3])
    assert count(edits("mlp", 3)[-1][1]) > 1.25 * from_scratch("mlp", 3) + 9


def moved_at_random(monkeypatch: pytest.MonkeyPatch, name: str) -> list[KeptHeights]:
    """Marks beside each other settled anew, or one with its tail, whatever crosses then."""
    lifted, chance, found = KeptHeights.lifted, random.Random(0), []
    monkeypatch.setattr(KeptHeights, "lifted", lambda self, marks: lifted(self, marks) + 10**6)
    for diagram, layout in session(name, 3)[4::2]:
        sizes = KeptSizes(diagram, layout.places, {})
        column = layout.places.placement.column
        heights = KeptHeights(diagram, sizes, KeptWays(diagram, sizes), column)
        anew = Anew(heights)
        for k in range(40):
            group = chance.choice(anew.groups)
            if k % 4 == 0:
                assert anew.with_tail(group)
                continue
            ends = [m for k in heights.beside[group[0]] for m in (k.source, k.target)]
            near = [*dict.fromkeys([group, *(anew.group_of[m] for m in ends)])]
            anew.together(*chance.sample(near, min(len(near), chance.choice((2, 3)))))
        found.append(heights)
    return found


@pytest.mark.parametrize("name", ["mlp", "conv1d"])
def test_marks_that_move_together_turn_no_line_back(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for heights in moved_at_random(monkeypatch, name):
        column = heights.column
        assert all(column[link.source] < column[link.target] for link in heights.ways)


@pytest.mark.parametrize("name", NAMES[:4])
def test_kept_layouts_hold_what_the_notation_asks(name: str) -> None:
    """Hard faults of geometry, which no layout may have; labels may be crowded as one edits."""
    for _, layout in session(name, 5)[1:]:
        hard = [v for v in violations(layout.scene) if not str(v).startswith("label")]
        overlapping = [v for v in hard if "overlap" in str(v)]
        assert overlapping == []


def test_two_lines_may_pass_between_a_mark_and_one_that_comes() -> None:
    ground, room = SettledGround(), Room(5.0, 5.0)
    ground.add_mark(1, 0.0, room)
    beside = min(y for y in ground.free_heights(1, 0.0, room) if y > 0)
    ground.add_mark(1, beside, room)
    for y in (beside / 2 - 1, beside / 2 + 1):
        way = ground.way(KeptEnd(0, y), KeptEnd(2, y))
        ground.add_way(way)
        assert 5 < way.heights[0] < beside - 5


def test_tails_are_all_that_is_made_of_a_mark() -> None:
    """A tail has all that is made of its marks, each behind what it is made of."""
    _, layout = session("mlp", 3)[-1]
    sizes = KeptSizes(layout.places.diagram, layout.places, {})
    ways = KeptWays(layout.places.diagram, sizes)
    anew = Anew(KeptHeights(layout.places.diagram, sizes, ways, layout.places.placement.column))
    made: dict[str, set[str]] = defaultdict(set)
    for link in ways.links:
        made[link.source].add(link.target)
    for group in anew.groups:
        tail = [mark for one in anew.tail(group) for mark in one]
        assert all(made[mark] <= set(tail[k:]) for k, mark in enumerate(tail))


def test_columns_open_where_those_that_stand_have_no_good_place() -> None:
    """The products of one vector leave no room in their column for a gate that reads it too."""
    given = "program p\nwidth n\nmatrix A, B, C : n × n ~ N(0, 1)\n"
    text = given + "vector u, v, w : n ~ N(0, 1)\n"
    for name in "uvw":
        text += "".join(f"{name}{k} = {k} {name}\n" for k in "ABC")
        text += f"{name}s = tanh({name}A + {name}B + {name}C)\n"
    before = laid_out(diagram_of(tp.parse(text)))
    after = kept_layout(diagram_of(tp.parse(text + "y = sin(u)\nz = sin(v)\n")), before)
    assert flips(before, after) == 0
    assert count(after) <= count(before) + 1


def excess(layout: Layout) -> float:
    """How much longer lines are than the straight ways between their ends, over all of them."""
    lines = [samples(edge) for edge in layout.scene.edges]
    whole = sum(np.hypot(*np.diff(line, axis=0).T).sum() for line in lines)
    return float(whole / sum(np.hypot(*(line[-1] - line[0])) for line in lines))


def turned(layout: Layout) -> float:
    """How much a line turns in radians, on the average."""
    found = 0.0
    for edge in layout.scene.edges:
        steps = np.diff(samples(edge), axis=0)
        steps = steps[np.hypot(*steps.T) > 1e-9]
        found += float(np.abs(np.diff(np.unwrap(np.arctan2(*steps.T)))).sum())
    return found / len(layout.scene.edges)


def far_around(start: routing.LineEnd, end: routing.LineEnd, between: routing.Columns) -> Any:
    """A line that nobody would choose."""
    (left, _), (right, _) = start.at, end.at
    return start.at, (left, 9e3), (right, 9e3), end.at


def test_lines_of_kept_pictures_make_few_detours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than where no line is pulled taut; nor do they turn as much."""
    which = [(name, seed) for name in ("mlp", "layernorm") for seed in (2, 3)]
    strung = [session(*one)[-1][1] for one in which]
    monkeypatch.setattr(routing, "_strung", far_around)
    level = [edits(*one)[-1][1] for one in which]
    for measure, most in ((excess, 1.25), (turned, 1.3)):
        found, worse = (np.mean([measure(one) for one in some]) for some in (strung, level))
        assert found < worse
        assert found < most


def test_nothing_moves_where_nothing_changes() -> None:
    diagram = diagram_of(tp.gallery.entry("rnn").program())
    layout = laid_out(diagram)
    again = kept_layout(diagram, layout)
    assert again.places.placement == layout.places.placement
    assert again.scene.nodes == layout.scene.nodes
    assert again.drawn.lines.keys() == layout.drawn.lines.keys()


def test_a_renamed_vector_stays_where_it_was() -> None:
    text = tp.gallery.entry("mlp").text
    before = laid_out(diagram_of(tp.parse(text)))
    other = text.replace("x[", "hidden[")
    after = kept_layout(
        diagram_of(tp.parse(other)), before, {f"hidden[{k}]": f"x[{k}]" for k in (1, 2, 3)}
    )
    old, new = before.places.placement, after.places.placement
    assert new.across["hidden[2]"] == old.across["x[2]"]
    assert new.column["hidden[2]"] == old.column["x[2]"]


def test_a_gap_opens_where_a_gate_comes_between() -> None:
    text = "program p\nwidth n\nvector u : n ~ N(0, 1)\ny = tanh(u)\nz = relu(y)\n"
    between = text.replace("z = relu(y)", "q = sin(y)\nz = relu(q)")
    before = laid_out(diagram_of(tp.parse(text)))
    after = kept_layout(diagram_of(tp.parse(between)), before)
    old, new = before.places.placement.column, after.places.placement.column
    assert new["y"] == old["y"]
    assert new["z"] == old["z"] + 2


def test_a_line_back_moves_only_what_it_must() -> None:
    text = "program p\nwidth n\nvector u, v : n ~ N([0, 0], [[1, 0], [0, 1]])\n"
    first = diagram_of(tp.parse(text + "y = tanh(u)\nz = relu(v)\nw = sin(z)\n"))
    second = diagram_of(tp.parse(text + "z = relu(v)\nw = sin(z)\ny = tanh(u + w)\n"))
    before = laid_out(first)
    column = kept_columns(second, before.places.placement.column)
    assert column["w"] < column["y"]
    assert column["v"] < column["z"] < column["w"]


def test_a_part_of_which_everything_is_new_finds_columns() -> None:
    text = "program p\nwidth n\nvector u : n ~ N(0, 1)\ny = tanh(u)\n"
    before = laid_out(diagram_of(tp.parse(text)))
    more = text.replace("y =", "vector v : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\ny =")
    more += "h = W v\nz = relu(h)\nw = sin(z + v)\n"
    after = kept_layout(diagram_of(tp.parse(more)), before)
    column = after.places.placement.column
    assert column["u"] < column["y"]
    assert column["v"] < column["h"] < column["z"] < column["w"]
    assert violations(after.scene) == []


def test_a_layout_that_turns_marks_over_is_noticed() -> None:
    diagram = diagram_of(tp.gallery.entry("rnn").program())
    layout = laid_out(diagram)
    places = layout.places
    turned = replace(places.placement, across={m: -y for m, y in places.placement.across.items()})
    assert flips(layout, replace(layout, places=replace(places, placement=turned))) > 0


def noted(layout: Layout) -> dict[str, Annotation]:
    """A plot and numbers beside every vector, a number beside every scalar."""
    found = {}
    for vertex in layout.places.diagram.vertices:
        value = Quantity("value", 0.51, 0.52, 0.001)
        plot = Histogram(-3.0, 3.0, (1, 4, 9, 4, 1), 0.0, 1.0)
        scalar = vertex.kind == "scalar"
        found[vertex.variable] = Annotation(None if scalar else plot, quantities=(value,))
    return found


def test_annotations_find_room_where_the_picture_stays() -> None:
    """They overlap nothing; columns and their order are those of before in most pictures."""
    kept = 0
    for name in NAMES:
        _, before = session(name, 1)[-1]
        after = annotated_layout(before, noted(before))
        assert [v for v in violations(after.scene) if "annotation" in str(v)] == []
        assert all(node.note for node in after.scene.nodes if not node.is_gate)
        kept += columns(after) == columns(before)
    assert kept >= len(NAMES) - 2


def test_an_annotation_over_a_gate_is_noticed() -> None:
    _, before = session("rnn", 1)[-1]
    scene = annotated_layout(before, noted(before)).scene
    node = next(n for n in scene.nodes if n.note is not None)
    assert node.note is not None
    x, y = next((n.x, n.y) for n in scene.nodes if n.is_gate)
    over = replace(node.note, left=x - 5, right=x + 5, bottom=y - 5, top=y + 5)
    nodes = tuple(replace(n, note=over) if n is node else n for n in scene.nodes)
    assert any("annotation" in str(v) for v in violations(replace(scene, nodes=nodes)))
