"""Where the focus is: a click on a bar leaves it in the text or the picture, and one who comes to a
button by keys keeps it.
"""

import pytest
from editor.serving import MLP
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


def tool(editor, command):
    return editor.page.locator(f'.tpgraph-editor [data-command="{command}"]')


@pytest.mark.parametrize("where", ["textarea.text-area", "svg.canvas"])
@pytest.mark.parametrize("command", ["declare", "undo", "zoom-in", "step"])
def test_a_click_leaves_the_focus_where_it_was(editor, where, command):
    place = editor.page.locator(where)
    place.focus()
    tool(editor, command).click()
    editor.settled()
    expect(place).to_be_focused()


def test_the_next_key_is_the_pictures(editor):
    editor.click("variables/u")
    tool(editor, "multiply").click()
    editor.type("W[1]", ".picker")
    assert editor.text == MLP + "h = W[1] u\n"
    tool(editor, "undo").click()
    editor.settled().press("Space", "d")  # Space would undo once more, d declares
    assert "vector u_1 : n" in editor.text


def test_a_button_beside_the_steps_leaves_their_keys(editor):
    editor.page.locator("svg.canvas").focus()
    tool(editor, "step").click()
    editor.settled().page.locator(".steps").get_by_role("button", name="Step", exact=True).click()
    editor.settled().press("]")
    expect(editor.page.locator(".steps .count")).to_contain_text("2 / ")


def test_who_comes_by_keys_keeps_the_button(editor):
    tool(editor, "declare").focus()
    editor.press("Enter", "Enter")
    expect(tool(editor, "declare")).to_be_focused()
    assert "vector u_2 : n" in editor.text


def test_a_box_that_is_left_for_a_button_takes_what_was_written(editor):
    editor.click("variables/u")
    editor.press("F2")
    editor.page.locator(".line-box input").fill("v")
    tool(editor, "zoom-in").click()
    expect(editor.page.locator(".line-box")).to_have_count(0)
    assert "vector v : n" in editor.settled().text
    expect(editor.page.locator("svg.canvas")).to_be_focused()


def test_keys_are_heard_after_a_click_beside_everything(editor):
    editor.page.locator(".program-line").click()
    editor.press("Control+k")
    expect(editor.page.locator(".picker input")).to_be_focused()
    editor.page.keyboard.press("Escape")
    expect(editor.page.locator(".picker")).to_have_count(0)


def test_the_inspector_gives_the_focus_back(editor):
    editor.click("variables/u")
    editor.press("i")
    expect(editor.page.locator(".inspector input").first).to_be_focused()
    editor.page.evaluate("tpgraph.command('inspector')")
    expect(editor.page.locator("svg.canvas")).to_be_focused()


def test_the_ring_around_the_picture_is_one_whoever_gave_the_focus(editor):
    canvas = editor.page.locator("svg.canvas")
    ring = "(box) => getComputedStyle(box).outline + getComputedStyle(box).outlineOffset"
    editor.page.locator("textarea.text-area").focus()
    editor.press("F6")
    by_key = canvas.evaluate(ring)
    assert "solid" in by_key
    editor.page.locator("textarea.text-area").focus()
    editor.menu("show-all")
    expect(canvas).to_be_focused()
    assert canvas.evaluate(ring) == by_key
