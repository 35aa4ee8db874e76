"""Frames: one picture for each instruction."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from latex_compiler import ENGINES, compiled, installed

import tpgraph as tp
from tpgraph.errors import TPError, TPLimitError
from tpgraph.notation.painters.paint import picture

MLP = tp.gallery.entry("mlp").program()


@pytest.fixture(scope="module")
def mlp():
    return tp.draw_frames(MLP)


def test_there_is_a_frame_for_each_instruction_and_one_before(mlp):
    assert len(mlp.drawings) == 1 + 6
    texts = [caption.text for caption in mlp.captions]
    assert texts[0] == r"\text{Initial vectors}"
    assert [re.match(r"\\text\{(\w+)\}", text)[1] for text in texts[1:]] == [
        "MatMul",
        "Nonlin",
    ] * 3
    assert texts[4].endswith(r"x^{2} = \phi( W^{2} x^{1} +  b^{2})")


def test_captions_name_moments():
    captions = tp.draw_frames(tp.gallery.entry("layernorm").program()).captions
    assert captions[1].text.startswith(r"\text{Moment}\quad \mu = \frac{1}{n}\sum_{\alpha}")


def test_marks_come_one_after_the_other_and_stay(mlp):
    shown = [{node.id for node in drawing.scene.nodes} for drawing in mlp.drawings]
    assert shown[0] == {"b[1]", "b[2]", "b[3]"}
    assert shown[1] - shown[0] == {"x[1]~1"}
    assert shown[2] - shown[1] == {"x[1]", "x[1]:gate"}
    assert all(a < b for a, b in pairwise(shown))
    assert shown[-1] == {node.id for node in tp.draw(MLP).scene.nodes}


def test_what_is_new_is_coloured_and_nothing_moves(mlp):
    place = {n.id: (n.x, n.y) for n in tp.draw(MLP).scene.nodes}
    known = set()
    for drawing in mlp.drawings:
        new = {n.id for n in drawing.scene.nodes} - known if known else set()
        assert {n.id for n in drawing.scene.nodes if n.color} == new
        known |= {n.id for n in drawing.scene.nodes}
        assert all(place[n.id] == (n.x, n.y) for n in drawing.scene.nodes)
        ends = {name for e in drawing.scene.edges for name in (e.source, e.target)}
        assert ends <= known


@pytest.mark.parametrize("style", ["paper", "teaching", "dark"])
def test_all_frames_have_one_size(style):
    frames = tp.draw_frames(tp.gallery.entry("layernorm").program(), style=style, legend=True)
    bounds = {tuple(round(v, 6) for v in picture(d.scene, d.style).bounds) for d in frames.drawings}
    assert len(bounds) == 1


@pytest.mark.parametrize("name", [entry.name for entry in tp.gallery.entries()])
def test_every_program_of_the_gallery(name):
    entry = tp.gallery.entry(name)
    frames = tp.draw_frames(entry.program(), direction=entry.direction)
    assert all(picture(d.scene).marks for d in frames.drawings)
    assert {n.id for n in frames.drawings[-1].scene.nodes} == set(frames.born)


def test_backward_programs_have_frames():
    program = tp.backward(MLP)
    frames = tp.draw_frames(program)
    first = {node.id for node in frames.drawings[0].scene.nodes}
    assert first.isdisjoint(program.equation_of)
    assert not any("gate" in node.kind for node in frames.drawings[0].scene.nodes)
    last = frames.drawings[-1].scene
    assert {n.id for n in last.nodes} == {n.id for n in tp.draw(program).scene.nodes}
    assert any(r"dx^{2} = W^{3\top} db^{3}" in caption.text for caption in frames.captions)
    assert all(a.scene.nodes != b.scene.nodes for a, b in pairwise(frames.drawings))


def test_numbered_files(mlp, tmp_path):
    files = mlp.save(tmp_path / "mlp.svg")
    assert [file.name for file in files] == [f"mlp-{k:02d}.svg" for k in range(1, 8)]
    assert all(tp.load(file) == MLP for file in files)


def test_a_pdf_has_a_page_for_each_frame(mlp, tmp_path):
    (file,) = mlp.save(tmp_path / "mlp.pdf")
    assert len(re.findall(rb"/Type\s*/Page\b", file.read_bytes())) == 7
    assert tp.load(file) == MLP


class Page(HTMLParser):
    """The tags and ids of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.ids += [value for key, value in attrs if key == "id"]
        self.links += [value for key, value in attrs if key in ("src", "href", "xlink:href")]


def test_a_page_needs_no_other_file(mlp):
    page = Page(mlp.html)
    assert page.tags.count("figure") == 7
    assert mlp.html.count("<figure hidden>") == 6
    assert len(page.ids) == len(set(page.ids))
    assert all(link.startswith("#") and link[1:] in page.ids for link in page.links)
    assert {"previous", "next", "slider", "counter"} <= set(page.ids)
    assert "ArrowRight" in mlp.html
    for svg in re.findall(r"<svg.*?</svg>", mlp.html, re.DOTALL):
        ET.fromstring(svg.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ', 1)
                      if "xmlns:xlink" not in svg else svg)  # fmt: skip


def test_a_slide_has_an_overlay_for_each_frame(mlp):
    numbers = {int(k) for k in re.findall(r"\\only<(\d+)", mlp.tikz)}
    assert numbers == set(range(1, 8))
    assert mlp.tikz.count("{%") == mlp.tikz.count(r"\only<") + 1
    assert tp.extract_program(mlp.tikz.encode()) is not None


@pytest.mark.parametrize("engine", ENGINES)
def test_a_slide_compiles(mlp, tmp_path, engine):
    if not installed(engine):
        pytest.skip(f"{engine} is not installed")
    pdf = compiled(mlp.tikz, tmp_path, engine)
    assert pdf.stat().st_size > 10_000


def test_another_extension_is_refused(mlp, tmp_path):
    with pytest.raises(TPError, match="names no format of frames"):
        mlp.save(tmp_path / "mlp.gif")


def test_too_many_frames():
    text = tp.gallery.entry("mlp").text.replace("const L = 3", "const L = 300")
    with pytest.raises(TPLimitError, match="600 instructions"):
        tp.draw_frames(tp.parse(text))
