"""Keys and clicks that come before an answer, and answers that come when they are not waited for:
what is done is about the text and the picture that are there, or it is said why it is not done.
"""

import re

import pytest
from editor.pages import Editor, Withheld, having
from editor.serving import MLP, serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

SHOW = "(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }"
MISTAKEN = MLP + "vector v : n\n"


def type_first(editor, words):
    """Type at the start of the text, without waiting for what comes of it."""
    editor.page.locator("textarea.text-area").focus()
    editor.page.keyboard.press("Control+Home")
    editor.page.keyboard.type(words)


def selected_words(editor):
    start, end = editor.page.evaluate("tpgraph.pane.selection")
    return editor.text[start:end]


@pytest.fixture
def older(editor):
    """A page whose picture stays that of the text before, until it is let go."""
    return Withheld(editor, "**/api/sync")


@pytest.fixture
def mistaken(editor):
    editor.page.evaluate(SHOW, MISTAKEN)
    expect(editor.settled().page.locator("button.mend")).to_have_count(1)
    return editor


# ---- what is about another text


def test_a_mend_of_an_older_text_is_not_made(mistaken, older):
    type_first(mistaken, "# more\n")
    mistaken.page.locator("button.mend").click()
    expect(mistaken.page.locator(".status.wrong")).to_contain_text("the text changed meanwhile")
    assert mistaken.text == "# more\n" + MISTAKEN
    older.let_go()
    expect(mistaken.page.locator(".error")).to_contain_text("distribution is missing")
    mistaken.settled().page.locator("button.mend").click()
    assert mistaken.settled().text == "# more\n" + MISTAKEN.replace("v : n", "v : n ~ N(0, 1)")


def test_a_mend_is_taken_back_by_the_next_key(mistaken):
    mistaken.page.locator("button.mend").click()
    expect(mistaken.settled().page.locator(".error")).to_have_count(0)
    mistaken.press("Control+z")
    assert mistaken.text == MISTAKEN


def test_the_place_of_a_mistake_moves_with_the_text(mistaken, older):
    mistaken.page.locator(".error .place").click()
    before = mistaken.page.evaluate("tpgraph.pane.selection[0]")
    type_first(mistaken, "# more\n")
    mistaken.page.locator(".error .place").click()
    assert mistaken.page.evaluate("tpgraph.pane.selection[0]") == before + len("# more\n")
    older.let_go()


def test_a_mark_selects_its_line_under_what_was_typed(editor, older):
    type_first(editor, "# more\n")
    editor.page.mouse.click(*editor.middle("gates/x[1]:gate"))
    assert selected_words(editor) == "tanh(W[1] u + b[1])"
    editor.page.locator('[data-matrix="W[1]"], [data-matrix="W"]').first.click()
    assert selected_words(editor).startswith("matrix W")
    at = editor.text.index("b[1..L]")
    editor.page.evaluate("(at) => { tpgraph.pane.select(at, at); tpgraph.textSelected(); }", at)
    expect(editor.page.locator('[data-key="variables/b[2]"]')).to_have_class(having("lit"))
    older.let_go()


def test_a_formula_opens_as_it_is_now(editor, older):
    type_first(editor, "# more\n")
    older.awaited()
    editor.page.mouse.dblclick(*editor.middle("gates/x[1]:gate"))
    older.let_go()
    expect(editor.page.locator(".line-box input")).to_have_value("tanh(W[1] u + b[1])")
    editor.page.keyboard.press("Enter")
    assert editor.settled().text == "# more\n" + MLP


def test_a_line_of_an_older_picture_takes_nothing_off(editor, older):
    """Its number among the arguments is another one in the text that was typed meanwhile."""
    editor.page.evaluate(SHOW, MLP.replace("tanh(W[1] u + b[1])", "tanh(u + W[1] u + b[1])"))
    older.awaited()
    line = editor.page.evaluate(
        """(() => {
            const goes = (f) => f.target === "x[1]:gate" && f.source === "b[1]";
            return tpgraph.canvas.fragments.find((f) => f.layer === "edges" && goes(f)).key;
        })()"""
    )
    editor.page.evaluate("(key) => { tpgraph.select([key]); tpgraph.command('delete'); }", line)
    older.let_go()
    expect(editor.page.locator(".status.wrong")).to_contain_text("the text changed meanwhile")
    assert "tanh(u + W[1] u + b[1])" in editor.settled().text


def test_what_is_said_of_a_name_does_not_replace_a_mistake(mistaken):
    hover = """(at) => {
        const box = document.querySelector("textarea").getBoundingClientRect();
        tpgraph.hoverText(at, box);
    }"""
    names = Withheld(mistaken, "**/api/hover", answered=True)
    mistaken.page.evaluate(hover, MISTAKEN.index("u : n"))
    names.awaited()
    mistaken.page.evaluate(hover, MISTAKEN.index("v : n") + 5)
    names.let_go()
    expect(mistaken.settled().page.locator(".tip")).to_contain_text("distribution is missing")
    mistaken.page.evaluate("tpgraph.hoverText(null)")
    expect(mistaken.page.locator(".tip")).to_be_hidden()


