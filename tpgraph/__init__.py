"""tpgraph: write a Tensor Program, see it, run it, take its infinite-width limit.

    import tpgraph as tp
    p = tp.load("mlp.tp")
    tp.draw(p, "mlp.svg")
    m = tp.compile(p)

Names are loaded when they are first used, so that `import tpgraph` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tpgraph import gallery
    from tpgraph.compiler import Module, compile, run
    from tpgraph.embedded import extract_program, is_picture
    from tpgraph.errors import Span, TPDataError, TPError, TPErrorGroup
    from tpgraph.files import make_directory, write_bytes
    from tpgraph.interpreter import interpret, sample
    from tpgraph.language import (
        format_text,
        from_json,
        load,
        parse,
        read_program,
        text_of,
        to_json,
        to_text,
    )
    from tpgraph.language.latex import latex_listing
    from tpgraph.limits import Limit, limit
    from tpgraph.notation import Drawing, Frames, draw, draw_frames, source_of
    from tpgraph.program import Program, check
    from tpgraph.program.listing import listing
    from tpgraph.program.operators import builder
    from tpgraph.program.report import error_entry, report
    from tpgraph.program.strict import strict_text
    from tpgraph.training import load_data, train
    from tpgraph.transform import (
        backward,
        gradients,
        ntk,
        paths,
        reduce,
        select_paths,
        simplify,
        staged,
        unroll_sgd,
    )

    __version__: str

_HOME = {
    "Drawing": "notation",
    "Frames": "notation",
    "Limit": "limits",
    "Module": "compiler",
    "Program": "program",
    "Span": "errors",
    "TPDataError": "errors",
    "TPError": "errors",
    "TPErrorGroup": "errors",
    "backward": "transform",
    "builder": "program.operators",
    "check": "program",
    "compile": "compiler",
    "draw": "notation",
    "draw_frames": "notation",
    "error_entry": "program.report",
    "extract_program": "embedded",
    "format_text": "language",
    "from_json": "language",
    "gradients": "transform",
    "interpret": "interpreter",
    "is_picture": "embedded",
    "latex_listing": "language.latex",
    "limit": "limits",
    "listing": "program.listing",
    "load": "language",
    "load_data": "training",
    "make_directory": "files",
    "ntk": "transform",
    "parse": "language",
    "paths": "transform",
    "read_program": "language",
    "reduce": "transform",
    "report": "program.report",
    "run": "compiler",
    "sample": "interpreter",
    "select_paths": "transform",
    "simplify": "transform",
    "source_of": "notation",
    "staged": "transform",
    "strict_text": "program.strict",
    "text_of": "language",
    "to_json": "language",
    "to_text": "language",
    "train": "training",
    "unroll_sgd": "transform",
    "write_bytes": "files",
}
_MODULES = ("gallery",)

__all__ = [
    "Drawing",
    "Frames",
    "Limit",
    "Module",
    "Program",
    "Span",
    "TPDataError",
    "TPError",
    "TPErrorGroup",
    "backward",
    "builder",
    "check",
    "compile",
    "draw",
    "draw_frames",
    "error_entry",
    "extract_program",
    "format_text",
    "from_json",
    "gallery",
    "gradients",
    "interpret",
    "is_picture",
    "latex_listing",
    "limit",
    "listing",
    "load",
    "load_data",
    "make_directory",
    "ntk",
    "parse",
    "paths",
    "read_program",
    "reduce",
    "report",
    "run",
    "sample",
    "select_paths",
    "simplify",
    "source_of",
    "staged",
    "strict_text",
    "text_of",
    "to_json",
    "to_text",
    "train",
    "unroll_sgd",
    "write_bytes",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return import_module("importlib.metadata").version("tpgraph")
    if name in _MODULES:
        return import_module(f"tpgraph.{name}")
    if name not in _HOME:
        raise AttributeError(f"module 'tpgraph' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"tpgraph.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
