"""Coordinate checks: how every vector scales with width, measured and predicted."""
