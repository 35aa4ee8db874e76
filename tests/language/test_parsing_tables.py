"""The stored parsing tables are those of the grammar."""

import json
from importlib import resources

import lark
import pytest

import tpgraph as tp
from tpgraph.language import parsing_tables
from tpgraph.language.parser import grammar
from tpgraph.language.parsing_tables import parser_of, tables_of

STORED = json.loads(
    resources.files("tpgraph.language").joinpath("grammar.tables.json").read_text("utf-8")
)


def test_they_are_of_the_grammar_as_it_stands() -> None:
    """Where this fails, `python .ci/tables.py` writes them."""
    assert STORED["of"][1] == json.loads(tables_of(grammar()))["of"][1]


@pytest.mark.skipif(STORED["of"][0] != lark.__version__, reason="another release of lark")
def test_lines_are_parsed_as_by_the_grammar(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(lark.lark, "load_grammar", None)  # by which no grammar can be read
        stored = parser_of(grammar())
    computed = lark.Lark(grammar(), **parsing_tables._OPTIONS)
    count = 0
    for entry in tp.gallery.entries():
        for line in entry.text.splitlines():
            text = line.split("#")[0].strip()
            if text and not text.endswith(":"):
                assert stored.parse(text) == computed.parse(text)
                count += 1
    assert count > 200
    assert stored.parse("x = y") != computed.parse("x = z")
    with pytest.raises(lark.UnexpectedInput):
        stored.parse("x = = y")


def test_another_grammar_is_read_itself() -> None:
    assert parser_of('statement: "only"').parse("only").data == "statement"
    with pytest.raises(lark.UnexpectedInput):
        parser_of('statement: "only"').parse("x = y")
