"""What is done to the picture alone: selected by a band, letters or arrows, panned and zoomed."""

import math

import pytest
from editor.serving import MLP
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


def view(editor):
    found = editor.page.evaluate("tpgraph.canvas.view")
    return found["k"], found["x"], found["y"]


def test_a_band_selects_what_is_in_it(editor):
    left = editor.middle("variables/u")[0] - 30
    right, bottom = editor.middle("variables/b[1]")
    editor.page.mouse.move(left, bottom - 150)
    editor.page.mouse.down()
    editor.page.mouse.move(right + 20, bottom + 20, steps=4)
    expect(editor.page.locator(".band")).to_be_attached()
    editor.page.mouse.up()
    expect(editor.page.locator(".band")).to_have_count(0)
    chosen = {"variables/u", "variables/x[1]~1", "variables/b[1]"}
    found = editor.page.evaluate("[...tpgraph.canvas.selected]")
    assert set(found) == chosen
    editor.page.keyboard.down("Shift")
    editor.page.mouse.click(*editor.middle("variables/u"))
    editor.page.keyboard.up("Shift")
    assert set(editor.page.evaluate("[...tpgraph.canvas.selected]")) == chosen - {"variables/u"}


@pytest.mark.parametrize("how", ["space", "middle"])
def test_the_picture_is_panned(editor, how):
    _, x, y = view(editor)
    if how == "space":
        editor.page.keyboard.down(" ")
    editor.page.mouse.move(*editor.middle("variables/x[2]"))
    editor.page.mouse.down(button="middle" if how == "middle" else "left")
    fx, fy = editor.middle("variables/x[2]")
    editor.page.mouse.move(fx + 50, fy - 30, steps=4)
    editor.page.mouse.up(button="middle" if how == "middle" else "left")
    if how == "space":
        editor.page.keyboard.up(" ")
    assert view(editor)[1:] == pytest.approx((x + 50, y - 30), abs=1)
    assert editor.text == MLP


def test_space_that_is_let_go_elsewhere_pans_no_more(editor):
    editor.page.evaluate("tpgraph.canvas.element.focus()")
    editor.page.keyboard.down(" ")
    editor.page.keyboard.press("F6")
    editor.page.keyboard.up(" ")
    before = view(editor)
    editor.drag("variables/u", "gates/x[1]:gate").press("Escape")
    assert "x[1] = tanh(W[1] u + b[1] + u)" in editor.text
    assert view(editor) == before


def test_the_wheel_zooms_at_the_pointer(editor):
    k = view(editor)[0]
    before = editor.middle("variables/x[2]")
    editor.page.mouse.move(*before)
    editor.page.mouse.wheel(0, -300)
    editor.until("(k) => tpgraph.canvas.view.k > 1.3 * k", arg=k)
    assert math.dist(editor.middle("variables/x[2]"), before) < 2


def test_two_fingers_pan_and_zoom(editor):
    k, *_ = view(editor)
    cx, cy = editor.middle("gates/x[2]:gate")
    touch = editor.context.new_cdp_session(editor.page)

    def fingers(kind, apart, dx=0):
        points = [
            {"x": cx + dx + sign * apart, "y": cy, "id": number}
            for number, sign in enumerate((-1, 1))
        ]
        touch.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [] if kind == "touchEnd" else points},
        )

    fingers("touchStart", 40)
    for step in range(1, 6):
        fingers("touchMove", 40 + 8 * step, 6 * step)
    fingers("touchEnd", 80)
    touch.detach()
    found = view(editor)
    assert found[0] == pytest.approx(2 * k, rel=0.1)
    assert editor.text == MLP


def test_letters_are_chosen_by_a_click_too_and_by_capitals_for_only_here(editor):
    editor.click("variables/u")
    editor.page.locator('[data-command="connect"]').click()
    expect(editor.page.locator(".letters kbd")).to_have_count(3)
    editor.page.mouse.click(*editor.middle("gates/x[1]:gate"))
    expect(editor.page.locator("textarea")).to_have_value(MLP.replace("b[1])", "b[1] + u)"))
    editor.press("Escape", "Control+z")
    editor.click("variables/u")
    editor.page.keyboard.press("c")
    expect(editor.page.locator(".letters kbd")).to_have_count(3)
    editor.page.keyboard.press("Shift+C")
    expect(editor.page.locator(".line-box")).to_be_visible()
    assert "x[3] = tanh(W[3] x[2] + b[3] + u)" in editor.settled().text


def test_more_than_26_marks_have_letters_of_their_own(editor):
    lines = "".join(f"y_{k} = tanh(u + v)\n" for k in range(30))
    text = f"width n\nvector u, v : n ~ N([0, 0], [[1, 0], [0, 1]])\n{lines}"
    editor.page.evaluate("(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }", text)
    expect(editor.page.locator('[data-key="variables/y_29"]')).to_be_attached()
    editor.settled().press("0").find("u").press("c")
    tags = editor.page.locator(".letters kbd")
    expect(tags).to_have_count(30)
    assert len(set(tags.all_inner_texts())) == 30
    editor.page.keyboard.type(tags.last.inner_text())
    expect(editor.page.locator(".line-box")).to_be_visible()
    assert editor.settled().text.count("tanh(u + v + u)") == 1


def test_arrows_follow_the_graph_and_tab_the_unnamed(editor):
    def selected():
        return editor.page.evaluate("[...tpgraph.canvas.selected]")

    editor.click("variables/u")
    for key, mark in (
        ("ArrowRight", "variables/x[1]~1"),
        ("ArrowDown", "variables/b[1]"),
        ("ArrowUp", "variables/x[1]~1"),
        ("ArrowRight", "gates/x[1]:gate"),
        ("ArrowRight", "variables/x[1]"),
        ("ArrowLeft", "gates/x[1]:gate"),
        ("Tab", "variables/x[1]~1"),
        ("Tab", "variables/x[2]~1"),
        ("Tab", "variables/x[3]~1"),
        ("Shift+Tab", "variables/x[2]~1"),
    ):
        editor.page.keyboard.press(key)
        assert selected() == [mark], key
    editor.page.keyboard.press("Escape")
    assert selected() == []
    editor.page.keyboard.press("Escape")
    expect(editor.page.locator("textarea")).to_be_focused()


def test_keys_of_the_picture_are_letters_in_the_text(editor):
    editor.page.locator("textarea").focus()
    editor.page.keyboard.press("Control+End")
    editor.page.keyboard.type("# dmgbcxnrwoi/tv0+-fhp[]?")
    assert editor.settled().text == MLP + "# dmgbcxnrwoi/tv0+-fhp[]?"
