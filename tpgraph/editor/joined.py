"""Modules of JavaScript joined into one, for what loads a single one: notebooks, an HTML file.

Each module becomes a function that gives its exports, after those that it imports:

    const $places = (() => { … return { toUnits, toPoints }; })();

The one that is asked for comes last and as it is, with its own exports. Understood is what the
page's modules are written in: `import { a, b } from "./other.js";`, `import("./other.js")` for what
the page loads later, and `export` before a function, class or const. Comments that stand alone or
behind a line, types of values, empty lines and indentation are left out: they are for who reads
the modules.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files as resources
from pathlib import Path

__all__ = ["WEB", "joined"]

WEB = Path(str(resources("tpgraph.editor"))) / "web"
"""The page and its modules."""

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w.-]+)\.js";$', re.MULTILINE)
_LATER = re.compile(r'\bimport\("\./([\w.-]+)\.js"\)')
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const|let) (\w+))", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?:/\*\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)\n", re.MULTILINE)
_BEHIND = re.compile(r"(?<=[;,{}()\]]) // [^\n]*$", re.MULTILINE)
_TYPE = re.compile(r"/\*\* @type \{(?:[^*]|\*(?!/))*\} \*/ ?")
_EMPTY = re.compile(r"\n{2,}")
_INDENT = re.compile(r"^\t+", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def joined(folder: Path, entry: str) -> str:
    """The module `entry` of a folder and all that it imports, as one module.

    Raises ValueError for a circle of imports, and for what is written otherwise.
    """
    texts = dict(_in_order(folder, entry.removesuffix(".js"), ()))
    *before, last = ((name, _plain(name, text)) for name, text in texts.items())
    return "\n".join([*(_wrapped(name, text) for name, text in before), _inner(*last)])


def _plain(name: str, text: str) -> str:
    """A module without what is for its readers."""
    code = _TYPE.sub("", _BEHIND.sub("", _COMMENT.sub("", text)))
    if any(line.count("`") % 2 for line in code.splitlines()):
        raise ValueError(f"{name}.js: words of several lines in ` ` are not understood")
    return _EMPTY.sub("\n", _INDENT.sub("", code))


def _in_order(folder: Path, name: str, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Modules and their texts, each after what it imports; some more than once."""
    if name in above:
        raise ValueError(f"modules import each other: {' → '.join((*above, name))}")
    text = (folder / f"{name}.js").read_text(encoding="utf-8")
    code = _COMMENT.sub("", text)
    found = [match.group(2) for match in _IMPORT.finditer(code)] + _LATER.findall(code)
    for other in found:
        yield from _in_order(folder, other, (*above, name))
    yield name, text


def _wrapped(name: str, text: str) -> str:
    names = ", ".join(_EXPORT.findall(text))
    body = _EXPORT.sub("", _inner(name, text)).strip("\n")
    if (left := _LEFT.search(body)) is not None:
        raise ValueError(f"{name}.js: {left.group()!r} is not understood")
    return f"const {_variable(name)} = (() => {{\n{body}\nreturn {{ {names} }};\n}})();"


def _inner(name: str, text: str) -> str:
    """A text whose imports are read from the modules before."""
    body = _LATER.sub(_at_once, _IMPORT.sub(_read, text))
    if re.search(r"^import\b|\bimport\(", body, re.MULTILINE):
        raise ValueError(f"{name}.js: an import is not understood")
    return body


def _read(match: re.Match[str]) -> str:
    names = ", ".join(part.strip().replace(" as ", ": ") for part in match.group(1).split(","))
    return f"const {{ {names} }} = {_variable(match.group(2))};"


def _at_once(match: re.Match[str]) -> str:
    return f"Promise.resolve({_variable(match.group(1))})"


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name)
