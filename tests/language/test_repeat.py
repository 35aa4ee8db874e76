"""Repeat of what a reader would choose: marks and declarations mixed, names as the editor makes."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

import pytest

from tpgraph.errors import TPError
from tpgraph.language import parse, read, to_json
from tpgraph.language.editing import Edit, rename, repeat

BUILT = """width n
dim   d = 64
data ξ : d
matrix W   : n × d ~ N(0, 1)
param  W_1 : n × n ~ N(0, 1)
param  W_2 : n × n ~ N(0, 1)
vector b   : n ~ N(0, 1)
vector b_1 : n ~ N(0, 1)
vector b_2 : n ~ N(0, 1)
parametrization ntk

h   = W ξ
x   = tanh(h + b)
h_1 = W_1 x
x_1 = tanh(h_1 + b_1)
h_2 = W_2 x_1
x_2 = tanh(h_2 + b_2)
output x_2
"""
"""Three layers built by mouse alone: the names are those that the editor gives."""

LAYERS = ["h_1", "b_1", "x_1", "h_2", "b_2", "x_2"]
HEAD = "width n\nmatrix A : n × n ~ N(0, 1)\nvector u : n ~ N(0, 1)\n"


def test_layers_chosen_by_a_rubber_band() -> None:
    edit = repeat(read(BUILT), LAYERS)
    after = edit.apply(BUILT)
    assert re.sub(" +", " ", after) == (
        "width n\ndim d = 64\ndata ξ : d\nmatrix W[0] : n × d ~ N(0, 1)\n"
        "param W[1..2] : n × n ~ N(0, 1)\nvector b[0..2] : n ~ N(0, 1)\nparametrization ntk\n\n"
        "h[0] = W[0] ξ\nx[0] = tanh(h[0] + b[0])\n"
        "for l in 1..2:\n h[l] = W[l] x[l-1]\n x[l] = tanh(h[l] + b[l])\noutput x[2]\n"
    )
    assert edit.renamed == {
        f"{letter}{f'_{k}' if k else ''}": f"{letter}[{k}]" for letter in "Wbhx" for k in range(3)
    }
    assert edit.inverse(BUILT).apply(after) == BUILT


def test_the_order_of_the_choice_is_of_no_account() -> None:
    wanted = repeat(read(BUILT), LAYERS).apply(BUILT)
    for seed in range(5):
        names = [*LAYERS, "ξ", "b"]
        random.Random(seed).shuffle(names)
        assert repeat(read(BUILT), names).apply(BUILT) == wanted


@pytest.mark.parametrize("seed", range(24))
def test_it_says_the_same_up_to_names(seed: int) -> None:
    chance = random.Random(seed)
    text, names = network(chance)
    edit = repeat(read(text), names)
    after = edit.apply(text)
    assert re.search(r"^for . in ", after, re.MULTILINE)
    assert equations(after, {}) == equations(text, edit.renamed)
    assert edit.inverse(text).apply(after) == text
    assert equations(after.replace("tanh", "relu", 1), {}) != equations(text, edit.renamed)


def network(chance: random.Random) -> tuple[str, list[str]]:
    """A network with names that count, and what was chosen of its alike layers."""
    first, depth = chance.choice([0, 0, 1, 2]), chance.randint(2, 4)
    mark = chance.choice(["_", ""])
    letters = dict(zip("hxWbg", chance.sample(["h", "x", "W", "b", "g", "z", "q"], 5), strict=True))
    named, biased, skips = (chance.random() < 0.6 for _ in range(3))

    def name(letter: str, number: int) -> str:
        plain = number == first and first != 1
        return letters[letter] + ("" if plain else f"{mark}{number}")

    layers = range(first, first + depth + 1)
    declared = [f"matrix {name('W', k)} : n × {'n' if k > first else 'd'} ~ N(0, 1)"
                for k in layers]  # fmt: skip
    declared += [f"vector {name('b', k)} : n ~ N(0, 1)" for k in layers if biased]
    rows, sides, chosen = list[str](), list[str](), list[str]()
    for k in layers:
        product = f"{name('W', k)} {name('x', k - 1) if k > first else 'ξ'}"
        bias = f" + {name('b', k)}" if biased else ""
        if named:
            rows.append(f"{name('h', k)} = {product}")
        rows.append(f"{name('x', k)} = tanh({name('h', k) if named else product}{bias})")
        sides += [f"{name('g', k)} = {name('x', k)} + {name('x', k)}"] * skips
        if k > first:
            chosen += [name("h", k)] * named + [name("x", k)] + [name("g", k)] * skips
            chosen += [name(letter, k) for letter in "W" + "b" * biased if chance.random() < 0.5]
    chance.shuffle(declared)
    chance.shuffle(chosen)
    ends = f"output {name('x', layers[-1])}"
    text = "\n".join(["width n", "dim d = 3", "data ξ : d", *declared, *rows, *sides, ends, ""])
    return text, chosen


def equations(text: str, renamed: Mapping[str, str]) -> object:
    """What a text says, names by others, whatever the order of its statements."""

    def other(node: Any) -> Any:
        if isinstance(node, str):
            return renamed.get(node, node)
        if isinstance(node, list):
            return [other(item) for item in node]
        if isinstance(node, dict):
            return {other(key): other(value) for key, value in node.items()}
        return node

    said = json.loads(to_json(parse(text)))
    parts = ("declarations", "equations", "outputs", "loss", "labels")
    said |= {part: other(said[part]) for part in parts}
    return said | {part: sorted(map(repr, said[part])) for part in parts[:2]}


def mended(text: str, names: Sequence[str], error: TPError) -> Edit:
    """The edit after what the mend of a refusal says was done."""
    mend = str(error.mend)
    if mend.startswith("leave out "):
        gone = mend.removeprefix("leave out ").split(", ")
        assert set(gone) <= set(names)
        return repeat(read(text), [name for name in names if name not in gone])
    others = re.fullmatch("choose (.*) in place of them", mend)
    if others is not None:
        return repeat(read(text), others[1].split(", "))
    more = re.fullmatch("choose (.*) too", mend)
    assert more is not None, mend
    return repeat(read(text), [*names, *more[1].split(", ")])


def some(names: Sequence[str]) -> Iterator[list[str]]:
    """Every choice of at least two of some names."""
    for count in range(2, len(names) + 1):
        yield from map(list, combinations(names, count))


def test_what_a_refusal_says_helps() -> None:
    followed = 0
    for names in some(["x", "h_1", "x_1", "h_2", "x_2"]):
        try:
            edit = repeat(read(BUILT), names)
        except TPError as error:
            if not str(error.mend).startswith("choose statements such as"):
                edit = mended(BUILT, names, error)
                followed += 1
            else:
                continue
        assert equations(edit.apply(BUILT), {}) == equations(BUILT, edit.renamed)
    assert followed >= 10


@pytest.mark.parametrize(
    ("names", "message", "mend"),
    [
        (["h", "x", "h_1", "x_1", "h_2", "x_2"], "h   = W ξ and h_1 = W_1 x are not", "out h, x"),
        (["x_1", "x_2"], "h_2 stands between them", "choose h_1, h_2 too"),
        (["x_1", "h_2", "x_2"], "not alike", "choose h_1 too"),
        (["x", "x_1", "x_2"], "h_1, h_2 stand between", "choose h_1, x_1, h_2, x_2 in place"),
        (["h_1", "x_1"], "not alike", "choose h_2, x_2 too"),
        (["h_1", "b_1"], "alone does not repeat", "two or more"),
    ],
)
def test_refusals_name_what_the_text_does(names: list[str], message: str, mend: str) -> None:
    with pytest.raises(TPError) as caught:
        repeat(read(BUILT), names)
    assert message in caught.value.message
    assert mend in str(caught.value.mend)
    assert caught.value.span is not None
    assert caught.value.span.source.text == BUILT


def test_what_stands_between_is_named_in_the_order_of_its_readers() -> None:
    text = HEAD
    for k, source in ((1, "u"), (2, "x_1")):
        text += "".join(f"{letter}_{k} = A {source}\n" for letter in "qcmzdk")
        text += f"x_{k} = {' + '.join(f'{letter}_{k}' for letter in 'qcmzdk')}\n"
    with pytest.raises(TPError) as caught:
        repeat(read(text), ["x_1", "x_2"])
    assert caught.value.message.startswith("q_2, c_2, m_2, z_2, d_2, k_2 stand between them")


@pytest.mark.parametrize(
    ("text", "message", "other"),
    [
        ("x_1 = A u\nx_2 = A u\nx[1] = u + u", r"become x\[1\], x is a family already", "x"),
        ("x1 = A u\nx_1 = A u\nx_2 = A u", r"x_1 would become x\[1\], and so would x1", "x1"),
        ("x_1 = A u\nx_2 = A u\nx2 = A u", r"x_2 would become x\[2\], and so would x2", "x2"),
    ],
)
def test_members_that_are_there_already(text: str, message: str, other: str) -> None:
    text = f"{HEAD}{text}\n"
    with pytest.raises(TPError, match=message) as caught:
        repeat(read(text), ["x_1", "x_2"])
    assert caught.value.mend == f"rename {other} first, to other letters"
    text = rename(read(text), other, "z").apply(text)
    assert "for l in 1..2:" in repeat(read(text), ["x_1", "x_2"]).apply(text)


def test_a_name_without_a_number_stands_before_the_first() -> None:
    def loop(text: str, names: list[str]) -> str:
        return repeat(read(HEAD + text), names).apply(HEAD + text).removeprefix(HEAD)

    assert loop("x = A u\nx_2 = A x\nx_3 = A x_2\n", ["x_2", "x_3"]) == (
        "x[1] = A u\nfor l in 2..3:\n    x[l] = A x[l-1]\n"
    )
    assert loop("x = u + u\nx_0 = A x\nx_1 = A x_0\nx_2 = A x_1\n", ["x_1", "x_2"]) == (
        "x = u + u\nx[0] = A x\nfor l in 1..2:\n    x[l] = A x[l-1]\n"
    )
