"""The engines that take limits, and what is said where the exact one does not reach."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

from tpgraph.errors import TPDataError, TPTypeError
from tpgraph.limits.exact.terms import NotClosed

__all__ = ["Engine", "check_engine", "refusal"]

Engine: TypeAlias = Literal["auto", "exact", "sampled"]
"""Closed forms and quadrature, samples with error bars, or the first that reaches."""


def check_engine(engine: str) -> None:
    """Raise TPDataError for what is no engine."""
    if engine not in get_args(Engine):
        raise TPDataError(
            f"there is no engine {engine}", expected=" or ".join(map(repr, get_args(Engine)))
        )


def refusal(error: NotClosed) -> TPTypeError:
    """The error for a user who asked for the exact engine."""
    place = f"in the exact limit of {error.where}: " if error.where else "in the exact limit: "
    return TPTypeError(
        f"{place}there is no closed form or bounded quadrature for {error.reason}",
        error.span,
        mend='let engine="sampled" (--engine sampled) evaluate it, with error bars',
    )
