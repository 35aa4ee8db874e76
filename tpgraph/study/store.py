"""Where a sweep keeps its results: one SQLite file.

SQLite because a result is either there whole or not at all whenever the process or the machine
stops (transactions, write-ahead log, `synchronous = FULL`), because adding one result costs the
size of that result and not of the file (a Parquet file is written whole, a Zarr store is a tree of
files without transactions), and because it comes with Python and opens everywhere.

    tasks(id, key, spec, sha256) a task: the hash of its canonical JSON, that JSON, and the
                                 checksum over both and all arrays
    results(task, name, npy)     its arrays in numpy's own file format
    facts(name, value)           the study that the file belongs to, the format's version, and the
                                 checksum of both

A file is checked whole when it is opened. A damaged one is set aside, what is whole in it is kept,
and the other tasks are not done, so that they are computed again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import Damage, decode_array, encode_array
from tpgraph.errors import TPDataError
from tpgraph.files import set_aside
from tpgraph.seals import digest
from tpgraph.study.damaged import warn_aside

__all__ = ["Entry", "Result", "Store"]

Result = dict[str, npt.NDArray[np.generic]]
"""The arrays that a task makes, by name; a scalar is an array without axes."""

Entry = tuple[str, str, Mapping[str, npt.ArrayLike]]
"""A finished task: its key, its canonical JSON and its arrays."""

FORMAT = "tpgraph.sweep/2"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, spec TEXT NOT NULL, sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS results (
    task INTEGER NOT NULL REFERENCES tasks(id), name TEXT NOT NULL, npy BLOB NOT NULL,
    PRIMARY KEY (task, name));
"""

_TABLES = {"facts", "tasks", "results"}
_MAGIC = b"SQLite format 3\0"
_PAGE = 4096
_MARKS = (b"tpgraph.sweep/", b"spec TEXT NOT NULL, sha256 TEXT NOT NULL")
"""What no other file than ours has in it."""

_WAIT = 60.0
"""Seconds to wait for another process that writes to the same file."""

_MEMORY = ":memory:"
_LOGS = ("-wal", "-shm")
"""What SQLite puts beside its file while it is open, or was killed."""

_OUTSIDE = {
    sqlite3.SQLITE_PERM, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_NOLFS,
}  # fmt: skip
"""What goes wrong around a file; every other error is one of its content."""


