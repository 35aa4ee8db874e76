"""What is loaded before a page can be shown, and what waits for the next one."""

import asyncio
import subprocess
import sys

import pytest
from editor.serving import awaited

from tpgraph.editor import pages as pages_module
from tpgraph.editor.pages import Pages

LATER = ["scipy", "matplotlib", "tpgraph.limits", "tpgraph.compiler.optimized"]


@pytest.mark.parametrize(
    ("module", "kept"),
    [
        ("tpgraph.editor.forked", LATER),
        ("tpgraph.editor.served", [*LATER, "tpgraph.notation", "tpgraph.editor.session"]),
        ("tpgraph.editor.launch", [*LATER, "tpgraph.language", "uvicorn"]),
    ],
)
def test_what_no_picture_needs_is_loaded_when_it_is_asked_for(module, kept):
    code = f"import sys, {module}; print(*(set(sys.modules) & {set(kept)}))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_processes_are_begun_from_what_was_made_ready():
    """What they are copied from is out of the collector's sight."""
    code = "import gc, tpgraph.editor.forked; print(gc.get_freeze_count())"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(found.stdout) > 10_000


def test_the_next_page_finds_a_process_that_is_ready(monkeypatch):
    monkeypatch.setattr(pages_module, "_SOON", 0.01)

    async def work():
        known = Pages()
        known.of("a")
        waiting = known._next._lanes["quick"]
        for _ in range(2000):
            if waiting._child is not None:
                break
            await asyncio.sleep(0.01)
        assert known.of("b")._lanes["quick"] is waiting
        assert waiting._child is not None
        await known.close()

    awaited(work())
