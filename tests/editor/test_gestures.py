"""Gestures by the mouse: each of them, what it shows before it is done, what is refused."""

import re

import pytest
from editor.pages import having
from editor.serving import MLP
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

LINE = "x[l] = tanh(W[l] x[l-1] + b[l])"


def preview(editor):
    return editor.page.locator(".preview")


def line_middle(editor, key):
    return editor.page.evaluate(
        """(key) => {
            const [x, y] = tpgraph.canvas.handle(key);
            const { left, top } = tpgraph.canvas.size;
            return [left + x, top + y];
        }""",
        key,
    )


# ---- what a drag does: what is held, where it is dropped, what all and what only here would write

WIRE = "edges/b[1]→x[1]:gate"
DRAGS = {
    "connect": (
        "variables/u",
        "gates/x[3]:gate",
        ["x[l] = tanh(W[l] x[l-1] + b[l] + u)"],
        ["x[2] = tanh(W[2] x[1] + b[2])", "x[3] = tanh(W[3] x[2] + b[3] + u)"],
    ),
    "connect in step": (
        "variables/b[1]",
        "gates/x[2]:gate",
        ["x[l] = tanh(W[l] x[l-1] + b[l] + b[l-1])"],
        ["x[2] = tanh(W[2] x[1] + b[2] + b[1])", "x[3] = tanh(W[3] x[2] + b[3])"],
    ),
    "replace": (
        "variables/u",
        "edges/b[3]→x[3]:gate",
        ["x[l] = tanh(W[l] x[l-1] + u)"],
        ["x[2] = tanh(W[2] x[1] + b[2])", "x[3] = tanh(W[3] x[2] + u)"],
    ),
}


def test_columns_that_are_only_aligned_anew_are_not_shown(editor):
    editor.begin("width n\nparametrization ntk\n\nparam b : n ~ N(0, 1)\n\ny = tanh(b)\n")
    editor.hold("variables/b", editor.empty)
    expect(preview(editor).locator(".becomes")).to_have_count(2)
    expect(preview(editor).locator(".was")).to_have_count(0)
    editor.page.mouse.up()
    editor.settled()
    assert "param b : n     ~ N(0, 1)\nparam W : n × n ~ N(0, 1)\n" in editor.text


@pytest.mark.parametrize("name", DRAGS)
@pytest.mark.parametrize("only", [False, True], ids=["all", "only here"])
def test_a_drop_writes_what_was_shown_before(editor, name, only):
    source, target, everywhere, here = DRAGS[name]
    place = line_middle(editor, target) if target.startswith("edges") else target
    editor.hold(source, place)
    shown = editor.page.locator(".preview .becomes")
    for line in everywhere:
        expect(shown.filter(has_text=line).first).to_be_visible()
    expect(preview(editor).locator(".detail")).to_have_text("Shift: only here")
    if only:
        editor.page.keyboard.down("Shift")  # the pointer rests
        for line in here:
            expect(shown.filter(has_text=line).first).to_be_visible()
        expect(preview(editor).locator(".detail")).to_have_text("only here")
    expect(editor.page.locator(".draft").first).to_be_attached()
    assert editor.text == MLP  # nothing is written before the button is released
    rows = shown.all_inner_texts()
    editor.page.mouse.up()
    editor.page.keyboard.up("Shift")
    expect(preview(editor)).to_be_hidden()
    expect(editor.page.locator("textarea")).not_to_have_value(MLP)
    written = editor.settled().text.split("\n")
    for row in rows:
        number, _, line = row.partition("  + ")
        assert written[int(number) - 1] == line
    assert {line.strip() for line in (here if only else everywhere)} <= {w.strip() for w in written}


