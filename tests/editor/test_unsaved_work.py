"""Work that was not saved when the server went: what is offered of it, and what saving asks."""

import signal

import pytest
from editor.pages import Editor
from editor.serving import MLP, serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mlp.tp").write_text(MLP)
    return tmp_path


def left_unsaved(browser, folder, name):
    """The path of a file of which the server was killed when `# mine` was not saved."""
    path = folder / name
    path.write_text(MLP)
    with serving(folder, name) as server:
        editor = Editor(browser, server).shown().settled()
        with editor.page.expect_response(lambda found: _journalled(found, "# mine\\n")):
            editor.write("# mine\n")
        server.process.kill()
        server.process.wait()
        editor.close()
    return path


def _journalled(response, words):
    """Whether the answer is that a text with some words is kept in the journal."""
    return response.url.endswith("/api/journal") and words in (response.request.post_data or "")


def test_a_server_that_is_killed_loses_nothing(browser, folder):
    with serving(folder, "mlp.tp") as server:
        editor = Editor(browser, server).shown().settled()
        with editor.page.expect_response(lambda found: _journalled(found, "# kept\\n")):
            editor.write("# kept\n")
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        editor.page.keyboard.type("# and here\n")
        expect(editor.page.locator(".gone")).to_contain_text("does not answer")
        editor.page.keyboard.press("Control+s")
        expect(editor.page.locator(".status.wrong")).to_contain_text("does not answer")
        assert editor.text == MLP + "# kept\n# and here\n"
        editor.close()
    with serving(folder, "mlp.tp") as server:
        editor = Editor(browser, server)
        editor.page.get_by_role("button", name="Go on with it").click()
        assert editor.shown().text == MLP + "# kept\n"
        assert editor.page.title() == "• mlp – tpgraph"
        editor.page.locator(".text textarea").focus()
        for _ in range(20):
            editor.press("Control+z")
        assert editor.text == MLP
        for _ in range(20):
            editor.press("Control+Shift+Z")
        assert editor.text == MLP + "# kept\n"
        assert editor.faults == []
        editor.close()


def test_what_changed_on_disk_since_a_crash_is_not_overwritten(browser, folder):
    path = left_unsaved(browser, folder, "since.tp")
    path.write_text(MLP + "# theirs\n")
    with serving(folder, "since.tp") as server:
        editor = Editor(browser, server)
        expect(editor.page.get_by_role("dialog")).to_contain_text("has changed on disk since")
        editor.page.get_by_role("button", name="Go on with it").click()
        assert editor.shown().settled().text == MLP + "# mine\n"
        editor.page.keyboard.press("Control+s")
        conflict = editor.page.get_by_role("dialog", name="since.tp has changed on disk")
        expect(conflict).to_contain_text("# theirs")
        assert path.read_text() == MLP + "# theirs\n"
        conflict.get_by_role("button", name="Write mine").click()
        expect(editor.page.locator(".status")).to_have_text("saved since.tp")
        assert path.read_text() == MLP + "# mine\n"
        assert editor.faults == []
        editor.close()


def test_work_is_left_for_another_time_and_discarded_after_a_question(browser, folder):
    left_unsaved(browser, folder, "left.tp")
    for last in ("Leave it", "Discard it"):
        with serving(folder, "left.tp") as server:
            editor = Editor(browser, server)
            offer = editor.page.get_by_role("dialog", name="Unsaved work was found")
            offer.get_by_role("button", name="Discard it").click()
            question = editor.page.get_by_role("dialog", name="Discard it?")
            expect(question).to_contain_text(f"{len(MLP.splitlines()) + 1} lines of left.tp, of 20")
            keep = last == "Leave it"
            question.get_by_role("button", name="Keep it" if keep else "Discard it").click()
            if keep:
                offer.get_by_role("button", name=last).click()
            assert editor.shown().settled().text == MLP
            editor.close()
            server.interrupt()
    with serving(folder, "left.tp") as server:
        assert server.post("start")["recovered"] is None


def test_a_server_that_was_started_anew_is_said_and_the_text_stays_at_hand(browser, folder):
    """What offers the text stays while it is tried again, and goes when there is an answer."""
    with serving(folder, "mlp.tp") as server:
        editor = Editor(browser, server).shown().settled()
        port = str(server.port)
        server.process.kill()
        server.process.wait()
        editor.page.keyboard.type("# and here\n")
        gone = editor.page.locator(".gone")
        expect(gone).to_contain_text("does not answer")
    with serving(folder, "mlp.tp", "--port", port) as server:
        editor.page.evaluate("""() => {
            window.banners = 0;
            new MutationObserver((all) => all.forEach(({ removedNodes }) => removedNodes.forEach(
                (node) => (window.banners += node.matches?.(".gone") ? 1 : 0)
            ))).observe(document.body, { childList: true, subtree: true });
        }""")
        gone.get_by_role("button", name="Try again").click()
        expect(gone).to_contain_text("started anew: open the address")
        expect(gone.get_by_role("button", name="Copy the text")).to_be_visible()
        assert editor.page.evaluate("banners") == 0
        other = editor.page.context.new_page()  # the address that it printed, in this browser
        other.goto(server.url)
        expect(other.locator(".status").first).to_be_visible()
        gone.get_by_role("button", name="Try again").click()
        expect(gone).to_have_count(0)
        assert editor.text == "# and here\n" + MLP
        editor.close()
