"""Several pages on one server: each has its own picture, and ends no work of another."""

import asyncio
import json

import pytest
from editor.pages import Editor
from editor.serving import MLP, awaited, serving
from playwright.sync_api import expect

import tpgraph as tp
from tpgraph.editor.pages import Pages
from tpgraph.editor.presence import Presence

UNHELD = "param W : n × n ~ N(0, 1)\n"  # without a parametrization nothing holds
OTHER = "program other\nwidth n\nvector u : n ~ N(0, 1)\ny = tanh(u)\n"


@pytest.fixture
def server(tmp_path):
    with serving(tmp_path) as found:
        yield found


def asked(server, page, op, **content):
    body = json.dumps(content).encode()
    return server.raw(op, body, tpgraph_page=page).data


def test_a_page_keeps_its_own_picture_over_a_mistake(server):
    mine = asked(server, "a", "open", text=OTHER)["view"]
    asked(server, "b", "open", text=MLP)
    found = asked(server, "a", "sync", text=OTHER + UNHELD, have=mine["revision"])["view"]
    assert found["old"]
    assert found["picture"] is None  # that of the other page would be sent whole


def test_pages_that_were_not_asked_for_long_begin_anew():
    async def looked_at():
        pages = Pages()
        first = {page: pages.of(page) for page in "abcde"}
        again = {page: pages.of(page) is first[page] for page in "edcba"}
        await pages.close()
        return again

    assert awaited(looked_at()) == {"e": True, "d": True, "c": True, "b": True, "a": False}


def test_browsers_are_asked_and_one_that_does_not_answer_has_no_pages():
    async def found():
        presence = Presence()

        async def answers(page):
            async for question in presence.listen(page):
                presence.answer({"question": question, "open": [page, f"{page}2"]})

        async def is_silent(page):
            async for _ in presence.listen(page):
                pass

        tasks = [asyncio.create_task(answers(page)) for page in "ab"]
        silent = asyncio.create_task(is_silent("c"))
        await asyncio.sleep(0)
        every = await presence.elsewhere(["mine"])
        other = await presence.elsewhere(["b2", "b"])
        presence.close()
        await asyncio.gather(*tasks, silent)
        return every, other, await presence.elsewhere([])

    assert awaited(found()) == ({"a", "a2", "b", "b2"}, {"a", "a2"}, set())


def test_an_answer_that_is_none_is_refused(server):
    assert asked(server, "a", "here", question="nobody asked", open=["a"]) == {}
    for wrong in ({}, {"question": 1, "open": []}, {"question": "", "open": "a"}):
        assert server.raw("here", json.dumps(wrong).encode()).status == 400


@pytest.mark.parametrize("page", "ab")
def test_after_a_crash_a_page_finds_what_was_done_in_it_alone(tmp_path, page):
    """The page that wrote last is offered first."""
    with serving(tmp_path) as server:
        for step in range(3):
            for one in "ab" if page == "b" else "ba":
                text = f"program {one}{step}\n"
                asked(server, one, "journal", text=text, name="mine", path=None)
        server.process.kill()
        server.process.wait()
    with serving(tmp_path) as server:
        found = asked(server, "c", "start")["recovered"]
        texts = [found["text"]]
        for start, end, put in found["undo"]:
            texts.append(texts[-1][:start] + put + texts[-1][end:])
        assert texts == [f"program {page}{step}\n" for step in (2, 1, 0)]


@pytest.mark.needs("chromium")
@pytest.mark.slow
def test_two_pages_run_beside_each_other(browser, tmp_path):
    with serving(tmp_path) as server:
        pages = [Editor(browser, server) for _ in range(2)]
        for editor, text in zip(pages, (MLP, OTHER), strict=True):
            editor.page.locator(".card", has_text="Empty").click()
            editor.page.locator(".text textarea").wait_for()
            editor.settled().begin(text)
        for editor in pages:
            editor.page.evaluate("void tpgraph.command('run')")
        for editor in pages:
            expect(editor.page.locator(".status")).to_contain_text("bars are the network")
            assert editor.faults == []
            editor.close()


@pytest.mark.needs("chromium")
@pytest.mark.slow
class TestWorkThatIsNotSaved:
    """Whose page is open keeps it; it is offered when that has gone, as after a reload."""

    @pytest.fixture
    def first(self, browser, tmp_path):
        (tmp_path / "mlp.tp").write_text(MLP)
        with serving(tmp_path, "mlp.tp") as server:
            editor = Editor(browser, server).shown().settled()
            with editor.page.expect_response("**/api/journal"):
                editor.write("# mine\n")
            editor.page.on("dialog", lambda asked: asked.accept())
            yield editor
            assert editor.faults == []
            editor.close()

    def other(self, editor):
        page = editor.context.new_page()
        page.goto(editor.server.url)
        return page

    def text(self, page):
        expect(page.locator(".tpgraph-editor textarea.text-area")).to_be_visible()
        return page.evaluate("tpgraph.rest().then(() => tpgraph.text)")

    def test_is_not_offered_to_another_page(self, first):
        page = self.other(first)
        expect(page.locator(".status")).to_contain_text("mlp.tp is open in another page")
        expect(page.locator("dialog")).to_have_count(0)
        assert self.text(page) == MLP
        assert first.text == MLP + "# mine\n"

    def test_is_offered_when_its_page_has_gone(self, first):
        page = self.other(first)
        assert self.text(page) == MLP
        page.reload()  # it has nothing of its own
        assert self.text(page) == MLP
        first.page.close(run_before_unload=False)
        page.reload()
        page.get_by_role("button", name="Go on with it").click()
        assert self.text(page) == MLP + "# mine\n"

    def test_is_offered_after_a_reload(self, first):
        first.page.reload()
        first.page.get_by_role("button", name="Go on with it").click()
        assert self.text(first.page) == MLP + "# mine\n"

    def test_is_not_offered_to_another_browser(self, first, browser):
        other = Editor(browser, first.server).shown()
        expect(other.page.locator(".status")).to_contain_text("mlp.tp is open in another page")
        expect(other.page.locator("dialog")).to_have_count(0)
        assert other.text == MLP
        assert other.faults == []
        other.close()

    def test_is_not_offered_there_when_another_page_answers_for_its_browser(self, first, browser):
        """The page that was first answers; when it is closed another does."""
        second = self.other(first)
        with second.expect_response("**/api/journal"):
            second.locator(".text textarea").focus()
            second.keyboard.type("# second\n")
        first.page.close(run_before_unload=False)
        other = Editor(browser, first.server)
        other.page.get_by_role("button", name="Leave it").click()
        other.shown()
        expect(other.page.locator(".status")).to_contain_text("mlp.tp is open in another page")
        other.page.reload()
        assert self.text(other.page) == MLP
        other.close()

    def test_is_offered_to_another_browser_when_its_own_has_gone(self, first, browser):
        first.context.close()
        other = Editor(browser, first.server)
        other.page.get_by_role("button", name="Go on with it").click()
        assert self.text(other.page) == MLP + "# mine\n"
        other.close()


def test_the_file_is_drawn_before_a_page_asks():
    """While a page loads its scripts; whether its picture folds is known of what is drawn alone."""
    text = tp.gallery.entry("mlp").text.replace("L = 3", "L = 8")

    async def folds(first):
        pages = Pages(lambda: first)
        pages.start()
        await asyncio.sleep(0)
        try:
            return json.loads(await pages.of("a").ask("folds", {"text": text}))["folds"]
        finally:
            await pages.close()

    assert awaited(folds(("mlp", text)))
    assert not awaited(folds(None))
