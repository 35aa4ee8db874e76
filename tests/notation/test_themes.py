"""Themes: known by name, legible in colour, in grey and to the colour-blind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest

from tpgraph.errors import TPError
from tpgraph.notation.diagram.colours import matrix_looks
from tpgraph.notation.painters.svg import to_svg
from tpgraph.notation.scene.scene import Scene
from tpgraph.notation.scene.shapes import gate, scalar, vector
from tpgraph.notation.scene.style import DARK, PAPER, TEACHING, THEMES, Style, theme

Color = np.ndarray[tuple[int], np.dtype[np.float64]]

# How dichromats see linear red, green and blue: Viénot, Brettel and Mollon (1999).
PROTANOPE = np.array([[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]])
DEUTERANOPE = np.array([[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]])


def linear(color: str) -> Color:
    values = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def luminance(color: str) -> float:
    return float(linear(color) @ (0.2126, 0.7152, 0.0722))


def contrast(a: str, b: str) -> float:
    """The ratio of the Web Content Accessibility Guidelines, from 1 to 21."""
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: Color) -> Color:
    """CIE L*a*b* of linear sRGB."""
    matrix = np.array(
        [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    )
    ratios = np.clip(matrix @ rgb, 0, None) / (0.9505, 1.0, 1.089)
    x, y, z = np.where(ratios > 0.008856, np.cbrt(ratios), 7.787 * ratios + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def distance(a: str, b: str, seen_by: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    return float(np.linalg.norm(lab(seen_by @ linear(a)) - lab(seen_by @ linear(b))))


def backgrounds(style: Style) -> list[str]:
    assert style.background is not None
    return [style.background, style.paper, *(color for _, color in style.tints)]


@pytest.mark.parametrize("name", THEMES)
def test_text_can_be_read_on_every_background(name: str) -> None:
    style = theme(name)
    insides = [style.inside(kind) for kind in ("gate", "bar-gate")]
    for background in (*backgrounds(style), *insides):
        assert contrast(style.ink, background) >= 7
    for color in (style.path_color, style.arrow_color):
        assert contrast(color, style.paper) >= 3


@pytest.mark.parametrize(("name", "least"), [("paper", 4), ("teaching", 4.5), ("dark", 4.5)])
def test_coloured_labels_can_be_read(name: str, least: float) -> None:
    style = theme(name)
    for color in style.palette:
        assert contrast(color, style.paper) >= least
        assert min(contrast(color, background) for background in backgrounds(style)) >= 3


@pytest.mark.parametrize("name", THEMES)
def test_nine_matrices_have_nine_colours(name: str) -> None:
    looks = matrix_looks([f"W[{k}]" for k in range(9)] * 2, theme(name))
    assert len({color for color, _ in looks.values()}) == 9


def test_the_measure_of_contrast_can_fail() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#f0e442", "#ffffff") < 1.5


@pytest.mark.parametrize("name", THEMES)
@pytest.mark.parametrize(
    "seen_by", [np.eye(3), PROTANOPE, DEUTERANOPE], ids=["all", "prot", "deut"]
)
def test_matrices_are_told_apart(
    name: str, seen_by: np.ndarray[tuple[int, ...], np.dtype[np.float64]]
) -> None:
    """Neighbouring colours by themselves; any two with the help of their dashes."""
    style = theme(name)
    looks = [(c, style.matmul_dashes[i]) for i, c in enumerate(style.palette)]
    for (a, _), (b, _) in pairwise(looks):
        assert distance(a, b, seen_by) > 10
    for (a, dash), (b, other) in combinations(looks, 2):
        assert dash != other or distance(a, b, seen_by) > 10


@pytest.mark.parametrize("name", THEMES)
def test_nine_matrices_are_told_apart_in_grey(name: str) -> None:
    """Printed without colour any two differ by their dashes or by 8 of 100 in lightness."""
    looks = matrix_looks([f"W[{k}]" for k in range(9)] * 2, theme(name)).values()
    for (a, dash), (b, other) in combinations(looks, 2):
        assert dash != other or abs(lightness(a) - lightness(b)) >= 8


def lightness(color: str) -> float:
    """CIE L*, from 0 to 100, of the grey that a printer makes of a colour."""
    return float(lab(np.full(3, luminance(color)))[0])


def test_red_and_green_would_not_do() -> None:
    assert distance("#b35900", "#6e7500", np.eye(3)) > 30
    assert distance("#b35900", "#6e7500", DEUTERANOPE) < 15


@pytest.mark.parametrize("name", THEMES)
def test_hollow_and_filled_differ_in_grey(name: str) -> None:
    style = theme(name)
    assert contrast(style.inside("G"), style.inside("X", "filled")) >= 3
    assert contrast(style.inside("X", "filled"), style.paper) >= 3


def test_the_paper_is_black_on_white() -> None:
    assert Style() == PAPER
    insides = [PAPER.inside(kind) for kind in ("G", "scalar", "data", "gate", "bar-gate")]
    assert set(insides) == {PAPER.paper}
    assert PAPER.inside("X", "filled") == PAPER.ink


def test_a_node_with_a_colour_keeps_it() -> None:
    assert TEACHING.inside("X", "filled", "#112233") == "#112233"
    node = replace(vector("x", "X", 0, 0), color="#112233")
    assert 'fill="#112233" stroke="#112233"' in to_svg(Scene((node,)), TEACHING)


@pytest.mark.parametrize("style", [TEACHING, DARK], ids=["teaching", "dark"])
def test_large_themes_are_larger(style: Style) -> None:
    for field in (
        "label_size",
        "gate_label_size",
        "caption_size",
        "vector_diameter",
        "wire_stroke",
    ):
        assert getattr(style, field) > getattr(PAPER, field)


@pytest.mark.parametrize(
    "make",
    [
        lambda style: vector("g", "G", 0, 0, style=style),
        lambda style: vector("x", "X", 0, 0, style=style),
        lambda style: scalar("s", 0, 0, style=style),
        lambda style: gate("n", 0, 0, style=style),
        lambda style: gate("m", 0, 0, bar=True, style=style),
    ],
)
def test_every_mark_shows_its_fill(make: Callable[[Style], object]) -> None:
    node = make(TEACHING)
    text = to_svg(Scene((node,)), TEACHING)  # type: ignore[arg-type]
    inside = TEACHING.inside(node.kind, node.fill)  # type: ignore[attr-defined]
    assert f'fill="{inside}" stroke="#000000"' in text


def test_unknown_themes_are_reported() -> None:
    with pytest.raises(TPError, match="there is no theme 'Drak'") as caught:
        theme("Drak")
    assert caught.value.expected == "paper, teaching, dark"
    assert caught.value.mend == "did you mean dark?"
    with pytest.raises(TPError) as caught:
        theme("7")
    assert caught.value.mend is None
