"""Dispersion of the NTK at initialization."""
