"""Data files: CSV with a header, or NPZ with arrays by name.

What columns of a CSV file mean is said in `csv_columns`. NPZ arrays are (N, d), or (N,) for d = 1,
named as the program names them.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import Damage, array_names, as_rows, by_source_name, plain_array, read_arrays
from tpgraph.errors import Source, TPArgumentError, TPDataError
from tpgraph.files import as_path, unreadable
from tpgraph.program import Program, Variable, canonical_variable
from tpgraph.program.any_program import AnyProgram, as_program
from tpgraph.program.families import families_apart, names_read
from tpgraph.training.class_labels import as_label, classes_of, target_rows
from tpgraph.training.csv_samples import arrays_of_csv
from tpgraph.training.missing import DROP, LEAVE_OUT, REFUSE, require_missing, whole_rows
from tpgraph.training.named_arrays import Dataset
from tpgraph.training.standardization import standardization
from tpgraph.training.wanted_columns import NoColumns

__all__ = ["AnyData", "as_before", "as_dataset", "dataset", "load_data", "minibatches"]

Array = npt.NDArray[np.float64]


AnyData = str | Path | Dataset | Mapping[str, Any]
"""Samples: in a file, in arrays by source name, or in a data set."""


def as_dataset(
    program: Program,
    data: AnyData,
    *,
    targets: bool = True,
    columns: Mapping[str, Sequence[str]] | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
    taken: Mapping[str, Sequence[str]] | None = None,
    missing: str = REFUSE,
) -> Dataset:
    """The samples in a file, in arrays by source name, or in a data set; see `load_data`."""
    if columns and not isinstance(data, str | Path):
        raise TPArgumentError(
            "columns are those of a file, and these are samples that were read",
            mend="choose them where the file is read, or leave them out",
        )
    if isinstance(data, Dataset):
        names = [d.variable.name for d in program.data]
        names += [d.variable.name for d in program.targets]
        if list(data.arrays)[: None if targets else len(program.data)] != (
            names if targets else names[: len(program.data)]
        ):
            raise TPDataError(
                f"{data.name} was read for another program", expected=f"arrays {', '.join(names)}"
            )
        return data
    if isinstance(data, Mapping):
        return dataset(program, data, targets, classes, missing)
    if isinstance(data, str | Path):
        return load_data(
            data, program, targets, columns=columns, classes=classes, taken=taken, missing=missing
        )
    raise _without_names(program, data, targets)


def as_before(program: Program, data: AnyData, before: Dataset, targets: bool = True) -> Dataset:
    """Other samples, read as those before were.

    Columns that were chosen are sought by their names, as what lies between two columns of one file
    need not lie there in another; labels are of the same classes, and `missing` values treated
    alike.
    """
    columns = None
    if isinstance(data, str | Path):
        wanted = {variable.name for variable in _expected(program, targets)}
        columns = {n: own for n, own in before.chosen_columns.items() if n in wanted}
    return as_dataset(
        program,
        data,
        targets=targets,
        columns=columns,
        classes=before.classes,
        taken=before.taken,
        missing=before.missing,
    )


def _without_names(program: Program, data: Any, targets: bool) -> TPDataError:
    by_name = ", ".join(f"{v.name!r}: …" for v in _expected(program, targets))
    return TPDataError(
        f"data of type {type(data).__name__} has no names",
        expected="a CSV or NPZ file, or arrays by name",
        mend=f"give {{{by_name}}}",
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


def dataset(
    program: Program,
    arrays: Mapping[str, Any],
    targets: bool = True,
    classes: Mapping[str, Sequence[str]] | None = None,
    missing: str = REFUSE,
) -> Dataset:
    """Arrays in memory, checked; a target may be given by class labels. Rows that are not finite
    are left out if `missing` is "drop". Raises TPDataError.
    """
    require_missing(missing)
    labels = _Labels(program, classes or {})
    found, kept = _from_arrays("the data", arrays, _expected(program, targets), labels, missing)
    digest = hashlib.sha256()
    for name, array in found.items():
        digest.update(f"{name} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return Dataset("arrays", found, digest.hexdigest(), labels.found, missing=missing, kept=kept)


def load_data(
    path: str | Path,
    program: AnyProgram,
    targets: bool = True,
    *,
    columns: Mapping[str, Sequence[str]] | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
    taken: Mapping[str, Sequence[str]] | None = None,
    standardize: str = "none",
    missing: str = REFUSE,
) -> Dataset:
    """The samples in a CSV or NPZ file, float64.

    With `targets` False only the data inputs are read. `columns` of a CSV file are chosen for a
    variable by their names, `{"ξ": ["a..d"], "y": ["species"]}`. A target of several entries, or of
    text, may be one column of class labels, integers or strings; `classes` are those known already,
    and `taken` columns that were taken in order before (`Dataset.taken`), which are sought by their
    names. `standardize` ("data", or "all" for targets that are numbers too) makes means 0 and
    variances 1 over these samples. Rows with an empty cell, NA, nan or inf are refused, or left out
    if `missing` is "drop", which a TPWarning says. Raises TPDataError with file, line and column
    for what cannot be read, is missing, of the wrong size or not finite.
    """
    if not isinstance(path, str | Path):
        raise TPDataError(
            f"a data file is wanted, and this is of type {type(path).__name__}",
            mend="arrays are given as they are, in place of a file",
        )
    require_missing(missing)
    path, program = as_path(path), as_program(program)
    variables = _expected(program, targets)
    if not variables:
        raise TPDataError(f"program {program.name} has no data, but {path} was given")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from None
    ignored = [] if targets else [d.variable for d in program.targets]
    known = _chosen_for(program, columns or {})
    labels = _Labels(program, classes or {})
    in_order: Mapping[str, tuple[str, ...]] = {}
    names: Mapping[str, tuple[str, ...]] = {}
    if zipfile.is_zipfile(io.BytesIO(content)):
        if known:
            raise TPArgumentError(f"{path} has arrays, and no columns to choose")
        arrays, kept = _from_npz(str(path), content, variables, labels, missing)
    elif path.suffix == ".npz":
        raise TPDataError(f"{path} is not an NPZ file", mend="write it by numpy.savez")
    elif content.startswith(_NPY):
        raise TPDataError(f"{path} is one array, without a name", mend=_saved(variables))
    elif path.suffix.lower() == ".tp":
        raise TPArgumentError(
            f"{path} is a program, not samples", mend="name a CSV or NPZ file of them"
        )
    else:
        source = Source(str(path), _decoded(path, content))
        read = arrays_of_csv(
            source, variables, ignored, labels.targets, known, labels.known, taken, missing
        )
        arrays, labels.found, in_order = dict(read.arrays), dict(read.classes), read.taken
        names, kept = read.columns, read.kept
    digest = hashlib.sha256(content).hexdigest()
    found = Dataset(
        str(path), arrays, digest, labels.found, in_order, names, frozenset(known), missing,
        kept,
    )  # fmt: skip
    return standardization(program, found, standardize).apply(found)


def _chosen_for(program: Program, columns: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Chosen columns by the source names of variables. Raises TPDataError for another name."""
    names = [v.name for v in _expected(program, targets=True)]
    if not isinstance(columns, Mapping):
        raise TPDataError(
            f"columns are chosen by name, not as {columns!r}",
            mend=f"columns={{{names[-1]!r}: ['…']}}" if names else None,
        )
    each = {k: (some,) if isinstance(some, str) else some for k, some in columns.items()}
    chosen = by_source_name("the choice of columns", each, canonical_variable)
    for name in chosen:
        if name not in names:
            raise TPArgumentError(
                f"columns are chosen for {name}, which is not fed",
                expected=f"one of {', '.join(names)}",
            )
    return chosen


