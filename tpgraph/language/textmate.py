"""The grammar of `.tp` for editors that colour by TextMate's: made from the language's own words.

It is read line by line, by regular expressions that know less than the language's lexer: a word
that is one only in some places is recognized by what stands around it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

from tpgraph.language.vocabulary import FUNCTION_NAMES, HINT_WORDS, NAME, STATEMENTS

__all__ = ["textmate_grammar"]

_ENDS = r"(?![\w\u0300-\u036f])"
_BEGINS = r"(?<![\w\u0300-\u036f])"
_DECLARATION, _WORD, _OPERATOR = "keyword.declaration", "keyword.other", "keyword.operator"
_VARIABLE, _NUMBER = "variable.other", "constant.numeric"


def textmate_grammar() -> str:
    """The grammar as JSON, for a file that ends in `.tmLanguage.json`; its scope is `source.tp`.

    The first pattern that fits at the earliest place counts, as TextMate reads them.

    >>> json.loads(textmate_grammar())["fileTypes"]
    ['tp']
    """
    patterns = []
    for match, *scopes in _rules():
        captures = {str(i): {"name": f"{scope}.tp"} for i, scope in enumerate(scopes, 1)}
        patterns.append({"match": match, "captures": captures})
    grammar = {
        "name": "Tensor Program",
        "scopeName": "source.tp",
        "fileTypes": ["tp"],
        "patterns": patterns,
    }
    return json.dumps(grammar, indent=2, ensure_ascii=False) + "\n"


def _rules() -> Iterator[tuple[str, ...]]:
    """A regular expression and the scopes of its groups, of everything that has a colour."""
    name = f"({NAME.pattern})"
    yield r"(#.*$)", "comment.line.number-sign"
    yield r'("(?:[^"]|"")*"?)', "string.quoted.double"
    yield r"^\s*(program|parametrization)\s+([\w.-]+)", _DECLARATION, "entity.name.type"
    yield rf"^\s*(fn)\s+{name}", _DECLARATION, "entity.name.function"
    yield rf"^\s*(loss)(?!~){_ENDS}", _DECLARATION
    yield rf"^\s*{_one_of(word for word in STATEMENTS if word != 'loss')}", _DECLARATION
    for word, sign in HINT_WORDS.items():
        follows = rf"\s*{sign}" if sign else r"\s+[^\W\d_]"
        yield rf"^\s*({word})(?={follows})", _DECLARATION
    yield rf'(?<=")\s*(at){_ENDS}', _WORD
    yield r"(?<=[\w\]])\s+(above|below)(?=\s+[^\W\d_])", _WORD
    yield rf"(:)\s*{name}\s+(x)(?=\s)", _OPERATOR, _VARIABLE, _OPERATOR
    yield r"(:)\s*([0-9]+)\s+(x)(?=\s)", _OPERATOR, _NUMBER, _OPERATOR
    yield r"(~)\s*(N)(?=\s*\()", _OPERATOR, _WORD
    yield r"(?<=\))\s*(scale|as\s+X)(?!\w)", _WORD
    yield _one_of(("for", "in", "mean", "sum")), _WORD
    yield _one_of(FUNCTION_NAMES), "support.function"
    yield name, _VARIABLE
    yield r"((?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)", _NUMBER
    yield r"(\^(?:T(?![\w\[~])|⊤)|[ᵀ⊤]|~[0-9]+|\.\.|->|[-−+*·⋅/^=~:,×→√]|'+)", _OPERATOR
    yield r"([()\[\]])", "punctuation"


def _one_of(words: Iterable[str]) -> str:
    """Any of these words, which are no parts of longer ones."""
    return rf"{_BEGINS}({'|'.join(map(re.escape, words))}){_ENDS}"
