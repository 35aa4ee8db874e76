"""Kernels of infinite width as plans: found once for all data, then run tile by tile."""
