"""What is said where nothing folds, and what would."""

from __future__ import annotations

from tpgraph.errors import TPWarning

__all__ = ["UnfoldedWarning", "unfolded_text"]

_ONE_BY_ONE = "three or more layers do that have one name, x[l] of x[l-1] for l in 1..L"


class UnfoldedWarning(TPWarning):
    """Nothing was folded, whether or not something `repeats`; with a `setting` it would be."""

    def __init__(self, repeats: bool, setting: str | None = None) -> None:
        super().__init__(unfolded_text(repeats, setting))
        self.repeats = repeats


def unfolded_text(repeats: bool, setting: str | None = None) -> str:
    """Why nothing folds, and what would: the `setting` of a constant or of steps, or what is
    written in a loop instead of one by one.
    """
    if setting is not None:
        return f"nothing is folded: too little repeats; with {setting} it is"
    none = "no layer, time step or SGD step repeats three times"
    why = "what repeats cannot be put in a plate" if repeats else none
    return f"nothing is folded: {why}; {_ONE_BY_ONE}"
