"""Kernels over N inputs: NNGP and NTK at finite and at infinite width."""

from tpgraph.kernels.averages import mean_kernel
from tpgraph.kernels.empirical import empirical_kernel
from tpgraph.kernels.result import Kernel

__all__ = ["Kernel", "empirical_kernel", "mean_kernel"]
