"""Numbers and plots beside marks: they come and go, and the picture stays."""

from __future__ import annotations

import itertools

import pytest
from editor.page_of_session import Page

import tpgraph as tp
from tpgraph.editor.pictures import LARGE
from tpgraph.editor.session import Session

MLP = tp.gallery.entry("mlp").text


def test_a_run_puts_plots_beside_the_marks_and_takes_them_away() -> None:
    page = Page("program p\nwidth n\nvector u : n ~ N(0, 1)\ny = tanh(u)\nm = mean(y * y)\n")
    bare = {k: f["svg"] for k, f in page.shown.items()}
    answer = page.ask("annotate", have=page.view["revision"], width=1024, seed=1)
    page.take(answer["view"])
    assert any(f["svg"] != bare.get(k) for k, f in page.shown.items())
    found = answer["scalars"]["m"]
    assert abs(found["finite"] - found["limit"]) < 0.1
    assert found["limit"] == pytest.approx(0.394294, abs=1e-5)
    page.take(page.ask("annotate", have=page.view["revision"], run=False, limit=False)["view"])
    assert {k: f["svg"] for k, f in page.shown.items()} == bare


def test_marks_keep_columns_and_order_when_plots_come_and_their_places_when_they_go() -> None:
    page = Page(MLP)
    page.type(MLP.replace("f = V x[L]", "q = tanh(x[1] + b[3])\nf = V x[L]"))
    before = page.places()
    page.take(page.ask("annotate", have=page.view["revision"], width=64)["view"])
    after = page.places()
    assert any(key.startswith("annotations/") for key in page.shown)
    for a, b in itertools.combinations(before, 2):
        assert (before[a][0] < before[b][0]) is (after[a][0] < after[b][0])
        if before[a][0] == before[b][0]:
            assert (before[a][1] < before[b][1]) is (after[a][1] < after[b][1])
    page.take(page.ask("annotate", have=page.view["revision"], run=False, limit=False)["view"])
    assert page.places() == before


def test_numbers_found_elsewhere_are_drawn_as_if_found_here() -> None:
    page, other = Page(MLP), Page(MLP)
    page.take(page.ask("annotate", have=page.view["revision"], width=64)["view"])
    numbers = Session().answer({"op": "numbers", "text": MLP, "width": 64})
    found = other.ask("annotate", have=other.view["revision"], width=64, numbers=numbers)
    other.take(found["view"])
    assert other.shown == page.shown
    assert "full" not in found["view"]["picture"]


def test_large_pictures_that_do_not_fold_stay_as_well() -> None:
    lines = [f"y{k} = tanh(y{k - 1})" for k in range(1, 160)]
    head = "program p\nwidth n\nvector y0 : n ~ N(0, 1)\n"
    page = Page(head + "\n".join(lines) + "\n")
    assert len(page.shown) > LARGE
    before = page.places()
    page.type(f"{page.text}z = sin(y3)\n")
    assert "full" not in page.view["picture"]
    assert all(abs(page.places()[key][1] - y) < 5 for key, (_, y) in before.items())


def test_a_folded_picture_says_that_it_has_no_plots() -> None:
    loop = "for l in 1..150:\n    x[l] = tanh(W x[l-1])\n"
    head = "program p\nwidth n\nmatrix W : n × n ~ N(0, 1)\nvector x[0] : n ~ N(0, 1)\n"
    page = Page(head + loop)
    assert any(key.startswith("plates/") for key in page.shown)
    answer = page.ask("annotate", width=16, limit=False)
    assert any("folded" in said for said in answer["warnings"])


def test_a_program_without_a_limit_is_run_all_the_same() -> None:
    page = Page("program p\nwidth n\nvector u : n ~ N(0, 1)\ny = exp(u * u)\nm = mean(y)\n")
    answer = page.ask("annotate", width=64)
    assert any("no limit" in said for said in answer["warnings"])
    assert answer["scalars"]["m"]["finite"] > 0
