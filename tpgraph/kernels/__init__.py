"""Kernels over N inputs: NNGP and NTK at finite and at infinite width."""

from tpgraph.kernels.averages import mean_kernel
from tpgraph.kernels.empirical import empirical_kernel
from tpgraph.kernels.infinite import kernel, parameter_kernels
from tpgraph.kernels.kernel_values import Kernel
from tpgraph.kernels.path_sum import path_kernels
from tpgraph.kernels.plan.executing import Resources
from tpgraph.kernels.plan.planning import is_planned
from tpgraph.kernels.recursion.explaining import explain_kernel
from tpgraph.kernels.streamed.stored import StoredKernel
from tpgraph.kernels.streamed.streaming import bytes_in_memory, stream_kernel

__all__ = [
    "Kernel",
    "Resources",
    "StoredKernel",
    "bytes_in_memory",
    "empirical_kernel",
    "explain_kernel",
    "is_planned",
    "kernel",
    "mean_kernel",
    "parameter_kernels",
    "path_kernels",
    "stream_kernel",
]
