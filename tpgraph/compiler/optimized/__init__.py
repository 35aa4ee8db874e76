"""Modules whose training step allocates nothing and writes large weights seldom; what it costs."""

from tpgraph.compiler.optimized.cost import Machine, StepCost, measured_machine, step_cost
from tpgraph.compiler.optimized.module import SCIPY, optimized_source

__all__ = [
    "SCIPY",
    "Machine",
    "StepCost",
    "measured_machine",
    "optimized_source",
    "step_cost",
]
