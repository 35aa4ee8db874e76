"""Modules whose training step allocates nothing and writes large weights seldom."""

from tpgraph.compiler.optimized.module import SCIPY, optimized_source

__all__ = ["SCIPY", "optimized_source"]
