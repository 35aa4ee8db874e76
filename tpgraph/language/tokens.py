"""How the tokens of a line are spelled and spaced by `fmt`."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lark import Token

from tpgraph.language.vocabulary import ascii_name, canonical

__all__ = ["SpacedToken", "spaced"]

_TIGHT_BEFORE = {
    "COMMA", "RPAR", "RSQB", "PRIMES", "TRANSPOSE", "INTERMEDIATE", "CIRCUMFLEX", "DOTS",
}  # fmt: skip
_TIGHT_AFTER = {"LPAR", "LSQB", "CIRCUMFLEX", "DOTS", "ROOT"}
_OPERATORS = {"PLUS", "MINUS", "TIMES", "OVER"}
_OPERANDS = {
    "NAME", "INDEXED", "NUMBER", "RPAR", "RSQB", "PRIMES", "TRANSPOSE", "INTERMEDIATE", "LOSS",
}  # fmt: skip


class SpacedToken:
    """A token's text, whether a space stands before it, and where it came from."""

    __slots__ = ("end", "kind", "space", "start", "text")

    def __init__(self, kind: str, text: str, space: bool, start: int, end: int) -> None:
        self.kind = kind
        self.text = text
        self.space = space
        self.start = start
        self.end = end


def spaced(
    tokens: Sequence[Token], functions: Collection[str], text: str, ascii: bool
) -> list[SpacedToken]:
    """The tokens of a logical line in their canonical spelling and spacing."""
    names = [_Scan(t.type, t, t.start_pos or 0, t.end_pos or 0) for t in tokens]
    if ascii:
        names = _roots_written_out(names)
    result = []
    depth_index: list[bool] = []  # for every open bracket, whether it is that of an index
    for i, token in enumerate(names):
        if token.kind in {"RPAR", "RSQB"} and depth_index:
            depth_index.pop()
        in_index = bool(depth_index) and depth_index[-1]
        space = i > 0 and _space(names, i, in_index, functions, text)
        spelled = _spelled(names, i, ascii)
        result.append(SpacedToken(token.kind, spelled, space, token.start, token.end))
        if token.kind in {"LPAR", "LSQB"}:
            depth_index.append(token.kind == "LSQB" and i > 0 and names[i - 1].kind == "NAME")
    return result


class _Scan:
    """A token with its kind; a pair of parentheses that fmt adds has an empty place."""

    __slots__ = ("end", "kind", "start", "text")

    def __init__(self, kind: str, text: str, start: int, end: int) -> None:
        self.kind = _KINDS.get(text, kind) if kind.startswith("__") or text in _KINDS else kind
        self.text = str(text)
        self.start = start
        self.end = end


_KINDS = {"..": "DOTS", "√": "ROOT", "^": "CIRCUMFLEX"}


def _spelled(names: Sequence[_Scan], i: int, ascii: bool) -> str:
    token = names[i]
    text = token.text
    if token.kind == "NAME":
        return _name(text, ascii)
    if token.kind == "INDEXED":
        base, _, index = text.partition("[")
        return f"{_name(base, ascii)}[{index.replace(' ', '')}"
    if token.kind == "MINUS":
        return "-"
    if token.kind == "BY":
        return "x" if ascii else "×"
    if token.kind == "AS_X":
        return "as X"
    if ascii and token.kind == "TIMES":
        return "*"
    if ascii and token.kind == "TO":
        return "->"
    if ascii and token.kind == "TRANSPOSE":
        return "^T"
    return text


def _name(word: str, ascii: bool) -> str:
    name = canonical(word)
    return ascii_name(name) if ascii else name


def _space(
    names: Sequence[_Scan], i: int, in_index: bool, functions: Collection[str], text: str
) -> bool:
    """Whether a space stands before token i."""
    before, token = names[i - 1], names[i]
    if token.kind in _TIGHT_BEFORE or before.kind in _TIGHT_AFTER:
        return False
    if before.kind == "COMMA":
        return not in_index
    if before.kind == "MINUS" and _is_sign(names, i - 1):
        return False
    if token.kind in _OPERATORS or before.kind in _OPERATORS:
        return _operator_space(names, i, in_index, text)
    if token.kind == "COLON":
        return names[0].text != "for" and not _in_loop(names, i)
    if token.kind == "EQUAL" or before.kind == "EQUAL":
        return names[0].kind != "PARAMETRIZATION"
    if token.kind == "LSQB":
        return before.kind not in {"NAME"}
    if token.kind == "LPAR":
        return _space_before_parenthesis(names, i, functions)
    return True


