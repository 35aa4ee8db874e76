"""Pictures of backward passes and of SGD (Tensor Programs IIb, Figures 6 and 7)."""
