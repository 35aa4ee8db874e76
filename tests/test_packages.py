"""What is installed is what there is."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_room_is_installed():
    """The packages of pyproject.toml are the folders with code, so that a wheel has them all."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = set(project["tool"]["setuptools"]["packages"])
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "tpgraph").rglob("__init__.py")}
    assert {".".join(folder.parts) for folder in folders} <= named
