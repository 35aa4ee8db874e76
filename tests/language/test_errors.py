"""What users are told: place, message, mend, and every independent error in one run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tpgraph.errors import (
    TPDataError,
    TPError,
    TPErrorGroup,
    TPNameError,
    TPSyntaxError,
    TPTypeError,
)
from tpgraph.language import format_text, from_json, load, parse, read, to_json, to_text
from tpgraph.program import Builder, Constant, InitialVectors, Parametrization, Ref, Variable
from tpgraph.types import Vector, Width

HEAD = "width n\nmatrix W : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\n"
"""Three lines before each bad one, which is line 4."""

Case = tuple[str, type[TPError], int, int, str, str]

SYNTAX: list[Case] = [
    ("y = W @ u", TPSyntaxError, 4, 7, "`@` is not a sign", "W x"),
    ("y = u**2", TPSyntaxError, 4, 6, "`**` is not an operator", "z^2"),
    ("y == u", TPSyntaxError, 4, 4, "`==` compares", "write `=`"),
    ("y := u", TPSyntaxError, 4, 3, "`:=` is not used", "write `=`"),
    ("y = W.T u", TPSyntaxError, 4, 6, "`.T` is not a transpose", "W' x"),
    ("y = u // 2", TPSyntaxError, 4, 8, "`//` is not an operator", "comments begin with #"),
    ('label u = "abc', TPSyntaxError, 4, 11, "never closed", 'write `"`'),
    ("y = u²", TPSyntaxError, 4, 6, "raised digit", "z^2"),
    ("y = u; z = u", TPSyntaxError, 4, 6, "`;`", "one statement a line"),
    ("y = u % 2", TPSyntaxError, 4, 7, "`%`", "comments begin with #"),
    ("y = u ¿", TPSyntaxError, 4, 7, "U+00BF", "delete it"),
    ("data = u", TPSyntaxError, 4, 1, "is a word of the language", "data_1"),
    ("y = data + 1", TPSyntaxError, 4, 5, "is a word of the language", "data_1"),
    ("parm V : 1 × n ~ N(0, 1)", TPSyntaxError, 4, 1, "`parm` does not begin", "param?"),
    ("def f(z) = z", TPSyntaxError, 4, 1, "`def` does not begin", "fn?"),
    ("if u", TPSyntaxError, 4, 1, "`if` does not begin", "x = …"),
    ("matrix V : n × n = N(0, 1)", TPSyntaxError, 4, 18, "begins with `~`, not `=`", "~ N(0, 1)"),
    ("matrix V : n × n", TPSyntaxError, 4, 17, "distribution is missing", "~ N(0, 1)"),
    ("matrix V : n × n ~ U(0, 1)", TPSyntaxError, 4, 20, "not a distribution", "~ N(0, 1)"),
    ("y ~ N(0, 1)", TPSyntaxError, 4, 3, "does not draw at random", "vector y : n"),
    ("for l in 1..3\n    y[l] = u", TPSyntaxError, 4, 14, "no colon", "behind 1..3"),
    ("for l = 1..3:\n    y[l] = u", TPSyntaxError, 4, 7, "names no range", "for l in 2..L:"),
    ("for l in 1:3:\n    y[l] = u", TPSyntaxError, 4, 11, "not a range", "for l in 2..L:"),
    ("for l in 1..3:\ny = u", TPSyntaxError, 4, 1, "has no body", "four spaces"),
    ("for l in 1..3:\n\ty[l] = u\n        z = u", TPSyntaxError, 6, 9, "tabs and spaces", "spaces"),
    ("for l in 1..3:\n  y[l] = u\n z[l] = u", TPSyntaxError, 6, 2, "otherwise than", "line above"),
    ("  y = u", TPSyntaxError, 4, 3, "no `for` stands above", "delete the spaces"),
    ("data ξ d", TPSyntaxError, 4, 8, "the dimension is missing", "data ξ : d"),
    ("output W u", TPSyntaxError, 4, 10, "not an expression", "bind it above"),
    ("y = ", TPSyntaxError, 4, 4, "ends too early", "an expression"),
    ("y = (u", TPSyntaxError, 4, 5, "`(` is never closed", "write `)`"),
    ("y = u)", TPSyntaxError, 4, 6, "not open", "delete it"),
    ("y = tanh(u]", TPSyntaxError, 4, 11, "line 4, column 9", "write `)` in place"),
    ("y = sum(u", TPSyntaxError, 4, 8, "`(` is never closed", "write `)`"),
    ("y = sum(u for k 1..2)", TPSyntaxError, 4, 17, "`1` does not fit", "`in`"),
    ("y = ½", TPSyntaxError, 4, 5, "is not a name", "letters"),
    ("y = u~0", TPSyntaxError, 4, 6, "count from 1", ""),
    ("width", TPSyntaxError, 4, 6, "ends too early", "a name"),
    ("y = u\0", TPSyntaxError, 4, 6, "NUL", "another kind"),
]

MEANING: list[Case] = [
    ("y = 2 u", TPTypeError, 4, 5, "only a matrix multiplies", "2 * u"),
    ("y = log(-1) * u", TPTypeError, 4, 5, "log(-1) is no real number", "a finite value"),
    ("y = u + sqrt(1 - 2)", TPTypeError, 4, 9, "sqrt(1 - 2) is no real number", "a finite value"),
    ("y = u / (2 - 2)", TPTypeError, 4, 9, "division by zero", "another divisor"),
    ("y = u * 0^-1", TPTypeError, 4, 9, "0^-1 is infinite", "a finite value"),
    ("y = u * (-1)^0.5", TPTypeError, 4, 9, "is no real number", "a finite value"),
    ("const c = -1\ny = u + log(c)", TPTypeError, 5, 9, "log(c) is no real", "a finite value"),
    ("fn g(z) = z + log(-2)", TPTypeError, 4, 15, "log(-2) is no real number", "a finite value"),
    ("vector x[1-3] : n ~ N(0, 1)", TPTypeError, 4, 10, "index 1-3 is -2", "written 1..3"),
    ("y[1-3] = u", TPTypeError, 4, 3, "the index 1-3 is -2", "a range is written 1..3"),
    ("y = u[2 - 3]", TPTypeError, 4, 7, "the index 2 - 3 is -1", "a range is written 2..3"),
    ("width m = log(0.5) n", TPTypeError, 4, 1, "m = -0.693", "a ratio > 0"),
    ("width m = u n", TPNameError, 4, 11, "u is not a const: it is a vector", "a number or a c"),
    ("y = sum(u)", TPTypeError, 4, 5, "this is a vector of n", "take the mean: mean(…)"),
    ("y = sum(mean(u))", TPTypeError, 4, 5, "this is a scalar", "a + b"),
    ("y = softmax(u)", TPTypeError, 4, 5, "this is a vector of n", "softmax(a, b, c)"),
    ("y = logsumexp(mean(u))", TPTypeError, 4, 5, "this is a scalar", "logsumexp(a, b, c)"),
    ("y = layernorm(mean(u))", TPTypeError, 4, 5, "this is a scalar", "a vector"),
    ("y = layernorm(u, u, u)", TPTypeError, 4, 5, "layernorm is written layernorm(x), not 3", ""),
    ("y = held_max(u)", TPTypeError, 4, 5, "a function of all components", "of fixed dimension"),
    ("fn g(z) = softmax(z)", TPTypeError, 4, 11, "coordinatewise function", "as an argument"),
    ("y = cross_entropy(u, u)", TPNameError, 4, 5, "neither a f", "softmax_cross_entropy?"),
    ("y = layernrom(u)", TPNameError, 4, 5, "neither a function", "layernorm?"),
    ("y = u u", TPTypeError, 4, 5, "only a matrix multiplies", "u * u"),
    ("y = u (u + 1)", TPTypeError, 4, 5, "only a matrix multiplies", "write `*`"),
    ("y = (u + 1) u", TPTypeError, 4, 5, "only a matrix multiplies", "`*`: (u + 1) * u"),
    ("y = mean(u) u", TPTypeError, 4, 5, "only a matrix multiplies", "`*`: mean(u) * u"),
    ("y = sum(u for k in 1..2) u", TPTypeError, 4, 5, "only a", "`*`: sum(u for k in 1..2) * u"),
    ("y = W mean(u)", TPTypeError, 4, 5, "its operand is a scalar", "operand * (…)"),
    ("y = tahn(u)", TPNameError, 4, 5, "neither a function nor a matrix", "tanh?"),
    ("y = tanh(u, u)", TPTypeError, 4, 5, "takes 1 argument, not 2", ""),
    ("y = max'(u, u)", TPTypeError, 4, 5, "needs a function of one", "partial derivative"),
    ("y = max(u)", TPTypeError, 4, 5, "takes 2 arguments, not 1", ""),
    ("y = W'", TPTypeError, 4, 5, "stands alone", "W' x"),
    ("y = u' u", TPTypeError, 4, 5, "only a matrix multiplies", ""),
    ("y = W u'", TPTypeError, 4, 7, "has no transpose", "a matrix"),
    ("y = tanh' u", TPNameError, 4, 5, "tanh is a function", "tanh(…)"),
    ("y = uu", TPNameError, 4, 5, "uu is not bound", "did you mean u?"),
    ("y = V u", TPNameError, 4, 5, "V is not bound", "declare V"),
    ("y = n", TPNameError, 4, 5, "n is a width", "scalar s"),
    ("y = tanh", TPNameError, 4, 5, "is a function", "tanh(…)"),
    ("u = W u", TPNameError, 4, 1, "bound twice", "<text>:3:1"),
    ("const u = 3", TPNameError, 4, 7, "bound twice", ""),
    ("const k = 3\nk = u", TPNameError, 5, 1, "bound twice", ""),
    ("width n", TPNameError, 4, 7, "declared twice", "delete the line"),
    ("width k = 2 q", TPNameError, 4, 13, "not a width", "width q"),
    ("vector v : m ~ N(0, 1)", TPNameError, 4, 12, "m is not a dimension", "dim m = 64"),
    ("vector v : n × n ~ N(0, 1)", TPTypeError, 4, 16, "has one dimension", "matrix"),
    ("matrix A : n ~ N(0, 1)", TPTypeError, 4, 12, "has two dimensions", "n × n"),
    ("matrix A : n × n ~ N(1, 1)", TPTypeError, 4, 22, "is not zero", "write 0"),
    ("matrix A : n × n ~ N([0], 1)", TPTypeError, 4, 22, "is a list", "one number"),
    ("vector v : n ~ N(0, -1)", TPTypeError, 4, 21, "variance is negative", "≥ 0"),
    ("vector v, w : n ~ N([0, 0], [[1, 2], [2, 1]])", TPTypeError, 4, 1, "eigenvalue", ""),
    ("vector v, w : n ~ N([0, 0], [1, 0])", TPTypeError, 4, 30, "needs lists", "N([m"),
    ("vector v : 1/2 ~ N(0, 1)", TPSyntaxError, 4, 13, "`/` does not fit", "~"),
    ("dim k = 1/2", TPTypeError, 4, 9, "a dimension of 1/2", "≥ 1"),
    ("const c = 1/0", TPTypeError, 4, 13, "division by zero", ""),
    ("y = u / 0", TPTypeError, 4, 9, "division by zero", ""),
    ("const c = log(0)", TPTypeError, 4, 11, "the constant is -inf", "finite"),
    ("const c = u + 1", TPNameError, 4, 11, "is not a const", ""),
    ("const c = W u", TPTypeError, 4, 11, "not a constant", ""),
    ("scalar s = 1/sqrt(n)", TPTypeError, 4, 12, "limit must be stated", "scalar s -> 0"),
    ("fn f(z) = u + z", TPNameError, 4, 11, "u is not known here", "as an argument"),
    ("fn f(z) = mean(z)", TPTypeError, 4, 11, "coordinatewise", "as an argument"),
    ("fn f(z, z) = z", TPNameError, 4, 9, "two parameters", ""),
    ("fn tanh(z) = z", TPNameError, 4, 4, "function of the table", "another name"),
    ("y = (fn(a) = a)(u) + 1", TPTypeError, 4, 5, "whole right-hand side", "fn f"),
    ("y = (fn(a, b) = a)(u)", TPTypeError, 4, 5, "2 parameters, but 1", ""),
    ("y[1..2] = u", TPTypeError, 4, 3, "a range stands", "for loop"),
    ("y[1/2] = u", TPTypeError, 4, 3, "the index is 1/2", "whole number"),
    ("y[k] = u", TPNameError, 4, 3, "k is not a const", ""),
    ("loss = 3\nloss[1] = 2", TPNameError, 5, 1, "loss has no index", "loss E"),
    ("loss u", TPTypeError, 4, 1, "the loss is a vector of n", "mean"),
    ("loss 1\nloss 2", TPNameError, 5, 1, "loss", ""),
    ("output u, u", TPNameError, 4, 11, "output already", ""),
    ("output W", TPTypeError, 4, 8, "is a matrix", "vector"),
    ('label uu = "a"', TPNameError, 4, 7, "has a label", "did you mean u?"),
    ("program a\nprogram b", TPNameError, 5, 1, "given twice", "<text>:4:1"),
    ("parametrization ntq", TPNameError, 4, 1, "not a parametrization", "ntk?"),
    ("parametrization ntk(a=1)", TPNameError, 4, 1, "takes no settings", "abc"),
    ("parametrization abc(a=1)", TPTypeError, 4, 1, "needs a, b and c", ""),
    ("parametrization abc(a=1, b=1, c=1)", TPTypeError, 4, 23, "three exponents", ""),
    ("param P : n × n ~ N(0, 1)", TPTypeError, 4, 1, "no parametrization", "parametrization ntk"),
    ("for l in 1..2:\n    for k in 1..Q:\n        y[l,k] = u", TPNameError, 5, 17, "Q is not", ""),
    (
        "for l in 1..2:\n    z[l] = u\n    y[l] = sum(u for k in 1..Q)",
        TPNameError,
        6,
        30,
        "Q is",
        "",
    ),
    ("for u in 1..2: y[u] = W u", TPNameError, 4, 5, "bound already", "another name"),
    ("for l in 1..3: y[l] = z[l] + u", TPNameError, 4, 23, "(for l = 1)", "declare z[1]"),
    ("vector x[1..2] : n ~ N(0, 1)\ny = x + u", TPNameError, 5, 5, "is a family", "x[1]"),
    ("y = u + W", TPTypeError, 4, 9, "W is a matrix and cannot stand", "W x"),
]


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


# ---- mends that are changes of the text

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
