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

_SHOWN: Mapping[str, Mapping[Any, str]] = {
    "show_io": {True: "io", False: "body"},
    "view": {"editing": "all", "paper": "body"},
}


def takes_former_names(function: Callable[P, R]) -> Callable[P, R]:
    """The function, which takes `style`, `show_io` and `view` too.

    Raises TPTypeError where an argument is given under two names.
    """

    @wraps(function)
    def with_former(*given: P.args, **named: P.kwargs) -> R:
        return function(*given, **_renamed(named))

    return with_former


def _renamed(named: dict[str, Any]) -> dict[str, Any]:
    """The arguments by the names that they have now."""
    if not named.keys() & {"style", "show_io", "view"}:
        return named
    found = dict(named)
    for old, new in (("style", "theme"), ("show_io", "show"), ("view", "show")):
        if old not in found:
            continue
        value = found.pop(old)
        meaning = _SHOWN[old].get(value, value) if old in _SHOWN else value
        if new in named:
            raise TPTypeError(f"{old} and {new} are one", mend=f"give {new}")
        if found.get(new) not in ("io", "all") or meaning == "all":
            found[new] = meaning
    return found
