"""A folded picture is edited as another one: a mark of a plate is one of many of its statement."""

from __future__ import annotations

import pytest
from editor.page_of_session import Data, Page
from editor.pages import having
from playwright.sync_api import expect

import tpgraph as tp

DEEP = tp.gallery.entry("rnn").text.replace("T = 3", "T = 6")
LINE = "s[t] = φ(U ξ[t] + W s[t-1] + b)"


@pytest.fixture
def folded() -> Page:
    found = Page(DEEP)
    found.take(found.ask("sync", options={"fold": "yes"})["view"])
    assert "plates/t" in found.shown
    return found


def edited(page: Page, do: Data) -> str:
    return str(page.ask("edit", do=do)["text"])


def test_marks_of_a_plate_have_places_in_the_text(folded: Page) -> None:
    said = {
        key: DEEP[start:end]
        for key, (start, end) in folded.view["spans"].items()
        if "[t" in key and "s[1]" not in key
    }
    assert said["variables/s[t]"] == LINE
    assert said["gates/s[t]:gate"] == LINE.partition(" = ")[2]
    assert said["edges/b→s[t]:gate"] == "b"
    assert said["edges/s[t]~2→s[t]:gate"] == "W s[t-1]"
    assert said["variables/ξ[t]"].startswith("data   ξ[1..T]")
    assert folded.shown["variables/s[t]"]["many"]
    assert folded.shown["variables/s[t]"]["title"].startswith("s[t]: ")
    assert folded.ask("select", mark="variables/s[t]")["info"]["title"].startswith("s[")


@pytest.mark.parametrize(
    ("mark", "target", "line"),
    [
        ("variables/b", "gates/s[t]:gate", LINE[:-1] + " + b)"),
        ("variables/s[t-1]", "gates/s[t]:gate", LINE[:-1] + " + s[t-1])"),
        ("variables/s[t-1]", "edges/b→s[t]:gate", LINE.replace(" + b", " + s[t-1]")),
    ],
)
def test_a_drop_into_a_plate_changes_its_statement(
    folded: Page, mark: str, target: str, line: str
) -> None:
    offered = folded.ask("accept", mark=mark)["targets"]
    assert edited(folded, offered[target]["do"]) == DEEP.replace(LINE, line)


def test_a_line_is_drawn_off_in_a_plate(folded: Page) -> None:
    wire = folded.shown["edges/b→s[t]:gate"]
    gate = folded.shown[f"gates/{wire['target']}"]["name"]
    do = {"edit": "disconnect", "gate": gate, "argument": wire["argument"]}
    assert edited(folded, do) == DEEP.replace(LINE, LINE.replace(" + b", ""))


@pytest.mark.needs("chromium")
@pytest.mark.slow
def test_a_folded_picture_is_edited_by_hand(page):
    """Selected, dropped on, renamed, deleted: its dependants are listed, of many the first ones."""
    editor = page.afresh(DEEP.replace("T = 6", "T = 60"))
    editor.choose("fold or")
    try:
        if not editor.page.locator('[data-key="plates/t"]').count():
            editor.choose("fold or")
        editor.click("variables/s[t]")
        expect(editor.page.locator(".text-copy .lit").first).to_be_attached()
        editor.hold("variables/b", "gates/s[t]:gate")
        gate = editor.page.locator('[data-key="gates/s[t]:gate"]')
        expect(gate).to_have_class(having("accepts"))
        expect(editor.page.locator(".preview .becomes", has_text="+ b + b)")).to_be_visible()
        editor.page.mouse.up()
        assert LINE[:-1] + " + b)\n" in editor.settled().text
        editor.press("Escape", "Escape", "Control+z")
        editor.page.locator("svg.canvas").focus()
        editor.click("variables/s[t]").press("Delete")
        dialog = editor.page.locator("dialog")
        expect(dialog).to_contain_text("more")
        expect(dialog).not_to_contain_text("~")
        dialog.get_by_role("button", name="Keep").click()
        editor.page.locator("svg.canvas").focus()
        editor.click("variables/s[t]").press("F2").type("q")
        assert "q[t] = φ(U ξ[t] + W q[t-1] + b)" in editor.text
    finally:
        editor.page.evaluate("tpgraph.options.fold = 'auto'")
