"""Paths by their isomorphism classes: what is listed is what the library finds, as marks."""

from itertools import pairwise

import pytest
from editor.page_of_session import Page
from editor.serving import MLP

import tpgraph as tp
from tpgraph.notation.diagram.said_of_marks import Titles

TWO_WAYS = """program p
width n
matrix W[1..2] : n × n ~ N(0, 1)
vector u : n ~ N(0, 1)
a = tanh(W[1] u)
b = sin(W[1] a)
c = tanh(W[1] (a + b))
d = tanh(W[2] c)
"""


LABELLED = {"u~1": "u"}
"""What a reduced program calls otherwise: an X-var that is equal to u."""


@pytest.mark.parametrize("text", [MLP, TWO_WAYS, tp.gallery.entry("mlp_paths").text])
def test_classes_are_those_of_the_library(text):
    page = Page(text)
    found = page.ask("classes")
    expected = tp.isomorphism_classes(tp.parse(text))
    assert found["count"] == len(expected)
    paths = {tuple(p["names"]) for c in found["classes"] for p in c["paths"]}
    assert len(paths) == sum(map(len, expected.values()))
    said = Titles(tp.parse(text)).spelled
    assert paths == {
        tuple(said(LABELLED.get(name, name)) for name in path.vectors)
        for members in expected.values()
        for path in members
    }
    counts = [c["count"] for c in found["classes"]]
    assert counts == sorted((len(m) for m in expected.values()), reverse=True)


@pytest.mark.parametrize("text", [MLP, TWO_WAYS])
def test_a_path_is_one_way_through_the_picture(text):
    page = Page(text)
    said = Titles(tp.parse(text)).spelled
    for found in page.ask("classes")["classes"]:
        for path in found["paths"]:
            keys = [page.shown[key] for key in path["keys"]]
            names = [said(f["name"]) for f in keys if f["layer"] == "variables"]
            assert [name for name in names if name in path["names"]] == path["names"]
            lines = [f for f in keys if f["layer"] == "edges"]
            assert len(keys) == 2 * len(lines) + 1, "a line between a mark and the next"
            for line, following in pairwise(lines):
                assert line["target"] == following["source"]


def test_too_many_paths_are_refused():
    lines = [f"x[{k}] = tanh(W x[{k - 1}]) + sin(V x[{k - 1}]) + x[{k - 1}]" for k in range(1, 40)]
    head = "program p\nwidth n\nmatrix W : n × n ~ N(0, 1)\nmatrix V : n × n ~ N(0, 1)\n"
    page = Page(head + "vector x[0] : n ~ N(0, 1)\n" + "\n".join(lines) + "\n")
    assert "paths" in page.ask("classes")["refused"]["message"]
