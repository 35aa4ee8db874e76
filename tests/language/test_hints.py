"""What an author says of a picture: read, written, kept, edited."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from strategies import programs

import tpgraph as tp
from tpgraph.editor.words import completions
from tpgraph.errors import TPError
from tpgraph.language import from_json, to_json
from tpgraph.language.editing import delete, rename
from tpgraph.language.lexer import words
from tpgraph.program import Program
from tpgraph.program.hints import Hint

TEXT = """width n
group "the ""query"" here" q, K[1..3]
vector q : n ~ N(0, 1) as X
vector K[1..3] : n ~ N(0, 1) as X
matrix W, U : n × n ~ N(0, 1)
for i in 1..3:
    a[i] = mean(q * K[i])
    note "score $i$" at a[i]
h = W q + U q
color W, U = "#0072b2"
hide h
order K[1..3], q
place a[1], a[2] above a[3]
"""


def test_hints_are_data_of_the_program() -> None:
    assert tp.parse(TEXT).hints == (
        Hint("group", ("q", "K[1]", "K[2]", "K[3]"), 'the "query" here'),
        *(Hint("note", (f"a[{i}]",), "score $i$") for i in (1, 2, 3)),
        Hint("color", ("W", "U"), "#0072b2"),
        Hint("hide", ("h",)),
        Hint("order", ("K[1]", "K[2]", "K[3]", "q")),
        Hint("above", ("a[1]", "a[2]"), others=("a[3]",)),
    )
    span = tp.parse(TEXT).hints[-3].span
    assert span is not None
    assert span.text == "hide h"


def test_text_document_and_layout_keep_them() -> None:
    program = tp.parse(TEXT)
    assert tp.parse(tp.to_text(program)) == program
    assert tp.parse(tp.to_text(program, ascii=True)) == program
    assert from_json(to_json(program)) == program
    untidy = TEXT.replace("q, K[1..3]\nv", "q,K[ 1..3 ]\nv").replace("hide h", "hide   h")
    assert untidy != TEXT
    tidy = tp.format_text(untidy)
    assert tidy == tp.format_text(TEXT)
    assert 'here" q, K[1..3]\n' in tidy
    assert tidy.endswith("\nhide h\norder K[1..3], q\nplace a[1], a[2] above a[3]\n")
    assert "hints" not in to_json(tp.gallery.entry("mlp").program())


@settings(max_examples=25)
@given(programs(max_equations=8))
def test_hints_of_any_program_come_back(program: Program) -> None:
    names = [v.name for v in program.variables.values() if not v.is_matrix and "~" not in v.name]
    matrices = [v.name for v in program.variables.values() if v.is_matrix]
    hints = [Hint("group", tuple(names[:4]), "a"), Hint("hide", (names[-1],))]
    hints += [Hint("note", (names[0],), 'say "x"')]
    hints += [Hint("color", tuple(matrices), "#00805c")] if matrices else []
    hints += [Hint("order", tuple(names[:3])), Hint("below", (names[0],), others=("new",))]
    hints[-1] = replace(hints[-1], others=(names[-1],)) if len(names) > 3 else hints[0]
    hints = [hint for hint in hints if len(set(hint.names)) == len(hint.names)]
    said = replace(program, hints=tuple(hints))
    assert said != program
    assert tp.parse(tp.to_text(said)) == said
    assert from_json(to_json(said)) == said


def test_the_words_are_free_as_names() -> None:
    text = "width n\nvector note, at, group : n ~ N(0, 1)\nmatrix color : n × n ~ N(0, 1)\n"
    text += "vector place, above, below, order : n ~ N(0, 1)\n"
    text += "y = color above + color place - below\n"
    text += 'hide = color note + group\nnote "x" at at\ncolor color = "#000000"\n'
    text += "place above above below\norder order, place\n"
    program = tp.parse(text)
    assert program.hints == (
        Hint("note", ("at",), "x"),
        Hint("color", ("color",), "#000000"),
        Hint("above", ("above",), others=("below",)),
        Hint("order", ("order", "place")),
    )
    assert tp.parse(tp.to_text(program)) == program


@pytest.mark.parametrize(
    ("line", "message", "place"),
    [
        ('group "a" q, Kk[1]', "group names Kk[1], which is not bound", "Kk[1]"),
        ('color q = "#000000"', "q is no matrix", "q"),
        ('color W = "red"', "'red' is no colour", '"red"'),
        ("hide W", "W is a matrix", "W"),
        ('note "a $ b" at q', "a $ has no other", '"a $ b"'),
        (r'note "\input{x}" at q', "no command", r'"\input{x}"'),
        ('note "x" q', "does not fit here", "q"),
        ("order q, nowhere", "order names nowhere, which is not bound", "nowhere"),
        ("place nowhere above q", "above names nowhere, which is not bound", "nowhere"),
        ("place q above W", "W is a matrix", "W"),
        ("place q K[1]", "does not fit here", "K[1]"),
        ("order q, q", "q cannot stand above itself", "order q, q"),
        ("place q above K[2]", "q cannot stand above K[2], which is to stand above q", None),
        ("order a[3], h, a[2]", "h cannot stand above a[2], which is to stand above h", None),
        ('group "x"', "the line ends too early", None),
    ],
)
def test_mistakes_have_their_place(line: str, message: str, place: str | None) -> None:
    with pytest.raises(TPError) as caught:
        tp.parse(f"{TEXT}{line}\n")
    assert message in caught.value.message
    assert caught.value.span is not None
    if place is not None:
        assert caught.value.span.text == place


def test_transforms_keep_what_is_still_there() -> None:
    text = tp.gallery.entry("mlp").text + 'color W[2] = "#8e1328"\nnote "in" at x[1]\n'
    text += "place b[1] below x[1]\n"
    program = tp.parse(text)
    for made in (tp.backward(program), tp.reduce(program)):
        assert Hint("below", ("b[1]",), others=("x[1]",)) in made.hints
        assert Hint("color", ("W[2]",), "#8e1328") in made.hints
        assert Hint("note", ("x[1]",), "in") in made.hints


def test_edits_follow() -> None:
    reading = tp.language.read(TEXT)
    renamed = rename(reading, "K", "key").apply(TEXT)
    assert 'group "the ""query"" here" q, key[1..3]' in renamed
    assert tp.parse(renamed).hints[0].names[1] == "key[1]"
    gone = delete(reading, "q").apply(TEXT)
    assert 'group "the ""query"" here" K[1..3]' in gone
    assert "note" not in gone
    assert "order K[1..3]\n" in gone
    assert "place" not in gone
    tp.parse(gone)
    assert "place a[1], a[2] above" not in delete(reading, "a[3]").apply(TEXT)


def test_words_of_hints_are_words() -> None:
    kinds = {t.text: t.kind for t in words('note "x" at at2', 0, 15)}
    assert kinds == {"note": "word", '"x"': "string", "at": "word", "at2": "name"}
    assert next(words("note = x", 0, 8)).kind == "name"
    assert next(words("hide x", 0, 6)).kind == "word"
    kinds = {t.start: t.kind for t in words("place above above x", 0, 19)}
    assert kinds == {0: "word", 6: "name", 12: "word", 18: "name"}
    reading = tp.language.read(TEXT + "gro")
    found = completions(reading, len(TEXT) + 3)
    assert "group" in [item["text"] for item in found["items"]]
