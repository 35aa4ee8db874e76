"""What commands say beside their result, on standard error."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import typer

import tpgraph as tp

__all__ = ["warnings_on_stderr"]


@contextmanager
def warnings_on_stderr() -> Iterator[None]:
    """What tpgraph warns of as plain lines on standard error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for one in caught:
        if isinstance(one.message, tp.TPWarning):
            typer.echo(str(one.message), err=True)
        else:
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
