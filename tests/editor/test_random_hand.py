"""Two hundred gestures, keys and undos at random: undo leads back to the start, redo to the end."""

import random

import pytest
from editor.pages import Editor
from editor.serving import MLP, serving

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.slow]

KEYS = ["d", "m", "g", "b", "n", "o", "w", "r", "t", "v", "0", "+", "-", "Control+d", "Control+z",
        "Control+Shift+z", "Control+a", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Tab",
        "Shift+ArrowRight", "Escape", "c", "x", "F2", "Enter", "Delete", "i"]  # fmt: skip
WORDS = ["# a word\n", "z = tanh(u)\n", "(", "vector q : n\n", "\\xi ", "é𝔸"]


class Hand:
    """What somebody does who does not look where they click."""

    def __init__(self, editor, seed):
        self.editor = editor
        self.rng = random.Random(seed)

    @property
    def mouse(self):
        return self.editor.page.mouse

    def place(self):
        """A mark that is in view, or anywhere in the picture."""
        box = self.editor.page.locator("svg.canvas").bounding_box()
        inside = box["x"] + 20, box["y"] + 20, box["x"] + box["width"] - 20, box["y"] + 500
        marks = self.editor.page.evaluate(
            """([left, top, right, bottom]) => tpgraph.canvas.fragments
                .filter((f) => ["variables", "gates", "edges"].includes(f.layer))
                .map((f) => tpgraph.canvas.handle(f.key))
                .map(([x, y]) => [x + tpgraph.canvas.size.left, y + tpgraph.canvas.size.top])
                .filter(([x, y]) => left < x && x < right && top < y && y < bottom)""",
            list(inside),
        )
        if marks and self.rng.random() < 0.8:
            return self.rng.choice(marks)
        return self.rng.uniform(inside[0], inside[2]), self.rng.uniform(inside[1], inside[3])

    def act(self):
        kind = self.rng.choice(["click", "key", "key", "key", "drag", "drag", "double", "type"])
        page = self.editor.page
        if kind == "type":
            page.locator("textarea").focus()
            page.keyboard.press(self.rng.choice(["Control+End", "Control+Home", "ArrowUp"]))
            page.keyboard.type(self.rng.choice(WORDS))
        elif kind == "key":
            if self.rng.random() < 0.5:
                self.mouse.click(*self.place())
            page.keyboard.press(self.rng.choice(KEYS))
        elif kind == "drag":
            self.mouse.move(*self.place())
            self.mouse.down()
            self.mouse.move(*self.place(), steps=3)
            self.mouse.up()
        else:
            (self.mouse.click if kind == "click" else self.mouse.dblclick)(*self.place())
        self.answer()

    def answer(self):
        """What asks something is answered, one way or the other."""
        page = self.editor.settled().page
        for dialog in page.locator("dialog .buttons button").all()[:1]:
            dialog.click()
        if page.locator(".picker, .line-box, .letters").count():
            page.keyboard.press(self.rng.choice(["Enter", "Escape", "a"]))
            page.keyboard.press("Escape")
        self.editor.settled()


@pytest.mark.parametrize("seed", [1])
def test_undo_leads_back_to_the_start_and_redo_to_the_end(browser, tmp_path, seed):
    (tmp_path / "mlp.tp").write_text(MLP)
    with serving(tmp_path, "mlp.tp") as server:
        editor = Editor(browser, server).shown().settled()
        bad = []
        editor.page.on("response", lambda r: bad.append(r.url) if r.status >= 500 else None)
        hand = Hand(editor, seed)
        for _ in range(200):
            hand.act()
        editor.page.keyboard.press("Escape")
        editor.page.locator("textarea").focus()
        end = editor.settled().text
        done = editor.page.evaluate("tpgraph.undoList.done.length")
        assert done > 20
        for _ in range(done):
            editor.page.keyboard.press("Control+z")
        assert editor.settled().text == MLP
        editor.page.keyboard.press("Control+z")
        assert editor.text == MLP
        for _ in range(done):
            editor.page.keyboard.press("Control+Shift+z")
        assert editor.settled().text == end
        assert (editor.faults, bad) == ([], [])
        editor.close()