class _Labels:
    """Which variables may be class labels, the classes that are known, and those found."""

    def __init__(self, program: Program, known: Mapping[str, Sequence[str]]) -> None:
        self.targets = frozenset(d.variable.name for d in program.targets)
        self.known = known
        self.found: dict[str, tuple[str, ...]] = {}

    def read(self, name: str, variable: Variable, array: np.ndarray[Any, Any]) -> Any:
        """The entries (N, k) of a target that is given as labels (N,), and any other array."""
        size = variable.dim.size({})
        text = array.dtype.kind in "US"
        if variable.name not in self.targets or array.ndim != 1 or (size == 1 and not text):
            return array
        what = f"{name}: {variable}"
        labels = [as_label(str(label)) for label in array.tolist()]
        given = self.known.get(variable.name)
        classes = classes_of(labels, variable.dim, what, None) if given is None else tuple(given)
        self.found[variable.name] = classes
        return target_rows(labels, classes, size, what)


_NPY = b"\x93NUMPY"
"""What a file of one array begins with."""


def _saved(variables: Sequence[Variable]) -> str:
    """How arrays are written by the names of variables."""
    return f"numpy.savez(FILE, {', '.join(f'{v.name}=…' for v in variables)}) writes them by name"


def _decoded(path: Path, content: bytes) -> str:
    """The text of a file in UTF-8, or in UTF-16 where its first bytes say so."""
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise TPDataError(
            f"{path} is not UTF-8 text: byte {error.start} is {content[error.start]:#04x}",
            mend='save it as "CSV UTF-8", or write an NPZ file',
        ) from None


