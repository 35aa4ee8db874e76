"""Kernels of finite networks: PyTorch's Jacobians, and the kernel as a program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from compiler.networks import BUILDERS
from kernels.support import four, gram, inputs, relative
from transform.support import GALLERY, gallery

from tpgraph.compiler import compile
from tpgraph.errors import TPDataError, TPError, TPTypeError
from tpgraph.interpreter import interpret, sample
from tpgraph.kernels import Kernel, empirical, empirical_kernel, equal_ends, grams, mean_kernel
from tpgraph.kernels.tangent import tangent
from tpgraph.language import parse, to_text
from tpgraph.program import Nonlin, Parameter, Program, Variable, accented
from tpgraph.transform import ntk
from tpgraph.transform.contexts import BAR

WIDTHS = {"n": 12}


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """No network that was made ready before: what is corrupted here is made anew, and goes."""
    monkeypatch.setattr(empirical, "_KEPT", {})


def has_kernel(program: Program) -> bool:
    return bool(program.outputs and program.parameters and program.data)


NETWORKS = [name for name in GALLERY if has_kernel(gallery(name))]
BUILT = [name for name, build in BUILDERS.items() if has_kernel(build())]


def network(name: str) -> Program:
    return gallery(name) if name in NETWORKS else BUILDERS[name]()


def both(program: Program, count: int = 4, **options: object) -> tuple[np.ndarray, np.ndarray]:
    """The NTK, and PyTorch's."""
    data = inputs(program, count)
    module = compile(program)
    found = empirical_kernel(module, module.init(WIDTHS, 1), data, kind="ntk")
    assert found.nngp is None
    assert found.ntk is not None
    return four(found.ntk), gram(program, sample(program, WIDTHS, 1), data, WIDTHS)


@pytest.mark.parametrize("name", [*NETWORKS, *BUILT])
def test_ntk_is_the_gram_matrix_of_torch_s_jacobian(name: str) -> None:
    assert relative(*both(network(name))) < 1e-12


