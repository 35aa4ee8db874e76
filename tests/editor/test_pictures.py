"""Pictures of a session: they stay while one edits, go back as they were, fold and unfold."""

from __future__ import annotations

import base64
import json
import random
from copy import deepcopy

import pytest
from editor.page_of_session import Page

import tpgraph as tp
from tpgraph.editor import recent
from tpgraph.editor.recent import RecentPictures
from tpgraph.notation.painters.fragments import fragments_of

MLP = tp.gallery.entry("mlp").text


def test_the_matrices_stand_beside_a_folded_picture_not_in_it() -> None:
    text = "width n\nconst L = 200\nvector x[0] : n ~ N(0, 1)\nmatrix W[1..L] : n × n ~ N(0, 1)\n"
    page = Page(text + "for l in 1..L:\n    x[l] = tanh(W[l] x[l-1])\n")
    assert {"plates/l"} <= set(page.shown)
    assert len(page.view["shelf"]) == 200
    assert not any(key.startswith("legend") for key in page.shown)


def test_marks_stay_while_something_is_added() -> None:
    page = Page(MLP)
    before = page.places()
    page.type(MLP.replace("f = V x[L]", "q = tanh(x[L])\nf = V x[L]"))
    after = page.places()
    assert set(after) - set(before) == {"variables/q"}
    assert all(abs(after[k][1] - y) < 5 for k, (_, y) in before.items())
    assert len(json.dumps(page.view["picture"])) < 10_000


def test_a_text_that_is_mostly_new_is_laid_out_from_scratch() -> None:
    """As fast as when it is opened, and alike; marks that stay would be lost among it anyway."""
    lines = "".join(f"y_{k} = tanh(u + v)\n" for k in range(30))
    text = f"width n\nvector u, v : n ~ N([0, 0], [[1, 0], [0, 1]])\n{lines}"
    page = Page(MLP)
    page.type(text)
    assert page.places() == Page(text).places()
    more = text.replace("y_29 = tanh(u + v)\n", "y_29 = tanh(u + v)\nz = tanh(u)\n")
    before = page.places()
    page.type(more)
    assert all(abs(page.places()[k][1] - y) < 5 for k, (_, y) in before.items())


def test_differences_add_up_to_the_whole_picture() -> None:
    page = Page(MLP)
    rng = random.Random(3)
    text = MLP
    for k in range(6):
        source = rng.choice(["x[1]", "x[2]", "b[1]", "x[L]"])
        text = text.replace("f = V x[L]", f"q{k} = tanh({source})\nf = V x[L]")
        page.type(text)
    whole = page.session.answer({"op": "sync", "text": text, "have": None})["view"]["picture"]
    assert {f["key"]: f for f in whole["full"]} == page.shown


def test_what_is_said_of_a_line_that_stays_is_up_to_date() -> None:
    page = Page("width n\nvector a, b : n ~ N([0, 0], [[1, 0], [0, 1]])\ny = tanh(a + b)\n")
    page.edit(edit="disconnect", gate="y", argument=0)
    assert page.shown["edges/b→y:gate"]["argument"] == 0
    assert page.shown["variables/y"]["title"].endswith("made from b")


def test_tidy_is_the_layout_of_draw() -> None:
    page = Page(MLP)
    page.type(MLP.replace("f = V x[L]", "q = tanh(b[1])\nf = V x[L]"))
    page.take(page.ask("tidy")["view"])
    scene = tp.draw(tp.parse(page.text), show="all").scene
    at = {n.id: (round(n.x, 2), round(-n.y, 2)) for n in scene.nodes if ":" not in n.id}
    for key, place in page.places().items():
        assert place == pytest.approx(at[key.partition("/")[2]])


def test_who_goes_back_to_a_text_finds_the_picture_that_it_had() -> None:
    """Even where marks gave way meanwhile, as for a gate with more inputs."""
    page = Page(MLP)
    page.type(MLP.replace("f = V x[L]", "q = tanh(x[L])\nf = V x[L]"))
    before, text = deepcopy(page.shown), page.text
    for more in ("x[1]", "x[1] + b[1]", "x[1] + b[1] + b[2] + x[2]"):
        page.type(text.replace("tanh(x[L])", f"tanh(x[L] + {more})"))
    assert page.shown != before
    page.type(text)
    assert page.shown == before


def test_tidy_forgets_where_marks_were() -> None:
    page = Page(MLP)
    page.type(MLP.replace("f = V x[L]", "q = tanh(b[1])\nf = V x[L]"))
    page.take(page.ask("tidy")["view"])
    tidied = deepcopy(page.shown)
    page.type(MLP)
    page.type(MLP.replace("f = V x[L]", "q = tanh(b[1])\nf = V x[L]"))
    assert page.shown == tidied


def test_pictures_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page(MLP)
    shown = page.session.shown
    assert shown is not None
    kept = RecentPictures()
    monkeypatch.setattr(recent, "_MARKS", 3 * (len(shown.diagram.vertices) + len(shown.gates)))
    for k in range(5):
        kept.remember(str(k), shown)
    assert [str(k) for k in range(5) if kept.of(str(k)) is not None] == ["2", "3", "4"]


