"""Long work and files whose answers come late: what has gone meanwhile is not shown again, and what
is downloaded, saved or looked at is what is there.
"""

import pytest
from editor.pages import Editor, Withheld
from editor.serving import MLP, serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


def test_a_run_does_not_end_the_steps_that_came_meanwhile(editor):
    runs = Withheld(editor, "**/api/annotate", answered=True)
    editor.page.keyboard.press("Control+Enter")
    runs.awaited()
    editor.page.keyboard.press("]")
    expect(editor.page.locator(".steps .count")).to_contain_text("0 / ")
    runs.let_go()
    editor.page.wait_for_timeout(500)
    editor.settled().press("]")
    expect(editor.page.locator(".steps .count")).to_contain_text("1 / ")
    editor.page.evaluate("tpgraph.steps.end()")
    editor.settled()


def test_plots_of_a_picture_that_has_gone_are_drawn_in_the_one_that_is_there(editor):
    """The answer to a run is what it changes of a picture, and comes behind that of the next."""
    editor.begin(MLP.replace("x[1] =", "vector z : n ~ N(0, 1)\nx[1] ="))  # no mark on paper
    runs = Withheld(editor, "**/api/annotate", answered=True, times=1)
    editor.page.keyboard.press("Control+Enter")
    runs.awaited()
    editor.page.evaluate("tpgraph.command('view')")
    expect(editor.page.locator(".status")).to_have_text("paper view")
    runs.let_go()
    expect(editor.page.locator(".status")).to_contain_text("bars are the network")
    found = "tpgraph.canvas.fragments.map((f) => [f.key, f.x, f.y])"
    shown = editor.settled().page.evaluate(found)
    assert any(key.startswith("annotations/") for key, *_ in shown)
    editor.page.evaluate("(async () => { tpgraph.revision = null; await tpgraph.runs.run(); })()")
    assert editor.settled().page.evaluate(found) == shown
    editor.page.evaluate("tpgraph.command('view')")
    editor.settled()


def test_steps_that_were_cancelled_do_not_come(editor):
    """They are there, and wait for a picture that is still drawn."""
    older = Withheld(editor, "**/api/sync")
    walks = Withheld(editor, "**/api/walk", answered=True)
    editor.page.evaluate("void tpgraph.sync()")
    older.awaited()
    editor.page.keyboard.press("]")
    with editor.page.expect_response("**/api/walk"):
        walks.awaited().let_go()
    editor.page.wait_for_timeout(200)
    editor.page.locator(".steps").get_by_role("button", name="Cancel").click()
    older.let_go()
    expect(editor.settled().page.locator(".steps")).to_be_hidden()
    assert editor.page.evaluate("tpgraph.steps.at") is None


def test_the_view_that_is_made_is_the_one_that_is_chosen(editor):
    views = Withheld(editor, "**/api/derive")
    shows = editor.page.locator("select.shows")
    shows.select_option("backward")
    views.awaited()
    shows.select_option("reduced")
    views.awaited(2)
    editor.page.wait_for_timeout(100)
    expect(shows).to_have_value("reduced")
    views.let_go()
    expect(editor.page.locator(".status")).to_contain_text("Reduced program")
    expect(shows).to_have_value("reduced")
    editor.page.evaluate("tpgraph.command('pass-forward')")
    editor.settled()


def test_what_is_downloaded_is_what_is_asked_for(editor):
    """Another format is chosen while the picture of the first one is still decoded."""
    editor.page.evaluate(
        """() => {
            const images = HTMLImageElement.prototype, { decode } = images;
            window.decoded = new Promise((go) => {
                images.decode = () => new Promise((done) => (window.letGo = () => {
                    images.decode = decode;
                    done();
                    go();
                }));
            });
            tpgraph.command("export");
        }"""
    )
    editor.until("Boolean(window.letGo)")
    exports = Withheld(editor, "**/api/export")
    editor.page.get_by_label("Format").select_option("tp")
    exports.awaited()
    editor.page.evaluate("letGo(), decoded")
    editor.page.wait_for_timeout(100)
    expect(editor.page.get_by_role("button", name="Download")).to_be_disabled()
    exports.let_go()
    expect(editor.page.get_by_role("dialog").get_by_role("status")).to_contain_text("mlp.tp")
    with editor.page.expect_download() as found:
        editor.page.get_by_role("button", name="Download").click()
    assert found.value.path().read_text() == MLP
    editor.page.get_by_role("dialog").get_by_role("button", name="Close").click()


def test_paths_of_a_mark_are_not_told_where_it_is_not_shown(editor):
    classes = Withheld(editor, "**/api/classes")
    editor.page.evaluate("tpgraph.paths.known = null")
    editor.page.mouse.move(*editor.empty)
    editor.page.mouse.move(*editor.middle("variables/x[1]"))
    classes.awaited()
    editor.page.evaluate("tpgraph.canvas.show({ full: [], glyphs: {}, box: [0, 0, 0, 0] })")
    classes.let_go()
    editor.settled()
    expect(editor.page.locator(".tip")).to_be_hidden()
    editor.page.mouse.move(*editor.empty)


# ---- files


@pytest.fixture
def own(browser, tmp_path):
    """A page of its own on a file, and the file."""
    place = tmp_path / "mlp.tp"
    place.write_text(MLP)
    with serving(tmp_path, "mlp.tp") as server:
        editor = Editor(browser, server).shown().settled()
        yield editor, place
        assert editor.faults == []
        editor.close()


