"""Stores with flipped and lost bytes: the results that were kept, or fewer, or an error."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import warnings
from pathlib import Path

import numpy as np
import pytest
from damage import damaged

from tpgraph.errors import TPDataError, TPWarning
from tpgraph.study.store import Store

RNG = np.random.default_rng(3)
RESULTS = {
    f"{i:064d}": {"values": RNG.standard_normal(40), "count": np.array(i)} for i in range(12)
}


def content(path: Path) -> bytes:
    with Store(path, "draws") as store:
        store.add((key, f'{{"i":{key}}}', arrays) for key, arrays in RESULTS.items())
    return path.read_bytes()


def held(path: Path) -> dict[str, dict[str, np.ndarray]]:
    with Store(path, "draws") as store:
        return {key: dict(store.read(key)) for key in store.keys()}  # noqa: SIM118


def outcome(path: Path) -> tuple[int, str]:
    """How many results a store holds, all of them right, and what is said; -1 where it refuses."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = held(path)
        except TPDataError as error:
            return -1, str(error)
    for key, arrays in found.items():
        assert sorted(arrays) == sorted(RESULTS[key])
        for name, array in arrays.items():
            np.testing.assert_array_equal(array, RESULTS[key][name])
    assert all(isinstance(one.message, TPWarning) for one in caught)
    return len(found), "\n".join(str(one.message) for one in caught)


def test_a_damaged_store_gives_no_other_results(tmp_path: Path) -> None:
    whole = content(tmp_path / "s")
    salvaged = refused = 0
    for number, other in enumerate(damaged(whole, 150)):
        folder = tmp_path / str(number)
        folder.mkdir()
        path = folder / "s"
        path.write_bytes(other)
        count, said = outcome(path)
        if count < 0:
            assert str(path) in said
            refused += 1
            continue
        if said:
            assert "damaged" in said
            assert (folder / "s.damaged").read_bytes() == other
            salvaged += 1
        else:
            assert count == len(RESULTS) or not other
        assert outcome(path) == (count, ""), "what is kept is whole"
    assert salvaged > 100
    assert refused == 0


def test_one_bad_number_costs_one_result(tmp_path: Path) -> None:
    path = tmp_path / "s"
    raw = bytearray(content(path))
    key = sorted(RESULTS)[5]
    place = raw.index(RESULTS[key]["values"].tobytes()[:16])
    raw[place] ^= 1
    path.write_bytes(raw)
    count, said = outcome(path)
    assert count == len(RESULTS) - 1
    assert "11 of its results are whole and kept" in said
    assert key not in held(path)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE results SET npy = zeroblob(8) WHERE name = 'values'",
        "UPDATE results SET name = 'other' WHERE name = 'count'",
        "DELETE FROM results WHERE name = 'count'",
        "UPDATE results SET npy = 'text'",
        "UPDATE tasks SET spec = '{}'",
        "UPDATE tasks SET key = key || 'x'",
        "UPDATE results SET task = 26 - task",
        "DROP TABLE results",
    ],
)
def test_what_another_program_changes_is_seen(tmp_path: Path, change: str) -> None:
    path = tmp_path / "s"
    content(path)
    with sqlite3.connect(path) as base:
        base.execute(change)
    base.close()
    count, said = outcome(path)
    assert (count, "damaged" in said) == (0, True)


@pytest.mark.parametrize("name", ["format", "study", "sha256", "%"])
@pytest.mark.parametrize("wiped", [False, True])
def test_a_store_without_its_mark_is_set_aside(tmp_path: Path, name: str, wiped: bool) -> None:
    path = tmp_path / "s"
    content(path)
    with sqlite3.connect(path) as base:
        base.execute(f"PRAGMA secure_delete = {int(wiped)}")
        base.execute(f"DELETE FROM facts WHERE name LIKE '{name}'")
    base.close()
    count, said = outcome(path)
    assert (count, "was set aside as s.damaged" in said) == (len(RESULTS), True)


def test_a_store_without_what_it_says_of_itself_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "s"
    content(path)
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA secure_delete = 1")
        base.execute("DROP TABLE facts")
    base.close()
    count, said = outcome(path)
    assert (count, "does not say what it is" in said) == (len(RESULTS), True)


@pytest.mark.parametrize("left", [b"\0" * 9000, b"SQLite for", b"SQLite format 3\0" + b"\x10" * 90])
def test_what_a_crash_leaves_is_set_aside(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "s").write_bytes(left)
    count, said = outcome(tmp_path / "s")
    assert (count, "was set aside as s.damaged" in said) == (0, True)


def test_what_is_no_store_of_ours_stays(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("my notes " * 1000)
    with sqlite3.connect(tmp_path / "other") as base:
        base.execute("CREATE TABLE mine (x)")
    base.close()
    with sqlite3.connect(tmp_path / "old") as base:
        base.execute("CREATE TABLE facts (name TEXT, value TEXT)")
        base.execute("INSERT INTO facts VALUES ('format', 'tpgraph.sweep/1')")
    base.close()
    os.mkfifo(tmp_path / "pipe")
    says = {"text": "cannot be used", "other": "another database", "pipe": "is no file"}
    says["old"] = "store of format tpgraph.sweep/1"
    before = {name: (tmp_path / name).read_bytes() for name in ("text", "other", "old")}
    for name, said in says.items():
        with pytest.raises(TPDataError, match=said):
            Store(tmp_path / name, "draws")
    assert {name: (tmp_path / name).read_bytes() for name in before} == before


def test_a_full_disk_keeps_what_is_done(tmp_path: Path) -> None:
    path = tmp_path / "s"
    content(path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    store = Store(path, "draws")
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, before[1]))
    try:
        with pytest.raises(TPDataError, match=r"cannot be used .*(full|I/O)") as caught:
            store.add([("new", "{}", {"values": np.zeros(100_000)})])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert "the same command goes on" in str(caught.value)
    store.add([("new", "{}", {"values": np.zeros(3)})])
    store.close()
    assert set(held(path)) == {*RESULTS, "new"}
