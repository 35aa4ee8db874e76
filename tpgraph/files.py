"""Files written whole or not at all, into the very place that a name stands for.

Symbolic links are followed, and what a file had before it keeps: mode, owner, attributes. A device,
a pipe or an open file such as /dev/stdout is written into; nothing is ever put in its place. So is
a file of several names (hard links), which all keep the same content: room for it is taken first.
"""

from __future__ import annotations

import difflib
import errno
import io
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tpgraph.errors import TPArgumentError, TPDataError, TPError
from tpgraph.locks import is_free, lock

__all__ = [
    "as_path",
    "atomic",
    "make_directory",
    "put_in_place",
    "remove_rests",
    "require_file",
    "require_folder",
    "set_aside",
    "take_room",
    "unreadable",
    "write_bytes",
    "write_text",
]

_LINKS = 40
"""Symbolic links that are followed to an open file; more are a loop."""

_OF_THE_DEVICE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG})
"""What the system says against a write for which the name of the file is not at fault."""

_LONGEST = 255
"""Bytes of a part of a path, on every usual file system."""


def as_path(name: str | Path) -> Path:
    """The path of this name. Raises TPDataError for one that no file can have."""
    try:
        encoded = os.fsencode(name)
    except UnicodeEncodeError:  # a lone surrogate
        encoded = b"\0"
    if b"\0" in encoded or any(len(part) > _LONGEST for part in encoded.split(b"/")):
        shown = str(name) if len(str(name)) <= 60 else f"{str(name)[:60]}…"
        raise TPArgumentError(
            f"{shown!r} cannot be the name of a file",
            expected=f"Unicode text without NUL, of at most {_LONGEST} bytes between two /",
        )
    return Path(name)


def unreadable(path: Path, error: OSError) -> TPDataError:
    """What is said of a file that cannot be read: why, and which of its folder was meant."""
    if isinstance(error, IsADirectoryError):
        return TPArgumentError(f"{path} cannot be read: it is a folder", mend="name a file in it")
    near = nearest_beside(path) if isinstance(error, FileNotFoundError) else None
    mend = f"did you mean {near}?" if near is not None else None
    if percent := re.fullmatch(r"(\d+(?:\.\d+)?) ?%", str(path)):
        mend = f"a part of the samples is written as {float(percent[1]) / 100:g}"
    return TPArgumentError(f"{path} cannot be read: {error.strerror}", mend=mend)


def nearest_beside(path: Path) -> Path | None:
    """The file of the same folder and ending whose name is nearest to that of a missing one."""
    near: list[str] = []
    with suppress(OSError):
        beside = [f.name for f in path.parent.iterdir() if f.suffix == path.suffix]
        near = difflib.get_close_matches(path.name, beside, 1)
    return path.parent / near[0] if near else None


def make_directory(path: Path) -> None:
    """Make a directory and its parents. Raises TPError where that is not possible."""
    as_path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise _no_folder(path) from None
    except OSError as error:
        raise TPArgumentError(f"folder {path} cannot be made: {error.strerror}") from None


@contextmanager
def atomic(
    path: Path, mode: int = 0o666, links: bool = True, lasting: bool = True
) -> Iterator[IO[bytes]]:
    """A binary file that takes the place of `path` when the block ends without an exception.

    A new file has `mode`, less the process's mask. What is no regular file, or one of several
    names, gets the content at the end of the block; without `links` its other names keep what it
    held, and the write is whole even where the process is killed. What need not be `lasting` may
    be torn where the machine loses its power, and `remove_rests` is left to the caller. Raises
    TPError where it cannot be written; what was there stays.
    """
    with _named(path):
        place = _place_of(path)
        if not place.is_regular or (links and place.is_shared):
            buffer = io.BytesIO()
            yield buffer
            place.fill(buffer.getbuffer())
            return
        if lasting:
            remove_rests(place.path.parent)
        with _part(place.path.parent, mode if place.status is None else 0o600) as (file, name):
            yield file
            file.flush()
            place.hand_on(file.fileno(), name)
            if lasting:
                os.fsync(file.fileno())
            os.replace(name, place.path)


def write_bytes(path: Path, content: bytes, links: bool = True) -> None:
    """Write a file atomically. Raises TPError where it cannot be written."""
    with atomic(path, links=links) as file:
        file.write(content)


def write_text(path: Path, text: str, links: bool = True) -> None:
    """Write a UTF-8 text atomically. Raises TPError where it cannot be written."""
    write_bytes(path, text.encode(), links)


def put_in_place(part: Path, path: Path) -> None:
    """Rename a file that is whole into the place that a name stands for, on one file system.

    Raises TPError where that is not possible; both files stay.
    """
    with _named(path):
        place = _place_of(path)
        if not place.is_regular:
            raise OSError(errno.EINVAL, "it is no regular file")
        with part.open("rb") as file:
            place.hand_on(file.fileno(), str(part))
        os.replace(part, place.path)


def require_file(path: Path) -> None:
    """Raise TPError where a file could not be written, before the work that makes its content.

    A byte is written beside it and removed again; devices and pipes are only asked.
    """
    with _named(path):
        place = _place_of(path)
        if place.is_regular and not place.is_shared:
            _try(place.path.parent)


def require_folder(path: Path) -> None:
    """Raise TPError where a folder could not be made, or nothing be written into it."""
    as_path(path)
    try:
        if path.exists() and not path.is_dir():
            raise _no_folder(path)
        if path.exists():
            _try(path)
            return
        above = next(folder for folder in path.absolute().parents if folder.exists())
        if not above.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if not _may_write(above):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        what = "written into" if path.is_dir() else "made"
        raise TPArgumentError(
            f"folder {path} cannot be {what}: {error.strerror}", mend="choose another one"
        ) from None


