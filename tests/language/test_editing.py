"""Edits of texts: the table of gestures, their rules, and refusals."""

from __future__ import annotations

import random
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import programs

from tpgraph.errors import TPError
from tpgraph.language import editing, format_text, parse, read, to_text
from tpgraph.language.editing import Edit
from tpgraph.language.readings import Reading
from tpgraph.program import MatMul, Program

GALLERY = sorted(Path(str(resources.files("tpgraph_diagrams"))).glob("*.tp"))
TEXTS = [path.read_text("utf-8") for path in GALLERY]
quick = settings(max_examples=40, suppress_health_check=list(HealthCheck))
HEAD = """width n
matrix W : n × n ~ N(0, 1)
vector u, v : n ~ N([0, 0], [[1, 0], [0, 1]])   # two
"""
DEEP = """program deep
width n
const L = 3
matrix W[1..L] : n × n ~ N(0, 1)
vector b[1..L], x[0] : n ~ N(0, 1)

for l in 1..L:   # a layer
    h[l] = W[l] x[l-1]
    x[l] = tanh(h[l])
"""


def done(edit: Callable[[Reading], Edit], text: str) -> str:
    """The text after an edit, whose rules are checked."""
    reading = read(text)
    made = edit(reading)
    after = made.apply(text)
    require_rules(reading, made, after)
    return after


def require_rules(reading: Reading, made: Edit, after: str) -> None:
    text = reading.text
    assert made.inverse(text).apply(after) == text
    known = {error.message for error in reading.errors}
    found = read(after)
    assert not [error for error in found.errors if error.message not in known and error.span]
    assert list(made.patches) == sorted(made.patches)
    for before, behind in zip(made.patches, made.patches[1:], strict=False):
        assert before.end <= behind.start
    if made.select is not None and found.program is not None:
        bases = {name.partition("[")[0] for name in found.program.variables}
        sizes = {base for s in found.statements for base in s.binds}
        assert made.select.partition("[")[0] in bases | sizes | set(found.program.variables)
    try:
        if format_text(text) == text and after:
            assert format_text(after) == after
    except TPError:
        pass


