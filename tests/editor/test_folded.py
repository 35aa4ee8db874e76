"""A folded picture is edited as another one: a mark of a plate is one of many of its statement."""

from __future__ import annotations

import pytest
from editor.page_of_session import Data, Page
from editor.pages import having
from notation.test_fold import DEEP as DEEP_RNN
from playwright.sync_api import expect

import tpgraph as tp

DEEP = tp.gallery.entry("rnn").text.replace("T = 3", "T = 6")
LINE = "s[t] = φ(U ξ[t] + W s[t-1] + b)"


@pytest.fixture
def folded() -> Page:
    found = Page(DEEP)
    found.take(found.ask("sync", options={"fold": "yes"})["view"])
    assert "plates/t" in found.shown
    return found


def edited(page: Page, do: Data) -> str:
    return str(page.ask("edit", do=do)["text"])


def test_marks_of_a_plate_have_places_in_the_text(folded: Page) -> None:
    said = {
        key: DEEP[start:end]
        for key, (start, end) in folded.view["spans"].items()
        if "[t" in key and "s[1]" not in key
    }
    assert said["variables/s[t]"] == LINE
    assert said["gates/s[t]:gate"] == LINE.partition(" = ")[2]
    assert said["edges/b→s[t]:gate"] == "b"
    assert said["edges/s[t]~2→s[t]:gate"] == "W s[t-1]"
    assert said["variables/ξ[t]"].startswith("data   ξ[1..T]")
    assert folded.shown["variables/s[t]"]["many"]
    assert folded.shown["variables/s[t]"]["title"].startswith("s[t]: ")
    assert folded.ask("select", mark="variables/s[t]")["info"]["title"].startswith("s[")


@pytest.mark.parametrize(
    ("mark", "target", "line"),
    [
        ("variables/b", "gates/s[t]:gate", LINE[:-1] + " + b)"),
        ("variables/s[t-1]", "gates/s[t]:gate", LINE[:-1] + " + s[t-1])"),
        ("variables/s[t-1]", "edges/b→s[t]:gate", LINE.replace(" + b", " + s[t-1]")),
    ],
)
def test_a_drop_into_a_plate_changes_its_statement(
    folded: Page, mark: str, target: str, line: str
) -> None:
    offered = folded.ask("accept", mark=mark)["targets"]
    assert edited(folded, offered[target]["do"]) == DEEP.replace(LINE, line)


def test_a_line_is_drawn_off_in_a_plate(folded: Page) -> None:
    wire = folded.shown["edges/b→s[t]:gate"]
    gate = folded.shown[f"gates/{wire['target']}"]["name"]
    do = {"edit": "disconnect", "gate": gate, "argument": wire["argument"]}
    assert edited(folded, do) == DEEP.replace(LINE, LINE.replace(" + b", ""))


@pytest.mark.parametrize(
    ("do", "lines"),
    [
        ({"edit": "gate", "vectors": ["s[4]"]}, ["x[t] = φ(s[t])"]),
        ({"edit": "gate", "vectors": ["s[3]", "b"]}, ["x[t] = φ(s[t-1] + b)"]),
        ({"edit": "bargate", "vectors": ["s[4]", "s[4]"]}, ["s_1[t] = mean(s[t] * s[t])"]),
        ({"edit": "multiply", "vector": "s[4]"}, ["h[t] = W_1 s[t]"]),
        ({"edit": "multiply", "vector": "s[4]", "matrix": "W"}, ["h[t] = W s[t]"]),
        (
            {"edit": "multiply", "vector": "s[4]", "matrix": "W", "transpose": True},
            ["h[t] = W' s[t]"],
        ),
        ({"edit": "readout", "vector": "s[4]"}, ["f_1[t] = V_1 s[t]", "output f_1[t]"]),
    ],
)
def test_what_is_made_of_many_is_made_of_all_and_stays_folded(
    folded: Page, do: Data, lines: list[str]
) -> None:
    """The new statement stands in the loop, below that of the mark; the names count with it."""
    answer = folded.edit(**do)
    block = "".join(f"    {line}\n" for line in [LINE, *lines])
    assert block in folded.text
    assert [key for key in folded.shown if key.startswith("plates/")] == ["plates/t"]
    assert f"variables/{lines[0].partition(' = ')[0]}" in folded.shown
    assert answer["notes"] == []
    assert "[t" in answer["title"]


@pytest.mark.parametrize("vector", ["b", "s[1]", "s[6]", "ξ[1]"])
def test_what_is_made_of_one_stands_outside_of_the_plate(folded: Page, vector: str) -> None:
    folded.edit(edit="gate", vectors=[vector])
    assert f"\nx = φ({vector})\n" in folded.text
    assert "plates/t" in folded.shown
    assert "variables/x" in folded.shown


