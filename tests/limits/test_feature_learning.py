r"""Feature learning in μP at infinite width: Figure 4 of TP IV (arXiv 2011.14522), by hand.

One-dimensional ξ_t and targets y_t in {±1}, L(f) = (f − y)²/2, k_t = η (f_t − y_t), as there. The
entries of the n-vectors u, v and of √n W are standard normal at initialization, c = kξ.

**Depth 1**, f = v·φ(ξu)/n, is u ← u − kξ φ′(ξu) v and v ← v − k φ(ξu). For φ(x) = x, three scalars:

    E uu ← E uu − 2c E uv + c² E vv     E vv ← E vv − 2c E uv + c² E uu
    E uv ← (1 + c²) E uv − c (E uu + E vv)                                    f = ξ E uv

For φ(x) = x² u and v are polynomials in two standard normals, of which Gauss–Hermite quadrature
takes the moments exactly.

**Depth 2**, f = v·φ(h)/n with h = W x, x = φ(ξu). With dh = v φ′(h) the matrix at time t is
W_t = W_0 − Σ_{s<t} k_s dh_s x_sᵀ/n, so that by ZHat and ZDot, with ĝ_t = Ẑ^{W₀x_t} and
p̂_t = Ẑ^{W₀ᵀdh_t},

    h_t       = ĝ_t + Σ_{s<t} dh_s (E[∂x_t/∂p̂_s] − k_s E[x_s x_t])
    W_tᵀ dh_t = p̂_t + Σ_{s≤t} x_s E[∂dh_t/∂ĝ_s] − Σ_{s<t} k_s x_s E[dh_s dh_t]
    u ← u − kξ φ′(ξu) Wᵀdh     v ← v − k φ(h)     f = E[v φ(h)]

Every vector of the first layer is a polynomial in u_0, p̂_0, p̂_1, …, of the second in v_0, ĝ_0, ….
Without the expected derivatives this is the "decoupled" network of the paper, which is another.

For φ(x) = x there is a second derivation, without ZDot: u_t and v_t stay in the span of
Sʲu_0, SʲWᵀv_0 and S′ʲv_0, S′ʲWu_0, S = W₀ᵀW₀ and S′ = W₀W₀ᵀ, whose inner products are moments of
the Marchenko–Pastur law of ratio 1: u_0·Sʲu_0/n → C_j, the Catalan numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
import pytest
from numpy.polynomial.hermite_e import hermegauss

from tpgraph.compiler import compile
from tpgraph.language import parse
from tpgraph.limits import limit
from tpgraph.transform import unroll_sgd

Array = np.ndarray

XI = (1, -1, -1, 1, 1, -1, 1, 1)
Y = (1, 1, -1, 1, -1, -1, -1, 1)

TEXT = """
program network
width n
dim d = 1
parametrization mup
fn φ(z) = {φ}
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
{body}
output f
loss (f - y)^2 / 2
"""
BODIES = {
    1: "f = V φ(U ξ)",
    2: "param W : n × n ~ N(0, 1)\nf = V φ(W φ(U ξ))",
}


@dataclass(frozen=True)
class Activation:
    """A polynomial φ, its derivative and its text."""

    text: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


LINEAR = Activation("1 * z", lambda z: z, np.ones_like)
SQUARE = Activation("z^2", lambda z: z**2, lambda z: 2 * z)


def linear_depth_one(eta: float, steps: int) -> list[float]:
    """f_0, …, f_steps, from E uu, E vv and E uv."""
    uu, vv, uv, found = 1.0, 1.0, 0.0, []
    for xi, y in zip(XI[: steps + 1], Y, strict=False):
        found.append(xi * uv)
        c = eta * (found[-1] - y) * xi
        uu, vv, uv = (
            uu - 2 * c * uv + c**2 * vv,
            vv - 2 * c * uv + c**2 * uu,
            (1 + c**2) * uv - c * (uu + vv),
        )
    return found


class Normals:
    """Independent standard normals on a Gauss–Hermite grid, and expectations over it.

    Exact for polynomials of degree < 2 `points` in each.
    """

    def __init__(self, count: int, points: int) -> None:
        nodes, weights = hermegauss(points)
        axes = np.meshgrid(*[nodes] * count, indexing="ij")
        self.z = [axis.ravel() for axis in axes]
        self.weights = np.ones(points**count)
        for w in np.meshgrid(*[weights / weights.sum()] * count, indexing="ij"):
            self.weights = self.weights * w.ravel()

    def mean(self, x: Array) -> float:
        return float(self.weights @ x)


def depth_one(φ: Activation, eta: float, steps: int) -> list[float]:
    """f_0, …, f_steps, with u and v as polynomials."""
    normals = Normals(2, 3**steps + 3)
    u, v = normals.z
    found = []
    for xi, y in zip(XI[: steps + 1], Y, strict=False):
        found.append(normals.mean(v * φ.value(xi * u)))
        k = eta * (found[-1] - y)
        u, v = u - k * xi * φ.slope(xi * u) * v, v - k * φ.value(xi * u)
    return found


class Side:
    """One side of W₀: vectors x of which images Ẑ are drawn, Ẑ = Σ_r L_r z_r, on the other side.

    `others` are the normals of which Ẑ are made, the first of them taken by an initial vector.
    """

    def __init__(self, own: Normals, others: Normals) -> None:
        self.own, self.others = own, others
        self.x: list[Array] = []
        self.hat: list[Array] = []

    def image(self, x: Array) -> Array:
        """Ẑ^{W₀x}, with Cov(Ẑ^{W₀x}, Ẑ^{W₀y}) = E[xy]: the Cholesky factor's next row."""
        self.x.append(x)
        gram = np.array([[self.own.mean(a * b) for a in self.x] for b in self.x])
        row = np.linalg.cholesky(gram)[-1]
        self.hat.append(sum(c * z for c, z in zip(row, self.others.z[1:], strict=False)))
        return self.hat[-1]

    def slopes(self, y: Array) -> Array:
        """E[∂y/∂Ẑ_s] over all s, by Stein's lemma: Cov(y, Ẑ_r) = Σ_s Cov(Ẑ_s, Ẑ_r) E[∂y/∂Ẑ_s]."""
        if not self.hat:
            return np.zeros(0)
        mean = self.others.mean
        gram = np.array([[mean(a * b) for a in self.hat] for b in self.hat])
        return np.linalg.solve(gram, np.array([mean(y * z) for z in self.hat]))


