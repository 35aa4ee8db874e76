"""`tp.Editor`: the editor in a cell of a notebook, by anywidget, which is an extra."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from tpgraph.errors import TPError
from tpgraph.language import to_text
from tpgraph.program import Program
from tpgraph.program.any_program import as_program
from tpgraph.program.naming import UNNAMED

__all__ = ["Editor"]


def Editor(program: Program | str = "", *, name: str | None = None) -> Any:
    """A widget that edits a program; `value` is its text, synchronised both ways.

    `program` is a Program or a text of the language. In JupyterLab, VS Code and marimo. Raises
    TPError where anywidget is not installed.

        e = tp.Editor(tp.load("mlp.tp"))
        e                       # the last line of a cell
        tp.parse(e.value)       # in another one
    """
    if find_spec("anywidget") is None:
        raise TPError(
            "the editor in notebooks needs anywidget", mend="pip install 'tpgraph[notebook]'"
        )
    if not isinstance(program, str):
        program = as_program(program)
    text = program if isinstance(program, str) else to_text(program)
    known = UNNAMED if isinstance(program, str) else program.name
    return import_module("tpgraph.editor.widget").EditorWidget(text, name or known)
