"""What opens only when it is answered: keys typed until then are for it, and it takes no focus from
somebody who has gone on elsewhere.
"""

import re

import pytest
from editor.pages import Editor, Withheld
from editor.serving import MLP, serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


def deletion_of_u(editor):
    """The withheld answer to the key that deletes a vector which others read."""
    editor.click("variables/u")
    edits = Withheld(editor, "**/api/edit")
    editor.page.keyboard.press("Delete")
    return edits.awaited()


def test_a_formula_takes_what_was_typed_before_it_opened(editor):
    editor.click("variables/u", "variables/b[1]")
    edits = Withheld(editor, "**/api/edit")
    editor.page.keyboard.press("g")
    edits.awaited()
    editor.page.keyboard.type("relu(u + b[2)")
    editor.page.keyboard.press("Backspace")
    editor.page.keyboard.type("])")
    editor.page.keyboard.press("Enter")
    edits.let_go()
    expect(editor.page.locator("textarea")).to_have_value(MLP + "x_1 = relu(u + b[2])\n")
    expect(editor.page.locator(".line-box")).to_have_count(0)
    expect(editor.page.locator("svg.canvas")).to_be_focused()


def test_a_formula_opens_over_nobody_who_writes_on(editor):
    editor.click("variables/u", "variables/b[1]")
    edits = Withheld(editor, "**/api/edit")
    editor.page.keyboard.press("g")
    edits.awaited()
    area = editor.page.locator("textarea")
    area.focus()
    editor.page.keyboard.press("Control+End")
    editor.page.keyboard.type("# one")
    edits.let_go()
    made = "x_1 = tanh(u + b[1])\n"
    expect(editor.page.locator(".status")).to_contain_text("gate")
    editor.page.keyboard.type(" two")
    assert editor.settled().text.count("# one two") == 1
    assert made in editor.text
    expect(area).to_be_focused()
    expect(editor.page.locator(".line-box")).to_have_count(0)


def test_a_field_takes_what_was_typed_before_it_was_there(editor):
    edits = Withheld(editor, "**/api/edit")
    editor.page.locator("details", has_text="New number").locator("summary").click()
    editor.page.locator('[data-menu="declare-const"]').click()
    edits.awaited()
    editor.page.keyboard.type("17")
    editor.page.keyboard.press("Enter")
    edits.let_go()
    expect(editor.page.locator("textarea")).to_have_value(re.compile(r"const \w+ = 17$", re.M))


def test_nobody_who_writes_on_is_asked_what_goes_too(editor):
    edits = deletion_of_u(editor)
    editor.page.locator("textarea").focus()
    edits.let_go()
    expect(editor.page.locator(".status")).to_contain_text("u stays: with it would go x[1]")
    expect(editor.page.locator("dialog")).to_have_count(0)
    assert editor.text == MLP


def test_what_goes_too_is_seen_before_it_is_agreed_to(editor):
    edits = deletion_of_u(editor)
    editor.page.keyboard.press("Enter")
    edits.let_go()
    expect(editor.page.get_by_role("button", name="Delete all")).to_be_focused()
    editor.page.keyboard.press("Escape")
    assert editor.text == MLP


def test_letters_at_gates_take_what_was_typed_before(editor):
    editor.click("variables/b[1]")
    asked = Withheld(editor, "**/api/accept")
    editor.page.keyboard.press("c")
    asked.awaited()
    editor.page.keyboard.press("a")
    asked.let_go()
    expect(editor.page.locator(".line-box input")).to_be_focused()
    editor.page.keyboard.press("Escape")
    assert editor.settled().text != MLP


def test_a_drop_opens_its_formula_over_nobody_who_writes_on(editor):
    asked = Withheld(editor, "**/api/accept")
    editor.hold("variables/u", "gates/x[2]:gate")
    editor.page.mouse.up()
    asked.awaited()
    editor.page.locator("textarea").focus()
    asked.let_go()
    expect(editor.page.locator(".status")).to_contain_text("connect")
    expect(editor.page.locator(".line-box")).to_have_count(0)
    expect(editor.page.locator("textarea")).to_be_focused()


@pytest.mark.parametrize("module", ["saving", "exports"])
def test_dialogs_that_are_still_loaded(browser, tmp_path, module):
    with serving(tmp_path) as server:
        editor = Editor(browser, server)
        modules = Withheld(editor, f"**/web/{module}.js")
        editor.page.locator(".card", has_text="Empty").click()
        editor.until("Boolean(window.tpgraph)")
        editor.settled().page.keyboard.press("Control+s" if module == "saving" else "Control+e")
        modules.awaited()
        before = editor.text
        editor.page.keyboard.type("other")
        modules.let_go()
        expect(editor.page.get_by_role("dialog")).to_be_visible()
        if module == "saving":
            expect(editor.page.get_by_label("File name")).to_have_value("other.tp")
        assert editor.text == before
        assert editor.faults == []
        editor.close()
