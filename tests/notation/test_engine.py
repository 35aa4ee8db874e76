"""Layout engines: positions, limits, errors, and the cache of the compiled module."""

from __future__ import annotations

import stat
import threading
import time
from pathlib import Path

import pytest

from tpgraph.errors import TPError, TPLimitError
from tpgraph.notation.engines import wasm
from tpgraph.notation.engines.engine import (
    LayoutEngine,
    SystemEngine,
    get_engine,
    parse_layout,
)
from tpgraph.notation.engines.wasm import WasmEngine

HEAD = 'digraph{rankdir=LR;node[shape=box,fixedsize=true,label=""];edge[arrowhead=none];'
SMALL = HEAD + "subgraph cluster_a{a;b} a->b[id=e1];a->b[id=e2];a->c}"
NEEDS_DOT = pytest.mark.needs("dot")


def chain(length: int) -> str:
    return HEAD + "".join(f"n{index}->n{index + 1};" for index in range(length)) + "}"


def tangle() -> str:
    """A graph whose layout takes minutes."""
    pairs = ((index * 7919 % 600, index * 104729 % 599) for index in range(5000))
    return HEAD + "".join(f"{tail}->{head};" for tail, head in pairs) + "}"


@pytest.fixture(params=["wasm", pytest.param("system", marks=NEEDS_DOT)])
def engine(request: pytest.FixtureRequest) -> LayoutEngine:
    return get_engine(request.param)


def test_positions_and_splines(engine: LayoutEngine) -> None:
    layout = engine.layout(SMALL)
    assert list(layout.nodes) == ["a", "b", "c"]
    assert layout.nodes["a"][0] < layout.nodes["b"][0] < layout.width
    assert sorted(edge.id for edge in layout.edges) == ["", "e1", "e2"]
    for edge in layout.edges:
        assert edge.tail == "a"
        assert len(edge.points) % 3 == 1
        assert edge.points[0][0] < edge.points[-1][0]
    box = layout.clusters["cluster_a"]
    assert box.left < layout.nodes["a"][0] < box.right


def test_layouts_are_reproducible(engine: LayoutEngine) -> None:
    assert engine.layout(chain(30)) == engine.layout(chain(30))


def test_an_empty_graph(engine: LayoutEngine) -> None:
    assert dict(engine.layout("digraph{}").nodes) == {}


def test_errors_of_graphviz(engine: LayoutEngine) -> None:
    with pytest.raises(TPError) as caught:
        engine.layout("digraph{a->")
    assert "Graphviz" in str(caught.value) or "dot" in str(caught.value)
    assert len(engine.layout(chain(2)).nodes) == 3


@pytest.mark.parametrize("make", [WasmEngine, pytest.param(SystemEngine, marks=NEEDS_DOT)])
def test_the_time_limit_holds(make: type[WasmEngine | SystemEngine]) -> None:
    limited = make(timeout=0.3)
    start = time.monotonic()
    with pytest.raises(TPLimitError, match=r"within 0\.3 s") as caught:
        limited.layout(tangle())
    assert time.monotonic() - start < 5
    assert caught.value.mend is not None
    assert "--fold" in caught.value.mend


def test_an_engine_survives_its_timeouts() -> None:
    engine = WasmEngine(timeout=0.3)
    for _ in range(2):
        with pytest.raises(TPLimitError):
            engine.layout(tangle())
        assert len(engine.layout(chain(3)).nodes) == 4


def test_long_chains() -> None:
    layout = get_engine("wasm").layout(chain(5000))
    xs = [layout.nodes[f"n{index}"][0] for index in range(5001)]
    assert xs == sorted(set(xs))


def test_a_stack_overflow_is_explained_and_isolated() -> None:
    engine = WasmEngine(timeout=60)
    with pytest.raises(TPLimitError, match="too deep") as caught:
        engine.layout(chain(60_000))
    assert "--engine system" in str(caught.value)
    assert len(engine.layout(chain(3)).nodes) == 4


def test_threads_take_turns() -> None:
    engine = WasmEngine()
    found: list[int] = []

    def work(length: int) -> None:
        found.append(len(engine.layout(chain(length)).nodes) - length)

    threads = [threading.Thread(target=work, args=(length,)) for length in (5, 50, 100, 20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1, 1, 1, 1]


@NEEDS_DOT
def test_both_engines_agree_on_a_chain() -> None:
    ours, theirs = (get_engine(name).layout(chain(20)) for name in ("wasm", "system"))
    assert ours.nodes == theirs.nodes


def test_an_unknown_engine() -> None:
    with pytest.raises(TPError, match="unknown layout engine 'neato'") as caught:
        get_engine("neato")
    assert caught.value.expected == "wasm or system"


def test_engines_are_shared() -> None:
    assert get_engine() is get_engine("wasm")


def test_a_missing_dot(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TPError, match="`dot` cannot be run") as caught:
        SystemEngine().layout("digraph{}")
    assert caught.value.mend is not None
    assert "install graphviz" in caught.value.mend
    assert "--engine wasm" in caught.value.mend


def test_a_dot_that_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho no plugins >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(TPError, match="no plugins"):
        SystemEngine().layout("digraph{}")


@pytest.mark.parametrize("text", ["", "[]", "{", '{"bb": "1,2"}', '{"objects": [{"pos": "1"}]}'])
def test_answers_that_cannot_be_read(text: str) -> None:
    with pytest.raises(TPError, match="answer cannot be read"):
        parse_layout(text)


def test_arrow_tips_belong_to_the_spline() -> None:
    text = (
        '{"bb": "0,0,9,9", "objects": [{"name": "a", "pos": "0,0"}, {"name": "b", "pos": "9,9"}],'
        ' "edges": [{"tail": 0, "head": 1, "pos": "s,0,0 e,9,9 1,1 2,2 3,3 6,6"}]}'
    )
    (edge,) = parse_layout(text).edges
    assert len(edge.points) == 10
    assert (edge.points[0], edge.points[-1]) == ((0, 0), (9, 9))
    assert edge.points[3:7] == ((1, 1), (2, 2), (3, 3), (6, 6))


def cached_module(directory: Path) -> Path:
    (path,) = (directory / "wasm").iterdir()
    return path


def test_the_compiled_module_is_cached(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = WasmEngine().layout(SMALL)
    assert stat.S_IMODE(cached_module(own_cache).stat().st_mode) == 0o600
    monkeypatch.setattr(wasm, "store_cached", None)
    assert WasmEngine().layout(SMALL) == expected


def test_a_damaged_module_is_compiled_again(own_cache: Path) -> None:
    expected = WasmEngine().layout(SMALL)
    path = cached_module(own_cache)
    good = path.read_bytes()
    path.write_bytes(good[:-100] + b"\0" * 100)
    assert WasmEngine().layout(SMALL) == expected
    assert path.read_bytes() == good


def test_an_intact_file_that_is_no_module_is_ignored(own_cache: Path) -> None:
    expected = WasmEngine().layout(SMALL)
    path = cached_module(own_cache)
    wasm.store_cached(f"wasm/{path.name}", b"not a module")
    assert WasmEngine().layout(SMALL) == expected
    assert path.stat().st_size > 1_000_000


def test_without_a_cache_the_module_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("TPGRAPH_CACHE_DIR", str(tmp_path / "file"))
    assert len(WasmEngine().layout(SMALL).nodes) == 3
