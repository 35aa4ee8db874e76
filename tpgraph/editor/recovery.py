"""The journals of a server: kept for each page and file, offered where work was not saved."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

import platformdirs

from tpgraph.editor.journal import Journal, left_behind

__all__ = ["Recovery", "state_folder"]


def state_folder() -> Path:
    """Where the journals of this user are."""
    return platformdirs.user_state_path("tpgraph") / "recovery"


class Recovery:
    """The journals of one server, one a page and file, and those that servers before it left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own: dict[tuple[str, str], Journal] = {}
        self._offered: Journal | None = None
        self._left: set[Path] = set()
        self.damaged: list[Path] = []
        """What of the journals found was not whole, as it was."""

    def keep(
        self,
        name: str,
        path: str | None,
        text: str,
        clean: bool,
        page: str = "",
        base: str | None = None,
    ) -> None:
        """Have a page's text on disk; `clean` where it is what the file holds, `base` the digest of
        what was there when the text was made from it. Raises TPError.
        """
        key = _key(page, name, path)
        if clean:
            if (journal := self._own.pop(key, None)) is not None:
                journal.remove()
            return
        if key not in self._own:
            self._own[key] = Journal.begun(self._folder, name, path)
        self._own[key].keep(text, base)

    def saved(self, name: str, path: str | None, text: str) -> None:
        """A text is in its file now; journals that end in it are not needed."""
        for key, journal in list(self._own.items()):
            if key[1] in (name, path) and journal.text == text:
                self._own.pop(key).remove()

    def offer(self, path: str | None, pages: Set[str] = frozenset()) -> Journal | None:
        """The newest text that was not saved: of the file `path`, or of any where that is None.

        That of `pages`, which are open still, is theirs.
        """
        own = self._own.items()
        if self._offered is None or self._offered in self._own.values():
            left = [j for key, j in own if key[0] not in pages and path in (None, j.path)]
            mine = max(left, key=lambda j: j.written, default=None)
            self._offered = self._newest(path) or mine
        return self._offered

    def is_open(self, path: str, pages: Set[str]) -> bool:
        """Whether one of these pages has a text of a file that is not saved."""
        return any(key[0] in pages and journal.path == path for key, journal in self._own.items())

    def taken(self, page: str = "") -> None:
        """What was offered goes on in a page, under the name that it had."""
        journal, self._offered = self._offered, None
        if journal is not None:
            self._forget(journal)
            self._own[_key(page, journal.name, journal.path)] = journal

    def left(self) -> None:
        """What was offered stays where it is: the next server offers it again."""
        journal, self._offered = self._offered, None
        if journal is not None:
            self._forget(journal)
            self._left.add(journal.place)
            journal.close()

    def discarded(self) -> None:
        """What was offered is thrown away."""
        journal, self._offered = self._offered, None
        if journal is not None:
            self._forget(journal)
            journal.remove()

    def close(self) -> None:
        """Leave on disk what is not saved, for the next start."""
        for journal in (*self._own.values(), self._offered):
            if journal is not None:
                journal.close()

    def _forget(self, journal: Journal) -> None:
        self._own = {key: j for key, j in self._own.items() if j is not journal}

    def _newest(self, path: str | None) -> Journal | None:
        """Of the journals that were left behind; the others are let go."""
        found = left_behind(self._folder)
        self.damaged += [j.damaged for j in found if j.damaged is not None]
        for journal in found:
            if journal.damaged is not None and not journal.text:
                journal.remove()
        here = [j for j in found if j.place not in self._left]
        fit = [j for j in here if j.text.strip() and (path is None or j.path == path)]
        newest = max(fit, key=lambda j: j.written, default=None)
        for journal in found:
            if journal is not newest:
                journal.close()
        return newest


def _key(page: str, name: str, path: str | None) -> tuple[str, str]:
    return page, name if path is None else path
