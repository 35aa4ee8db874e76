"""Which panels of a kernel are on disk: a line for each, believed only with its checksum.

    {"schema": "tpgraph.kernel-tiles/1", …}                  what the panels are of, sealed
    {"panel": 7, "blocks": ["3f5a…"], "errors": {"41": 2e-15}, "sha256": …}

A line is added when its panel's blocks are in the file. Whatever ends the process, what is torn
then is a last line, or blocks that the hashes do not fit: those panels are computed again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tpgraph.arrays import Damage
from tpgraph.errors import TPError
from tpgraph.files import write_text
from tpgraph.kernels.plan.tiles import Block
from tpgraph.seals import open_document, seal_document

__all__ = ["LoggedPanel", "TileLog", "begun", "block_hashes"]

_SCHEMA = "tpgraph.kernel-tiles/1"


@dataclass(frozen=True)
class LoggedPanel:
    """A panel by its number, the hashes of its blocks, and what nodes stated as errors."""

    number: int
    blocks: tuple[str, ...]
    errors: Mapping[int, float]


@dataclass(frozen=True)
class TileLog:
    """The log of a kernel; `settings` are what must be the same for its panels to be used."""

    path: Path
    settings: Mapping[str, Any]

    def begin(self) -> None:
        """Write the first line, in the place of any log."""
        write_text(self.path, _line({"schema": _SCHEMA, **self.settings}), links=False)

    def add(self, panel: LoggedPanel) -> None:
        """Write the line of a panel."""
        errors = {str(place): error for place, error in panel.errors.items()}
        document = {"panel": panel.number, "blocks": panel.blocks, "errors": errors}
        with self.path.open("a", encoding="utf-8") as file:
            file.write("\n" + self._bound(document))  # whatever torn line stands before it

    def panels(self) -> dict[int, LoggedPanel]:
        """The panels whose lines are whole, by number."""
        found = {}
        for line in self.path.read_bytes().splitlines()[1:]:
            document = _opened(self._schema, line)
            if document is not None:
                errors = {int(place): float(e) for place, e in document["errors"].items()}
                number = int(document["panel"])
                found[number] = LoggedPanel(number, tuple(document["blocks"]), errors)
        return found

    def _bound(self, document: Mapping[str, Any]) -> str:
        """A line that is of this kernel alone."""
        return _line({"schema": self._schema, **document})

    @property
    def _schema(self) -> str:
        said = json.dumps(self.settings, sort_keys=True).encode()
        return f"{_SCHEMA} {hashlib.sha256(said).hexdigest()[:16]}"


def begun(path: Path) -> dict[str, Any] | None:
    """What the panels of a log are of; None where there is none that is whole."""
    try:
        with path.open("rb") as file:
            return _opened(_SCHEMA, file.readline())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TPError(f"{path} cannot be read: {error.strerror}") from None


def block_hashes(blocks: Sequence[Block]) -> tuple[str, ...]:
    """The SHA-256 of every block."""
    return tuple(hashlib.sha256(np.ascontiguousarray(b).data).hexdigest() for b in blocks)


def _line(document: Mapping[str, Any]) -> str:
    return json.dumps(json.loads(seal_document(document)), ensure_ascii=False) + "\n"


def _opened(schema: str, line: bytes) -> dict[str, Any] | None:
    """What a line says; None for one that is torn, or of something else."""
    try:
        return open_document(schema, line)
    except Damage:
        return None
