"""Programs of others that tests ask: each is tried on something small before it is believed.

A test that needs one says so, `@pytest.mark.needs("pdflatex")`. Where the program is missing, or
half of it (Debian's `lualatex` without texlive-luatex has no fonts), the test is skipped with what
and why; with `--no-skips` a run in which anything was skipped fails.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from latex_compiler import compiled

SECONDS = 300
"""An engine that runs for the first time may have to build its caches."""

DOCUMENT = r"""\documentclass{article}
\usepackage{amsmath, amssymb, bm, tikz}
\begin{document}
$\mathring{f}_1 \in \mathbb{E}\mathcal{N}\bm{x}$ and \textbf{\textit{text}}, \texttt{typed}:
\begin{tikzpicture}\draw (0, 0) -- (1, 1);\end{tikzpicture}
\end{document}
"""

BEAMER = r"""\documentclass[hyperref={bookmarks=false}]{beamer}
\begin{document}
\begin{frame}\only<1>{$x$}\only<2>{text}\end{frame}
\end{document}
"""

SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0L9 9L0 9Z"/></svg>'

PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj
xref
0 4
0000000000 65535 f\r
0000000009 00000 n\r
0000000053 00000 n\r
0000000104 00000 n\r
trailer<</Size 4/Root 1 0 R>>
startxref
165
%%EOF
"""


def latex(engine: str, folder: Path) -> None:
    """Two pages with the packages and fonts of what tpgraph writes, without a complaint."""
    for name, text in (("page", DOCUMENT), ("slide", BEAMER)):
        compiled(text, folder, engine, name)


def graphviz(tool: str, folder: Path) -> None:
    """A layout of one edge."""
    assert b"edge a b" in asked([tool, "-Tplain"], folder, b"digraph { a -> b }")


def rasteriser(tool: str, folder: Path) -> None:
    """Something drawn of a small page."""
    (folder / "a.svg").write_text(SVG)
    (folder / "a.pdf").write_bytes(PDF)
    command = {
        "rsvg-convert": ["rsvg-convert", "a.svg"],
        "pdftoppm": ["pdftoppm", "-png", "a.pdf"],
    }
    assert asked(command[tool], folder).startswith(b"\x89PNG")


def reader(tool: str, folder: Path) -> None:
    """The size of a small page."""
    (folder / "a.pdf").write_bytes(PDF)
    assert b"9 x 9 pts" in asked([tool, "a.pdf"], folder)


def browser(tool: str, folder: Path) -> None:
    """A page shown, without a screen. Its sandbox needs rights that containers do not give."""
    (folder / "a.html").write_text("<title>x</title><script>document.title = 6 * 7</script>")
    options = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={folder}/profile",
    ]
    page = (folder / "a.html").as_uri()
    assert b"<title>42</title>" in asked([tool, *options, "--dump-dom", page], folder)


def node(tool: str, folder: Path) -> None:
    """A module of JavaScript that is run."""
    (folder / "a.mjs").write_text("console.log([6 * 7].at(-1));")
    assert asked([tool, "a.mjs"], folder).strip() == b"42"


def shell(tool: str, folder: Path) -> None:
    """A shell that runs a line."""
    assert asked([tool, "-c", "echo 42"], folder).strip() == b"42"


def notebook(tool: str, folder: Path) -> None:
    """A server of notebooks in the environment of the tests, which tells its version."""
    assert asked([sys.executable, "-m", tool, "--version"], folder).strip()


TRIALS: dict[str, Callable[[str, Path], None]] = {
    "pdflatex": latex,
    "lualatex": latex,
    "dot": graphviz,
    "neato": graphviz,
    "rsvg-convert": rasteriser,
    "pdftoppm": rasteriser,
    "pdfinfo": reader,
    "chromium": browser,
    "node": node,
    "zsh": shell,
    "fish": shell,
    "jupyterlab": notebook,
    "marimo": notebook,
}

IN_PYTHON = ("jupyterlab", "marimo")
"""What is a package of the tests' own environment, and need not be on PATH."""


PACKAGES = ("torch",)
"""Libraries that tpgraph can do without."""


def asked(command: list[str], folder: Path, text: bytes = b"") -> bytes:
    """The standard output of a program that succeeds."""
    done = subprocess.run(
        command, cwd=folder, input=text, capture_output=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace").strip()[-200:]
    return done.stdout


@cache
def lacking(tool: str) -> str | None:
    """Why a program, or a library of PACKAGES, cannot be asked here; None where it can."""
    if tool in PACKAGES:
        return None if importlib.util.find_spec(tool) else f"{tool} is not installed"
    found = find_spec(tool) if tool in IN_PYTHON else shutil.which(tool)
    if found is None:
        return f"{tool} is not installed"
    with tempfile.TemporaryDirectory() as folder:
        try:
            TRIALS[tool](tool, Path(folder))
        except (AssertionError, OSError, subprocess.TimeoutExpired) as error:
            return f"{tool} is not whole: {' '.join(str(error).split())[:200]}"
    return None
