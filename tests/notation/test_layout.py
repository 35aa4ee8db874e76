"""Geometric statements about laid-out scenes: gallery, random programs, engines, determinism."""

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from notation.geometry import GATES, violations
from strategies import programs

from tpgraph import gallery
from tpgraph.errors import TPError, TPLimitError
from tpgraph.language import parse
from tpgraph.notation.drawing import FORMATS, draw
from tpgraph.notation.engines.wasm import WasmEngine
from tpgraph.notation.scene.crossings import crossings
from tpgraph.notation.scene.scene import Scene
from tpgraph.notation.scene.scene_json import to_json

ENTRIES = gallery.entries()


def scene_of(name, **options):
    found = gallery.entry(name)
    return draw(found.program(), **{"direction": found.direction, **options}).scene


def nodes(scene):
    return {node.id: node for node in scene.nodes}


@pytest.mark.parametrize("show_io", [False, True], ids=["strict", "io"])
@pytest.mark.parametrize("direction", ["LR", "RL", "BT", "TB"])
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_the_gallery_is_clean(entry, direction, show_io):
    assert (
        violations(
            draw(entry.program(), direction=direction, show="io" if show_io else "body").scene
        )
        == []
    )


@settings(max_examples=25, suppress_health_check=[*HealthCheck])
@given(programs(max_equations=12))
def test_random_programs_are_clean(program):
    for direction in ("LR", "BT"):
        assert violations(draw(replace(program, labels={}), direction=direction).scene) == []


NAMED = """width n
width m = 2 n
fn φ(z) = 0.5 * gelu(z)
fn ψ_2(a, β) = (tanh(a) + φ(β)) / a^3
vector e1[10], σ_w11 : n ~ N([0, 0.5], [[1, 0], [0, 1]])
vector long_name12, δh̃[13] : m ~ N([0, 0.5], [[1, 0], [0, 1]])
matrix z[14,-1] : m × m ~ N(0, 0.7)
matrix σ_w[15] : n × m ~ N(0, 1)
scalar ẋ16 = 0.5
scalar u_1[17,0] -> 0 = 1 / sqrt(n)
y18 = (fn(z1, z2) = z2 - z1)(e1[10], e1[10])
Ω[19,-2] = z[14,-1] long_name12
ξ[20] = σ_w[15] arctan''(long_name12)
δh̃[21] = mean(ψ_2(leaky_relu(σ_w11, e1[10]), 0.5))
ẋ[22,2] = σ_w[15] long_name12
output ẋ16
"""


@pytest.mark.parametrize("direction", ["LR", "BT"])
def test_gates_that_name_their_inputs_have_room(direction):
    assert violations(draw(parse(NAMED), direction=direction).scene) == []


def moved(scene, id, dx, dy):
    """The scene with one mark out of its place."""
    shift = {
        node.id: replace(node, x=node.x + dx, y=node.y + dy)
        for node in scene.nodes
        if node.id == id
    }
    return replace(scene, nodes=tuple(shift.get(node.id, node) for node in scene.nodes))


def test_the_statements_can_fail():
    scene = scene_of("mlp")
    found = nodes(scene)
    onto = found["x[1]:gate"].x - found["b[2]"].x
    assert any("overlaps" in v for v in violations(moved(scene, "b[2]", onto, 0)))
    assert any("misses" in v for v in violations(moved(scene, "b[2]", 0, -3)))
    assert any("backwards" in v for v in violations(moved(scene, "b[1]", 400, 0)))
    port = found["x[3]:gate"].x - found["x[3]:gate"].width / 2
    long = replace(scene.edges[-2], points=((found["b[1]"].x, found["b[1]"].y), (port, 0.0)))
    assert any("through" in v for v in violations(replace(scene, edges=(*scene.edges, long))))


def test_the_rows_of_figure_1_are_straight():
    for name, row in (("mlp", "x"), ("rnn", "s")):
        scene = scene_of(name)
        found = nodes(scene)
        heights = {found[f"{row}[{i}]"].y for i in (1, 2, 3)}
        heights |= {found[f"{row}[{i}]:gate"].y for i in (1, 2, 3)}
        heights |= {
            node.y
            for edge in scene.edges
            if edge.kind == "matmul"
            for node in (found[edge.target],)
        }
        assert max(heights) - min(heights) < 0.01


def test_layers_stand_at_equal_distances():
    found = nodes(scene_of("mlp"))
    xs = [found[f"x[{i}]"].x for i in (1, 2, 3)]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1])
    assert len({found[f"b[{i}]"].y for i in (1, 2, 3)}) == 1
    assert len({found[f"x[{i}]:gate"].height for i in (1, 2, 3)}) == 1


def test_steps_of_the_rnn_are_alike():
    found = nodes(scene_of("rnn"))
    assert len({found[f"s[{i}]:gate"].height for i in (1, 2, 3)}) == 1
    assert len({round(found[f"s[{i}]~1"].y, 6) for i in (1, 2, 3)}) == 1


