"""Comments and empty lines as edits: other bytes stay, and come back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tpgraph.errors import TPError
from tpgraph.gallery import entries
from tpgraph.language import editing as e
from tpgraph.language import read
from tpgraph.language.editing import Edit
from tpgraph.language.readings import Reading

TEXT = """# title
width n
matrix W : n × n ~ N(0, 1)
vector u : n ~ N(0, 1)

# two rounds
# of the same
for l in 1..2:
    h[l] = W u
z = h[2]
output z
"""


@pytest.mark.parametrize(
    ("edit", "was", "becomes"),
    [
        (lambda r: e.set_comment(r, "u", "drawn once"), "vector u", "# drawn once\nvector u"),
        (lambda r: e.set_comment(r, "h[1]", "new"), "# two rounds\n# of the same\n", "# new\n"),
        (lambda r: e.set_comment(r, "h[2]", None), "# two rounds\n# of the same\n", ""),
        (lambda r: e.set_comment(r, "n", "a\nb"), "# title\n", "# a\n# b\n"),
        (lambda r: e.set_comment(r, "output", "#7"), "output", "# #7\noutput"),
        (lambda r: e.set_apart(r, "z", True), "z =", "\nz ="),
        (lambda r: e.set_apart(r, "h[1]", False), "\n\n# two", "\n# two"),
        (lambda r: e.set_apart(r, "h[1]", True), "", ""),
        (lambda r: e.set_apart(r, "n", True), "", ""),
    ],
)
def test_edits(edit: Callable[[Reading], Edit], was: str, becomes: str) -> None:
    made = edit(read(TEXT))
    after = made.apply(TEXT)
    assert after == TEXT.replace(was, becomes, 1)
    assert made.inverse(TEXT).apply(after) == TEXT


def test_what_is_set_is_what_is_said() -> None:
    made = e.set_comment(read(TEXT), "z", "one\n\ntwo")
    assert e.comment_of(read(made.apply(TEXT)), "z") == "one\n\ntwo"
    assert e.comment_of(read(TEXT), "n") == "title"


@pytest.mark.parametrize("word", ["loss", "program", "q"])
def test_what_is_not_there_has_no_comment(word: str) -> None:
    with pytest.raises(TPError):
        e.set_comment(read(TEXT), word, "x")


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_comments_of_the_gallery_change_no_program(entry) -> None:  # type: ignore[no-untyped-def]
    for name in list(read(entry.text).origin)[::3]:
        made = e.set_comment(read(entry.text), name, "said of it")
        after = made.apply(entry.text)
        assert read(after).program == entry.program()
        assert made.inverse(entry.text).apply(after) == entry.text
