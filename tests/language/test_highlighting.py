"""Colours of `.tp` outside of the editor: Pygments and TextMate, by the words of the language."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from pygments import lex
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String

import tpgraph as tp
from tpgraph.language.pygments_lexer import TensorProgramLexer
from tpgraph.language.vocabulary import FUNCTION_NAMES, HINT_WORDS, STATEMENTS

TEXTS = [
    text
    for entry in tp.gallery.entries()
    for text in (entry.text, tp.format_text(entry.text, ascii=True))
]
SCOPES = {
    "comment.line.number-sign": Comment,
    "string.quoted.double": String,
    "entity.name.type": Keyword,
    "entity.name.function": Name.Function,
    "keyword.declaration": Keyword,
    "keyword.other": Keyword,
    "support.function": Name.Builtin,
    "variable.other": Name.Variable,
    "constant.numeric": Number,
    "keyword.operator": Operator,
    "punctuation": Punctuation,
}


def by_grammar(line: str, patterns: list[dict[str, object]]) -> Iterator[tuple[str, str]]:
    """(text, scope) of a line, as an editor finds them: at every place the first that fits."""
    position = 0
    while position < len(line):
        found = [(re.compile(str(p["match"])).search(line, position), p) for p in patterns]
        fits = [(match.start(), i) for i, (match, _) in enumerate(found) if match is not None]
        if not fits:
            return
        match, pattern = found[min(fits)[1]]
        captures = pattern["captures"]
        assert match is not None
        assert match.end() > position
        assert isinstance(captures, dict)
        for group, scope in captures.items():
            yield match[int(group)], scope["name"].removesuffix(".tp")
        position = match.end()


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_those_of_the_language_and_the_text_is_whole(text: str) -> None:
    found = list(lex(text, TensorProgramLexer(stripnl=False)))
    assert "".join(word for _, word in found) == text
    assert not [word for kind, word in found if kind in Error]


def test_the_grammar_colours_as_the_language_reads() -> None:
    patterns = json.loads(tp.language.textmate_grammar())["patterns"]
    for text in dict.fromkeys(TEXTS):
        expected = [(w, k) for k, w in lex(text, TensorProgramLexer()) if w.strip()]
        found = [pair for line in text.splitlines() for pair in by_grammar(line, patterns)]
        kinds = iter(expected)
        for word, scope in found:
            for part in word.split() if "as X" in word else [word]:
                said, kind = next(kinds)
                assert said == part
                assert kind in SCOPES[scope], (word, scope, kind)
        assert next(kinds, None) is None


def test_a_grammar_that_has_fallen_behind_is_seen() -> None:
    patterns = json.loads(tp.language.textmate_grammar())["patterns"]
    assert list(by_grammar("h = tanh(x)", patterns))[2] == ("tanh", "support.function")
    behind = [p for p in patterns if "tanh" not in str(p["match"])]
    assert ("tanh", "support.function") not in by_grammar("h = tanh(x)", behind)


def test_every_word_of_the_language_is_coloured() -> None:
    patterns = json.loads(tp.language.textmate_grammar())["patterns"]
    for word in STATEMENTS:
        assert next(by_grammar(f"{word} a", patterns)) == (word, "keyword.declaration")
        assert next(iter(lex(f"{word} a", TensorProgramLexer()))) == (Keyword.Declaration, word)
    for word, sign in HINT_WORDS.items():
        assert next(by_grammar(f"{word} {sign}a", patterns)) == (word, "keyword.declaration")
        assert next(by_grammar(f"{word} = a", patterns)) == (word, "variable.other")
    for name in set(FUNCTION_NAMES) - {"sum"}:
        assert (Name.Builtin, name) in lex(f"y = {name}(x)", TensorProgramLexer())
        assert (name, "support.function") in by_grammar(f"y = {name}(x)", patterns)


@pytest.mark.parametrize("text", ["", "\n\n", "h = (a\nb", "§ ¤\r\n\t#", "x = \ud800", 'note "a'])
def test_text_that_cannot_be_read_is_coloured_all_the_same(text: str) -> None:
    lexer = TensorProgramLexer(stripnl=False, ensurenl=False)
    assert "".join(word for _, word in lex(text, lexer)) == text.replace("\r\n", "\n")


def test_pygments_finds_the_lexer_by_its_entry_point() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))
    entry = project["project"]["entry-points"]["pygments.lexers"]
    assert list(entry) == ["tp"]
    loaded = EntryPoint("tp", entry["tp"], "pygments.lexers").load()
    assert loaded is TensorProgramLexer
    assert loaded.aliases[0] == "tp"
    assert loaded.filenames == ["*.tp"]
