"""Frames that move, frames to print, captions of one's own, paths in frames; exercises."""

import io
import re
import xml.etree.ElementTree as ET

import pytest
from latex_compiler import ENGINES, compiled
from PIL import Image, ImageChops, ImageSequence

import tpgraph as tp
from tpgraph.errors import TPError
from tpgraph.notation.painters.canvas import to_png

SVG = "{http://www.w3.org/2000/svg}"
PROGRAM = tp.gallery.entry("layernorm").program()
PATHS = tp.reduce(tp.gallery.entry("mlp").program())


@pytest.fixture(scope="module")
def frames():
    return tp.draw_frames(PROGRAM)


@pytest.fixture(scope="module")
def marked():
    return tp.draw_frames(PATHS, paths=tp.select_paths(PATHS, "W[2],W[3]"))


def test_a_gif_shows_every_frame_for_its_time(frames):
    image = Image.open(io.BytesIO(frames.gif(seconds=0.4, dpi=100)))
    count = len(list(ImageSequence.Iterator(image)))
    assert count == len(frames.drawings)
    assert image.info["loop"] == 0
    for k, drawing in enumerate(frames.drawings):
        image.seek(k)
        assert image.info["duration"] == (800 if k == count - 1 else 400)
        png = Image.open(io.BytesIO(to_png(drawing.scene, drawing.style, 100))).convert("L")
        differences = ImageChops.difference(image.convert("L"), png).histogram()
        far = sum(differences[48:]) / (png.width * png.height)
        assert far < 0.001


def test_of_an_animated_svg_one_frame_is_visible_at_any_time(frames, tmp_path):
    (file,) = frames.save(tmp_path / "moving.svg", seconds=0.5)
    root = ET.fromstring(file.read_text(encoding="utf-8"))
    groups = [g for g in root if g.tag == f"{SVG}g" and g.get("visibility")]
    assert [g.get("visibility") for g in groups] == ["hidden"] * 3 + ["visible"]
    shown = []
    for group in groups:
        move = group.find(f"{SVG}animate")
        assert float(move.get("dur").removesuffix("s")) == 0.5 * 5
        times = [float(t) for t in move.get("keyTimes").split(";")]
        assert times[0] == 0.0
        assert times == sorted(times)
        shown.append((times, move.get("values").split(";")))
    for at in (0.01, 0.19, 0.21, 0.5, 0.7, 0.99):
        states = [v[sum(t <= at for t in times) - 1] for times, v in shown]
        assert states.count("visible") == 1
        assert states.index("visible") == min(int(at * 5), 3)
    assert tp.load(file) == PROGRAM


def test_a_handout_has_all_frames_on_few_sheets(frames, tmp_path):
    (file,) = frames.save(tmp_path / "sheets.pdf", handout="1x3")
    content = file.read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", content)) == 2
    boxes = re.findall(rb"/MediaBox \[ ([\d. ]+) \]", content)
    assert {tuple(round(float(v)) for v in box.split()) for box in boxes} == {(0, 0, 595, 842)}
    assert tp.load(file) == PROGRAM


def test_what_there_is_no_time_and_no_handout_of(frames, tmp_path):
    for name, asked, said in (
        ("a.pdf", {"seconds": 1.0}, "does not move"),
        ("a.svg", {"handout": "2x2"}, "no handout"),
        ("a.pdf", {"handout": "2by2"}, "number of frames on a sheet"),
        ("a.pdf", {"handout": "0x9"}, "number of frames on a sheet"),
        ("a.gif", {"seconds": 0.0}, "no frame is shown for 0 seconds"),
    ):
        with pytest.raises(TPError, match=said):
            frames.save(tmp_path / name, **asked)
    assert not list(tmp_path.iterdir())


def test_captions_of_ones_own_stand_under_their_frames(frames):
    words = {1: "What is given", "μ": r"The mean $\mu$"}
    own = tp.draw_frames(PROGRAM, captions=words)
    assert own.captions[0].text == r"\text{What is given}\quad ".removesuffix(r"\quad ")
    assert own.captions[1].text == r"\text{The mean $\mu$}"
    assert [c.text for c in own.captions[2:]] == [c.text for c in frames.captions[2:]]
    for key, text, said in (
        ("nobody", "words", "no frame is that of 'nobody'"),
        (9, "words", "no frame is that of 9"),
        (1, "one $", "has no other"),
        (1, r"\nothing", r"in the caption of 1: .*no command(?s:.*)write the caption otherwise"),
    ):
        with pytest.raises(TPError, match=said):
            tp.draw_frames(PROGRAM, captions={key: text})


def test_no_caption_is_lost_to_another_of_its_frame():
    with pytest.raises(TPError, match="frame 2 has two captions, of 'μ' and of 2"):
        tp.draw_frames(PROGRAM, captions={"μ": "The mean", 1: "What is given", 2: "A mean"})


