"""kill −9 of server, worker and browser while somebody types: no accepted keystroke is lost.

A keystroke is accepted when it stands in the text and a second has passed, in which the journal is
written; what was typed later may be lost with the browser, and with it alone.
"""

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest
from editor.browsers import launched
from editor.pages import Editor
from editor.serving import MLP, serving
from playwright.sync_api import expect

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

ACCEPTED = 1.0
"""Seconds in which what is typed is on disk."""

WORKERS, SERVERS, BROWSERS = 28, 8, 14
WORDS = "the quick brown fox ξ 𝒲 jumps"
HISTORY = """() => {
  window.typed = [[Date.now() / 1000, tpgraph.text]];
  document.querySelector(".text textarea").addEventListener("input", () =>
    queueMicrotask(() => typed.push([Date.now() / 1000, tpgraph.text])));
}"""


def opened(browser, server, may=(MLP,)):
    """A page that goes on with what is offered, one of some texts; it keeps what is typed."""
    editor = Editor(browser, server)
    expect(editor.page.locator("dialog, g[data-key]").first).to_be_visible()
    go_on = editor.page.get_by_role("button", name="Go on with it")
    if go_on.count():
        go_on.click()
    assert editor.shown().settled().text in may
    editor.page.evaluate(HISTORY)
    editor.page.locator(".text textarea").focus()
    editor.page.keyboard.press("Control+End")
    editor.page.keyboard.insert_text("# ")
    return editor


def type_for_a_while(editor, draw):
    """Type at the end for a moment of random length, and sometimes rest."""
    end = time.monotonic() + draw.uniform(0, 0.6)
    while time.monotonic() < end:
        editor.page.keyboard.insert_text(draw.choice(WORDS))
    if draw.random() < 0.5:
        editor.page.wait_for_timeout(draw.uniform(0, 1500))


def accepted(history, killed):
    """The texts that may be offered after a kill: the last that is old enough, and all later."""
    old = [k for k, (when, _) in enumerate(history) if when < killed - ACCEPTED]
    return [text for _, text in history[old[-1] if old else 0 :]]


def children(pid):
    """The processes that a process has begun, and they again."""
    own = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(c) for c in own] + [other for child in own for other in children(child)]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mlp.tp").write_text(MLP)
    return tmp_path


def test_killed_workers_lose_nothing(browser, folder):
    """The processes of the sessions end; the page goes on as if nothing had been."""
    draw = random.Random(1)
    with serving(folder, "mlp.tp") as server:
        editor = opened(browser, server)
        for _ in range(WORKERS):
            type_for_a_while(editor, draw)
            for pid in children(server.process.pid):
                with suppress(ProcessLookupError, FileNotFoundError):
                    os.kill(pid, signal.SIGKILL)
            type_for_a_while(editor, draw)
            assert editor.settled().text == editor.page.evaluate("typed.at(-1)[1]")
            assert editor.page.locator(".gone").count() == 0
        editor.page.keyboard.insert_text("\ny = tanh(x[1])\n")
        assert "variables/y" in editor.settled().keys
        text = editor.text
        editor.page.wait_for_timeout(1000 * ACCEPTED)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        editor.close()
    with serving(folder, "mlp.tp") as server:
        assert server.post("start")["recovered"]["text"] == text


def test_killed_servers_lose_nothing(browser, folder):
    """The page says that its server has gone, and goes on taking keys; the next one offers."""
    draw = random.Random(2)
    may = [MLP]
    for _ in range(SERVERS):
        with serving(folder, "mlp.tp") as server:
            editor = opened(browser, server, may)
            type_for_a_while(editor, draw)
            killed = time.time()
            server.process.send_signal(signal.SIGKILL)
            server.process.wait()
            may = accepted(editor.page.evaluate("typed"), killed)
            before = editor.text
            editor.page.keyboard.insert_text("x")
            expect(editor.page.locator(".gone")).to_contain_text("does not answer")
            assert editor.text == before + "x"
            editor.close()
    with serving(folder, "mlp.tp") as server:
        assert server.post("start")["recovered"]["text"] in may


def test_killed_browsers_lose_nothing(browser, folder):
    """What was typed a second before is offered by the server that goes on."""
    draw = random.Random(3)
    may = [MLP]
    with serving(folder, "mlp.tp") as server:
        for _ in range(BROWSERS):
            other = launched(browser.browser_type)
            editor = opened(other, server, may)
            type_for_a_while(editor, draw)
            history, killed = editor.page.evaluate("typed"), time.time()
            session = other.new_browser_cdp_session()
            found = session.send("SystemInfo.getProcessInfo")["processInfo"]
            os.kill(next(p["id"] for p in found if p["type"] == "browser"), signal.SIGKILL)
            may = accepted(history, killed)
        assert server.post("start")["recovered"]["text"] in may
