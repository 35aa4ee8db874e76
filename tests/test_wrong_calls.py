"""Calls with what a caller took for the right thing: each says what is wanted, and the mend."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tpgraph as tp

NETWORK = """width n
dim d = 4
parametrization ntk
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
x = tanh(U ξ)
f = V x
output f
loss (f - y)^2 / 2
"""
X = np.random.default_rng(0).standard_normal((6, 4))
P: Any = tp.parse(NETWORK)
N: Any = {"n": 8}
ANY: Any = tp

CALLS: dict[str, tuple[Callable[[], object], str]] = {
    "a file to parse": (lambda: tp.parse("net.tp"), r"tpgraph\.load\('net\.tp'\) reads it"),
    "a program to parse": (lambda: ANY.parse(P), "a text is wanted, and this is of type Program"),
    "a text to load": (
        lambda: tp.load(NETWORK),
        r"not the name of a file.*tpgraph\.parse reads it",
    ),
    "a program to load": (lambda: ANY.load(P), "of type Program"),
    "a folder to load": (lambda: tp.load("."), "it is a folder.*name a file in it"),
    "a name of the gallery to load": (
        lambda: tp.load("wigner"),
        r"a program of the gallery is tpgraph\.gallery\.entry\(NAME\)",
    ),
    "several samples": (lambda: tp.limit(P, data={"ξ": X}), "24 numbers.*give one sample"),
    "words as data": (lambda: tp.limit(P, data={"ξ": "abc"}), "ξ is no array of numbers"),
    "words as samples": (
        lambda: ANY.limit(P, data={"ξ": X[0]}, samples="many"),
        "samples is 'many'.*a whole number",
    ),
    "a seed below 0": (lambda: tp.limit(P, data={"ξ": X[0]}, seed=-1), "seed is -1"),
    "a seed of words": (lambda: ANY.compile(P).init(N, seed="a"), "seed is 'a'"),
    "a width below 1": (
        lambda: tp.compile(P).init({"n": -8}),
        "width n = -8 is not a whole number",
    ),
    "no name": (lambda: ANY.limit(P, data={"ξ": X[0]}).var(3), "3 cannot be the name"),
    "columns as samples": (lambda: tp.kernel(P, X.T), "give its transpose"),
    "a sample": (lambda: tp.kernel(P, X[0]), r"give one sample as a row: \(1, 4\)"),
    "columns to a module": (
        lambda: tp.compile(P).forward(tp.compile(P).init(N), X.T),
        "give its transpose",
    ),
    "columns to train on": (
        lambda: tp.train(P, {"ξ": X.T, "y": X[:, :1]}, widths=N, steps=1),
        "give its transpose",
    ),
    "a file's name": (lambda: tp.kernel(P, "data.csv"), r"tpgraph\.load_data\('data\.csv', prog"),
    "two arrays": (lambda: ANY.kernel(P, X, X), "unknown kind of kernel 'ndarray'"),
    "arrays without names": (
        lambda: ANY.train(P, (X, X[:, :1]), widths=N, steps=1),
        "give {'ξ': …, 'y': …}",
    ),
    "an array as a file": (lambda: ANY.load_data(X, P), "arrays are given as they are"),
    "columns as on the command line": (
        lambda: ANY.train(P, "d.csv", widths=N, steps=1, columns="y=a"),
        r"columns are chosen by name.*columns=\{'y':",
    ),
    "no parameters": (lambda: ANY.empirical_kernel(P, None, X), "give those that init returns"),
    "widths in words": (
        lambda: ANY.study.compare(P, {"ξ": X, "y": X[:, :1]}, widths="16,32", out="c"),
        r"such as \(16, 32\)",
    ),
    "one width": (
        lambda: ANY.study.coordinate_check(P, {"ξ": X, "y": X[:, :1]}, widths=16),
        r"such as \(16, 32\)",
    ),
    "a number for a name": (lambda: ANY.gallery.entry(3), "the gallery has no program 3"),
    "a list of captions": (
        lambda: ANY.draw_frames(P, "x.svg", captions=["a"]),
        "words by the name of a variable",
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows = np.hstack([X, X[:, :1]])
    lines = ["a,b,c,d,price", *(",".join(f"{v:g}" for v in row) for row in rows)]
    (tmp_path / "d.csv").write_text("\n".join(lines))
    (tmp_path / "net.tp").write_text(NETWORK, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_call_is_told_the_mend(folder: Path, name: str) -> None:
    call, said = CALLS[name]
    with pytest.raises(tp.TPError) as caught:
        call()
    assert re.search(said, " ".join(str(caught.value).split()))


def test_a_column_is_chosen_by_its_name_alone(folder: Path) -> None:
    one: Any = {"ξ": ["a..d"], "y": "price"}
    listed = {"ξ": ["a..d"], "y": ["price"]}
    for program in (P, "net.tp", folder / "net.tp"):
        found = tp.load_data("d.csv", program, columns=one)
        np.testing.assert_array_equal(
            found.arrays["y"], tp.load_data("d.csv", P, columns=listed).arrays["y"]
        )