def _no_folder(path: Path) -> TPError:
    return TPArgumentError(
        f"{path} is a file, where a folder is wanted", mend="choose another place"
    )


def remove_rests(folder: Path) -> None:
    """Remove what writes that were killed left in a folder; those still going on keep theirs."""
    flags = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0)
    for rest in folder.glob(".tpgraph-*.part"):
        with suppress(OSError):
            descriptor = os.open(rest, flags)
            try:
                if is_free(descriptor):
                    rest.unlink()
            finally:
                os.close(descriptor)


def set_aside(path: Path) -> Path:
    """Rename a file that is not to be used, and never over another one; its new name.

    Raises TPError where that is not possible.
    """
    names = (path.with_name(f"{path.name}.damaged{number or ''}") for number in range(10**6))
    aside = next(name for name in names if not os.path.lexists(name))
    try:
        path.rename(aside)
    except OSError as error:
        raise TPError(
            f"{path} is damaged and cannot be set aside: {error.strerror}", mend="move it away"
        ) from None
    return aside


@dataclass(frozen=True)
class _Destination:
    """Where a name leads: the last of its links, what is there, the number of an open file."""

    path: Path
    status: os.stat_result | None
    descriptor: int | None

    @property
    def is_regular(self) -> bool:
        """Whether a file may be put there: a regular one, or none, is there now."""
        if self.descriptor is not None:
            return False
        return self.status is None or stat.S_ISREG(self.status.st_mode)

    @property
    def is_shared(self) -> bool:
        """Whether what is there has other names too."""
        return self.status is not None and self.status.st_nlink > 1

    def fill(self, content: memoryview) -> None:
        """Write into what is there, in the place of what a regular file holds."""
        with os.fdopen(self._open(), "wb") as stream:
            if not self.is_regular or self.status is None:
                stream.write(content)
                return
            take_room(stream.fileno(), self.status.st_size, len(content))
            stream.write(content)
            stream.truncate()
            stream.flush()
            os.fsync(stream.fileno())

    def _open(self) -> int:
        """The descriptor of what is written into."""
        if self.descriptor is not None:
            return os.dup(self.descriptor)
        return os.open(self.path, os.O_WRONLY | getattr(os, "O_NOCTTY", 0))

    def hand_on(self, descriptor: int, name: str) -> None:
        """Give mode, attributes and, where that is allowed, owner to the file that comes next."""
        if self.status is None:
            return
        if hasattr(os, "fchown"):
            with suppress(OSError):
                os.fchown(descriptor, self.status.st_uid, self.status.st_gid)
        shutil.copystat(self.path, name)
        os.utime(name)


def _place_of(path: Path) -> _Destination:
    """Where a name leads. Raises OSError where nothing can be written there."""
    descriptor = _open_file(path)
    if descriptor is not None:
        return _Destination(path, os.fstat(descriptor), descriptor)
    try:
        status = path.stat()
    except FileNotFoundError:
        status = None
    if status is not None and stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    if status is not None and not _may_write(path):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    if status is not None and not stat.S_ISREG(status.st_mode):
        return _Destination(path, status, None)
    real = Path(os.path.realpath(path))
    if not real.parent.exists():
        shown = path.parent if not path.is_symlink() else real.parent
        raise FileNotFoundError(errno.ENOENT, f"the folder {shown} is missing")
    return _Destination(real, status, None)


def _open_file(path: Path) -> int | None:
    """The number of this process's open file that a name such as /dev/stdout stands for."""
    own = (f"/proc/{os.getpid()}/fd", "/dev/fd")
    name = os.path.abspath(path)
    for _ in range(_LINKS):
        folder, last = os.path.split(name)
        if last.isdecimal() and os.path.realpath(folder) in own:
            return int(last)
        if not os.path.islink(name):
            return None
        name = os.path.normpath(os.path.join(folder, os.readlink(name)))
    return None


def take_room(descriptor: int, size: int, wanted: int) -> None:
    """Make a file so long, on the disk too. Raises OSError where there is no room: nothing is lost.

    Where the file system cannot promise room, it is not taken.
    """
    if wanted <= size or not hasattr(os, "posix_fallocate"):
        return
    try:
        os.posix_fallocate(descriptor, size, wanted - size)
    except OSError as error:
        os.ftruncate(descriptor, size)
        if error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise


def _may_write(path: Path) -> bool:
    """Whether the process may write to what is there, or into a folder."""
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _try(folder: Path) -> None:
    """Write a byte into a folder and remove it again. Raises OSError."""
    with _part(folder, 0o600) as (file, _):
        file.write(b"\n")
        file.flush()


@contextmanager
def _part(folder: Path, mode: int) -> Iterator[tuple[IO[bytes], str]]:
    """A new file in a folder, locked while it is written and removed unless it was renamed."""
    descriptor, name = _locked_part(folder, mode)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file, name
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)


def _locked_part(folder: Path, mode: int) -> tuple[int, str]:
    while True:
        name = str(folder / f".tpgraph-{secrets.token_hex(6)}.part")
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)
        if lock(descriptor) and os.path.exists(name):
            return descriptor, name
        os.close(descriptor)  # taken for a rest before it was locked


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """What the system says against writing a file, as a TPError that names it."""
    as_path(path)
    try:
        yield
    except OSError as error:
        mends = {
            errno.ENOENT: "make it first, or choose another place",
            errno.EISDIR: "name a file in it",
            errno.ENOSPC: "make room; what was there before is as it was",
        }
        kind = TPError if error.errno in _OF_THE_DEVICE else TPArgumentError
        raise kind(
            f"{path} cannot be written: {error.strerror or error}", mend=mends.get(error.errno or 0)
        ) from None
