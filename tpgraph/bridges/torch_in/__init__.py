"""From a PyTorch module to its Tensor Program: `from_torch`, `copy_weights`.

The module is built and exported at two widths. Sizes and constants that differ are widths and
powers of the width, so nothing is guessed from one shape. The graph is interpreted on cells: one
axis of a tensor is that of a vector, all others are positions and unroll. The text is rolled into
loops and families.
"""
