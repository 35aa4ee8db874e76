"""Gaussian expectations whose values are known: dual activations, expansions, quadrature."""