@pytest.mark.parametrize("only", [False, True], ids=["all", "only here"])
def test_a_line_is_drawn_off_by_its_end(editor, only):
    x, y = line_middle(editor, "edges/b[3]→x[3]:gate")
    editor.page.mouse.move(x, y)
    editor.page.mouse.down()
    editor.page.mouse.move(x - 10, y + 10, steps=2)
    expect(preview(editor)).to_be_hidden()  # too near yet
    editor.page.mouse.move(x - 40, y + 60, steps=4)
    wanted = "x[l] = tanh(W[l] x[l-1])"
    expect(preview(editor).locator(".becomes", has_text=wanted)).to_be_visible()
    if only:
        editor.page.keyboard.down("Shift")
        wanted = "x[3] = tanh(W[3] x[2])"
        expect(preview(editor).locator(".becomes", has_text=wanted)).to_be_visible()
    assert editor.text == MLP
    editor.page.mouse.up()
    editor.page.keyboard.up("Shift")
    expect(editor.page.locator(".status")).to_contain_text("disconnect b[3]")
    assert wanted in editor.settled().text


def test_what_is_connected_is_selected_in_the_formula(editor):
    """Typing replaces it."""
    editor.drag("variables/u", "gates/x[3]:gate")
    box = editor.page.locator(".line-box input")
    expect(box).to_have_value("tanh(W[l] x[l-1] + b[l] + u)")
    editor.page.keyboard.type("tanh(u)")
    editor.page.keyboard.press("Enter")
    expect(box).to_have_count(0)
    assert "tanh(W[l] x[l-1] + b[l] + tanh(u))" in editor.settled().text


def test_a_vector_on_a_vector_makes_a_gate(editor):
    editor.hold("variables/u", "variables/b[2]")
    wanted = "x_1 = tanh(u + b[2])"
    expect(preview(editor).locator(".becomes", has_text=wanted)).to_be_visible()
    editor.page.mouse.up()
    expect(editor.page.locator('[data-key="gates/x_1:gate"]')).to_be_attached()


def test_a_vector_in_the_empty_asks_for_a_matrix(editor):
    editor.drag("variables/x[3]", editor.empty)
    editor.page.locator(".picker li", has_text="W[2]ᵀ").click()
    expect(editor.page.locator("textarea")).to_have_value(MLP + "h = W[2]' x[3]\n")


def test_a_vector_in_the_empty_says_what_a_first_matrix_makes(editor):
    text = "width n\nvector u : n ~ N(0, 1)\n"
    editor.page.evaluate(
        "(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); tpgraph.canvas.fit(); }", text
    )
    expect(editor.page.locator(".sample")).to_have_count(0)
    editor.settled().hold("variables/u", editor.empty)
    expect(preview(editor).locator(".becomes", has_text="h = W u")).to_be_visible()
    assert editor.text == text
    editor.page.mouse.up()
    expect(editor.page.locator(".sample")).to_contain_text("W")


def test_a_matrix_of_the_shelf_on_a_vector(editor):
    x, y = (editor.page.locator('[data-matrix="W[2]"]').bounding_box()[k] for k in ("x", "y"))
    editor.page.mouse.move(x + 20, y + 10)
    editor.page.mouse.down()
    editor.page.mouse.move(x - 20, y + 30, steps=3)
    expect(editor.page.locator(".mark.accepts").first).to_be_attached()
    editor.page.mouse.move(*editor.middle("variables/x[3]"), steps=5)
    expect(preview(editor).locator(".becomes", has_text="h = W[2] x[3]")).to_be_visible()
    editor.page.mouse.up()
    expect(editor.page.locator("textarea")).to_have_value(MLP + "h = W[2] x[3]\n")


def test_a_selected_gate_stands_for_what_it_makes(editor):
    """As after its formula was written: the next gate takes it without another click."""
    editor.click("gates/x[3]:gate", "variables/u").press("g")
    expect(editor.page.locator(".line-box input")).to_have_value("tanh(x[3] + u)")
    editor.press("Escape").click("gates/x[3]:gate").press("b")
    assert "mean(x[3])" in editor.text


# ---- what is refused