def test_a_duplicate_of_a_loop_stays_folded_with_it(folded: Page) -> None:
    answer = folded.edit(edit="duplicate", names=["s[4]"])
    assert "    s_1[t] = φ(U ξ[t] + W s_1[t-1] + b)\n" in folded.text
    assert answer["notes"] == []
    assert {"plates/t", "variables/s[t]", "variables/s_1[t]"} <= folded.shown.keys()
    assert folded.shown["variables/s_1[t]"]["name"] == "s_1[4]"
    folded.edit(edit="gate", vectors=["s_1[4]", "s[4]"])
    assert "    x[t] = φ(s_1[t] + s[t])\n" in folded.text
    assert "variables/x[t]" in folded.shown


LED_ON = tp.gallery.entry("rnn").text.replace("T = 3", "T = 6").partition("f = V")[0] + (
    "vector c[1..T] : n ~ N(0, 1)\n"
    "x[1] = φ(W s[T] + c[1])\nfor t in 2..T:\n    x[t] = φ(W x[t-1] + c[t])\n"
    "y[1] = φ(W x[T] + c[1])\nfor t in 2..T:\n    y[t] = φ(W y[t-1] + c[t])\n"
)


def test_loops_over_one_family_stay_folded_when_one_that_leads_on_is_duplicated() -> None:
    page = Page(LED_ON)
    page.take(page.ask("sync", options={"fold": "yes"})["view"])
    plates = {key for key in page.shown if key.startswith("plates/")}
    assert len(plates) == 3
    for mark in ("x[t]", "y[t]"):
        name = page.shown[f"variables/{mark}"]["name"]
        assert page.edit(edit="duplicate", names=[name])["notes"] == []
        assert {key for key in page.shown if key.startswith("plates/")} >= plates
    assert {"variables/x_1[t]", "variables/y_1[t]"} <= page.shown.keys()


def test_made_of_one_of_many_alone_it_unfolds_and_says_so(folded: Page) -> None:
    do = {"edit": "gate", "vectors": ["s[4]"]}
    assert folded.ask("edit", do=do, dry=True)["many"]
    assert folded.ask("edit", do=do, dry=True)["lines"][0]["becomes"] == "    x[t] = φ(s[t])"
    answer = folded.ask("edit", do=do, scope="here", have=folded.view["revision"])
    assert "\nx = φ(s[4])\n" in answer["text"]
    folded.take(answer["view"])
    assert "plates/t" not in folded.shown
    assert answer["notes"] == ["it does not fold any more: every mark is drawn"]


def test_a_mark_that_stands_for_many_is_said_as_all_of_them(folded: Page) -> None:
    said = {key.partition("/")[2]: f["title"] for key, f in folded.shown.items()}
    line = LINE.strip()
    made = "made from U ξ[t], W s[t-1], b"
    assert said["s[t]"] == (
        f"s[t]: X-var, vector of n; {line}; t = 2, …, 6; {made}; used by W s[t]"
    )
    assert said["s[t]:gate"] == f"gate: {line}; t = 2, …, 6; {made}"
    assert said["s[t-1]"] == "s[t-1]: X-var, vector of n; t = 2, …, 6; used by W s[t-1]"
    assert said["s[t]~2"].endswith("t = 2, …, 6; made from W, s[t-1]; used by s[t]")
    assert said["s[6]"].startswith("s[6]: X-var, vector of n; s[6] = φ(U ξ[6] + W s[5] + b); ")
    assert folded.shown["variables/s[t]"]["said"] == "s[t]"
    assert folded.shown["variables/s[t]~2"]["said"] == "W s[t-1]"
    assert folded.ask("edit", do={"edit": "name", "name": "s[4]"})["refused"]["message"] == (
        "s[t] has a name"
    )
    named = folded.ask("edit", do={"edit": "name", "name": "s[4]~2"})
    assert named["title"] == "give W s[t-1] the name h"


DEEPER = DEEP_RNN.replace("T = 5", "T = 6").replace("L = 2", "L = 6")


@pytest.mark.parametrize(
    ("mark", "line"),
    [
        ("s[l,t]", "        x[l,t] = tanh(s[l,t])"),
        ("s[l,t-1]", "        x[l,t] = tanh(s[l,t-1])"),
        ("s[0,t]", "    x[t] = tanh(s[0,t])"),
        ("s[l,1]", "    x[l] = tanh(s[l,1])"),
    ],
)
def test_in_plates_of_plates_it_is_made_of_just_what_the_mark_stands_for(
    mark: str, line: str
) -> None:
    page = Page(DEEPER)
    page.take(page.ask("sync", options={"fold": "yes"})["view"])
    found = page.shown[f"variables/{mark}"]
    assert found["title"].startswith(f"{mark}: X-var")
    page.edit(edit="gate", vectors=[found["name"]])
    (new,) = set(page.text.splitlines()) - set(DEEPER.splitlines())
    assert new == line


