"""`tp.Editor` in the notebooks of others: JupyterLab and marimo as they are, in a browser.

VS Code is not opened here. What it shows widgets with, `@vscode/jupyter-ipywidgets8` 1.0.9, was
tried by hand: in a sandboxed frame of another origin, on a kernel whose messages were passed on by
the page around it, with anywidget's own script by require.js. The editor drew, was typed in and
clicked, `value` went both ways, ▶ drew its histograms, the page around heard no key and no request
went elsewhere. Under VS Code's content security policy of notebooks (`notebook.experimental.
enableCsp`, off by default) no widget of anywidget is loaded: its modules come from blobs.
"""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest
from editor.hosts import SECONDS, jupyter, marimo
from editor.serving import MLP
from playwright.sync_api import expect

pytestmark = [pytest.mark.slow, pytest.mark.needs("chromium")]

EDITOR = f"import tpgraph as tp\ne = tp.Editor({MLP!r}, name='mine')\ne"
WRITTEN = MLP + "y = tanh(x[L])\nadd = tanh(b[1])\n"
ASK = f"print(['not yet', 'held'][e.value == {WRITTEN!r}], tp.parse(e.value).name)"
SET = "e.value = e.value.replace('tanh', 'relu')"
OWN = "nothing = 1"


class Host:
    """A notebook in a browser, with an editor in its first cell."""

    def __init__(self, page, cell):
        self.page = page
        self._cell = cell
        self.text = page.locator(".tpgraph-editor textarea.text-area")

    def mark(self, key):
        return self.page.locator(f'.tpgraph-editor [data-key="{key}"]')

    def cells(self):
        return self.page.locator(self._cell)

    def run(self, k):
        """Run a cell by the host's own key."""
        self.cells().nth(k).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")

    def shows(self, key):
        expect(self.mark(key)).to_be_attached(timeout=SECONDS * 1000)

    def drag(self, source, target):
        """From one mark to the middle of another, by the mouse."""
        x, y = self.middle(source)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + 12, y - 12, steps=3)
        expect(self.page.locator(".tpgraph-editor .mark.accepts").first).to_be_attached()
        self.page.mouse.move(*self.middle(target), steps=4)
        expect(self.page.locator(".tpgraph-editor .preview .becomes")).to_be_visible()
        self.page.mouse.up()

    def middle(self, key):
        self.mark(key).scroll_into_view_if_needed()
        box = self.mark(key).bounding_box()
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@contextmanager
def opened(browser, url, cell):
    page = browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(SECONDS * 1000)
    faults = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(url)
    host = Host(page, cell)
    expect(host.cells().first.locator(".cm-content")).to_be_visible(timeout=SECONDS * 1000)
    yield host
    assert not [fault for fault in faults if "tpgraph" in fault]
    page.close()


@pytest.fixture(
    params=[
        pytest.param("jupyter", marks=pytest.mark.needs("jupyterlab")),
        pytest.param("marimo", marks=pytest.mark.needs("marimo")),
    ]
)
def host(request, tmp_path, browser):
    cells = [EDITOR, ASK, SET, OWN]
    if request.param == "jupyter":
        with jupyter(tmp_path, cells) as url, opened(browser, url, ".jp-CodeCell") as found:
            idle = found.page.get_by_text("| Idle")  # its kernel has started
            expect(idle.first).to_be_visible(timeout=SECONDS * 1000)
            yield found
    else:
        with marimo(tmp_path, cells) as url, opened(browser, url, ".marimo-cell") as found:
            yield found


def test_an_editor_in_a_cell(host):
    """Typed, drawn, read and set from Python; the host's keys are not the editor's, nor back."""
    host.run(0)
    host.shows("variables/x[3]")
    own = host.page.locator(".tpgraph-editor")
    assert own.evaluate("async (root) => Boolean((await root.tpgraph.later()).picks)")
    host.text.focus()
    host.page.keyboard.press("Control+End")
    host.page.keyboard.type("y = tanh(x[L])\nadd = tanh(b[1])\n")
    host.shows("variables/add")
    canvas = host.page.locator(".tpgraph-editor svg.canvas")
    canvas.focus()
    host.page.keyboard.press("0")
    host.page.keyboard.press("0")  # which would restart the kernel of JupyterLab
    host.drag("variables/u", "gates/y:gate")
    box = host.page.locator(".tpgraph-editor .line-box input")
    expect(box).to_be_visible()
    box.press("Escape")
    expect(host.text).to_have_value(re.compile(r"y = tanh\(x\[L\] \+ u\)"))
    host.page.keyboard.press("Control+z")
    written = WRITTEN
    expect(host.text).to_have_value(written)

    count = host.cells().count()
    for key in ("a", "b", "d", "d", "m", "y", "x", "z", "l", "Enter", "Escape"):
        canvas.focus()
        host.page.keyboard.press(key)
    host.page.keyboard.press("Escape")
    host.page.locator(".tpgraph-editor").evaluate("(root) => root.tpgraph.rest()")
    boxes = host.page.locator(":is(.line-box, .picker)")
    expect(boxes).to_have_count(0)  # they go when they lose the focus
    expect(host.cells()).to_have_count(count)
    host.text.focus()
    while host.text.input_value() != written:
        before = host.text.input_value()
        host.page.keyboard.press("Control+z")
        expect(host.text).not_to_have_value(before)
    host.page.keyboard.press("Control+Enter")
    host.page.keyboard.press("Control+k")
    expect(host.page.locator(".tpgraph-editor .picker input")).to_be_focused()
    host.page.keyboard.press("Escape")
    expect(host.page.locator("[role=dialog]")).to_have_count(0)
    expect(host.text).to_have_value(written)  # the cell was not run anew

    for _ in range(SECONDS):  # a kernel that runs the network hears of the text after it
        host.run(1)
        host.page.wait_for_timeout(1000)
        if host.page.get_by_text("held mlp", exact=True).count():
            break
    expect(host.page.get_by_text("held mlp", exact=True)).to_be_visible()
    host.run(2)
    expect(host.text).to_have_value(written.replace("tanh", "relu"))
    host.shows("variables/add")
    own = host.cells().nth(3).locator(".cm-content")
    own.click()
    expect(own).to_be_focused()
    host.page.keyboard.press("Control+End")
    host.page.keyboard.type("\ngdmbnr = 2")
    expect(own).to_contain_text("gdmbnr = 2")
    expect(host.text).to_have_value(written.replace("tanh", "relu"))
