"""Kernels that go to disk tile by tile, and go on from there after any end."""