def test_who_saves_twice_has_changed_the_file_himself(own):
    editor, place = own
    saves = Withheld(editor, "**/api/save", answered=True, times=1)
    editor.write("# one\n").page.keyboard.press("Control+s")
    saves.awaited()
    editor.page.keyboard.type("# two\n")
    editor.page.keyboard.press("Control+s")
    editor.page.wait_for_timeout(200)
    saves.let_go()
    expect(editor.page).to_have_title("mlp – tpgraph")
    expect(editor.page.locator("dialog")).to_have_count(0)
    assert place.read_text() == MLP + "# one\n# two\n"


def test_a_look_at_the_file_does_not_see_what_is_saved_meanwhile(own):
    editor, place = own
    editor.write("# one\n")
    looks = Withheld(editor, "**/api/look")
    editor.page.evaluate("window.dispatchEvent(new Event('focus'))")
    looks.awaited()
    editor.page.keyboard.press("Control+s")
    editor.page.wait_for_timeout(200)
    looks.let_go()
    expect(editor.page.locator(".status")).to_have_text("saved mlp.tp")
    editor.settled().page.wait_for_timeout(200)
    expect(editor.page.locator(".status")).to_have_text("saved mlp.tp")
    assert place.read_text() == MLP + "# one\n"


def test_a_program_that_was_left_is_looked_at_no_more(own):
    editor, place = own
    editor.write("# one\n").page.keyboard.press("Control+o")
    editor.page.get_by_role("button", name="Open", exact=True).click()
    editor.page.locator(".card", has_text="Empty").click()
    editor.until("window.tpgraph?.title === 'mine'")
    editor.settled()
    looks = Withheld(editor, "**/api/look")
    unloads = "!window.dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    editor.page.evaluate("window.dispatchEvent(new Event('focus'))")
    assert not looks.routes
    place.write_text("# theirs\n" + MLP)
    looks.let_go()
    editor.settled().page.wait_for_timeout(200)
    assert "mine – tpgraph" in editor.page.title()
    assert editor.page.evaluate(unloads) is (editor.page.title()[0] == "•")


def test_a_dialog_that_was_closed_takes_no_focus(own):
    editor, _ = own
    saves = Withheld(editor, "**/api/save", answered=True)
    editor.page.locator("svg.canvas").focus()
    editor.page.keyboard.press("Control+Shift+s")
    editor.page.get_by_label("File name").fill("other")
    editor.page.keyboard.press("Enter")
    saves.awaited()
    editor.page.get_by_role("button", name="Cancel").click()
    editor.page.locator("textarea").focus()
    saves.let_go()
    expect(editor.page.locator(".status")).to_have_text("saved other.tp")
    expect(editor.page.locator("textarea")).to_be_focused()


def test_another_name_replaces_nothing_that_was_asked_about(own):
    editor, place = own
    for name in ("one", "two"):
        place.with_name(f"{name}.tp").write_text("width n\n")
    saves = Withheld(editor, "**/api/save", answered=True)
    editor.page.keyboard.press("Control+Shift+s")
    editor.page.get_by_label("File name").fill("one")
    editor.page.keyboard.press("Enter")
    saves.awaited()
    editor.page.get_by_label("File name").fill("two")
    saves.let_go()
    alert = editor.page.get_by_role("dialog").get_by_role("alert")
    expect(alert).to_contain_text("one.tp exists already")
    editor.page.get_by_label("File name").press("Enter")
    expect(alert).to_contain_text("two.tp exists already")
    assert place.with_name("two.tp").read_text() == "width n\n"
    editor.page.keyboard.press("Escape")


def test_cards_stay_where_they_are(browser, tmp_path):
    """What is about to be clicked is still there when the files and the gallery are known."""
    for name in "abc":
        (tmp_path / f"{name}.tp").write_text(MLP)
    with serving(tmp_path) as server:
        editor = Editor(browser, server)
        files = Withheld(editor, "**/api/files")
        editor.page.reload()
        empty = editor.page.locator(".card", has_text="Empty")
        before = empty.bounding_box()
        files.awaited().let_go()
        editor.page.locator(".card", has_text="c.tp").wait_for()
        assert empty.bounding_box() == before
        (tmp_path / "c.tp").unlink()
        editor.page.locator(".card", has_text="c.tp").click()
        expect(editor.page.get_by_role("dialog")).to_contain_text("c.tp")
        editor.page.get_by_role("button", name="Close").click()
        empty.click()
        editor.until("Boolean(window.tpgraph)")
        assert editor.faults == []
        editor.close()


def test_cards_do_not_wait_for_their_pictures(browser, tmp_path):
    """A program of the gallery is opened before it is drawn, and the rest is not drawn then."""
    with serving(tmp_path) as server:
        editor = Editor(browser, server)
        cards = Withheld(editor, "**/api/card")
        editor.page.reload()
        card = editor.page.locator(".card", has_text="Multilayer perceptron, three")
        card.click()
        editor.until("Boolean(window.tpgraph)")
        assert "program mlp" in editor.text
        cards.awaited().let_go()
        editor.settled()
        assert len(cards.routes) == 1
        assert editor.faults == []
        editor.close()


def test_views_of_one_notebook_widget_hear_their_own_answers(own):
    """What they ask goes through one model, which tells all of them every answer."""
    editor, _ = own
    asked = editor.page.evaluate(
        """async () => {
            const { default: widget } = await import("/web/notebook.js");
            const asked = [];
            const model = {
                get: (name) => ({ value: "width n\\n", name: "p", _signed: [":0", ""] })[name],
                on() {}, off() {}, set() {}, save_changes() {},
                send: ({ number }) => number && asked.push(number),
            };
            for (const el of [0, 1].map(() => document.createElement("div"))) {
                widget.render({ model, el });
            }
            await new Promise((go) => setTimeout(go, 100));
            return asked;
        }"""
    )
    assert len(asked) == len(set(asked)) == 2