def depth_two(φ: Activation, eta: float, steps: int, dots: float = 1.0) -> list[float]:
    """f_0, …, f_steps; with `dots` 0 of the decoupled network."""
    points = {1: 3, 2: 8, 3: 20}[steps] if φ is SQUARE else 2 * steps + 1
    first, second = Normals(steps + 1, points), Normals(steps + 2, min(points, 10))
    forward, backward = Side(first, second), Side(second, first)
    u, v, x, dh, ks, found = first.z[0], second.z[0], [], [], [], []
    for xi, y in zip(XI[: steps + 1], Y, strict=False):
        x.append(φ.value(xi * u))
        h = forward.image(x[-1])
        slopes = dots * backward.slopes(x[-1])
        for s, k in enumerate(ks):
            h = h + dh[s] * (slopes[s] - k * first.mean(x[s] * x[-1]))
        found.append(second.mean(v * φ.value(h)))
        if len(found) > steps:
            return found
        k = eta * (found[-1] - y)
        dh.append(v * φ.slope(h))
        slopes = dots * forward.slopes(dh[-1])
        dx = backward.image(dh[-1]) + sum(c * a for c, a in zip(slopes, x, strict=True))
        for s, earlier in enumerate(ks):
            dx = dx - earlier * x[s] * second.mean(dh[s] * dh[-1])
        u, v = u - k * xi * φ.slope(xi * u) * dx, v - k * φ.value(h)
        ks.append(k)
    return found


