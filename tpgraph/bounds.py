"""How much tpgraph takes on: every limit is one number here, checked before the work begins.

    TPGRAPH_MAX_<NAME>=NUMBER

in the environment raises or lowers a limit, for the command line and for Python alike; the message
of every limit names its own. Limits on nesting stand for the stack of Python, and on numbers for
the range of a float: those are fixed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from math import prod
from typing import Any

from tpgraph.errors import Span, TPDataError, TPLimitError

__all__ = [
    "BYTES",
    "CHARACTERS",
    "COUNT",
    "DEPTH",
    "DERIVATIVE",
    "DIGITS",
    "EDITOR",
    "EQUATIONS",
    "ERRORS",
    "FRAMES",
    "IMPORTED",
    "INDEX",
    "LABEL",
    "LINES",
    "MARKED",
    "MARKS",
    "MEMORY",
    "NAME",
    "NETWORKS",
    "NUMBER",
    "OPERATIONS",
    "ORDER",
    "PAIRS",
    "PARTS",
    "PATHS",
    "PIXELS",
    "POINTS",
    "SECONDS",
    "SEED",
    "SELECTED",
    "TERMS",
    "VALUES",
    "WORKERS",
    "Bound",
    "require_networks",
]

_PREFIX = "TPGRAPH_MAX_"


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit: the `default` number of `what`; TPGRAPH_MAX_<name> replaces it unless `fixed`."""

    name: str
    default: int
    what: str
    fixed: bool = False

    @property
    def variable(self) -> str:
        """What the environment calls it."""
        return _PREFIX + self.name.upper()

    @property
    def most(self) -> int:
        """The number in force. Raises TPDataError where the environment holds no whole number."""
        text = None if self.fixed else os.environ.get(self.variable)
        if text is None:
            return self.default
        if not (text.isascii() and text.isdecimal() and len(text) < 20):
            raise TPDataError(f"{self.variable} is {text[:40]!r}", expected="a whole number")
        return int(text)

    def exceeded(
        self, message: str, span: Span | None = None, mend: str | None = None
    ) -> TPLimitError:
        """The error that says so, what is allowed, and how to raise it."""
        ways = [] if mend is None else [mend]
        if not self.fixed:
            ways.append(f"set {self.variable} to more")
        return TPLimitError(message, span, self.allowed, "; or ".join(ways) or None)

    @property
    def allowed(self) -> str:
        """`at most 100 frames`."""
        return f"at most {self.most:,} {self.what}"

    def require(
        self, number: float, message: str, span: Span | None = None, mend: str | None = None
    ) -> None:
        """Raise TPLimitError where the number is larger."""
        if number > self.most:
            raise self.exceeded(message, span, mend)


# ---- texts and documents
BYTES = Bound("bytes", 32 * 2**20, "bytes of a program")
LINES = Bound("lines", 400_000, "lines of a program")
NAME = Bound("name", 200, "characters of a name", fixed=True)
LABEL = Bound("label", 1000, "characters of a label")
DIGITS = Bound("digits", 400, "characters of a number", fixed=True)
NUMBER = Bound("number", 10**308, "as a number: those to 1e308", fixed=True)
INDEX = Bound("index", 10**9, "as an index: those to 10^9", fixed=True)
ERRORS = Bound("errors", 20, "errors of one text")
DEPTH = Bound("depth", 100, "brackets, loops or operators in one another", fixed=True)

# ---- programs
TERMS = Bound("terms", 1_000_000, "statements and terms that loops, sums and families unroll to")
EQUATIONS = Bound("equations", 1_000_000, "equations of an unrolled program")
OPERATIONS = Bound("operations", 100_000, "operations of a function, with all it calls written out")
ORDER = Bound("order", 100, "derivatives of derivatives", fixed=True)
DERIVATIVE = Bound("derivative", 25_000, "operations of a derivative, written out")
PARTS = Bound("parts", 1_000_000, "parts of a term")

# ---- pictures
MARKS = Bound("marks", 1200, "marks of a picture of passes")
SECONDS = Bound("seconds", 10, "seconds of layout")
FRAMES = Bound("frames", 500, "frames")
MARKED = Bound("marked", 12, "paths marked in one picture")
PIXELS = Bound("pixels", 20_000, "pixels a side")

# ---- paths
PATHS = Bound("paths", 100_000, "paths")
SELECTED = Bound("selected", 100, "paths of one word")
PAIRS = Bound("pairs", 100_000, "pairs of isomorphic paths")

# ---- computations
COUNT = Bound("count", 10**9, "as a count of steps, samples or networks")
SEED = Bound("seed", 2**63 - 1, "as a seed", fixed=True)
VALUES = Bound("values", 100_000, "values of an option")
CHARACTERS = Bound("characters", 100, "characters of a number in an option", fixed=True)
IMPORTED = Bound("imported", 8192, "as a width to import a module at")
WORKERS = Bound("workers", 256, "processes")
POINTS = Bound("points", 100_000, "points of a phase diagram")
NETWORKS = Bound("networks", 1_000_000, "networks")
MEMORY = Bound("memory", 2**34, "bytes of arrays")
EDITOR = Bound("editor", 2**31, "bytes of data of a process of the editor")


def require_networks(*counts: int) -> None:
    """Raise TPLimitError where widths times depths, points and seeds are too many networks."""
    NETWORKS.require(prod(counts), f"these are {prod(counts):,} networks", mend="ask for fewer")


def table() -> list[tuple[str, Any, str]]:
    """Variable, number in force and meaning of every limit that can be changed."""
    found = [value for value in globals().values() if isinstance(value, Bound) and not value.fixed]
    return [(bound.variable, bound.most, bound.what) for bound in found]
