"""Text and JSON read back as the same program; fmt keeps what a text means."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Literal

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import programs

from tpgraph.errors import Source, TPError
from tpgraph.functions import ADD, DIV, NEG, Apply, Number, number
from tpgraph.language import format_text, from_json, load, parse, to_json, to_text
from tpgraph.language.lines import logical_lines
from tpgraph.language.parser import LineParser
from tpgraph.language.schema import Document, published
from tpgraph.language.templates import Templates
from tpgraph.program import (
    Builder,
    Call,
    Constant,
    InitialMatrix,
    InitialVectors,
    Mean,
    Moment,
    Nonlin,
    Pass,
    Place,
    Product,
    Program,
    Ref,
    Step,
    Symbol,
    TimedName,
    Variable,
    check,
)
from tpgraph.program.graph import varied
from tpgraph.transform import backward, ntk, reduce, unroll_sgd
from tpgraph.types import Matrix, Scalar, Vector, Width

GALLERY = sorted(Path(str(resources.files("tpgraph_diagrams"))).glob("*.tp"))
NETWORKS = [path for path in GALLERY if load(path).loss is not None]
MLP = """program mlp                      # comment
width n                          # goes to infinity;  width m = 2 n  is a ratio
dim   d = 64                     # fixed
const L = 3
parametrization ntk
fn φ(z) = tanh(z)

data   ξ : d                     # fed at run time, one per sample
target y : 1
param  W[1]    : n × d ~ N(0, 1) scale sqrt(2)
param  W[2..L] : n × n ~ N(0, 1) scale sqrt(2)
param  b[1..L] : n     ~ N(0, 1) scale 0.1
param  V       : 1 × n ~ N(0, 1)

h[1] = W[1] ξ
x[1] = φ(h[1] + b[1])
for l in 2..L:
    h[l] = W[l] x[l-1]
    x[l] = φ(h[l] + b[l])
