"""Wrong lines as people write them, and what the mends of their errors make of each."""

from __future__ import annotations

import pytest
from wrong_lines import HEAD, MENDED, STOPS

from tpgraph.language import editing, parse, read, unbound


def fixed(text: str) -> str:
    """What `check --fix` makes of a text where everything is agreed to."""
    seen: set[str] = set()
    while True:
        reading = read(text)
        error = next((e for e in reading.errors if e.edits and str(e) not in seen), None)
        if error is None:
            return text
        assert error.mend
        seen.add(str(error))
        after = editing.mend(reading, error).apply(text)
        places = {(e.message, e.span and (e.span.line, e.span.column)) for e in read(after).errors}
        assert (error.message, error.span and (error.span.line, error.span.column)) not in places
        text = after


@pytest.mark.parametrize(("line", "place", "wanted"), MENDED, ids=[row[0] for row in MENDED])
def test_mended(line: str, place: str, wanted: str) -> None:
    text = f"{HEAD}{line}\n"
    first = read(text).errors[0]
    assert first.span is not None
    assert first.span.line == 13
    assert first.span.text.strip() == place
    after = fixed(text)
    assert after == f"{HEAD}{wanted}\n"
    parse(after)


@pytest.mark.parametrize(("line", "place", "message"), STOPS, ids=[row[0] for row in STOPS])
def test_an_honest_stop(line: str, place: str, message: str) -> None:
    text = f"{HEAD}{line}\n"
    first = read(text).errors[0]
    assert first.span is not None
    assert first.span.text == place
    left = read(fixed(text)).errors
    assert any(message in error.message for error in left)
    assert any(error.mend or error.expected for error in left)


BEFORE = {
    "comments": "# one\n\n# two 𝔸\n",
    "beyond the plane": 'label u = "𝔸𝔹"  # 𝔸 𝔹\n',
    "another error": "q = tahn(v)  # 𝔸\n",
}
PLAIN = [row for row in MENDED if row[2] and "#" not in row[2] and '"' not in row[0]]
"""Those that a comment behind them leaves as they are."""


@pytest.mark.parametrize("before", sorted(BEFORE))
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("behind", ["", "  # behind 𝔸", "\t"])
@pytest.mark.parametrize("row", PLAIN[:: len(PLAIN) // 20], ids=lambda row: str(row[0]))
def test_wherever_it_stands(row: tuple[str, str, str], behind: str, ends: str, before: str) -> None:
    line, place, wanted = row
    lead = f"{HEAD}{BEFORE[before]}"
    text = f"{lead}{line}{behind}\nwww = W v\n".replace("\n", ends)
    number = lead.count("\n") + 1
    mine = next(e for e in read(text).errors if e.span and e.span.line == number)
    assert mine.span is not None
    assert mine.span.text.strip() == place
    after = fixed(text)
    assert after.count("\n") == after.count(ends)
    assert not read(after).errors
    said = [row.split("#")[0].strip() for row in after.split(ends)]
    for part in wanted.split("\n"):
        assert part.strip() in said
    assert behind.strip() in after


def test_what_is_bound_below_moves_up() -> None:
    text = f"{HEAD}y = φ(h) + g(u)  # y\nz = h\nh = W u  # h\nfn g(z) = z^2\n"
    first = read(text).errors[0]
    assert first.mend == "h is bound below, in line 15: move that up"
    assert fixed(text) == f"{HEAD}h = W u  # h\nfn g(z) = z^2\ny = φ(h) + g(u)  # y\nz = h\n"


def test_a_circle_is_no_order() -> None:
    text = f"{HEAD}y = φ(h)\nh = W y\n"
    assert fixed(text) == text
    assert [error.message for error in read(text).errors] == ["h is not bound before its use"]


def test_several_errors_of_one_file() -> None:
    text = f"{HEAD}y = 2 np.tahn(u) ** 2;\nz = W * y\nfor l = 1:3:\n  q[l] = relU(b[l]\n"
    text = text.replace("z = W", "ouput v\nz = W")
    wanted = "y = 2 * tanh(u) ^ 2\noutput v\nz = W y\nfor l in 1..3:\n  q[l] = relu(b[l])\n"
    assert fixed(text) == HEAD + wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("loss (t - 1  # c (\n", "loss (t - 1)  # c (\n"),
        ('y = (u "v\n', 'y = (u "v"\n'),
        ("y = u))))\n", "y = u\n"),
        ("fn f(z = z^2\n", "fn f(z) = z^2\n"),
        ("for l in 1..max(2, 3: y[l] = u\n", "for l in 1..max(2, 3): y[l] = u\n"),
        ("vector w : n ~ N(0, 1 as X\n", "vector w : n ~ N(0, 1) as X\n"),
    ],
)
def test_where_a_bracket_ends(text: str, wanted: str) -> None:
    reading = read(HEAD + text)
    error = next(e for e in reading.errors if e.edits)
    assert editing.mend(reading, error).apply(reading.text) == HEAD + wanted


def test_a_mend_that_does_not_hold_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle can fail: a near name that is another one mends to another line, or to none."""
    monkeypatch.setattr(unbound, "nearest", lambda *_: "sin")
    with pytest.raises(AssertionError):
        test_mended("y = tahn(u)", "tahn", "y = tanh(u)")
    monkeypatch.setattr(unbound, "nearest", lambda *_: "tahm")
    with pytest.raises(AssertionError):
        fixed(f"{HEAD}y = tahn(u)\n")
