"""Finite against infinite width: comparisons, coordinate checks, sweeps, figures."""
