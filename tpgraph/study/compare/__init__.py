"""Finite networks of many widths beside their limit."""
