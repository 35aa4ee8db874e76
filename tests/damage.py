"""Bytes that a disk, a cable or a hand has changed."""

from __future__ import annotations

import numpy as np


def damaged(content: bytes, count: int) -> list[bytes]:
    """So many copies with one byte changed, and half as many that are cut off; always the same."""
    rng = np.random.default_rng(len(content))
    places, flips = rng.integers(len(content), size=count), rng.integers(1, 256, size=count)
    found = []
    for place, flip in zip(places, flips, strict=True):
        changed = bytearray(content)
        changed[place] ^= flip
        found.append(bytes(changed))
    return found + [content[:end] for end in rng.integers(len(content), size=count // 2)]