REFUSED = {
    "a circle": ("variables/x[3]", "gates/x[1]:gate", "that would be a circle"),
    "a product": ("variables/b[1]", "edges/x[1]→x[2]~1", "a product takes one vector"),
    "its own line": ("variables/u", "edges/x[1]:gate→x[1]", "drop it on the gate"),
    "without a name": ("variables/x[1]~1", "gates/x[3]:gate", "has no name of its own"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_drop_that_is_refused_says_why(editor, name):
    source, target, reason = REFUSED[name]
    place = line_middle(editor, target) if target.startswith("edges") else target
    editor.hold(source, place)
    status = editor.page.locator(".status")
    expect(status).to_contain_text(reason)
    expect(status).to_have_class(having("wrong"))
    editor.page.mouse.up()
    assert editor.settled().text == MLP
    expect(status).to_contain_text(reason)


@pytest.mark.parametrize("how", ["Escape", "beside"])
def test_a_drag_that_is_given_up_leaves_nothing_said(editor, how):
    editor.hold("variables/u", "gates/x[3]:gate")
    status = editor.page.locator(".status")
    expect(status).to_have_text("connect u to x[3]")
    if how == "Escape":
        editor.page.keyboard.press("Escape")
        expect(status).to_have_text("")
        editor.page.mouse.up()
    else:
        editor.page.mouse.move(*editor.empty)
        expect(status).to_contain_text("drop on what is lit")
        editor.page.mouse.up()
        expect(editor.page.locator(".picker")).to_be_visible()
        editor.page.keyboard.press("Escape")
        expect(editor.page.locator(".picker")).to_have_count(0)
    expect(status).to_have_text("")
    expect(editor.page.locator(".mark.accepts, .preview:visible")).to_have_count(0)
    assert editor.settled().text == MLP


def test_what_cannot_be_drawn_off_says_why(editor):
    x, y = line_middle(editor, "edges/u→x[1]~1")
    editor.page.mouse.move(x, y)
    editor.page.mouse.down()
    editor.page.mouse.move(x + 10, y + 80, steps=5)
    editor.page.mouse.up()
    expect(editor.page.locator(".status")).to_contain_text("delete the vector")
    assert editor.settled().text == MLP


def test_while_one_drags_what_accepts_is_lit_and_the_rest_fades(editor):
    editor.hold("variables/u", editor.empty)
    expect(editor.page.locator('[data-key="gates/x[2]:gate"]')).to_have_class(having("accepts"))
    other = editor.page.locator('[data-key="variables/u"]')
    expect(other).not_to_have_class(having("accepts"))
    expect(other).to_have_css("opacity", "0.35")
    editor.page.keyboard.press("Escape")
    expect(editor.page.locator(".mark.accepts")).to_have_count(0)
    editor.page.mouse.up()
    assert editor.settled().text == MLP


# ---- opening, selecting, moving about


def test_double_clicks_open_what_they_hit(editor):
    box = editor.page.locator(".line-box input")
    for place, value in (
        (editor.middle("gates/x[2]:gate"), "tanh(W[l] x[l-1] + b[l])"),
        (editor.middle("variables/u"), "u"),
        (label_of(editor, "variables/b[2]"), "b[2]"),
        (label_of(editor, "edges/x[1]→x[2]~1"), "W[2]"),
    ):
        editor.page.mouse.dblclick(*place)
        expect(box).to_have_value(value)
        editor.page.keyboard.press("Escape")
        expect(box).to_have_count(0)
    editor.page.mouse.dblclick(*editor.empty)
    expect(editor.page.locator("textarea")).to_have_value(re.compile("vector u_1 : n"))


def label_of(editor, key):
    box = editor.page.locator(f'[data-key="{key}"] .label').bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_what_is_written_in_a_box_is_taken_where_one_goes_elsewhere(editor):
    editor.page.mouse.dblclick(*editor.middle("variables/u"))
    editor.page.locator(".line-box input").fill("v")
    editor.page.mouse.click(*editor.empty)
    expect(editor.page.locator(".line-box")).to_have_count(0)
    expect(editor.page.locator("textarea")).to_have_value(
        MLP.replace("vector u", "vector v").replace("W[1] u", "W[1] v")
    )


def test_a_box_renames_only_here(editor):
    editor.page.mouse.dblclick(*editor.middle("variables/x[3]"))
    editor.page.locator(".line-box input").fill("y")
    editor.page.get_by_role("button", name="only here").click()
    expect(editor.page.locator(".line-box")).to_have_count(0)
    after = editor.settled().text
    assert "x[2] = tanh(W[2] x[1] + b[2])\ny = tanh(W[3] x[2] + b[3])\n" in after


BOXES = {
    "of a name": ("variables/x[2]", "y", "rename x to y"),
    "of a name that there was not": ("variables/x[2]~1", "y", "give W[2] x[1] the name y"),
    "of a formula": ("gates/x[3]:gate", "tanh(b[1])", "x[l] = tanh(b[1])"),
}


@pytest.mark.parametrize("name", BOXES)
def test_a_box_that_is_left_by_escape_changes_nothing(editor, name):
    key, words, _ = BOXES[name]
    editor.click(key).press("Enter")
    editor.page.keyboard.type(words)
    editor.press("Escape")
    expect(editor.page.locator(".line-box, .preview:visible")).to_have_count(0)
    assert editor.settled().text == MLP


@pytest.mark.parametrize("name", BOXES)
def test_a_box_shows_what_it_would_write(editor, name):
    key, words, title = BOXES[name]
    editor.click(key).press("Enter")
    editor.page.keyboard.type(words)
    expect(preview(editor).locator("strong")).to_have_text(title)
    editor.page.get_by_role("button", name="only here").hover()
    expect(preview(editor).locator("strong")).to_have_text(re.compile(", only here$"))
    editor.page.locator(".line-box input").hover()
    expect(preview(editor).locator("strong")).to_have_text(title)
    expect(preview(editor).locator(".becomes").last).to_contain_text("[l] = tanh(")
    editor.type("")
    expect(preview(editor)).to_be_hidden()
    assert editor.said.startswith(title)


@pytest.mark.parametrize(
    ("only", "lines"),
    [
        (False, "for l in 2..L:\n    h[l] = W[l] x[l-1]\n    x[l] = tanh(h[l] + b[l])\n"),
        (True, "h = W[2] x[1]\nx[2] = tanh(h + b[2])\nx[3] = tanh(W[3] x[2] + b[3])\n"),
    ],
)
def test_an_unnamed_mark_alone_gets_the_name(editor, only, lines):
    editor.click("variables/x[2]~1").press("F2")
    expect(editor.page.locator(".line-box label")).to_have_text("name of W[2] x[1]")
    editor.page.keyboard.type("h")
    editor.press("Shift+Enter" if only else "Enter")
    assert lines in editor.text
    assert "x[1] = tanh(W[1] u + b[1])\n" in editor.text


@pytest.mark.parametrize(
    ("turns", "size", "all_fit"), [(60, (1280, 800), True), (90, (640, 400), False)]
)
def test_of_many_lines_as_many_are_shown_as_the_window_holds(editor, turns, size, all_fit):
    editor.page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    editor.begin(MLP.replace("const L = 3", f"const L = {turns}")).press("F6", "0")
    dry = """async () => {
        const what = { edit: "connect", vector: "u", gate: "x[2]" };
        await tpgraph.drag.foresee(what, true, [300, 200]);
        const boxes = [...document.querySelectorAll(".preview .becomes, .preview .detail")]
            .map((row) => row.getBoundingClientRect());
        const { right, bottom } = document.querySelector(".preview").getBoundingClientRect();
        return [boxes.length, boxes.filter((box) => box.bottom > innerHeight || box.right > innerWidth).length,
            right <= innerWidth && bottom <= innerHeight];
    }"""  # noqa: E501
    count, outside, fits = editor.page.evaluate(dry)
    said = preview(editor).locator(".detail").all_inner_texts()
    assert (outside, fits) == (0, True)
    assert said[-1] == "only here"
    shown = count - len(said)
    hidden = int(said[0].split()[1]) if len(said) > 1 else 0
    assert (hidden == 0) is all_fit
    assert shown + hidden >= turns - 1
    editor.page.evaluate("tpgraph.drag.end()")
    editor.page.set_viewport_size({"width": 1280, "height": 800})