class Store:
    """The results of one study, in a file that survives being killed at any moment.

        with Store(path, "dispersion") as store:
            store.add([(key, spec, {"log_ntk": values})])
            store.read(key)["log_ntk"]

    Several processes may use one file at a time; a result that is already there stays as it is.
    A damaged file is set aside with a TPWarning that says what of it is kept.
    Raises TPDataError for a file that is no store, or that of another study, and where it cannot
    be read or written, as on a full disk.
    """

    def __init__(self, path: Path, study: str) -> None:
        self.path = path
        self.study = study
        try:
            self._open()
        except Damage as damage:
            self._begin_anew(damage)

    def _open(self) -> None:
        """Open the file and check all of it. Raises Damage, TPDataError."""
        if self.path.exists() and not self.path.is_file():
            raise TPDataError(f"{self.path} is no file", mend="choose another folder")
        with self._told():
            self._base = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)
            try:
                self._check()
                self._base.execute("PRAGMA journal_mode = WAL")
                self._base.execute("PRAGMA synchronous = FULL")
                with self._transaction():
                    for statement in _SCHEMA.split(";"):
                        self._base.execute(statement)
                    facts = self._facts().items()
                    self._base.executemany("INSERT OR IGNORE INTO facts VALUES (?, ?)", facts)
            except BaseException:
                self.close()
                raise

    def _facts(self) -> dict[str, str]:
        facts = {"format": FORMAT, "study": self.study}
        return {**facts, "sha256": _checksum_of_facts(facts)}

    def _check(self) -> None:
        """Raise Damage for a file that is not whole, TPDataError for one of something else."""
        tables = {name for (name,) in self._base.execute("SELECT name FROM sqlite_master")}
        if not tables:
            return
        if tables >= _TABLES - {"facts"} and "facts" not in tables:
            raise Damage("it does not say what it is")
        if "facts" not in tables:
            raise TPDataError(
                f"{self.path} cannot be used as a store of results: it is another database",
                mend="choose another folder for these results",
            )
        (verdict,) = self._base.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise Damage(" ".join(str(verdict).split()))
        self._check_facts(dict(self._base.execute("SELECT name, value FROM facts")))
        for key in sorted(key for (key,) in self._base.execute("SELECT key FROM tasks")):
            try:
                _read(self._base, key)
            except KeyError:
                raise Damage(f"task {key[:12]} is not where its index says") from None

    def _check_facts(self, found: Mapping[str, str]) -> None:
        told = found.get("sha256")
        if told is None and found.get("format", FORMAT) != FORMAT:
            pass  # older formats have no checksum of facts
        elif told != _checksum_of_facts(found):
            raise Damage("what it says of itself has another checksum")
        for name in ("format", "study"):
            if found.get(name) != self._facts()[name]:
                raise TPDataError(
                    f"{self.path} is a store of {name} {found.get(name)}",
                    expected=f"{name} {self._facts()[name]}",
                    mend="choose another folder for these results",
                )

    def _begin_anew(self, damage: Damage) -> None:
        """Set the file aside, and keep in a new one what is whole of it."""
        if not _is_ours(self.path):
            raise TPDataError(
                f"{self.path} cannot be used as a store of results: {damage}",
                expected="a file made by this study, or a new one",
                mend="move it away, or choose another folder",
            )
        aside = set_aside(self.path)
        for log in _LOGS:
            with suppress(FileNotFoundError):
                Path(f"{self.path}{log}").rename(f"{aside}{log}")
        self._open()
        kept = 0
        for entry in _salvaged(aside):
            self.add([entry])
            kept += 1
        then = f"{kept} of its results are whole and kept, others are computed again"
        warn_aside(self.path, aside, damage, then)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What SQLite says, as Damage where it is of the file's content, else as TPDataError."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
            if code & 0xFF not in _OUTSIDE or code == sqlite3.SQLITE_IOERR_SHORT_READ:
                raise Damage(str(error)) from None
            raise TPDataError(
                f"{self.path} cannot be used as a store of results: {error}",
                expected="a folder that can be written, and room on its disk",
                mend="what is done is kept; the same command goes on from there",
            ) from None
        except (ValueError, OverflowError) as error:  # texts and numbers that Python cannot have
            raise Damage(str(error)) from None

    @contextmanager
    def _used(self) -> Iterator[None]:
        """As `_told`, after the file was found whole."""
        try:
            with self._told():
                yield
        except Damage as damage:
            raise TPDataError(
                f"{self.path} was damaged while it was in use: {damage}",
                mend="run it again: what is whole is kept",
            ) from None

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
        with self._used():
            return frozenset(key for (key,) in self._base.execute("SELECT key FROM tasks"))

    def spec(self, key: str) -> str:
        """The canonical JSON of a task that is done. Raises KeyError for one that is not."""
        with self._used():
            return _read(self._base, key)[1]

    def add(self, entries: Iterable[Entry]) -> None:
        """Keep finished tasks, all of them or, where the process dies, none."""
        encoded = [(key, spec, _encode(result)) for key, spec, result in entries]
        with self._used(), self._transaction():
            for key, spec, arrays in encoded:
                made = self._base.execute(
                    "INSERT OR IGNORE INTO tasks (key, spec, sha256) VALUES (?, ?, ?)",
                    (key, spec, _checksum(key, spec, arrays)),
                )
                if made.rowcount:
                    rows = [(made.lastrowid, name, npy) for name, npy in arrays.items()]
                    self._base.executemany("INSERT INTO results VALUES (?, ?, ?)", rows)

    def read(self, key: str) -> Result:
        """The arrays of a task. Raises KeyError for one that is not done."""
        with self._used():
            return {name: decode_array(npy) for name, npy in _read(self._base, key)[2].items()}

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
        try:
            if kind is None:
                self._base.execute("COMMIT")
        finally:
            if self._base.in_transaction:  # a full disk has rolled it back already
                self._base.execute("ROLLBACK")


def _encode(result: Mapping[str, npt.ArrayLike]) -> dict[str, bytes]:
    return {name: encode_array(result[name]) for name in sorted(result)}


def _checksum(key: str, spec: str, arrays: Mapping[str, bytes]) -> str:
    return digest(f"{FORMAT} {len(key)} {key} {spec}", arrays)


def _checksum_of_facts(facts: Mapping[str, str]) -> str:
    return digest(f"{facts.get('format')} {facts.get('study')}", {})


def _read(base: sqlite3.Connection, key: str) -> tuple[str, str, dict[str, bytes]]:
    """A task and its arrays as they were added. Raises KeyError; Damage where they are not."""
    row = base.execute("SELECT id, spec, sha256 FROM tasks WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise KeyError(key)
    number, spec, checksum = row
    rows = base.execute("SELECT name, npy FROM results WHERE task = ? ORDER BY name", (number,))
    arrays = dict(rows.fetchall())
    typed = isinstance(spec, str) and all(isinstance(npy, bytes) for npy in arrays.values())
    if not typed or _checksum(key, spec, arrays) != checksum:
        raise Damage(f"the result of task {key[:12]} has another checksum")
    return key, spec, arrays


def _is_ours(path: Path) -> bool:
    """Whether a damaged file was once a store, as far as one can tell.

    It says so somewhere, or less than the first page of a database, or zeros, are left of it.
    """
    try:
        content = path.read_bytes() if path.is_file() else b"?"
    except OSError:
        return False
    cut = len(content) < _PAGE and _MAGIC.startswith(content[: len(_MAGIC)])
    return cut or not content.strip(b"\0") or any(mark in content for mark in _MARKS)


def _salvaged(path: Path) -> Iterator[Entry]:
    """The results in a damaged file that are whole, as far as SQLite can read it."""
    base = sqlite3.connect(path, isolation_level=None)
    try:
        keys = [str(key) for (key,) in base.execute("SELECT key FROM tasks")]
    except Exception:  # a damaged file may say anything
        keys = []
    for key in keys:
        try:
            _, spec, arrays = _read(base, key)
            found = {name: decode_array(npy) for name, npy in arrays.items()}
        except Exception:
            continue
        yield key, spec, found
    base.close()
