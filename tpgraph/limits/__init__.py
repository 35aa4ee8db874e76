"""The infinite-width limit: the Master Theorem applied to a program."""

from tpgraph.limits.estimates import Basis, Estimate, VectorLimit
from tpgraph.limits.many_inputs import InputsLimit, Values
from tpgraph.limits.master import limit
from tpgraph.limits.over_inputs import limit_over_inputs
from tpgraph.limits.result import Limit

__all__ = [
    "Basis",
    "Estimate",
    "InputsLimit",
    "Limit",
    "Values",
    "VectorLimit",
    "limit",
    "limit_over_inputs",
]
