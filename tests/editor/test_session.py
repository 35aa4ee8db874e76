"""The editor's session: requests as data, pictures that stay, edits, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from editor.page_of_session import Data, Page
from editor.serving import MLP as UNREAD

import tpgraph as tp
from tpgraph.editor.session import Session, Unfit

MLP = tp.gallery.entry("mlp").text


def test_a_text_becomes_fragments_with_places_and_titles() -> None:
    page = Page(MLP)
    assert page.view["errors"] == []
    mark = page.shown["variables/x[2]"]
    start, end = page.view["spans"]["variables/x[2]"]
    assert MLP[start:end].startswith("x[l] =")
    assert mark["name"] == "x[2]"
    assert "made from" in mark["title"]
    assert "used by" in mark["title"]
    line = page.shown["edges/b[2]→x[2]:gate"]
    start, end = page.view["spans"]["edges/b[2]→x[2]:gate"]
    assert MLP[start:end] == "b[l]"
    assert line["argument"] is not None


def test_what_only_here_would_change_is_said() -> None:
    page = Page(MLP)
    many = {key for key, mark in page.shown.items() if mark["many"]}
    assert {"variables/x[2]", "gates/x[3]:gate", "variables/b[1]"} <= many
    assert not {"variables/x[1]", "gates/x[1]:gate", "variables/f", "variables/y"} & many
    assert [row["name"] for row in page.view["shelf"] if row["many"]] == ["W[2]", "W[3]"]
    for gate, wanted in {"x[2]": True, "x[1]": False}.items():
        do = {"edit": "connect", "vector": "b[3]", "gate": gate}
        assert page.ask("edit", do=do, dry=True)["many"] is wanted
    do = {"edit": "multiply", "vector": "x[3]"}
    assert page.ask("edit", do=do, dry=True)["many"] is False


def test_only_matrices_that_fit_are_factors() -> None:
    text = MLP + "param A : n × k ~ N(0, 1)\n"
    page = Page(text)
    found = {f["title"]: f for f in page.ask("factors", vector="ξ")["factors"]}
    assert found["a new matrix"]["detail"] == "n × d ~ N(0, 1), trained"
    assert [title for title, f in found.items() if f["fits"]] == ["a new matrix", "W[1]"]
    assert found["A"]["detail"] == "n × k does not fit ξ, a vector of d"
    found = {f["title"]: f for f in page.ask("factors", vector="x[1]")["factors"]}
    assert found["Aᵀ"]["transpose"]
    assert {"W[2]", "W[2]ᵀ", "V", "W[1]ᵀ"} < set(found)
    assert page.ask("factors", vector="W[1]")["refused"]["message"]
    says = page.ask("accept", matrix="A")["targets"]["variables/x[1]"]["says"]
    assert says == "multiply x[1] by Aᵀ"


def test_dropping_a_vector_on_a_gate_of_a_loop_writes_the_loop() -> None:
    page = Page(MLP)
    found = page.ask("accept", mark="variables/b[1]")
    target = found["targets"]["gates/x[2]:gate"]
    assert target["do"] == {"edit": "connect", "vector": "b[1]", "gate": "x[2]"}
    dry = page.ask("edit", do=target["do"], dry=True)
    assert dry["appearing"] == [["b[1]", "x[2]"], ["b[2]", "x[3]"]]
    assert [row["line"] for row in dry["lines"]]
    assert page.text == MLP
    answer = page.edit(**target["do"])
    assert "b[l-1]" in page.text
    assert answer["title"] == "connect b[1] to x[2]"
    assert {"edges/b[1]→x[2]:gate", "edges/b[2]→x[3]:gate"} <= set(page.shown)


def test_a_circle_is_refused_with_its_reason() -> None:
    page = Page(MLP)
    found = page.ask("accept", mark="variables/x[3]")
    assert "circle" in found["refuses"]["gates/x[2]:gate"]
    answer = page.edit(edit="connect", vector="x[3]", gate="x[2]")
    assert answer["refused"]["message"]
    assert page.text == MLP


def test_a_line_knows_which_argument_it_replaces() -> None:
    page = Page(MLP)
    found = page.ask("accept", mark="variables/b[1]")
    do = found["targets"]["edges/b[2]→x[2]:gate"]["do"]
    assert do["edit"] == "replace"
    page.edit(**do)
    assert "edges/b[1]→x[2]:gate" in page.shown


MIXED = """program p
width n
vector u : n ~ N(0, 1)
vector v : 3 ~ N(0, 1)
scalar c = 2
matrix W : n × n ~ N(0, 1)
matrix V : 3 × n ~ N(0, 1)
h = W u
x = tanh(h + c * u)
m = mean(x * u)
s = tanh(m + c)
f = V x
y = u * m
"""


@pytest.mark.parametrize("text", [MLP, MIXED, tp.gallery.entry("layernorm").text])
def test_what_takes_a_mark_takes_it(text: str) -> None:
    """Whatever is lit while one drags is done when one lets go."""
    page = Page(text)
    program = tp.parse(text)
    dropped = 0
    for name, variable in program.variables.items():
        is_matrix = variable.is_matrix
        asked = {"matrix": name} if is_matrix else {"mark": f"variables/{name}"}
        found = page.ask("accept", **asked)
        for target, given in found["targets"].items():
            dry = page.ask("edit", do=given["do"], scope="all", dry=True)
            assert "refused" not in dry, (name, target, dry)
            dropped += 1
    assert dropped > 10


def test_a_renamed_vector_stays_where_it_was() -> None:
    page = Page("program p\nwidth n\nvector u : n ~ N(0, 1)\ny = tanh(u)\nz = sin(y)\n")
    _, height = page.places()["variables/y"]
    page.edit(edit="rename", name="y", to="hidden")
    assert page.places()["variables/hidden"][1] == height
    page.type(page.text.replace("hidden", "other"))
    assert page.places()["variables/other"][1] == height


def test_a_name_that_was_completed_stays_where_it_was() -> None:
    """The new text is read for its completions before its picture is asked for."""
    gone = "a = tanh(u)\nb = sin(u)\n"
    page = Page(f"program p\nwidth n\nvector u : n ~ N(0, 1)\n{gone}y = relu(u)\n")
    page.type(page.text.replace(gone, ""))
    _, height = page.places()["variables/y"]
    text = page.text.replace("y =", "other =")
    page.session.answer({"op": "complete", "text": text, "at": len(text)})
    page.type(text)
    assert page.places()["variables/other"][1] == height


def test_deleting_names_what_goes_with_it() -> None:
    page = Page(MLP)
    dry = page.ask("edit", do={"edit": "delete", "names": ["x[1]"]}, dry=True)
    assert dry["dependants"]
    page.edit(edit="delete", names=["f"])
    assert page.view["errors"] == []


def test_only_here_writes_the_loop_out_first() -> None:
    page = Page(MLP)
    do = {"edit": "connect", "vector": "b[1]", "gate": "x[2]"}
    answer = page.ask("edit", do=do, scope="here")
    assert "x[3] = φ(W[3] x[2] + b[3])" in answer["text"]
    assert "x[2] = φ(W[2] x[1] + b[2] + b[1])" in answer["text"]


def test_a_transpose_a_mean_and_a_copy() -> None:
    page = Page("program p\nwidth n\nmatrix W : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\n")
    page.edit(edit="multiply", vector="u", matrix="W", transpose=True)
    assert "W' u" in page.text
    page.edit(edit="bargate", vectors=["u", "h"])
    assert "s = mean(u * h)" in page.text
    page.edit(edit="gate", vectors=["s", "u"])
    assert "x = tanh(s + u)" in page.text
    page.edit(edit="gate", vectors=["s"])
    assert "s_1 = tanh(s)" in page.text
    clip = page.ask("copy", names=["h"])["clip"]
    page.edit(edit="paste", clip=clip)
    assert page.view["errors"] == []
    assert page.text.count("W' u") == 2


def test_the_mend_of_an_error_is_an_edit() -> None:
    page = Page(MLP)
    page.type(MLP.replace("f = V x[L]", "f = V x[L"))
    page.edit(edit="mend", error=0, choice=0)
    assert page.view["errors"] == []


def test_steps_say_rule_and_formula() -> None:
    page = Page(MLP)
    first = page.ask("step", at=1)
    assert first["rule"] in ("MatMul", "Nonlin")
    assert "W" in first["formula"]["plain"]
    assert first["lit"]
    for passes in ("backward", "sgd"):
        last = page.ask("step", at=2, **{"pass": passes})
        assert last["count"] > first["count"]
    beyond = page.ask("step", at=10_000)
    assert "refused" in beyond


@pytest.mark.parametrize("format", ["svg", "pdf", "png", "tex", "dot", "json", "tp", "py", "latex"])
def test_every_format_is_exported(format: str) -> None:
    page = Page(MLP)
    found = page.ask("export", format=format, name="net")
    assert found.get("text") or found.get("base64")
    assert found["name"].startswith("net.")


def test_an_exported_picture_is_that_of_draw_and_opens_again() -> None:
    page = Page(MLP)
    svg = page.ask("export", format="svg", name="net")["text"]
    assert svg == tp.draw(tp.parse(MLP), source=MLP).svg
    assert tp.extract_program(svg.encode()) == MLP


def test_completions_and_meanings() -> None:
    page = Page(MLP)
    at = MLP.index("scale sqrt") + 2
    words = [item["text"] for item in page.ask("complete", at=at)["items"]]
    assert "scale" in words
    found = page.ask("hover", at=MLP.index("V x[L]"))
    assert found["type"].startswith("matrix")
    for place in (0, 1):  # before the letter and behind it, where its index begins
        assert page.ask("hover", at=MLP.index("x[L]") + place)["name"] == "x[1]"
    assert "~" not in page.ask("hover", at=MLP.index("x[l]"))["title"]
    assert page.ask("hover", at=MLP.index("program"))["title"] is None


def test_what_the_variables_tend_to_is_said_in_words() -> None:
    text = (
        "width n\nvector u : n ~ N(1, 2)\nmatrix W : n × n ~ N(0, 1)\ns = mean(u^2)\n"
        "h = W u\ny = tanh(h)\nm = mean(y)\n"
    )
    limits = Page(text).ask("limits")["limits"]
    assert limits["u"] == "mean 1, variance 2"
    assert (limits["s"], limits["m"]) == ("3", "0")
    assert limits["h"] == "mean 0, variance 3"
    nodes, weights = np.polynomial.hermite_e.hermegauss(100)
    wanted = weights @ np.tanh(np.sqrt(3) * nodes) ** 2 / weights.sum()
    assert limits["y"] == f"mean 0, variance {wanted:.3g}"
    assert "refused" in Page(text).ask("limits", text=f"{text}(")


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"op": "nothing"},
        {"op": "__init__", "text": ""},
        {"op": "open"},
        {"op": "open", "text": 3},
        {"op": "open", "text": "", "more": 1},
        {"op": "complete", "text": "", "at": -1},
        {"op": "step", "text": "", "at": 10**30, "steps": 10**9},
        {"op": "export", "text": "", "format": "exe"},
        {"op": "edit", "text": "", "do": {}},
        {"op": "edit", "text": "", "do": {"edit": "rename", "name": ["x"], "to": "y"}},
        {"op": "edit", "text": "", "do": {"edit": "delete", "names": "x"}},
    ],
)
def test_what_is_no_request_is_unfit(request_: Data) -> None:
    with pytest.raises(Unfit):
        Session().answer(request_)


@pytest.mark.parametrize(
    "do",
    [
        {"edit": "explode"},
        {"edit": "connect"},
        {"edit": "rename", "name": "x", "to": "2"},
        {"edit": "replace", "gate": "x[1]", "argument": 9, "vector": "b[1]"},
        {"edit": "mend", "error": 3},
        {"edit": "write_out", "name": "f"},
        {"edit": "set", "name": "f", "field": "colour", "value": "red"},
    ],
)
def test_edits_that_cannot_be_made_are_refused(do: Data) -> None:
    page = Page(MLP)
    answer = page.ask("edit", do=do)
    assert answer["refused"]["message"]


def test_loading_a_session_loads_no_layout_engine() -> None:
    import subprocess
    import sys

    code = "import sys, tpgraph.editor.session; sys.exit('wasmtime' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_matrices_that_a_loss_leaves_untrained_are_told() -> None:
    page = Page(
        "width n\nmatrix W, U : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\n"
        "param V : 1 × n ~ N(0, 1)\n"
        "parametrization ntk\nf = V (W tanh(U u))\noutput f\n"
    )
    answer = page.ask("edit", do={"edit": "loss"})
    assert answer["title"] == "loss of f and y"
    assert answer["untrained"] == ["U", "W"]
    train = {"edit": "set", "field": "trained", "value": ""}
    page = Page(answer["text"])
    answer = page.ask("edit", do=train | {"name": "U"})
    assert answer["untrained"] == ["W"]
    assert Page(answer["text"]).ask("edit", do=train | {"name": "U"})["untrained"] == []
    text = Page(answer["text"]).ask("edit", do=train | {"name": "W"})["text"]
    loss = {"edit": "formula", "name": "loss", "formula": "(f - y)^2"}
    assert Page(text).ask("edit", do=loss)["untrained"] == []
    assert Page(answer["text"]).ask("edit", do=loss)["untrained"] == ["W"]


def test_unnamed_values_are_said_by_their_formula() -> None:
    """In titles, offers, refusals and lists: no text and no picture has the name `x[1]~1`."""
    page = Page(MLP)
    gone = page.ask("edit", do={"edit": "delete", "names": ["b[1]"]}, dry=True)["dependants"]
    assert set(gone) == {"b[2]", "b[3]", "x[1]", "x[2]", "x[3]", "f", "loss"}
    found = page.ask("accept", mark="variables/b[1]")
    replaced = found["targets"]["edges/x[2]~1→x[2]:gate"]
    assert replaced["says"] == "b[1] in place of W[2] x[1] in x[2]"
    assert page.ask("edit", do=replaced["do"], dry=True)["title"] == "b[1] in place of W[2] x[1]"
    facts = page.ask("select", name="x[1]")["info"]["facts"]
    assert ["used by", "W[2] x[1]"] in facts
    sums = Page(tp.gallery.entry("conv1d").text)
    do = {"edit": "replace", "gate": "y[1]", "argument": 0, "vector": "x[1]"}
    message = "W[1] x[1] stands in a sum over k, where one text says many terms"
    assert sums.ask("edit", do=do)["refused"]["message"] == message
    assert sums.ask("try", edits=[do])["tried"][0]["why"]["message"] == message


def test_a_text_that_is_opened_again_is_not_laid_out_again(monkeypatch) -> None:
    """A page finds what was drawn ahead of it, as it would be from scratch, also after edits."""
    page, known = Page(MLP), Page(MLP).view["picture"]
    page.edit(edit="gate", vectors=["b[1]"])
    monkeypatch.setattr("tpgraph.editor.session.shown", None)
    page.text = MLP
    assert page.ask("open", name="p")["view"]["picture"] == known
    with pytest.raises(TypeError):
        page.ask("open", options={"theme": "dark"})


@pytest.mark.parametrize("op", ["open", "sync", "tidy"])
def test_a_text_that_is_no_program_says_that_the_picture_is_of_one_before(op: str) -> None:
    """Also where the session has none of it, as a new one that is asked to draw again has not."""
    content = {"open": {"name": "p"}, "sync": {"have": "of another session"}}.get(op, {})
    view = Session().answer({"op": op, "text": "no program", **content})["view"]
    assert view["errors"]
    assert view["picture"] is None
    assert view["old"]
    empty = Session().answer({"op": op, "text": "", **content})["view"]
    assert (empty["old"], empty["picture"]["full"]) == (False, [])


def test_tidied_beside_a_mistake_the_picture_stays_and_is_laid_out() -> None:
    page = Page(UNREAD)
    page.type("no program")
    assert page.view["old"]
    before = set(page.shown)
    page.take(page.ask("tidy")["view"])
    assert page.view["old"]
    assert set(page.shown) == before
    page.type(UNREAD)
    assert not page.view["old"]
