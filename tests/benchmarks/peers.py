"""The environment of the peers: made once, by the pinned requirements, in a folder of the user's.

TPGRAPH_PEERS, or the option `--peers`, names a Python that has them already.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

import platformdirs

from tpgraph.errors import TPError

__all__ = ["NAMED", "peers_python", "versions_of"]

NAMED = "TPGRAPH_PEERS"
REQUIREMENTS = Path(__file__).with_name("peers.txt")
FOR_PROCESSORS = (
    *("--index-url", "https://download.pytorch.org/whl/cpu"),
    *("--retries", "1", "--timeout", "15"),
)
"""PyTorch for processors alone is a fifth of the size; pip's own index has to do without."""

TOLD = ("jax", "neural-tangents", "numpy", "scipy", "torch")
"""Those whose versions the page has."""


def peers_python(named: str | None) -> str:
    """The Python that has the peers; makes its environment where none is named and none is there.

    Raises TPError where it cannot be made.
    """
    named = named or os.environ.get(NAMED)
    if named:
        if not Path(named).exists():
            raise TPError(f"there is no Python {named}", mend="name one that has the peers")
        return named
    text = REQUIREMENTS.read_text(encoding="utf-8")
    folder = Path(platformdirs.user_cache_dir("tpgraph")) / "benchmarks" / _digest(text)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (folder / "whole").exists():
        print(f"making the peers' environment in {folder} (some minutes)", file=sys.stderr)
        _make(folder, python)
        (folder / "whole").touch()
    return str(python)


def _digest(text: str) -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}\n"
    return hashlib.sha256((version + text).encode()).hexdigest()[:12]


def _make(folder: Path, python: Path) -> None:
    venv.create(folder, with_pip=True, clear=True)
    of_torch = [pin for pin in _pins() if pin.startswith("torch==")]
    others = [pin for pin in _pins() if pin not in of_torch]
    said = _installed(python, others)
    if not said and _installed(python, [*FOR_PROCESSORS, *of_torch]):
        said = _installed(python, of_torch)
    if said:
        raise TPError(
            f"the peers cannot be installed: {said}",
            mend=f"name a Python that has them by {NAMED} or --peers, or go without: --no-peers",
        )


def _installed(python: Path, what: Sequence[str]) -> str:
    """What pip says last where it fails; nothing where it does not."""
    command = [str(python), "-m", "pip", "install", "--no-deps", "--quiet"]
    done = subprocess.run([*command, *what], stderr=subprocess.PIPE, text=True, check=False)
    lines = done.stderr.strip().splitlines() or ["pip failed"]
    return lines[-1] if done.returncode else ""


def versions_of(python: str) -> dict[str, str]:
    """The versions of the peers in this Python; without those that it lacks."""
    names = [line.partition("==")[0] for line in _pins() if line.startswith(TOLD)]
    code = (
        "import json, importlib.metadata as m\nfound = {}\n"
        f"for n in {names!r}:\n    try: found[n] = m.version(n)\n    except Exception: pass\n"
        "print(json.dumps(found))"
    )
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {}


def _pins() -> list[str]:
    lines = REQUIREMENTS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if "==" in line]
