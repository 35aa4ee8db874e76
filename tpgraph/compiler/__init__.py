"""Programs as numpy: standalone source text, and the runtime that loads it."""

from tpgraph.compiler.runtime import Array, Module, Params, check_widths, compile
from tpgraph.compiler.summary import run

__all__ = ["Array", "Module", "Params", "check_widths", "compile", "run"]
