"""The width that a picture is printed in, and what to do where its text becomes too small."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

import tpgraph as tp
from tpgraph_cli.options import understood

if TYPE_CHECKING:
    from tpgraph import Drawing

__all__ = ["PictureWidth", "warn_of_small_print"]

LEAST_ON_A_PAGE = 6.0
"""The size in pt of labels below which a picture is not readable on paper."""
_MOST_PAGES = 16
"""High is a picture in rows that may be proposed."""
_SIDEWAYS = ("LR", "RL")
_PARTS = {True: "rows", False: "columns"}

PictureWidth = Annotated[
    float | None,
    typer.Option(
        "--width",
        metavar="LENGTH",
        parser=understood(lambda text: tp.notation.length_of(text)),
        help="Scale the picture to be this wide, such as 234pt (72 to the inch), 8.6cm or 3.25in;"
        " where text got below 7 pt it goes into rows, in PDF, TikZ and EPS on as many pages as"
        " these take.",
    ),
]


def warn_of_small_print(
    drawing: Drawing,
    width: float | None,
    folds: Callable[[], bool],
    direction: tp.notation.Direction,
) -> None:
    """Say what to do about text that is too small to read: at the width that was asked for, or
    without one on a page of paper; `folds` says whether folding would help.
    """
    if width is None:
        size, least, where = drawing.printed, LEAST_ON_A_PAGE, "on a page of paper its labels"
    else:
        size, least = drawing.text_size, tp.notation.LEAST_TEXT
        where = f"at a width of {width:.4g} pt its smallest text"
    if size >= least:
        return
    ways = ["fold what repeats (--fold)"] if folds() else []
    pages = None if width is not None else tp.notation.pages_in_rows(drawing, direction)
    if pages is not None and pages < _MOST_PAGES:
        high = f", {pages:.1f} pages high" if pages > 1 else ""
        ways.append(f"cut it into {_PARTS[direction in _SIDEWAYS]}{high} (--width 487pt)")
    if width is not None and drawing.is_wide and direction in _SIDEWAYS:
        ways.append("let it run downwards (--direction TB)")
    if not drawing.scene.plates:
        ways.append(f"draw fewer layers, time steps or SGD steps{_smaller(drawing)}")
    elif not ways:
        ways.append(tp.notation.HIDING)
    text = f"{where} would have {size:.1f} pt; {', or '.join(ways)}"
    warnings.warn(tp.TPWarning(text), stacklevel=2)


def _smaller(drawing: Drawing) -> str:
    """The constants of a program at half their values, as options; those that it has then."""
    source = drawing.source or ""
    halves = {name: (v + 1) // 2 for name, v in tp.language.whole_constants(source).items()}
    options = [f"--set {k}={half}" for k, half in halves.items() if _is_program(source, k, half)]
    return f" ({', '.join(options)})" if options else ""


def _is_program(source: str, name: str, value: int) -> bool:
    """Whether a text is a program with this value of a constant."""
    try:
        tp.parse(source, constants={name: value})
    except (tp.TPError, tp.TPErrorGroup):
        return False
    return True