def test_a_path_is_marked_once_all_its_vectors_are_there(marked):
    (path,) = marked.scene.paths
    last = max(marked.born[name] for name in path.nodes)
    assert 0 < last < len(marked.drawings) - 1
    assert [len(d.scene.paths) for d in marked.drawings] == [
        int(k >= last) for k in range(len(marked.drawings))
    ]
    assert marked.tikz.count(rf"\only<{last + 1}->") >= 2


@pytest.mark.needs(ENGINES[0])
def test_a_slide_with_a_path_compiles(marked, tmp_path):
    assert compiled(marked.tikz, tmp_path, ENGINES[0]).stat().st_size > 10_000


def test_another_mark_of_a_vector_comes_with_it():
    program = tp.unroll_sgd(tp.gallery.entry("one_hidden").program(), steps=1)
    frames = tp.draw_frames(program)
    copies = [n.id for n in frames.scene.nodes if "@" in n.id]
    for name in copies:
        assert frames.born[name] == frames.born.get(name.partition("@")[0], 0)


@pytest.mark.parametrize("words", ["gates", "labels", "gates,matrices", "gates,labels,matrices"])
def test_an_exercise_says_nothing_of_its_solution(words):
    text = tp.gallery.entry("rnn").text + 'note "read out" at s[3]\n'
    drawing = tp.draw(tp.parse(text), show="listing")
    blank, solution = drawing.exercise(words)
    texts = {
        "gates": [n.label.text for n in drawing.scene.nodes if n.is_gate and n.label],
        "labels": [n.label.text for n in drawing.scene.nodes if not n.is_gate and n.label],
        "matrices": [e.label.text for e in drawing.scene.edges if e.label],
    }
    left = [n.label.text for n in blank.scene.nodes if n.label]
    left += [e.label.text for e in blank.scene.edges if e.label]
    for kind, of_kind in texts.items():
        assert of_kind
        assert set(of_kind).isdisjoint(left) == (kind in words.split(","))
    numbers = [text for text in left if re.fullmatch(r"\(\d+\)", text)]
    assert numbers == [f"({k})" for k in range(1, len(numbers) + 1)]
    assert tp.extract_program(blank.svg.encode()) is None
    assert not blank.scene.listing
    (told,) = blank.scene.lists
    counts = {kind: len(of_kind) for kind, of_kind in texts.items() if kind in words.split(",")}
    assert (
        told.text
        == rf"\text{{to be filled in: {', '.join(f'{n} {k}' for k, n in counts.items())}}}"
    )
    assert [label.text for label in blank.scene.labels] == [r"\textit{read out}"]
    assert "φ" not in blank.svg if "gates" in words else True
    plain = [(n.id, n.x, n.y, n.label and n.label.text) for n in drawing.scene.nodes]
    assert [(n.id, n.x, n.y, n.label and n.label.text) for n in solution.scene.nodes] == plain
    accent = drawing.style.path_color
    asked = [n for n in solution.scene.nodes if n.label and n.label.color == accent]
    wanted = sum(len(texts[kind]) for kind in words.split(",") if kind != "matrices")
    assert len(asked) == wanted


@pytest.mark.parametrize("words", ["gates", "labels"])
def test_symbols_of_long_functions_stay_in_an_exercise_without_what_they_are(words):
    program = tp.backward(tp.gallery.entry("layernorm_mlp").program())
    drawing = tp.draw(program)
    symbols = [one.symbol for one in drawing.scene.definitions]
    assert len(symbols) > 1
    blank, solution = drawing.exercise(words)
    left = [n.label.text for n in blank.scene.nodes if n.is_gate and n.label]
    assert set(symbols) <= set(left)
    assert (len(set(left)) == len(symbols)) == (words == "gates")
    lines = [label.text for label in blank.scene.lists]
    assert lines[:-1] == [rf"{symbol} = \ldots" for symbol in symbols]
    assert lines[-1].endswith(f"{len(symbols)} symbols}}")
    assert solution.scene.definitions == drawing.scene.definitions
    assert [label.text for label in solution.scene.lists] == [
        label.text for label in drawing.scene.lists
    ]


def test_what_cannot_be_left_blank():
    with pytest.raises(TPError, match="nothing called 'wires'"):
        tp.draw(PROGRAM).exercise("gates,wires")


def test_frames_of_a_folded_picture():
    text = tp.gallery.entry("mlp").text.replace("const L = 3", "const L = 50")
    frames = tp.draw_frames(tp.parse(text), fold=True)
    plain = tp.draw(tp.parse(text), fold=True).scene
    assert {n.id for n in frames.picture.nodes} == {n.id for n in plain.nodes}
    assert len(frames.drawings) == 3
    assert frames.said[2].formula == r"x^{l} = \phi( W^{l} x^{l{-}1} +  b^{l})"
    first, last = ({n.id for n in plain.nodes if frames.born[n.id] == k} for k in (1, 2))
    assert {"x[1]", "x[l-1]"} <= first
    assert {"x[l]", "x[50]", "x[l]:gate"} <= last
    given = {n.id for n in plain.nodes} - first - last
    assert given == {"b[1]", "b[l]"}
    with pytest.raises(TPError, match="frames of passes"):
        tp.draw_frames(tp.backward(tp.parse(text)), fold=True)
