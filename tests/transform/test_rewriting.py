"""reduce and simplify keep every value; reduced programs are reduced."""

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import programs
from transform.support import GALLERY, WIDTHS, draw, gallery

from tpgraph.errors import TPLimitError
from tpgraph.interpreter import interpret
from tpgraph.language import parse
from tpgraph.program import InitialVectors, MatMul, Program, check, is_reduced
from tpgraph.transform import backward, reduce, simplify, unroll_sgd
from tpgraph.transform import simplification as simplification_module
from tpgraph.transform.reduced import _Reduction

RAW = (
    "program p\nwidth n\nmatrix W, A : n × n ~ N(0, 1)\n"
    "vector x, y : n ~ N([0, 0], [[1, 0], [0, 1]])\n"
)


def assert_same_values(program: Program, changed: Program, widths=WIDTHS) -> None:
    """What both bind has the same value, outputs and loss for certain."""
    initial = draw(program, widths)
    with np.errstate(all="ignore"):
        before, after = (interpret(p, initial, widths) for p in (program, changed))
    ends = [*program.outputs, *([program.loss] if program.loss else [])]
    assert {v.name for v in ends} <= set(after)
    for name in set(before) & set(after):
        size = max(1.0, np.abs(before[name]).max())
        np.testing.assert_allclose(after[name], before[name], atol=1e-9 * size, rtol=1e-9)


@pytest.mark.parametrize("name", GALLERY)
def test_the_gallery_reduces(name):
    program = gallery(name)
    reduced = check(reduce(program))
    assert is_reduced(reduced)
    assert reduce(reduced) == reduced
    assert_same_values(program, reduced)


@pytest.mark.parametrize("name", GALLERY)
def test_the_gallery_simplifies(name):
    program = gallery(name)
    simple = check(simplify(program))
    assert len(simple.equations) <= len(program.equations)
    assert simplify(simple) == simple
    assert_same_values(program, simple)


@pytest.mark.parametrize("name", ["mlp", "rnn", "transformer"])
def test_backward_passes_and_sgd_simplify_and_reduce(name):
    for program in (backward(gallery(name)), unroll_sgd(gallery(name), 2, lr=0.1)):
        assert_same_values(program, check(simplify(program)))
        assert_same_values(program, check(reduce(program)))


@settings(max_examples=100)
@given(programs(tame=True))
def test_random_programs_keep_their_values(program):
    for change in (simplify, reduce):
        changed = check(change(program))
        assert_same_values(program, changed, {"n": 4})
    assert is_reduced(reduce(program))


def test_chains_of_nonlins_collapse_and_consecutive_g_vars_are_separated():
    program = parse(RAW + "u = tanh(x)\nv = u * y + u\nh = W v\ng = A h\noutput g\n")
    reduced = reduce(program)
    assert [e.out.name for e in reduced.equations] == ["v", "h", "h~1", "g"]
    assert [a.name for a in reduced.equation_of["v"].inputs] == ["x", "y"]


def test_vectors_declared_as_x_become_g_where_a_nonlin_reads_them():
    reduced = reduce(gallery("attention"))
    assert not any(d.as_x for d in reduced.declarations if isinstance(d, InitialVectors))
    assert reduce(gallery("conv1d")) == gallery("conv1d")


def test_chains_that_double_are_refused():
    lines = [f"x{i + 1} = x{i} * sin(x{i})" for i in range(40)]
    text = RAW + "x0 = x + y\n" + "\n".join(lines) + "\noutput x40\n"
    with pytest.raises(TPLimitError, match="collapse into one of"):
        reduce(parse(text))


def test_equal_equations_are_one_whatever_the_order_of_sums():
    text = RAW + "a = W x\nb = W x\nc = a * y + x\nd = x + y * b\ne = c + d\noutput e\n"
    simple = simplify(parse(text))
    assert [e.out.name for e in simple.equations] == ["a", "c", "e"]


def test_initial_objects_are_never_merged():
    program = parse(RAW + "a = W x\nb = A x\nc = a - b\noutput c\n")
    assert [e.out.name for e in simplify(program).equations] == ["a", "b", "c"]


def test_constants_copies_and_dead_code():
    text = RAW + (
        "t = mean(2 * 3)\nz = x * 1\ndead = W y\nu = (z - z) * 0 + t * z\nq = mean(u)\n"
        "zero = 0 * q\nh = A u + zero\noutput h\n"
    )
    simple = simplify(parse(text))
    assert [e.out.name for e in simple.equations] == ["u", "h~1", "h"]
    assert_same_values(parse(text), simple)
    assert "dead" in simplify(parse(text), keep=["dead"]).variables


def test_declarations_stay_so_that_draws_stay():
    program = gallery("mlp")
    assert simplify(program).declarations == program.declarations


def test_merging_what_differs_is_noticed(monkeypatch):
    monkeypatch.setattr(simplification_module, "_key", lambda function, names: names[0])
    program = gallery("transformer")
    with pytest.raises(AssertionError):
        assert_same_values(program, simplify(program))


def test_a_reduction_that_forgets_what_it_collapses_is_noticed(monkeypatch):
    """Each Nonlin is written in with its arguments in the wrong order."""
    value = _Reduction._value

    def broken(self, formula, argument):
        known = self.inner.get(argument.name)
        if known is not None:
            self.inner[argument.name] = known[0], known[1][::-1]
        return value(self, formula, argument)

    monkeypatch.setattr(_Reduction, "_value", broken)
    with pytest.raises(AssertionError):
        assert_same_values(gallery("transformer"), reduce(gallery("transformer")))


def test_a_reduction_without_identities_is_not_reduced(monkeypatch):
    monkeypatch.setattr(_Reduction, "_is_g", lambda self, variable: False)
    assert not is_reduced(reduce(gallery("wigner")))


def test_every_matmul_of_a_reduced_program_reads_an_x_var():
    reduced = reduce(gallery("wigner"))
    wide = [e for e in reduced.equations if isinstance(e, MatMul)]
    assert not any(reduced.is_g(e.operand) for e in wide)


def test_no_two_of_a_reduced_program_are_the_same_of_the_network():
    """An identity that reduction adds is no variable of the network's pass."""
    reduced = reduce(unroll_sgd(gallery("gru"), steps=2))
    meant = list(reduced.timed.values())
    assert len(meant) == len(set(meant)) > 20
