"""What is said where the exact engine does not reach: `auto` goes on with samples."""

from __future__ import annotations

from tpgraph.errors import Span, TPTypeError

__all__ = ["NotClosed", "refusal"]


class NotClosed(Exception):
    """The exact engine has no closed expression here; `reason` says for what, `where` in what."""

    def __init__(self, reason: str, where: str = "", span: Span | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where
        self.span = span


def refusal(error: NotClosed) -> TPTypeError:
    """The error for a user who asked for the exact engine."""
    place = f"in the exact limit of {error.where}: " if error.where else "in the exact limit: "
    return TPTypeError(
        f"{place}there is no closed form or bounded quadrature for {error.reason}",
        error.span,
        mend='let engine="sampled" (--engine sampled) evaluate it, with error bars',
    )
