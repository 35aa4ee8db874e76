"""Runs, steps and views in the page: what is shown is true, and long work can be ended."""

import re

import numpy as np
import pytest
from editor.pages import Editor, Withheld, having
from editor.serving import MLP, serving
from playwright.sync_api import expect

import tpgraph as tp

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

NETWORK = tp.gallery.entry("one_hidden").text
LONG = tp.gallery.entry("transformer").text

PLOTS = """() => Object.fromEntries(
  [...document.querySelectorAll('.annotations > g[data-key]')].map((plot) => {
    const points = (shape) => shape.getAttribute("points").split(" ")
      .map((pair) => pair.split(",").map(Number));
    const lines = [...plot.querySelectorAll("polyline")].map(points);
    lines.sort((a, b) => b.length - a.length);
    return [plot.dataset.key.split("/")[1], [points(plot.querySelector("polygon")), lines[0]]];
  }))"""
"""The outline of the bars and the curve of every plot, as they are painted."""


@pytest.fixture
def opened(browser, tmp_path):
    """Open a page on a text."""
    pages = []

    def of(text):
        (tmp_path / "p.tp").write_text(text)
        server = serving(tmp_path, "p.tp")
        found = Editor(browser, server.__enter__()).shown().settled()
        pages.append((found, server))
        return found

    yield of
    for found, server in pages:
        assert found.faults == []
        found.close()
        server.__exit__(None, None, None)


def share_below(points, base):
    """The share of the area between a line and its base left of a place, as a function of it."""
    x, y = np.array(points).T
    height = base - y
    area = np.concatenate([[0.0], np.cumsum(np.diff(x) * (height[1:] + height[:-1]) / 2)])
    return lambda at: np.interp(at, x, area / area[-1])


def distance(bars, curve):
    """Kolmogorov and Smirnov's: the largest difference of shares, at the edges of the bars."""
    edges = np.unique([x for x, _ in bars])
    base = max(y for _, y in bars)
    return np.abs(share_below(bars, base)(edges) - share_below(curve, base)(edges)).max()


def test_bars_of_a_wide_network_lie_under_the_density_of_its_limit(opened):
    editor = opened(MLP)
    editor.page.get_by_role("button", name="Run at a width").first.click()
    slider = editor.page.get_by_role("slider", name="Width n")
    expect(editor.page.locator(".annotations > g[data-key]").first).to_be_attached()
    slider.focus()
    editor.page.keyboard.press("End")
    expect(editor.page.locator(".status")).to_contain_text("n = 4096")
    expect(slider).to_be_focused()
    expect(editor.page.locator(".runs output")).to_have_text("n = 4096")
    plots = editor.page.evaluate(PLOTS)
    assert {"u", "b[1]", "x[1]", "x[2]", "x[3]"} <= set(plots)
    far = {name: distance(bars, curve) for name, (bars, curve) in plots.items()}
    assert max(far.values()) < 0.05, far
    assert distance(plots["x[1]"][0], plots["u"][1]) > 0.05, "another law is told from it"


def test_scalars_stand_beside_their_limits(opened):
    editor = opened(MLP + "m = mean(x[1] * x[1])\n")
    editor.page.keyboard.press("Control+Enter")
    found = editor.page.locator(".runs .scalar")
    expect(found).to_have_text(re.compile(r"^m: 0\.\d+ → 0\.\d+"))
    value, limit = map(float, re.findall(r"0\.\d+", found.inner_text())[:2])
    exact = float(tp.limit(tp.parse(MLP + "m = mean(x[1] * x[1])\n")).scalar("m"))
    assert limit == pytest.approx(exact, rel=1e-2)
    assert value == pytest.approx(limit, rel=0.3)
    editor.page.get_by_role("button", name="Hide", exact=True).click()
    expect(editor.page.locator(".annotations > g")).to_have_count(0)


@pytest.mark.parametrize("view", ["forward", "backward", "sgd"])
def test_every_step_says_its_rule_and_lights_what_it_makes(opened, view):
    editor = opened(NETWORK)
    page = editor.page
    page.evaluate("(id) => void tpgraph.command(id)", f"pass-{view}")
    if view != "forward":
        expect(page.locator(".tpgraph-editor.derived")).to_be_attached()
    page.locator("svg.canvas").focus()
    page.keyboard.press("]")
    count = page.locator(".steps .count")
    expect(count).to_have_text(re.compile("^0 / [1-9]"), timeout=60_000)
    number = int(count.inner_text().split(" / ")[1])
    rules, places = set(), set()
    for k in range(1, number + 1):
        page.keyboard.press("]")
        expect(count).to_have_text(f"{k} / {number}")
        expect(page.locator(".mark.lit").first).to_be_attached()
        expect(page.locator(".steps .formula")).to_have_attribute("aria-label", re.compile("="))
        rules.add(page.locator(".steps .rule").inner_text())
        places.add("".join(page.locator(".text-line .lit").all_inner_texts()))
    assert {"MatMul", "Nonlin"} <= rules
    assert {"U ξ", "φ(h)"} <= places, "the lines of the text that they come from"
    page.keyboard.press("]")  # after the last there is none
    expect(count).to_have_text(f"{number} / {number}")
    expect(page.locator(".mark.ghost")).to_have_count(0)
    page.keyboard.press("[")
    expect(count).to_have_text(f"{number - 1} / {number}")
    page.get_by_role("button", name="End", exact=True).click()
    expect(page.locator(".steps")).to_be_hidden()


