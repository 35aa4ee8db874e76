"""New statements: a declaration, a product with a matrix, a gate."""

from __future__ import annotations

from collections.abc import Sequence

from tpgraph.language.editing.definitions import training_patches
from tpgraph.language.editing.edit import Edit, Patch, made, name_refusal, refusal
from tpgraph.language.editing.new_places import NewPlace
from tpgraph.language.editing.statement_places import (
    fresh,
    inserted,
    new_name,
    next_name,
    rank,
    statement_of,
)
from tpgraph.language.readings import Reading
from tpgraph.program import Variable
from tpgraph.sentences import Sentence, sentence
from tpgraph.types import Width

__all__ = ["bargate", "declaration", "declare", "gate", "multiply", "vector_of"]

_BASES = {"data": "ξ", "target": "y", "param": "W", "matrix": "W", "vector": "u", "scalar": "s"}


def declare(
    reading: Reading,
    kind: str,
    name: str | None = None,
    shape: str | None = None,
    law: str | None = None,
    trained: bool = False,
) -> Edit:
    """A declaration behind the last of its kind: `vector u : n ~ N(0, 1)`.

    `kind` is width, dim, const, fn, data, target, param, matrix, vector or scalar; a name that is
    not given is a free one; a width, or a dimension, that the text does not have yet is declared
    too. What is `trained` is a param, the first of a text with `parametrization ntk`. For dim,
    const and scalar `law` is the value; an fn is one of z. Where it is not given, the law is
    N(0, 1) and the value a likely one.
    """
    if kind == "fn":
        return _function(reading, name, law or "tanh(z)")
    sizes = {"width": ("n", ""), "dim": ("d", " = 64"), "const": ("L", " = 3")}
    if kind in sizes:
        base, value = sizes[kind]
        own = new_name(reading, name) if name else fresh(reading, base)
        given = f" = {law}" if law and kind != "width" else value
        patch = inserted(reading, f"{kind} {own}{given}", ("width", "dim", "const").index(kind) + 1)
        return made(reading, [patch], sentence("declare {}", own), select=own)
    if kind not in _BASES:
        raise name_refusal(f"nothing is declared by {kind!r}", None, f"one of {', '.join(_BASES)}")
    base = "b" if trained and kind == "vector" else _BASES[kind]
    own = new_name(reading, name) if name else next_name(reading, base)
    patches: list[Patch] = []
    if shape is None and kind != "scalar":
        shape, patches = _shape(reading, kind, own)
    if trained or kind == "param":
        kind, patches = "param", patches + training_patches(reading)
    patches.append(inserted(reading, declaration(kind, own, shape, law), rank(kind)))
    return made(reading, patches, sentence("declare {}", own), select=own)


def _function(reading: Reading, name: str | None, body: str) -> Edit:
    own = new_name(reading, name) if name else fresh(reading, "φ")
    patch = inserted(reading, f"fn {own}(z) = {body}", rank("data") - 1)
    return made(reading, [patch], sentence("declare {}", own), select=own)


def declaration(kind: str, name: str, shape: str | None, law: str | None = None) -> str:
    """The text of a declaration; without a law that of a standard Gaussian."""
    if kind == "scalar":
        return f"scalar {name} = {law or 1}"
    tail = "" if kind in {"data", "target"} else f" ~ {law or 'N(0, 1)'}"
    return f"{kind} {name} : {shape}{tail}"


def _shape(reading: Reading, kind: str, name: str) -> tuple[str, list[Patch]]:
    """The shape of a new variable, with what it needs declared."""
    if kind == "target":
        return "1", []
    if kind == "data":
        dims = [d for s in reading.statements if rank(s.node) == 2 for d in s.binds]
        if dims:
            return dims[0], []
        dim = fresh(reading, "d", [name])
        return dim, [inserted(reading, f"dim {dim} = 64", 2)]
    width, patches = _width(reading, name)
    return (width if kind == "vector" else f"{width} × {width}"), patches


def _width(reading: Reading, name: str) -> tuple[str, list[Patch]]:
    """The first width, or a new one with the patch that declares it; `name` is taken."""
    program = reading.program
    widths = [w for s in reading.statements if rank(s.node) == 1 for w in s.binds]
    if program is not None and program.widths:
        widths = [program.widths[0].name]
    if widths:
        return widths[0], []
    width = fresh(reading, "n", [name])
    return width, [inserted(reading, f"width {width}", 1)]


def vector_of(reading: Reading, name: str) -> Variable:
    """The vector of a name. Raises TPTypeError where it is none, or has no name of its own."""
    variable = _operand(reading, name)
    if not variable.is_vector:
        span = statement_of(reading, name).span
        raise refusal(
            sentence("{} is a {}, not a vector", name, variable.type), span, "choose a vector"
        )
    return variable


