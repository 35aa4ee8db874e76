"""Arguments of drawing under the names that they had before.

style="dark"      theme="dark"
show_io=True      show="io"
view="editing"    show="all"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from tpgraph.errors import TPTypeError

__all__ = ["takes_former_names"]

P = ParamSpec("P")
R = TypeVar("R")

_FORMER: Mapping[str, tuple[str, Mapping[Any, str]]] = {
    "style": ("theme", {}),
    "show_io": ("show", {True: "io", False: "body"}),
    "view": ("show", {"editing": "all", "paper": "body"}),
}
"""For every former name the one of now, and what values are called now."""


def takes_former_names(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which takes `style`, `show_io` and `view` too.

    Raises TPTypeError where an argument is given under two names.
    """

    @wraps(function)
    def with_former(*given: P.args, **named: P.kwargs) -> R:
        return function(*given, **_renamed(named))

    return with_former


def _renamed(named: dict[str, Any]) -> dict[str, Any]:
    """The arguments by the names that they have now; of two that ask for parts, the later says it,
    unless it asks for the body, which is in all.
    """
    found = {name: value for name, value in named.items() if name not in _FORMER}
    for old in (name for name in _FORMER if name in named):
        new, meanings = _FORMER[old]
        if new in named:
            raise TPTypeError(f"{old} and {new} are one", mend=f"give {new}")
        meaning = meanings.get(named[old], named[old])
        if meaning != "body" or new not in found:
            found[new] = meaning
    return found
