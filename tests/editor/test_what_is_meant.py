"""What a key or an edit is about: the mark that it was done on, and none beside it."""

import pytest
from editor.pages import having
from editor.serving import MLP
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


def click_line(editor, key):
    place = """(key) => {
        const [[x, y], { left, top }] = [tpgraph.canvas.handle(key), tpgraph.canvas.size];
        return [left + x, top + y];
    }"""
    editor.page.mouse.click(*editor.page.evaluate(place, key))
    return editor.settled()


def refused(editor, words):
    status = editor.page.locator(".status")
    expect(status).to_contain_text(words)
    expect(status).to_have_class(having("wrong"))


@pytest.mark.parametrize(
    ("key", "letter", "wanted"),
    [("c", "a", "tanh(W[l] x[l-1] + b[l] + x[l-1])"), ("x", "b", "tanh(W[l] x[l-1] + x[l-1])")],
)
def test_a_gate_stands_for_what_it_makes(editor, key, letter, wanted):
    """It is what is selected after each edit of it."""
    editor.click("gates/x[1]:gate").press(key, letter)
    assert wanted in editor.text


def test_of_many_the_one_that_was_changed_stays_in_the_inspector(editor):
    editor.click("variables/b[2]").press("i")
    title = editor.page.locator(".inspector h2")
    expect(title).to_have_text("b[2]")
    editor.field("variance").page.keyboard.press("Control+a")
    editor.page.keyboard.type("4\n")
    assert "N(0, 4)" in editor.settled().text
    expect(title).to_have_text("b[2]")
    editor.field("label (LaTeX)").page.keyboard.type("\\beta\n")
    assert 'label b[2] = "\\beta"' in editor.settled().text
    expect(title).to_have_text("b[2]")
    editor.page.evaluate("tpgraph.inspector.toggle()")
    editor.settled().press("F2")
    expect(editor.page.locator(".line-box input")).to_have_value("b[2]")
    editor.press("Escape")


def test_what_is_connected_into_a_loop_is_seen_where_it_was_dropped(editor):
    editor.drag("variables/u", "gates/x[3]:gate")
    expect(editor.page.locator(".line-box > label")).to_have_text("x[3] =")
    editor.press("Escape")


def test_nothing_is_not_copied_and_a_line_not_cut(editor):
    editor.page.evaluate("tpgraph.canvas.element.focus()")
    editor.press("Control+c")
    refused(editor, "select what is copied")
    editor.page.evaluate("tpgraph.say('')")
    click_line(editor, "edges/b[2]→x[2]:gate").press("Control+x")
    refused(editor, "select what is copied")
    assert editor.text == MLP


NEEDS_NONE = {
    *(f"declare{kind}" for kind in ("", "-trained", "-data", "-target", "-matrix", "-scalar")),
    "declare-trained-matrix", "train-all", "declare-dim", "declare-const", "declare-fn",
    "select-all", "undo", "redo", "paste",
}  # fmt: skip
ABOUT_SELECTION = """async () => {
    const { CHANGES } = await import("/web/commands.js");
    return [...CHANGES];
}"""


def test_every_command_that_needs_a_selection_says_so_without_one(editor):
    commands = set(editor.page.evaluate(ABOUT_SELECTION)) - NEEDS_NONE
    assert {"delete", "repeat", "duplicate", "cut", "gate", "loss"} <= commands
    silent = []
    for command in sorted(commands):
        editor.page.evaluate("tpgraph.say('')")
        editor.page.evaluate("(id) => tpgraph.command(id)", command)
        said = editor.settled().page.locator(".status.wrong")
        if said.count() == 0 or not said.inner_text():
            silent.append(command)
    assert not silent
    assert editor.text == MLP


@pytest.mark.parametrize("key", ["Delete", "Backspace"])
def test_of_many_one_is_deleted_alone_by_key(editor, key):
    dialog = editor.page.get_by_role("dialog")
    editor.click("variables/x[3]").press(key)
    expect(dialog).to_contain_text("Others are made with it, and all go: x[2]")
    expect(dialog).to_contain_text("Only here, nothing else goes")
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_have_count(0)
    assert editor.settled().text == MLP
    editor.press(key)
    dialog.get_by_role("button", name="Only here").click()
    expect(editor.page.locator(".status")).to_contain_text("delete x[3], only here")
    assert "x[2] = tanh(W[2] x[1] + b[2])\n" in editor.settled().text
    assert "x[3]" not in editor.text
    editor.press("Control+z")
    assert editor.settled().text == MLP


def test_a_line_that_has_no_name_says_so(editor):
    click_line(editor, "edges/b[2]→x[2]:gate").press("Enter")
    refused(editor, "nothing here has a name")


def test_a_matrix_that_the_text_lost_has_no_box(editor):
    editor.page.evaluate(
        """async () => {
            tpgraph.replaceText(tpgraph.text.replace("matrix W", "matrix ("), "lost");
            await tpgraph.rest();
        }"""
    )
    expect(editor.page.locator(".sample")).to_have_count(0)
    click_line(editor, "edges/u→x[1]~1").press("Enter")
    refused(editor, "nothing here has a name")


@pytest.mark.parametrize("written", ["9", "-9"])
def test_a_field_that_is_left_by_escape_changes_nothing(editor, written):
    """Also one whose value was refused; then it may be written again."""
    editor.click("variables/u").press("i")
    field = editor.page.get_by_label("variance", exact=True)
    refusal = editor.page.locator(".inspector .refusal:not(:empty)")
    for _ in range(2):
        field.fill(written)
        if written == "-9":
            field.press("Enter")
            expect(refusal).to_contain_text("the variance is negative")
        field.press("Escape")
        expect(field).to_have_value("1")
        expect(editor.page.locator("svg.canvas")).to_be_focused()
        expect(refusal).to_have_count(0)
    assert editor.settled().text == MLP
    editor.press("i")


def test_a_number_s_new_name_is_seen_before_it_is_given(editor):
    editor.page.evaluate("tpgraph.inspector.reveal()")
    editor.page.get_by_role("button", name="const L", exact=True).click()
    editor.page.locator(".line-box input").fill("depth")
    becomes = editor.page.locator(".preview .becomes")
    expect(becomes.filter(has_text="vector b[1..depth]")).to_be_visible()
    expect(editor.page.locator(".preview .detail")).to_have_count(0)
    editor.page.keyboard.press("Shift+Enter")
    expect(editor.page.locator(".line-box")).to_have_count(0)
    assert "for l in 2..depth:" in editor.settled().text
    editor.page.evaluate("tpgraph.inspector.toggle()")
