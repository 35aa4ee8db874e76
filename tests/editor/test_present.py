"""Present: the program for a class, one instruction at a time, and back again as it was."""

import re

import pytest
from editor.serving import MLP, serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

PLACES = "tpgraph.canvas.fragments.map((f) => [f.key, f.x, f.y])"
LABEL = """() => {
  const mark = document.querySelector('[data-key="variables/b[1]"]');
  const letters = [...mark.querySelectorAll("use")].map((u) => u.getBoundingClientRect());
  return Math.max(...letters.map((box) => box.height)) / tpgraph.canvas.view.k;
}"""


@pytest.fixture
def page(tmp_path, browser):
    (tmp_path / "mlp.tp").write_text(MLP)
    with serving(tmp_path, "mlp.tp") as server:
        found = browser.new_page(viewport={"width": 1280, "height": 800})
        found.set_default_timeout(60_000)
        faults = []
        found.on("pageerror", lambda error: faults.append(str(error)))
        found.goto(server.url)
        found.locator("g[data-key]").first.wait_for()
        yield found
        assert faults == []
        found.close()


def test_presenting(page):
    page.evaluate("tpgraph.rest()")
    before, size = page.evaluate(PLACES), page.evaluate(LABEL)
    page.get_by_role("button", name="Present", exact=True).first.click()
    count = page.locator(".steps .count")
    expect(count).to_have_text("0 / 6", timeout=60_000)
    assert page.evaluate(LABEL) == pytest.approx(1.6 * size, rel=0.02)
    for part in (".text", ".toolbar", ".shelf", "footer"):
        expect(page.locator(part)).to_be_hidden()
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    expect(count).to_have_text("2 / 6")
    expect(page.locator(".rule")).to_have_text("Nonlin")
    expect(page.locator('[data-key="variables/x[1]"]')).to_have_class(re.compile(r"\blit\b"))
    expect(page.locator('[data-key="variables/x[3]"]')).to_have_class(re.compile(r"\bghost\b"))

    page.keyboard.press("t")
    expect(page.locator(".text")).to_be_visible()
    assert "tanh(W[1] u + b[1])" in "".join(page.locator(".text-line .lit").all_inner_texts())
    page.keyboard.press("b")
    expect(page.locator(".tpgraph-editor.dark")).to_be_attached()

    mark = page.locator('[data-key="variables/x[1]"]')
    box = mark.locator(".hit-vector").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.keyboard.press("h")
    expect(mark).to_have_class(re.compile("hidden-mark"))
    line = page.locator('[data-key*="→h"], [data-key^="edges/x[1]→"]').first
    expect(line).to_have_class(re.compile("hidden-mark"))  # its lines go with it
    page.keyboard.press("ArrowRight")
    expect(mark).to_have_class(re.compile("hidden-mark"))  # and stay hidden step after step
    page.keyboard.press("h")
    expect(mark).not_to_have_class(re.compile("hidden-mark"))

    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.locator(".toolbar")).to_be_visible()
    expect(page.locator(".steps")).to_be_hidden()
    expect(page.locator(".tpgraph-editor.dark")).to_have_count(0)
    page.evaluate("tpgraph.rest()")
    assert page.evaluate(PLACES) == before


@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 400)])
def test_presenting_in_a_small_window(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("void tpgraph.command('present')")
    expect(page.locator(".steps .count")).to_have_text("0 / 6", timeout=60_000)
    box = page.locator("svg.canvas").bounding_box()
    assert box["y"] < 10
    assert box["height"] > 0.7 * height


def test_escape_ends_steps_and_stays_in_the_picture(page):
    page.locator("svg.canvas").focus()
    page.keyboard.press("]")
    expect(page.locator(".steps .count")).to_have_text("0 / 6", timeout=60_000)
    page.keyboard.press("Escape")
    expect(page.locator(".steps")).to_be_hidden()
    expect(page.locator("svg.canvas")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".text textarea")).to_be_focused()


def test_a_presentation_that_is_ended_while_it_begins_stays_ended(page):
    page.evaluate("""async () => {
        await tpgraph.later();
        const { presentation } = tpgraph;
        const begun = presentation.toggle();
        await Promise.all([begun, presentation.toggle(), presentation.toggle()]);
    }""")
    expect(page.locator(".tpgraph-editor.presenting")).to_have_count(1)
    page.evaluate("Promise.all([tpgraph.presentation.toggle(), tpgraph.presentation.toggle()])")
    expect(page.locator(".tpgraph-editor.presenting")).to_have_count(1)
    expect(page.locator(".steps .count")).to_have_text("0 / 6", timeout=60_000)
    page.evaluate("tpgraph.presentation.toggle()")
    expect(page.locator(".tpgraph-editor.presenting")).to_have_count(0)
    expect(page.locator(".steps")).to_be_hidden()


def test_what_has_no_steps_is_not_presented(page):
    """Why is said where it is read: beside the text, which is there again."""
    page.locator(".text textarea").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("y = tanh(nothing)\n")
    expect(page.locator(".error")).to_be_visible()
    page.evaluate("void tpgraph.command('present')")
    expect(page.locator(".status.wrong")).to_contain_text("nothing is not bound")
    expect(page.locator(".tpgraph-editor.presenting")).to_have_count(0)
    expect(page.locator(".toolbar")).to_be_visible()


@pytest.mark.parametrize("keeps", [False, True], ids=["page", "notebook"])
def test_a_trace_fades(page, keeps):
    """Also in a cell that keeps its keys from the notebook."""
    if keeps:
        page.evaluate("tpgraph.parts.root.addEventListener('keyup', (e) => e.stopPropagation())")
    page.evaluate("void tpgraph.command('present')")
    expect(page.locator(".steps .count")).to_have_text("0 / 6", timeout=60_000)
    page.mouse.move(500, 300)
    page.keyboard.down("l")
    page.mouse.move(700, 400, steps=20)
    expect(page.locator(".trace line").nth(2)).to_be_attached()
    page.keyboard.up("l")
    expect(page.locator(".trace")).to_have_count(0)


def test_the_backward_pass_is_stepped_from_another_picture(page):
    """What is typed ends the steps: they were those of another text."""
    page.evaluate("tpgraph.command('pass-forward')")
    page.get_by_role("button", name="Step", exact=True).first.click()
    expect(page.locator(".steps .count")).to_have_text("0 / 6", timeout=60_000)
    page.locator(".text textarea").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("y = tanh(x[L])\n")
    expect(page.locator('[data-key="variables/y"]')).to_be_visible()
    expect(page.locator(".steps")).to_be_hidden()
    expect(page.locator(".mark.ghost")).to_have_count(0)
