"""The parser of a grammar, from tables that were computed before.

LALR(1) tables take lark a tenth of a second, ten times what it takes to read them. Those of the
language stand in `grammar.tables.json`, which `python .ci/tables.py` writes; they are of one text
of the grammar and one release of lark, and computed anew for any other.
"""

from __future__ import annotations

import json
from hashlib import sha256
from importlib import resources
from typing import Any, cast

import lark
from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

__all__ = ["parser_of", "tables_of"]

_OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "lexer": "contextual",
    "start": "statement",
    "maybe_placeholders": True,
}


def parser_of(grammar: str, transformer: Any = None) -> Lark:
    """The parser of a grammar whose trees go through a transformer."""
    stored = resources.files("tpgraph.language").joinpath("grammar.tables.json")
    tables = json.loads(stored.read_text("utf-8"), object_hook=_numbered)
    if tables["of"] == _of(grammar):
        lark_class: Any = Lark
        loaded = lark_class._load_from_dict(tables["data"], tables["memo"], transformer=transformer)
        return cast(Lark, loaded)
    return Lark(grammar, transformer=transformer, **_OPTIONS)


def tables_of(grammar: str) -> str:
    """The tables of a grammar as they are stored."""
    data, memo = Lark(grammar, **_OPTIONS).memo_serialize([TerminalDef, Rule])
    return json.dumps({"of": _of(grammar), "data": data, "memo": memo}) + "\n"


def _of(grammar: str) -> list[str]:
    """What tables are of: the release of lark, and the hash of the grammar."""
    return [lark.__version__, sha256(grammar.encode()).hexdigest()]


def _numbered(item: dict[str, Any]) -> dict[str | int, Any]:
    """An object with the numbers that JSON has as names."""
    return {int(key) if key.isdigit() else key: value for key, value in item.items()}
