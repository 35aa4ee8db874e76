"""Places that one process uses at a time.

A lock is the operating system's own on an open file: it ends with the process that holds it,
however that ends, so that nothing stale is ever left to remove. On Windows and on file systems
without such locks every place is free.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tpgraph.errors import TPError

if sys.platform != "win32":
    import fcntl

__all__ = ["alone", "is_free", "lock"]

_held: set[int] = set()
"""The files of `alone` that are open: a forked child closes them, or it would hold them on."""


def lock(descriptor: int) -> bool:
    """Lock an open file for this process; False where another one holds it."""
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def is_free(descriptor: int) -> bool:
    """Whether it is known that no process has locked an open file."""
    if sys.platform == "win32":
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def alone(place: Path) -> Iterator[None]:
    """Hold a folder, or a file, for the time of the block; its parent must be there.

    The lock is the file `.tpgraph.lock` in the folder, or `.NAME.lock` beside the file; it goes
    when the block ends. Raises TPError where another process holds it, or where it cannot be made.
    """
    file = place / ".tpgraph.lock" if place.is_dir() else place.with_name(f".{place.name}.lock")
    try:
        descriptor = _taken(file)
    except OSError as error:
        raise TPError(f"{place} cannot be used: {file}: {error.strerror}") from None
    if descriptor is None:
        raise TPError(
            f"{place} is in use by another run{_by(file)}",
            mend="wait until that one has ended, or choose another place",
        )
    _held.add(descriptor)
    try:
        yield
    finally:
        _held.discard(descriptor)
        with suppress(OSError):
            file.unlink()  # while it is locked, so that nobody else's is removed
        os.close(descriptor)


def _taken(file: Path) -> int | None:
    """An open and locked file of this name; None where another process has it."""
    while True:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(file, flags, 0o666)
        if not lock(descriptor):
            os.close(descriptor)
            return None
        if _is(descriptor, file):
            os.ftruncate(descriptor, 0)
            with suppress(OSError):  # the number is for reading alone; a disk may be full
                os.write(descriptor, f"{os.getpid()}\n".encode())
            return descriptor
        os.close(descriptor)  # its holder removed it in between


def _is(descriptor: int, file: Path) -> bool:
    """Whether an open file still has this name."""
    try:
        return os.path.samestat(os.fstat(descriptor), os.stat(file))
    except FileNotFoundError:
        return False


def _by(file: Path) -> str:
    """The number of the process that holds a lock, where it is known."""
    try:
        number = file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
    return f" (process {number})" if number.isdecimal() else ""


def _let_go() -> None:
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
