"""The NTK of all depths in one sweep against Jacobians, exact moments and the general kernel."""

import numpy as np
import pytest
from study.networks import PHI, inputs, jacobian_ntk, program, weights

from tpgraph.errors import TPDataError
from tpgraph.kernels import empirical_kernel
from tpgraph.seeds import seed_sequence
from tpgraph.study.activations import activation, value_and_slope
from tpgraph.study.dispersion import deep_kernel
from tpgraph.study.dispersion.deep_kernel import deep_ntk, draw_normals, product_flops
from tpgraph.study.dispersion.deep_limit import deep_limit

GRAM = [[1.0, 0.3, -0.5], [0.3, 2.0, 0.1], [-0.5, 0.1, 1.0]]
POINTS = [(name, w, b) for name in PHI for w, b in ((2.0, 0.0), (0.0, 1.0), (5.0, 0.3))]
DEPTHS = (1, 2, 3, 6, 11)


def normals(width=7, depth=11, inputs=3, seed=0):
    return draw_normals(seed_sequence(seed, "test", width), width, depth, inputs)


def mismatch(drawn, points=POINTS, gram=GRAM, depths=DEPTHS, dtype="float64"):
    """The largest relative difference from the Jacobians' kernel, over points and depths."""
    found = deep_ntk(drawn, points, gram, 9, dtype).values
    worst = 0.0
    for p, point in enumerate(points):
        for depth in depths:
            K = jacobian_ntk(drawn, point, depth, gram, 9)
            worst = max(worst, np.abs(found[p, depth - 1] - K).max() / np.abs(K).max())
    return worst


def test_it_is_the_jacobians_kernel():
    assert mismatch(normals()) < 1e-13
    assert mismatch(normals(), dtype="float32") < 1e-5


def test_a_wrong_slope_is_noticed(monkeypatch):
    def wrong(name):
        value, slope = value_and_slope(name)
        return value, lambda z: slope(z) * (1 + 0.01 * (z > 0))

    monkeypatch.setattr(deep_kernel, "value_and_slope", wrong)
    assert mismatch(normals()) > 1e-3


def test_matrices_that_are_not_transposed_backwards_are_noticed():
    drawn = normals()
    hidden = tuple(np.ascontiguousarray(matrix.T) for matrix in drawn.hidden)
    wrong = deep_kernel.Normals(drawn.first, hidden, drawn.biases, drawn.readouts)
    right = deep_ntk(drawn, POINTS[:1], GRAM, 9, "float64").values
    assert np.abs(deep_ntk(wrong, POINTS[:1], GRAM, 9, "float64").values / right - 1).max() > 0.01


def test_rows_set_back_to_norm_one_change_nothing(monkeypatch):
    monkeypatch.setattr(deep_kernel, "SMALL", 0.7)
    monkeypatch.setattr(deep_kernel, "LARGE", 1.4)
    assert mismatch(normals()) < 1e-13


def test_points_swept_apart_give_the_same(monkeypatch):
    together = deep_ntk(normals(), POINTS, GRAM, 9, "float64")
    monkeypatch.setattr(deep_kernel, "BLOCK", 1)
    apart = deep_ntk(normals(), POINTS, GRAM, 9, "float64")
    np.testing.assert_allclose(apart.values, together.values, rtol=1e-12)


def test_a_deeper_network_begins_with_a_shallower_one():
    deep = deep_ntk(normals(depth=11), POINTS, GRAM, 9, "float64").values
    shallow = deep_ntk(normals(depth=4), POINTS, GRAM, 9, "float64").values
    np.testing.assert_allclose(deep[:, :4], shallow, rtol=1e-12)


@pytest.mark.parametrize("point", [("relu", 5.0, 1.0), ("tanh", 0.02, 0.3), ("relu", 0.05, 0.0)])
def test_float32_holds_a_range_that_it_does_not_have(point):
    """300 layers: Θ from 1 to 1e120, errors down to 1e-400."""
    drawn = normals(width=20, depth=300, inputs=1)
    single, double = (deep_ntk(drawn, [point], dtype=dtype) for dtype in ("float32", "float64"))
    assert np.isfinite(single.log).all()
    np.testing.assert_allclose(single.log, double.log, atol=1e-4, rtol=1e-5)
    if point[1] == 5.0:
        assert single.log.max() > 2 * np.log(np.finfo(np.float32).max)


