"""Every node of the syntax tree, and what an equation reads, has the place of its own tokens."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from strategies import programs

from tpgraph.errors import Source, TPError
from tpgraph.language import load, parse, to_text
from tpgraph.language import syntax as s
from tpgraph.language.parser import statements
from tpgraph.program import MatMul, Nonlin, Program

GALLERY = sorted(Path(str(resources.files("tpgraph_diagrams"))).glob("*.tp"))
quick = settings(max_examples=40, suppress_health_check=list(HealthCheck))
EVERYTHING = """program "a ""b"" c"
width n
width m = (1 + 2) n / 3   # a ratio
width k=2/3·n
dim d = 2 ^ 3
const L = max( 2, 3 ) - 1
parametrization abc(a=[0, 1 /2, 1/2], b = [0,0,0], c=0)
fn g ( a , b ) = a * √ ( b ) - a * b / 3 * √2 ^ a
data xi , x_tilde : d
target y : 1
param W[1] : n × d ~ N( 0 , 1 ) scale sqrt( 2 )
param W[ 2 .. L ], U[1..2, 1..L] : n x n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
matrix sigma : n × n ~ N(0, 1)
vector u, v : n ~ N([0, 0], [[1, .5], [.5, 1]])
vector w : n ~ N(0, 1) as X
scalar s -> 0 = 1 / sqrt( n )
h[1] = W[1] xi
p = sigma' (u + (v) ) + ( ( sigma ( W[2]^T u ) ) )
for l in 2..L:
    for k in 1 .. 2: q[l , k] = tanh''( (h[l - 1]) ) * max( u, 1, -v, 2 ) - -(u * 2) ^ - 2
    h[l] = W[l] (
        q[l,1] + q[ l , 2 ]   # broken
    )~1
