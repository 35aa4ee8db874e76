"""What the repository says of itself: every path, module and name in its documents is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

import tpgraph as tp

ROOT = Path(__file__).parents[1]
DOCUMENTS = (
    *sorted((ROOT / ".github").rglob("*.md")),
    ROOT / "README.md",
    ROOT / "tpgraph" / "notation" / "README.md",
    ROOT / "tpgraph" / "limits" / "README.md",
)
WORDS = {"l", "match", "auto", "check", "dot"}
"""Words between backticks that are no names of the code: of Python, the shell, mathematics."""

_PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|lark|md|toml)")
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)?")
_PUBLIC = re.compile(r"tp((?:\.[A-Za-z_]\w*)+)")


def quoted(text: str) -> list[str]:
    """What stands between backticks outside of examples."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


@cache
def paths_below(folder: Path) -> frozenset[str]:
    """Every file and folder of the code, the tests and the checks, from the root."""
    found = set()
    for top in ("tpgraph", "cli", "tests", "diagrams", ".ci", ".github"):
        found |= {path.relative_to(ROOT).as_posix() for path in (ROOT / top).rglob("*")} | {top}
    return frozenset(
        p for p in found if "__pycache__" not in p and (ROOT / p).is_relative_to(folder)
    )


def is_path(name: str, folder: Path = ROOT) -> bool:
    """Whether a path, or the end of one, is there."""
    end = name.rstrip("/")
    ends = tuple(f"/{e}" for e in (end, f"{end}.py"))
    return any(f"/{p}".endswith(ends) for p in paths_below(folder))


@cache
def names_below(folder: Path) -> frozenset[str]:
    """Modules, classes, functions, arguments and constants of a package."""
    found = set()
    for path in folder.rglob("*.py"):
        found |= {path.stem, path.parent.name}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.arg(arg=name):
                    found.add(name)
                case ast.Module(body=body) if path.stem != "__init__":
                    found |= constants(body)
    return frozenset(found)


def constants(body: list[ast.stmt]) -> set[str]:
    """What a module assigns outside of functions and classes."""
    targets = [t for s in body if isinstance(s, ast.Assign) for t in s.targets]
    targets += [s.target for s in body if isinstance(s, ast.AnnAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def strangers(text: str, folder: Path) -> list[str]:
    """What a document about a package says between backticks that is not there."""
    found = []
    for said in quoted(text):
        if _PATH.fullmatch(said):
            there = is_path(said, folder if said.endswith("/") else ROOT)
        elif public := _PUBLIC.fullmatch(said):
            there = is_public(public[1])
        elif folder != ROOT and _NAME.fullmatch(said):
            parts = said.removeprefix("tpgraph.").split(".")
            inside = folder if not said.startswith("tpgraph.") else ROOT / "tpgraph"
            there = said in WORDS or names_below(inside).issuperset(parts)
        else:
            continue
        if not there:
            found.append(said)
    return found


def is_public(dotted: str) -> bool:
    """Whether `tp` has these names, one in another."""
    found: object = tp
    for name in dotted.split(".")[1:]:
        found = getattr(found, name, None)
    return found is not None


def rooms(text: str) -> list[tuple[str, str]]:
    """(folder, module) of every row in the tables of rooms."""
    found, folder = [], "tpgraph"
    for line in text.splitlines():
        if inside := re.match(r"Inside of `([\w/]+)`", line):
            folder = f"tpgraph/{inside[1]}"
        elif line.startswith("| `"):
            found += [(folder, name.rstrip("/")) for name in quoted(line.split("|")[1])]
        elif re.match(r"\| \d \| `", line):
            found += [("tpgraph", name.rstrip("/")) for name in quoted(line.split("|")[2])]
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_names_and_paths_are_there(document: Path) -> None:
    package = document.parent if document.parent.name in ("notation", "limits") else ROOT
    assert strangers(document.read_text(encoding="utf-8"), package) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8")):
        assert ":" in link or (document.parent / link).exists(), link


def test_the_tables_of_rooms_name_rooms() -> None:
    listed = rooms((ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert len(listed) > 100
    for folder, name in listed:
        places = [ROOT / folder / name, ROOT / folder / f"{name}.py", ROOT / name]
        assert any(place.exists() for place in places), f"{folder}/{name}"


def test_every_room_stands_in_the_tables() -> None:
    """Every unit of the package, and every room of the units that have a table."""
    listed = set(rooms((ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")))
    folders = {folder for folder, _ in listed}
    for folder in sorted(folders):
        for path in sorted((ROOT / folder).iterdir()):
            room = path.is_dir() and (path / "__init__.py").exists()
            if (room or path.suffix == ".py") and not path.stem.startswith("_"):
                assert (folder, path.stem) in listed, f"{folder}/{path.name}"


def test_a_stranger_is_seen() -> None:
    package = ROOT / "tpgraph" / "notation"
    assert strangers("see `layout/` and `pipeline.compose`", package) == []
    for said in ("nowhere.py", "rooms/", "tp.nothing", "nonesuch"):
        assert strangers(f"see `{said}`", package) == [said]


def test_the_citation_is_of_this_version() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.*)"$', project, re.MULTILINE)
    citation = (ROOT / ".github" / "CITATION.cff").read_text(encoding="utf-8")
    assert version is not None
    assert f"\nversion: {version[1]}\n" in citation
