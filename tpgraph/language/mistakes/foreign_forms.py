"""Forms of other languages: `**`, `:=`, `+=`, `np.tanh`, `.T`, `u.mean()`, `.*`, `|z|`, lambda."""

from __future__ import annotations

from tpgraph.language.changes import Change
from tpgraph.language.foreign_words import CHOOSE, NO_CONDITIONS
from tpgraph.language.mistakes.failure import Diagnosis, Failure, said

__all__ = [
    "assignment", "augmented", "bars", "choice", "comment", "dot",
    "function_value", "power", "slashes", "written_number",
]  # fmt: skip

_TRANSPOSES = frozenset(("T", "mT", "H", "t", "transpose", "adjoint"))
_COMMENTS = ("//", "--", "/*", "%", ";", '"""', "'''")


def comment(f: Failure) -> Diagnosis | None:
    """`// …`, `-- …`, `% …` at the beginning of a line; behind something, `//` and `%` alone."""
    rest = f.text[f.start :]
    mark = next((mark for mark in _COMMENTS if rest.startswith(mark)), None)
    if mark is None or (f.at and mark not in {"//", "%"}):
        return None
    words = f.tokens[f.at + len(mark) :]
    if f.at and (len(words) < 2 or any(token.kind != "name" for token in words[:2])):
        return None
    place = f.start, f.start + len(mark)
    change = Change(*place, "#")
    return Diagnosis(
        f"`{mark}` begins no comment", "`#`", "comments begin with #", place, (change,)
    )


def slashes(f: Failure) -> Diagnosis | None:
    """`u // 2`."""
    if not (f.says("/", "/", offset=-1) and f.touches(-1)):
        return None
    mend = "divide by `/`; comments begin with #"
    return Diagnosis("`//` is not an operator", None, mend, None, f.here(""))


def power(f: Failure) -> Diagnosis | None:
    """`z**2`."""
    at = f.text.find("**", max(0, f.start - 1), f.start + 2)
    if at < 0:
        return None
    return Diagnosis("`**` is not an operator", "`^`", "write powers as z^2", (at, at + 2),
        (Change(at, at + 2, "^"),),
    )  # fmt: skip


def assignment(f: Failure) -> Diagnosis | None:
    """`y == u`, `y := u`, `y <- u`."""
    if f.says("=", "=", offset=-1) and f.touches(-1):
        message = "`==` compares, and nothing is compared here"
        return Diagnosis(message, "one `=`", "write `=`", None, f.here(""))
    for signs in (":", "="), ("<", "-"), ("=", ">"):
        if f.says(*signs) and f.touches() and "EQUAL" in f.accepted:
            place = f.start, f.token(1).end
            message = f"`{''.join(signs)}` is not used here"
            return Diagnosis(message, "`=`", "write `=`", None, (Change(*place, "="),))
    return None


def augmented(f: Failure) -> Diagnosis | None:
    """`y += u`: nothing is bound twice."""
    operators = {"+", "-", "*", "·", "/", "^"}
    if not (f.found in operators and f.says("=", offset=1) and "EQUAL" in f.accepted):
        return None
    name = f.text[: f.start].strip()
    message = f"`{f.found}=` changes a variable, and every variable is bound once"
    return Diagnosis(message, "`=`", f"write: {f.fresh(f'{f.first}_1')} = {name} {f.found} …")


def dot(f: Failure) -> Diagnosis | None:
    """`np.tanh(u)`, `W.T`, `u.mean()`, `u .* v`, `tanh.(u)`, `y = u.`."""
    if f.found != "." and not (f.found.startswith(".") and f.token().text == "."):
        return None
    left, right = f.token(-1), f.token(1)
    close = left.end == f.start and right.start == f.start + 1 and right.kind in _WORDS
    if close and right.text in _TRANSPOSES and not _is_module(f):
        return _transpose(f)
    if close and _is_module(f):
        return _module(f)
    if close and f.token(2).text == "(":
        return _method(f)
    if close:
        other = f"{left.text}_{right.text}"
        change = Change(left.start, right.end, other)
        mend = f"write {other}"
        return Diagnosis("names hold no dots", None, mend, None, (change,) if left.base else ())
    elementwise = right.text in {"*", "/", "^", "+", "-", "("} and right.start == f.start + 1
    if elementwise:
        message = "operators and functions work on every coordinate by themselves"
        return Diagnosis(message, None, "write it without the dot", None, f.here(""))
    if not right.text:
        return Diagnosis("a line ends without a dot", None, "delete it", None, f.here(""))
    return None


