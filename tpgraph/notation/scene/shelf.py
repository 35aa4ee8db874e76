"""The shelf: a box with every declared matrix as a dashed sample, with type and distribution.

Matrices have no mark of their own in the notation; while one edits they stand here, to be taken.
"""

from __future__ import annotations

from tpgraph.notation.labels.mathtext import outline
from tpgraph.notation.scene.scene import Edge, Label, Legend, Shelf, ShelfMatrix
from tpgraph.notation.scene.style import PAPER, Style

__all__ = ["build_shelf"]

_PITCH = 19.0  # between rows
_WIDTH = 30.0  # of a sample
_GAP = 6.0


def build_shelf(
    matrices: tuple[ShelfMatrix, ...], left: float, top: float, style: Style = PAPER
) -> Shelf:
    """The shelf whose box has its upper left corner at (left, top), in pt: one row a matrix."""
    first = top - 2.1 * style.label_size - _PITCH / 2
    start = left + 2 * _GAP
    edges: list[Edge] = []
    labels: list[Label] = []
    right = start
    for row, matrix in enumerate(matrices):
        y = first - row * _PITCH
        ends = ((start, y), (start + _WIDTH, y))
        edges.append(Edge("matmul", matrix.name, matrix.name, ends, matrix=matrix.name,
                          color=matrix.color, span=matrix.span))  # fmt: skip
        words = Label(_row(matrix), start + _WIDTH + _GAP, y, "w", style.caption_size)
        labels.append(words)
        right = max(right, words.x + outline(words.text, words.size).width)
    bottom = first - (len(matrices) - 0.5) * _PITCH - _GAP / 2
    right += 2 * _GAP
    title = Label(r"\text{Matrices}", (left + right) / 2, top - _GAP, "n", style.label_size)
    box = Legend(left, bottom, right, top, (), tuple(edges), (title, *labels))
    return Shelf(box, matrices)


def _row(matrix: ShelfMatrix) -> str:
    r"""`W^{1}\; n \times d`."""
    trained = r",\;\text{trained}" if matrix.trained else ""
    return rf"{matrix.label}\;\;{matrix.type_label}{trained}"
