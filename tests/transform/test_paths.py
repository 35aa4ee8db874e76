"""Paths against brute force, and against what the paper says of its figures."""

import importlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transform.support import GALLERY, gallery

from tpgraph.errors import TPLimitError, TPNameError
from tpgraph.language import parse
from tpgraph.program import MatMul, Nonlin
from tpgraph.transform import count_classes, count_paths, isomorphism_classes, paths, reduce

paths_module = importlib.import_module("tpgraph.transform.paths")  # the function hides it


def brute_force(program):
    """All alternating sequences, grown vector by vector until nothing follows."""
    reduced = reduce(program)
    wide = [e for e in reduced.equations if e.out.is_wide]
    products = [e for e in wide if isinstance(e, MatMul) and e.operand.is_wide]
    growing = [((e.operand.name, e.out.name), ((e.matrix.name, e.transpose),)) for e in products]
    found = set(growing)
    while growing:
        longer = [
            ((*vectors, gate.out.name, e.out.name), (*word, (e.matrix.name, e.transpose)))
            for vectors, word in growing
            for gate in wide
            if isinstance(gate, Nonlin) and vectors[-1] in {v.name for v in gate.vectors}
            for e in products
            if e.operand == gate.out
        ]
        found.update(longer)
        growing = longer
    return found


def assert_all_paths(program):
    """Paths, their number and their classes are those of brute force."""
    expected = brute_force(program)
    found = paths(program)
    assert {(p.vectors, p.matrices) for p in found} == expected
    assert len(found) == len(expected) == count_paths(program)
    words = {word for _, word in expected}
    assert count_classes(program) == len(words) == len(isomorphism_classes(program))


@pytest.mark.parametrize("name", GALLERY)
def test_paths_of_the_gallery_are_all_paths(name):
    assert_all_paths(gallery(name))


@pytest.mark.parametrize("rule", ["an edge is lost", "W is taken for its transpose", "no lengths"])
def test_a_broken_rule_is_noticed(rule, monkeypatch):
    net, lengths = paths_module._net, paths_module._lengths

    def broken(*arguments):
        found = net(*arguments)
        if rule == "an edge is lost":
            made = [g for pairs in found.products.values() for g, _ in pairs]
            followed = [g for g in made if found.products.keys() & set(found.nonlins.get(g, ()))]
            found.nonlins[followed[0]].clear()
        elif rule == "W is taken for its transpose":
            first = next(iter(found.products.values()))
            g, (matrix, transpose) = first[0]
            first[0] = g, (matrix, not transpose)
        return found

    monkeypatch.setattr(paths_module, "_net", broken)
    if rule == "no lengths":
        monkeypatch.setattr(
            paths_module, "_lengths", lambda *given: dict.fromkeys(lengths(*given), 1)
        )
    with pytest.raises(AssertionError):
        assert_all_paths(gallery("gru"))


@settings(max_examples=40)
@given(st.data())
def test_filters_are_those_of_brute_force(data):
    program = gallery(data.draw(st.sampled_from(["rnn", "gru", "resnet", "wigner"])))
    expected = brute_force(program)
    pick = data.draw(st.sampled_from(sorted(expected)))
    options = {
        "start": pick[0][0],
        "end": pick[0][-1],
        "matrix": pick[1][0][0],
        "length": len(pick[0]),
    }
    options = {k: v for k, v in options.items() if data.draw(st.booleans())}
    wanted = [
        (vectors, word)
        for vectors, word in expected
        if options.get("start", vectors[0]) == vectors[0]
        and options.get("end", vectors[-1]) == vectors[-1]
        and options.get("matrix", word[0][0]) == word[0][0]
        and options.get("length", len(vectors)) == len(vectors)
    ]
    assert {(p.vectors, p.matrices) for p in paths(program, **options)} == set(wanted)
    assert count_paths(program, **options) == len(wanted)
    assert count_classes(program, **options) == len({word for _, word in wanted})


def test_figure_3_isomorphic_in_the_rnn_and_not_in_the_mlp():
    p, q = paths(gallery("mlp"), length=2)[:2]
    assert p.matrices != q.matrices
    p, q = paths(gallery("rnn"), length=2)[:2]
    assert p.matrices == q.matrices
    assert (len(p), p.vectors[0]) == (2, "s[1]")


def test_a_path_alternates():
    program = reduce(gallery("gru"))
    for path in paths(program):
        kinds = [program.is_g(program.variables[name]) for name in path.vectors]
        assert not kinds[0]
        assert kinds[-1]
        assert all(a != b for a, b in pairwise(kinds))


def deep(layers):
    lines = "\n".join(f"x{i + 1} = W x{i} + A x{i}" for i in range(layers))
    return parse(
        "program p\nwidth n\nmatrix W, A : n × n ~ N(0, 1)\nvector g : n ~ N(0, 1)\n"
        f"x0 = tanh(g)\n{lines}\n"
    )


def test_exponentially_many_paths_are_counted_without_enumeration():
    program = deep(200)
    assert count_paths(program, start="x0", length=400) == 2**200
    assert count_classes(program, start="x0", length=400) == 2**200
    assert count_paths(program, start="x0") == 2**201 - 2
    with pytest.raises(TPLimitError, match="there are"):
        paths(program)
    assert len(paths(program, start="x199")) == 2


def test_errors_say_what_is_missing():
    with pytest.raises(TPNameError, match="no path starts with f"):
        paths(gallery("mlp"), start="f")
    with pytest.raises(TPNameError, match="no path ends with nothing"):
        count_paths(gallery("mlp"), end="nothing")
    assert count_classes(gallery("mlp"), length=3) == 0
