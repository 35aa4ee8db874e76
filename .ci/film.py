"""Draw the README's film strip of the editor: the editor in chromium, as somebody uses it.

    python .ci/film.py [--frames FOLDER]

It opens an empty program, makes a layer by gestures, opens the MLP of Figure 1, steps through its
backward pass, runs it, and presents it; the screenshots become diagrams/figures/editor.webp.
`--frames` keeps each of them in full size, to be looked at. Letters are those of this machine, so
that nothing compares the strip: make it again when the editor looks different.
"""

from __future__ import annotations

import argparse
import importlib
import io
import math
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Page, sync_playwright

import tpgraph as tp

ROOT = Path(__file__).parent.parent

STRIP = ROOT / "diagrams" / "figures" / "editor.webp"
MLP = tp.gallery.entry("mlp").text
SIZE = 1280, 800
SHOWN = 640
"""Pixels across one picture of the strip."""
COLUMNS, GAP, CAPTION, QUALITY = 2, 14, 30, 86
PAUSE = 350
"""Milliseconds until what moves has come to rest."""

Frame = tuple[str, bytes]


class Film:
    """An editor in a browser, and its pictures."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def frame(self, words: str, pause: int = PAUSE) -> Frame:
        """A picture of the page as it is now."""
        self.page.wait_for_timeout(pause)
        return words, self.page.screenshot()

    def settled(self) -> None:
        """Wait until what was asked for is answered."""
        self.page.evaluate("tpgraph.rest()")

    def key(self, *keys: str) -> None:
        """Keys, one after the other, each answered before the next."""
        for key in keys:
            self.page.keyboard.press(key)
            self.settled()

    def line(self, words: str) -> None:
        """What is typed into a box over the picture."""
        box = self.page.locator(".line-box input")
        box.wait_for()
        box.fill(words)
        box.press("Enter")
        box.wait_for(state="detached")
        self.settled()

    def place(self, key: str) -> tuple[float, float]:
        """The middle of a mark."""
        box = self.page.locator(f'[data-key="{key}"]').bounding_box()
        assert box is not None, key
        return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    def click(self, *keys: str) -> None:
        """Select marks."""
        for k, key in enumerate(keys):
            if k:
                self.page.keyboard.down("Shift")
            self.page.mouse.click(*self.place(key))
            self.page.keyboard.up("Shift")
        self.settled()

    def hold(self, source: str, target: str | tuple[float, float]) -> None:
        """Drag a mark to another or to a place, without letting it go."""
        x, y = self.place(source)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        self.page.mouse.move(x + 12, y - 10, steps=4)
        self.page.wait_for_timeout(PAUSE)
        to = self.place(target) if isinstance(target, str) else target
        self.page.mouse.move(*to, steps=6)
        self.page.wait_for_timeout(PAUSE)

    def newest(self) -> str:
        """The variable whose mark came last."""
        keys: list[str] = self.page.evaluate("tpgraph.canvas.fragments.map((f) => f.key)")
        return [key for key in keys if key.startswith("variables/")][-1].partition("/")[2]


def story(film: Film) -> Iterator[Frame]:
    """The first thirty seconds, and what comes after them."""
    yield from on_the_cards(film)
    yield from on_the_empty(film)
    yield from on_the_mlp(film)
    yield from step_by_step(film)
    yield from before_a_class(film)


def on_the_cards(film: Film) -> Iterator[Frame]:
    """What there is to begin with; then nothing."""
    film.page.locator(".card img[src]").nth(11).wait_for(timeout=60_000)
    yield film.frame("tpgraph edit: begin with a program, or with nothing")
    film.page.locator(".card", has_text="Empty").click()
    film.page.locator(".hints").wait_for()
    film.settled()


def on_the_empty(film: Film) -> Iterator[Frame]:
    """A layer, by gestures."""
    page = film.page
    box = page.locator("svg.canvas").bounding_box()
    assert box is not None
    left, top = box["x"], box["y"]
    for name in ("ξ", "b"):
        page.mouse.dblclick(left + 60, top + box["height"] - 90)
        film.settled()
        film.key("F2")
        film.line(name)
    film.key("0")
    yield film.frame("double-click on the empty makes a vector, F2 names it; the text follows")
    film.hold("variables/ξ", (left + box["width"] * 0.7, top + box["height"] * 0.3))
    page.mouse.up()
    film.settled()
    film.key("0")
    made = film.newest()
    film.click(f"variables/{made}", "variables/b")
    film.key("g")
    film.line(f"tanh({made} + b)")
    film.key("0")
    yield film.frame(
        "a drag into the empty multiplies by a matrix; g makes a gate of what is selected"
    )


def on_the_mlp(film: Film) -> Iterator[Frame]:
    """Figure 1's perceptron, changed and run."""
    page = film.page
    page.evaluate("(text) => { tpgraph.pane.show(text, [0, 0]); tpgraph.sync(); }", MLP)
    page.locator('[data-key="variables/x[3]"]').wait_for()
    film.settled()
    film.key("0")
    film.hold("variables/b[1]", "gates/x[2]:gate")
    page.locator(".preview:visible").wait_for()
    yield film.frame(
        "b[1] dragged onto a gate of a loop: every line that would change, before it does"
    )
    film.key("Escape")
    page.mouse.up()
    page.evaluate("tpgraph.select([])")
    page.evaluate("tpgraph.pane.focus()")
    page.evaluate("void tpgraph.command('run')")
    page.locator('[data-key^="annotations/"]').first.wait_for(timeout=60_000)
    film.settled()
    page.locator("svg.canvas").focus()
    film.key("0")
    yield film.frame("Run: histograms of a network at n = 256 under the densities of its limit")


