"""The shelf: a box with every declared matrix as a dashed sample, with type and distribution.

Matrices have no mark of their own in the notation; while one edits they stand here, to be taken.
A family of many that are alike has one row.
"""

from __future__ import annotations

from itertools import groupby

from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.scene.scene import Edge, Label, Legend, Shelf, ShelfMatrix
from tpgraph.notation.scene.style import PAPER, Style

__all__ = ["build_shelf"]

_PITCH = 19.0  # between rows
_WIDTH = 30.0  # of a sample
_GAP = 6.0
_MANY = 6  # members behind the first from which a family has one row


def build_shelf(
    matrices: tuple[ShelfMatrix, ...], left: float, top: float, style: Style = PAPER
) -> Shelf:
    """The shelf whose box has its upper left corner at (left, top), in pt."""
    first = top - 2.1 * style.label_size - _PITCH / 2
    start = left + 2 * _GAP
    edges: list[Edge] = []
    labels: list[Label] = []
    right = start
    rows = _rows(matrices)
    for row, (matrix, label) in enumerate(rows):
        y = first - row * _PITCH
        ends = ((start, y), (start + _WIDTH, y))
        edges.append(Edge("matmul", matrix.name, matrix.name, ends, matrix=matrix.name,
                          color=matrix.color, span=matrix.span))  # fmt: skip
        words = Label(_row(matrix, label), start + _WIDTH + _GAP, y, "w", style.caption_size)
        labels.append(words)
        right = max(right, words.x + outline(words.text, words.size).width)
    bottom = first - (len(rows) - 0.5) * _PITCH - _GAP / 2
    right += 2 * _GAP
    title = Label(r"\text{Matrices}", (left + right) / 2, top - _GAP, "n", style.label_size)
    box = Legend(left, bottom, right, top, (), tuple(edges), (title, *labels))
    return Shelf(box, matrices)


def _rows(matrices: tuple[ShelfMatrix, ...]) -> list[tuple[ShelfMatrix, str]]:
    """The matrices that have a row, each with its label, `W^{2}, …, W^{9}` of a family."""
    rows: list[tuple[ShelfMatrix, str]] = []
    for (family, *_), members in groupby(matrices, _said_of_a_family):
        first, *others = members
        if family is None or len(others) < _MANY:
            rows += [(matrix, matrix.label) for matrix in (first, *others)]
        else:
            rows.append((first, rf"{first.label},\;\ldots,\;{others[-1].label}"))
    return rows


def _said_of_a_family(matrix: ShelfMatrix) -> tuple[str | bool | None, ...]:
    return matrix.family, matrix.type_label, matrix.distribution, matrix.trained, matrix.color


def _row(matrix: ShelfMatrix, label: str) -> str:
    r"""`W^{1}\; n \times d`."""
    trained = r",\;\text{trained}" if matrix.trained else ""
    return rf"{label}\;\;{matrix.type_label}{trained}"
