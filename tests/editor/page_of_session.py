"""What a page knows of a session, without a browser."""

from __future__ import annotations

import json
from typing import Any

from tpgraph.editor.session import Session

__all__ = ["Data", "Page"]

Data = dict[str, Any]


class Page:
    """What a page knows: the text, the fragments it shows, the revision that it has."""

    def __init__(self, text: str) -> None:
        self.session = Session()
        self.text = text
        self.shown: dict[str, Data] = {}
        self.take(self.ask("open", name="p")["view"])

    def ask(self, op: str, **content: Any) -> Data:
        request = {"op": op, "text": self.text, **content}
        answer = self.session.answer(json.loads(json.dumps(request)))
        found: Data = json.loads(json.dumps(answer, allow_nan=False))
        return found

    def take(self, view: Data) -> None:
        self.view = view
        picture = view["picture"]
        if picture is None:
            return
        if "full" in picture:
            self.shown = {f["key"]: f for f in picture["full"]}
            return
        for key in picture["go"]:
            del self.shown[key]
        for key, x, y in picture["move"]:
            self.shown[key] |= {"x": x, "y": y}
        for key, facts in picture["facts"].items():
            self.shown[key] |= facts
        for fragment in (*picture["change"], *picture["come"]):
            self.shown[fragment["key"]] = fragment
        if "order" in picture:
            self.shown = {key: self.shown[key] for key in picture["order"]}

    def type(self, text: str) -> None:
        self.text = text
        self.take(self.ask("sync", have=self.view["revision"])["view"])

    def edit(self, **do: Any) -> Data:
        answer = self.ask("edit", have=self.view["revision"], do=do)
        if "refused" not in answer:
            self.text = answer["text"]
            self.take(answer["view"])
        return answer

    def places(self) -> dict[str, tuple[float, float]]:
        return {k: (f["x"], f["y"]) for k, f in self.shown.items() if f["layer"] == "variables"}
