"""The disk cache: small files that may always be deleted, and are only believed when intact.

The directory is $TPGRAPH_CACHE_DIR, else $XDG_CACHE_HOME/tpgraph, else ~/.cache/tpgraph. A file
holds the SHA-256 of its payload, then the payload. Nothing here raises: a cache that cannot be
read or written is a cache that misses.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path

from tpgraph.errors import TPError
from tpgraph.files import atomic

__all__ = ["cache_directory", "load_cached", "store_cached"]

_DIGEST_BYTES = hashlib.sha256().digest_size


def cache_directory() -> Path | None:
    """The cache directory of the user, or None where there is none."""
    if own := os.environ.get("TPGRAPH_CACHE_DIR"):
        return Path(own)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "tpgraph"
    try:
        return Path.home() / ".cache" / "tpgraph"
    except RuntimeError:  # no home directory can be determined
        return None


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
    """Store `payload` under the relative path `name`, atomically, or not at all."""
    directory = cache_directory()
    if directory is None:
        return
    target = directory / name
    with contextlib.suppress(OSError, ValueError, TPError):
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with atomic(target, mode=0o600) as file:
            file.write(hashlib.sha256(payload).digest() + payload)
