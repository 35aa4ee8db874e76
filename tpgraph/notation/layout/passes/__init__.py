"""Folded → Scene for programs in passes (Tensor Programs IIb, Figures 6 and 7)."""
