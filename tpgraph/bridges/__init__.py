"""Bridges to other libraries: PyTorch modules to programs, programs to PyTorch and JAX.

Torch and JAX are extras; each is loaded when what needs it is called.
"""

from tpgraph.bridges.torch_in.entry import copy_weights, from_torch, load_module

__all__ = ["copy_weights", "from_torch", "load_module"]
