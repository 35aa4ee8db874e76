"""Write the parsing tables of the language, after a change to its grammar or a release of lark."""

from pathlib import Path

from tpgraph.language.parser import grammar
from tpgraph.language.parsing_tables import tables_of

TABLES = Path(__file__).parents[1] / "tpgraph" / "language" / "grammar.tables.json"

if __name__ == "__main__":
    TABLES.write_text(tables_of(grammar()), encoding="utf-8")