def test_ends_with_equal_equations_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error signals of biases are those of the products beside them; others are their own."""
    program = gallery("mlp")
    ends = {v.name for g in tangent(program, "ntk").gradients for t in g.terms for v in t.ends}
    once = empirical.finite(program, "ntk").tangent
    kept = {v.name for g in once.gradients for t in g.terms for v in t.ends}
    assert len(ends - kept) == sum(d.variable.is_vector for d in program.parameters)
    assert kept <= {v.name for v in once.program.outputs}
    monkeypatch.setattr(empirical, "_KEPT", {})
    monkeypatch.setattr(equal_ends, "_first_of_equals", confused)
    assert relative(*both(program)) > 1e-3


def confused(program: Program) -> dict[str, Variable]:
    """Takes all Nonlins of one function for equal, whatever they read."""
    first: dict[object, Variable] = {}
    found = {}
    for e in program.equations:
        if isinstance(e, Nonlin) and e.out.is_vector:
            found[e.out.name] = first.setdefault((e.function, e.out.type), e.out)
    return found


@pytest.mark.parametrize("parametrization", ["mup", "standard"])
@pytest.mark.parametrize("name", ["mlp", "rnn", "transformer", "autoencoder", "batchnorm"])
def test_other_parametrizations(name: str, parametrization: str) -> None:
    assert relative(*both(gallery(name, parametrization))) < 1e-12


def test_dropping_pairs_of_uses_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grams, "unordered_pairs", lambda terms: [(t, t) for t in terms])
    assert relative(*both(gallery("rnn"))) > 1e-3


def test_dropping_biases_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    original = empirical.tangent

    def without_biases(program: Program, kind: str):  # type: ignore[no-untyped-def]
        found = original(program, kind)  # type: ignore[arg-type]
        kept = tuple(g for g in found.gradients if g.parameter.variable.is_matrix)
        return replace(found, gradients=kept)

    monkeypatch.setattr(empirical, "tangent", without_biases)
    assert relative(*both(gallery("rnn"))) > 1e-3


TIED = """program tied
width n
parametrization ntk
data ξ : 3
param U : n × 3 ~ N(0, 1)
param W : n × n ~ N(0, 1)
param V : 2 × n ~ N(0, 1)
f = V tanh(W' tanh(W tanh(U ξ)))
output f
"""


def test_confusing_a_matrix_with_its_transpose_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """In an autoencoder, whose W : n × n and Wᵀ both go forward."""
    program = parse(TIED)
    assert relative(*both(program)) < 1e-12
    original = empirical.tangent

    def confused(program: Program, kind: str):  # type: ignore[no-untyped-def]
        found = original(program, kind)  # type: ignore[arg-type]
        gradients = [
            replace(g, terms=tuple(_turned(t, i) for i, t in enumerate(g.terms)))
            for g in found.gradients
        ]
        return replace(found, gradients=tuple(gradients))

    monkeypatch.setattr(empirical, "tangent", confused)
    empirical._KEPT.clear()
    assert relative(*both(program)) > 1e-3


def _turned(term, place):  # type: ignore[no-untyped-def]
    """Every second term with its ends exchanged, as of Wᵀ for W."""
    if term.right is None or place % 2 == 0:
        return term
    return replace(term, left=term.right, right=term.left)


@pytest.mark.parametrize("name", ["mlp", "rnn", "autoencoder", "transformer"])
def test_it_is_what_the_kernel_program_says(name: str) -> None:
    """`tpgraph.transform.ntk`, by the interpreter, two inputs at a time."""
    program = gallery(name)
    data = inputs(program, 2)
    initial = sample(program, WIDTHS, 3)
    module = compile(program)
    found = four(empirical_kernel(module, module.init(WIDTHS, 3), data, "ntk").ntk)  # type: ignore[arg-type]
    kernel = ntk(program)
    seeds = {}
    if any(d.variable.name == "χ" for d in kernel.data):
        k = program.outputs[0].dim.size({})
        seeds = {"χ": np.eye(k)[0], f"χ{BAR}": np.eye(k)[1]}
    given = {**sample(kernel, WIDTHS, 3), **initial}
    for name_, array in data.items():
        base, bracket, index = name_.partition("[")
        given[name_], given[accented(base, BAR) + bracket + index] = array
    values = interpret(kernel, {**given, **seeds}, WIDTHS)
    want = float(values[kernel.outputs[0].name])
    assert found[0, 0, 1, 1 if seeds else 0] == pytest.approx(want, rel=1e-10)


def readouts(program: Program) -> list[Parameter]:
    """Readout matrices and trained vectors of fixed dimension, by hand."""
    names = {"V", "h_1"}  # h_1 is the bias of the output of "untrained"
    return [p for p in program.parameters if p.variable.name in names]


@pytest.mark.parametrize("name", ["mlp", "rnn", "batchnorm", "transformer", "untrained"])
@pytest.mark.parametrize("variance", [1.0, 2.5])
def test_nngp_is_the_covariance_over_the_readout(name: str, variance: float) -> None:
    """f is linear in V: Cov(f) = Var(v) J_v J_vᵀ."""
    program = network(name)
    declarations = tuple(
        replace(d, variance=variance) if d in readouts(program) else d for d in program.declarations
    )
    program = replace(program, declarations=declarations)
    names = [p.variable.name for p in readouts(program)]
    data = inputs(program, 4)
    module = compile(program)
    found = empirical_kernel(module, module.init(WIDTHS, 1), data, kind="nngp").nngp
    initial = sample(program, WIDTHS, 1)
    want = variance * gram(program, initial, data, WIDTHS, names)
    assert relative(four(found), want) < 1e-12  # type: ignore[arg-type]
    assert relative(four(found), want / variance) > 1e-3 or variance == 1.0  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["mlp", "batchnorm", "autoencoder"])
def test_components_averaged(name: str) -> None:
    program = gallery(name)
    module = compile(program)
    params, data = module.init(WIDTHS, 1), inputs(program, 3)
    everything = empirical_kernel(module, params, data)
    averaged = empirical_kernel(module, params, data, components="mean")
    for full, mean in ((everything.ntk, averaged.ntk), (everything.nngp, averaged.nngp)):
        assert full is not None
        if name == "batchnorm":
            assert mean == pytest.approx(full, rel=1e-12)
            assert averaged.outputs == ("f[1]", "f[2]", "f[3]")
        else:
            assert mean == pytest.approx(np.einsum("iaja->ij", full) / full.shape[1], rel=1e-12)
            assert averaged.outputs == ("f",)
            assert everything.outputs[:2] == ("f_0", "f_1")


def test_the_precision_is_the_module_s() -> None:
    program = gallery("rnn")
    exact, rounded = (
        empirical_kernel(m, m.init(WIDTHS, 1), inputs(program, 3)).ntk
        for m in (compile(program), compile(program, "float32"))
    )
    assert rounded is not None
    assert rounded == pytest.approx(exact, rel=1e-4)
    assert not np.allclose(rounded, exact, rtol=1e-9, atol=0)  # type: ignore[arg-type]


def test_data_may_stand_side_by_side() -> None:
    program = gallery("rnn")
    module = compile(program)
    data, params = inputs(program, 3), module.init(WIDTHS, 1)
    stacked = np.concatenate(list(data.values()), axis=1)
    by_name, by_place = (empirical_kernel(module, params, X) for X in (data, stacked))
    assert np.array_equal(by_name.ntk, by_place.ntk)  # type: ignore[arg-type]
    assert np.array_equal(by_place.x, stacked)
    assert isinstance(by_place, Kernel)
    assert list(by_place.arrays()) == ["x", "nngp", "ntk", "ntk_exponent"]


def test_mean_over_initializations() -> None:
    program = gallery("one_hidden")
    data = inputs(program, 3)
    module = compile(program)
    seeds = [5, *np.random.SeedSequence(5).spawn(3)]
    each = [empirical_kernel(module, module.init(WIDTHS, s), data).ntk for s in seeds]  # type: ignore[arg-type]
    seen: list[tuple[int, int]] = []
    found = mean_kernel(
        program, data, WIDTHS, inits=4, seed=5, progress=lambda *done: seen.append(done)
    )
    assert found.ntk == pytest.approx(np.mean(each, axis=0), rel=1e-12)
    assert found.ntk_error == pytest.approx(np.std(each, axis=0, ddof=1) / 2, rel=1e-9)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    single = mean_kernel(program, data, WIDTHS, seed=5)
    assert np.array_equal(single.ntk, each[0])  # type: ignore[arg-type]
    assert single.ntk_error is None


BASE = """program small
width n
parametrization ntk
data ξ : 3
"""


def test_initializations_in_threads_are_those_one_by_one() -> None:
    program, told = gallery("mlp"), []
    data = inputs(program, 3)
    alone = mean_kernel(program, data, WIDTHS, inits=5, threads=1)
    found = mean_kernel(
        program, data, WIDTHS, inits=5, threads=3, progress=lambda done, of: told.append((done, of))
    )
    np.testing.assert_allclose(found.ntk, alone.ntk, rtol=1e-12)
    np.testing.assert_allclose(found.ntk_error, alone.ntk_error, rtol=1e-9)
    assert told == [(k, 5) for k in range(1, 6)]


def test_an_error_in_a_thread_ends_the_mean() -> None:
    program = gallery("mlp")
    huge = {name: 1e300 * rows for name, rows in inputs(program, 3).items()}
    text = to_text(program).replace("tanh(z)", "exp(z)")
    with pytest.raises(TPError):
        mean_kernel(parse(text), huge, WIDTHS, inits=5, threads=3)


@pytest.mark.parametrize(
    ("text", "kind", "fragment"),
    [
        ("param U : n × 3 ~ N(0, 1)\nx = U ξ", "ntk", "no output"),
        ("param U : n × 3 ~ N(0, 1)\nx = U ξ\noutput x", "ntk", "vector of width n"),
        ("matrix V : 2 × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\nf = V u\noutput f", "both",
         "no param"),
        ("param V : 2 × n ~ N(0, 1)\nparam u : n ~ N(0, 1)\nf = tanh(V u)\noutput f", "nngp",
         "not linear"),
        ("param V : 3 × n ~ N(0, 1)\nparam u : n ~ N(0, 1)\nf = V tanh(V' V u)\noutput f", "nngp",
         "enters the network again"),
    ],
)  # fmt: skip
def test_networks_without_a_kernel_are_refused(text: str, kind: str, fragment: str) -> None:
    program = parse(BASE + text)
    with pytest.raises(TPTypeError, match=fragment):
        empirical_kernel(program, {}, np.ones((2, 3)), kind)


def test_a_program_without_data_is_refused() -> None:
    program = parse("program p\nwidth n\nparametrization ntk\nparam u : n ~ N(0, 1)\n"
                    "f = mean(u)\noutput f")  # fmt: skip
    with pytest.raises(TPTypeError, match="no data"):
        empirical_kernel(program, {}, np.ones((2, 3)))


def test_an_untrained_network_has_an_nngp() -> None:
    program = parse(BASE + "matrix U : n × 3 ~ N(0, 1)\nmatrix V : 2 × n ~ N(0, 2)\n"
                    "f = V relu(U ξ)\noutput f")  # fmt: skip
    module = compile(program)
    params = module.init(WIDTHS, 0)
    X = np.random.default_rng(0).standard_normal((4, 3))
    found = empirical_kernel(module, params, X, "nngp").nngp
    x = np.maximum(X @ params["U"].T, 0)
    want = np.einsum("in,jn,ab->iajb", x, x, np.eye(2)) * 2 / 12
    assert found == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize(
    ("X", "fragment"),
    [
        (np.ones((2, 4)), "shape"),
        ({"ξ": np.ones((2, 3)), "z": np.ones(2)}, "not an input"),
        ({}, "no array was given for ξ"),
        (np.full((2, 3), np.nan), "not finite"),
        (np.array([["a", "b", "c"]]), "entries of type"),
        ([[1, 2, 3], [1, 2]], "different lengths"),
        ([np.ones((2, 3)), np.ones((2, 1))], "2 arrays were given"),
    ],
)
def test_data_that_do_not_fit_are_refused(X: object, fragment: str) -> None:
    program = parse(
        BASE + "param V : 1 × n ~ N(0, 1)\nparam U : n × 3 ~ N(0, 1)\nf = V U ξ\noutput f"
    )
    params = compile(program).init(WIDTHS, 0)
    with pytest.raises(TPDataError, match=fragment):
        empirical_kernel(program, params, X)  # type: ignore[arg-type]


def test_missing_parameters_are_named() -> None:
    program = gallery("rnn")
    with pytest.raises(TPDataError, match="no array was given for U, W, b, V"):
        empirical_kernel(program, {}, inputs(program, 2))


@pytest.mark.parametrize(
    ("factor", "fragment"),
    [(np.nan, "its parameter V holds nan"), (1e200, "is not finite on input 1: .* too large")],
)
def test_parameters_that_have_diverged_are_named(factor: float, fragment: str) -> None:
    program = parse(
        BASE
        + "param V : 1 × n ~ N(0, 1)\nparam W : n × n ~ N(0, 1)\nparam U : n × 3 ~ N(0, 1)\n"
        + "f = V relu(W U ξ)\noutput f"
    )
    params = dict(compile(program).init(WIDTHS, 0))
    params |= {"W": params["W"] * factor, "V": params["V"] * factor}
    with pytest.raises(TPError, match=fragment):
        empirical_kernel(program, params, np.ones((2, 3)))
    measured = empirical.finite(program, "ntk").measured(params, np.ones((2, 3)))
    assert measured.ntk is not None
    assert not np.isfinite(measured.ntk).all()


def test_parameters_of_another_shape_are_refused() -> None:
    program = gallery("rnn")
    params = compile(program).init(WIDTHS, 0)
    params["W"] = params["W"][:, :5]
    with pytest.raises(TPDataError, match=r"W has shape \(12, 5\)"):
        empirical_kernel(program, params, inputs(program, 2))


@pytest.mark.parametrize("option", [{"kind": "cntk"}, {"components": "some"}])
def test_unknown_options_are_refused(option: dict[str, str]) -> None:
    program = gallery("one_hidden")
    params = compile(program).init(WIDTHS, 0)
    with pytest.raises(TPTypeError, match="unknown"):
        empirical_kernel(program, params, inputs(program, 2), **option)  # type: ignore[arg-type]


def test_a_network_is_made_ready_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its passes are compiled for the first kernel; parameters and inputs are each call's own."""
    program = parse(to_text(network("mlp")), "mlp")
    module = compile(program)
    compiled = []

    def counted(*arguments: object) -> object:
        compiled.append(arguments)
        return compile(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(empirical, "compile", counted)
    X = inputs(program, 3)
    first = [empirical_kernel(module, module.init({"n": 8}, seed), X, "ntk") for seed in (0, 1, 0)]
    assert len(compiled) == 1
    assert np.array_equal(first[0].ntk, first[2].ntk)  # type: ignore[arg-type]
    assert relative(first[1].ntk, first[0].ntk) > 1e-3  # type: ignore[arg-type]
    empirical_kernel(module, module.init({"n": 8}, 0), X, "both")
    assert len(compiled) == 2
