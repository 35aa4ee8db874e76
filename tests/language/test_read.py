"""`read`: what holds of any text, with statements, tokens and origins; nothing raised."""

from __future__ import annotations

import random
from importlib import resources
from pathlib import Path

import pytest
from fuzz.fuzz_parser import SMALL, WORDS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import programs

from tpgraph.bounds import TERMS
from tpgraph.errors import TPError
from tpgraph.language import parse, read, to_text
from tpgraph.language import syntax as s
from tpgraph.language.lexer import words
from tpgraph.language.parser import tokens
from tpgraph.language.readings import Reading
from tpgraph.language.vocabulary import canonical
from tpgraph.program import Program, check

GALLERY = sorted(Path(str(resources.files("tpgraph_diagrams"))).glob("*.tp"))
TEXTS = [path.read_text("utf-8") for path in GALLERY]
SIGNS = "()[]=:~+-*/^',.\"# \t\n√×·ξφ\u0303²ᵀ{}@;\\\0019xnWT\r\ufeff"
quick = settings(max_examples=40, suppress_health_check=list(HealthCheck))
fuzzed = settings(max_examples=150, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def _small_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TERMS.variable, str(SMALL))


def parsed(text: str) -> tuple[Program | None, tuple[TPError, ...]]:
    try:
        return parse(text), ()
    except TPError as error:
        return None, error.errors


def require_reads(text: str) -> Reading:
    """A text is read without an exception, and what holds of it is well typed."""
    found = read(text)
    if found.program is not None:
        check(found.program)
        assert list(found.origin) == list(found.program.variables)
        for origin in found.origin.values():
            assert found.statements[origin.statement].span == origin.span
    program, errors = parsed(text)
    assert [str(error) for error in errors] == [str(error) for error in found.errors]
    assert errors or program == found.program
    for token in found.tokens:
        assert found.source.text[token.start : token.end] == token.text
    starts = [token.start for token in found.tokens]
    assert starts == sorted(set(starts))
    assert found.warnings is found.warnings
    return found


@pytest.mark.parametrize("text", TEXTS, ids=[path.stem for path in GALLERY])
def test_gallery(text: str) -> None:
    found = require_reads(text)
    assert not found.errors
    assert not found.warnings
    lines = text.splitlines(keepends=True)
    for end in range(0, len(lines), 3):
        require_reads("".join(lines[:end]))


@fuzzed
@given(st.sampled_from(TEXTS), st.integers(0, 2**32))
def test_prefixes_and_mutations(text: str, seed: int) -> None:
    chance = random.Random(seed)
    text = text[: chance.randint(1, len(text))] if chance.random() < 0.5 else text
    for _ in range(chance.randint(0, 4)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((0, 1, 1, 2, 5, 30)))
        piece = chance.choice(("", chance.choice(SIGNS), chance.choice(WORDS), text[start:end] * 2))
        text = text[:start] + piece + text[end:]
    require_reads(text)


@quick
@given(programs())
def test_random_programs(program: Program) -> None:
    found = require_reads(to_text(program))
    assert found.program == program


def test_what_holds_is_kept() -> None:
    text = "width n\nvector u : n ~ N(0, 1)\ny = tanh(u)\nz = (\nq = z + u\nw = y * u\n"
    found = read(text, "t.tp")
    assert found.program is not None
    assert list(found.program.variables) == ["u", "y", "w"]
    assert [str(error).split(": error")[0] for error in found.errors] == ["t.tp:4:5"]
    assert found.origin["w"].span.text == "w = y * u"


@pytest.mark.parametrize(
    "text", ["", "\0", "# c", "width n", "x" * 300, "for l in 1..2:", "(" * 500]
)
def test_no_program(text: str) -> None:
    found = read(text)
    assert found.program is None
    assert found.errors


def test_statements_stand_in_the_order_of_the_text() -> None:
    text = "width n\nfor l in 1..2:\n    for k in 1..2: y[l,k] = q\n    z[l] = q\n"
    text += "for m in\n    w = q\n"
    found = read(text)
    kinds = [type(statement.node) for statement in found.statements]
    assert kinds == [s.DefineWidth, s.Loop, s.Loop, s.Equate, s.Equate, s.Broken, s.Equate]
    assert [statement.loops for statement in found.statements] == [
        (), (), (1,), (1, 2), (1,), (), (5,),
    ]  # fmt: skip
    assert [statement.binds for statement in found.statements][3] == ("y",)


def test_tokens_are_those_of_the_parser() -> None:
    """Names, numbers and strings where the grammar has them, in every line of the gallery."""
    kinds = {"NAME": "name", "NUMBER": "number", "STRING": "string"}
    for text in TEXTS:
        found = read(text)
        for line in found.lines:
            own = {t.start: t for t in words(found.source.text, line.start, line.end)}
            for token in tokens(found.source, line):
                if token.type in kinds:
                    mine = own[line.start + (token.start_pos or 0)]
                    settings_of = text.startswith("parametrization", line.start)
                    assert mine.text == token
                    assert mine.kind == kinds[token.type] or settings_of
                if token.type == "INDEXED":
                    word = token.partition("[")[0]
                    assert own[line.start + (token.start_pos or 0)].base == canonical(word)
                if token.type == "BY":
                    assert own[line.start + (token.start_pos or 0)].kind == "operator"


def test_warnings_of_definitions_that_nothing_uses() -> None:
    text = "width n\nconst L = 3\nfn f(z) = z\nvector u : n ~ N(0, 1)\ny = f(u)\n"
    assert [w.message for w in read(text).warnings] == ["L is defined, but nothing uses it"]
    known = read(text + "fn relu(x) = max(x, 0)\n")
    assert [e.message for e in known.errors] == ["relu is a function of the table"]
    assert [w.message for w in known.warnings] == ["L is defined, but nothing uses it"]


def test_letters_that_no_picture_has_are_told_with_their_place() -> None:
    text = (
        "width n\nvector u, 重み : n ~ N([0, 0], [[1, 0], [0, 1]])\nvector ж[1..2] : n ~ N(0, 1)\n"
        'label ж[1] = "z"\nφ = tanh(重み + ж[1])\nשלום = tanh(é_1 + u)\n'
    )
    found = {w.span.text: w.message for w in read(text).warnings if w.span}
    assert set(found) == {"重み", "שלום"}
    assert 'label 重み = "w"' in found["重み"]
    assert not read(text + 'label 重み = "w"\nlabel שלום = "s"\n').warnings
