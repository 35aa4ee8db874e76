"""The engines that take limits."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from tpgraph.errors import TPDataError

__all__ = ["Engine", "check_engine"]

Engine: TypeAlias = Literal["auto", "exact", "sampled"]
"""Closed forms and quadrature, samples with error bars, or the first that reaches."""


def check_engine(engine: str) -> None:
    """Raise TPDataError for what is no engine."""
    if engine not in get_args(Engine):
        raise TPDataError(
            f"there is no engine {engine}", expected=" or ".join(map(repr, get_args(Engine)))
        )