def linear_depth_two(eta: float, steps: int) -> list[float]:
    """f_0, …, f_steps from Catalan numbers.

    A vector u = Σ_j a_j Sʲu_0 + b_j SʲWᵀv_0 is the array [a, b]; v = Σ_j a_j S′ʲv_0 + b_j S′ʲWu_0.
    """
    size = 2 * steps + 3
    catalan = np.array([comb(2 * j, j) // (j + 1) for j in range(2 * size + 1)], float)
    j = np.arange(size)
    even, odd = catalan[j[:, None] + j], catalan[j[:, None] + j + 1]

    def inner(a: Array, b: Array) -> float:
        return float(a[0] @ even @ b[0] + a[1] @ odd @ b[1])

    def through(a: Array) -> Array:
        """W₀u of u, or W₀ᵀv of v: Sʲu_0 ↦ S′ʲWu_0 and SʲWᵀv_0 ↦ S′ʲ⁺¹v_0."""
        return np.stack([np.roll(a[1], 1), a[0]])

    u, v = np.zeros((2, size)), np.zeros((2, size))
    u[0, 0] = v[0, 0] = 1.0
    changes: list[tuple[float, Array, Array]] = []
    found = []
    for xi, y in zip(XI[: steps + 1], Y, strict=False):
        Wu = through(u) - sum(c * b * inner(a, u) for c, a, b in changes)
        Wv = through(v) - sum(c * a * inner(b, v) for c, a, b in changes)
        found.append(xi * inner(v, Wu))
        c = eta * (found[-1] - y) * xi
        changes.append((c, u, v))
        u, v = u - c * Wv, v - c * Wu
    return found


def program(φ: Activation, depth: int):
    return parse(TEXT.format(φ=φ.text, body=BODIES[depth]))


def limits(
    φ: Activation, depth: int, eta: float, steps: int, engine: str
) -> list[tuple[float, float]]:
    """f_0, …, f_steps of the unrolled program with their error bars."""
    unrolled = unroll_sgd(program(φ, depth), steps, lr=eta)
    data = {"ξ̃": [XI[steps]]}
    for t in range(steps):
        data |= {f"ξ_{t}": [XI[t]], f"y_{t}": [Y[t]]}
    found = limit(unrolled, data=data, engine=engine, samples=2**18)
    names = [*(f"f_{t}" for t in range(steps)), f"f̃_{steps}"]
    assert all(found.var(name) == 0 for name in names)
    return [(found.mean(name), found.error(name)) for name in names]


CASES = {
    "depth 1, x": (LINEAR, 1, 0.4, 7),
    "depth 1, x²": (SQUARE, 1, 0.05, 3),
    "depth 2, x": (LINEAR, 2, 0.3, 5),
    "depth 2, x²": (SQUARE, 2, 0.004, 2),
}


def by_hand(φ: Activation, depth: int, eta: float, steps: int) -> list[float]:
    if φ is LINEAR:
        return (linear_depth_one if depth == 1 else linear_depth_two)(eta, steps)
    return (depth_one if depth == 1 else depth_two)(φ, eta, steps)


def wrong(found: list[tuple[float, float]], expected: list[float]) -> list[int]:
    """The steps at which the limit is further off than four error bars."""
    pairs = zip(found, expected, strict=True)
    return [t for t, ((f, error), truth) in enumerate(pairs) if abs(f - truth) > 4 * error + 1e-9]


@pytest.mark.parametrize("case", CASES)
def test_sampled_limit(case):
    found = limits(*CASES[case], engine="sampled")
    assert wrong(found, by_hand(*CASES[case])) == []
    assert max(error for _, error in found) < (1e-10 if CASES[case][0] is LINEAR else 1e-3)


@pytest.mark.parametrize(
    ("case", "steps"),
    [
        ("depth 1, x", 7),
        ("depth 1, x²", 2),
        ("depth 2, x", 5),
        ("depth 2, x²", 1),
        pytest.param("depth 2, x²", 2, marks=pytest.mark.slow),
    ],
)
def test_exact_limit(case, steps):
    φ, depth, eta, _ = CASES[case]
    found = [f for f, _ in limits(φ, depth, eta, steps, engine="exact")]
    assert found == pytest.approx(by_hand(φ, depth, eta, steps), abs=1e-11)


def test_two_derivations_agree():
    assert depth_one(LINEAR, 0.4, 4) == pytest.approx(linear_depth_one(0.4, 4), abs=1e-12)
    assert depth_two(LINEAR, 0.3, 4) == pytest.approx(linear_depth_two(0.3, 4), abs=1e-11)


@pytest.mark.parametrize("case", ["depth 2, x", "depth 2, x²"])
def test_the_decoupled_network_is_another(case):
    φ, _, eta, steps = CASES[case]
    steps = min(steps, 3)
    found = limits(φ, 2, eta, steps, engine="sampled")
    decoupled = depth_two(φ, eta, steps, dots=0.0)
    assert wrong(found, decoupled) == list(range(1, steps + 1))
    assert abs(found[1][0] - decoupled[1]) > 0.15


def deviations(case: str, n: int, seeds: Sequence[int]) -> Array:
    """f_t − f̊_t of networks of width n trained by SGD, (seeds, steps + 1)."""
    φ, depth, eta, steps = CASES[case]
    module, rows = compile(program(φ, depth)), []
    for seed in seeds:
        params, row = module.init({"n": n}, seed), []
        for t in range(steps + 1):
            ξ, y = np.array([[float(XI[t])]]), np.array([[float(Y[t])]])
            row.append(float(np.ravel(module.forward(params, ξ))[0]))
            module.sgd_step(params, ξ, y, lr=eta)
        rows.append(np.array(row) - by_hand(*CASES[case]))
    return np.array(rows)


@pytest.mark.parametrize("case", CASES)
def test_networks_approach_the_limit_like_the_root_of_their_width(case):
    """The spread of sixteen seeds halves with four times the width, and one network follows."""
    narrow, wide = (
        np.sqrt(np.mean(deviations(case, n, range(16)) ** 2, axis=0)) for n in (256, 1024)
    )
    assert 1.5 < np.exp(np.mean(np.log(narrow / wide))) < 3
    assert np.all(np.abs(deviations(case, 4096, [0])[0]) < 4 * wide / 2)


def test_a_wide_network_is_not_the_decoupled_one():
    for case in ("depth 2, x", "depth 2, x²"):
        φ, _, eta, _ = CASES[case]
        other = depth_two(φ, eta, 1, dots=0.0)[1] - depth_two(φ, eta, 1)[1]
        assert abs(deviations(case, 4096, [0])[0, 1]) < abs(other) / 4
