"""How statements begin: words that are none of the language, and the sign behind the name."""

from __future__ import annotations

import difflib

from tpgraph.language.changes import Change
from tpgraph.language.foreign_words import CHOOSE, NO_CONDITIONS, parametrization_called
from tpgraph.language.mistakes.failure import Diagnosis, Failure, said
from tpgraph.language.vocabulary import KEYWORDS, STATEMENTS

__all__ = [
    "condition", "ending", "function_head", "misspelt_word", "number_as_name",
    "output_of_expression", "parametrization_with_dash", "quote", "ratio_of_width",
    "sign_behind_name", "sign_behind_word", "title", "word_as_name",
]  # fmt: skip

_FOREIGN = {
    "input": "data", "inputs": "data", "weight": "param", "weights": "param", "bias": "param",
    "parameter": "param", "activation": "fn", "return": "output", "int": "const",
    "float": "const", "constant": "const",
}  # fmt: skip
_FUNCTIONS = frozenset(("def", "function", "func", "fun", "defn", "fn"))
_NEEDLESS = frozenset(("let", "var", "auto", "val", "local", "set"))
_EMPTY = frozenset(("end", "pass", "endfor", "done", "import", "from", "using", "library"))
_SIZES = frozenset(("width", "dim", "const"))
_CONDITIONS = frozenset(
    ("if", "elif", "else", "elseif", "while", "unless", "switch", "match", "case")
)
_NO_SIZE = "a width has no size in the text: it goes to infinity"


def _sized(name: str, size: str) -> str:
    return f"write: width {name}; a size is given to the command, --width {name}={size}"


def word_as_name(f: Failure) -> Diagnosis | None:
    """`data = u`: a word of the language as a name."""
    second = f.text[len(f.first) :].lstrip()
    if f.first not in KEYWORDS or not second.startswith(("=", "[", "~", "+", "*", "/")):
        return None
    if f.before.lstrip() not in {f.first, f"{f.first}["} or f.first in {"loss", "mean", "sum"}:
        return None
    message = f"`{f.first}` is a word of the language and cannot be a name"
    place, other = (0, len(f.first)), f.fresh(f"{f.first}_1")
    mend = f"choose another name, such as {other}"
    return Diagnosis(message, None, mend, place, (Change(*place, other, guess=True),))


def sign_behind_word(f: Failure) -> Diagnosis | None:
    """`loss: E`, `output = f`, `parametrization: ntk`, `output(f)`."""
    if f.at != 1 or f.first not in STATEMENTS:
        return None
    alone = f.first in {"output", "parametrization", "program", "width", "loss"}
    if f.found == ":" or (f.found == "=" and alone):
        message = f"no `{f.found}` stands behind `{f.first}`"
        change = Change(f.token(-1).end, f.token(1).start, " ")
        return Diagnosis(message, None, "delete it", None, (change,) if f.token(1).text else ())
    closing = f.closing(f.at) if f.found == "(" else None
    if f.first == "output" and closing == len(f.tokens) - 1 and closing > 2:
        inner = f.text[f.end : f.numbered(closing).start].strip()
        if all(t.kind == "name" or t.text in {"[", "]", ","} or t.text.isdigit()
               for t in f.tokens[2:closing]) and inner:  # fmt: skip
            change = Change(f.token(-1).end, len(f.text), f" {inner}")
            message = "an output stands without brackets"
            return Diagnosis(message, "a name", f"write: output {inner}", None, (change,))
    return None


def sign_behind_name(f: Failure) -> Diagnosis | None:
    """`dim d : 3`, `dim d 3`, `label x : "x"`, `data x = d`, `width m, k`."""
    if f.first not in STATEMENTS or f.at < 2:
        return None
    if "COLON" in f.accepted and f.found == "=" and f.token(1).text:
        message = "the dimension stands behind `:`"
        return Diagnosis(message, "`:`", "write `:`", None, f.here(":"))
    if f.first in _SIZES and f.found == "," and not f.depth:
        message = f"one {f.first} a line"
        change = Change(f.token(-1).end, f.token(1).start, f"\n{f.indent}{f.first} ")
        return Diagnosis(message, None, "write one statement a line", None, (change,))
    if "EQUAL" not in f.accepted or f.first in {"data", "target", "param", "matrix", "vector"}:
        return None
    message, mend = "the value stands behind `=`", "write `=`"
    if f.found == ":":
        return Diagnosis(message, "`=`", mend, None, f.here("="))
    if f.found[:1] == '"' or f.token().kind == "number":
        return Diagnosis(message, "`=`", mend, None, (Change(f.start, f.start, "= "),))
    if not f.found and f.first in _SIZES and f.at == 2:
        example = {"dim": "64", "const": "3"}.get(f.first, "2 n")
        return Diagnosis("the value is missing", "`=`", f"write: {f.text} = {example}")
    return None


