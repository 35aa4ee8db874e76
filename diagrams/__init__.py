"""The gallery of Tensor Programs: `.tp` files, and small real data to train them on."""
