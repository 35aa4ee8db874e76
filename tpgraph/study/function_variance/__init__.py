"""Trained networks over their initializations beside NTK theory."""
