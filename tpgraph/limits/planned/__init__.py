"""The exact engine run on unknowns: what it computes for every pair of inputs, written once."""