def test_presses_while_steps_are_prepared_are_counted(opened):
    editor = opened(NETWORK)
    walk = Withheld(editor, "**/api/walk")
    editor.page.locator("svg.canvas").focus()
    editor.page.keyboard.press("]")
    walk.awaited()
    for key in ("]", "]", "]", "["):
        editor.page.keyboard.press(key)
    editor.page.evaluate("new Promise((done) => setTimeout(done))")
    walk.let_go()
    expect(editor.page.locator(".steps .count")).to_have_text(re.compile("^2 / "))
    assert len(walk.routes) == 1
    editor.page.keyboard.press("]")
    expect(editor.page.locator(".steps .count")).to_have_text(re.compile("^3 / "))


def far(editor, panel):
    """Wait until it is said how far the work is."""
    progress = editor.page.locator(f"{panel} progress")
    expect(editor.page.locator(f"{panel} .far")).to_contain_text(re.compile(r"\d+ of \d+"))
    assert 0 <= float(progress.get_attribute("value")) <= 1


def test_a_view_says_how_far_it_is_and_is_cancelled(opened):
    editor = opened(LONG)
    before = editor.keys
    editor.page.evaluate("void tpgraph.command('pass-ntk')")
    far(editor, ".steps")
    editor.write("# typing does not wait\n")
    assert editor.page.evaluate("tpgraph.revision !== null")
    editor.page.locator(".steps").get_by_role("button", name="Cancel").click()
    expect(editor.page.locator(".status")).to_have_text("cancelled")
    expect(editor.page.locator(".steps")).to_be_hidden()
    assert editor.keys == before
    expect(editor.page.locator(".tpgraph-editor.derived")).to_have_count(0)
    editor.page.evaluate("void tpgraph.command('step')")
    expect(editor.page.locator(".steps .count")).to_have_text(re.compile("^0 /"), timeout=60_000)


def test_steps_that_are_asked_for_again_after_a_cancel_come(opened):
    """Also where what was typed before is still being drawn."""
    editor = opened(MLP)
    held = []
    editor.page.route("**/api/sync", lambda route: held.append(route), times=1)
    with editor.page.expect_request("**/api/sync"):
        editor.page.locator(".text textarea").press("Control+End")
        editor.page.keyboard.type("#")
    for command in ("step", "cancel", "step"):
        editor.page.evaluate("(id) => void tpgraph.command(id)", command)
    held[0].continue_()
    expect(editor.page.locator(".steps .count")).to_have_text("0 / 6")


def test_a_run_says_how_far_it_is_and_is_cancelled(opened):
    editor = opened(MLP.replace("const L = 3", "const L = 12"))
    editor.page.evaluate("tpgraph.runs.width = 4096; void tpgraph.command('run')")
    far(editor, ".runs")
    editor.page.evaluate("void tpgraph.command('cancel')")
    expect(editor.page.locator(".runs progress")).to_have_count(0)
    expect(editor.page.locator(".status")).to_have_text("cancelled")
    editor.page.evaluate("tpgraph.runs.width = 16; void tpgraph.command('run')")
    expect(editor.page.locator(".status")).to_contain_text("n = 16")
    expect(editor.page.locator(".annotations > g").first).to_be_attached()


def test_an_export_says_how_far_it_is_and_is_cancelled(opened):
    editor = opened(LONG)
    editor.page.keyboard.press("Control+e")
    editor.page.get_by_label("Format").select_option("html")
    far(editor, "dialog")
    editor.page.locator("dialog").get_by_role("button", name="Cancel").click()
    expect(editor.page.locator("dialog [role=status]")).to_have_text("cancelled Try again")
    editor.page.get_by_label("Format").select_option("tp")
    expect(editor.page.locator("dialog [role=status]")).to_contain_text("p.tp")
    assert editor.page.locator(".export-preview pre").inner_text() == LONG


def test_a_view_that_there_is_not_says_why(opened):
    editor = opened(MLP)
    editor.page.evaluate("void tpgraph.command('pass-sgd')")
    expect(editor.page.locator(".status")).to_have_class(having("wrong"))
    expect(editor.page.locator(".status")).to_contain_text("no loss")
    assert editor.page.evaluate("tpgraph.steps.pass") == "forward"
    expect(editor.page.locator(".steps")).to_be_hidden()
