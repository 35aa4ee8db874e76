"""LaTeX as a judge: a document passes if the engine has nothing to say about it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ENGINES = ("pdflatex", "lualatex")
COMPLAINT = re.compile(r"^!|Warning|Overfull|Underfull|undefined|Missing character")


def compiled(text: str, directory: Path, engine: str = "pdflatex", name: str = "page") -> Path:
    """The PDF of a document. Fails on any error, warning or box that is too full."""
    (directory / f"{name}.tex").write_text(text, encoding="utf-8")
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", f"{name}.tex"]
    done = subprocess.run(command, cwd=directory, capture_output=True, check=False)
    log = (directory / f"{name}.log").read_text(encoding="utf-8", errors="replace")
    complaints = [line for line in log.splitlines() if COMPLAINT.search(line)]
    assert not complaints, complaints[:5]
    assert done.returncode == 0, log[-2000:]
    return directory / f"{name}.pdf"
