"""Labels that stay text: letters again from glyphs, in fonts that the picture holds."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET

import pytest
from fontTools.ttLib import TTFont

import tpgraph as tp
from tpgraph.notation.labels.letters import font_of_letters, letters_of
from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.scene.display import letterings
from tpgraph.notation.scene.painting import picture

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def rnn() -> tp.Drawing:
    return tp.draw("rnn", text=True)


@pytest.mark.parametrize(
    ("label", "text"),
    [
        (r"W^{12}\xi", "W|12|ξ"),
        (r"\tilde{x}_{2}", "˜|x|2"),
        (r"\phi(\cdot+\cdot)", "φ|(|⋅|+|⋅|)"),
        (r"\mathrm{tanh}", "tanh"),
        (r"\alpha\beta\Sigma\leq\infty", "αβ|Σ|≤|∞"),
        (r"\text{two words}", "two words"),
    ],
)
def test_glyphs_are_letters_again(label: str, text: str) -> None:
    found = letters_of(outline(label, 9.0))
    assert "|".join(run.text for run in found.runs) == text
    assert not found.drawn


def test_what_grows_stays_an_outline() -> None:
    found = letters_of(outline(r"\sqrt{\frac{a}{b}}", 9.0))
    assert {run.text for run in found.runs} == {"a", "b"}
    assert len(found.drawn) == 1


def test_letters_are_where_their_glyphs_are() -> None:
    shape = outline(r"x^{2}+\frac{a}{b}", 20.0)
    starts = {(round(run.x, 6), round(run.y, 6)) for run in letters_of(shape).runs}
    assert starts <= {(round(g.x, 6), round(g.y, 6)) for g in shape.glyphs}


def test_a_font_has_the_letters_that_are_used_and_no_others() -> None:
    made = font_of_letters("Cmmi10", "xWξ")
    assert made == font_of_letters("Cmmi10", "ξWx")
    font = TTFont(io.BytesIO(made))
    assert set(font.getBestCmap()) == set(map(ord, "xWξ"))
    assert font["name"].getDebugName(1) == "tpgraph-Cmmi10"
    glyph = font["glyf"][font.getBestCmap()[ord("ξ")]]
    assert glyph.numberOfContours > 0


def test_svg_has_text_for_every_label_and_fonts_for_all_of_it(rnn: tp.Drawing) -> None:
    root = ET.fromstring(rnn.svg)
    labels = list(letterings(picture(rnn.scene, rnn.style).marks))
    texts = root.findall(f".//{SVG}text")
    assert len(texts) == len(labels) > 10
    assert "".join(texts[0].itertext())
    assert root.find(f".//{SVG}use") is None
    style = root.find(f"{SVG}style")
    assert style is not None
    held = set(re.findall(r"font-family:(tpgraph-[\w-]+);", style.text or ""))
    used = {span.attrib["font-family"].split(",")[0] for span in root.iter(f"{SVG}tspan")}
    assert used == held != set()
    assert root.find(f".//{SVG}text") is not None
    assert ET.fromstring(tp.draw("rnn").svg).find(f".//{SVG}text") is None


def test_pdf_and_eps_hold_the_fonts(rnn: tp.Drawing) -> None:
    assert re.search(rb"/FontName /[A-Z]{6}\+tpgraph-Cmmi10", rnn.pdf)
    assert b"/ToUnicode" in rnn.pdf
    assert b"/FontName" not in tp.draw("rnn").pdf
    assert "/xi glyphshow" in rnn.eps
    assert "glyphshow" not in tp.draw("rnn").eps
    assert rnn.pdf == tp.draw("rnn", text=True).pdf