# ---- keys and clicks that come before what they are about


def pending(editor, key):
    """The withheld edit of a key."""
    edits = Withheld(editor, "**/api/edit")
    editor.page.keyboard.press(key)
    return edits.awaited()


def test_keys_are_about_what_is_being_made(editor):
    edits = pending(editor, "d")
    editor.page.keyboard.press("F2")
    editor.page.keyboard.type("v")
    editor.page.keyboard.press("Enter")
    edits.let_go()
    made = MLP.replace("x[1] =", "vector v : n ~ N(0, 1)\nx[1] =")
    expect(editor.page.locator("textarea")).to_have_value(made)


def test_keys_are_heard_in_their_order_however_late_the_answers_are(editor):
    """What opens takes those that follow, also of keys that waited themselves."""
    edits = pending(editor, "d")
    keyboard = editor.page.keyboard
    for key in ("F2", "v", "Enter", "g", *"relu(v)", "Enter", "F2", "z", "Enter", "o"):
        keyboard.press(key)
    edits.let_go()
    made = re.compile("^z = relu\\(v\\)$.*^output z$", re.M | re.S)
    expect(editor.page.locator("textarea")).to_have_value(made)
    expect(editor.settled().page.locator(".line-box")).to_have_count(0)
    editor.press(*["Control+z"] * 6)
    assert editor.text == MLP


def test_undo_takes_back_what_is_being_made(editor):
    editor.write("# more\n").page.locator("svg.canvas").focus()
    edits = pending(editor, "d")
    editor.page.keyboard.press("Control+z")
    edits.let_go()
    expect(editor.page.locator(".status")).to_have_text("undo declare u_1")
    assert editor.settled().text == MLP + "# more\n"


def test_a_button_is_about_what_is_being_made(editor):
    edits = pending(editor, "d")
    editor.page.locator('[data-command="gate"]').click()
    edits.let_go()
    expect(editor.page.locator(".line-box input")).to_have_value("tanh(u_1)")
    editor.page.keyboard.press("Escape")
    editor.settled()


@pytest.mark.parametrize("key", ["d", "g"])
def test_keys_for_what_is_refused_do_nothing(editor, key):
    """They were meant for a formula or a name, and would be commands: r repeats, e reads out."""
    editor.click("variables/u")
    asked = Withheld(editor, "**/api/edit", times=1)
    editor.page.keyboard.press(key)
    asked.awaited()
    editor.page.keyboard.type("relud")
    editor.page.keyboard.press("Control+z")
    asked.routes[0].fulfill(body='{"refused": {"message": "not here"}}')
    expect(editor.page.locator(".status")).to_have_text("not here")
    assert editor.settled().text == MLP
    expect(editor.page.locator(".status")).to_have_text("not here")


def test_what_is_cut_is_what_was_selected(editor):
    editor.write("y = tanh(x[L])\nz = tanh(y)\n").click("variables/z")
    copies = Withheld(editor, "**/api/copy")
    editor.page.keyboard.press("Control+x")
    copies.awaited()
    editor.page.mouse.click(*editor.middle("variables/y"))
    copies.let_go()
    expect(editor.page.locator("textarea")).to_have_value(MLP + "y = tanh(x[L])\n")


def test_what_is_written_meanwhile_is_not_deleted_along(editor):
    editor.write("y = tanh(x[L])\n").click("variables/y")
    edits = pending(editor, "Delete")
    editor.page.locator("textarea").focus()
    editor.page.keyboard.press("Control+End")
    editor.page.keyboard.type("z = tanh(y)\n")
    edits.let_go()
    expect(editor.page.locator(".status.wrong")).to_contain_text("the text changed meanwhile")
    assert editor.settled().text == MLP + "y = tanh(x[L])\nz = tanh(y)\n"


def test_a_name_that_is_refused_takes_no_focus_from_who_writes_on(editor):
    editor.click("variables/u").press("F2")
    editor.page.locator(".line-box input").fill("b")
    edits = Withheld(editor, "**/api/edit")
    area = editor.page.locator("textarea")
    area.focus()
    editor.page.keyboard.press("Control+End")
    edits.awaited()
    editor.page.keyboard.type("# one")
    assert editor.text == MLP + "# one"
    edits.let_go()
    expect(editor.page.locator(".line-box .refusal")).not_to_be_empty()
    editor.page.keyboard.type(" two")
    expect(area).to_be_focused()
    assert editor.settled().text == MLP + "# one two"
    editor.page.locator(".line-box input").press("Escape")


def test_what_is_accepted_twice_is_asked_once(editor):
    editor.click("variables/u").press("F2")
    edits = Withheld(editor, "**/api/edit")
    editor.page.keyboard.type("v")
    editor.page.keyboard.press("Enter")
    edits.awaited()
    editor.page.get_by_role("button", name="Accept").click()
    edits.let_go()
    expect(editor.page.locator(".line-box")).to_have_count(0)
    assert editor.settled().said == "rename u to v"
    made = [route for route in edits.routes if not route.request.post_data_json["dry"]]
    assert len(made) == 1


