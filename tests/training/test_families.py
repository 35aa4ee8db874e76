"""One array for a family of inputs is cut into those of its members, wherever data are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tpgraph as tp

N, T, D = 3, 3, 8
ARRAY = np.random.default_rng(0).standard_normal((N, T, D))
APART = {f"ξ[{t + 1}]": ARRAY[:, t] for t in range(T)}
RNN = tp.gallery.entry("rnn").program()


@pytest.mark.parametrize("name", ["ξ", "xi"])
def test_everywhere_as_one_by_one(name: str, tmp_path: Path) -> None:
    np.testing.assert_array_equal(
        tp.kernel(RNN, {name: ARRAY}, "ntk").ntk, tp.kernel(RNN, APART, "ntk").ntk
    )
    row = {key: value[0] for key, value in APART.items()}
    assert str(tp.limit(RNN, data={name: ARRAY[0]})) == str(tp.limit(RNN, data=row))
    sizes = {"n": 16}
    whole, single = (tp.run(RNN, sizes, 0, data) for data in ({name: ARRAY[0]}, row))
    assert whole["vectors"] == single["vectors"]
    y = np.zeros((N, 1))
    np.savez(tmp_path / "d.npz", **{name: ARRAY, "y": y})
    found = tp.load_data(tmp_path / "d.npz", RNN).arrays
    assert list(found) == [*APART, "y"]
    for key, value in APART.items():
        np.testing.assert_array_equal(found[key], value)


GRID = """
width n
dim d = 2
data p[1..2,1..3] : d
matrix U : n × d ~ N(0, 1)
for i in 1..2:
    for j in 1..3:
        x[i,j] = tanh(U p[i,j])
"""


def test_indices_are_axes() -> None:
    array = np.random.default_rng(1).standard_normal((2, 3, 2))
    found = tp.limit(tp.parse(GRID), data={"p": array})
    g = [f"x[{i},{j}]" for i in (1, 2) for j in (1, 2, 3)]
    for name, row in zip(g, array.reshape(6, 2), strict=True):
        other = tp.limit(
            tp.parse("width n\ndim d = 2\ndata p : d\nmatrix U : n × d ~ N(0, 1)\nx = tanh(U p)\n"),
            data={"p": row},
        )
        assert found.var(name) == pytest.approx(other.var("x"), rel=1e-9)


@pytest.mark.parametrize(
    ("data", "message", "expected"),
    [
        ({"ξ": ARRAY.swapaxes(1, 2)}, "ξ has shape (3, 8, 3)", "(N, 3, 8): ξ[1] … ξ[3]"),
        ({"ξ": ARRAY[..., :7]}, "ξ[1] has shape (3, 7)", "(N, 8)"),
        ({"ξ": ARRAY, "ξ[1]": ARRAY[:, 0]}, "ξ[1] is given, and ξ too", ""),
        ({"img": ARRAY}, "img is not an input", "ξ[1]"),
        ({"ξ": [[1.0], [1.0, 2.0]]}, "ξ has rows of different lengths", ""),
    ],
)
def test_what_does_not_fit(data: dict[str, Any], message: str, expected: str) -> None:
    with pytest.raises(tp.TPError) as caught:
        tp.kernel(RNN, data)
    assert message in caught.value.message
    assert expected in (caught.value.expected or "")
