"""Notebooks of others as servers of their own: JupyterLab and marimo, each on one document."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from importlib.metadata import distribution
from pathlib import Path
from textwrap import indent

SECONDS = 90

MARIMO = """import marimo

app = marimo.App()
{cells}

if __name__ == "__main__":
    app.run()
"""


def share() -> Path:
    """Where the environment of the tests keeps what Jupyter serves."""
    found = Path(str(distribution("jupyterlab").locate_file("../../../share/jupyter")))
    return found.resolve()


@contextmanager
def jupyter(folder: Path, cells: list[str]):
    """JupyterLab on a notebook with these cells; its address."""
    notebook = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{k}",
                "metadata": {},
                "source": source,
                "outputs": [],
                "execution_count": None,
            }
            for k, source in enumerate(cells)
        ],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (folder / "a.ipynb").write_text(json.dumps(notebook))
    runtime = folder / "runtime"
    own = {
        "JUPYTER_PATH": str(share()),
        "JUPYTERLAB_DIR": str(share() / "lab"),
        "JUPYTER_RUNTIME_DIR": str(runtime),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    options = ["--no-browser", "--allow-root", "--ServerApp.port=0", "--ServerApp.ip=127.0.0.1"]
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    with _process(folder, own, "jupyterlab", *options, "--ServerApp.password=") as log:
        server = _awaited(lambda: _server(runtime), log)
        yield f"{server['url']}lab/tree/a.ipynb?token={server['token']}"


def _server(runtime: Path) -> dict[str, str] | None:
    """What a server of Jupyter says of itself, once it has written all of it."""
    for path in runtime.glob("jpserver-*.json"):
        with suppress(json.JSONDecodeError):
            return json.loads(path.read_text())
    return None


@contextmanager
def marimo(folder: Path, cells: list[str]):
    """Marimo on a document of these cells; its address. Nothing runs until it is told to."""
    bodies = (f"\n\n@app.cell\ndef _():\n{indent(cell, '    ')}\n    return\n" for cell in cells)
    (folder / "a.py").write_text(MARIMO.format(cells="".join(bodies)))
    own = {"XDG_CONFIG_HOME": str(folder), "XDG_STATE_HOME": str(folder), "HOME": str(folder)}
    options = ["edit", "a.py", "--headless", "--no-token", "--host", "127.0.0.1"]
    options += ["--port", str(_free_port()), "--skip-update-check"]
    with _process(folder, own, "marimo", *options) as log:
        yield _awaited(lambda: _address(log), log)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _address(log: Path) -> str | None:
    words = (word for line in log.read_text().splitlines() for word in line.split())
    return next((word for word in words if word.startswith("http://")), None)


def _awaited(look, log: Path):
    """What `look` finds within the seconds of a server's start."""
    end = time.monotonic() + SECONDS
    while (found := look()) is None:
        assert time.monotonic() < end, log.read_text()[-2000:]
        time.sleep(0.1)
    return found


@contextmanager
def _process(folder: Path, own: dict[str, str], module: str, *options: str):
    """`python -m module` in a folder; the file with what it says."""
    log = folder / f"{module}.log"
    environment = os.environ | own | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *options],
            cwd=folder,
            env=environment,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    try:
        yield log
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
