"""Options of the form NAME=VALUE, which may be given several times: one reader for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import tpgraph as tp
from tpgraph_cli.numbers import OptionError, in_option, shown

__all__ = ["named_values"]

T = TypeVar("T")


def named_values(
    option: str, given: Iterable[str] | None, expected: str, read: Callable[[str, str], T]
) -> dict[str, T]:
    """`["L=10", "s=1/2"]` by name, as `read` takes a text and what messages call it, `L=`.

    Raises OptionError for what is not NAME=VALUE, as `expected` says with an example, and for a
    name that is given twice.
    """
    found: dict[str, T] = {}
    for one in given or ():
        before, equals, text = one.partition("=")
        name = "".join(before.split())
        if not (equals and name):
            said = f"{shown(one)} is not understood"
            raise OptionError(said, in_option(option, one), expected)
        tp.bounds.NAME.require(len(name), f"{option} {shown(name)} has a name of {len(name)}")
        if name in found:
            raise OptionError(f"{option} gives {shown(name)} twice", in_option(option, one))
        try:
            found[name] = read(text.strip(), f"{shown(name)}=")
        except tp.TPError as error:
            start = len(before) + len(equals)
            error.at(tp.Span(tp.shell.Source(option, one), start, max(start + 1, len(one))))
            raise _parted(error, option, one) from None
    return found


def _parted(error: tp.TPError, option: str, given: str) -> tp.TPError:
    """The same error; of several names behind one option it says how each gets its own."""
    parts = [part.strip() for part in given.split(",")]
    if len(parts) < 2 or not all("=" in part for part in parts):
        return error
    apart = " ".join(f"{option} {shown(part)}" for part in parts)
    return OptionError(error.message, error.span, error.expected, f"write {apart}")