def quote(f: Failure) -> Diagnosis | None:
    """`label u = 'x'`, `label u = x`, `label "u" = "x"`, `label u = "x`."""
    if f.found == '"' and "STRING" in f.accepted:
        message, mend = "the text is never closed", 'write `"` behind it'
        changes = (Change(len(f.text), len(f.text), '"'),)
        return Diagnosis(message, 'a second `"`', mend, None, changes)
    if f.first != "label":
        return None
    if f.at == 1 and f.token().kind == "string":
        change = said(f.token(), f.token().text.strip('"'))
        message, mend = "the name stands without quotes", f"write {change.text}"
        return Diagnosis(message, "a name", mend, None, (change,))
    if "STRING" not in f.accepted or not f.found or f.token().kind == "string":
        return None
    rest = f.text[f.start :]
    if not (rest[0].isalnum() or rest[0] in "'$\\"):
        return None
    bare = rest[1:-1] if len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "'$" else rest
    text = '"' + bare.replace('"', '""') + '"'
    changes = (Change(f.start, len(f.text), text),)
    message = "a label stands in quotes"
    return Diagnosis(message, 'a text in "quotes"', f"write {text}", None, changes)


def title(f: Failure) -> Diagnosis | None:
    """`program a b`."""
    if f.first != "program" or f.at < 2 or f.numbered(1).kind == "string":
        return None
    name = f.text[f.numbered(1).start :].replace('"', '""')
    change = Change(f.numbered(1).start, len(f.text), f'"{name}"')
    message = "a name of several words stands in quotes"
    return Diagnosis(message, None, f'write: program "{name}"', None, (change,))


def ratio_of_width(f: Failure) -> Diagnosis | None:
    """`width n = 100`, `width m = n * 2`."""
    if f.first != "width" or not f.says("=", offset=2 - f.at):
        return None
    name, base, factor = f.numbered(1).text, f.numbered(3), f.token()
    if not f.found and f.at == 4 and base.kind == "number":
        mend = _sized(str(name), base.text)
        change = Change(f.numbered(1).end, len(f.text), "")
        return Diagnosis(_NO_SIZE, None, mend, (base.start, base.end), (change,))
    behind = f.at == 5 and f.token(-1).text in {"*", "·"} and base.kind == "name"
    if behind and factor.kind == "number" and not f.token(1).text:
        change = Change(base.start, factor.end, f"{factor.text} {base.text}")
        message = "the factor of a width stands before it"
        place = f.token(-1).start, f.token(-1).end
        return Diagnosis(message, None, f"write {change.text}", place, (change,))
    return None


def output_of_expression(f: Failure) -> Diagnosis | None:
    """`output V x`: an expression where a name belongs."""
    if f.first == "output" and f.start > 7:
        mend = "bind it above: f = V x, then: output f"
        name = f.fresh("f")
        start, end = f.numbered(1).start, len(f.text)
        changes = (
            Change(0, start, f"{name} = "),
            Change(end, end, f"\n{f.indent}output {name}"),
        )
        message = "an output is a variable, not an expression"
        one = "," not in f.text and f.text[len("output") : start].isspace()
        return Diagnosis(message, "a name", mend, None, changes if one else ())
    return None


def function_head(f: Failure) -> Diagnosis | None:
    """`def f(z): return z`, `f(z) = z^2`, `fn f z = …`, `fn f: z = …`, `fn f(z) -> …`."""
    known = f.first in _FUNCTIONS
    name = 1 if known else 0
    if f.numbered(name).kind != "name" or (f.first in KEYWORDS and not known):
        return None
    closing = f.closing(name + 1) if f.numbered(name + 1).text == "(" else None
    if closing is not None:
        return _headed(f, name, closing)
    if f.first != "fn" or f.at != 2:
        return None
    equal = next((i for i, token in enumerate(f.tokens) if token.text == "="), None)
    start = 3 if f.found == ":" else 2
    if equal is None or any(token.kind != "name" for token in f.tokens[start:equal]):
        return None
    parameters = [token.text for token in f.tokens[start:equal]]
    if not parameters:
        return None
    change = Change(f.numbered(1).end, f.numbered(equal - 1).end, f"({', '.join(parameters)})")
    message = "the parameters of a function stand in brackets"
    mend = f"write: fn {f.numbered(1).text}{change.text} = …"
    return Diagnosis(message, "`(`", mend, None, (change,))


