"""Commas too many, and lists."""

from __future__ import annotations

__all__ = ["MENDED", "STOPS"]

MENDED: list[tuple[str, str, str]] = [
    ("y = [u + v]", "[", "y = (u + v)"),
    ("y = u + v,", ",", "y = u + v"),
    ("y = max(u, , v)", ",", "y = max(u , v)"),
    ("y = max(u, v,)", ",", "y = max(u, v)"),
]

STOPS: list[tuple[str, str, str]] = []
