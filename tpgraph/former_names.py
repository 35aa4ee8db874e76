"""Arguments under the names that they had before.

    @takes_former_names({"style": ("theme", {}), "show_io": ("show", {True: "io", False: None})})

takes style="dark" as theme="dark", show_io=True as show="io", and show_io=False as the default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

from tpgraph.errors import TPTypeError

__all__ = ["FormerNames", "takes_former_names"]

P = ParamSpec("P")
R = TypeVar("R")

FormerNames: TypeAlias = Mapping[str, tuple[str, Mapping[Any, str | None]]]
"""For every former name the one of now, and what values are called now; None for the default."""


def takes_former_names(former: FormerNames) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator: the function takes its arguments by these former names too.

    Raises TPTypeError where an argument is given under two names.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def with_former(*given: P.args, **named: P.kwargs) -> R:
            return function(*given, **_renamed(former, named))

        return with_former

    return decorate


def _renamed(former: FormerNames, named: dict[str, Any]) -> dict[str, Any]:
    """The arguments by the names that they have now; of two former names the later says it."""
    found = {name: value for name, value in named.items() if name not in former}
    for old in (name for name in former if name in named):
        new, meanings = former[old]
        if new in named:
            raise TPTypeError(f"{old} and {new} are one", mend=f"give {new}")
        meaning = meanings.get(named[old], named[old]) if meanings else named[old]
        if meaning is not None:
            found[new] = meaning
    return found
