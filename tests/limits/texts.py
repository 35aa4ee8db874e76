"""What programs of several tests declare."""

from __future__ import annotations

GAUSSIANS = """
width n
vector x : n ~ N(0, 1)
vector y : n ~ N(0, 1)
vector g : n ~ N(1, 1)
matrix W : n × n ~ N(0, 1)
"""
