"""Where a sweep keeps its results: one SQLite file.

SQLite because a result is either there whole or not at all whenever the process or the machine
stops (transactions, write-ahead log, `synchronous = FULL`), because adding one result costs the
size of that result and not of the file (a Parquet file is written whole, a Zarr store is a tree of
files without transactions), and because it comes with Python and opens everywhere.

    tasks(id, key, spec)         a task: the hash of its canonical JSON, and that JSON
    results(task, name, npy)     its arrays in numpy's own file format
    facts(name, value)           the study that the file belongs to, and the format's version
"""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPDataError

__all__ = ["Entry", "Result", "Store"]

Result = dict[str, npt.NDArray[np.generic]]
"""The arrays that a task makes, by name; a scalar is an array without axes."""

Entry = tuple[str, str, Mapping[str, npt.ArrayLike]]
"""A finished task: its key, its canonical JSON and its arrays."""

FORMAT = "tpgraph.sweep/1"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, spec TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS results (
    task INTEGER NOT NULL REFERENCES tasks(id), name TEXT NOT NULL, npy BLOB NOT NULL,
    PRIMARY KEY (task, name));
"""

_WAIT = 60.0
"""Seconds to wait for another process that writes to the same file."""


class Store:
    """The results of one study, in a file that survives being killed at any moment.

        with Store(path, "dispersion") as store:
            store.add([(key, spec, {"log_ntk": values})])
            store.read(key)["log_ntk"]

    Several processes may use one file at a time; a result that is already there stays as it is.
    Raises TPDataError for a file that is no store, or that of another study.
    """

    def __init__(self, path: Path, study: str) -> None:
        self.path = path
        try:
            self._base = sqlite3.connect(path, timeout=_WAIT, isolation_level=None)
            self._open(study)
        except sqlite3.Error as error:
            raise TPDataError(
                f"{path} cannot be used as a store of results: {error}",
                expected="a file made by this study, or a new one",
            ) from None

    def _open(self, study: str) -> None:
        self._base.execute("PRAGMA journal_mode = WAL")
        self._base.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            for statement in _SCHEMA.split(";"):
                self._base.execute(statement)
            facts = [("format", FORMAT), ("study", study)]
            self._base.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?)", facts)
            found = dict(self._base.execute("SELECT name, value FROM facts"))
        for name, value in facts:
            if found[name] != value:
                self.close()
                raise TPDataError(
                    f"{self.path} is a store of {name} {found[name]}",
                    expected=f"{name} {value}",
                    mend="choose another folder for these results",
                )

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    def keys(self) -> frozenset[str]:
        """The keys of every task that is done."""
        return frozenset(key for (key,) in self._base.execute("SELECT key FROM tasks"))

    def spec(self, key: str) -> str:
        """The canonical JSON of a task that is done. Raises KeyError for one that is not."""
        row = self._base.execute("SELECT spec FROM tasks WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return str(row[0])

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep finished tasks, all of them or, where the process dies, none."""
        encoded = [(key, spec, _encode(result)) for key, spec, result in entries]
        with self._transaction():
            for key, spec, arrays in encoded:
                made = self._base.execute(
                    "INSERT OR IGNORE INTO tasks (key, spec) VALUES (?, ?)", (key, spec)
                )
                if made.rowcount:
                    rows = [(made.lastrowid, name, npy) for name, npy in arrays]
                    self._base.executemany("INSERT INTO results VALUES (?, ?, ?)", rows)

    def read(self, key: str) -> Result:
        """The arrays of a task. Raises KeyError for one that is not done."""
        self.spec(key)
        rows = self._base.execute(
            "SELECT name, npy FROM results JOIN tasks ON tasks.id = task WHERE key = ?"
            " ORDER BY name",
            (key,),
        )
        return {name: np.load(io.BytesIO(npy), allow_pickle=False) for name, npy in rows}

    def _transaction(self) -> _Transaction:
        return _Transaction(self._base)


class _Transaction:
    """`BEGIN IMMEDIATE … COMMIT`, or ROLLBACK where the block fails."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base

    def __enter__(self) -> None:
        self._base.execute("BEGIN IMMEDIATE")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._base.execute("COMMIT" if kind is None else "ROLLBACK")


def _encode(result: Mapping[str, npt.ArrayLike]) -> list[tuple[str, bytes]]:
    return list(_encoded_arrays(result))


def _encoded_arrays(result: Mapping[str, npt.ArrayLike]) -> Iterator[tuple[str, bytes]]:
    for name in sorted(result):
        buffer = io.BytesIO()
        np.save(buffer, np.asarray(result[name]), allow_pickle=False)
        yield name, buffer.getvalue()