def test_activations_that_overflow_are_refused():
    with pytest.raises(TPDataError, match="activations overflow at layer"):
        deep_ntk(normals(width=20, depth=400, inputs=1), [("relu", 200.0, 1.0)])


@pytest.mark.parametrize("name", ["relu", "tanh"])
@pytest.mark.parametrize("depth", [2, 3, 7])
def test_the_general_kernel_of_the_same_weights_is_the_same(name, depth):
    point, drawn = (name, 1.7, 0.4), normals(width=12)
    network = program(*point[:1], depth, *point[1:])
    W, b = weights(drawn, point, depth, 9)
    params = {f"W[{layer}]": W[layer - 1] for layer in range(1, depth)}
    params |= {f"b[{layer}]": b[layer - 1] for layer in range(1, depth)}
    params |= {"V": W[-1], "c": b[-1]}
    general = empirical_kernel(network, params, inputs(GRAM, 9), "ntk").ntk
    found = deep_ntk(drawn, [point], GRAM, 9, "float64").values[0]
    np.testing.assert_allclose(found[depth - 1], general, rtol=1e-11)
    assert np.abs(found[depth - 2] / general - 1).max() > 0.05, "another depth is another kernel"


def samples(width, count, point=("z", 1.3, 0.6), depth=3):
    return np.stack(
        [
            deep_ntk(
                draw_normals(seed_sequence(7, "moments", width, i), width, depth),
                [point], [[0.8]], 5, "float64",
            ).values[0, :, 0, 0]
            for i in range(count)
        ]
    )  # fmt: skip


def exact_moments(M, w, b, q, dimension):
    """E Θ and E Θ² of linear networks of two and three weight layers.

    Two: Θ = |x¹|² + 1 + |v|² A with A = |ξ|² + 1, x¹ ~ N(0, (wq + b) I) and v ~ N(0, w/M I).
    Three: Θ = |x²|² + 1 + s (a + 1) + t A with a = |x¹|², s = |v|², t = |W²ᵀ v|². W² is in both
    |x²|² and t: E |W x|² |Wᵀ v|² = (w/M)² (M² + 2) a s.
    """
    A, var = dimension * q + 1, w * q + b
    Ea, Eaa = var * M, var**2 * M * (M + 2)
    Es, Ess = w, w**2 * (M + 2) / M
    two = (Ea + 1 + Es * A, Eaa + 2 * Ea + 1 + 2 * (Ea + 1) * Es * A + Ess * A**2)
    Em, Emm = w * Ea / M + b, w**2 * Eaa / M**2 + 2 * b * w * Ea / M + b**2
    Ema = w * Eaa / M + b * Ea
    U, UU = M * Em + 1, M * (M + 2) * Emm + 2 * M * Em + 1
    V, VV = Es * (Ea + 1), Ess * (Eaa + 2 * Ea + 1)
    t, tt = w * Es, w**2 / M * (M + 2) * Ess
    UV = Es * (M * Ema + M * Em + Ea + 1)
    Ut = t * (1 + M * b) + (w / M) ** 2 * (M**2 + 2) * Ea * Es
    Vt = (Ea + 1) * w * Ess
    three = (U + V + A * t, UU + VV + A**2 * tt + 2 * (UV + A * Ut + A * Vt))
    return np.array([two, three])


def deviations(found, exact):
    """Differences of the mean and of the mean square from the exact ones, in standard errors."""
    powers = np.stack([found, found**2], axis=-1)
    return (powers.mean(axis=0) - exact) / (powers.std(axis=0) / len(found) ** 0.5)


def test_linear_networks_have_the_exact_moments():
    found = samples(3, 6000)
    assert np.ptp(found[:, 0]) == 0, "one weight layer: Θ = |ξ|² + 1"
    assert found[0, 0] == pytest.approx(5 * 0.8 + 1)
    exact = exact_moments(3, 1.3, 0.6, 0.8, 5)
    assert np.abs(deviations(found[:, 1:], exact)).max() < 4
    ratio = np.mean(found**2, axis=0) / np.mean(found, axis=0) ** 2
    np.testing.assert_allclose(ratio[1:], exact[:, 1] / exact[:, 0] ** 2, rtol=0.04)