TEXTS = {entry.text: entry.name for entry in tp.gallery.entries()}
"""Every text of the gallery, some of which are shown in several ways."""


@pytest.mark.parametrize("text", TEXTS, ids=TEXTS.values())
def test_a_picture_stays_while_one_deletes_and_types(text: str) -> None:
    """Errors come and go at the end of a program, the last good picture stays."""
    page = Page(text)
    count = len(page.shown)
    for cut in range(12):
        page.type(text[: len(text) - 1 - cut])
        assert page.shown, cut
    page.type(text)
    assert len(page.shown) == count
    assert page.view["faded"] == []


@pytest.mark.parametrize("text", TEXTS, ids=TEXTS.values())
def test_twelve_typed_prefixes_of_a_program_keep_a_picture(text: str) -> None:
    """Typed from nothing: what is shown once stays, whatever is half written."""
    page = Page("")
    begun = False
    for k in range(1, 13):
        page.type(text[: len(text) * k // 12])
        assert page.shown or not begun
        begun = bool(page.shown)
    assert begun
    assert page.view["errors"] == []
    variables = tp.parse(text).variables.values()
    declared = {f"variables/{v.name}" for v in variables if not v.is_matrix}
    assert {key for key in page.shown if key.startswith("variables/")} == declared


@pytest.mark.parametrize("text", TEXTS, ids=TEXTS.values())
def test_tidy_and_exports_are_those_of_draw_whatever_was_kept(text: str) -> None:
    page = Page(text)
    page.type(f"{text}\n# kept\n")
    program = tp.parse(page.text)
    page.take(page.ask("tidy")["view"])
    drawn = fragments_of(tp.draw(program, show="all").scene)
    wanted = {k: (f.x, f.y, f.svg) for k, f in drawn.items.items() if f.layer != "legend"}
    assert {k: (f["x"], f["y"], f["svg"]) for k, f in page.shown.items()} == wanted
    drawing = tp.draw(program, source=page.text)
    contents = {"svg": drawing.svg, "tex": drawing.tikz, "dot": drawing.dot, "scene": drawing.json}
    for format, content in contents.items():
        assert page.ask("export", format=format)["text"] == content
    assert base64.b64decode(page.ask("export", format="pdf")["base64"]) == drawing.pdf


def test_while_a_line_has_an_error_its_marks_are_faded() -> None:
    page = Page(MLP)
    page.type(MLP.replace("f = V x[L]", "f = V x["))
    (error, *_) = page.view["errors"]
    assert error["line"] == MLP.splitlines().index("f = V x[L]") + 1
    assert error["edits"]
    assert "variables/f" in page.view["faded"]
    assert "variables/x[2]" not in page.view["faded"]
    assert "variables/f" in page.shown


WRONG = ["x = tanh(", "vector w : n ~ N(0,", "y = tanh(q)", "for l in 1..2:", "x = "]


@pytest.mark.parametrize("line", WRONG)
def test_vectors_declared_above_a_wrong_line_appear(line: str) -> None:
    page = Page("width n\nvector u : n ~ N(0, 1)\n")
    place = page.shown["variables/u"]["x"], page.shown["variables/u"]["y"]
    page.type(page.text + "vector v : n ~ N(0, 1)\n" + line)
    assert page.view["errors"]
    assert {"variables/u", "variables/v"} <= set(page.shown)
    assert (page.view["old"], page.view["faded"]) == (False, [])
    mark = page.shown["variables/u"]
    assert abs(mark["x"] - place[0]) < 1
    page.type(page.text.replace(line, "x = tanh(u + v)\n"))
    assert not page.view["errors"]
    assert "variables/x" in page.shown


@pytest.mark.parametrize("line", ["f = V x[", "f = V y", "f = "])
def test_a_picture_goes_on_beside_a_line_that_is_wrong(line: str) -> None:
    """What the line made stays, faded; a vector that is declared meanwhile appears."""
    page = Page(MLP)
    places = {key: (f["x"], f["y"]) for key, f in page.shown.items() if f["layer"] == "gates"}
    page.type(MLP.replace("f = V x[L]", line))
    assert page.view["old"]
    page.type(page.text.replace("x[1] =", "vector v : n ~ N(0, 1)\nx[1] ="))
    assert {"variables/v", "variables/f"} <= set(page.shown)
    assert "variables/f" in page.view["faded"]
    assert "variables/v" not in page.view["faded"]
    assert not page.view["old"]
    assert all(abs(page.shown[key]["x"] - x) < 1 for key, (x, _) in places.items())
    page.type(page.text + "# a comment")
    assert not page.view["old"]
    page.type(page.text.replace("vector v : n ~ N(0, 1)\n", ""))
    assert "variables/v" not in page.shown
    assert page.view["old"]


def test_plates_open_and_close() -> None:
    text = MLP.replace("L = 3", "L = 8")
    page = Page(text)
    whole = dict(page.shown)
    assert not any(key.startswith("plates") for key in whole)
    page.take(page.ask("sync", options={"fold": "yes"})["view"])
    assert {"plates/l", "variables/x[l]"} <= set(page.shown)
    assert len(page.shown) < len(whole)
    page.take(page.ask("sync", options={"fold": "no"})["view"])
    assert set(page.shown) == set(whole)
