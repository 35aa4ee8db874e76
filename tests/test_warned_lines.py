"""Warnings name the line that called tpgraph, and come once for it."""

import warnings

import pytest

import tpgraph as tp

LAYER = """width n
dim d = 2
data ξ : d
matrix W : n × d ~ N(0, 1)
x = tanh(W ξ)
output x
"""


def unfolded():
    return tp.draw(tp.parse(LAYER), fold=True)


def in_order(folder):
    (folder / "d.csv").write_text("a,b\n1,2\n3,4\n")
    return tp.load_data(folder / "d.csv", tp.parse(LAYER))


def with_missing(folder):
    (folder / "m.csv").write_text("ξ_0,ξ_1\n1,2\n3,NA\n")
    return tp.load_data(folder / "m.csv", tp.parse(LAYER), missing="drop")


@pytest.mark.parametrize("call", [lambda _: unfolded(), in_order, with_missing])
def test_a_warning_names_the_line_of_the_caller_once(call, tmp_path):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(2):
            call(tmp_path)
    (one,) = caught
    assert one.filename == __file__
    assert isinstance(one.message, tp.TPWarning)
    assert "warning: " not in str(one.message)
    assert "warning: " in one.message.line