def test_wrong_moments_are_noticed():
    found = samples(3, 6000)[:, 1:]
    others = [
        exact_moments(3, 1.3, 0.6, 0.8, 4),
        exact_moments(3, 1.3, 0.5, 0.8, 5),
        exact_moments(4, 1.3, 0.6, 0.8, 5),
    ]
    for other in others:
        assert np.abs(deviations(found, other)).max() > 4


def test_flops_are_those_of_the_products():
    """Depth L = 5: rows of 3, 2, 1 depths are multiplied at layers 1, 2, 3 … counted one by one."""
    rows = sum(1 for depth in range(1, 6) for layer in range(1, depth - 1))
    assert product_flops(10, 5, 4) == 2 * 10**2 * 4 * rows


def test_activations_by_name_and_by_text():
    z = np.linspace(-3, 3, 13)
    for text in ("gelu", "erf", "leaky_relu", "z*sigmoid(1.702*z)", "z^2 - 1", "1"):
        value, slope = value_and_slope(text)
        difference = (value(z + 1e-6) - value(z - 1e-6)) / 2e-6
        away = np.abs(z) > 1e-3
        np.testing.assert_allclose(slope(z)[away], difference[away], atol=1e-8)
    np.testing.assert_array_equal(
        value_and_slope("z*sigmoid(z)")[0](z), value_and_slope("silu")[0](z)
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("tahn", "tahn"), ("max", "no function of one argument"), ("z +", "not understood"),
     ("__import__('os')", "not understood"), ("w*z", "not understood")],
)  # fmt: skip
def test_what_is_no_activation_is_refused(text, complaint):
    with pytest.raises(TPDataError, match=complaint):
        activation(text)


def test_inner_products_that_no_inputs_have_are_refused():
    with pytest.raises(TPDataError, match="no inputs have these inner products"):
        deep_ntk(normals(inputs=2), POINTS, [[1, 2], [2, 1]])
    with pytest.raises(TPDataError, match="no symmetric matrix"):
        deep_ntk(normals(inputs=2), POINTS, [[1, 0.5], [0.2, 1]])


@pytest.mark.parametrize("point", [("tanh", 1.2, 0.5), ("relu", 2.0, 0.0), ("erf", 2.5, 0.1)])
def test_wide_networks_have_the_kernel_of_the_limit(point):
    """The mean of 24 networks of width 512 is the recursion's within four standard errors."""
    values = np.stack(
        [
            deep_ntk(draw_normals(seed_sequence(i, "limit"), 512, 6), [point], [[0.8]], 5).values
            for i in range(24)
        ]
    )[:, 0, 1:, 0, 0]
    error = values.std(axis=0) / 24**0.5

    def apart(*other):
        limit = np.exp(deep_limit([other], 512, 6, 0.8, 5))[0, 1:]
        return np.abs(values.mean(axis=0) - limit) / error

    assert np.all(apart(*point) < 4)
    assert np.any(apart(point[0], 1.25 * point[1], point[2]) > 4)


def test_the_limit_is_the_sum_over_layers():
    """Lemma 2 written out for L = 4, with Gauss–Hermite means: Θ/M = Σ_l q̂_{l−1} p_l."""
    z, w = np.polynomial.hermite_e.hermegauss(120)
    q, squares, slopes = 1.3 * 0.8 + 0.6, [], []
    for _ in range(3):
        squares.append(w @ np.tanh(q**0.5 * z) ** 2 / w.sum())
        slopes.append(1.3 * (w @ (1 - np.tanh(q**0.5 * z) ** 2) ** 2) / w.sum())
        q = 1.3 * squares[-1] + 0.6
    total = squares[2] + slopes[2] * squares[1] + slopes[2] * slopes[1] * squares[0]
    limit = deep_limit([("tanh", 1.3, 0.6)], 2**40, 4, 0.8, 9)[0, -1] - 40 * np.log(2)
    assert limit == pytest.approx(np.log(total), abs=1e-9)
    shallower = deep_limit([("tanh", 1.3, 0.6)], 2**40, 3, 0.8, 9)[0, -1] - 40 * np.log(2)
    assert shallower != pytest.approx(np.log(total), abs=1e-2)
