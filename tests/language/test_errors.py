"""What users are told: place, message, mend, and every independent error in one run."""

from __future__ import annotations

import json
from typing import Any

import pytest
from language.wrong_texts import HEAD, MEANING, SYNTAX, Case

from tpgraph.errors import (
    TPDataError,
    TPError,
    TPErrorGroup,
    TPNameError,
    TPSyntaxError,
)
from tpgraph.language import format_text, from_json, load, parse, read, to_json, to_text
from tpgraph.program import Builder, Constant, InitialVectors, Parametrization, Ref, Variable
from tpgraph.types import Vector, Width


@pytest.mark.parametrize("case", SYNTAX + MEANING, ids=lambda case: case[0][:40])
def test_message(case: Case) -> None:
    text, kind, line, column, message, mend = case
    with pytest.raises(TPError) as caught:
        parse(HEAD + text)
    (error,) = caught.value.errors
    assert isinstance(error, kind)
    assert message in error.message
    assert error.span is not None
    assert (error.span.line, error.span.column) == (line, column)
    assert mend in f"{error.mend} {error.expected}"
    shown = str(error)
    assert shown.startswith(f"<text>:{line}:{column}: error: ")
    assert "^" in shown
    for jargon in ("__ANON", "LPAR", "NAME", "$END", "Token"):
        assert jargon not in shown


def test_every_independent_error_in_one_run() -> None:
    text = HEAD + "y = W @ u\nz = tahn(u)\nv = (u\nw = q + u\nmatrix A : n × k ~ N(0, 1)\n"
    with pytest.raises(TPErrorGroup) as caught:
        parse(text)
    assert [error.span.line for error in caught.value.errors if error.span] == [4, 5, 6, 7, 8]


def test_what_depends_on_an_error_is_not_reported() -> None:
    text = (
        "width n\nconst L = 1 +\nmatrix W[1..L] : n × n ~ N(0, 1)\nvector u : n ~ N(0 1)\n"
        "fn f(z) = z **2\nh = W[1] f(u)\nfor l in 1..L:\n    h[l] = W[l] u\nz = h[1] + h\n"
        'for k in 1..\n    q[k] = h\nr = q[1]\noutput r, z\nlabel r = "r"\nloss mean(z)\n'
    )
    with pytest.raises(TPErrorGroup) as caught:
        parse(text)
    assert [error.span.line for error in caught.value.errors if error.span] == [2, 4, 5, 10]


def test_an_error_in_a_loop_is_reported_once() -> None:
    text = HEAD + "for l in 1..100:\n    y[l] = W y[l-1]\n    z[l] = tanh(y[l])\n"
    with pytest.raises(TPNameError, match=r"y\[0\] is not bound.*\(for l = 1\)"):
        parse(text)


def test_an_error_in_a_long_loop_costs_no_more_than_one() -> None:
    with pytest.raises(TPNameError, match="uu is not bound"):
        parse(HEAD + "for l in 1..100000:\n    y[l] = W uu\n    z[l] = tanh(y[l])\n")


def test_many_errors_stop_the_run() -> None:
    with pytest.raises(TPErrorGroup) as caught:
        parse(HEAD + "".join(f"y{k} = q{k}\n" for k in range(50)))
    assert len(caught.value.errors) == 21
    assert "20 errors" in caught.value.errors[-1].message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("vectr v : n ~ N(0, 1)", "`vectr` does not begin a statement"),
        ("outptu u", "`outptu` does not begin a statement"),
        ("y == tanh(u)", ""),
        ("y = tahn(u)", "tahn is neither a function nor a matrix"),
    ],
)
@pytest.mark.parametrize("open_line", ["x = tanh(u", "x = tanh(u  # a comment", "q[1 = u"])
@pytest.mark.parametrize("loop", ["", "for l in 1..2:\n"])
def test_a_bracket_does_not_hide_a_mistake_below(
    line: str, message: str, open_line: str, loop: str
) -> None:
    indent = "    " if loop else ""
    text = f"{HEAD}{loop}{indent}{open_line}\n{indent}{line}\n{indent}z = u\n"
    errors = read(text).errors
    first = 5 if loop else 4
    assert errors[0].span is not None
    assert errors[0].span.line == first
    assert "never closed" in errors[0].message
    assert any(e.span and e.span.line == first + 1 and message in e.message for e in errors)


def test_closed_brackets_may_hold_rows_that_read_like_statements() -> None:
    text = f"{HEAD}y = tanh(\nW u +\nW u + u)\n"
    assert parse(text) == parse(f"{HEAD}y = tanh(W u + W u + u)\n")
    text = f"{HEAD}for l in 1..2:\n    y[l] = sum(k * u\n    for k in 1..3)\n"
    assert parse(text) == parse(text.replace("\n    for k", " for k"))


def test_a_bracket_does_not_swallow_the_file() -> None:
    with pytest.raises(TPErrorGroup) as caught:
        parse(HEAD + "y = tanh(u\nz = W u\nv = q\n")
    assert [error.span.line for error in caught.value.errors if error.span] == [4, 6]


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "program p\nwidth n\nfn f(z) = z\n"])
def test_a_file_without_a_program(text: str) -> None:
    with pytest.raises(TPSyntaxError, match="no program"):
        parse(text)


