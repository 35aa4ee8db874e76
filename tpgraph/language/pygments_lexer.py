"""`.tp` text in the colours of Pygments, and so of nbconvert, Sphinx, rich and LaTeX's minted.

Pygments finds the lexer by its entry point, as `tp` and for files `*.tp`. The words are those of
the language's own lexer, so that what the editor takes for a name is a name here.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import ClassVar

from pygments.lexer import Lexer
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    Whitespace,
    _TokenType,
)

from tpgraph.errors import Source
from tpgraph.language.lexer import Token, tokens_of
from tpgraph.language.lines import logical_lines
from tpgraph.language.vocabulary import FUNCTION_NAMES, HINT_WORDS, STATEMENTS

__all__ = ["TensorProgramLexer"]

_KINDS: dict[str, _TokenType] = {
    "word": Keyword,
    "name": Name.Variable,
    "number": Number,
    "string": String.Double,
    "operator": Operator,
    "bracket": Punctuation,
    "comment": Comment.Single,
    "other": Error,
}


class TensorProgramLexer(Lexer):  # type: ignore[misc]  # Pygments has no types
    """The lexer of `.tp` text for Pygments.

    >>> from pygments import lex
    >>> for kind, word in lex("h = tanh(W x)", TensorProgramLexer()):
    ...     if word.strip():
    ...         print(word, kind)
    h Token.Name.Variable
    = Token.Operator
    tanh Token.Name.Builtin
    ( Token.Punctuation
    W Token.Name.Variable
    x Token.Name.Variable
    ) Token.Punctuation
    """

    name: ClassVar[str] = "Tensor Program"
    aliases: ClassVar[list[str]] = ["tp", "tensor-program"]
    filenames: ClassVar[list[str]] = ["*.tp"]
    mimetypes: ClassVar[list[str]] = ["text/x-tensor-program"]
    url: ClassVar[str] = "https://arxiv.org/abs/2105.03703"

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, _TokenType, str]]:
        """(place, kind, text) of every word, sign and space; joined they are the text."""
        tokens = list(tokens_of(text, logical_lines(Source("<text>", text))))
        end = Token("other", "", len(text), len(text))
        position = 0
        for before, token in pairwise((end, *tokens, end)):
            if position < token.start:
                yield position, Whitespace, text[position : token.start]
            if token.text:
                yield token.start, _kind(token, before), token.text
            position = token.end


def _kind(token: Token, before: Token) -> _TokenType:
    """What Pygments calls a token; the name behind `fn` is that of a function."""
    match token.kind:
        case "word" if token.text in STATEMENTS or token.text in HINT_WORDS:
            return Keyword.Declaration
        case "name" if before.text == "fn":
            return Name.Function
        case "name" if token.text in FUNCTION_NAMES:
            return Name.Builtin
        case "other" if token.text.isspace():
            return Text
        case kind:
            return _KINDS[kind]
