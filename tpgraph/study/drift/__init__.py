"""How far the NTK moves in training."""
