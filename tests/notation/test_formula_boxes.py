"""Formulas read without mathtext's grammar: the same boxes to the last bit."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser

from tpgraph.notation.labels import formula_boxes
from tpgraph.notation.labels.dialect import lines
from tpgraph.notation.labels.formula_boxes import FormulaParser

GOLDEN = Path(__file__).parent.parent / "golden"
FONT = FontProperties(size=100.0, math_fontfamily="cm")
ATOMS = [
    "x", "W", "f", "T", "2", "17", "9.5", "+", "-", "=", ",", ".", "(", ")", "|", "/", "γ", "~",
    r"\tilde h", r"\tilde{x}", r"\phi", r"\sigma", r"\xi", r"\top", r"\cdot", r"\leq", r"\partial",
    r"\mathrm{softmax}", r"\text{ab c}", r"\mathbf{x}", r"\mathcal{L}", r"\mathit{ab}", r"\,",
    r"\ ", r"\frac{a}{b}", r"\dfrac{x-1}{2}", r"\sqrt{n}", r"\tanh", r"\log(x)", r"\dot Z",
    r"{h^{\hspace{-0.19}3}}", r"\mathring{f}", r"\sum", r"\int", r"\widetilde{ab}",
    r"\bar{xy}", r"\{", r"\!\left(\frac{a}{b}\right)",
    r"\left|x+\dfrac{\left(a\right)^{2}}{2}\right|",
]  # fmt: skip


def texts(data: Any) -> Iterator[str]:
    """Every label in a scene's data."""
    if isinstance(data, dict):
        if isinstance(data.get("label"), str):
            yield data["label"]
        data = list(data.values())
    if isinstance(data, list):
        for part in data:
            yield from texts(part)


def gallery_lines() -> list[str]:
    """The lines of all labels in the gallery's pictures."""
    labels = {t for path in GOLDEN.rglob("*.json") for t in texts(json.loads(path.read_text()))}
    return sorted({line for label in labels for line in lines(label) if line.strip()})


def formula(chance: random.Random, deep: int) -> str:
    """A random formula with groups, scripts and primes."""
    found = ""
    for _ in range(chance.randint(1, 4)):
        grouped = deep and chance.random() < 0.2
        found += f"{{{formula(chance, deep - 1)}}}" if grouped else chance.choice(ATOMS)
        found += " " if found[-1].isalpha() else ""
        for mark in "_^":
            if chance.random() < 0.3:
                script = formula(chance, deep - 1) if deep else chance.choice("abc123")
                found += f"{mark}{{{script}}}"
        found += "'" if found[-1] in "}abfx" and chance.random() < 0.2 else ""
    return found


def facts(parsed: Any) -> tuple[object, ...]:
    """What was found, with fonts by their names."""
    glyphs = [(font.fname, *rest) for font, *rest in parsed.glyphs]
    return *(float(n) for n in parsed[:3]), glyphs, parsed.rects


def same(text: str) -> bool:
    """Whether both find the same."""
    ours, theirs = formula_boxes._set(text, 72, 100.0), whole(text)
    return facts(ours) == facts(theirs)


def whole(text: str) -> Any:
    """What mathtext finds."""
    parser: Any = MathTextParser("path")
    return parser.parse(f"${text}$", 72, FONT)


def test_all_labels_of_the_gallery() -> None:
    found = gallery_lines()
    assert len(found) > 100
    assert [text for text in found if not same(text)] == []


@pytest.mark.parametrize("seed", range(6))
def test_random_formulas(seed: int) -> None:
    chance = random.Random(seed)
    formulas = [formula(chance, 2) for _ in range(12)]
    assert [text for text in formulas if not same(text)] == []


@pytest.mark.parametrize(
    "text", [r"\left[x\right]", r"\operatorname{LN}(x)", r"\sqrt[3]{x}", r"\overline{x}", r"\rm x"]
)
def test_the_rest_is_left_to_mathtext(text: str) -> None:
    with pytest.raises(formula_boxes._Unread):
        formula_boxes._set(text, 72, 100.0)
    assert facts(FormulaParser().parse(f"${text}$", 72, FONT)) == facts(whole(text))


@pytest.mark.parametrize("text", ["x^a^b", "{x", "x}", r"\nothing", "x^", r"\frac{a}", "#", "_"])
def test_mistakes_are_named_as_mathtext_names_them(text: str) -> None:
    with pytest.raises(ValueError, match=r"\n"):
        FormulaParser().parse(f"${text}$", 72, FONT)


def test_another_order_of_the_rules_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = formula_boxes._Reader._tokens
    monkeypatch.setattr(formula_boxes._Reader, "_tokens", lambda self: tokens(self)[::-1])
    formula_boxes._set.cache_clear()
    assert not same("ab")
    formula_boxes._set.cache_clear()
