"""One network in several parametrizations, side by side."""
