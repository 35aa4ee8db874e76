"""Text and picture select each other, down to an argument; lines are hit beside them too."""

import math
import random
import re

import pytest
from editor.pages import edited, having
from editor.serving import MLP
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

CROWDED = """width n
vector u, v, w : n ~ N([0, 0, 0], [[1, 0, 0], [0, 1, 0], [0, 0, 1]])
a = tanh(u + v + w)
b = tanh(u + w + a)
c = tanh(a + b + u + v)
"""


@pytest.fixture(scope="module")
def page(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("marks")
    with edited(browser, folder, MLP) as found:
        yield found


@pytest.fixture(params=[MLP, CROWDED], ids=["mlp", "crowded"])
def editor(page, request):
    return page.begin(request.param)


POINTS = """() => {
    const edges = tpgraph.canvas.fragments.filter((f) => f.layer === "edges");
    return Object.fromEntries(edges.map((f) => {
        const path = document.querySelector(`[data-key="${f.key}"] .hit-line`);
        const [box, length] = [path.getScreenCTM(), path.getTotalLength()];
        return [f.key, Array.from({ length: 401 }, (_, i) => {
            const { x, y } = path.getPointAtLength((length * i) / 400);
            const p = new DOMPoint(x, y).matrixTransform(box);
            return [p.x, p.y];
        })];
    }));
}"""


def points(editor):
    """Of every line many points on it, in pixels of the window."""
    return editor.page.evaluate(POINTS)


def ways(editor):
    """Of every line three points on it and what is perpendicular to it there."""
    found = {}
    for key, way in points(editor).items():
        places = []
        for i in (120, 200, 280):
            (ax, ay), (x, y), (bx, by) = way[i - 4], way[i], way[i + 4]
            size = math.dist((ax, ay), (bx, by))
            places.append((x, y, -(by - ay) / size, (bx - ax) / size))
        found[key] = places
    return found


def test_lines_are_hit_up_to_eight_pixels_beside_them(editor):
    """Where another mark is nearer, that one is."""
    lines, marks = points(editor), editor.page.evaluate("tpgraph.canvas.marks.map((f) => f.key)")
    circles = [editor.page.locator(f'[data-key="{k}"] .hit') for k in marks if "variables" in k]
    middles = [editor.middle_of(one.bounding_box()) for one in circles]
    gates = [
        editor.page.locator(f'[data-key="{k}"] polygon').bounding_box()
        for k in marks
        if "gates" in k
    ]
    tried = 0
    rng = random.Random(4)
    for key, places in ways(editor).items():
        for x, y, nx, ny in places:
            for side in (-1, 1):
                beside = rng.choice([0, 2, 4, 6, 8])
                px, py = x + side * beside * nx, y + side * beside * ny
                near = {k: min(math.dist((px, py), p) for p in way) for k, way in lines.items()}
                others = [d for k, d in near.items() if k != key]
                if min(others) < near[key] + 1 or any(math.dist((px, py), m) < 14 for m in middles):
                    continue
                if any(
                    g["x"] - 1 < px < g["x"] + g["width"] + 1
                    and g["y"] - 1 < py < g["y"] + g["height"] + 1
                    for g in gates
                ):
                    continue
                editor.page.mouse.click(px, py)
                found = editor.page.evaluate("[...tpgraph.canvas.selected]")
                assert found == [key], (key, beside)
                tried += 1
    assert tried >= 15


def test_a_halo_is_as_large_as_its_mark_makes_it(editor):
    """Whatever the zoom; what is hit reaches 12 pixels of the window all the same."""
    sizes = """(factor) => {
        tpgraph.canvas.zoom(factor);
        const circle = document.querySelector(".hit-vector ~ circle");
        const style = getComputedStyle(circle.parentElement.querySelector(".hit"));
        const [halo, beside] = [parseFloat(style.r), parseFloat(style.strokeWidth) / 2];
        const mark = Number(circle.getAttribute("r"));
        return { zoom: tpgraph.canvas.view.k, halo, beside, mark };
    }"""
    for factor in (1, 1.5, 0.25):
        found = editor.page.evaluate(sizes, factor)
        shown = found["zoom"] * found["halo"]
        assert found["halo"] <= 2 * found["mark"] or shown <= 6.01, found
        assert found["zoom"] * (found["halo"] + found["beside"]) == pytest.approx(
            max(12, shown), rel=0.01
        )


def test_a_line_selects_the_argument_that_it_brings(editor):
    text = editor.text
    for key, places in ways(editor).items():
        source, _, target = key.removeprefix("edges/").partition("→")
        if not target.endswith(":gate"):
            continue
        x, y, *_ = places[1]
        editor.page.mouse.click(x, y)
        assert editor.page.evaluate("[...tpgraph.canvas.selected]") == [key]
        start, end = editor.page.evaluate("tpgraph.pane.selection")
        said = text[start:end]
        base = source.partition("~")[0].partition("[")[0]
        assert said.startswith(("W[", base)), (key, said)
        line = text[text.rindex("\n", 0, start) + 1 :].partition("\n")[0].strip()
        assert line.startswith(target.partition("[")[0].partition(":")[0]), (key, line)
        assert "".join(editor.page.locator(".text-line .lit").all_inner_texts()) == said


def test_an_argument_in_the_text_lights_its_line_in_the_picture(editor):
    """By the keys of the text alone."""
    text = editor.text
    area = editor.page.locator("textarea")
    for key in ways(editor):
        source, _, target = key.removeprefix("edges/").partition("→")
        start, end = editor.page.evaluate(
            "(key) => tpgraph.canvas.fragment(key).span ?? [0, 0]", key
        )
        if not target.endswith(":gate") or "~" in source or end == start:
            continue
        area.focus()
        row, column = text.count("\n", 0, start), start - text.rfind("\n", 0, start) - 1
        editor.press("Control+Home", *["ArrowDown"] * row, "Home")
        indent = len(text.split("\n")[row]) - len(text.split("\n")[row].lstrip())
        editor.press(*["ArrowRight"] * (column - (indent if at(editor) != start - column else 0)))
        assert at(editor) == start
        expect(editor.page.locator(f'[data-key="{key}"]')).to_have_class(having("lit"))
        lit = editor.page.evaluate(
            "[...document.querySelectorAll('.mark.lit')].map((m) => m.dataset.key)"
        )
        spans = editor.page.evaluate(
            "(keys) => keys.map((k) => tpgraph.canvas.fragment(k).span)", lit
        )
        assert all(span == [start, end] for span in spans), (key, lit)


def at(editor):
    return editor.page.evaluate("tpgraph.pane.selection[0]")


def test_a_mark_selects_its_line_and_a_matrix_its_declaration(editor):
    text = editor.text
    for key in editor.page.evaluate("tpgraph.canvas.marks.map((f) => f.key)"):
        editor.page.mouse.click(*editor.middle(key))
        assert editor.page.evaluate("[...tpgraph.canvas.selected]") == [key]
        start, end = editor.page.evaluate("tpgraph.pane.selection")
        name = key.partition("/")[2].removesuffix(":gate").partition("~")[0].partition("[")[0]
        assert name in text[text.rfind("\n", 0, start) + 1 : end], key
    for sample in editor.page.locator(".sample").all():
        sample.click()
        start, end = editor.page.evaluate("tpgraph.pane.selection")
        assert text[start:end].startswith("matrix W")
        expect(sample).to_have_attribute("aria-pressed", "true")


def test_typing_is_drawn_and_a_mistake_is_mended_by_its_button(page):
    page.page.evaluate("(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }", MLP)
    page.settled().write("y = tanh(x[L])\n")
    assert "variables/y" in page.keys
    before = page.keys
    page.write("z = tanh(y\n")
    fault = page.page.locator(".text-line .fault").first
    expect(fault).to_be_attached()
    row = page.page.locator(".error").first
    expect(row).to_contain_text("line 11")
    assert page.keys == before
    row.locator("button.place").click()
    expect(page.page.locator("textarea")).to_be_focused()
    row.locator("button.mend").first.click()
    expect(page.page.locator(".error")).to_have_count(0)
    expect(page.page.locator(".text-line .fault")).to_have_count(0)
    assert page.settled().text.endswith("z = tanh(y)\n")
    assert "variables/z" in page.keys
    page.press("Control+z")
    assert page.text.endswith("z = tanh(y\n")


def test_a_mend_of_several_changes_is_one_button_and_one_entry(page):
    text = MLP + "y = relu u\n"
    page.begin(text).settled()
    button = page.page.locator("button.mend")
    expect(button).to_have_text("write relu(u)")
    button.click()
    assert page.settled().text == MLP + "y = relu(u)\n"
    expect(page.page.locator(".error")).to_have_count(0)
    page.press("Control+z")
    assert page.text == text


@pytest.mark.parametrize("broken", ["prog ", "%", "width\n", "x ="])
def test_a_broken_first_line_keeps_the_picture(page, broken):
    page.page.evaluate("(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }", MLP)
    expect(page.page.locator(".error")).to_have_count(0)
    before = page.settled().keys
    page.page.locator("textarea").focus()
    page.page.keyboard.press("Control+Home")
    page.page.keyboard.type(broken)
    expect(page.page.locator(".error").first).to_be_visible()
    assert page.settled().keys == before
    for _ in broken:
        page.page.keyboard.press("Backspace")
    expect(page.page.locator(".error")).to_have_count(0)
    assert page.settled().text == MLP
    assert page.keys == before


def test_a_key_that_comes_before_the_list_closes_completes_nothing(page):
    """A busy page hears `Enter` before it could close the completions of an older text."""
    page.page.evaluate("(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }", MLP)
    page.settled().write("vec")
    expect(page.page.locator(".completion li").first).to_contain_text("vector")
    page.page.evaluate(
        """() => {
            document.execCommand("insertText", false, "tor v : n");
            const enter = { key: "Enter", bubbles: true, cancelable: true };
            document.activeElement.dispatchEvent(new KeyboardEvent("keydown", enter));
        }"""
    )
    assert page.settled().text.startswith(MLP + "vector v : n")
    expect(page.page.locator(".completion")).to_be_hidden()


def test_words_of_the_text(page):
    """Completion, letters by their names, indentation, sliders by keys and by the mouse."""
    page.page.evaluate("(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }", MLP)
    page.settled().write("vec")
    expect(page.page.locator(".completion li").first).to_contain_text("vector")
    page.page.keyboard.press("Enter")
    page.page.keyboard.type(" \\xi  : n ~ N(0, 1)\n")
    assert page.settled().text == MLP + "vector ξ : n ~ N(0, 1)\n"
    page.press("Control+Home", "ArrowDown", "ArrowDown", "End", "Alt+ArrowUp")
    assert "const L = 4\n" in page.settled().text
    number = page.page.locator(".text-line", has_text="const L").locator(".number").bounding_box()
    x, y = number["x"] + 3, number["y"] + number["height"] / 2
    page.page.keyboard.down("Alt")
    page.page.mouse.move(x, y)
    page.page.mouse.down()
    page.page.mouse.move(x + 17, y, steps=4)
    page.page.mouse.up()
    page.page.keyboard.up("Alt")
    assert "const L = 6\n" in page.settled().text
    assert "variables/x[6]" in page.keys


def test_under_the_pointer_a_name_of_the_text_says_its_type_and_limit(page):
    text = MLP + "s = mean(x[L]^2)\n"
    page.afresh(text)

    def point(line, column):
        """At the middle of a letter."""
        at = page.page.evaluate(
            """([line, column]) => {
                const area = document.querySelector(".text textarea");
                const [box, style] = [area.getBoundingClientRect(), getComputedStyle(area)];
                const pen = document.createElement("canvas").getContext("2d");
                pen.font = style.font;
                return [box.left + parseFloat(style.paddingLeft) + pen.measureText("0").width * (column + 0.6),
                    box.top + parseFloat(style.paddingTop) + parseFloat(style.lineHeight) * (line + 0.5)];
            }""",  # noqa: E501
            [line, column],
        )
        page.page.mouse.move(*at)

    tip = page.page.locator(".tip")
    lines = text.splitlines()
    point(len(lines) - 1, 0)
    expect(tip).to_have_text(re.compile(r"s = mean\(x\[3\]\^2\) · scalar · limit: 0\.4\d\d$"))
    inside = lines[-2].index("x[l-1]")
    point(len(lines) - 2, inside)  # nearer to its bracket than to what is before it
    expect(tip).to_contain_text("x[1] = tanh(W[1] u + b[1]), and 2 more of its family")
    expect(tip).to_contain_text("vector of n · limit: mean 0, variance 0.")
    point(1, 0)
    expect(tip).to_be_hidden()
