"""Values of constants and dimensions that are chosen where a program is read.

They are written into the text, in place of the values that it gives: places of errors, pictures
that carry their text, and the program all say the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from fractions import Fraction
from numbers import Rational, Real

from tpgraph.bounds import DIGITS, NUMBER
from tpgraph.errors import Source, Span, TPDataError, TPError, TPNameError, raise_all
from tpgraph.language import syntax as s
from tpgraph.language.parser import statements
from tpgraph.program import canonical_name
from tpgraph.program.near_names import did_you_mean, meant

__all__ = ["whole_constants", "with_constants"]


def with_constants(source: Source, constants: Mapping[str, float | Fraction]) -> Source:
    """The source with these values of its constants and dimensions.

    Raises the syntax errors of the text, TPNameError for a name that it does not define,
    TPDataError for what is no finite number and for a name that stands twice.
    """
    chosen = _texts(constants)
    errors: list[TPError] = []
    found = list(statements(source, lambda error, _: errors.append(error)))
    raise_all(errors)
    places = dict(_definitions(source, found))
    widths = {d.name.full for d in found if isinstance(d, s.DefineWidth)}
    unknown = [name for name in chosen if name not in places]
    raise_all([_unknown(name, source, places, name in widths) for name in unknown])
    text = source.text
    for name, place in sorted(places.items(), key=lambda item: -item[1].start):
        if name in chosen:
            text = text[: place.start] + chosen[name] + text[place.end :]
    return Source(source.name, text)


def whole_constants(text: str) -> dict[str, int]:
    """The constants of a text with a whole value of at least 2: how often things repeat, mostly.

    >>> whole_constants("const L = 4; const s = 1/2".replace("; ", chr(10)))
    {'L': 4}
    """
    found: dict[str, int] = {}
    for node in statements(Source("<text>", text), lambda *_: None):
        if isinstance(node, s.DefineConst) and isinstance(node.value, s.Exact):
            value = node.value.value
            if value.denominator == 1 and value >= 2:
                found[node.name.full] = int(value)
    return found


def _definitions(source: Source, found: list[s.Statement]) -> Iterator[tuple[str, Span]]:
    """Where the text gives the value of each constant and dimension."""
    for statement in found:
        if isinstance(statement, s.DefineConst | s.DefineDim):
            start, end = (
                statement.origin + statement.value.start,
                statement.origin + statement.value.end,
            )
            yield statement.name.full, Span(source, start, end)


def _unknown(name: str, source: Source, known: Mapping[str, Span], is_width: bool) -> TPError:
    if is_width:
        return TPNameError(
            f"{name} is a width of {source.name}, and goes to infinity: no value is chosen here",
            expected=", ".join(known) or None,
            mend=f"give its size where networks are drawn: --width {name}=…",
        )
    near = did_you_mean(name, known) or _of_other_case(name, known)
    return TPNameError(
        f"{source.name} has no constant {name} to choose a value for",
        expected=", ".join(known) or None,
        mend=near or f"add the line: const {name} = …",
    )


def _of_other_case(name: str, known: Mapping[str, Span]) -> str | None:
    """Which constant a name means that differs in capitals alone, of one letter too."""
    return meant(next((k for k in known if k.casefold() == name.casefold()), None))


def _texts(constants: Mapping[str, float | Fraction]) -> dict[str, str]:
    """Values as the language writes them, by canonical name."""
    found: dict[str, str] = {}
    for spelling, value in constants.items():
        name = canonical_name(spelling)
        if name in found:
            raise TPDataError(f"two values are chosen for {name}")
        found[name] = _text(name, value)
    return found


def _text(name: str, value: object) -> str:
    if isinstance(value, Rational) and abs(number := Fraction(value)) <= NUMBER.most:
        DIGITS.require(
            number.denominator.bit_length() * 0.302, f"the value of {name} has too many digits"
        )
        return str(number)
    if not isinstance(value, Rational) and isinstance(value, Real) and math.isfinite(value):
        return f"{float(value)!r}".removesuffix(".0")
    raise TPDataError(
        f"the value of {name} does not fit", expected="a finite number, at most 1e308"
    )
