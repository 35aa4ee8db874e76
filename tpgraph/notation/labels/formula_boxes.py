r"""Formulas read straight into mathtext's boxes, many times faster than by its grammar.

Mathtext's rules (how far a superscript is raised, what a fraction keeps clear) are methods that
make boxes of boxes. Slow is only its grammar, which tries some three hundred alternatives for a
label. Here the next characters alone decide, and the same methods are called in the same order, so
that the boxes are those that mathtext makes. What is not read here (`\operatorname`, roots
with an index, and every mistake) is left to mathtext.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Mapping
from typing import Any

from matplotlib import _mathtext, ft2font
from matplotlib._mathtext_data import tex2uni
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from pyparsing import ParseBaseException

__all__ = ["FormulaParser"]

_SYMBOL = re.compile(
    r"[a-zA-Z0-9+\-*/<>=:,.;!\?&@()\[\]|\U00000080-\U0001ffff]|\\[%{}\[\]_|]|\\[A-Za-z]+"
)
_FONT = re.compile(r"\\math([a-z]+)\s*(?=\{)")
_NAME = re.compile(r"\\([A-Za-z]+)")
_HSPACE = re.compile(r"\\hspace\s*\{\s*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))\s*\}")
_TEXT = re.compile(r"\\text\{([^{}\\]*)\}")
_SPACE = re.compile(r"\\(?:[,/>:; !]|(?:thinspace|enspace|quad|qquad)(?![A-Za-z]))|~")
_LEFT, _RIGHT = (re.compile(rf"\\{side}\s*([()|])") for side in ("left", "right"))
_PRIMES = re.compile(r" *('*)")
_UNHINTED: Any = (
    ft2font.LoadFlags.NO_HINTING
    if hasattr(ft2font, "LoadFlags")
    else getattr(ft2font, "LOAD_NO_HINTING", 2)  # before matplotlib 3.10
)


class _Unread(Exception):
    """What is left to mathtext."""


class FormulaParser:
    """Glyphs and rules of formulas between dollar signs, as `MathTextParser("path")` finds them."""

    def __init__(self) -> None:
        self._whole: Any = MathTextParser("path")

    def parse(self, s: str, dpi: float = 72, prop: FontProperties | None = None) -> Any:
        """Width, height, depth, glyphs and rectangles. Raises ValueError for what is no formula."""
        try:
            if prop is None or prop.get_math_fontfamily() != "cm":
                raise _Unread
            return _set(s.removeprefix("$").removesuffix("$"), dpi, prop.get_size_in_points())
        except (_Unread, ParseBaseException, ValueError, LookupError, RecursionError):
            return self._whole.parse(s, dpi, prop)


@functools.lru_cache(maxsize=4)
def _set(formula: str, dpi: float, size: float) -> Any:
    return _mathtext.ship(_Reader(formula, dpi, size).formula()).to_vector()


@functools.cache
def _fonts(size: float) -> Any:
    return _mathtext.BakomaFonts(FontProperties(size=size, math_fontfamily="cm"), _UNHINTED)


def _fresh_fonts(size: float) -> Any:
    """The fonts without what is known of their glyphs: kerns depend on what was measured last."""
    fonts = copy.copy(_fonts(size))
    fonts._get_info = functools.cache(functools.partial(type(fonts)._get_info, fonts))
    return fonts


class _Rules(_mathtext.Parser):
    """Mathtext's rules without its grammar."""

    _needs_space_after_subsuper = False
    _in_subscript_or_superscript = False  # its name in older versions

    def __init__(self, fonts: Any, dpi: float, size: float) -> None:
        self._state_stack = [_mathtext.ParserState(fonts, "default", "rm", size, dpi)]
        self._em_width_cache: dict[tuple[str, float, float], float] = {}


