"""The editor as a widget: the page's modules joined into one, a session in this process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anywidget
import traitlets

from tpgraph.editor.background import Background
from tpgraph.editor.joined import WEB, joined
from tpgraph.editor.lanes import is_long, needs_numbers
from tpgraph.editor.session import Session, Unfit
from tpgraph.program.naming import UNNAMED

__all__ = ["EditorWidget"]


class EditorWidget(anywidget.AnyWidget):
    """An editor in a cell. `value` is the text of the program, `name` what its files are called.

    Hosts send values back to the page that it wrote long ago. So each is signed in the message that
    brings it: whose it is and its number, and the one that was known when it was written.
    """

    _esm = joined(WEB, "notebook.js")
    _css = (WEB / "style.css").read_text(encoding="utf-8")
    value = traitlets.Unicode("").tag(sync=True)
    name = traitlets.Unicode(UNNAMED).tag(sync=True)
    _signed = traitlets.List(traitlets.Unicode(), default_value=[":0", ""]).tag(sync=True)
    _from_page: str | None = None
    """The value that comes from the page just now."""

    _written = 0
    """How many values did not come from the page."""

    def __init__(self, value: str = "", name: str = UNNAMED) -> None:
        super().__init__(value=value, name=name)
        self._session = Session()
        self._background = Background()
        self._plots: dict[int, Mapping[str, Any]] = {}
        self.on_msg(self._hear)

    def close(self) -> None:
        """End the widget, and what it works at."""
        self._background.close()
        super().close()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Hear what the page has set; a value without a signature is none of the page's own."""
        self._from_page = sync_data.get("value") if "_signed" in sync_data else None
        try:
            super().set_state(sync_data)
        finally:
            self._from_page = None

    def notify_change(self, change: traitlets.Bunch) -> None:
        """Tell the page what has changed here, a value together with its signature."""
        if change["name"] != "value" or change["new"] == self._from_page:
            super().notify_change(change)
            return
        self._written += 1
        with self.hold_sync():
            self._signed = [f":{self._written}", self._signed[0]]
            super().notify_change(change)

    def _hear(self, widget: Any, content: Any, buffers: Any) -> None:
        """Answer a message of the page: {"number"} with a "request", or "look" or "cancel".

        The answer has the number, and "answer", or the "stages" of work that goes on.
        """
        if not isinstance(content, dict) or not isinstance(content.get("number"), int):
            return
        number, request = content["number"], content.get("request")
        if content.get("cancel"):
            self._background.cancel(number)
            self._plots.pop(number, None)
            return
        found = self._begun(number, request) if isinstance(request, dict) else self._looked(number)
        if found:
            self.send({"number": number, **found})

    def _begun(self, number: int, request: dict[str, Any]) -> dict[str, Any]:
        """What there is to say at once of a request."""
        op, content = str(request.get("op")), {k: v for k, v in request.items() if k != "op"}
        if needs_numbers(op, content):
            self._plots[number] = request
            op, content = "numbers", {k: v for k, v in content.items() if k != "have"}
        elif not is_long(op):
            return {"answer": self._answered(request)}
        self._background.begin(number, op, content)
        return self._looked(number)

    def _looked(self, number: int) -> dict[str, Any]:
        """How far some work is; numbers that are found are drawn in the picture here."""
        found = self._background.look(number)
        if "answer" in found and (asked := self._plots.pop(number, None)) is not None:
            numbers = found["answer"]
            if "annotations" in numbers:
                return {"answer": self._answered({**asked, "numbers": numbers})}
        return found

    def _answered(self, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return self._session.answer(request)
        except Unfit as error:
            return {"refused": {"message": str(error)}}