def _operand(reading: Reading, name: str) -> Variable:
    """A vector or scalar that has a name of its own. Raises TPTypeError for others."""
    statement = statement_of(reading, name)
    assert reading.program is not None
    variable = reading.program.variables[name]
    if variable.is_matrix:
        raise refusal(
            sentence("{} is a {}, not a vector", name, variable.type),
            statement.span,
            "multiply by it",
        )
    if variable.is_temporary:
        raise refusal(sentence("{} has no name of its own", name), statement.span, "name it first")
    return variable


def multiply(
    reading: Reading,
    operand: str,
    matrix: str | None = None,
    name: str | None = None,
    *,
    transpose: bool = False,
    beside: str | None = None,
) -> Edit:
    """A matrix times a vector: `h = W x`, or `h = W' x` where only that fits, or with `transpose`.

    A matrix that does not exist yet is declared, with a width as its rows and as a param where
    the program trains. `beside` is a variable made in loops: the product stands there, for all
    their values. Raises TPTypeError where no vector is given or the matrix fits neither way.
    """
    vector, place = vector_of(reading, operand), NewPlace(reading, beside)
    assert reading.program is not None
    out = place.name(name, "h", [matrix or "W"])
    known = reading.program.variables.get(matrix or "")
    patches: list[Patch] = []
    if known is None:
        own = new_name(reading, matrix) if matrix else next_name(reading, "W", [out])
        said = own
        kind = "param" if reading.program.parametrization is not None else "matrix"
        rows = str(vector.dim)
        if not isinstance(vector.dim, Width):
            rows, patches = _width(reading, own)
        shape = f"{rows} × {vector.dim}"
        patches.append(inserted(reading, declaration(kind, own, shape, "N(0, 1)"), rank(kind)))
    else:
        own = known.name
        said = place.spelled(own) + ("'" if transpose else _mark(reading, known, vector))
    text = f"{place.target(out)} = {said} {place.spelled(operand)}"
    patches.append(place.patch(text, [operand] if known is None else [operand, own]))
    title = sentence("multiply {} by {}", operand, own)
    return made(reading, patches, title, select=place.member(out))


def _mark(reading: Reading, matrix: Variable, vector: Variable) -> str:
    if not matrix.is_matrix:
        span = statement_of(reading, matrix.name).span
        raise refusal(
            sentence("{} is a {}, not a matrix", matrix.name, matrix.type), span, "choose a matrix"
        )
    shape = matrix.matrix
    if shape.columns == vector.dim:
        return ""
    if shape.rows == vector.dim:
        return "'"
    raise refusal(
        sentence(
            "{} is {} × {} and {} a vector of {}",
            matrix.name,
            shape.rows,
            shape.columns,
            vector.name,
            vector.dim,
        ),
        statement_of(reading, matrix.name).span,
        "choose another matrix, or a new one",
    )


def gate(
    reading: Reading,
    operands: Sequence[str],
    function: str | None = None,
    name: str | None = None,
    *,
    beside: str | None = None,
) -> Edit:
    """A gate of one or more vectors or scalars: `y = φ(a + b)`, a scalar where all of them are.

    The function is the first of one argument that the program defines, else tanh. `beside` is a
    variable made in loops: the gate stands there, for all their values.
    """
    given = [_operand(reading, operand) for operand in operands]
    assert reading.program is not None
    own = [f.name for f in reading.program.functions if f.arity == 1]
    word = function or (own[0] if own else "tanh")
    usual = "x" if any(variable.is_vector for variable in given) else "s"
    title = sentence("gate of {}", operands)
    return _made_of(NewPlace(reading, beside), operands, (usual, name), (word, " + "), title)


def bargate(
    reading: Reading, operands: Sequence[str], name: str | None = None, *, beside: str | None = None
) -> Edit:
    """The mean of a product of vectors, a Moment: `s = mean(u * v)`; `beside` as of a gate."""
    for operand in operands:
        _operand(reading, operand)
    title = sentence("bar-gate of {}", operands)
    return _made_of(NewPlace(reading, beside), operands, ("s", name), ("mean", " * "), title)


def _made_of(
    place: NewPlace,
    operands: Sequence[str],
    named: tuple[str, str | None],
    written: tuple[str, str],
    title: Sentence,
) -> Edit:
    """A function of operands with a sign between them."""
    if not operands:
        raise name_refusal("a gate needs a vector", None, "choose one")
    (usual, name), (word, sign) = named, written
    out = place.name(name, usual)
    text = f"{place.target(out)} = {word}({sign.join(map(place.spelled, operands))})"
    patch = place.patch(text, operands)
    return made(place.reading, [patch], title, select=place.member(out))
