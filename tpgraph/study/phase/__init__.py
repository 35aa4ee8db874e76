"""Phases of wide random networks: fixed points, borders, depth scales."""
