"""Stored results that are believed only while they are whole: a checksum and a version with each.

tpgraph.drift-state/2 KEY 3f5a…   then the content: bytes that are sealed
{"schema": …, …, "sha256": …}     a JSON document that is sealed
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import Damage, encode_array

__all__ = ["digest", "open_bytes", "open_document", "seal_bytes", "seal_document"]


def digest(label: str, arrays: Mapping[str, npt.ArrayLike] | Mapping[str, bytes]) -> str:
    """The SHA-256 of a label, and of arrays (or their NPY files) under their names."""
    found = hashlib.sha256(f"{len(label.encode())} ".encode() + label.encode())
    for name in sorted(arrays):
        value = arrays[name]
        content = value if isinstance(value, bytes) else encode_array(np.asarray(value))
        found.update(f" {len(name.encode())} {name} {len(content)} ".encode())
        found.update(content)
    return found.hexdigest()


def seal_bytes(label: str, content: bytes) -> bytes:
    """Content behind a line with its label, which says version and purpose, and its checksum."""
    return _line(label, content) + content


def open_bytes(label: str, sealed: bytes) -> bytes:
    """The content of what was sealed under this label. Raises Damage."""
    first, newline, content = sealed.partition(b"\n")
    if first + newline == _line(label, content):
        return content
    if newline and not first.startswith(label.encode() + b" "):
        raise Damage(f"it is not of the version {label}")
    raise Damage("its checksum is another one")


def seal_document(document: Mapping[str, Any]) -> str:
    """A JSON document with the checksum of all that it says."""
    sealed = {**document, "sha256": _checksum(document)}
    return json.dumps(sealed, indent=2, ensure_ascii=False) + "\n"


def open_document(schema: str, text: bytes) -> dict[str, Any]:
    """A sealed JSON document of this schema, without its checksum. Raises Damage."""
    try:
        found = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Damage(f"it is no JSON: {error}") from None
    if not isinstance(found, dict) or "schema" not in found:
        raise Damage("it has no schema")
    if found["schema"] != schema:
        raise Damage(f"it is of the version {str(found['schema'])[:80]!r}, not {schema}")
    if found.pop("sha256", None) != _checksum(found):
        raise Damage("its checksum is another one")
    return found


def _line(label: str, content: bytes) -> bytes:
    checksum = hashlib.sha256(label.encode() + b"\n" + content).hexdigest()
    return f"{label} {checksum}\n".encode()


def _checksum(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