def test_completions_go_with_the_caret(editor):
    area = editor.page.locator("textarea")
    listed = editor.page.locator(".completion")
    editor.write("vec")
    expect(listed).to_be_visible()
    editor.page.keyboard.press("ArrowLeft")
    expect(listed).to_be_hidden()
    editor.page.keyboard.press("Control+Space")
    expect(listed).to_be_visible()
    editor.page.locator("svg.canvas").focus()
    expect(listed).to_be_hidden()
    area.focus()
    asked = Withheld(editor, "**/api/complete", answered=True)
    editor.page.keyboard.press("Control+Space")
    asked.awaited()
    editor.page.locator("svg.canvas").focus()
    asked.let_go()
    expect(editor.settled().page.locator(".completion")).to_be_hidden()


def test_letters_are_typed_into_the_text_while_a_dialog_is_loaded(browser, tmp_path):
    (tmp_path / "mlp.tp").write_text(MLP)
    with serving(tmp_path, "mlp.tp") as server:
        editor = Editor(browser, server)
        modules = Withheld(editor, "**/web/saving.js")
        editor.shown().settled().page.keyboard.press("Control+End")
        editor.page.keyboard.type("# one")
        editor.page.keyboard.press("Control+s")
        modules.awaited()
        editor.page.keyboard.type(" two")
        modules.let_go()
        expect(editor.page.locator("textarea")).to_have_value(MLP + "# one two")
        expect(editor.page.locator(".status")).to_have_text("saved mlp.tp")
        assert editor.faults == []
        editor.close()


# ---- drags


def test_a_drop_is_made_though_the_next_drag_has_begun(editor):
    asked = Withheld(editor, "**/api/accept", times=1)
    editor.hold("variables/u", "gates/x[2]:gate")
    editor.page.mouse.up()
    asked.awaited()
    editor.hold("variables/b[1]", editor.empty)
    asked.let_go()
    expect(editor.page.locator("textarea")).to_have_value(MLP.replace("b[l])", "b[l] + u)"))
    expect(editor.page.locator(".mark.accepts").first).to_be_attached()
    editor.page.keyboard.press("Escape")
    editor.page.mouse.up()
    editor.page.keyboard.press("Escape")
    editor.settled()


def test_a_preview_that_comes_late_is_of_the_keys_that_are_held(editor):
    asked = Withheld(editor, "**/api/accept")
    editor.page.keyboard.down("Shift")
    editor.hold("variables/u", "gates/x[2]:gate")
    asked.awaited().let_go()
    expect(editor.page.locator(".preview .detail")).to_have_text("only here")
    editor.page.keyboard.press("Escape")
    editor.page.keyboard.up("Shift")
    editor.page.mouse.up()


def test_a_matrix_that_was_clicked_is_not_dragged_without_a_button(editor):
    x, y = editor.middle_of(editor.page.locator("[data-matrix]").first.bounding_box())
    editor.page.mouse.move(x, y)
    editor.page.mouse.down()
    editor.page.mouse.up()
    editor.page.mouse.move(x + 2, y)
    editor.page.mouse.move(*editor.middle("variables/u"), steps=4)
    assert not editor.page.evaluate("tpgraph.gestures.dragging")


def test_letters_at_marks_go_when_the_picture_moves(editor):
    editor.click("variables/b[1]").press("c")
    expect(editor.page.locator(".letters")).to_have_count(1)
    editor.page.mouse.move(*editor.empty)
    editor.page.mouse.wheel(0, -100)
    expect(editor.page.locator(".letters")).to_have_count(0)


# ---- fields


@pytest.fixture
def output(editor):
    """The inspector of x[3], on whether it is an output."""
    if editor.page.locator(".inspector").is_visible():
        editor.page.evaluate("tpgraph.command('inspector')")
    editor.click("variables/x[1]").press("i")
    expect(editor.page.locator(".inspector h2")).to_have_text("x[1]")
    yield editor.page.locator(".inspector fieldset", has_text="output")
    editor.page.evaluate("tpgraph.command('inspector')")


AGAIN = "tpgraph.inspector.show(tpgraph.inspector.fragment)"


def test_a_field_keeps_what_is_typed_into_it_and_where(editor, output):
    """The answer to what is selected comes once more, while a formula is written."""
    field = editor.page.locator(".inspector").get_by_label("formula")
    field.focus()
    editor.page.keyboard.press("End")
    editor.page.keyboard.press("ArrowLeft")
    editor.page.keyboard.type(" + b")
    editor.page.evaluate(AGAIN)
    editor.settled().page.keyboard.type("[2]")
    expect(field).to_have_value("tanh(W[1] u + b[1] + b[2])")
    editor.page.evaluate(AGAIN)
    editor.settled().page.keyboard.press("Enter")
    assert "x[1] = tanh(W[1] u + b[1] + b[2])\n" in editor.settled().text


def test_a_choice_that_is_taken_back_at_once_is_not_made(editor, output):
    edits = Withheld(editor, "**/api/edit")
    output.get_by_text("yes", exact=True).click()
    edits.awaited()
    output.get_by_text("no", exact=True).click()
    edits.let_go()
    expect(editor.settled().page.locator("textarea")).to_have_value(MLP)
