"""What has no room: it scrolls inside of the window, and its edge says that it goes on."""

import pytest
from editor.pages import Editor
from editor.serving import MLP, serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

MENUS = ["Make", "Change", "Look", "Run", "Step", "File", "Help"]
INSIDE = """(box) => {
  const { left, top, right, bottom } = box.getBoundingClientRect();
  return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
}"""
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
GOES_ON = "(box) => box.scrollHeight > box.clientHeight + 1"
SIGNED = "(box) => getComputedStyle(box).backgroundAttachment.includes('local')"


@pytest.fixture(scope="module")
def small(browser, tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    (folder / "mlp.tp").write_text(MLP)
    with serving(folder, "mlp.tp") as server:
        editor = Editor(browser, server, (640, 400)).shown().settled()
        yield editor
        assert editor.faults == []
        editor.close()


def test_menus_scroll_inside_of_the_window(small):
    """Every command of every menu is reached, and a menu that goes on has a shadow there."""
    scrolled = []
    for name in MENUS:
        summary = small.page.locator("summary", has_text=name)
        summary.click()
        menu = small.page.locator(".menu:visible")
        small.settled().page.evaluate(PAINTED)
        assert menu.evaluate(INSIDE)
        assert menu.evaluate(SIGNED)
        if menu.evaluate(GOES_ON):
            scrolled.append(name)
        last = menu.locator("button").last
        last.scroll_into_view_if_needed()
        assert last.evaluate(INSIDE)
        summary.click()
        expect(menu).to_have_count(0)
    assert {"Make", "Change"} <= set(scrolled)


def test_what_is_said_has_the_whole_line(small):
    """The program's name and what the pointer is over stand there while nothing is said."""
    small.click("variables/x[2]")
    line, status = small.page.locator("footer"), small.page.locator(".status")
    small.page.evaluate("(words) => tpgraph.say(words, true)", "not in the loop over l; " * 5)
    room, said = line.bounding_box(), status.bounding_box()
    assert said["width"] > 0.95 * room["width"] - 1
    assert said["height"] <= 40, "two lines"
    expect(small.page.locator(".program-line")).to_be_hidden()
    small.page.evaluate("tpgraph.say('')")
    expect(small.page.locator(".program-line")).to_be_visible()


def test_letters_to_click_are_inside_of_the_window(small):
    small.click("gates/x[2]:gate")
    small.press("Enter")
    box = small.page.locator(".line-box")
    box.locator("summary").click()
    done = box.get_by_role("button", name="Done")
    expect(done).to_be_attached()
    small.settled().page.evaluate(PAINTED)
    assert box.evaluate(INSIDE)
    assert box.evaluate(GOES_ON)
    assert box.evaluate(SIGNED)
    done.scroll_into_view_if_needed()
    assert done.evaluate(INSIDE)
    small.press("Escape")


def test_the_inspector_is_closed_where_it_covers_the_text(small):
    """By a button of its own: the toolbar has no room for that of the command."""
    inspector = small.page.locator(".inspector")
    small.click("variables/u")
    small.press("i")
    assert inspector.evaluate(INSIDE)
    close = inspector.get_by_role("button", name="Close the inspector")
    title = inspector.locator("h2").bounding_box()
    assert close.evaluate(INSIDE)
    assert close.bounding_box()["x"] >= title["x"] + title["width"]
    close.click()
    expect(inspector).to_be_hidden()
    small.page.locator("textarea.text-area").click()
    expect(small.page.locator("textarea.text-area")).to_be_focused()


CHAIN = "width n\nvector x0 : n ~ N(0, 1)\n" + "".join(
    f"x{k + 1} = {('tanh', 'relu', 'erf')[k * k % 7 % 3]}(x{k})\n" for k in range(70)
)


def test_a_picture_too_small_to_be_read_says_once_that_it_folds(small):
    for text in (MLP, CHAIN):  # one is read, and nothing repeats in the other
        small.begin(text).settled()
        assert "Fold or unfold" not in small.said
    assert small.page.evaluate("tpgraph.canvas.view.k") < 0.7
    small.begin(MLP.replace("L = 3", "L = 60")).settled()
    assert "Fold or unfold" in small.said
    small.write("#")  # what is said next takes its place
    small.page.locator("svg.canvas").focus()
    small.press("+", "0")
    assert "Fold or unfold" not in small.said
    small.menu("fold")
    assert small.said == "what repeats is folded"


def test_what_a_box_would_change_does_not_cover_it(small):
    """At 200 % zoom there is no room below: the lines stand above, whatever their number."""
    small.afresh(MLP)
    for words in ("y", "a_name_so_long_that_every_line_of_what_it_changes_takes_two_" * 3):
        small.click("variables/x[2]").press("F2")
        small.page.keyboard.type(words)
        preview = small.page.locator(".preview")
        expect(preview).to_contain_text(words)
        assert preview.evaluate(INSIDE)
        shown, box = preview.bounding_box(), small.page.locator(".line-box").bounding_box()
        assert shown["y"] + shown["height"] <= box["y"] or box["y"] + box["height"] <= shown["y"]
        small.press("Escape")
