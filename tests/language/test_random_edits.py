"""Random texts × random edits of all kinds keep the rules of edits; corrupted ones do not."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import programs
from strategies.gestures import GESTURES, SAYING_THE_SAME, noisy

from tpgraph.errors import TPError
from tpgraph.language import editing, format_text, read, to_text
from tpgraph.language.editing import Edit, Patch
from tpgraph.language.readings import Reading
from tpgraph.notation import draw
from tpgraph.program import Program

GALLERY = sorted(Path(str(resources.files("tpgraph_diagrams"))).glob("*.tp"))
TEXTS = [path.read_text("utf-8") for path in GALLERY]


def written_out(text: str) -> str:
    """The text with all its loops and families written out."""
    for name in read(text).origin:
        origin = read(text).origin[name]
        if (origin.values or origin.family) and "~" not in name:
            text = editing.write_out(read(text), name).apply(text)
    return text


WRITTEN = [written_out(text) for text in TEXTS if len(read(text).origin) < 60]
POOL = [*TEXTS, *WRITTEN]
quick = settings(max_examples=25, suppress_health_check=list(HealthCheck))


def require_rules(reading: Reading, edit: Edit, kind: str) -> str:
    """The text after an edit that keeps the rules of all edits."""
    before = reading.text
    after = edit.apply(before)
    assert edit.inverse(before).apply(after) == before, "the inverse gives back the bytes"
    known = {error.message for error in reading.errors}
    found = read(after)
    new = [error for error in found.errors if error.message not in known]
    assert not [error for error in new if error.span is not None], "no new errors"
    assert not new or (kind == "delete" and not found.origin), "only a text of nothing has no place"
    require_comments(before, after, kind)
    require_lines(reading, after, kind)
    if is_canonical(before):
        assert is_canonical(after), "fmt leaves it alone"
    return after


def is_canonical(text: str) -> bool:
    try:
        return format_text(text) == text
    except TPError:
        return False


def comments(text: str) -> set[str]:
    return {token.text.rstrip() for token in read(text).tokens if token.kind == "comment"}


def require_comments(before: str, after: str, kind: str) -> None:
    """Comments stay, but for those of statements that go."""
    if kind in {"delete", "unname", "set_field"}:
        return
    assert comments(before) <= comments(after), "comments stay"


def require_lines(reading: Reading, after: str, kind: str) -> None:
    """Lines of statements that share no name with what changed stand as they did."""
    loose = is_canonical(reading.text)  # then neighbours are lined up anew

    def said(text: str) -> Counter[str]:
        rows = (row.rstrip() for row in text.split("\n") if row.strip())
        return Counter("".join(row.split()) if loose else row for row in rows)

    gone = said(reading.text) - said(after)
    come = said(after) - said(reading.text)
    if kind == "move":
        assert not gone, "a move changes no line"
        assert not come
    bases = {token.base for row in [*gone, *come] for token in read(row).tokens if token.base}
    for row in gone:
        own = {token.base for token in read(row).tokens if token.base}
        assert not own or own & bases, "untouched lines are as they were"


def said(program: Program | None) -> dict[str, str]:
    """What a program says, whatever the order of its statements."""
    assert program is not None
    found = {v.name: repr(d) for d in program.declarations for v in d.variables}
    found |= {equation.out.name: repr(equation) for equation in program.equations}
    return found | {"": repr((program.outputs, program.loss, dict(program.labels)))}


def require_same(before: str, after: str) -> None:
    assert said(read(before).program) == said(read(after).program), "it says what it said"


def try_edits(text: str, seed: int, kinds: dict[str, object]) -> None:
    chance = random.Random(seed)
    for _ in range(5):
        reading = read(text)
        if reading.program is None or not reading.origin:
            return
        kind = chance.choice(sorted(kinds))
        try:
            edit = GESTURES[kind](reading, chance)
        except TPError:
            continue
        after = require_rules(reading, edit, kind)
        if kind in SAYING_THE_SAME:
            require_same(text, after)
        text = after


@settings(quick, max_examples=80)
@given(st.sampled_from(POOL), st.booleans(), st.integers(0, 2**32))
def test_edits_of_the_gallery(text: str, noise: bool, seed: int) -> None:
    try_edits(noisy(text, random.Random(seed)) if noise else text, seed, dict(GESTURES))


@settings(quick, max_examples=80)
@given(programs(max_equations=12), st.booleans(), st.integers(0, 2**32))
def test_edits_of_random_programs(program: Program, noise: bool, seed: int) -> None:
    text = to_text(program)
    try_edits(noisy(text, random.Random(seed)) if noise else text, seed, dict(GESTURES))


@settings(quick, max_examples=60)
@given(st.sampled_from(POOL), st.integers(0, 2**32))
def test_loops_of_the_gallery(text: str, seed: int) -> None:
    try_edits(noisy(text, random.Random(seed)), seed, dict(SAYING_THE_SAME))


@pytest.mark.parametrize("kind", sorted(GESTURES))
def test_every_gesture_is_made(kind: str) -> None:
    """No gesture is refused always: then it would not be tested."""
    for seed in range(300):
        chance = random.Random(seed)
        reading = read(chance.choice(POOL))
        try:
            if GESTURES[kind](reading, chance).patches:
                return
        except TPError:
            continue
    raise AssertionError(f"{kind} is always refused")


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_written_out_is_the_same_picture(path: Path) -> None:
    """Every loop of the gallery written out: program and SVG stay."""
    text = path.read_text("utf-8")
    program, written = read(text).program, read(written_out(text))
    assert program is not None
    assert written.program == program
    assert not any(origin.values or origin.family for origin in written.origin.values())
    if len(program.equations) < 40:
        assert picture(written.program) == picture(program)


@pytest.mark.parametrize("kind", sorted(SAYING_THE_SAME))
def test_the_picture_stays(kind: str) -> None:
    """Where equations keep their order, what says the same looks the same."""
    looked = 0
    for seed in range(200):
        chance = random.Random(seed)
        reading = read(chance.choice(POOL))
        program = reading.program
        if program is None or len(program.equations) > 25 or looked == 5:
            continue
        try:
            edit = GESTURES[kind](reading, chance)
        except TPError:
            continue
        after = read(edit.apply(reading.text)).program
        if after is not None and edit.patches and names(after) == names(program):
            assert picture(after) == picture(program)
            looked += 1
    assert looked


SHOWN = [text for text in TEXTS if len(read(text).origin) < 40]


def test_a_renamed_vector_looks_as_before() -> None:
    """Where a label says how it is called, a name changes nothing but the titles of marks."""
    assert sum(renamed_like_labelled(text) for text in SHOWN) > 20


def renamed_like_labelled(text: str) -> int:
    """How many names of a text the picture says, each of them tried."""
    said = 0
    for name in read(text).origin:
        if "[" in name or "~" in name or name == "loss":
            continue
        labelled = editing.set_label(read(text), name, r"\tilde q").apply(text)
        after = editing.rename(read(labelled), name, "renamed").apply(labelled)
        drawn = picture(read(after).program)
        assert drawn.replace("renamed", name) == picture(read(labelled).program)
        said += "renamed" in drawn
    return said


@pytest.mark.parametrize(
    "text", SHOWN, ids=lambda text: str(text).partition("program ")[2].split()[0]
)
def test_unname_takes_name_back(text: str) -> None:
    """The program, and the SVG, of every unnamed part that was given a name and lost it again."""
    program = read(text).program
    assert program is not None
    for part in [name for name in program.variables if "~" in name]:
        try:
            named = read(editing.name(read(text), part, "named").apply(text))
        except TPError:
            assert "sum(" in text
            continue
        own = next(name for name in named.origin if name.startswith("named"))
        back = read(editing.unname(named, own).apply(named.text)).program
        assert back == program
        assert picture(back) == picture(program)


def names(program: Program) -> list[str]:
    return [equation.out.name for equation in program.equations]


def picture(program: Program | None) -> str:
    """The SVG of a program without the text that it carries."""
    assert program is not None
    return re.sub("<metadata.*</metadata>", "", str(draw(program).svg), flags=re.DOTALL)


def test_repeat_takes_write_out_back() -> None:
    text = TEXTS[[path.stem for path in GALLERY].index("mlp")]
    written = written_out(text)
    back = editing.repeat(read(written), ["x[2]", "x[3]"]).apply(written)
    assert back == text


CORRUPTIONS = {
    "a comment lost": lambda text: text.replace("# c", "", 1),
    "another line": lambda text: text.replace("N(0, 1)", "N(0, 2)", 1),
    "a factor": lambda text: text.replace("tanh(", "2 * tanh(", 1),
    "an unbound name": lambda text: text.replace("tanh(", "tanh(q + ", 1),
    "another layout": lambda text: text.replace("width n", "width  n", 1),
}


@pytest.mark.parametrize("how", sorted(CORRUPTIONS))
def test_the_rules_catch(how: str) -> None:
    text = format_text(
        "width n\nconst L = 3\nvector x[0] : n ~ N(0, 1)  # c\nvector b : n ~ N(0, 1)\n\n"
        "for l in 1..L:\n    x[l] = tanh(x[l-1])\n"
    )
    reading = read(text)
    edit = editing.write_out(reading, "x[2]")
    after = require_rules(reading, edit, "write_out")
    require_same(text, after)
    wrong = CORRUPTIONS[how](after)
    assert wrong != after
    corrupt = replace(edit, patches=(Patch(0, len(text), wrong),))

    def look() -> None:
        require_rules(reading, corrupt, "write_out")
        require_same(text, wrong)

    with pytest.raises(AssertionError):
        look()


def test_the_rules_catch_a_wrong_inverse() -> None:
    class Wrong(Edit):
        def inverse(self, text: str) -> Edit:
            return replace(super().inverse(text), patches=())

    reading = read("width n\nvector u : n ~ N(0, 1)\n")
    edit = editing.declare(reading, "vector")
    with pytest.raises(AssertionError, match="inverse"):
        require_rules(reading, Wrong(edit.patches, edit.title), "declare")