def _from_npz(
    name: str, content: bytes, variables: Sequence[Variable], labels: _Labels, missing: str
) -> tuple[dict[str, Array], tuple[int, ...] | None]:
    names = names_read(variables)
    try:
        keys = array_names(content)
        stored = read_arrays(content, [key for key in keys if canonical_variable(key) in names])
    except Damage as damage:
        raise TPDataError(
            f"{name} is not an NPZ file of numbers: {damage}", mend="write it by numpy.savez"
        ) from None
    return _from_arrays(name, {**dict.fromkeys(keys), **stored}, variables, labels, missing)


def _from_arrays(
    name: str,
    stored: Mapping[str, Any],
    variables: Sequence[Variable],
    labels: _Labels,
    missing: str,
) -> tuple[dict[str, Array], tuple[int, ...] | None]:
    """The arrays that a program reads, and the rows that are kept where others are left out.

    What else there is may be anything.
    """
    names = names_read(variables)
    wanted = {key: value for key, value in stored.items() if canonical_variable(key) in names}
    by_name = by_source_name(name, wanted, canonical_variable)
    by_name = families_apart(name, by_name, variables, 1)
    kept = None
    if missing == DROP and len(by_name) == len(variables):
        read = {key: _as_array(name, key, array) for key, array in by_name.items()}
        whole, kept = whole_rows(name, read)
        by_name = dict(whole)
    found: dict[str, Array] = {}
    for variable in variables:
        if variable.name not in by_name:
            raise NoColumns(
                f"{name} has no array {variable}",
                expected=f"arrays {', '.join(v.name for v in variables)}",
                mend=f"it has {', '.join(stored) or 'none'}; {_saved(variables)}",
            )
        array = _as_array(name, variable.name, by_name[variable.name])
        array = labels.read(name, variable, array)
        found[variable.name] = _as_samples(name, variable, array)
    if len({len(array) for array in found.values()}) > 1:
        sizes = ", ".join(f"{key}: {len(array)}" for key, array in found.items())
        raise TPDataError(f"{name} has different numbers of samples ({sizes})")
    return found, kept


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
            f"{name}: {variable} has shape {array.shape}",
            expected=f"(N, {size}): a row a sample",
            mend=as_rows(array, size),
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
            mend=LEAVE_OUT,
        )
    return values
