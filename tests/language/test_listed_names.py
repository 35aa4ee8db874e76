"""What is said of variables in lists, as `hide` does, follows them, out of ranges too."""

from __future__ import annotations

import pytest

import tpgraph as tp
from tpgraph.language import editing, read
from tpgraph.language.editing.listed_names import in_ranges

HINTED = """program hinted
width n
const L = 3
vector u : n ~ N(0, 1)
vector b[1..L] : n ~ N(0, 1)
matrix W[1..L] : n × n ~ N(0, 1)
x[0] = tanh(u)
for l in 1..L:
    x[l] = tanh(W[l] x[l-1] + b[l])
h = W[1] u
y = tanh(h + x[1])
m[1] = mean(y * y)
m[2] = mean(u * u)
m[3] = mean(y * x[1])
output m[1..3]
group "box" y, x[1..3]
note "hello" at h
hide b[1..3]
order u, b[1..L]
place u, h above x[1], y
"""


def said(text: str) -> list[str]:
    """The lines of lists of a text, which is a program."""
    assert tp.parse(text)
    words = ("output", "group", "note", "hide", "order", "place")
    return [line for line in text.splitlines() if line.startswith(words)]


def only(name: str, new: str) -> str:
    r = read(HINTED)
    rename = editing.only_here(r, name, lambda one: editing.rename(one, name, new, only=True))
    return rename.apply(HINTED)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("x[1]", {'group "box" y, q, x[2..3]', "place u, h above q, y", "output m[1..3]"}),
        ("b[2]", {"hide b[1], q, b[3]", "order u, b[1], q, b[3]"}),
        ("m[2]", {"output m[1], q, m[3]"}),
    ],
)
def test_one_of_a_range_has_another_name_there(name: str, lines: set[str]) -> None:
    assert lines <= set(said(only(name, "q")))


def test_one_that_loses_its_name_is_said_no_more() -> None:
    lines = said(editing.unname(read(HINTED), "h").apply(HINTED))
    assert not any(line.startswith("note") for line in lines)
    assert "place u above x[1], y" in lines
    assert len(lines) == 5


@pytest.mark.parametrize(
    ("names", "lines"),
    [
        (["b[2]"], ["output m[1..3]", 'group "box" y, x[1]', 'note "hello" at h',
                    "order u, b[1], b[3]", "place u, h above x[1], y"]),
        (["y"], ["output m[2]", 'group "box" x[1..3]', 'note "hello" at h', "hide b[1..3]",
                 "order u, b[1..L]", "place u, h above x[1]"]),
        (["m[1]"], ["output m[2..3]"]),
        (["m[1]", "m[3]"], ["output m[2]"]),
    ],
)  # fmt: skip
def test_of_lists_goes_what_is_deleted_and_nothing_else(names: list[str], lines: list[str]) -> None:
    found = said(editing.delete_alone(read(HINTED), *names).apply(HINTED))
    hides = ["hide b[1], b[3]"] if names == ["b[2]"] else []
    assert [line for line in found if line not in hides][: len(lines)] == lines


def test_an_output_is_taken_out_of_a_range() -> None:
    text = editing.set_output(read(HINTED), "m[2]", False).apply(HINTED)
    assert "output m[1], m[3]\n" in text
    assert "output m[2..3]\n" in editing.set_output(read(HINTED), "m[1]", False).apply(HINTED)


def test_names_that_count_up_are_a_range() -> None:
    assert in_ranges(["s[1,2]", "s[1,3]", "s[2,1]", "y"]) == "s[1,2..3], s[2,1], y"
    assert in_ranges(["x[1]"]) == "x[1]"
    assert in_ranges([]) == ""