class _Reader:
    """A formula while it is read; every method begins at `at` and moves it on."""

    def __init__(self, text: str, dpi: float, size: float) -> None:
        self.text = text
        self.at = 0
        self.rules: Any = _Rules(_fresh_fonts(size), dpi, size)

    def formula(self) -> Any:
        """The box of the whole."""
        before = self.rules.non_math([""])
        body = _mathtext.Hlist(self._tokens())
        if self.at < len(self.text):
            raise _Unread
        self.rules.pop_state()
        return _mathtext.Hlist([*before, body, *self.rules.non_math([""])])

    def _tokens(self) -> list[Any]:
        """What comes until a brace closes or the text ends: at least one thing."""
        found: list[Any] = []
        while self._next() not in ("", "}"):
            found += self._token()
        if not found:
            raise _Unread
        return found

    def _next(self) -> str:
        """The character that comes next behind spaces; none at the end."""
        while self.text[self.at : self.at + 1] == " ":
            self.at += 1
        return self.text[self.at : self.at + 1]

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def _token(self) -> list[Any]:
        if found := self._match(_SPACE):
            return _listed(self.rules.space({"space": found.group()}))
        if found := self._match(_HSPACE):
            return _listed(self.rules.customspace({"space": float(found[1])}))
        return self._with_scripts()

    def _grown(self, left: str) -> Any:
        r"""What stands between `\left` and `\right`, in brackets of its height."""
        inside: list[Any] = []
        right = None
        while self._next() and not (right := self._match(_RIGHT)):
            inside += self._token()
        if not (inside and right):
            raise _Unread
        return self.rules._auto_sized_delimiter(left, inside, right[1])

    def _with_scripts(self) -> list[Any]:
        """A nucleus, or none, with its subscript, superscript and primes."""
        start, found = self.at, dict[str, Any]()
        if self._next() not in ("_", "^"):
            found["nucleus"] = self._placeable()
        scripts: list[Any] = []
        while (mark := self._next()) in ("_", "^") and mark:
            self.at += 1
            self._next()
            scripts += [mark, self._placeable()]
        if scripts:
            found["subsuper"] = scripts
        if primes := self._match(_PRIMES):
            found["apostrophes"] = primes[1]
        return _listed(self.rules.subsuper(self.text, start, found))

    def _placeable(self) -> Any:
        """What scripts can stand at."""
        start = self.at
        font = _FONT.match(self.text, start)
        if font is not None and font[1] in self.rules._fontnames:
            self.at = font.end()
            return self._group({"font": font[1]})
        if self._next() == "{":
            return self._group({})
        if left := self._match(_LEFT):
            return self._grown(left[1])
        if name := _NAME.match(self.text, self.at):
            return self._command(name[1])
        if sign := self._match(_SYMBOL):
            return _one(self.rules.symbol(self.text, start, {"sym": sign.group()}))
        raise _Unread

    def _group(self, said: Mapping[str, str]) -> Any:
        self.rules.start_group(said)
        box = self._braced(self.rules.group)
        self.rules.end_group()
        return box

    def _braced(self, rule: Any) -> Any:
        """What stands within braces, made a box by a rule."""
        if self._next() != "{":
            raise _Unread
        self.at += 1
        content = self._tokens()
        if self._next() != "}":
            raise _Unread
        self.at += 1
        return _one(rule({"group": content}))

    def _command(self, name: str) -> Any:
        r"""A command `\name`."""
        start, rules = self.at, self.rules
        if words := self._match(_TEXT):
            return _one(rules.text([r"\text", words[1]]))
        self.at += 1 + len(name)
        if name in rules._accent_map or name in rules._wide_accents:
            self._next()
            return _one(rules.accent({"accent": name, "sym": self._placeable()}))
        if name in tex2uni:
            return _one(rules.symbol(self.text, start, {"sym": f"\\{name}"}))
        if name in rules._function_names:
            return _one(rules.function(self.text, start, {"name": name}))
        if name in ("frac", "dfrac"):
            parts = {part: self._braced(rules.required_group) for part in ("num", "den")}
            return _one(getattr(rules, name)(parts))
        if name == "sqrt":
            return _one(rules.sqrt({"value": self._braced(rules.required_group)}))
        raise _Unread


def _listed(boxes: Any) -> list[Any]:
    return boxes if isinstance(boxes, list) else [boxes]


def _one(boxes: Any) -> Any:
    """The box that a rule made; some make lists of it."""
    (box,) = _listed(boxes)
    return box