f = V x[L]
output f
loss (f - y)^2 / 2
"""

quick = settings(max_examples=60, suppress_health_check=list(HealthCheck))
large = settings(max_examples=8, suppress_health_check=list(HealthCheck))


def require_round_trips(program: Program) -> None:
    check(program)
    for ascii in (False, True):
        text = to_text(program, ascii)
        assert parse(text) == program
        require_format(text, program, ascii)
    require_format(to_text(program), program, True)
    assert from_json(to_json(program)) == program


def require_format(text: str, program: Program, ascii: bool) -> None:
    formatted = format_text(text, ascii=ascii)
    assert parse(formatted) == program
    assert format_text(formatted, ascii=ascii) == formatted


@quick
@given(programs())
def test_round_trips(program: Program) -> None:
    require_round_trips(program)


@large
@given(programs(min_equations=100, max_equations=300))
def test_round_trips_of_large_programs(program: Program) -> None:
    assert len(program.equations) >= 100
    require_round_trips(program)


@quick
@given(programs(differentiable=True))
def test_differentiable_programs_are_networks_with_a_loss(program: Program) -> None:
    assert program.loss is not None
    assert program.outputs
    require_round_trips(program)


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_gallery(path: Path) -> None:
    program = load(path)
    require_round_trips(program)
    text = path.read_text("utf-8")
    for ascii in (False, True):
        require_format(text, program, ascii)


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_reduced_programs_of_the_gallery(path: Path) -> None:
    require_round_trips(reduce(load(path)))


@pytest.mark.parametrize("path", NETWORKS, ids=lambda path: path.stem)
@pytest.mark.parametrize("transform", [backward, partial(unroll_sgd, steps=2), ntk])
def test_transforms_of_the_gallery(path: Path, transform: Callable[[Program], Program]) -> None:
    require_round_trips(transform(load(path)))


def test_there_are_networks_and_others_in_the_gallery() -> None:
    assert 6 < len(NETWORKS) < len(GALLERY)


@large
@given(programs(max_equations=20, differentiable=True))
def test_backward_passes_of_random_networks(program: Program) -> None:
    require_round_trips(backward(program))


def test_ascii_text_is_ascii() -> None:
    assert to_text(parse(MLP), ascii=True).isascii()
    assert "phi(h[1] + b[1])" in to_text(parse(MLP), ascii=True)
    without_comments = MLP.split("  #")[0]
    assert format_text(without_comments, ascii=True).isascii()


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(programs(max_equations=8), st.integers(0, 5))
def test_a_corrupted_program_is_noticed(program: Program, which: int) -> None:
    """The oracle of the round trips can fail: one changed thing makes programs unequal."""
    equations = list(program.equations)
    match which:
        case 0:
            corrupted = varied(program, equations=tuple(equations[:-1]))
        case 1:
            corrupted = varied(program, name=program.name + "1")
        case 2:
            corrupted = varied(program, labels={**program.labels, "x": "corrupted"})
        case 3:
            first, *rest = program.widths
            corrupted = varied(program, widths=(replace(first, ratio=Fraction(3)), *rest))
        case 4:
            corrupted = varied(program, declarations=program.declarations[::-1])
        case _:
            last = replace(equations[-1], out=Variable("other", equations[-1].out.type))
            corrupted = varied(program, equations=(*equations[:-1], last))
    assert parse(to_text(program)) != corrupted
    assert from_json(to_json(program)) != corrupted


# ---- text that needs care


def small() -> tuple[Builder, Variable, Variable]:
    builder = Builder("small")
    n = builder.width(Width("n"))
    u, v = Variable("u", Vector(n)), Variable("v", Vector(n))
    builder.declare(InitialVectors((u, v), (0.0, 0.0), ((1.0, 0.5), (0.5, 1.0))))
    return builder, u, v


def test_intermediates_are_inline_where_that_reads_the_same() -> None:
    text = "width n\nmatrix W : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\ny = tanh(W u + mean(u))\n"
    program = parse(text)
    assert [e.out.name for e in program.equations] == ["y~1", "y~2", "y"]
    assert "y = tanh(W u + mean(u))" in to_text(program)


def test_an_intermediate_that_is_read_again_is_written_out() -> None:
    text = "width n\nvector u : n ~ N(0, 1)\ny = u - mean(u)\nz = u * y~1\n"
    program = parse(text)
    assert "y~1 = mean(u)" in to_text(program)
    require_round_trips(program)


def test_a_doubled_intermediate_does_not_double_the_text() -> None:
    builder, u, _ = small()
    square = Apply(DIV, (Apply(NEG, (Apply(NEG, (number(1),)),)), number(3)))
    builder.add(Nonlin(Variable("y", u.type), square, (u,)))
    require_round_trips(builder.build())


def test_arguments_out_of_order_and_unused() -> None:
    builder, u, v = small()
    builder.add(Nonlin(Variable("zero", u.type), number(0), (u,)))
    builder.add(Nonlin(Variable("twice", u.type), number(2), (v, v, u)))
    builder.add(Moment(Variable("loss", Scalar()), number(2), (v, u)))
    builder.loss(builder.scope["loss"])
    program = builder.build()
    assert "zero = (fn(z1) = 0)(u)" in to_text(program)
    require_round_trips(program)


def test_numbers_that_arithmetic_would_fold() -> None:
    builder, u, _ = small()
    for k, expression in enumerate(
        [
            Apply(NEG, (number(3),)),
            Apply(DIV, (number(1), number(3))),
            Number(Fraction(-1, 3)),
            Number(Fraction(10**30 + 1)),
            Number(Fraction(-(10**30), 7)),
            number(1e300),
            number(-5e-324),
        ]
    ):
        builder.bind(f"c{k}", Constant(Fraction(1)))
        builder.add(Moment(Variable(f"d{k}", Scalar()), expression, ()))
    builder.bind("y", Product(*_matrix(builder), Ref(u)))
    require_round_trips(builder.build())


def _matrix(builder: Builder) -> tuple[Variable, bool]:
    n = Width("n")
    (matrix,) = builder.declare(InitialMatrix(Variable("W", Matrix(n, n)), 2.0))
    return matrix, True


def test_intermediates_of_the_loss() -> None:
    builder, u, _ = small()
    loss = builder.bind("loss", Mean(Ref(u)))
    builder.loss(loss)
    program = builder.build()
    require_round_trips(program)
    text = "width n\nvector u : n ~ N(0, 1)\nloss mean(u * mean(u))\nz = u * loss~1\n"
    assert "loss~1 = mean(u)" in to_text(parse(text))
    require_round_trips(parse(text))


def test_a_loss_that_is_a_copy() -> None:
    text = "dim d = 2\ndata x : d\n"
    for statement in ("loss (fn(a) = a)(x)", "scalar s = 2\nloss mean(s)"):
        program = parse(text + statement)
        assert len(program.equations) == 1
        require_round_trips(program)


def test_names_like_functions_and_transposes() -> None:
    text = (
        "width n\nmatrix tanh, T : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\nscalar T_2 = 2\n"
        "y = tanh u\nz = y^(T_2)\nw = T' y\n"
    )
    require_round_trips(parse(text))
    builder, u, v = small()
    n = Width("n")
    (matrix,) = builder.declare(InitialMatrix(Variable("tanh", Matrix(n, n)), 1.0))
    builder.bind("q", Product(matrix, False, Call(ADD, (Ref(u), Ref(v)))))
    program = builder.build()
    assert "q = tanh q~1" in to_text(program)
    require_round_trips(program)


def test_a_shape_of_line_is_read_the_same_from_its_template() -> None:
    lines = [
        "h[{i}] = W[{j}]' x[{i},{j}]~2 + (a[{i}])^h[0]",
        "for k in 1..3: y[k] = z[{i}] - q[k,{j}]",
        "param W[{i}] : n × d ~ N(0, 1) scale 2",
        "output h[{i}], h[{j}]",
    ]
    warm, cold = LineParser(), LineParser()
    cold._templates = _NoTemplates()
    for line in lines:
        fresh_texts = [line.format(i=i, j=j) for i, j in ((11, -1), (22, 33), (45, 67), (-8, 0))]
        for text in fresh_texts * 2:
            source = Source("t", "\n" + text)
            (logical,) = logical_lines(source)
            assert warm.parse(source, logical) == cold.parse(source, logical)


class _NoTemplates(Templates):
    def made(self, pieces: list[str], origin: int) -> None:
        return None


# ---- JSON


def test_the_published_schema_is_in_step() -> None:
    path = resources.files("tpgraph.language").joinpath("schema.json")
    assert json.loads(path.read_text("utf-8")) == published()


@quick
@given(programs(max_equations=10))
def test_documents_fit_the_published_schema(program: Program) -> None:
    jsonschema.validate(json.loads(to_json(program)), published())


def test_a_document_keeps_places() -> None:
    builder, u, _ = small()
    caption = ("step ", Step(1), ", 50 % of train_", Symbol("ξ", timed=True))
    passing = Pass("reference", 3, 2, caption, "t", "train")
    timed = TimedName("x[1]~3", 3, "δ", "\u0303", "0", 2, r"x^{1}")
    place = Place("backward", passing, "u", timed)
    builder.bind("y", Mean(Ref(u)), place=place)
    program = from_json(to_json(builder.build()))
    assert program.equations[0].place == place


def places(program: Program) -> list[Place | None]:
    """The places of data and equations."""
    return [d.place for d in program.data] + [e.place for e in program.equations]


@pytest.mark.parametrize("form", ["exact", "fluctuation"])
def test_a_document_keeps_passes_and_timed_names(form: Literal["exact", "fluctuation"]) -> None:
    program = unroll_sgd(parse(MLP), 2, 2, form=form)
    assert places(from_json(to_json(program))) == places(program)
    document = json.loads(to_json(program))
    assert len(document["passes"]) == len({p.context for p in places(program) if p} - {None})
    document["passes"][0]["time"] += 1
    assert places(from_json(json.dumps(document))) != places(program)


def test_a_document_with_captions_in_the_place_of_passes_is_read() -> None:
    document = json.loads(to_json(backward(parse(MLP))))
    for equation in document["equations"]:
        equation["place"]["context"] = "step 1, test of train ξ₀"
    contexts = {p.context for p in places(from_json(json.dumps(document))) if p is not None}
    assert contexts == {Pass("train", caption=("step 1, test of train ξ₀",))}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [("time", -1, "the time -1 of a pass"), ("element", 0, "the element 0 of a batch")],
)
def test_a_pass_that_is_none(field: str, value: int, message: str) -> None:
    document = json.loads(to_json(unroll_sgd(parse(MLP), 1)))
    document["passes"][0][field] = value
    with pytest.raises(TPError, match=message):
        from_json(json.dumps(document))


@pytest.mark.parametrize(("field", "value"), [("mark", "[1"), ("prefix", "x"), ("accent", "a")])
def test_a_timed_name_that_is_none(field: str, value: str) -> None:
    document = json.loads(to_json(unroll_sgd(parse(MLP), 1)))
    document["equations"][0]["place"]["timed"][field] = value
    with pytest.raises(TPError, match=f"the {field} "):
        from_json(json.dumps(document))


def test_a_pass_that_is_not_there() -> None:
    document = json.loads(to_json(unroll_sgd(parse(MLP), 1)))
    document["equations"][0]["place"]["context"] = 7
    with pytest.raises(TPError, match=r"equations\[0\]: there is no pass 7"):
        from_json(json.dumps(document))


def test_the_document_of_a_text_has_its_schema_name() -> None:
    assert Document.model_validate(json.loads(to_json(parse(MLP)))).schema_ == "tpgraph.program/1"
