"""Data files: CSV with a header, or NPZ with arrays by name.

CSV columns are the entries of the data, then of the targets, by name (`ξ_0`, `xi_0`, `ξ[2]_0`; for
a single entry also `y`) in any order, or, if no column has such a name, in the order of the
declarations. NPZ arrays are (N, d), or (N,) for d = 1, named as the program names them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import Damage, array_names, by_source_name, plain_array, read_arrays
from tpgraph.errors import Source, Span, TPDataError
from tpgraph.files import as_path
from tpgraph.program import Program, Variable, canonical_variable

__all__ = ["Dataset", "as_dataset", "dataset", "load_data", "minibatches"]

Array = npt.NDArray[np.float64]

_COLUMN = re.compile(  # possessive: white space is never tried in two ways
    r"\s*+([^\[\]\s]+?\s*+(?:\[\s*+[-\d,\s]+\]\s*+)?)(?:_(\d++)\s*+)?"
)


@dataclass(frozen=True)
class Dataset:
    """N samples: an array (N, d) for each data and target by source name, in program order.

    `digest` is the SHA-256 of the file (or of the arrays), `name` what errors call it.
    """

    name: str
    arrays: Mapping[str, Array]
    digest: str

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values()), ()))

    def row(self, index: int) -> dict[str, Array]:
        """One sample by source name. Raises TPDataError where there are not so many."""
        if not 0 <= index < len(self):
            raise TPDataError(f"{self.name} has {len(self)} samples, and none of number {index}")
        return {name: array[index] for name, array in self.arrays.items()}


def as_dataset(program: Program, data: str | Path | Dataset | Mapping[str, Any]) -> Dataset:
    """The samples in a file, in arrays by source name, or in a data set. Raises TPDataError."""
    if isinstance(data, Dataset):
        names = [d.variable.name for d in program.data]
        names += [d.variable.name for d in program.targets]
        if list(data.arrays) != names:
            raise TPDataError(
                f"{data.name} was read for another program", expected=f"arrays {', '.join(names)}"
            )
        return data
    if isinstance(data, Mapping):
        return dataset(program, data)
    if isinstance(data, str | Path):
        return load_data(data, program)
    raise TPDataError(
        f"data of type {type(data).__name__} cannot be trained on",
        expected="a CSV or NPZ file, or arrays by name",
    )


def minibatches(
    count: int, batch: int, steps: int, seed: int, done: int = 0
) -> Iterator[npt.NDArray[np.int64]]:
    """The sample indices of every step after `done`, `batch` of `count` samples each.

    Every epoch is a permutation drawn from (seed, epoch); a rest that fills no batch is left out.
    """
    per_epoch = count // batch
    epoch, order = -1, np.arange(0)
    for step in range(done, steps):
        if step // per_epoch != epoch:
            epoch = step // per_epoch
            order = np.random.default_rng([seed, epoch]).permutation(count)
        start = step % per_epoch * batch
        yield order[start : start + batch]


def _expected(program: Program, targets: bool) -> list[Variable]:
    """The variables that the data must give."""
    found = [d.variable for d in program.data]
    return found + [d.variable for d in program.targets] if targets else found


def dataset(program: Program, arrays: Mapping[str, Any], targets: bool = True) -> Dataset:
    """Arrays in memory, checked. Raises TPDataError."""
    found = _from_arrays("the data", arrays, _expected(program, targets))
    digest = hashlib.sha256()
    for name, array in found.items():
        digest.update(f"{name} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return Dataset("arrays", found, digest.hexdigest())


def load_data(path: str | Path, program: Program, targets: bool = True) -> Dataset:
    """The samples in a CSV or NPZ file, float64.

    With `targets` False only the data inputs are read. Raises TPDataError with file, line and
    column for what cannot be read, is missing, of the wrong size or not finite.
    """
    path = as_path(path)
    variables = _expected(program, targets)
    if not variables:
        raise TPDataError(f"program {program.name} has no data, but {path} was given")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise TPDataError(f"{path} cannot be read: {error.strerror}") from None
    ignored = [] if targets else [d.variable for d in program.targets]
    if zipfile.is_zipfile(io.BytesIO(content)):
        arrays = _from_npz(str(path), content, variables)
    elif path.suffix == ".npz":
        raise TPDataError(f"{path} is not an NPZ file", mend="write it by numpy.savez")
    else:
        arrays = _from_csv(Source(str(path), _decoded(path, content)), variables, ignored)
    return Dataset(str(path), arrays, hashlib.sha256(content).hexdigest())


def _decoded(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TPDataError(
            f"{path} is not UTF-8 text: byte {error.start} is {content[error.start]:#04x}",
            mend="give a CSV file in UTF-8, or an NPZ file",
        ) from None


def _from_npz(name: str, content: bytes, variables: Sequence[Variable]) -> dict[str, Array]:
    names = {v.name for v in variables}
    try:
        keys = array_names(content)
        stored = read_arrays(content, [key for key in keys if canonical_variable(key) in names])
    except Damage as damage:
        raise TPDataError(
            f"{name} is not an NPZ file of numbers: {damage}", mend="write it by numpy.savez"
        ) from None
    return _from_arrays(name, {**dict.fromkeys(keys), **stored}, variables)


def _from_arrays(
    name: str, stored: Mapping[str, Any], variables: Sequence[Variable]
) -> dict[str, Array]:
    """The arrays that a program reads; what else there is may be anything."""
    names = {v.name for v in variables}
    wanted = {key: value for key, value in stored.items() if canonical_variable(key) in names}
    by_name = by_source_name(name, wanted, canonical_variable)
    found: dict[str, Array] = {}
    for variable in variables:
        if variable.name not in by_name:
            raise TPDataError(
                f"{name} has no array {variable}",
                expected=f"arrays {', '.join(v.name for v in variables)}",
                mend=f"it has {', '.join(stored) or 'none'}",
            )
        array = _as_array(name, variable.name, by_name[variable.name])
        found[variable.name] = _as_samples(name, variable, array)
    if len({len(array) for array in found.values()}) > 1:
        sizes = ", ".join(f"{key}: {len(array)}" for key, array in found.items())
        raise TPDataError(f"{name} has different numbers of samples ({sizes})")
    return found


def _as_array(name: str, key: str, value: Any) -> np.ndarray[Any, Any]:
    try:
        return plain_array(f"{name}: {key}", value)
    except ValueError:
        raise TPDataError(
            f"{name}: {key} has rows of different lengths", expected="(N, d): a row a sample"
        ) from None


def _as_samples(name: str, variable: Variable, array: np.ndarray[Any, Any]) -> Array:
    size = variable.dim.size({})
    if array.ndim == 1 and size == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[1] != size:
        raise TPDataError(
            f"{name}: {variable} has shape {array.shape}", expected=f"(N, {size}): a row a sample"
        )
    if array.dtype.kind not in "fiub":
        raise TPDataError(f"{name}: {variable} has entries of type {array.dtype}")
    if not len(array):
        raise TPDataError(f"{name} has no samples")
    values = array.astype(np.float64)
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        row, column = (int(i) for i in bad[0])
        raise TPDataError(
            f"{name}: {variable}[{row}, {column}] is {values[row, column]}",
            expected="finite numbers",
        )
    return values


def _from_csv(
    source: Source, variables: Sequence[Variable], ignored: Sequence[Variable]
) -> dict[str, Array]:
    if not source.text.strip():
        raise TPDataError(f"{source.name} is empty", expected="a header and a row for each sample")
    header = [cell.strip() for cell in next(_records(source))[1]]
    places = _places(source, header, variables, ignored)
    table = _table(source, len(header))
    return {name: table[:, columns] for name, columns in places.items()}


def _places(
    source: Source, header: list[str], variables: Sequence[Variable], ignored: Sequence[Variable]
) -> dict[str, list[int]]:
    """The columns of every variable."""
    line = _line(source, 1)
    wanted = [(v.name, i) for v in variables for i in range(v.dim.size({}))]
    known = {*wanted, *((v.name, i) for v in ignored for i in range(v.dim.size({})))}
    single = {v.name for v in (*variables, *ignored) if v.dim.size({}) == 1}
    columns: dict[tuple[str, int], int] = {}
    unknown = []
    for place, cell in enumerate(header):
        entry = _entry(cell, known, single)
        if entry is None:
            unknown.append(cell)
        elif entry in columns:
            raise TPDataError(f"column {cell} stands twice in the header", line)
        else:
            columns[entry] = place
    if not columns:
        return _in_order(line, header, variables, ignored)
    missing = [_column_name(*entry) for entry in wanted if entry not in columns]
    if missing:
        raise TPDataError(
            f"no column {_some(missing)} in the header", line, f"columns {_ranges(variables)}"
        )
    if unknown:
        raise TPDataError(
            f"column {_some(unknown)} belongs to no data and no target",
            line,
            f"columns {_ranges(variables)}",
            "delete it from the file",
        )
    return {v.name: [columns[v.name, i] for i in range(v.dim.size({}))] for v in variables}


def _entry(cell: str, known: set[tuple[str, int]], single: set[str]) -> tuple[str, int] | None:
    """The variable and entry that a column's name stands for."""
    match = _COLUMN.fullmatch(cell)
    if match is None:
        return None
    if match[2] is not None:
        entry = canonical_variable(match[1]), int(match[2])
        if entry in known:
            return entry
    whole = canonical_variable(cell)
    return (whole, 0) if whole in single else None