SIDE = DEEP.replace("f = V s[T]", "z = φ(b)\nf = V s[T]").replace("const T = 6", "const T = 7")


@pytest.mark.parametrize(
    ("mark", "do", "was", "now"),
    [
        (
            "s[t]",
            {"edit": "set", "field": "output", "value": "toggle"},
            "output f\n",
            "output f, s[T]\n",
        ),
        (
            "s[t-1]",
            {"edit": "set", "field": "output", "value": "yes"},
            "output f\n",
            "output f, s[T-1]\n",
        ),
        ("s[t]", {"edit": "connect", "gate": "z"}, "z = φ(b)", "z = φ(b + s[T])"),
        ("ξ[t]", {"edit": "connect", "gate": "z"}, "", ""),
        ("s[t]", {"edit": "replace", "gate": "z", "argument": 0}, "z = φ(b)", "z = φ(s[T])"),
        ("s[t-1]", {"edit": "replace", "gate": "s[4]", "argument": 2}, "+ b)\nz", "+ s[t-1])\nz"),
    ],
)
def test_where_one_of_many_is_wanted_it_is_the_last(
    mark: str, do: Data, was: str, now: str
) -> None:
    """Said by the end of its loop, so that it is the last of a longer one too."""
    page = Page(SIDE)
    page.take(page.ask("sync", options={"fold": "yes"})["view"])
    name = page.shown[f"variables/{mark}"]["name"]
    key = "name" if do["edit"] == "set" else "vector"
    answer = page.edit(**do, **{key: name})
    if not was:
        assert answer["refused"]["message"] == "dimensions mix: b has dimension n, ξ[7] has d"
        return
    assert page.text == SIDE.replace(was, now)
    assert page.text.count(now) == 1
    longer = page.text.replace("T = 7", "T = 9")
    assert tp.parse(longer).outputs[-1].name in {"f", "s[9]", "s[8]"}


def test_what_is_offered_of_many_says_which_one_is_taken() -> None:
    page = Page(SIDE)
    page.take(page.ask("sync", options={"fold": "yes"})["view"])
    offered = page.ask("accept", mark="variables/s[t]")["targets"]
    assert offered["gates/z:gate"]["says"] == "connect s[t] to z: s[7] is the last"
    offered = page.ask("accept", mark="variables/b")["targets"]
    assert offered["gates/s[t]:gate"]["says"] == "connect b to s[t]"


def test_lines_that_would_appear_lead_to_the_marks_of_the_plate(folded: Page) -> None:
    do = {"edit": "connect", "vector": "b", "gate": "s[4]"}
    assert folded.ask("edit", do=do, dry=True)["appearing"] == []
    folded.edit(edit="disconnect", gate="s[4]", argument=2)
    lines = folded.ask("edit", do=do, dry=True)["appearing"]
    assert ["b", "s[t]"] in lines
    assert "gates/s[t]:gate" in folded.shown


def test_an_output_of_many_is_taken_back(folded: Page) -> None:
    """Whether the last of them is one, or all are by an `output` in their loop."""
    do = {"edit": "set", "name": "s[4]", "field": "output", "value": "toggle"}
    for now in ("output f, s[T]\n", "output f\n"):
        folded.edit(**do)
        assert now in folded.text
        shown = folded.ask("select", mark="variables/s[t]")["info"]["rows"]
        is_output = next(row["value"] for row in shown if row["field"] == "output")
        assert is_output == ("yes" if "s[T]\n" in now else "no")
    assert folded.text == DEEP
    folded.edit(edit="readout", vector="s[4]")
    folded.edit(**do | {"name": "f_1[4]"})
    assert "    f_1[t] = V_1 s[t]\n" in folded.text
    assert "output f_1" not in folded.text


SCORED = """width n
const T = 7
vector x[0] : n ~ N(0, 1)
matrix W : n × n ~ N(0, 1)
for t in 1..T:
    x[t] = tanh(W x[t-1])
    m[t] = mean(x[t] * x[t])
"""


def test_a_loss_of_many_is_that_of_the_last() -> None:
    page = Page(SCORED)
    page.take(page.ask("sync", options={"fold": "yes"})["view"])
    page.edit(edit="loss", name=page.shown["variables/m[t]"]["name"])
    assert page.text == SCORED + "loss m[T]\n"


