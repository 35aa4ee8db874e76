"""Networks, data and grids of the tests of the drift study."""

from __future__ import annotations

import dataclasses

import numpy as np

from tpgraph.study.drift.grid import DriftGrid

__all__ = ["GRID", "LINEAR", "LONG", "NETWORK", "TASK", "X", "Y"]

NETWORK = """
program fully_connected
width n
dim   d = 3
dim   k = 2
const L = 3
const σ_w2 = 1.5
const σ_b2 = 0.5
parametrization standard
fn φ(z) = tanh(z)
data   ξ : d
target y : k
param  W[1]      : n × d ~ N(0, σ_w2)
param  W[2..L-1] : n × n ~ N(0, σ_w2)
param  V         : k × n ~ N(0, σ_w2)
param  b[1..L-1] : n     ~ N(0, σ_b2)
param  c         : k     ~ N(0, σ_b2)
x[1] = φ(W[1] ξ + b[1])
for l in 2..L-1:
    x[l] = φ(W[l] x[l-1] + b[l])
f = V x[L-1] + c
output f
loss (f - y)^2 / k
"""
LINEAR = """
program readout_of_noise
width n
dim d = 3
parametrization standard
data ξ : d
target y : 1
matrix U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
f = V (U ξ)
output f
loss (f - y)^2 / 2
"""
rng = np.random.default_rng(5)
X = rng.standard_normal((6, 3))
Y = rng.standard_normal((6, 2))
GRID = DriftGrid(
    NETWORK, (8, 16), (3,), (0.5, 2.0, 3.5), (0.1, 0.9), inits=2, lr=0.01, steps=30,
    snapshots=(10,), dtype="float64",
)  # fmt: skip
LONG = dataclasses.replace(
    GRID, widths=(24,), sigma_w2=(1.5, 3.0), sigma_b2=(0.5,), inits=1, steps=4000, patience=0
)
TASK = GRID.task(next(GRID.places()), "digest")