def _headed(f: Failure, name: int, closing: int) -> Diagnosis | None:
    """A head with brackets: its word, and the sign before the body."""
    end, arrow = closing + 1, f.numbered(closing + 1).text
    if arrow not in {"=", ":", "->", "→"} or any(
        token.kind != "name" and token.text != "," for token in f.tokens[name + 2 : closing]
    ):
        return None
    if f.numbered(end + 1).text == ">" and arrow == "=":
        end += 1
    if f.numbered(end + 1).text == "return":
        end += 1
    if name and f.first == "fn" and arrow == "=" and end == closing + 1:
        return None
    head = f.part(name, closing)
    change = Change(0, f.numbered(end).end, f"fn {head} =")
    message = "a function is defined by `fn`, with `=` before its body"
    place = (0, f.numbered(0).end) if f.first != "fn" else (f.start, f.start + len(f.found))
    if f.first in _FUNCTIONS - {"fn"}:
        message = f"`{f.first}` does not begin a statement"
    return Diagnosis(message, "`fn`", f"did you mean fn? write: fn {head} = …", place, (change,))


def condition(f: Failure) -> Diagnosis | None:
    """`if d > 3:`, `else:`, `while d:`."""
    if f.first not in _CONDITIONS or f.at != 1 or f.found in {"=", "["}:
        return None
    return Diagnosis(NO_CONDITIONS, None, CHOOSE, (0, len(f.first)))


def number_as_name(f: Failure) -> Diagnosis | None:
    """`dim 4 = d`, `dim 4`, `width 100`."""
    number, name = f.numbered(1), f.numbered(3)
    if f.first not in _SIZES or f.at != 1 or number.kind != "number":
        return None
    place = (number.start, number.end)
    turned = f.numbered(2).text == "=" and name.kind == "name" and not f.numbered(4).text
    if f.first == "width":
        mend = _sized(name.text if turned else "n", number.text)
        return Diagnosis(_NO_SIZE, "a name", mend, place)
    change = f"{name.text if turned else f.fresh('d')} = {number.text}"
    changes = (Change(number.start, len(f.text), change),) if turned else ()
    return Diagnosis(
        "the name stands first", "a name", f"write: {f.first} {change}", place, changes
    )


def parametrization_with_dash(f: Failure) -> Diagnosis | None:
    """`parametrization mu-P`, `parametrization mean-field`."""
    if f.first != "parametrization" or f.found != "-" or f.at != 2:
        return None
    start, end = f.numbered(1).start, f.token(1).end
    word = f.text[start:end]
    called = parametrization_called(word)
    message, expected = f"{word} is not a parametrization", "ntk, mup, standard or abc(…)"
    if called is None:
        return Diagnosis(message, expected, None, (start, end))
    change = Change(start, end, called[0], guess=True)
    return Diagnosis(message, expected, called[1], (start, end), (change,))


def misspelt_word(f: Failure) -> Diagnosis | None:
    """`parm W : …`, `let y = …`, `import numpy`."""
    if f.first in KEYWORDS or f.at != 1 or not f.first:
        return None
    message, place = f"`{f.first}` does not begin a statement", (0, len(f.first))
    expected = "a word of the language, or an equation"
    if f.first in _NEEDLESS and f.token().kind == "name":
        change = Change(0, f.start, "")
        mend = "delete it: equations begin with the name"
        return Diagnosis(message, expected, mend, place, (change,))
    if f.first in _EMPTY:
        return _nothing(f)
    if f.first in _FOREIGN:
        near = [_FOREIGN[f.first]]
    else:
        near = difflib.get_close_matches(f.first.lower(), STATEMENTS, n=1, cutoff=0.6)
    if not near and f.token().kind not in {"name", "word", "number"}:
        return None
    mend = f"did you mean {near[0]}?" if near else "begin with width, param, for, …, or write x = …"
    changes = (Change(*place, near[0], guess=True),) if near else ()
    return Diagnosis(message, expected, mend, place, changes)


def ending(f: Failure) -> Diagnosis | None:
    """`end`, `pass` alone on a line, which says nothing here."""
    return _nothing(f) if f.first in _EMPTY and len(f.tokens) == 1 else None


def _nothing(f: Failure) -> Diagnosis:
    message, place = f"`{f.first}` does not begin a statement", (0, len(f.first))
    return Diagnosis(message, None, "delete the line", place, (Change(0, len(f.text), ""),))