def test_a_label_of_many_is_one_of_all(folded: Page) -> None:
    """It stands in their loop, and in place of those of some of them."""
    lone = DEEP + 'label s[3] = "r"\n'
    for text in (DEEP, lone):
        folded.type(text)
        folded.edit(edit="set", name="s[4]", field="label", value="q")
        labelled = DEEP.replace(LINE, LINE + '\n    label s[t] = "q"')
        assert folded.text == labelled
    assert set(tp.parse(folded.text).labels) == {f"s[{t}]" for t in range(2, 7)}
    folded.edit(edit="set", name="s[4]", field="label", value="p")
    assert folded.text == labelled.replace('"q"', '"p"')
    folded.edit(edit="set", name="ξ[4]", field="label", value="in")
    assert '    label ξ[t] = "in"\n' in folded.text
    folded.edit(edit="set", name="ξ[4]", field="label", value="")
    folded.edit(edit="set", name="s[4]", field="label", value="")
    assert folded.text == DEEP
    wide = DEEP + 'for t in 1..3:\n    label s[t] = "r"\n'
    folded.type(wide)
    refused = folded.edit(edit="set", name="s[4]", field="label", value="q")["refused"]
    assert "and others" in refused["message"]


WRITTEN_OUT = "width n\nvector u : n ~ N(0, 1)\nmatrix W : n × n ~ N(0, 1)\nx[1] = tanh(u)\n" + (
    "".join(f"x[{k}] = tanh(W x[{k - 1}])\n" for k in range(2, 8))
)


def test_without_a_loop_in_the_text_the_last_of_many_is_taken() -> None:
    page = Page(WRITTEN_OUT)
    page.take(page.ask("sync", options={"fold": "yes"})["view"])
    name = page.shown["variables/x[l]"]["name"]
    assert name != "x[7]"
    gate = page.ask("edit", do={"edit": "gate", "vectors": [name]})["text"]
    assert "(x[7])\n" in gate
    assert (
        "output x[7]\n"
        in page.ask("edit", do={"edit": "set", "name": name, "field": "output", "value": "toggle"})[
            "text"
        ]
    )


def test_of_plates_in_plates_the_last_is_that_of_all_loops() -> None:
    page = Page(DEEPER)
    page.take(page.ask("sync", options={"fold": "yes"})["view"])
    name = page.shown["variables/s[l,t]"]["name"]
    page.edit(edit="set", name=name, field="label", value="q")
    assert '        label s[l,t] = "q"\n' in page.text
    for line in ("", "output s[L,T]\n"):
        page.edit(edit="set", name=name, field="output", value="toggle")
        assert page.text.endswith('"q"\n' + line)


@pytest.mark.needs("chromium")
@pytest.mark.slow
def test_a_folded_picture_is_edited_by_hand(page):
    """Selected, dropped on, renamed, deleted: its dependants are listed, of many the first ones."""
    editor = page.afresh(DEEP.replace("T = 6", "T = 60"))
    editor.choose("fold or")
    try:
        if not editor.page.locator('[data-key="plates/t"]').count():
            editor.choose("fold or")
        editor.click("variables/s[t]")
        expect(editor.page.locator(".text-copy .lit").first).to_be_attached()
        editor.hold("variables/b", "gates/s[t]:gate")
        gate = editor.page.locator('[data-key="gates/s[t]:gate"]')
        expect(gate).to_have_class(having("accepts"))
        expect(editor.page.locator(".preview .becomes", has_text="+ b + b)")).to_be_visible()
        editor.page.mouse.up()
        assert LINE[:-1] + " + b)\n" in editor.settled().text
        editor.press("Escape", "Escape", "Control+z")
        editor.page.locator("svg.canvas").focus()
        editor.click("variables/s[t]").press("Delete")
        dialog = editor.page.locator("dialog")
        expect(dialog).to_contain_text("more")
        expect(dialog).not_to_contain_text("~")
        dialog.get_by_role("button", name="Keep").click()
        editor.page.locator("svg.canvas").focus()
        editor.click("variables/s[t]").press("g", "Escape")
        assert f"    {LINE}\n    x[t] = φ(s[t])\n" in editor.text
        assert "variables/x[t]" in editor.keys
        assert "gate of s[t]" in editor.said
        editor.press("Control+z")
        editor.click("variables/s[t]").press("F2").type("q")
        assert "q[t] = φ(U ξ[t] + W q[t-1] + b)" in editor.text
    finally:
        editor.page.evaluate("tpgraph.options.fold = 'auto'")
