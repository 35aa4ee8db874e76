"""Mends that are changes of the text: applied, their errors are gone."""

from __future__ import annotations

import pytest
from language.wrong_texts import HEAD, MEANING, SYNTAX

from tpgraph.errors import (
    TPError,
)
from tpgraph.language import parse, read

ALSO = [
    "y = u ⊙ u", "y = u – u", "y = u²³ + 1", "y = \\xi", "y = u;", "for k 1..2: y[k] = u",
    "matrix V : n × n scale 2", "data ξ", "data ξ :", "matrix V : n × n N(0, 1)", "y = W (u",
    "y = tanh((u", "param P : n × n ~ N(0, 1)", "matrix A : n × 3 ~ N(0, 1)\ny = A u",
    "width m = 2 nn", "fn f(zeta) = zetb", "vector v : nn ~ N(0, 1)", "y = tahn ( u )",
    "h = 2 max( u, 1 )", "h = u ( u + 1 )", "y = 2 √ ( u )",
]  # fmt: skip


def mended(error: TPError) -> str:
    """The text of an error with its mend applied."""
    assert error.span is not None
    text = error.span.source.text
    for edit in reversed(error.edits):
        text = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    return text


def errors_of(text: str) -> list[TPError]:
    try:
        parse(text)
    except TPError as error:
        return list(error.errors)
    return []


def test_every_mend_that_is_a_change_of_text_removes_its_error() -> None:
    mends = 0
    for text in [*(case[0] for case in SYNTAX + MEANING), *ALSO]:
        for error in errors_of(HEAD + text):
            if not error.edits:
                continue
            mends += 1
            assert error.mend
            after = [(e.message, e.span and e.span.line) for e in errors_of(mended(error))]
            assert (error.message, error.span and error.span.line) not in after, (text, after)
            places = [(edit.span.start, edit.span.end) for edit in error.edits]
            assert places == sorted(places)
    assert mends > 60


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("h = 2 max( u, 1 )", "h = 2 * max( u, 1 )"),
        ("h = u ( u + 1 )", "h = u * ( u + 1 )"),
        ("h = 2 √ ( u )", "h = 2 * √ ( u )"),
        ("y = tahn ( u )", "y = tanh ( u )"),
        ("y = u; z = u", "y = u\nz = u"),
        ("y = tanh((u", "y = tanh((u))"),
        ("y = u²³ + 1", "y = u^23 + 1"),
        ("output W u", "f = W u\noutput f"),
        ("matrix V : n × n", "matrix V : n × n ~ N(0, 1)"),
        ("data ξ d", "data ξ : d"),
        ("for l in 1..3:\ny = u", "for l in 1..3:\n    y = u"),
        ("matrix A : n × 3 ~ N(0, 1)\ny = A u", "matrix A : n × 3 ~ N(0, 1)\ny = A' u"),
        ('label uu = "a"', 'label u = "a"'),
        ("width m = 2 q", "width q\nwidth m = 2 q"),
    ],
)
def test_mended(text: str, wanted: str) -> None:
    (error,) = errors_of(HEAD + text)
    assert mended(error) == HEAD + wanted


@pytest.mark.parametrize("line", ["output(x y)", "output'' x y", "output[1] x y", "output(x)+y"])
def test_an_output_that_nothing_parts_from_its_expression(line: str) -> None:
    found = read(f"width n\nvector x, y : n ~ N(0, 1)\n{line}\n")
    assert found.errors
