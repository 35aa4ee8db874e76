"""Wrong lines as people write them, by what is wrong with them."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

__all__ = ["HEAD", "MENDED", "STOPS"]

HEAD = """width n
dim d = 4
const L = 3
fn φ(z) = tanh(z)
data ξ : d
target t : 1
matrix A : n × d ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
matrix M[1..L] : n × n ~ N(0, 1)
vector u, v : n ~ N(0, 1)
vector b[1..L] : n ~ N(0, 1)
scalar s = 1
"""
"""What stands above each of them."""

_ROOMS = [import_module(f"{__name__}.{room.name}") for room in iter_modules(__path__)]

MENDED = [row for room in _ROOMS for row in room.MENDED]
"""A wrong line, the text that its first error marks, and the lines with all mends applied."""

STOPS = [row for room in _ROOMS for row in room.STOPS]
"""Lines that nobody can mend alone: the text at fault, and what is said in the end."""