r = mean( u * ( v - w ) ) * sum( h[k+1 - 1] * k for k in 1 .. L ) ⋅ u
z = ( fn ( a , b ) = b - a ) ( u , v )
f = V (h[L])
output f
loss ( f - y ) ^ 2 / 2
label h[L] = "h ""last"" x"
label xi = "\\xi"
""".replace("    )~1\n", "    )\n")


def nodes(item: Any) -> Iterator[Any]:
    """Every node of a tree that has a place."""
    if isinstance(item, tuple):
        if hasattr(item, "start"):
            yield item
        for inner in item:
            yield from nodes(inner)


def bare(node: Any) -> Any:
    """A node without its places."""
    if not isinstance(node, tuple):
        return node
    if not hasattr(node, "_fields"):
        return tuple(bare(item) for item in node)
    places = {"start", "end", "origin", "opening", "closing"}
    return type(node), tuple(
        bare(item) for name, item in zip(node._fields, node, strict=True) if name not in places
    )


FRAMES: dict[type, tuple[str, str]] = {
    s.Range: ("for k in ", ": y = k"),
    s.List: ("vector u : n ~ N(", ", 1)"),
    s.Gaussian: ("vector u : n ~ ", ""),
    s.Setting: ("parametrization abc(", ")"),
    s.Ratio: ("width n = ", ""),
}
"""What makes a statement of a node that is neither one nor an expression."""


def read(text: str) -> s.Statement:
    errors: list[Exception] = []
    (statement,) = statements(Source("t", text), lambda error, _: errors.append(error))
    assert not errors, (text, errors)
    return statement


def require_places(text: str) -> None:
    """Reparsing `text[start:end]` of every node gives that node."""
    source = Source("t", text)
    errors: list[Exception] = []
    for statement in statements(source, lambda error, _: errors.append(error)):
        assert not errors, errors
        for line in lines_of(statement):
            for node in nodes(line):
                if isinstance(node, s.Statement):
                    continue
                require_reads_again(node, text[line.origin + node.start : line.origin + node.end])
        if not isinstance(statement, s.Loop):
            own = text[statement.origin + statement.start : statement.origin + statement.end]
            assert bare(read(own)) == bare(statement)


def lines_of(statement: Any) -> Iterator[Any]:
    """The statement with the statements of its block, each without its own block."""
    if not isinstance(statement, s.Loop):
        yield statement
        return
    yield statement._replace(body=())
    for inner in statement.body:
        yield from lines_of(inner)


def require_reads_again(node: Any, text: str) -> None:
    if isinstance(node, s.Mark):
        assert text == node.text or (text, node.text) in {("−", "-"), ("·", "*"), ("⋅", "*")}
        return
    if text == "√":
        assert node.full == "sqrt"
        return
    before, after = FRAMES.get(type(node), ("y = ", ""))
    if isinstance(node, s.Name) and any(isinstance(i, s.Range) for i in node.indices):
        before, after = "data ", ": d"
    again = read(before + text + after)
    wanted = bare(node)
    places = [
        found
        for found in nodes(again)
        if (found.start, found.end) == (len(before), len(before) + len(text))
    ]
    assert wanted in [bare(found) for found in places], (text, node, again)


def test_everything() -> None:
    require_places(EVERYTHING)


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_gallery(path: Path) -> None:
    require_places(path.read_text("utf-8"))


@quick
@given(programs())
def test_random_programs(program: Program) -> None:
    for ascii in (False, True):
        require_places(to_text(program, ascii))


def test_a_shifted_place_is_noticed() -> None:
    """The oracle can fail."""
    (statement,) = statements(Source("t", "y = tanh(u + v)"), lambda *_: None)
    assert isinstance(statement, s.Equate)
    with pytest.raises(AssertionError):
        require_reads_again(statement.value, " tanh(u + v)")


HEAD = "width n\nmatrix sigma, W : n × n ~ N(0, 1)\nvector u, v : n ~ N([0, 0], [[1, 0], [0, 1]])\n"


def test_what_an_equation_reads_has_its_place() -> None:
    program = parse(f"{HEAD}y = tanh( sigma (u + v) - u * mean( u ) ) + W' v\n")
    reads = {e.out.name: [(r.name, r.span.text) for r in e.reads] for e in program.equations}
    assert reads == {
        "y~1": [("u", "u"), ("v", "v")],
        "y~2": [("σ", "sigma"), ("y~1", "(u + v)")],
        "y~3": [("u", "u")],
        "y~4": [("W", "W"), ("v", "v")],
        "y": [
            ("y~2", "sigma (u + v)"), ("u", "u"), ("y~3", "mean( u )"), ("y~4", "W' v"),
        ],
    }  # fmt: skip
    spans = {e.out.name: e.span and e.span.text for e in program.equations}
    assert spans["y~1"] == "(u + v)"
    assert spans["y~2"] == "sigma (u + v)"
    assert spans["y"] == "tanh( sigma (u + v) - u * mean( u ) ) + W' v"


@quick
@given(programs())
def test_reads_are_the_inputs(program: Program) -> None:
    for equation in parse(to_text(program)).equations:
        read_names = dict.fromkeys(read.name for read in equation.reads)
        assert list(read_names) == list(dict.fromkeys(v.name for v in equation.inputs))


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_origins_of_the_gallery(path: Path) -> None:
    program = load(path)
    for equation in program.equations:
        assert isinstance(equation, MatMul | Nonlin) or equation.out.is_scalar
        origin = equation.origin
        assert origin is not None
        assert equation.span is not None
        assert origin.span.start <= equation.span.start <= equation.span.end <= origin.span.end
    assert all(d.origin is not None for d in program.declarations)


def test_origins_of_loops_and_families() -> None:
    text = f"{HEAD}const L = 3\nmatrix A[1..L, 2..3] : n × n ~ N(0, 1)\nx[1] = u\n"
    text += "for l in 2..L:\n    for k in 1..2: z[l,k] = v\n    x[l] = W x[l-1]\n"
    program = parse(text)
    origin = program.equation_of["x[3]"].origin
    assert origin is not None
    assert (origin.statement, origin.span.text, origin.values) == (9, "x[l] = W x[l-1]", {"l": 3})
    inner = program.equation_of["z[2,1]"].origin
    assert inner is not None
    assert (inner.statement, inner.span.text, inner.values) == (8, "z[l,k] = v", {"l": 2, "k": 1})
    family = program.declaration_of["A[2,3]"].origin
    assert family is not None
    assert (family.statement, family.family) == (4, (2, 3))


def test_a_name_in_ascii_is_underlined_whole() -> None:
    with pytest.raises(Exception, match="neither a function nor a matrix") as caught:
        parse(f"{HEAD}y = sigma_w(u)\n")
    assert caught.value.span.text == "sigma_w"  # type: ignore[attr-defined]


def test_a_label_that_cannot_be_set_has_a_place() -> None:
    with pytest.raises(TPError, match="cannot be typeset") as caught:
        parse(f'{HEAD}label u = "\\tilde{{u"\n')
    assert caught.value.span is not None
    assert caught.value.span.text == '"\\tilde{u"'