def _in_order(
    line: Span, header: list[str], variables: Sequence[Variable], ignored: Sequence[Variable]
) -> dict[str, list[int]]:
    total = sum(v.dim.size({}) for v in variables)
    if all(_is_number(cell) for cell in header):
        raise TPDataError("the first row holds numbers", line, f"a header: {_ranges(variables)}")
    if len(header) not in (total, total + sum(v.dim.size({}) for v in ignored)):
        raise TPDataError(
            f"the file has {len(header)} columns, but data and targets have {total} entries",
            line,
            f"columns {_ranges(variables)}",
        )
    places, start = {}, 0
    for variable in variables:
        size = variable.dim.size({})
        places[variable.name] = list(range(start, start + size))
        start += size
    return places


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _column_name(name: str, index: int) -> str:
    return f"{name}_{index}"


def _ranges(variables: Sequence[Variable]) -> str:
    """`ξ_0 … ξ_63, y_0`."""
    parts = []
    for variable in variables:
        size = variable.dim.size({})
        last = f" … {_column_name(variable.name, size - 1)}" if size > 1 else ""
        parts.append(_column_name(variable.name, 0) + last)
    return ", ".join(parts)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:5])
    return f"{shown} (and {len(names) - 5} more)" if len(names) > 5 else shown


def _table(source: Source, width: int) -> Array:
    """All numbers below the header: numpy's reader, and where it fails a search for the cell."""
    body = source.text.partition("\n")[2]
    try:
        table = np.loadtxt(
            io.StringIO(body), delimiter=",", comments=None, quotechar='"', ndmin=2
        ) if body.strip() else np.zeros((0, width))  # fmt: skip
    except ValueError:
        raise _first_fault(source, width) from None
    if not len(table):
        raise TPDataError(f"{source.name} has a header but no samples")
    if table.shape[1] != width or not np.isfinite(table).all():
        raise _first_fault(source, width)
    return np.asarray(table, dtype=np.float64)


