"""How soon a letter is seen: in the text pane, and in a bare textarea of the same page.

    python tests/benchmarks/echo.py [--pairs 200] [--json OUT.json]

The two take turns, letter by letter, on one page and machine, each when nothing else is being done:
milliseconds from a key's event to the frame in which its letter stands. Keys come at all times
between two frames alike, the same ones in both: a frame that is due at once or next is not luck.
What the browser and the machine take is in both, so that the ratio and the difference within pairs
are the editor's own.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from editor.browsers import chromium
from editor.serving import MLP, serving
from playwright.sync_api import Page, sync_playwright

LINE = "yy = tanh(x[L])"
GOAL = 16
FRAME = 1000 / 60
GOLDEN = 0.618  # whose multiples fill what is between two frames evenly

WATCH = """() => {
  const bare = document.createElement("textarea");
  bare.className = "bare";
  bare.value = tpgraph.text;
  Object.assign(bare.style, { position: "fixed", right: "0", top: "0", zIndex: "99" });
  document.body.append(bare);
  window.seen = [];
  for (const area of [document.querySelector("textarea.text-area"), bare]) {
    let start = 0;
    area.addEventListener("keydown", (event) => (start = event.timeStamp), true);
    area.addEventListener("input", () => requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => seen.push(performance.now() - start);
      channel.port2.postMessage(0);
    }));
  }
}"""
ECHO = """async (count) => {
  while (seen.length < count) await new Promise((go) => setTimeout(go, 2));
  await tpgraph.rest();
  await new Promise((go) => requestIdleCallback(go));
  return seen.at(-1);
}"""


def taken_in_turns(page: Page, pairs: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each letter in the text pane and of each in the bare textarea."""
    page.evaluate(WATCH)
    found: tuple[list[float], list[float]] = ([], [])
    keys = [*LINE.replace(" ", "_"), *["Backspace"] * len(LINE)]
    for k in range(pairs):
        for area, times in zip(("textarea.text-area", "textarea.bare"), found, strict=True):
            page.locator(area).focus()
            page.keyboard.press("Control+End")
            page.evaluate("new Promise((go) => setTimeout(() => requestIdleCallback(go), 20))")
            page.wait_for_timeout(k * GOLDEN % 1 * FRAME)
            count = page.evaluate("seen.length")
            page.keyboard.press(keys[k % len(keys)].replace("_", "Space"))
            times.append(page.evaluate(ECHO, count + 1))
    return found


def tail(values: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


def main() -> None:
    """Print both, their ratio and the median difference; with --json write them too."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        (Path(folder) / "p.tp").write_text(MLP.replace("const L = 3", "const L = 10"))
        browser = chromium(driver)
        with serving(Path(folder), "p.tp") as server:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(server.url)
            page.locator("g[data-key]").first.wait_for(timeout=60_000)
            page.evaluate("tpgraph.rest()")
            own, bare = taken_in_turns(page, asked.pairs)
        browser.close()
    apart = statistics.median(a - b for a, b in zip(own, bare, strict=True))
    ways = {"text pane": own, "bare textarea": bare}
    print(f"{os.cpu_count()} cores, {time.strftime('%H:%M')}, load {os.getloadavg()[0]:.1f}, "
          f"{asked.pairs} pairs; goal {GOAL} ms")  # fmt: skip
    for name, times in ways.items():
        print(f"{name:15s} median {statistics.median(times):6.1f} ms  p95 {tail(times):6.1f} ms")
    middle = statistics.median(own) / statistics.median(bare)
    print(f"{'ratio':15s} median ×{middle:5.2f}     p95 ×{tail(own) / tail(bare):5.2f}")
    print(f"within pairs the text pane takes {apart:+.1f} ms in the median")
    if asked.json:
        asked.json.write_text(json.dumps(ways | {"load": os.getloadavg()[0]}, indent=2))


if __name__ == "__main__":
    main()