def _in_loop(names: Sequence[_Scan], i: int) -> bool:
    """Whether the colon at i ends a `for` inside the line."""
    return any(token.text == "for" for token in names[:i])


def _is_sign(names: Sequence[_Scan], i: int) -> bool:
    """Whether the minus at i is a sign."""
    return i == 0 or names[i - 1].kind not in _OPERANDS or _is_loss_word(names, i - 1)


def _is_loss_word(names: Sequence[_Scan], i: int) -> bool:
    """Whether token i is the word that begins a `loss` statement."""
    return names[i].kind == "LOSS" and names[i].text == "loss"


def _operator_space(names: Sequence[_Scan], i: int, in_index: bool, text: str) -> bool:
    """The same on both sides: none in an index; `/` as it was written; else one."""
    at = i if names[i].kind in _OPERATORS and not _is_sign(names, i) else i - 1
    operator = names[at]
    if operator.kind not in _OPERATORS or _is_sign(names, at):
        return names[i - 1].kind not in _TIGHT_AFTER
    if in_index:
        return False
    if operator.kind == "OVER" and 0 < at < len(names) - 1:
        around = text[operator.start - 1 : operator.start] + text[operator.end : operator.end + 1]
        return any(character.isspace() or character == "#" for character in around)
    return True


def _space_before_parenthesis(names: Sequence[_Scan], i: int, functions: Collection[str]) -> bool:
    before = names[i - 1]
    if before.text in {"mean", "sum", "fn", "N"} or before.kind == "RPAR":
        return False
    if i >= 2 and names[i - 2].text == "fn":
        return False
    if names[0].kind == "PARAMETRIZATION":
        return False
    if before.kind == "PRIMES" and i >= 2:
        before = names[i - 2]
    return not (before.kind == "NAME" and canonical(before.text) in functions)


def _roots_written_out(names: Sequence[_Scan]) -> list[_Scan]:
    """`√2` as `sqrt(2)`, `√(a)` as `sqrt(a)`."""
    closing: dict[int, int] = {}
    result: list[_Scan] = []
    for i, token in enumerate(names):
        if token.kind != "ROOT":
            result.append(token)
        else:
            result.append(_Scan("NAME", "sqrt", token.start, token.end))
            if names[i + 1].kind != "LPAR":
                result.append(_Scan("LPAR", "(", token.end, token.end))
                end = _atom_end(names, i + 1)
                closing[end] = closing.get(end, 0) + 1
        for _ in range(closing.pop(i + 1, 0)):
            result.append(_Scan("RPAR", ")", token.end, token.end))
    return result


def _atom_end(names: Sequence[_Scan], i: int) -> int:
    """The index after the atom that begins at token i."""
    if names[i].kind == "ROOT":
        return _atom_end(names, i + 1)
    if names[i].kind == "LPAR":
        return _explicit_end(names, i)
    if names[i].kind == "NUMBER":
        return i + 1
    is_name = names[i].kind == "NAME"
    i += 1
    while i < len(names):
        kind = names[i].kind
        if kind == "LSQB":
            i = _matching(names, i)
            is_name = False
        elif kind in {"INTERMEDIATE", "PRIMES", "TRANSPOSE"}:
            is_name = is_name and kind == "PRIMES"
            i += 1
        else:
            break
    called = is_name or names[i - 1].text in {"mean", "sum"}
    return _matching(names, i) if i < len(names) and called and names[i].kind == "LPAR" else i


def _explicit_end(names: Sequence[_Scan], i: int) -> int:
    end = _matching(names, i)
    explicit = names[i + 1].text == "fn" and end < len(names) and names[end].kind == "LPAR"
    return _matching(names, end) if explicit else end


def _matching(names: Sequence[_Scan], i: int) -> int:
    """The index after the bracket that closes the one at token i."""
    depth = 0
    for j in range(i, len(names)):
        depth += names[j].kind in {"LPAR", "LSQB"}
        depth -= names[j].kind in {"RPAR", "RSQB"}
        if depth == 0:
            return j + 1
    return len(names)