def _first_fault(source: Source, width: int) -> TPDataError:
    """The first cell that is not a finite number, or the first row of a wrong length."""
    for number, cells in _rows(source):
        if len(cells) != width:
            return TPDataError(
                f"{len(cells)} cells in a table of {width} columns",
                _line(source, number),
                f"{width} cells",
            )
        for place, cell in enumerate(cells):
            what = None
            if not _is_number(cell):
                what = "an empty cell" if not cell.strip() else f"{cell.strip()!r} is not a number"
            elif not np.isfinite(float(cell)):
                what = f"{cell.strip()} is not finite"
            if what is not None:
                return TPDataError(what, _cell(source, number, place), "a finite number")
    return TPDataError(f"{source.name} is not a CSV table of numbers")


def _rows(source: Source) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of every row below the header."""
    records = _records(source)
    next(records)
    return ((number, cells) for number, cells in records if cells)


def _records(source: Source) -> Iterator[tuple[int, list[str]]]:
    """The number of the last line, and the cells, of every row. Raises TPDataError."""
    reader = csv.reader(io.StringIO(source.text, newline=""))
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise TPDataError(
            f"line {max(1, reader.line_num)} of {source.name} is not CSV: {error}",
            expected="cells between commas, with an even number of quotes",
        ) from None


def _line(source: Source, number: int) -> Span:
    """A line, counted from 1."""
    start = 0
    for _ in range(number - 1):
        start = source.text.index("\n", start) + 1
    end = source.text.find("\n", start)
    end = len(source.text) if end < 0 else end
    return Span(source, start, min(end, start + 1))


def _cell(source: Source, number: int, place: int) -> Span:
    """A cell of a line, without regard to quoted commas."""
    start = _line(source, number).start
    end = source.text.find("\n", start)
    cells = source.text[start : len(source.text) if end < 0 else end].rstrip("\r").split(",")
    before = sum(len(cell) + 1 for cell in cells[:place])
    length = len(cells[place]) if place < len(cells) else 1
    return Span(source, start + before, start + before + max(1, length))
