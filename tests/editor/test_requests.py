"""Every request with what does not belong in it: refused, or no request, and no exception."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest

import tpgraph as tp
from tpgraph.editor.requests import REQUESTS
from tpgraph.editor.session import Session, Unfit

MLP = tp.gallery.entry("mlp").text
HALF = "\ud800"
Data = dict[str, Any]

ASKED: dict[str, Data] = {
    "open": {},
    "sync": {},
    "tidy": {},
    "edit": {"do": {"edit": "rename", "name": "b", "to": "c"}},
    "select": {"mark": "variables/x[1]"},
    "accept": {"mark": "variables/b[1]"},
    "try": {"edits": [{"edit": "connect", "vector": "b[1]", "gate": "x[2]"}]},
    "classes": {},
    "folds": {},
    "complete": {"at": 3},
    "hover": {"at": 3},
    "copy": {"names": ["x[1]"]},
    "factors": {"vector": "x[1]"},
    "step": {"at": 0},
    "walk": {},
    "derive": {"what": "backward"},
    "annotate": {"width": 8, "limit": False},
    "numbers": {"width": 8, "limit": False},
    "limits": {},
    "export": {"format": "tp"},
}
"""A request of every kind that is about a text."""

TEXTS = [
    "",
    "\0",
    "\N{RIGHT-TO-LEFT OVERRIDE}",
    "\ufeff" + MLP,
    MLP.replace("\n", "\r\n"),
    "x" * 100_000,
    "(" * 3000,
    "for l in 1..1:\n",
]
WRONG: list[Any] = [None, [], {}, 1.5, True, -1, 10**40, [["x"]], {"a": 1}, float("nan")]


def answered(op: str, **content: Any) -> Data:
    """The answer of a session that has the MLP open, as JSON without NaN."""
    session = Session()
    session.answer({"op": "open", "text": MLP})
    answer = session.answer({"op": op, "text": MLP, **ASKED[op], **content})
    found: Data = json.loads(json.dumps(answer, allow_nan=False))
    return found


def test_every_kind_of_request_is_tried() -> None:
    assert set(ASKED) | {"gallery", "card"} == set(REQUESTS)


@pytest.mark.parametrize("op", ASKED)
def test_a_request_is_answered(op: str) -> None:
    assert "refused" not in answered(op)


@pytest.mark.parametrize("op", ASKED)
def test_texts_that_are_no_programs_are_answered(op: str) -> None:
    for text in TEXTS:
        assert answered(op, text=text)


@pytest.mark.parametrize("op", ASKED)
def test_half_of_a_character_is_refused_with_its_place(op: str) -> None:
    for text in (HALF, f"{MLP}# {HALF}", f"width n\nvector {HALF} : n ~ N(0, 1)\n"):
        refused = answered(op, text=text)["refused"]
        assert "U+D800" in refused["message"]
        assert text[refused["start"] : refused["end"]] == HALF


@pytest.mark.parametrize("op", [op for op in ASKED if ASKED[op]])
def test_what_is_of_another_kind_is_no_request(op: str) -> None:
    """Or is taken for one of the right kind, as a number for its digits."""
    for key, right in ASKED[op].items():
        for wrong in WRONG:
            if type(wrong) is not type(right):
                with suppress(Unfit):
                    assert answered(op, **{key: wrong})
        if isinstance(right, str):
            refused = answered(op, **{key: f"variables/{HALF}"})["refused"]
            assert "half of a character" in refused["message"]


@pytest.mark.parametrize("op", [*ASKED, "gallery"])
def test_what_nobody_asked_for_is_no_request(op: str) -> None:
    with pytest.raises(Unfit):
        Session().answer({"op": op, "text": MLP, **ASKED.get(op, {}), "more": 1})


def test_pictures_of_the_gallery_come_one_by_one() -> None:
    """Its programs are listed without them: who begins need not wait for all."""
    session = Session()
    found = session.answer({"op": "gallery"})["cards"]
    assert {"name", "title", "text"} == set(found[0])
    assert "mlp" in [card["name"] for card in found]
    assert session.answer({"op": "card", "name": "mlp"})["svg"].startswith("<")
    refused = session.answer({"op": "card", "name": "no such"})["refused"]
    assert "no program" in refused["message"]
    with pytest.raises(Unfit):
        session.answer({"op": "card"})


def test_what_would_fold_is_said_in_the_words_of_draw() -> None:
    said = answered("folds")
    with pytest.warns(tp.TPWarning) as caught:
        tp.draw(tp.gallery.entry("one_hidden").program(), fold=True)
    assert not said["folds"]
    assert str(caught[0].message) == said["why"]
