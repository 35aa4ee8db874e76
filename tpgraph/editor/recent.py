"""Pictures that were shown, by their text: whoever undoes an edit finds every mark where it was."""

from __future__ import annotations

from collections import OrderedDict

from tpgraph.editor.pictures import Shown

__all__ = ["RecentPictures"]

_MOST = 200
_MARKS = 20_000  # of all pictures together


class RecentPictures:
    """The pictures of the texts shown last, as many as have not too many marks together."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Shown] = OrderedDict()

    def of(self, revision: str) -> Shown | None:
        """The picture that was shown of a revision of the text."""
        return self._known.get(revision)

    def remember(self, revision: str, found: Shown) -> None:
        """Keep a picture; those not seen for longest go."""
        self._known[revision] = found
        self._known.move_to_end(revision)
        marks = sum(_marks(shown) for shown in self._known.values())
        while len(self._known) > 1 and (len(self._known) > _MOST or marks > _MARKS):
            _, gone = self._known.popitem(last=False)
            marks -= _marks(gone)

    def forget(self) -> None:
        """Forget all: marks have been put in order."""
        self._known.clear()


def _marks(found: Shown) -> int:
    return len(found.diagram.vertices) + len(found.diagram.gates)
