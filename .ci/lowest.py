"""Print the requirements of the oldest installation that pyproject.toml allows, for pip."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)(?P<extra>\[\w+\])?[^;]*?(?:>=|==)(?P<lowest>[\d.]+)")

TOOLS = ("atheris", "mypy", "ruff")
"""What is pinned beside, and no test needs."""


def requirements() -> list[str]:
    """Every dependency at its lower bound, and the tools of the tests that are none."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    found = {}
    for text in (*project["dependencies"], *extras["study"]):
        parts = REQUIREMENT.match(text)
        assert parts is not None, text
        found[parts["name"]] = f"{parts['name']}{parts['extra'] or ''}=={parts['lowest']}"
    for text in extras["test"]:
        parts = REQUIREMENT.match(text)
        if parts is not None and parts["name"] not in TOOLS:
            found.setdefault(parts["name"], text)
    return sorted(found.values())


if __name__ == "__main__":
    print("\n".join(requirements()))
