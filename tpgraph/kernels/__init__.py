"""Kernels over N inputs: NNGP and NTK at infinite and at finite width, and what they predict."""
