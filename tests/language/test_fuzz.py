"""Any text ends in a program or a TPError: random texts, and mutations of real ones."""

from __future__ import annotations

import random
from importlib import resources
from pathlib import Path

import pytest
from fuzz.fuzz_parser import SEEDS, SMALL, WORDS, one_input
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tpgraph.bounds import TERMS

GALLERY = [
    p.read_text("utf-8") for p in Path(str(resources.files("tpgraph_diagrams"))).glob("*.tp")
]
SIGNS = "()[]=:~+-*/^',.\"# \t\n√×·ξφ\u0303²ᵀ{}@;\\\0019xnWT"

fuzzed = settings(max_examples=200, suppress_health_check=list(HealthCheck))


@pytest.fixture(autouse=True)
def _small_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TERMS.variable, str(SMALL))


@fuzzed
@given(st.integers(0, 3), st.text(alphabet=st.sampled_from(SIGNS) | st.characters(), max_size=80))
def test_random_text(mode: int, text: str) -> None:
    one_input(bytes([mode]) + text.encode("utf-8", "replace"))


@fuzzed
@given(st.integers(0, 3), st.lists(st.sampled_from((*WORDS, *SIGNS)), max_size=40))
def test_random_words(mode: int, words: list[str]) -> None:
    one_input(bytes([mode]) + "".join(words).encode())


@settings(fuzzed, max_examples=120)
@given(st.integers(0, 3), st.sampled_from([*SEEDS, *GALLERY]), st.integers(0, 2**32))
def test_mutated_programs(mode: int, text: str, seed: int) -> None:
    one_input(bytes([mode]) + mutated(text, random.Random(seed)).encode("utf-8", "replace"))


def mutated(text: str, chance: random.Random) -> str:
    """The text with a few pieces deleted, doubled, moved or replaced."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((0, 1, 1, 2, 5, 30)))
        piece = chance.choice(("", chance.choice(SIGNS), chance.choice(WORDS), text[start:end] * 2))
        text = text[:start] + piece + text[end:]
    return text
