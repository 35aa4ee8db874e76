"""The editor as a widget: the page's modules joined into one, a session in this process."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets

from tpgraph.editor.joined import WEB, joined
from tpgraph.editor.session import Session, Unfit

__all__ = ["EditorWidget"]


class EditorWidget(anywidget.AnyWidget):
    """An editor in a cell. `value` is the text of the program, `name` what its files are called."""

    _esm = joined(WEB, "notebook.js")
    _css = (WEB / "style.css").read_text(encoding="utf-8")
    value = traitlets.Unicode("").tag(sync=True)
    name = traitlets.Unicode("program").tag(sync=True)

    def __init__(self, value: str = "", name: str = "program") -> None:
        super().__init__(value=value, name=name)
        self._session = Session()
        self.on_msg(self._hear)

    def _hear(self, widget: Any, content: Any, buffers: Any) -> None:
        """Answer a request of the page; `number` tells it which."""
        if not isinstance(content, dict) or not isinstance(content.get("request"), dict):
            return
        try:
            answer = self._session.answer(content["request"])
        except Unfit as error:
            answer = {"refused": {"message": str(error)}}
        self.send({"number": content.get("number"), "answer": answer})