def test_fmt_reports_syntax_alone() -> None:
    assert format_text("y=q") == "y = q\n"
    with pytest.raises(TPSyntaxError, match="never closed"):
        format_text("y = (q")


def test_files(tmp_path: Any) -> None:
    with pytest.raises(TPDataError, match="cannot be read"):
        load(tmp_path / "missing.tp")
    with pytest.raises(TPDataError):
        load(tmp_path)
    bad = tmp_path / "bad.tp"
    bad.write_bytes(b"width n\nvector \xff : n ~ N(0, 1)\n")
    with pytest.raises(TPSyntaxError, match="0xff is not UTF-8") as caught:
        load(bad)
    assert caught.value.span is not None
    assert (caught.value.span.line, caught.value.span.column) == (2, 8)
    good = tmp_path / "good.tp"
    good.write_bytes("\ufeffwidth n\r\nvector u : n ~ N(0, 1)\r\n".encode())
    program = load(good)
    document = tmp_path / "good.json"
    document.write_text(to_json(program), "utf-8")
    assert load(document) == program


# ---- JSON and printing


def document(**changes: Any) -> str:
    found: dict[str, Any] = {
        "schema": "tpgraph.program/1",
        "name": "p",
        "widths": [{"name": "n"}],
        "declarations": [
            {"kind": "vector", "names": ["u"], "dim": "n", "mean": [0], "covariance": [[1]]},
            {"kind": "matrix", "name": "W", "shape": ["n", "n"], "variance": 1},
        ],
    }
    return json.dumps({**found, **changes})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[1]", "the document"),
        (document(schema="other/1"), "schema"),
        (document(extra=1), "extra"),
        (document(widths=[{"name": "n[["}]), "widths[0].name"),
        (document(widths=[{"name": "n", "ratio": "1/0"}]), "divides by zero"),
        (document(outputs=["q"]), "outputs[0]: q is not bound"),
        (document(loss="u"), "loss: the loss is a vector"),
        (document(equations=[{"kind": "matmul", "out": "y", "matrix": "u", "operand": "u"}]),
         "equations[0]: u is a vector"),
        (document(equations=[{"kind": "matmul", "out": "y", "matrix": "W", "operand": "q"}]),
         "equations[0]: q is not bound"),
        (document(equations=[{"kind": "nonlin", "out": "y", "function": "f(z1)",
                              "arguments": ["u"]}]), "neither a function nor a matrix"),
        (document(equations=[{"kind": "nonlin", "out": "y", "function": "z1 +",
                              "arguments": ["u"]}]), "ends too early"),
        (document(equations=[{"kind": "nonlin", "out": "y", "function": "z2",
                              "arguments": ["u"]}]), "z2 is not known"),
        (document(functions=[{"name": "tanh", "parameters": ["z"], "body": "z1"}]), "table"),
        (document(declarations=[{"kind": "data", "name": "x", "dim": "q"}]), "neither a width"),
        (document(declarations=[]), "no program"),
        ('{"schema": NaN}', "NaN"),
        ("[" * 100_000, "nests too deep"),
        ("1" * 10_000, "too long"),
    ],
)  # fmt: skip
def test_documents(text: str, message: str) -> None:
    with pytest.raises(TPError) as caught:
        from_json(text)
    assert message in str(caught.value)


def test_a_document_reports_every_independent_error() -> None:
    bad = {"kind": "nonlin", "function": "q(z1)", "arguments": ["u"]}
    after = {"kind": "nonlin", "function": "z1", "arguments": ["a"], "out": "c"}
    with pytest.raises(TPErrorGroup) as caught:
        from_json(document(equations=[{**bad, "out": "a"}, {**bad, "out": "b"}, after]))
    assert len(caught.value.errors) == 2


@pytest.mark.parametrize("name", ["data", "two words", "xi", "x^2", "1x"])
def test_names_that_the_language_cannot_write(name: str) -> None:
    builder = Builder("p")
    n = builder.width(Width("n"))
    with pytest.raises(TPNameError, match="cannot be the name of a variable"):
        builder.declare(InitialVectors((Variable(name, Vector(n)),), (0.0,), ((1.0,),)))


def test_what_else_the_language_cannot_write() -> None:
    builder = Builder("p")
    n = builder.width(Width("n"))
    builder.declare(InitialVectors((Variable("u", Vector(n)),), (0.0,), ((1.0,),)))
    builder.bind("y", Ref(builder.scope["u"]))
    builder.bind("c", Constant(1))  # type: ignore[arg-type]
    with pytest.raises(TPNameError, match="the label of u contains the character U"):
        builder.label("u", "two\nlines")
    builder.label("u", "u")
    half = Parametrization("own", (1, 1, 1), (0, 0, 0), 0)  # type: ignore[arg-type]
    builder.parametrization = half
    with pytest.raises(TPNameError, match="no parametrization 'own'"):
        to_text(builder.build())
