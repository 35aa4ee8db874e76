"""The Master Theorem exactly: every Z as a sum of products of functions of Gaussians."""
