"""Rows kept as they come: a line of JSON each, with the case that it is of.

A run that was interrupted is continued: what its folder has is not measured again. Lines that were
cut off are skipped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.registry import Row

__all__ = ["KeptRows", "key_of"]


def key_of(benchmark: str, asked: Row, quick: bool) -> str:
    """What tells a case from all others."""
    return json.dumps([benchmark, asked, quick], sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True)
class KeptRows:
    """The rows of a folder."""

    folder: Path

    @property
    def file(self) -> Path:
        """One line a row."""
        return self.folder / "rows.jsonl"

    def all(self) -> dict[str, Row]:
        """Rows by their keys, the latest of each."""
        found: dict[str, Row] = {}
        if self.file.exists():
            for line in self.file.read_text(encoding="utf-8").splitlines():
                try:
                    kept = json.loads(line)
                    found[kept["key"]] = kept["row"]
                except (ValueError, KeyError, TypeError):
                    continue
        return found

    def add(self, key: str, row: Mapping[str, Any]) -> None:
        """Write a row, after the end of what an interrupted run may have left without one."""
        self.folder.mkdir(parents=True, exist_ok=True)
        before = self.file.read_bytes() if self.file.exists() else b""
        is_cut = bool(before) and not before.endswith(b"\n")
        line = json.dumps({"key": key, "row": row}, ensure_ascii=False)
        with self.file.open("a", encoding="utf-8") as out:
            out.write(("\n" if is_cut else "") + line + "\n")
