"""Kernels by plans: equal to those by whole arrays, whatever the tiles, and of which error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from kernels.reference.networks import programs as reference_programs
from kernels.support import TWO_DEPTHS, inputs
from strategies import programs as random_programs

import tpgraph.limits.planned.factoring as factoring
from tpgraph.errors import TPError, TPWarning
from tpgraph.gallery import entry
from tpgraph.kernels import Kernel, infinite, kernel
from tpgraph.kernels.inputs import input_arrays
from tpgraph.kernels.kernel_values import RelativeError
from tpgraph.kernels.plan import executing, planning, tile_steps
from tpgraph.kernels.plan.executing import Resources
from tpgraph.kernels.plan.planning import plan_kernel
from tpgraph.kernels.tangent_limit import How
from tpgraph.language import load, parse
from tpgraph.limits.not_closed import NotClosed
from tpgraph.limits.planned.tape import NotPlanned
from tpgraph.program import Program
from tpgraph.program.graph import varied
from tpgraph.program.reach import descendants

EQUAL = 1e-12
KINDS = ("nngp", "ntk", "both")
ONE = Resources(threads=1)
NAMES = ["backpropagation", "fully_connected", "mlp", "one_hidden", "cnn", "resnet", "rnn"]
NAMES += ["transformer", "layernorm_mlp"]
GALLERY = {name: load(Path(__file__).parents[2] / "diagrams" / f"{name}.tp") for name in NAMES}
REFERENCE = {
    name: parse(text)
    for name, text in reference_programs().items()
    if not name.startswith(("mlp_gaussian", "mlp_gabor", "attention_relu"))
}


def differences(program: Program, kind: str, data: dict[str, np.ndarray]) -> Iterator[float]:
    """Of both ways to a kernel, relative to √(K_ii K_jj)."""
    arrays = input_arrays(program, data)
    found = infinite._by_plan(program, kind, arrays, None, ONE)  # type: ignore[arg-type]
    how = How("exact", 4096, 0)
    want = infinite._unplanned(program, kind, arrays, how, "float64")  # type: ignore[arg-type]
    assert found.exponent == want.exponent
    assert found.outputs == want.outputs
    for name in ("nngp", "ntk"):
        own, other = getattr(found, name), getattr(want, name)
        assert (own is None) == (other is None)
        if own is not None:
            assert own.shape == other.shape
            size = RelativeError(1.0).of(other)
            assert not own[size == 0].any(), "a kernel of 0 is 0"
            yield float((np.abs(own - other) / np.where(size == 0, 1.0, size)).max())


def worst(program: Program, kind: str, count: int = 5) -> float:
    return max(differences(program, kind, inputs(program, count)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", GALLERY)
def test_kernels_of_the_gallery_are_those_of_whole_arrays(name: str, kind: str) -> None:
    assert worst(GALLERY[name], kind, 3) < EQUAL


@pytest.mark.parametrize("name", REFERENCE)
def test_kernels_of_known_networks_are_those_of_whole_arrays(name: str) -> None:
    assert worst(REFERENCE[name], "both") < EQUAL


@pytest.mark.parametrize("name", ["gru", "autoencoder", "batchnorm"])
def test_what_needs_functions_of_several_gaussians_has_no_plan(name: str) -> None:
    program = load(Path(__file__).parents[2] / "diagrams" / f"{name}.tp")
    with pytest.raises(NotPlanned):
        plan_kernel(program, "ntk")


SETTINGS = settings(max_examples=80, suppress_health_check=list(HealthCheck))


def test_kernels_of_random_programs_are_those_of_whole_arrays() -> None:
    seen: list[float] = []

    @SETTINGS
    @given(random_programs(max_equations=25, differentiable=True))
    def compare(program: Program) -> None:
        hidden = descendants(program, [t.variable.name for t in program.targets])
        ends = [e.out for e in program.equations if e.out.is_vector and not e.out.is_wide]
        outs = [v for v in ends if v.name not in hidden]
        if not outs or not program.data:
            return
        network = varied(program, outputs=tuple(outs[-1:]), loss=None)
        try:
            seen.append(max(differences(network, "nngp", inputs(network, 3))))
        except (NotPlanned, NotClosed, TPError):
            return

    compare()
    assert len(seen) > 5
    assert max(seen) < EQUAL


def perceptron(function: str) -> Program:
    return REFERENCE[f"mlp_{function}_3"]


@pytest.mark.parametrize("function", ["relu", "erf", "gelu"])
def test_a_wrong_sign_is_seen(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lowered = tile_steps.lowered

    def turned(tape, ends):  # type: ignore[no-untyped-def]
        found = lowered(tape, ends)
        signs = {"add": "subtract", "subtract": "add"}
        last = max(k for k, s in enumerate(found.steps) if s.op in signs)
        step = replace(found.steps[last], op=signs[found.steps[last].op])
        return replace(found, steps=(*found.steps[:last], step, *found.steps[last + 1 :]))

    monkeypatch.setattr(executing, "lowered", turned)
    executing._steps.cache_clear()
    assert worst(perceptron(function), "both") > 1e-3
    executing._steps.cache_clear()


@pytest.mark.parametrize("function", ["relu", "erf", "gelu"])
def test_a_dropped_shared_term_is_seen(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = factoring._Factoring._plain

    def dropping(self, terms, constant):  # type: ignore[no-untyped-def]
        return plain(self, terms if len(terms) < 2 else terms[:-1], constant or 0.5)

    monkeypatch.setattr(factoring._Factoring, "_plain", dropping)
    monkeypatch.setattr(planning, "_KEPT", {})
    assert worst(perceptron(function), "both") > 1e-3


def test_tiles_threads_and_memory_change_nothing() -> None:
    program = perceptron("relu")
    X = np.random.default_rng(0).standard_normal((90, 3))
    X[40] = X[3]
    whole = kernel(program, X, resources=ONE)
    for resources in (Resources(2), Resources(2, memory=60_000), Resources(1, memory=1)):
        tiled = kernel(program, X, resources=resources)
        for name in ("nngp", "ntk"):
            assert np.abs(getattr(tiled, name) - getattr(whole, name)).max() < 1e-13
            assert (getattr(tiled, name) == getattr(tiled, name).T).all()


def test_outputs_that_differ_have_both_kernels_of_a_pair() -> None:
    """K_01(ξ, ξ̄) is K_10(ξ̄, ξ): in all tiles, and between two sets."""
    program = parse(TWO_DEPTHS)
    X = np.random.default_rng(0).standard_normal((70, 3))
    whole = kernel(program, X, resources=Resources(1, memory=60_000))
    for left, right in ((slice(0, 9), slice(61, 70)), (slice(30, 39), slice(9, 20))):
        few = kernel(program, np.concatenate([X[left], X[right]]), resources=ONE)
        between = kernel(program, X[left], Y=X[right], resources=ONE)
        for name in ("nngp", "ntk"):
            part = getattr(whole, name)[left, :, right]
            assert np.abs(part - getattr(few, name)[:9, :, 9:]).max() < 1e-13
            assert np.abs(part - getattr(between, name)).max() < 1e-13
            assert np.abs(part[:, 0, :, 1] - part[:, 1, :, 0]).max() > 1e-3


@pytest.mark.parametrize("name", ["mlp_relu_3", "conv_same_flat", "mlp_erf_2"])
def test_kernels_between_two_sets(name: str) -> None:
    program = REFERENCE[name]
    X, Y = inputs(program, 4, 1), inputs(program, 3, 2)
    both = {k: np.concatenate([X[k], Y[k]]) for k in X}
    found, want = kernel(program, X, Y=Y), kernel(program, both)
    assert found.summary().startswith("kernel of f on 4 × 3 inputs")
    for kind in ("nngp", "ntk"):
        own, other = getattr(found, kind), getattr(want, kind)
        assert own.shape == (4, 3)
        assert np.abs(own - other[:4, 4:]).max() < 1e-12
        errors = getattr(found, f"{kind}_error")
        assert errors.shape == (4, 3)
        assert (errors > 0).all()


def test_kernels_between_two_sets_of_what_is_not_planned() -> None:
    program = load(Path(__file__).parents[2] / "diagrams" / "batchnorm.tp")
    X = inputs(program, 3)
    whole = kernel(program, X, "nngp", samples=4096)
    part = {k: a[:1] for k, a in X.items()}
    rest = {k: a[1:] for k, a in X.items()}
    found = kernel(program, part, "nngp", samples=4096, Y=rest)
    assert found.nngp.shape == (1, 3, 2, 3)
    assert np.abs(found.nngp - whole.nngp[:1, :, 1:]).max() < 5 * whole.nngp_error.max() + 1e-9


def test_float32_is_within_its_errors() -> None:
    program = perceptron("erf")
    X = np.random.default_rng(0).standard_normal((30, 3))
    single, double = kernel(program, X, resources=Resources(dtype="float32")), kernel(program, X)
    for name in ("nngp", "ntk"):
        own = getattr(single, name)
        assert own.dtype == np.float32
        assert (np.abs(own - getattr(double, name)) <= getattr(single, f"{name}_error")).all()
        assert getattr(single, f"{name}_error").max() < 1e-3


def exact_relu(X: np.ndarray, digits: int = 50) -> tuple[np.ndarray, np.ndarray]:
    """NNGP and NTK of mlp_relu_3 by its recursion, in `digits` digits."""
    mp.mp.dps = digits
    w, b, v = mp.mpf(1.4) ** 2, mp.mpf(0.3) ** 2, mp.mpf(1.2) ** 2
    n, d = X.shape
    K = [
        [w * sum(mp.mpf(x) * mp.mpf(y) for x, y in zip(p, q, strict=True)) / d + b for q in X]
        for p in X
    ]
    T = [row[:] for row in K]
    for layer in range(3):
        scale, shift = (w, b) if layer < 2 else (v, mp.mpf(0))
        new, slopes = [], []
        for i in range(n):
            sizes = [mp.sqrt(K[i][i] * K[j][j]) for j in range(n)]
            angles = [mp.acos(max(min(K[i][j] / sizes[j], 1), -1)) for j in range(n)]
            new.append(
                [
                    scale * s * (mp.sin(a) + (mp.pi - a) * mp.cos(a)) / (2 * mp.pi) + shift
                    for s, a in zip(sizes, angles, strict=True)
                ]
            )
            slopes.append([scale * (mp.pi - a) / (2 * mp.pi) for a in angles])
        T = [[new[i][j] + slopes[i][j] * T[i][j] for j in range(n)] for i in range(n)]
        K = new
    return np.array(K, dtype=float), np.array(T, dtype=float)


def test_errors_hold_against_many_digits() -> None:
    X = np.random.default_rng(5).standard_normal((8, 3))
    X[5] = X[1] * (1 + 1e-7) + 1e-9
    found = kernel(perceptron("relu"), X)
    for want, own, error in zip(
        exact_relu(X), (found.nngp, found.ntk), (found.nngp_error, found.ntk_error), strict=True
    ):
        assert (np.abs(own - want) <= 2 * error).all()


def test_an_input_without_variance_is_left_to_whole_arrays() -> None:
    program = parse(
        "program p\nwidth n\nparametrization ntk\ndata ξ : 2\nparam W : n × 2 ~ N(0, 1)\n"
        "param V : 1 × n ~ N(0, 1)\nf = V relu(W ξ)\noutput f\n"
    )
    found = kernel(program, np.array([[0.0, 0.0], [1.0, 2.0]]))
    assert isinstance(found, Kernel)
    assert found.nngp[0, 0] == 0
    assert found.nngp[1, 1] == pytest.approx(5 / 4)


def test_inputs_that_a_plan_does_not_fit_are_said() -> None:
    """The structure is planned, as `--explain` shows; on an input of zeros it does not hold."""
    program = parse(
        "program p\nwidth n\nparametrization ntk\ndata ξ : 2\nparam W : n × 2 ~ N(0, 1)\n"
        "param V : 1 × n ~ N(0, 1)\nf = V relu(W ξ)\noutput f\n"
    )
    found = kernel(program, np.array([[0.0, 0.0], [1.0, 2.0]]))
    assert found.engine == "exact"
    assert found.unplanned == "a Gaussian without variance on some input"
    assert found.summary().endswith(f"by whole arrays, not by a plan: {found.unplanned}")
    assert kernel(program, np.array([[1.0, 2.0]])).unplanned == ""


def test_a_deep_network_is_planned() -> None:
    """Its slopes are products of as many factors as there are layers above."""
    depth = 250
    rows = "".join(
        f"h[{k}] = W[{k}] x[{k - 1}]\nx[{k}] = erf(h[{k}])\n" for k in range(2, depth + 1)
    )
    program = parse(
        "program deep\nwidth n\nparametrization ntk\ndata ξ : 2\nparam U : n × 2 ~ N(0, 2)\n"
        f"param W[2..{depth}] : n × n ~ N(0, 2)\nparam V : 1 × n ~ N(0, 1)\n"
        f"h[1] = U ξ\nx[1] = erf(h[1])\n{rows}f = V x[{depth}]\noutput f\n"
    )
    X = np.array([[0.6, -0.8], [1.0, 0.3], [-0.4, 1.1]])
    gram = X @ X.T / 2
    sigma, theta = 2 * gram, gram
    for layer in range(depth):
        own = 1 + 2 * np.diag(sigma)
        size = np.outer(own, own)
        values = 2 / np.pi * np.arcsin(2 * sigma / np.sqrt(size))
        slopes = 4 / np.pi / np.sqrt(size - 4 * sigma**2)
        variance = 2.0 if layer < depth - 1 else 1.0
        theta = values + variance * slopes * theta
        sigma = variance * values
    found = kernel(program, X, engine="exact")
    assert found.nngp == pytest.approx(sigma, rel=1e-10)
    assert found.ntk == pytest.approx(theta, rel=1e-10)


def test_a_kernel_that_is_one_number_is_planned_beside_the_other() -> None:
    """In μP the NNGP is 0: of the NTK there is a recursion all the same."""
    program = parse(
        "program p\nwidth n\nparametrization mup\ndata ξ : 3\nparam U : n × 3 ~ N(0, 2)\n"
        "param V : 1 × n ~ N(0, 3)\nf = V erf(U ξ)\noutput f\n"
    )
    X = np.random.default_rng(0).standard_normal((40, 3))
    found = kernel(program, X)
    assert found.unplanned == ""
    assert not found.nngp.any()
    assert not found.nngp_error.any()
    c, p = 2 / 3 * X @ X.T, 2 / 3 * (X**2).sum(axis=1)
    size = np.outer(1 + 2 * p, 1 + 2 * p)
    slopes = 4 / np.pi / np.sqrt(size - 4 * c**2)
    values = 2 / np.pi * np.arcsin(2 * c / np.sqrt(size))
    assert found.ntk == pytest.approx(values + 3 / 2 * slopes * c, rel=1e-9)
    between = kernel(program, X, Y=X[:3], resources=Resources(threads=1))
    assert between.ntk == pytest.approx(found.ntk[:, :3], rel=1e-12)
    assert not between.nngp.any()


@pytest.mark.parametrize(("count", "memory"), [(1, None), (37, 20_000), (500, None), (2000, None)])
def test_tiles_cover_every_pair_once_and_are_even(count: int, memory: int | None) -> None:
    program = perceptron("relu")
    work = executing.prepared(
        planning.plan_kernel(program, "both").parts[0], inputs(program, count)
    )
    seen = np.zeros((count, count), int)
    sides = set()
    for tile in executing.tiles_of(work, Resources(memory=memory)):
        seen[tile.window] += 1
        sides |= set(tile.shape)
    assert np.maximum(seen, seen.T).min() == seen.max() == 1
    assert len(sides) <= 2
    assert max(sides) % 8 == 0 or max(sides) == count
    assert min(sides) > max(sides) / 2 or count < 100


def test_resources_that_only_a_plan_heeds_are_said_to_be_without_effect() -> None:
    program = entry("gru").program()
    said = "memory and jit without effect on a kernel that is not by a plan .functions of several"
    with pytest.warns(TPWarning, match=said):
        kernel(program, inputs(program, 2), samples=2**12, resources=Resources(memory=1, jit=True))


def test_the_table_has_no_mean_of_pairs_where_there_is_none() -> None:
    program = parse(
        "width n\ndim d = 3\nparametrization ntk\ndata ξ : d\nparam U : n × d ~ N(0, 1)\n"
        "param V : 1 × n ~ N(0, 1)\ny = tanh(U ξ)\nf = V y\noutput f\n"
    )
    vectors = np.eye(3)
    one, two = (kernel(program, vectors[:k]).summary() for k in (1, 2))
    assert "nan" not in one
    assert "mean K_ii" in one
    assert "mean K_ij" not in one
    assert "mean K_ij" in two
    assert len({len(line) for line in one.splitlines()[1:]}) == 1