_WORDS = frozenset(("name", "word"))
_MODULES = frozenset(
    ("np", "numpy", "jnp", "jax", "torch", "math", "tf", "nn", "F", "functional", "special",
     "scipy", "cp", "xp", "mx", "K", "self", "Math", "linalg", "random", "base", "Flux", "nnx")
)  # fmt: skip


def _is_module(f: Failure) -> bool:
    """Whether the name of a library stands before the dot, and not what the line itself binds."""
    return f.token(-1).text in _MODULES and f.token(-1).text != f.first


def _module(f: Failure) -> Diagnosis:
    first = f.at - 1
    last = f.at
    while f.numbered(last + 1).text in _MODULES and f.numbered(last + 2).text == ".":
        last += 2
    place = f.numbered(first).start, f.numbered(last).end
    message = f"`{f.text[slice(*place)]}` is not needed: functions stand by their names"
    word = f.numbered(last + 1).text
    return Diagnosis(message, None, f"write {word}", place, (Change(*place, ""),))


def _transpose(f: Failure) -> Diagnosis:
    end = f.token(3).end if f.says("(", ")", offset=2) else f.token(1).end
    place = f.start, f.token(1).end
    message = f"`{f.text[slice(*place)]}` is not a transpose here"
    changes = (Change(f.start, end, "'"),)
    return Diagnosis(message, "W' or W^T", "write W' x", place, changes)


def _method(f: Failure) -> Diagnosis:
    """`u.mean()` is `mean(u)`, `u.max(v)` is `max(u, v)`."""
    first, closing, word = f.operand(f.at - 1), f.closing(f.at + 2), f.token(1)
    place = f.start, word.end
    message = "functions stand before their arguments"
    if first is None or closing is None:
        return Diagnosis(message, None, f"write {word.text}(…)", place)
    operand = f.part(first, f.at - 1)
    if operand.startswith("("):
        operand = operand[1:-1]
    more = f.text[f.token(2).end : f.numbered(closing).start].strip()
    whole = f"{word.text}({operand}{', ' if more else ''}{more})"
    change = Change(f.numbered(first).start, f.numbered(closing).end, whole)
    return Diagnosis(message, None, f"write {whole}", place, (change,))


def bars(f: Failure) -> Diagnosis | None:
    """`|z|`."""
    if f.found != "|":
        return None
    bar = [i for i, token in enumerate(f.tokens) if token.text == "|"]
    changes: tuple[Change, ...] = ()
    if len(bar) == 2 and bar[0] == f.at and bar[1] > f.at + 1:
        first, last = (f.numbered(i) for i in bar)
        changes = said(first, "abs("), said(last, ")")
    return Diagnosis("`|` is not a sign of the language", None, "write abs(z)", None, changes)


def choice(f: Failure) -> Diagnosis | None:
    """`z if z > 0 else 0`, `u ? v : w`."""
    words = {token.text for token in f.tokens}
    if not ({"if", "else"} <= words or {"?", ":"} <= words) or f.at < 2:
        return None
    return Diagnosis(NO_CONDITIONS, None, CHOOSE)


def function_value(f: Failure) -> Diagnosis | None:
    """`f = lambda z: z^2`, `fn f = lambda z: z^2`."""
    words = [token.text for token in f.tokens]
    if "lambda" not in words or (f.found != ":" and f.found != "="):
        return None
    at = words.index("lambda")
    colon = next((i for i in range(at, len(words)) if words[i] == ":"), None)
    head = words[:at]
    name = f.numbered(at - 2)
    message = "a function has a name: it is no value"
    mend = "define it above: fn f(z) = …"
    if colon is None or head not in (["fn", name.text, "="], [name.text, "="]):
        return Diagnosis(message, None, mend, (f.numbered(at).start, f.numbered(at).end))
    parameters = f.part(at + 1, colon - 1)
    change = Change(0, f.numbered(colon).end, f"fn {name.text}({parameters}) =")
    return Diagnosis(message, None, mend, (f.numbered(at).start, f.numbered(at).end), (change,))


def written_number(f: Failure) -> Diagnosis | None:
    """`1_000`, `1,5`."""
    between = f.token(-1).kind == f.token(1).kind == "number" and f.touches(-1) and f.touches()
    if not between or f.found not in {"_", ","} or (f.found == "," and f.depth):
        return None
    message = "numbers are written as 1000 and 1.5"
    text = "" if f.found == "_" else "."
    mend = f"write {f.token(-1).text}{text}{f.token(1).text}"
    return Diagnosis(message, None, mend, None, f.here(text))
