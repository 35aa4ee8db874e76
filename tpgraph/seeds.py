"""Streams of random numbers by what they are for."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from tpgraph.hyperparameters import require_whole

__all__ = ["require_seed", "seed_sequence"]


def require_seed(seed: int | np.random.SeedSequence) -> None:
    """Raises TPDataError for what is neither a whole number ≥ 0 nor a sequence of them."""
    if not isinstance(seed, np.random.SeedSequence):
        require_whole(seed, "seed", 0)


def seed_sequence(seed: int, *content: str | int | float) -> np.random.SeedSequence:
    """The seeds of what `content` names: `SeedSequence(seed, spawn_key=SHA-256 of content)`.

    Unequal contents have independent streams, and a content has the same one for ever.

    >>> rng = np.random.default_rng(seed_sequence(0, "weights", 50, 3))
    >>> rng.integers(1000)
    np.int64(202)
    """
    digest = hashlib.sha256(json.dumps(content).encode()).digest()
    words = np.frombuffer(digest, dtype="<u4")
    return np.random.SeedSequence(seed, spawn_key=tuple(int(word) for word in words))
