"""Edits asked of the session: what is said of them before, and what of a text they take away."""

from __future__ import annotations

import pytest
from editor.page_of_session import Page
from editor.serving import MLP as UNREAD

import tpgraph as tp

MLP = tp.gallery.entry("mlp").text


@pytest.mark.parametrize(
    ("names", "all_go", "alone", "left"),
    [
        (["W[3]"], ["W[1]", "W[2]", "x[1]", "x[2]", "x[3]"], ["x[3]"], "x[2] = tanh(W[2] x[1]"),
        (["x[3]"], ["x[2]"], [], "x[2] = tanh(W[2] x[1]"),
        (["b[1]", "b[2]", "b[3]"], ["x[1]", "x[2]", "x[3]"], None, ""),
        (["x[2]"], ["x[3]"], None, ""),
        (["u"], ["x[1]", "x[2]", "x[3]"], None, ""),
    ],
)
def test_of_many_one_is_deleted_alone(
    names: list[str], all_go: list[str], alone: list[str] | None, left: str
) -> None:
    """What goes along is told before, of both ways where they differ; nothing else goes."""
    page = Page(UNREAD)
    do = {"edit": "delete", "names": names}
    dry = page.ask("edit", do=do, dry=True)
    assert (dry["dependants"], dry.get("here")) == (all_go, alone)
    if alone is None:
        return
    answer = page.ask("edit", do=do, scope="here", have=page.view["revision"])
    assert answer["title"].endswith(", only here")
    assert left in answer["text"]
    before, after = tp.parse(UNREAD), tp.parse(answer["text"])
    gone = {one for one in before.variables if one not in after.variables and "~" not in one}
    assert gone == {*names, *alone}


def test_of_a_mark_that_stands_for_many_none_is_deleted_alone() -> None:
    page = Page(MLP.replace("L = 3", "L = 8"))
    page.take(page.ask("sync", options={"fold": "yes"})["view"])
    name = page.shown["variables/x[l]"]["name"]
    assert "here" not in page.ask("edit", do={"edit": "delete", "names": [name]}, dry=True)


FIELDS = """program p
width n
width m = 2 n
dim d = 4
parametrization ntk
fn φ(z) = tanh(z)
data ξ : d
target y : 1
param U : n × d ~ N(0, 1) scale 2
param V : 1 × n ~ N(0, 1)
# about u
vector u : n ~ N(0, 1)
scalar s = 2
x = φ(U ξ + u)
f = V x
output f
loss (f - y)^2 / 2
label x = "q"
note "what is learned" at loss
"""


@pytest.mark.parametrize("empty", ["", "  "])
def test_a_field_that_is_emptied_takes_its_part_away_or_says_what_is_needed(empty: str) -> None:
    """Every one of the inspector that shows something."""
    page, gone, kept = Page(FIELDS), {}, {}
    program = tp.parse(FIELDS)
    for mark in (None, *(name for name in program.variables if "~" not in name)):
        about = page.ask("select", **({} if mark is None else {"name": mark}))["info"]
        for row in (row for row in about["rows"] if row["value"] and "choices" not in row):
            name = row.get("name", mark or "")
            do = {"edit": "set", "name": name, "field": row["field"], "value": empty}
            answer = page.ask("edit", do=do)
            key = name, row["field"]
            if "refused" in answer:
                kept[key] = answer["refused"]
            else:
                assert tp.parse(answer["text"])
                gone[key] = sorted({*FIELDS.splitlines()} ^ {*answer["text"].splitlines()})
    without_loss = ["loss (f - y)^2 / 2", 'note "what is learned" at loss']
    assert gone == {
        ("", "program"): ["program p"],
        ("m", "ratio"): ["width m", "width m = 2 n"],
        ("", "loss"): without_loss,
        ("loss", "formula"): without_loss,
        ("U", "scale"): ["param U : n × d ~ N(0, 1)", "param U : n × d ~ N(0, 1) scale 2"],
        ("u", "comment"): ["# about u"],
        ("x", "label"): ['label x = "q"'],
    }
    assert {field for _, field in kept} == {
        "const", "formula", "function", "mean", "shape", "variance"
    }  # fmt: skip
    for (name, _), refused in kept.items():
        assert refused["message"].startswith(f"{name} needs a ")
        assert refused["mend"].startswith("write one")
    written = page.ask("edit", do={"edit": "formula", "name": "loss", "formula": empty})
    assert written["title"] == "no loss"


NAMED = ("rename", "name", "unname", "write_out", "formula", "set", "loss")
OF_MANY = ("gate", "bargate", "delete", "repeat", "move", "duplicate")


@pytest.mark.parametrize("fold", ["no", "yes"])
def test_no_gesture_says_a_name_that_no_text_has(fold: str) -> None:
    """Whatever is done to an unnamed value, or told of it, is told by its formula."""
    page = Page(tp.gallery.entry("rnn").text.replace("T = 3", "T = 4"))
    page.take(page.ask("sync", options={"fold": fold})["view"])
    unnamed = [name for name in page.session.shown.names.values() if "~" in name]
    assert len(unnamed) > 2
    more = {"to": "z", "formula": "b", "field": "output", "value": "toggle"}
    for name in unnamed:
        edits = [{"edit": edit, "name": name, **more} for edit in NAMED]
        edits += [{"edit": edit, "names": [name], "vectors": [name, "b"]} for edit in OF_MANY]
        edits += [{"edit": edit, "vector": name, "gate": name} for edit in ("multiply", "readout")]
        edits += [
            {"edit": "connect", "vector": a, "gate": b} for a, b in (("b", name), (name, "f"))
        ]
        edits += [{"edit": "replace", "vector": name, "gate": "s[1]", "argument": 0}]
        edits += [{"edit": "disconnect", "gate": name, "argument": 0}]
        for do in edits:
            answer = page.ask("edit", do=do, dry=True)
            said = answer.get("refused") or {"title": answer.get("title")}
            words = [str(said.get(part)) for part in ("title", "message", "expected", "mend")]
            assert not any("~" in word for word in words), (do, words)
        offers = page.ask("accept", mark=next(k for k in page.shown if k.startswith("variables/b")))
        said = [*(t["says"] for t in offers["targets"].values()), *offers["refuses"].values()]
        assert not any("~" in words for words in said)
