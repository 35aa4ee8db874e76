"""The page is dark where the system is, until somebody chose otherwise."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from editor.pages import Editor
from editor.serving import MLP, serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

DARK = "document.querySelector('.tpgraph').classList.contains('dark')"
GROUND = "getComputedStyle(document.querySelector('.text')).backgroundColor"
PICTURE = "getComputedStyle(document.querySelector('.layer')).filter"
LIGHT_GROUND, DARK_GROUND = "rgb(255, 255, 255)", "rgb(20, 22, 26)"


@pytest.fixture
def server(tmp_path):
    (tmp_path / "mlp.tp").write_text(MLP)
    with serving(tmp_path, "mlp.tp") as found:
        yield found


@pytest.fixture
def dark(browser, server):
    editor = Editor(browser, server, color_scheme="dark").shown().settled()
    yield editor
    assert editor.faults == []
    editor.close()


def test_the_page_and_its_picture_follow_the_system(dark):
    assert dark.page.evaluate(GROUND) == DARK_GROUND
    assert "invert" in dark.page.evaluate(PICTURE)
    dark.page.emulate_media(color_scheme="light")
    dark.until(f"!{DARK}")
    assert dark.page.evaluate(GROUND) == LIGHT_GROUND
    assert dark.page.evaluate(PICTURE) == "none"
    dark.page.emulate_media(color_scheme="dark")
    dark.until(DARK)


def test_what_was_chosen_is_kept(browser, server, tmp_path, dark):
    """Over another system's setting, another page, and another start, which has another port."""
    dark.menu("dark")
    assert not dark.page.evaluate(DARK)
    dark.page.emulate_media(color_scheme="light")
    dark.page.emulate_media(color_scheme="dark")
    dark.page.reload()
    dark.shown().settled()
    assert not dark.page.evaluate(DARK)
    with serving(tmp_path, "mlp.tp") as other:
        assert other.port != server.port
        dark.page.goto(other.url)
        dark.shown().settled()
        assert not dark.page.evaluate(DARK)
        dark.menu("dark")  # as the system is: it is followed again
        dark.page.emulate_media(color_scheme="light")
        dark.until(f"!{DARK}")
        dark.page.emulate_media(color_scheme="dark")
        dark.until(DARK)


def test_dialogs_of_the_whole_page_follow_too(dark):
    dark.write("# changed\n")
    dark.press("Control+o")
    expect(dark.page.locator("dialog")).to_be_visible()
    ground = "getComputedStyle(document.querySelector('dialog')).getPropertyValue('--paper')"
    assert dark.page.evaluate(ground).strip() == "#14161a"
    dark.page.emulate_media(color_scheme="light")
    dark.until(f"{ground}.trim() === '#fff'")
    dark.page.keyboard.press("Escape")


def test_cards_are_dark_too(browser, tmp_path):
    with serving(tmp_path) as server:
        editor = Editor(browser, server, color_scheme="dark")
        expect(editor.page.locator(".tpgraph.cards.dark")).to_be_visible()
        assert _serious(editor.page) == []
        editor.close()


def test_presenting_changes_it_for_as_long_as_it_lasts(dark):
    dark.press("F6", "p")
    expect(dark.page.locator(".steps .count")).to_contain_text("0 /")
    dark.press("b")
    assert not dark.page.evaluate(DARK)
    dark.press("Escape")
    dark.until(DARK)


def test_what_is_dark_can_be_read(dark):
    assert _serious(dark.page) == []
    dark.write("vector v : n\n")
    expect(dark.page.locator(".error")).to_be_visible()
    assert _serious(dark.page) == []


def _serious(page):
    found = Axe().run(page).response["violations"]
    return [
        (v["id"], [n["html"][:200] for n in v["nodes"]][:3])
        for v in found
        if v["impact"] in ("serious", "critical")
    ]
