"""Saving under a name: one is proposed, the folder is shown, what exists is asked about."""

import pytest
from editor.pages import Editor
from editor.serving import MLP, serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


@pytest.fixture
def editor(browser, tmp_path):
    (tmp_path / "taken.tp").write_text("program taken\nwidth n\n")
    (tmp_path / "start.tp").write_text(MLP)
    with serving(tmp_path) as server:
        found = Editor(browser, server)
        found.page.locator(".card", has_text="Empty").click()
        found.until("Boolean(window.tpgraph)")
        found.write("vector u : n ~ N(0, 1)\n")
        yield found
        assert found.faults == []
        found.close()


def test_a_new_program_is_saved_under_the_name_that_is_proposed(editor, tmp_path):
    editor.page.keyboard.press("Control+s")
    box = editor.page.get_by_role("dialog", name="Save as")
    name = box.get_by_label("File name")
    expect(name).to_have_value("mine.tp")
    expect(name).to_be_focused()
    expect(box).to_contain_text(f"in the folder {tmp_path}")
    editor.page.keyboard.press("Enter")
    expect(editor.page.locator(".status")).to_have_text("saved mine.tp")
    assert (tmp_path / "mine.tp").read_text() == editor.text
    editor.write("y = tanh(u)\n")
    editor.page.keyboard.press("Control+s")  # it has a name now
    expect(editor.page.locator("dialog")).to_have_count(0)
    expect(editor.page).to_have_title("mine – tpgraph")
    assert (tmp_path / "mine.tp").read_text() == editor.text


def test_an_ending_that_is_typed_is_not_there_twice(editor, tmp_path):
    editor.page.keyboard.press("Control+s")
    expect(editor.page.get_by_label("File name")).to_be_focused()
    editor.page.keyboard.type("other.tp")  # in place of what is selected, before the ending
    editor.page.keyboard.press("Enter")
    expect(editor.page.locator(".status")).to_have_text("saved other.tp")
    assert (tmp_path / "other.tp").read_text() == editor.text


def test_what_exists_is_replaced_only_when_that_was_said(editor, tmp_path):
    before = (tmp_path / "taken.tp").read_text()
    editor.page.keyboard.press("Control+s")
    box = editor.page.get_by_role("dialog", name="Save as")
    editor.page.keyboard.type("taken")  # the name is selected, not its ending
    expect(box.get_by_label("File name")).to_have_value("taken.tp")
    editor.page.keyboard.press("Enter")
    expect(box.get_by_role("alert")).to_contain_text("taken.tp exists already")
    assert (tmp_path / "taken.tp").read_text() == before
    box.get_by_label("File name").fill("other")
    expect(box.get_by_role("button", name="Replace it")).to_have_count(0)
    box.get_by_label("File name").fill("taken")
    editor.page.keyboard.press("Enter")
    box.get_by_role("button", name="Replace it").click()
    expect(editor.page.locator(".status")).to_have_text("saved taken.tp")
    assert (tmp_path / "taken.tp").read_text() == editor.text


def test_what_cannot_be_written_is_said_in_the_dialog(editor, tmp_path):
    editor.page.keyboard.press("Control+s")
    box = editor.page.get_by_role("dialog", name="Save as")
    box.get_by_label("File name").fill("../elsewhere")
    editor.page.keyboard.press("Enter")
    expect(box.get_by_role("alert")).to_contain_text("is not below")
    box.get_by_role("button", name="Cancel").click()
    expect(editor.page.locator("dialog")).to_have_count(0)
    assert sorted(p.name for p in tmp_path.glob("*.tp")) == ["start.tp", "taken.tp"]
    assert not (tmp_path.parent / "elsewhere.tp").exists()


def test_a_copy_goes_on_under_its_own_name(editor, tmp_path):
    editor.page.keyboard.press("Control+s")
    editor.page.keyboard.press("Enter")
    expect(editor.page.locator(".status")).to_have_text("saved mine.tp")
    first = editor.text
    editor.write("y = tanh(u)\n")
    editor.page.keyboard.press("Control+Shift+S")
    box = editor.page.get_by_role("dialog", name="Save as")
    expect(box.get_by_label("File name")).to_have_value("mine.tp")
    box.get_by_label("File name").fill("second")
    editor.page.keyboard.press("Enter")
    expect(editor.page.locator(".status")).to_have_text("saved second.tp")
    assert (tmp_path / "mine.tp").read_text() == first
    assert (tmp_path / "second.tp").read_text() == editor.text
    expect(editor.page).to_have_title("second – tpgraph")


@pytest.mark.parametrize("typed", [0, 700])
def test_what_was_saved_under_another_name_is_not_offered_again(editor, tmp_path, typed):
    """Whether its journal, under the name before, has all of it by then or not yet."""
    with editor.page.expect_response("**/api/journal"):
        editor.write("# more\n")
    editor.page.keyboard.type("# and this\n")
    editor.page.wait_for_timeout(typed)
    editor.page.keyboard.press("Control+s")
    editor.page.get_by_label("File name").fill("own.tp")
    editor.page.keyboard.press("Enter")
    expect(editor.page).to_have_title("own – tpgraph")
    editor.page.wait_for_timeout(700)
    assert not [*(tmp_path / "state" / "tpgraph" / "recovery").iterdir()]
    with editor.page.expect_response("**/api/journal"):
        editor.write("# later\n")  # and this is kept
    assert len([*(tmp_path / "state" / "tpgraph" / "recovery").iterdir()]) == 1
