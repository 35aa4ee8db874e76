"""Formulas of a kernel's recursion as text or LaTeX, made of formulas that are given.

What is of the second input has a prime, in LaTeX a bar.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

from tpgraph.functions import Expression, to_latex, to_text

__all__ = ["RecursionText", "Weighted", "aligned"]

_GREEK = {"ρ": r"\rho", "Σ": r"\Sigma", "Θ": r"\Theta"}
_LARGEST = 64
"""Denominators of the fractions that numbers are recognized as."""
_WIDEST = 64
"""Letters of a line of a LaTeX document."""
_SET = re.compile(r"\\[A-Za-z]+|[{}^_]")
"""What is not seen of LaTeX, or is one letter."""
_CALL = re.compile(r"\\?\w+(\{\w+\})?'*\((\w|\\bar\{\w\})'?\)")
"""One function of one Gaussian."""


Weighted: TypeAlias = tuple[float, Sequence[tuple[str, Fraction]]]
"""A number, and factors with their exponents."""


@dataclass(frozen=True)
class RecursionText:
    """One way to write: as plain text, or for amsmath."""

    latex: bool

    def name(self, letter: str, number: int | None = None, itself: bool = False) -> str:
        """A letter with its number; with `itself` of an input with itself: Σ1°."""
        if not self.latex:
            return f"{letter}{'' if number is None else number}{'°' if itself else ''}"
        found = _GREEK.get(letter, letter)
        found += "" if number is None else f"_{{{number}}}"
        return found + r"^{\circ}" if itself else found

    def barred(self, name: str) -> str:
        """The same of the second input."""
        if not self.latex:
            return f"{name}'"
        letter = re.match(r"\\?\w[^_^]*", name)
        end = letter.end() if letter else 0
        return rf"\bar{{{name[:end]}}}{name[end:]}"

    def number(self, value: float) -> str:
        """Six digits, or a simple fraction, of π too, that the number is to rounding."""
        short = f"{value:.6g}"
        if math.isclose(float(short), value, rel_tol=1e-13):
            return short
        for power in (0, -1, 1):
            plain = value / math.pi**power
            near = Fraction(plain).limit_denominator(_LARGEST)
            if near and math.isclose(float(near), plain, rel_tol=1e-12):
                return self._fraction(near, power)
        return short

    def _fraction(self, value: Fraction, power: int) -> str:
        """value · π^power."""
        pi = r"\pi" if self.latex else "π"
        above, below = str(abs(value.numerator)), str(value.denominator)
        if power > 0:
            above = pi if above == "1" else above + pi
        if power < 0:
            below = pi if below == "1" else below + pi
        sign = "-" if value < 0 else ""
        if below == "1":
            return sign + above
        if self.latex:
            return rf"{sign}\tfrac{{{above}}}{{{below}}}"
        return f"{sign}{above}/{below}" if power >= 0 or below == pi else f"{sign}{above}/({below})"

    def expression(self, expression: Expression, arguments: Sequence[str]) -> str:
        """A function of what is given."""
        return (to_latex if self.latex else to_text)(expression, arguments)

    def dot(self, first: str, second: str) -> str:
        """⟨first, second⟩."""
        return rf"{first} \cdot {second}" if self.latex else f"{first}·{second}"

    def root(self, inner: str) -> str:
        """The root of a formula."""
        if self.latex:
            return rf"\sqrt{{{inner}}}"
        return f"√{inner}" if len(inner) == 1 and inner.isalpha() else f"√({inner})"

    def call(self, function: str, inner: str) -> str:
        """A function of a formula, such as the arcsine."""
        return rf"\{function}\left({inner}\right)" if self.latex else f"{function}({inner})"

    def sum(self, parts: Sequence[Weighted], constant: float = 0.0) -> str:
        """Σ c Π factor^e + constant; what is taken away stands behind."""
        signed = [(c, self.product(abs(c), factors)) for c, factors in parts]
        if constant:
            signed.append((constant, self.number(abs(constant))))
        if signed[0][0] < 0:
            signed.sort(key=lambda part: part[0] < 0)
        first, *rest = (f"{'-' if c < 0 else '+'} {text}" for c, text in signed)
        head = first[2:] if first.startswith("+") else f"-{first[2:]}"
        return " ".join([head, *rest])

    def apart(self, parts: Sequence[Weighted]) -> str:
        """The same with factors in front that all parts have."""
        common = [f for f in parts[0][1] if all(f in factors for _, factors in parts)]
        inside = [(c, [f for f in factors if f not in common]) for c, factors in parts]
        if not common or not all(factors for _, factors in inside):
            return self.sum(parts)
        inner = self.sum(sorted(inside, key=lambda part: len(part[1])))
        return self.product(1.0, [*common, (f"({inner})", Fraction(1))])

    def product(self, coefficient: float, factors: Sequence[tuple[str, Fraction]]) -> str:
        """c Π factor^e: halves under one root, what is divided by behind a stroke.

        Sums among the factors stand in brackets already.
        """
        above = self._powers([f for f in factors if f[1] > 0])
        below = self._powers([(x, -e) for x, e in factors if e < 0])
        first = self.number(coefficient)
        if first != "1" or not above:
            above = [first, *above]
        head = self._joined(above)
        if not below:
            return head
        foot = self._joined(below)
        if self.latex:
            bare = foot[1:-1] if len(below) == 1 and foot[0] == "(" and foot[-1] == ")" else foot
            return rf"\frac{{{head}}}{{{bare}}}"
        return f"{head} / {foot}" if len(below) == 1 else f"{head} / ({foot})"

    def _powers(self, factors: Sequence[tuple[str, Fraction]]) -> list[str]:
        found = [x if e == 1 else self._power(x, e) for x, e in factors if e != Fraction(1, 2)]
        roots = [x for x, e in factors if e == Fraction(1, 2)]
        if roots:
            inner = self._joined(roots)
            is_one = len(roots) == 1 and inner.startswith("(") and inner.endswith(")")
            found.append(self.root(inner[1:-1] if is_one else inner))
        return found

    def _power(self, inner: str, e: Fraction) -> str:
        simple = not {" ", "·"} & set(inner) or inner.startswith("(")
        base = inner if simple else f"({inner})"
        if self.latex:
            return f"{base}^{{{e}}}"
        return f"{base}²" if e == 2 else f"{base}^{e}" if e.denominator == 1 else f"{base}^({e})"

    def _joined(self, factors: Sequence[str]) -> str:
        """Factors beside each other, with a cross before a number."""
        cross = r"\times " if self.latex else "× "
        first, *rest = factors
        return " ".join([first, *(cross + f if f[0].isdigit() else f for f in rest)])

    def expectation(self, functions: Sequence[str], laws: Sequence[str]) -> str:
        """E[functions], and of what."""
        several = len(functions) > 1
        bracketed = (f if not several or _CALL.fullmatch(f) else f"({f})" for f in functions)
        inside = (r" \, " if self.latex else " ").join(bracketed)
        law = ", ".join(laws)
        if self.latex:
            return rf"\mathbb{{E}}[{inside}]" + (rf", \quad {law}" if law else "")
        return f"E[{inside}]" + (f", {law}" if law else "")

    def weak(self, function: str, times: int) -> str:
        """A derivative that a density stands for."""
        prime = "'" if self.latex else "′"
        return f"({function}){prime * times}" if times else function

    def law(self, what: str, mean: str, variance: str) -> str:
        """what ~ N(mean, variance)."""
        inner = f"{mean}, {variance}"
        return rf"{what} \sim N({inner})" if self.latex else f"{what} ~ N({inner})"

    def words(self, text: str) -> str:
        """Words within a formula."""
        return rf"\text{{{text} }}" if self.latex else f"{text} "


def aligned(lines: Sequence[tuple[str, str]]) -> str:
    """(left, right) in an align* environment, sums that are wider than a page over several rows."""
    rows = [f"  {left} &= {_broken(right)}" for left, right in lines]
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"


def _broken(right: str) -> str:
    found, width = "", 0
    for term in _terms(right):
        own = len(_SET.sub(lambda m: "x" if m.group()[0] == "\\" else "", term))
        if found and width + own > _WIDEST:
            found, width = f"{found} \\\\\n  &\\quad {{}}{term.lstrip()}", own
        else:
            found, width = found + term, width + own
    return found


def _terms(right: str) -> list[str]:
    """The terms of a sum, each with the sign before it."""
    cuts, depth = [0], 0
    for place, letter in enumerate(right):
        depth += {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(letter, 0)
        if depth == 0 and right[place : place + 3] in (" + ", " - "):
            cuts.append(place)
    return [right[a:b] for a, b in pairwise([*cuts, len(right)])]
