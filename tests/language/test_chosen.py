"""Values chosen for constants where a program is read."""

from fractions import Fraction

import numpy as np
import pytest

import tpgraph as tp

TEXT = """\
program chain
width n
dim   d = 4
const L = 2        # layers
const M = 2 * L
const σ2 = 1/2
vector x[0] : n ~ N(0, σ2)
for l in 1..M:
    x[l] = tanh(x[l-1])
"""


def same_with(line, **chosen):
    """Choosing values gives the program that a text with these values does."""
    found = tp.parse(TEXT, constants=chosen)
    for name, value in chosen.items():
        old = next(s for s in TEXT.splitlines() if s.split()[1] == name)
        line = line.replace(old, f"{old.split('=')[0]}= {value}")
    assert found == tp.parse(line)


@pytest.mark.parametrize("chosen", [{"L": 5}, {"M": 1}, {"L": 3, "σ2": 2}, {"L": 1, "M": 7}])
def test_as_if_written(chosen):
    same_with(TEXT, **chosen)


def test_a_constant_that_depends_follows():
    assert "x[10]" in tp.parse(TEXT, constants={"L": 5}).variables
    assert "x[4]" in tp.parse(TEXT).variables


def test_numbers_of_every_kind_are_exact():
    for value in (0.1, Fraction(1, 10), np.float64(0.1)):
        program = tp.parse(TEXT, constants={"σ2": value})
        assert program.declarations[0].covariance == ((0.1,),)
    assert tp.parse(TEXT, constants={"L": np.int64(3)}) == tp.parse(TEXT, constants={"L": 3.0})


def test_greek_names_by_either_spelling():
    assert tp.parse(TEXT, constants={"sigma2": 3}) == tp.parse(TEXT, constants={"σ2": 3})


def test_the_picture_carries_the_chosen_text(tmp_path):
    tp.draw(tp.parse(TEXT, constants={"L": 1}), tmp_path / "p.svg")
    assert "x[2]" in tp.load(tmp_path / "p.svg").variables
    assert "x[4]" not in tp.load(tmp_path / "p.svg").variables


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        ({"K": 3}, "no constant K"),
        ({"MM": 3}, "did you mean M?"),
        ({"L": float("nan")}, "a finite number"),
        ({"L": "3"}, "a finite number"),
        ({"σ2": 1, "sigma2": 2}, "two values are chosen for σ2"),
        ({"d": 0}, "a dimension of 0"),
        ({"L": 1.25}, "<text>:8:13: error: the index is 5/2"),
    ],
)
def test_what_does_not_fit(chosen, said):
    with pytest.raises(tp.TPError) as caught:
        tp.parse(TEXT, constants=chosen)
    assert said in str(caught.value)


def test_a_json_document_has_none_left(tmp_path):
    (tmp_path / "p.json").write_text(tp.to_json(tp.parse(TEXT)), encoding="utf-8")
    with pytest.raises(tp.TPDataError, match="no constants left"):
        tp.load(tmp_path / "p.json", {"L": 3})
    assert tp.load(tmp_path / "p.json") == tp.parse(TEXT)