def step_by_step(film: Film) -> Iterator[Frame]:
    """Its backward pass, one instruction after the other."""
    page = film.page
    page.evaluate("tpgraph.steps.show('backward')")
    for _ in range(10):
        page.evaluate("tpgraph.steps.go(1)")
    page.locator(".steps .rule").wait_for(timeout=60_000)
    yield film.frame("[ and ]: the backward pass, one instruction at a time")
    page.evaluate("tpgraph.steps.end()")
    film.settled()


def before_a_class(film: Film) -> Iterator[Frame]:
    """Presented, large and dark."""
    page = film.page
    page.evaluate("tpgraph.steps.show('forward')")
    page.evaluate("tpgraph.command('present')")
    page.locator(".steps .rule").wait_for(timeout=60_000)
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    yield film.frame("Present: for the wall of a class")
    page.keyboard.press("b")
    page.keyboard.press("t")
    page.wait_for_timeout(PAUSE)
    page.keyboard.down("l")
    x, y = film.place("variables/x[1]")
    for k in range(40):
        angle = math.pi * k / 20
        page.mouse.move(x + 38 * math.sin(angle) + k, y + 38 * math.cos(angle))
        page.wait_for_timeout(16)
    yield film.frame("dark, with the text, and a pointer that leaves a trace", 0)
    page.keyboard.up("l")


def main() -> None:
    """Make the strip."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=Path)
    asked = parser.parse_args()
    frames: list[Frame] = []
    sys.path.insert(0, str(ROOT / "tests"))
    serving = importlib.import_module("editor.serving").serving
    chromium = importlib.import_module("editor.browsers").chromium
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        browser = chromium(driver)
        with serving(Path(name)) as server:
            page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
            page.goto(server.url)
            for k, (words, png) in enumerate(story(Film(page)), start=1):
                frames.append((words, png))
                if asked.frames:
                    asked.frames.mkdir(parents=True, exist_ok=True)
                    (asked.frames / f"{k}.png").write_bytes(png)
        browser.close()
    strip(frames).save(STRIP, quality=QUALITY, method=6)
    print(f"{STRIP.relative_to(ROOT)}: {len(frames)} pictures, {STRIP.stat().st_size // 1000} kB")


def strip(frames: list[Frame]) -> Image.Image:
    """The pictures in rows, each over its words."""
    height = SHOWN * SIZE[1] // SIZE[0]
    rows = -(-len(frames) // COLUMNS)
    sheet = Image.new(
        "RGB", (COLUMNS * (SHOWN + GAP) + GAP, rows * (height + CAPTION + GAP) + GAP), "white"
    )
    drawing = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(16)
    for k, (words, png) in enumerate(frames):
        x = GAP + (k % COLUMNS) * (SHOWN + GAP)
        y = GAP + (k // COLUMNS) * (height + CAPTION + GAP)
        sheet.paste(
            Image.open(io.BytesIO(png))
            .convert("RGB")
            .resize((SHOWN, height), Image.Resampling.LANCZOS),
            (x, y),
        )
        drawing.rectangle((x, y, x + SHOWN, y + height), outline="#b8bec8")
        drawing.text((x + 2, y + height + 6), f"{k + 1}  {words}", fill="#16181d", font=font)
    return sheet


if __name__ == "__main__":
    main()