def test_the_lines_of_attention_are_straight():
    scene = scene_of("attention")
    assert not any(edge.curve for edge in scene.edges)
    level = [e for e in scene.edges if abs(e.points[0][1] - e.points[-1][1]) < 0.01]
    assert len(level) == len(scene.edges) - 3  # but those of the query


def test_pixels_of_the_convolution_stand_at_equal_distances():
    found = nodes(scene_of("conv1d"))
    xs = [found[f"x[{i}]"].x for i in range(1, 6)]
    assert [b - a for a, b in pairwise(xs)] == pytest.approx([xs[1] - xs[0]] * 4, abs=0.01)
    assert [found[f"y[{i}]"].x for i in (1, 2, 3)] == pytest.approx(xs[1:4], abs=0.01)


def test_products_of_the_convolution_are_straight():
    edges = [edge for edge in scene_of("conv1d").edges if edge.kind == "matmul"]
    assert len(edges) == 9
    assert not any(edge.curve for edge in edges)
    assert sum(edge.label is not None for edge in edges) == 3


@pytest.mark.parametrize(
    ("direction", "axis", "sign"), [("LR", 0, 1), ("RL", 0, -1), ("BT", 1, 1), ("TB", 1, -1)]
)
def test_the_computation_runs_in_the_direction_asked_for(direction, axis, sign):
    found = nodes(scene_of("mlp", direction=direction))
    first, last = found["x[1]"], found["x[3]"]
    assert sign * ((last.x, last.y)[axis] - (first.x, first.y)[axis]) > 50
    assert {node.direction for node in found.values() if node.kind in GATES} == {direction}


def test_a_long_formula_has_a_symbol_and_is_told_in_the_title():
    body = " + ".join(f"sin({k} * a) * exp(b - {k})^{k}" for k in range(2, 9))
    program = parse(f"program p\nwidth n\nvector a, b : n ~ N(0, 1)\nh = {body}\n")
    scene = draw(program).scene
    (gate,) = [node for node in scene.nodes if node.kind in GATES]
    assert gate.label.text == r"\psi_{1}"
    assert len(scene.definitions) == 1
    assert gate.label.size >= 7
    assert gate.height < 200
    assert gate.title.count("exp") == 7


@pytest.mark.parametrize(
    "text",
    [
        "program p\nwidth n\nvector x : n ~ N(0, 1)\n",
        "program p\nwidth n\nvector x : n ~ N(0, 1)\nh = x\n",
        "program p\nwidth n\nscalar s = 1\nt = s + s\n",
        "program p\nwidth n\nvector x : n ~ N(0, 1)\nh = x * 0 + 1\nk = h + h\n",
    ],
)
def test_the_smallest_programs(text):
    drawing = draw(parse(text))
    assert violations(drawing.scene) == []
    assert drawing.svg.startswith("<svg")


def test_the_same_bytes_in_every_process():
    code = (
        "from tpgraph import gallery; from tpgraph.notation.drawing import draw;"
        "import sys; e = gallery.entry('transformer');"
        "sys.stdout.buffer.write(draw(e.program()).svg.encode())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        ).stdout
        for seed in ("0", "1")
    }
    assert len(outputs) == 1
    assert outputs == {draw(gallery.entry("transformer").program()).svg.encode()}


def test_a_layout_that_would_take_too_long_is_not_begun():
    lines = "\n".join(f"x[{k}] = tanh(x[{k - 1}] + x[{k // 2}])" for k in range(1, 3000))
    program = parse(f"program p\nwidth n\nvector x[0] : n ~ N(0, 1)\n{lines}\n")
    with pytest.raises(TPLimitError, match="marks would take about"):
        draw(program, engine=WasmEngine(timeout=0.5))


def test_saving_in_every_format(tmp_path):
    drawing = draw(gallery.entry("layernorm").program(), legend=True)
    for extension in FORMATS:
        assert drawing.save(tmp_path / f"picture{extension}").stat().st_size > 500
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"picture{extension}" for extension in FORMATS
    )
    assert drawing.scene.legend is not None


def test_an_unknown_format_names_those_there_are(tmp_path):
    with pytest.raises(TPError) as caught:
        draw(gallery.entry("mlp").program(), tmp_path / "mlp.gif")
    assert ".svg, .pdf, .png" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(TPError, match="cannot be written"):
        draw(gallery.entry("mlp").program(), tmp_path / "missing" / "mlp.svg")


def test_an_unknown_direction():
    with pytest.raises(TPError, match="unknown direction 'up'"):
        draw(gallery.entry("mlp").program(), direction="up")


def test_a_drawing_shows_itself_in_notebooks():
    drawing = draw(gallery.entry("mlp").program())
    assert drawing._repr_svg_() == drawing.svg
    assert isinstance(drawing.scene, Scene)
    assert drawing.json == to_json(drawing.scene)


def test_inputs_of_a_sum_reach_it_in_the_order_in_which_they_stand() -> None:
    text = "width n\nvector u, v, w : n ~ N(0, 1)\na = sin(u)\nx = tanh(a)\nc = cos(w)\n"
    scene = draw(parse(f"{text}z = tanh(c)\ny = tanh(v)\ns = x + y + z\n")).scene
    assert not list(crossings(scene.edges))
