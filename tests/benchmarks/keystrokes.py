"""The editor in a browser: from a key to what is painted, and until the page is ready.

    python tests/benchmarks/keystrokes.py [--keys 40] [--notebook] [--json OUT.json]

A line is typed at the end of each program, letter by letter, and taken away again; a key counts
from its event in the browser to the frame after the picture of its text was shown. Echo is the time
to the frame in which the letter stands in the text pane. All in one run on this machine, whose load
is printed; goals are those of a quiet one. The session's part is processor time, which load hardly
changes. The last column but one is the time over the goal.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from editor.browsers import chromium
from editor.hosts import jupyter
from editor.serving import MLP, serving
from playwright.sync_api import Page, sync_playwright
from strategies.tangles import random_graph

from tpgraph.editor.joined import WEB
from tpgraph.editor.session import Session
from tpgraph.language import parse

LINES = ("yy = tanh(x[L])", "yy = tanh(x9)")
GOALS = {"20": 60, "100 network": 100, "100 random": 200, "500": 600}
ECHO, READY, SCRIPTS, NOTEBOOK = 16, 1000, 150_000, 60

MEASURE = """(editor) => {
  const app = editor.tpgraph, area = editor.querySelector("textarea.text-area");
  const found = window.measured = { painted: [], echo: [], start: 0 };
  const after = (list, start) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => list.push(performance.now() - start);
    channel.port2.postMessage(0);
  });
  area.addEventListener("keydown", (event) => (found.start = event.timeStamp), true);
  area.addEventListener("input", () => after(found.echo, found.start));
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter") after(found.echo, found.start);
  });
  const show = app.showView.bind(app);
  app.showView = (...rest) => { show(...rest); after(found.painted, found.start); };
}"""

UNTIL = """(k) => new Promise((done) => {
  const look = () => (measured.painted.length > k ? done() : setTimeout(look, 5));
  look();
})"""


def network(layers: int) -> str:
    """Layers of two instructions each."""
    return MLP.replace("const L = 3", f"const L = {layers}")


def served() -> int:
    """Bytes of the modules that the page loads at its start."""
    loaded = re.findall(r'"/web/([\w-]+\.js)"', (WEB / "index.html").read_text())
    return sum((WEB / name).stat().st_size for name in loaded)


PROGRAMS = {
    "20": network(10),
    "100 network": network(50),
    "100 random": random_graph(50),
    "500": network(250),
}


def typed(page: Page, text: str, keys: int) -> dict[str, list[float]]:
    """Milliseconds of each key, of what is painted and of its echo."""
    line = LINES["x[L]" not in text and "x[l]" not in text]
    page.locator(".tpgraph-editor").evaluate(MEASURE)
    area = page.locator(".tpgraph-editor textarea.text-area")
    area.focus()
    page.keyboard.press("Control+End")
    words = [*line, "Enter", *["Backspace"] * (len(line) + 1)]
    for k in range(keys):
        page.keyboard.press(words[k % len(words)].replace(" ", "Space"))
        page.evaluate(UNTIL, k)
    found = page.evaluate("({ painted: measured.painted, echo: measured.echo })")
    return {name: list(values) for name, values in found.items()}


def in_session(text: str, keys: int) -> list[float]:
    """Milliseconds of processor time of a session for each key, which load hardly changes."""
    session = Session()
    have = session.answer({"op": "open", "text": text})["view"]["revision"]
    line = LINES["x[L]" not in text and "x[l]" not in text] + "\n"
    found = []
    for k in range(keys):
        at = k % (2 * len(line))
        now = text + line[: at + 1 if at < len(line) else 2 * len(line) - at - 1]
        start = time.process_time()
        answer = session.answer({"op": "sync", "text": now, "have": have})
        found.append(1000 * (time.process_time() - start))
        have = answer["view"]["revision"]
    return found


def in_browser(browser, text: str, keys: int) -> tuple[dict[str, list[float]], float]:
    """What was measured of a program, and milliseconds until a second page of it was ready."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "p.tp").write_text(text)
        with serving(Path(folder), "p.tp") as server:
            ready = 0.0
            for _ in range(2):
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.goto(server.url)
                page.locator("g[data-key]").first.wait_for(timeout=60_000)
                page.evaluate("tpgraph.opened")
                ready = page.evaluate("performance.now()")
            return typed(page, text, keys), ready


def in_notebook(browser, text: str, keys: int) -> dict[str, list[float]]:
    """The same in a cell of JupyterLab."""
    with tempfile.TemporaryDirectory() as folder:
        cell = f"import tpgraph as tp\ntp.Editor({text!r})"
        with jupyter(Path(folder), [cell]) as url:
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            page.goto(url)
            page.get_by_text("| Idle").first.wait_for(timeout=90_000)
            page.locator(".jp-CodeCell .cm-content").first.click()
            page.keyboard.press("Control+Enter")
            page.locator("g[data-key]").first.wait_for(timeout=60_000)
            return typed(page, text, keys)


def tail(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    """Print the table; with --json write it too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=46)
    parser.add_argument("--notebook", action="store_true")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    rows: list[dict[str, object]] = []

    def row(name: str, value: float, goal: float, unit: str = "ms") -> None:
        load = os.getloadavg()[0]
        rows.append({"name": name, "value": value, "goal": goal, "load": load})
        over = f"goal {goal:7.0f}  ×{value / goal:5.2f}"
        print(f"{name:40s}{value:9.1f} {unit}  {over}  load {load:.1f}", flush=True)

    print(f"{os.cpu_count()} cores, {time.strftime('%H:%M')}; p95 of {asked.keys} keys")
    row("scripts", served() / 1000, SCRIPTS / 1000, "kB")
    with sync_playwright() as driver:
        browser = chromium(driver)
        small = usual = 0.0
        for name, text in PROGRAMS.items():
            count = len(parse(text).equations)
            found, ready = in_browser(browser, text, asked.keys)
            small = small or tail(found["painted"])
            usual = usual or statistics.median(found["painted"])
            row(f"painted, {name} ({count} instructions)", tail(found["painted"]), GOALS[name])
            row(
                "    the session's part of it, processor",
                tail(in_session(text, asked.keys)),
                GOALS[name],
            )
            row("    median", statistics.median(found["painted"]), GOALS[name])
            row("    echo", tail(found["echo"]), ECHO)
            row("    ready, warm", ready, READY)
        if asked.notebook:
            found = in_notebook(browser, PROGRAMS["20"], asked.keys)
            row("painted, 20, notebook", tail(found["painted"]), GOALS["20"] + NOTEBOOK)
            row("    over the page", tail(found["painted"]) - small, NOTEBOOK)
            row(
                "    median over that of the page",
                statistics.median(found["painted"]) - usual,
                NOTEBOOK,
            )
            row("    echo", tail(found["echo"]), ECHO)
        browser.close()
    if asked.json:
        asked.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    main()
