"""Hostile texts in every field of a program's JSON document: refused, or harmless, never code."""

from __future__ import annotations

import builtins
import contextlib
import copy
import json
from collections.abc import Iterator

import numpy as np
import pytest

import tpgraph as tp
from tpgraph.errors import TPError
from tpgraph.language.schema import Document
from tpgraph.program import Program

TEXT = """
program net
width n
width m = 1/2 n
dim d = 2
parametrization ntk
fn φ(z, t) = tanh(z) + t^2
data ξ : d
target y : 1
param W : n × d ~ N(0, 1)
param b : n ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
matrix A : m × n ~ N(0, 1)
vector u, v : n ~ N([0, 1], [[1, .5], [.5, 1]])
scalar ε -> 0 = 1 / sqrt(n)
x = φ(W ξ + b, ε) + u * v
s = mean(x)
z = A x
f = V (s * x)
output f
loss (f - y)^2 / 2
label x = "\\tilde x"
label φ = "\\phi"
note "a" at x
place x below ξ
"""
CALL = "pwned(1)"
HOSTILE = (
    f'h"+str({CALL})+"',
    f"h\n{CALL}\n#",
    f"h\r{CALL}",
    f'"""\n{CALL}\n"""',
    "}\\input{/etc/passwd}",
    "\\immediate\\write18{touch x}",
    "^^5cinput{/etc/passwd}",
    "\x1b[2J",
    "\u202e",
    "W[01]",
    "W[1]~1~2",
    "loss",
    "",
    "x" * 2000,
)


def documents() -> list[dict]:
    """Programs that together have all that a document can hold: a loss, passes and their times."""
    program = tp.parse(TEXT)
    made = (tp.backward(program), tp.unroll_sgd(program, steps=1))
    return [json.loads(tp.to_json(one)) for one in made]


def places(value: object, path: tuple = ()) -> Iterator[tuple]:
    """The path of every text in a document, keys among them (as a path that ends in `key`)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if path and path[-1] in ("dims", "labels"):
                yield (*path, key, "key")
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))
    elif isinstance(value, str):
        yield path


def planted(document: dict, path: tuple, text: str) -> dict:
    made = copy.deepcopy(document)
    *way, last = path if path[-1] != "key" else path[:-1]
    holder = made
    for step in way:
        holder = holder[step]
    if path[-1] == "key":
        holder[text] = holder.pop(last)
    else:
        holder[last] = text
    return made


def exercised(program: Program) -> None:
    """What commands do with a program; each may refuse it by a TPError."""
    widths = {w.name: 4 for w in program.base_widths}
    data = [np.ones((2, d.variable.dim.size({}))) for d in (*program.data, *program.targets)]
    assert tp.parse(tp.to_text(program)) == program
    assert tp.from_json(tp.to_json(program)) == program
    module = tp.compile(program)
    exec(builtins.compile(module.source, "module.py", "exec"), {})
    if program.is_network:
        dict(module.variables(module.init(widths, 0), *data))
    for read in (tp.latex_listing, tp.to_text):
        text = read(program)
        assert "\\input{/etc" not in text or read is tp.to_text
        assert "\\write18" not in text or read is tp.to_text


def fields_of_the_schema(schema: dict) -> set[str]:
    """The names of every field that the published schema can hold a text in."""
    found = set()
    for model in (schema, *schema["$defs"].values()):
        for name, entry in model.get("properties", {}).items():
            if '"string"' in json.dumps(entry) and "const" not in json.dumps(entry):
                found.add(name)
    return found


def test_the_document_holds_every_field_of_the_schema():
    paths = {p for one in documents() for path in places(one) for p in path if isinstance(p, str)}
    missing = fields_of_the_schema(Document.model_json_schema()) - paths
    assert missing <= {"schema", "schema_", "context", "base", "ratio", "letter"}


def planned(paths: Iterator[tuple], hostile: str) -> Iterator[tuple]:
    """Each field of a document once, at a place that differs by the hostile text."""
    by_field: dict[tuple, list[tuple]] = {}
    for path in paths:
        by_field.setdefault(tuple(p for p in path if isinstance(p, str)), []).append(path)
    turn = HOSTILE.index(hostile)
    for same in by_field.values():
        yield same[turn % len(same)]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_no_field_executes_and_what_passes_survives_the_text(monkeypatch, hostile):
    calls: list[int] = []
    monkeypatch.setattr(builtins, "pwned", calls.append, raising=False)
    for document in documents():
        for path in planned(places(document), hostile):
            with contextlib.suppress(TPError):
                exercised(tp.from_json(json.dumps(planted(document, path, hostile))))
            assert calls == [], path
