"""Frames: one picture for each instruction."""

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from editor.browsers import chromium
from latex_compiler import ENGINES, compiled
from playwright.sync_api import expect, sync_playwright

import tpgraph as tp
from tpgraph.errors import TPError, TPLimitError
from tpgraph.notation.scene.painting import picture

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


def ghosts(drawing):
    color = drawing.style.ghost_color
    return {node.id for node in drawing.scene.nodes if node.color == color}


def shown(drawing):
    return {node.id for node in drawing.scene.nodes} - ghosts(drawing)


def test_marks_come_one_after_the_other_and_stay(mlp):
    there = [shown(drawing) for drawing in mlp.drawings]
    assert there[0] == {"b[1]", "b[2]", "b[3]"}
    assert there[1] - there[0] == {"x[1]~1"}
    assert there[2] - there[1] == {"x[1]", "x[1]:gate"}
    assert all(a < b for a, b in pairwise(there))
    assert there[-1] == {node.id for node in tp.draw(MLP).scene.nodes}


def test_what_is_to_come_is_a_ghost_with_its_label(mlp):
    for drawing in mlp.drawings:
        pale = ghosts(drawing)
        for mark in (*drawing.scene.nodes, *drawing.scene.edges):
            ends = {mark.id} if hasattr(mark, "id") else {mark.source, mark.target}
            ghost = drawing.style.ghost_color if ends & pale else None
            assert (mark.color == drawing.style.ghost_color) == bool(ends & pale)
            assert mark.label is None or mark.label.color == ghost


@pytest.mark.parametrize("style", ["paper", "teaching", "dark"])
def test_nothing_of_a_ghost_has_another_colour(style):
    frames = tp.draw_frames(MLP, theme=style)
    look = frames.style
    page = picture(frames.drawings[0].scene, look)
    pale = ghosts(frames.drawings[0])
    parts = [part for layer in page.marks if layer.kind in ("gates", "variables")
             for part in layer.marks]  # fmt: skip
    assert {dict(part.data)["id"] for part in parts} >= pale > set()
    for part in parts:
        paints = [m.paint for m in part.marks if hasattr(m, "paint")]
        colors = {c for p in paints for c in (p.fill, p.stroke) if c}
        colors |= {m.color for m in part.marks if hasattr(m, "plain")}
        is_ghost = dict(part.data)["id"] in pale
        assert (colors <= {look.ghost_color, look.paper}) == is_ghost


def test_lines_of_ghosts_lie_below_the_others():
    frames = tp.draw_frames(tp.backward(MLP))
    for drawing in frames.drawings:
        pale = [edge.color == drawing.style.ghost_color for edge in drawing.scene.edges]
        assert pale == sorted(pale, reverse=True)


def test_what_is_new_is_coloured_and_nothing_moves(mlp):
    scene = tp.draw(MLP).scene
    place = {n.id: (n.x, n.y, n.width, n.height) for n in scene.nodes}
    lines = {(e.source, e.target): e.points for e in scene.edges}
    known = shown(mlp.drawings[0])
    for drawing in mlp.drawings:
        new = shown(drawing) - known
        bright = {n.id for n in drawing.scene.nodes if n.color == drawing.style.path_color}
        assert bright == new
        known |= new
        assert {n.id: (n.x, n.y, n.width, n.height) for n in drawing.scene.nodes} == place
        assert {(e.source, e.target): e.points for e in drawing.scene.edges} == lines


@pytest.mark.parametrize("style", ["paper", "teaching", "dark"])
def test_all_frames_have_one_size(style):
    frames = tp.draw_frames(tp.gallery.entry("layernorm").program(), theme=style, legend=True)
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
    first = shown(frames.drawings[0])
    assert first
    assert first.isdisjoint(program.equation_of)
    assert not any(name.endswith(":gate") for name in first)
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
    pale = {int(k) for k in re.findall(r"\\only<1-(\d+)>", mlp.tikz)}
    assert pale == set(range(1, 7))
    assert tp.extract_program(mlp.tikz.encode()) is not None


@pytest.mark.parametrize("engine", [pytest.param(e, marks=pytest.mark.needs(e)) for e in ENGINES])
def test_a_slide_compiles(mlp, tmp_path, engine):
    pdf = compiled(mlp.tikz, tmp_path, engine)
    assert pdf.stat().st_size > 10_000


def test_another_extension_is_refused(mlp, tmp_path):
    with pytest.raises(TPError, match="names no format of frames"):
        mlp.save(tmp_path / "mlp.bmp")


def test_too_many_frames():
    text = tp.gallery.entry("mlp").text.replace("const L = 3", "const L = 300")
    with pytest.raises(TPLimitError, match="600 instructions"):
        tp.draw_frames(tp.parse(text))


@pytest.mark.needs("chromium")
def test_the_address_chooses_the_frame(mlp, tmp_path):
    """`#5` when the page opens, and when somebody writes another number there."""
    page_file = mlp.save(tmp_path / "frames.html")[0]
    with sync_playwright() as driver:
        browser = chromium(driver)
        page = browser.new_page()
        for number in (5, 3, 1):
            page.goto(f"{page_file.as_uri()}#{number}")
            expect(page.locator("#counter")).to_have_text(f"{number} / 7", timeout=30_000)
            assert page.locator("figure:visible").count() == 1
        browser.close()
