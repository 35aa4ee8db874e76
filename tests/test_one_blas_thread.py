"""Small systems are solved by one thread, and who asks for that gives it back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import tpgraph as tp
from tpgraph.notation.layout.quadratic import Array, QuadraticProblem
from tpgraph.shared_work import one_blas_thread


def _threads() -> list[int]:
    """The threads of every BLAS that there is."""
    return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    """Two threads for every BLAS, where these tests may be run with one."""
    with threadpool_limits(2, user_api="blas"):
        assert 2 in _threads()
        yield


def test_blocks_that_overlap_give_back_what_was_before() -> None:
    before = _threads()
    first, second = one_blas_thread(), one_blas_thread()
    with first:
        second.__enter__()
        assert set(_threads()) == {1}
    assert set(_threads()) == {1}
    second.__exit__(None, None, None)
    assert _threads() == before


def test_heights_of_marks_are_found_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    solved = QuadraticProblem.solved

    def watched(self: QuadraticProblem, equations: Array, values: Array) -> Array | None:
        seen.extend(_threads())
        return solved(self, equations, values)

    monkeypatch.setattr(QuadraticProblem, "solved", watched)
    tp.draw(tp.gallery.entry("batchnorm").program(), engine="wasm")
    assert set(seen) == {1}
