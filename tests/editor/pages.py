"""An editor's page in a browser, and what a hand does there by mouse and keys alone."""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress

from editor.serving import serving
from playwright.sync_api import Error, expect

__all__ = ["SECONDS", "Editor", "Withheld", "edited", "having"]

SECONDS = 30
"""How long a busy machine may take."""


class Editor:
    """A page on a server, with everything that went wrong in it."""

    def __init__(self, browser, server, size=(1280, 800), **look):
        width, height = size
        self.server = server
        look = {"reduced_motion": "reduce"} | look  # a hand would wait until nothing moves
        self.context = browser.new_context(viewport={"width": width, "height": height}, **look)
        self.context.set_default_timeout(SECONDS * 1000)
        self.faults = []
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._said)
        self.page.goto(server.url)

    def _said(self, message):
        if message.type == "error":
            self.faults.append(message.text)

    def shown(self):
        """Wait until the picture stands."""
        expect(self.page.locator("g[data-key]").first).to_be_visible(timeout=SECONDS * 1000)
        return self

    def settled(self):
        """Wait until what was asked for is answered, and done."""
        self.page.evaluate("tpgraph.rest()")
        return self

    def until(self, expression, arg=None):
        """Wait until something holds in the page, whose policy lets no function be polled there."""
        for _ in range(100 * SECONDS):
            if self.page.evaluate(expression, arg):
                return self
            self.page.wait_for_timeout(10)
        raise AssertionError(f"it never holds: {expression}")

    @property
    def text(self):
        return self.page.evaluate("tpgraph.text")

    @property
    def keys(self):
        return set(self.page.evaluate("tpgraph.canvas.fragments.map((f) => f.key)"))

    @property
    def said(self):
        return self.page.locator(".status").inner_text()

    def middle(self, key):
        shape = self.page.locator(f'[data-key="{key}"]').locator(":is(.hit, polygon, circle)")
        return self.middle_of(shape.first.bounding_box())

    @staticmethod
    def middle_of(box):
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def write(self, words):
        """Type at the end of the text."""
        self.page.locator(".text textarea").focus()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(words)
        return self.settled()

    def begin(self, text):
        """The page with another text, laid out from scratch, nothing selected or on its way."""
        self.page.evaluate(
            """async (text) => {
                tpgraph.steps?.cancel();
                tpgraph.pane.show(text, [0, 0]);
                tpgraph.revision = null;
                await tpgraph.open();
                tpgraph.select([]);
            }""",
            text,
        )
        return self

    def afresh(self, text):
        """The page with a text, laid out from scratch, nothing selected, held or open."""
        self.page.evaluate("tpgraph.gestures.cancel()")
        self.page.mouse.up()
        self.page.keyboard.up("Shift")
        self.settled().page.evaluate("tpgraph.canvas.element.focus()")
        self.begin(text)
        expect(self.page.locator(".line-box, .picker")).to_have_count(0)
        return self

    def close(self):
        self.context.close()

    # ---- the mouse

    def click(self, *keys):
        """Select marks."""
        for number, key in enumerate(keys):
            if number:
                self.page.keyboard.down("Shift")
            self.page.mouse.click(*self.middle(key))
            self.page.keyboard.up("Shift")
        return self.settled()

    def hold(self, source, target):
        """Drag a mark to another or to a place, without letting it go."""
        x, y = self.middle(source)
        to = self.middle(target) if isinstance(target, str) else target
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + 8, y + 8, steps=2)
        self.page.mouse.move(*to, steps=4)

    def drag(self, source, target):
        """Drag a mark to another or to a place."""
        self.hold(source, target)
        self.page.mouse.up()
        return self.settled()

    def menu(self, command):
        """Choose a command from its menu."""
        item = self.page.locator(f'[data-menu="{command}"]')
        self.page.locator("details", has=item).locator("summary").click()
        item.click()
        return self.settled()

    def tap(self, words, within=".line-box", done="Done"):
        """Write by the letters of the pad, in place of what is selected."""
        pad = self.page.locator(f"{within} .pad")
        if not pad.evaluate("(pad) => pad.open"):
            pad.locator("summary").click()
        for letter in words:
            capital = letter.isupper()
            if capital:
                pad.get_by_role("button", name="Capital letters").click()
            name = "space" if letter == " " else letter
            pad.locator("div:not(.words)").get_by_role("button", name=name, exact=True).click()
            if capital:
                pad.get_by_role("button", name="Capital letters").click()
        self.page.locator(within).get_by_role("button", name=done).click()
        return self.settled()

    # ---- the keyboard

    def press(self, *keys):
        """Keys, each answered before the next."""
        for key in keys:
            self.page.keyboard.press(key)
            self.settled()
        return self

    def type(self, words, box=".line-box"):
        """Write into the box that opens, in place of what is selected there."""
        self.page.locator(box).wait_for()
        self.page.keyboard.type(words)
        self.page.keyboard.press("Enter")
        self.page.locator(box).wait_for(state="detached")
        return self.settled()

    def find(self, name):
        """Go to a mark or a matrix by its name."""
        self.page.keyboard.press("/")
        return self.type(name, ".picker")

    def choose(self, words):
        """A command of the palette, from the picture."""
        self.page.keyboard.press("Control+k")
        return self.type(words, '.picker:has([aria-label="all commands"])')

    def field(self, label, title=None):
        """Go on to a field of the inspector by Tab, from the picture by F6."""
        box = self.page.locator(".inspector")
        if title is not None:
            expect(box.locator("h2")).to_have_text(title)
        row = box.locator(".row > :first-child").get_by_text(label, exact=True)
        expect(row.first).to_be_attached()
        if not box.evaluate("(box) => box.contains(document.activeElement)"):
            self.page.keyboard.press("F6")
        for _ in range(20):
            here = "(box) => box.querySelector(':focus')?.closest('.row')?.firstChild.textContent"
            if box.evaluate(here) == label:
                return self
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not lead to {label}")

    @property
    def empty(self):
        """A place of the picture with nothing near it."""
        box = self.page.locator("svg.canvas").bounding_box()
        return box["x"] + 40, box["y"] + 60


class Withheld:
    """Requests to some address whose answers come only when they are let go.

    They do not reach the server before, unless they are to be `answered`: then it has done what
    they ask for, and its answer is on its way. `times` is how many are held, all if None.
    """

    def __init__(self, editor, path, *, answered=False, times=None):
        self.page, self.answered = editor.page, answered
        self.routes, self.answers, self.is_free = [], [], False
        self.page.route(path, self._asked, times=times)

    def _asked(self, route):
        if self.is_free:
            route.continue_()
            return
        if self.answered:
            self.answers.append(route.fetch())
        self.routes.append(route)

    def awaited(self, count=1):
        """Wait until something is asked for."""
        for _ in range(100 * SECONDS):
            if len(self.routes) >= count:
                return self
            self.page.wait_for_timeout(10)
        raise AssertionError("nothing is asked for")

    def let_go(self):
        """Answer all in the order in which they were asked for; some may not be wanted any more."""
        self.is_free = True
        for number, route in enumerate(self.routes):
            with suppress(Error):
                if self.answered:
                    route.fulfill(response=self.answers[number])
                else:
                    route.continue_()


@contextmanager
def edited(browser, folder, text, name="mlp.tp"):
    """A page of a program in a folder; at the end nothing has gone wrong in it."""
    (folder / name).write_text(text)
    with serving(folder, name) as server:
        found = Editor(browser, server).shown().settled()
        yield found
        assert found.faults == []
        found.close()


def having(name):
    """A class among others."""
    return re.compile(rf"\b{name}\b")
