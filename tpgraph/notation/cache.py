"""The disk cache: small files that may always be deleted, and are only believed when intact.

The directory is $TPGRAPH_CACHE_DIR, else the platform's own for caches: $XDG_CACHE_HOME/tpgraph or
~/.cache/tpgraph on Linux. A file holds the SHA-256 of its payload, then the payload. A folder in it
is held to LIMIT bytes: the oldest files give way. Nothing here raises: a cache that cannot be read
or written is a cache that misses.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

import platformdirs

from tpgraph.errors import TPError
from tpgraph.files import atomic, remove_rests

__all__ = ["cache_directory", "load_cached", "store_cached"]

LIMIT = 64 * 2**20
"""Bytes on disk of a folder: ten thousand labels, or twenty versions of a compiled Graphviz."""

_DIGEST_BYTES = hashlib.sha256().digest_size
_BLOCK = 4096

_stored: dict[Path, int] = {}
"""Bytes that this process stored in a folder since it last looked after its size."""


def cache_directory() -> Path | None:
    """The cache directory of the user, or None where there is none."""
    if own := os.environ.get("TPGRAPH_CACHE_DIR"):
        return Path(own)
    try:
        found = platformdirs.user_cache_path("tpgraph", appauthor=False)
    except RuntimeError:  # no home directory can be determined
        return None
    return found if found.is_absolute() else None  # older versions say "~/.cache" then


def load_cached(name: str) -> bytes | None:
    """The payload stored under the relative path `name`; None if it is absent or not to be trusted.

    A file is trusted that this user owns, that nobody else can write, and whose digest fits: the
    payload may be machine code.
    """
    directory = cache_directory()
    if directory is None:
        return None
    try:
        descriptor = os.open(directory / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as file:
            content = file.read() if _is_trusted(os.fstat(descriptor)) else b""
    except (OSError, ValueError):
        return None
    digest, payload = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    return payload if digest and hashlib.sha256(payload).digest() == digest else None


def _is_trusted(status: os.stat_result) -> bool:
    if not stat.S_ISREG(status.st_mode):
        return False
    if not hasattr(os, "geteuid"):
        return True
    foreign_write = stat.S_IWGRP | stat.S_IWOTH
    return status.st_uid == os.geteuid() and not status.st_mode & foreign_write


def store_cached(name: str, payload: bytes) -> None:
    """Store `payload` under the relative path `name`, atomically, or not at all.

    The first file that a process stores in a folder looks after the folder's size, and then one of
    every LIMIT/16 bytes.
    """
    directory = cache_directory()
    if directory is None:
        return
    target = directory / name
    with contextlib.suppress(OSError, ValueError, TPError):
        if not target.parent.exists():
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with atomic(target, mode=0o600, links=False, lasting=False) as file:
            file.write(hashlib.sha256(payload).digest() + payload)
        if _is_due(target.parent, _occupied(_DIGEST_BYTES + len(payload))):
            _make_room(target.parent)


def _is_due(folder: Path, stored: int) -> bool:
    """Whether a folder, into which so many bytes went now, is to be looked after."""
    more = _stored.get(folder, LIMIT) + stored
    due = more >= LIMIT // 16
    _stored[folder] = 0 if due else more
    return due


def _occupied(size: int) -> int:
    """The bytes on disk of a file of this size."""
    return -(-size // _BLOCK) * _BLOCK


def _make_room(folder: Path) -> None:
    """Remove what killed writes left in a folder, and where it has grown over LIMIT the oldest
    files and some more.
    """
    remove_rests(folder)
    found = []
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):  # another process may remove it first
            status = entry.stat(follow_symlinks=False)
            if stat.S_ISREG(status.st_mode) and not entry.name.startswith("."):
                found.append((status.st_mtime, entry.name, _occupied(status.st_size)))
    total = sum(size for _, _, size in found)
    if total <= LIMIT:
        return
    for _, name, size in sorted(found):
        if total <= LIMIT - LIMIT // 8:
            return
        with contextlib.suppress(OSError):
            os.unlink(folder / name)
        total -= size
