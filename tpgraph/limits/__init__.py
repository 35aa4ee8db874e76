"""The infinite-width limit: the Master Theorem applied to a program."""

from tpgraph.limits.estimates import VectorLimit
from tpgraph.limits.master import limit
from tpgraph.limits.result import Limit

__all__ = ["Limit", "VectorLimit", "limit"]