CASES: list[tuple[Callable[[Reading], Edit], str, str]] = [
    (lambda r: editing.connect(r, "v", "y"), "y = tanh(u)", "y = tanh(u + v)"),
    (lambda r: editing.connect(r, "v", "y"), "y = tanh( W u )", "y = tanh( W u + v )"),
    (lambda r: editing.connect(r, "v", "y"), "y = u * tanh(u)", "y = u * tanh(u) + v"),
    (lambda r: editing.connect(r, "v", "y"), "y = max(u, 1)", "y = max(u, 1) + v"),
    (lambda r: editing.connect(r, "v", "y"), "y = mean(u)", "y = mean(u * v)"),
    (lambda r: editing.connect(r, "v", "y"), "y = mean(u + u)", "y = mean((u + u) * v)"),
    (lambda r: editing.connect(r, "v", "y~1"), "y = W u^2", "y = W (u^2 + v)"),
    (lambda r: editing.connect(r, "v", "y~1"), "y = W ( u + u )", "y = W ( u + u + v )"),
    (lambda r: editing.connect(r, "v", "y~1"), "y = W tanh(u)", "y = W tanh(u + v)"),
    (lambda r: editing.replace(r, "u", "v", "y"), "y = tanh(u - 2 * u)", "y = tanh(v - 2 * v)"),
    (lambda r: editing.replace(r, "u", "v", "y"), "y = W u", "y = W v"),
    (lambda r: editing.replace(r, "y~1", "v", "y"), "y = tanh(W u + u)", "y = tanh(v + u)"),
    (lambda r: editing.disconnect(r, "v", "y"), "y = tanh(u + v)", "y = tanh(u)"),
    (lambda r: editing.disconnect(r, "u", "y"), "y = tanh(u - v)", "y = tanh(-v)"),
    (lambda r: editing.disconnect(r, "u", "y"), "y = tanh(v - 2 * u)", "y = tanh(v - 2)"),
    (lambda r: editing.disconnect(r, "v", "y"), "y = u + tanh( v )^2", "y = u"),
    (lambda r: editing.disconnect(r, "v", "y"), "y = leaky_relu(u, v)", "y = leaky_relu(u)"),
    (lambda r: editing.disconnect(r, "u", "y"), "y = u + u + v", "y = v"),
    (lambda r: editing.disconnect(r, "u", "y"), "y = u + v - u - 2 * v", "y = v - 2 * v"),
    (lambda r: editing.disconnect(r, "u", "y"), "y = u - u - v + u", "y = -v"),
    (lambda r: editing.disconnect(r, "u", "y"), "y = tanh(u + u) + v", "y = v"),
    (lambda r: editing.disconnect(r, "u", "y"), "y = v + max(u, tanh(u))", "y = v"),
    (lambda r: editing.disconnect(r, "y[1]", "y[3]"),
     "y[1] = u\ny[2] = v\nfor l in 3..4:\n    y[l] = tanh(y[l-2] + u)",
     "y[1] = u\ny[2] = v\nfor l in 3..4:\n    y[l] = tanh(u)"),
    (lambda r: editing.set_formula(r, "y", "W v"), "y = tanh(u)   # c", "y = W v   # c"),
    (lambda r: editing.set_formula(r, "y~1", "v"), "y = tanh(W u)", "y = tanh(v)"),
    (lambda r: editing.name(r, "y~1", "h"), "y = tanh( W u )", "h = W u\ny = tanh( h )"),
    (lambda r: editing.name(r, "y~1", "h"), "y = W (u + v)", "h = u + v\ny = W h"),
    (lambda r: editing.unname(r, "h"), "h = W u\ny = tanh(h + v)", "y = tanh(W u + v)"),
    (lambda r: editing.unname(r, "h"), "h = W u\ny = tanh(h)", "y = tanh(W u)"),
    (lambda r: editing.unname(r, "z"), "z = u + v\ny = W z", "y = W (u + v)"),
    (lambda r: editing.gate(r, ["y", "v"]), "y = W u", "y = W u\nx = tanh(y + v)"),
    (lambda r: editing.rename(r, "y[2]", "f", only=True), "y[1] = W u\ny[2] = W y[1]\noutput y[2]",
     "y[1] = W u\nf = W y[1]\noutput f"),
    (lambda r: editing.gate(r, ["h[1]"]), "h[1] = W u\nx[1] = tanh(h[1])",
     "h[1] = W u\nx[1] = tanh(h[1])\nx[2] = tanh(h[1])"),
    (lambda r: editing.multiply(r, "h[2]", "W"), "h[1] = W u\nfor l in 2..3:\n    h[l] = W h[l-1]",
     "h[1] = W u\nfor l in 2..3:\n    h[l] = W h[l-1]\nh_1 = W h[2]"),
    (lambda r: editing.multiply(r, "y", "W"), "y = W u", "y = W u\nh = W y"),
    (lambda r: editing.rename(r, "v", "phi"), "y = u - v\nz = (fn(v) = v)(u)",
     "y = u - phi\nz = (fn(v) = v)(u)"),
    (lambda r: editing.rename(r, "y", "y[1]"), "y = W tanh(u)\nz = tanh(y)\noutput y",
     "y[1] = W tanh(u)\nz = tanh(y[1])\noutput y[1]"),
    (lambda r: editing.rename(r, "z", "y[2]"), "y[1] = W u\nz = W tanh(y[1])\nq = z~1 + z",
     "y[1] = W u\ny[2] = W tanh(y[1])\nq = y[2]~1 + y[2]"),
    (lambda r: editing.rename(r, "y~1", "h"), "y = tanh(W u + W v)\nz = W y",
     "h = W u\ny = tanh(h + W v)\nz = W y"),
    (lambda r: editing.rename(r, "y[1]", "z[0,2]"), "y[1] = W u\ny[2] = tanh(y[1])",
     "z[0,2] = W u\ny[2] = tanh(z[0,2])"),
    (lambda r: editing.delete(r, "y"), "y = W u  # c\n# about z\nz = tanh(y)\nq = W v\noutput z, q",
     "q = W v\noutput q"),
    (lambda r: editing.connect(r, "z", "y"), "y = tanh(u)\nq = W v\nz = q + v",
     "q = W v\nz = q + v\ny = tanh(u + z)"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("edit", "before", "wanted"), CASES, ids=lambda c: c[:50] if isinstance(c, str) else "edit"
)
def test_table(edit: Callable[[Reading], Edit], before: str, wanted: str) -> None:
    head = HEAD.replace("u, v", "u, φ") if "phi" in wanted else HEAD
    after = done(edit, f"{HEAD}{before}\n")
    if "phi" in wanted:
        head = HEAD.replace("u, v", "u, phi")
    assert after == f"{head}{wanted}\n"


def test_a_loss_that_is_a_variable_selects_it() -> None:
    edit = editing.set_formula(read(f"{HEAD}y = mean(u)\nloss mean(v^2)\n"), "loss", "y")
    assert edit.select == "y"


def test_a_formula_in_a_loop_is_titled_as_its_line_is_written() -> None:
    loop = read(f"{HEAD}x[1] = u\nfor l in 2..3:\n    x[ l ] = tanh(x[l-1])\nloss mean(u^2)\n")
    assert editing.set_formula(loop, "x[3]", "x[l-1]").title == "x[ l ] = x[l-1]"
    assert editing.set_formula(loop, "x[1]", "v").title == "x[1] = v"
    assert editing.set_formula(loop, "loss", "mean(v^2)").title == "loss = mean(v^2)"


def test_an_unnamed_part_that_is_none_any_more_selects_its_statement() -> None:
    edit = editing.disconnect(read(f"{HEAD}y = W (u + v)\n"), "v", "y~1")
    assert edit.select == "y"


def test_a_head_is_left_where_all_is_deleted() -> None:
    text = "# c\nprogram p\nwidth n\nconst K = 2\nvector u : n ~ N(0, 1)\n\ny = tanh(u)\n"
    after = editing.delete(read(text), "u").apply(text)
    assert after == "# c\nprogram p\nwidth n\nconst K = 2\n"
    again = editing.declare(read(after), "vector", "v").apply(after)
    assert list(read(again).origin) == ["v"]


def test_a_loop_changes_as_a_whole() -> None:
    reading = read(DEEP)
    edit = editing.connect(reading, "b[1]", "x[2]")
    assert "x[l] = tanh(h[l] + b[l])" in editing.connect(reading, "b[2]", "x[2]").apply(DEEP)
    after = edit.apply(DEEP)
    assert "x[l] = tanh(h[l] + b[1])" in after
    assert editing.appearing(reading, edit) == (
        ("b[1]", "x[1]"),
        ("b[1]", "x[2]"),
        ("b[1]", "x[3]"),
    )
    require_rules(reading, edit, after)


def test_from_an_empty_text() -> None:
    text = ""
    for edit in (
        lambda r: editing.declare(r, "vector", "u"),
        lambda r: editing.multiply(r, "u"),
        lambda r: editing.gate(r, ["h"], "relu"),
        lambda r: editing.declare(r, "vector", "b"),
        lambda r: editing.connect(r, "b", "x"),
    ):
        text = done(edit, text)
    assert text == (
        "width n\nmatrix W : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\nvector b : n ~ N(0, 1)\n\n"
        "h = W u\nx = relu(h + b)\n"
    )


def test_a_trained_network_from_an_empty_text() -> None:
    text = ""
    for edit in (
        lambda r: editing.declare(r, "data"),
        lambda r: editing.multiply(r, "ξ"),
        lambda r: editing.set_trained(r, "W", True),
        lambda r: editing.declare(r, "vector", trained=True),
        lambda r: editing.gate(r, ["h", "b"]),
        lambda r: editing.readout(r, "x"),
        lambda r: editing.set_loss_of(r),
    ):
        text = done(edit, text)
    assert text == (
        "width n\ndim   d = 64\nparametrization ntk\ndata   ξ : d\ntarget y : 1\n"
        "param  W : n × d ~ N(0, 1)\nparam  b : n     ~ N(0, 1)\nparam  V : 1 × n ~ N(0, 1)\n\n"
        "h = W ξ\nx = tanh(h + b)\nf = V x\noutput f\nloss (f - y)^2 / 2\n"
    )
    drawn = done(lambda r: editing.set_trained(r, "b", False), text)
    assert "vector b : n ~ N(0, 1)" in drawn


def test_the_loss_is_of_what_is_there() -> None:
    text = "width n\ndim k = 3\ntarget y, t : k\nmatrix V : k × n ~ N(0, 1)\n"
    text += "vector u : n ~ N(0, 1)\nf = V u\ng = V tanh(u)\nc = mean(u * u)\n"
    assert "loss (f - y)^2 / 2" in done(lambda r: editing.set_loss_of(r, "f"), text)
    used = text + "loss (f - y)^2 / 2\n"
    assert "loss (g - t)^2 / 2" in done(lambda r: editing.set_loss_of(r, "g"), used)
    assert "loss c" in done(lambda r: editing.set_loss_of(r, "c"), used)
    assert "V_1 : k × n" in done(lambda r: editing.readout(r, "u"), text)


@pytest.mark.parametrize(
    ("edit", "text", "message"),
    [
        (lambda r: editing.set_loss_of(r), "y = u", "no output"),
        (lambda r: editing.set_loss_of(r), "y = u\nz = v\noutput y, z", "outputs are y, z"),
        (lambda r: editing.set_loss_of(r, "u"), "y = u", "fixed size"),
        (lambda r: editing.set_loss_of(r, "t"), "y = u\ntarget t : 1", "t is a target"),
        (lambda r: editing.set_trained(r, "t", True), "y = u\ntarget t : 1", "from outside"),
        (lambda r: editing.set_trained(r, "y", True), "y = u", "computed, not declared"),
        (lambda r: editing.readout(r, "W"), "y = u", "not a vector"),
        (lambda r: editing.connect(r, "v", "y"), "y = W u", "takes one vector"),
        (lambda r: editing.connect(r, "z", "y"), "y = tanh(u)\nz = W y", "circle"),
        (lambda r: editing.connect(r, "v", "y"), "y = (fn(a) = a)(u)", "listed"),
        (lambda r: editing.disconnect(r, "u", "y"), "y = tanh(u)", "nothing would be left"),
        (lambda r: editing.disconnect(r, "u", "y"), "y = v + u / v", "in a term with v"),
        (lambda r: editing.disconnect(r, "u", "y"), "y = sum(u^k for k in 1..2) + v", "sum over k"),
        (lambda r: editing.rename(r, "u", "v"), "y = u", "taken"),
        (lambda r: editing.rename(r, "u", "data"), "y = u", "word of the language"),
        (lambda r: editing.unname(r, "z"), "z = u + v\ny = tanh(z)", "become one"),
        (lambda r: editing.unname(r, "z"), "z = W u\ny = z + W z", "not used exactly once"),
        (lambda r: editing.set_formula(r, "y", "q"), "y = u", "q is not bound"),
        (lambda r: editing.set_formula(r, "u", "q"), "y = u", "no formula"),
        (lambda r: editing.multiply(r, "u", "v"), "y = u", "not a matrix"),
    ],
)  # fmt: skip
def test_refusals(edit: Callable[[Reading], Edit], text: str, message: str) -> None:
    with pytest.raises(TPError, match=message) as caught:
        edit(read(f"{HEAD}{text}\n"))
    assert caught.value.mend or caught.value.expected


def test_line_ends_and_byte_order_marks_are_kept() -> None:
    text = "\ufeff" + f"{HEAD}y = tanh(u)\n".replace("\n", "\r\n")
    reading = read(text)
    edit = editing.connect(reading, "v", "y")
    assert edit.apply(text) == text.replace("tanh(u)", "tanh(u + v)")
    more = editing.multiply(reading, "y")
    assert more.apply(text).count("\n") == more.apply(text).count("\r\n")
    assert more.inverse(text).apply(more.apply(text)) == text


def random_edit(reading: Reading, chance: random.Random) -> Edit:
    """Some edit of some of the program's names; a refusal is raised."""
    program = reading.program
    assert program is not None
    names = list(program.variables)
    one, other = chance.choice(names), chance.choice(names)
    reads = [(v.name, e.out.name) for e in program.equations for v in e.inputs] or [(one, other)]
    edits: list[Callable[[], Edit]] = [
        lambda: editing.declare(reading, chance.choice(["vector", "matrix", "scalar", "dim"])),
        lambda: editing.multiply(reading, one, other if chance.random() < 0.3 else None),
        lambda: editing.gate(reading, [one, other]),
        lambda: editing.connect(reading, one, other),
        lambda: editing.replace(reading, chance.choice(reads)[0], one, chance.choice(reads)[1]),
        lambda: editing.disconnect(reading, *chance.choice(reads)),
        lambda: editing.set_formula(reading, one, other),
        lambda: editing.rename(reading, one, "renamed"),
        lambda: editing.name(reading, one),
        lambda: editing.unname(reading, one),
        lambda: editing.delete(reading, one),
    ]
    return chance.choice(edits)()


def require_untouched(reading: Reading, made: Edit, after: str) -> None:
    """Lines outside of the patches are byte-identical, and comments stay but with their lines."""
    kept = []
    position = 0
    for patch in made.patches:
        kept.append(reading.text[position : patch.start])
        position = patch.end
    kept.append(reading.text[position:])
    place = 0
    for piece in kept:
        place = after.index(piece, place) + len(piece)
    comments = [t.text for t in reading.tokens if t.kind == "comment"]
    gone = [c for c in comments if c not in after]
    assert not gone or made.title.startswith("delete") or "without a name" in made.title


@settings(quick, max_examples=60)
@given(st.sampled_from(TEXTS), st.integers(0, 2**32))
def test_random_edits_of_the_gallery(text: str, seed: int) -> None:
    require_random_edits(text, random.Random(seed))


@settings(quick, max_examples=60)
@given(programs(max_equations=12), st.integers(0, 2**32))
def test_random_edits_of_random_programs(program: Program, seed: int) -> None:
    require_random_edits(to_text(program), random.Random(seed))


def require_random_edits(text: str, chance: random.Random) -> None:
    for _ in range(4):
        reading = read(text)
        if reading.program is None:
            return
        try:
            edit = random_edit(reading, chance)
        except TPError:
            continue
        after = edit.apply(text)
        require_rules(reading, edit, after)
        require_untouched(reading, edit, after)
        text = after


def renamed_like(program: Program, base: str, new: str) -> Program:
    text = to_text(program)
    return parse(editing.rename(read(text), base, new).apply(text))


@quick
@given(programs(max_equations=12), st.integers(0, 2**32))
def test_rename_there_and_back(program: Program, seed: int) -> None:
    base = random.Random(seed).choice(list(program.variables)).partition("[")[0].partition("~")[0]
    parameters = {p for f in program.functions for p in f.parameters} | {"z1", "z2", "z3"}
    if base == "loss" or base in parameters:
        return
    other = renamed_like(program, base, "renamed")
    assert other != program
    assert len(other.equations) == len(program.equations)
    assert renamed_like(other, "renamed", base) == program


@quick
@given(programs(max_equations=12), st.integers(0, 2**32))
def test_name_and_unname_keep_the_program_up_to_names(program: Program, seed: int) -> None:
    text = to_text(program)
    reading = read(text)
    unnamed = [e.out.name for e in program.equations if "~" in e.out.name]
    if not unnamed:
        return
    try:
        after = parse(
            editing.name(reading, random.Random(seed).choice(unnamed), "named").apply(text)
        )
    except TPError:
        return
    assert shape_of(after) == shape_of(program)


def shape_of(program: Program) -> list[tuple[object, ...]]:
    """The equations of a program, each by what it is made from, without names or order."""
    made: dict[str, object] = {
        name: name for d in program.declarations for v in d.variables for name in [v.name]
    }
    for e in program.equations:
        parts = tuple(made[v.name] for v in e.inputs)
        what = (e.matrix.name, e.transpose) if isinstance(e, MatMul) else str(e.function)
        made[e.out.name] = hash((type(e).__name__, what, parts))
    return sorted((str(made[e.out.name]),) for e in program.equations)


@quick
@given(programs(max_equations=12), st.integers(0, 2**32))
def test_delete_leaves_no_error(program: Program, seed: int) -> None:
    text = to_text(program)
    name = random.Random(seed).choice(list(program.variables))
    edit = editing.delete(read(text), name)
    after = read(edit.apply(text))
    assert all(error.span is None for error in after.errors)
    left = after.program.variables if after.program is not None else {}
    assert set(edit.removed) == set(program.variables) - set(left)
    assert name in edit.removed
