"""Damaged files of a study: set aside, with a warning that says what becomes of the results."""

from __future__ import annotations

from pathlib import Path

from tpgraph.arrays import Damage
from tpgraph.errors import TPWarning, warn
from tpgraph.files import set_aside

__all__ = ["put_aside", "warn_aside"]


def put_aside(path: Path, damage: Damage, then: str) -> None:
    """Rename a damaged file, with a TPWarning that says so and what happens `then`."""
    warn_aside(path, set_aside(path), damage, then)


def warn_aside(path: Path, aside: Path, damage: Damage, then: str) -> None:
    """The TPWarning of a damaged file that was renamed."""
    said = f"{path} is damaged ({damage}) and was set aside as {aside.name}"
    warn(TPWarning(f"{said}; {then}"))
