"""What results in a folder are of: written beside them, asked before more are added.

    manifest.json    schema, program (name, hash, text), hashes of what else there is, settings

Tasks of a sweep have keys of their own content, which tell results apart by themselves. A study
whose networks share what no task says (samples, a schedule) has a manifest; its hash is in every
task.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpgraph.arrays import Damage
from tpgraph.errors import TPArgumentError, TPError
from tpgraph.files import write_text
from tpgraph.seals import open_document, seal_document
from tpgraph.study.damaged import put_aside
from tpgraph.training.checkpoint import sha256

__all__ = ["MANIFEST", "Manifest"]

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What must be the same for results to belong together.

    `kind` is what the folder holds, in words; `digests` are hashes by what they are of, such as
    "data"; `settings` are told by their names where they changed, and `more` says what may.
    """

    kind: str
    schema: str
    program: str
    text: str
    digests: Mapping[str, str]
    settings: Mapping[str, Any]
    more: str

    def document(self) -> dict[str, Any]:
        """The document that is written."""
        return {
            "schema": self.schema,
            "program": self.program,
            **{f"{what}_sha256": found for what, found in self._hashes().items()},
            **self.settings,
            "text": self.text,
        }

    def digest(self) -> str:
        """The hash of all that it says."""
        return sha256(json.dumps(self.document(), ensure_ascii=False))

    def begin(self, folder: Path) -> None:
        """Write it into a folder, unless it is there."""
        if not (folder / MANIFEST).exists():
            self._write(folder)

    def require_fitting(self, folder: Path, resume: bool) -> None:
        """Raise TPError where a folder holds what these settings cannot begin or go on with.

        A damaged one is set aside and written again: the tasks know what they are of.
        """
        path = folder / MANIFEST
        if not path.exists():
            if resume:
                raise TPArgumentError(
                    f"{folder} holds no {self.kind} to resume", mend="start without --resume"
                )
            return
        if not resume:
            raise TPArgumentError(
                f"{folder} holds a {self.kind} already",
                mend="go on with --resume, or choose another directory",
            )
        try:
            before = open_document(self.schema, path.read_bytes())
        except OSError as error:
            raise TPError(f"{path} cannot be read: {error.strerror}") from None
        except Damage as damage:
            put_aside(path, damage, "it is written again")
            self._write(folder)
            return
        changed = list(self._changes(before))
        if changed:
            raise TPError(
                f"the {self.kind} in {folder} is another one: {'; '.join(changed)}",
                expected=f"the same program, data and settings; {self.more} may be added",
                mend="choose another directory",
            )

    def _hashes(self) -> dict[str, str]:
        return {"program": sha256(self.text), **self.digests}

    def _changes(self, before: Mapping[str, Any]) -> Iterator[str]:
        """What differs from an earlier document, in words."""
        for what, found in self._hashes().items():
            if before.get(f"{what}_sha256") != found:
                yield f"the {what} changed"
        for name, value in self.settings.items():
            if before.get(name) != value:
                yield f"{name} was {before.get(name)} and is {value}"

    def _write(self, folder: Path) -> None:
        write_text(folder / MANIFEST, seal_document(self.document()), links=False)
