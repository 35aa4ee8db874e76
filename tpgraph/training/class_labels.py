"""Class labels as targets: text or whole numbers, each as the entries of a target.

    a target of k > 1 entries    one-hot: 1 at the place of the class, 0 elsewhere
    a target of one entry        −1 for the first of two classes, 1 for the second

Labels that are whole numbers 0 … k − 1 are the places themselves; others are put in order, whole
numbers by size, text by its characters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tpgraph.errors import Span, TPDataError, TPWarning, warn
from tpgraph.training.wanted_columns import of_size
from tpgraph.types import Dimension

__all__ = ["as_label", "classes_of", "labels_at", "places_at", "target_rows"]

Array = npt.NDArray[np.float64]
_SHOWN = 5


def as_label(cell: str) -> str:
    """A label as it is compared: `3`, `3.0` and ` 3` are one.

    >>> as_label(" 3.0"), as_label("cat "), as_label("2.5")
    ('3', 'cat', '2.5')
    """
    text = cell.strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else text


def classes_of(
    labels: Sequence[str], entries: Dimension, what: str, span: Span | None
) -> tuple[str, ...]:
    """The classes of a target with so many entries, in order; a TPWarning where entries are left
    that no class has. Raises TPDataError.

    >>> from tpgraph.types import Fixed
    >>> classes_of(["b", "a", "b"], Fixed(2), "y", None)
    ('a', 'b')
    >>> classes_of(["2", "0"], Fixed(3), "y", None)
    ('0', '1', '2')
    """
    found, size = sorted(set(labels), key=_order), entries.size({})
    most = 2 if size == 1 else size
    if size > 1 and all(_is_place(label, size) for label in found):
        return tuple(str(place) for place in range(size))
    some = ", ".join(found[:_SHOWN]) + (" …" if len(found) > _SHOWN else "")
    if len(found) > most:
        raise TPDataError(
            f"{what} has {len(found)} classes ({some}), more than its target tells apart",
            span,
            f"at most {most} classes",
            of_size(entries, len(found)),
        )
    if 1 < len(found) < size:
        warn(
            TPWarning(
                f"{what} has {len(found)} classes ({some}), its target {size} entries;"
                f" {of_size(entries, len(found))}",
                span,
            )
        )
    return tuple(found)


def target_rows(
    labels: Sequence[str],
    classes: Sequence[str],
    size: int,
    what: str,
    span_of: Callable[[int], Span] | None = None,
) -> Array:
    """The entries (N, size) of a target for these labels. Raises TPDataError for another class.

    `span_of` a row is its place in a file.
    """
    places = {label: place for place, label in enumerate(classes)}
    for row, label in enumerate(labels):
        if label not in places:
            span = None if span_of is None else span_of(row)
            raise TPDataError(
                f"{what} has the class {label!r}", span, f"one of {', '.join(classes[:20])}"
            )
    chosen = np.array([places[label] for label in labels])
    if size == 1:
        return np.where(chosen[:, None] == 0, -1.0, 1.0)
    rows = np.zeros((len(labels), size))
    rows[np.arange(len(labels)), chosen] = 1.0
    return rows


def labels_at(outputs: npt.NDArray[np.floating], classes: Sequence[str]) -> list[str]:
    """The class that each row of outputs (N, k) speaks for."""
    return [classes[place] for place in places_at(outputs, len(classes))]


def places_at(outputs: npt.NDArray[np.floating], classes: int) -> npt.NDArray[np.int64]:
    """The number of the class that each row of outputs (N, k) speaks for: its largest entry of
    those that a class has, or its sign.

    >>> places_at(np.array([[0.1, 0.2, 0.9]]), 2), places_at(np.array([[-0.5], [0.5]]), 2)
    (array([1]), array([0, 1]))
    """
    if outputs.shape[1] == 1:
        return np.where(outputs[:, 0] > 0, classes - 1, 0)
    return np.asarray(outputs[:, :classes].argmax(axis=1))


def _order(label: str) -> tuple[int, float, str]:
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label


def _is_place(label: str, size: int) -> bool:
    return label.isdecimal() and label.isascii() and int(label) < size
