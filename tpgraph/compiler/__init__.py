"""Programs as numpy, torch or JAX: standalone source text, and the runtime that loads it."""

from tpgraph.compiler.foreign_module import ForeignModule
from tpgraph.compiler.optimized import Machine, StepCost, measured_machine, step_cost
from tpgraph.compiler.run_report import finite_values, run
from tpgraph.compiler.runtime import Array, Module, Params, check_widths, compile

__all__ = [
    "Array",
    "ForeignModule",
    "Machine",
    "Module",
    "Params",
    "StepCost",
    "check_widths",
    "compile",
    "finite_values",
    "measured_machine",
    "run",
    "step_cost",
]
