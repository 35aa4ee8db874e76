"""Files of the editor: what is opened, what is saved, and what has changed on disk meanwhile.

Only the file named at the start is written, and `.tp` files below the root; symbolic links are
followed before that is asked. A file is written whole or not at all.
"""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpgraph.embedded import is_picture
from tpgraph.errors import TPDataError
from tpgraph.files import as_path, write_bytes
from tpgraph.language import from_json, read_program, text_of, to_text

__all__ = ["Files", "digest_of", "opened"]

SUFFIX = ".tp"
BEGINNING = "width n\n"
"""The text of a file that is not there yet."""

READABLE = (".tp", ".svg", ".pdf", ".png", ".eps", ".tex", ".html", ".json")
"""Files that a program is read from."""

_LISTED = 60
"""Files of the root that are offered."""

_COMPARED = 4000
"""Lines of two texts that are shown beside each other."""

Data = dict[str, Any]


def digest_of(content: bytes) -> str:
    """What a file's content is known by."""
    return hashlib.sha256(content).hexdigest()


def opened(content: bytes, name: str) -> str:
    """The text of a program in the content of a file: .tp, JSON, or a picture that carries it.

    Raises TPError where there is none.
    """
    text = text_of(content, name)
    if not is_picture(content) and text.lstrip().startswith("{"):
        return to_text(from_json(text, name))
    return _plain(text)


@dataclass(frozen=True)
class Files:
    """The files that a server may touch: below `root`, and the one `named` at the start."""

    root: Path
    named: Path | None = None
    is_new: bool = False

    @classmethod
    def beginning_with(cls, root: Path, named: Path | None) -> Files:
        """The files where one is named at the start, which may be a `.tp` that is not there yet."""
        return cls(root, named, named is not None and _is_new(named))

    def first(self) -> Data | None:
        """The file named at the start, as the page opens it. Raises TPError.

        One that is new is a program without statements until it is saved.
        """
        if self.named is None:
            return None
        if self.is_new and not self.named.exists():
            return {
                "name": self.named.stem,
                "text": BEGINNING,
                "path": self.shown(self.named),
                "digest": None,
            }
        return self._data(self.named)

    def listed(self) -> list[str]:
        """The programs in the root, to be offered."""
        found = sorted(p.name for p in self.root.glob(f"*{SUFFIX}") if p.is_file())
        return [name for name in found if self._allowed(name) is not None][:_LISTED]

    @property
    def folder(self) -> str:
        """The folder that programs are saved in."""
        return str(self.root.resolve())

    def file(self, path: str) -> Data:
        """A file below the root, as the page opens it. Raises TPError."""
        return self._data(self._readable(path))

    def whole(self, path: str) -> str | None:
        """The whole name of a file that the editor may touch; None for any other."""
        place = self._allowed(path)
        return None if place is None else str(place)

    def shown(self, place: Path) -> str:
        """The name of a place as the page has it."""
        own, root = place.resolve(), self.root.resolve()
        return str(own.relative_to(root)) if own.is_relative_to(root) else str(own)

    def look(self, path: str, known: str | None) -> Data:
        """Whether a file is another one than the `known`, and what it holds then."""
        place = self._readable(path)
        if not place.exists():
            return {"changed": False}
        content = read_program(place)
        digest = digest_of(content)
        if digest == known:
            return {"changed": False}
        return {"changed": True, "digest": digest, "text": opened(content, place.name)}

    def save(self, path: str, text: str, known: str | None) -> Data:
        """Write a text; `known` is the digest of what is there, None where nothing should be.

        Where something else is there nothing is written, and the answer shows it. Raises TPError.
        """
        place = self._writable(path)
        there = read_program(place) if place.exists() else None
        content = _encoded(text, there)
        if there is not None and digest_of(there) != known and there != content:
            return _conflict(there, text, place.name)
        write_bytes(place, content)
        return {"path": self.shown(place), "digest": digest_of(content)}

    def _data(self, place: Path) -> Data:
        content = read_program(place)
        own = place.suffix == SUFFIX
        return {
            "name": place.stem,
            "text": opened(content, place.name),
            "path": self.shown(place) if own else None,
            "digest": digest_of(content) if own else None,
        }

    def _readable(self, path: str) -> Path:
        place = self._allowed(path)
        if place is None or (place != self._start and place.suffix not in READABLE):
            raise TPDataError(f"{path!r} is not below {self.root}, or no program")
        return place

    def _writable(self, path: str) -> Path:
        place = self._allowed(path)
        if place is None:
            raise TPDataError(
                f"{path!r} is not below {self.root}", mend="choose a name in that folder"
            )
        if place.suffix != SUFFIX:
            raise TPDataError(f"{path!r} is no {SUFFIX} file", mend=f"end its name in {SUFFIX}")
        return place

    def _allowed(self, path: str) -> Path | None:
        """The place that a name leads to; None where the editor has nothing to do there."""
        try:
            place = (self.root / as_path(path)).resolve()
        except (OSError, RuntimeError, ValueError):  # a loop of links
            return None
        inside = place.is_relative_to(self.root.resolve()) and place != self.root.resolve()
        return place if inside or place == self._start else None

    @property
    def _start(self) -> Path | None:
        return None if self.named is None else self.named.resolve()


def _is_new(named: Path) -> bool:
    """Whether a `.tp` file is not there and could be."""
    try:
        named.lstat()
    except FileNotFoundError:
        return named.suffix == SUFFIX and named.parent.is_dir()
    except (OSError, ValueError):  # what no file can be called
        pass
    return False


def _plain(text: str) -> str:
    """A text with the ends of line that a page has."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _encoded(text: str, before: bytes | None) -> bytes:
    """The bytes of a text, with the ends of line and the mark that the file had before."""
    try:
        content = text.encode()
    except UnicodeEncodeError as error:
        raise TPDataError(
            f"the character {text[error.start]!a} cannot be written", mend="delete it"
        ) from None
    if before is None:
        return content
    if b"\r\n" in before and b"\n" not in before.replace(b"\r\n", b""):
        content = content.replace(b"\n", b"\r\n")
    mark = b"\xef\xbb\xbf"
    return mark + content if before.startswith(mark) else content


def _conflict(there: bytes, text: str, name: str) -> Data:
    try:
        theirs = opened(there, name)
    except TPDataError:  # no text any more
        theirs = there.decode(errors="replace")
    return {
        "conflict": True,
        "text": theirs,
        "digest": digest_of(there),
        "diff": _difference(theirs, text),
    }


def _difference(theirs: str, mine: str) -> str:
    """Two texts beside each other, line by line."""
    before, after = theirs.splitlines(), mine.splitlines()
    if len(before) + len(after) > _COMPARED:
        return f"on disk {len(before)} lines, here {len(after)}"
    return "\n".join(difflib.unified_diff(before, after, "on disk", "here", lineterm=""))
