"""Arrays from outside: given by a user, or in the bytes of NPY and NPZ files.

A file is read whole and checked before anything of it is used: the checksum of every member, its
size against its shape, names that stand twice. The same arrays are written as the same bytes.
"""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from tpgraph.errors import TPDataError

__all__ = [
    "Damage",
    "array_names",
    "by_source_name",
    "decode_array",
    "encode_array",
    "plain_array",
    "read_arrays",
    "write_arrays",
]

Array = npt.NDArray[Any]

_SUFFIX = ".npy"
_SHOWN = 200
"""Characters of what a library says that are repeated."""


class Damage(Exception):
    """Why bytes are not what was once written; their reader knows the file, and says so."""


def plain_array(
    what: str,
    value: Any,
    dtype: npt.DTypeLike | None = None,
    expected: str = "real numbers",
) -> Array:
    """A user's value as an array: what numpy takes, and tensors of torch on any device.

    Raises TPDataError where entries are masked, whose numbers would be used as if they were not,
    and for what is none of this dtype; without one, the errors of `numpy.asarray`.
    """
    value = _on_this_machine(value)
    if type(value) is not np.ndarray and np.ma.is_masked(np.ma.asarray(value)):
        raise TPDataError(
            f"{what} has masked entries", expected="numbers", mend="leave those samples out"
        )
    try:
        return np.asarray(value, dtype=dtype)
    except (TypeError, ValueError):
        if dtype is None:
            raise
        raise TPDataError(f"{what} is no array of numbers", expected=expected) from None


def _on_this_machine(value: Any) -> Any:
    """A torch tensor without its gradient and device; all else as it is.

    Told by its methods, since torch need not be installed. What numpy has no dtype for (bfloat16)
    becomes float32.
    """
    if not all(hasattr(value, name) for name in ("detach", "cpu", "numpy")):
        return value
    tensor = value.detach().cpu()
    try:
        return tensor.numpy()
    except TypeError:
        return tensor.float().numpy()


def by_source_name(
    what: str, given: Mapping[str, Any], canonical: Callable[[str], str]
) -> dict[str, Any]:
    """Values by the names that a program gives them, whose keys may be spelled in ASCII.

    Raises TPDataError where two keys stand for one name, such as `xi` and `ξ`, and for no mapping.
    """
    if not hasattr(given, "items"):
        kind = type(given).__name__
        raise TPDataError(f"{what}: {kind} has no names", expected="arrays by name")
    found: dict[str, Any] = {}
    spelled: dict[str, str] = {}
    for key, value in given.items():
        name = canonical(key)
        if name in found:
            raise TPDataError(
                f"{what}: {spelled[name]} and {key} are both {name}", mend="leave one of them out"
            )
        found[name], spelled[name] = value, key
    return found


def as_rows(array: np.ndarray[Any, Any], size: int) -> str | None:
    """How an array is given as one of rows of `size` entries, where it holds such ones otherwise.

    >>> as_rows(np.zeros((3, 5)), 3), as_rows(np.zeros(3), 3), as_rows(np.zeros((5, 3)), 3)
    ('give its transpose', 'give one sample as a row: (1, 3)', None)
    """
    if array.shape == (size,):
        return f"give one sample as a row: (1, {size})"
    lies = array.ndim == 2 and array.shape[0] == size != array.shape[1]
    return "give its transpose" if lies else None


def array_names(content: bytes) -> tuple[str, ...]:
    """The names of the arrays in an NPZ file. Raises Damage."""
    with _archive(content) as archive:
        return tuple(info.filename.removesuffix(_SUFFIX) for info in archive.infolist())


def read_arrays(content: bytes, wanted: Iterable[str] | None = None) -> dict[str, Array]:
    """The arrays of an NPZ file, or those of these names alone. Raises Damage."""
    with _archive(content) as archive:
        names = [info.filename.removesuffix(_SUFFIX) for info in archive.infolist()]
        infos = dict(zip(names, archive.infolist(), strict=True))
        chosen = names if wanted is None else wanted
        return {name: decode_array(archive.read(infos[name])) for name in chosen}


def write_arrays(file: IO[bytes], arrays: Mapping[str, npt.ArrayLike]) -> None:
    """Write an NPZ file; equal arrays give equal bytes.

    numpy's own savez takes names as keyword arguments and puts the time of day into the file.
    """
    with zipfile.ZipFile(file, "w") as archive:
        for name, array in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)


def encode_array(array: npt.ArrayLike) -> bytes:
    """An array as an NPY file. Raises ValueError for one of Python objects."""
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array), allow_pickle=False)
    return buffer.getvalue()


def decode_array(content: bytes) -> Array:
    """The array in an NPY file. Raises Damage."""
    with _readable():
        stream = io.BytesIO(content)
        version = np.lib.format.read_magic(stream)
        if version not in ((1, 0), (2, 0)):
            raise Damage(f"an array has the unknown format {version}")
        header = (
            np.lib.format.read_array_header_1_0
            if version == (1, 0)
            else np.lib.format.read_array_header_2_0
        )
        shape, _, dtype = header(stream)
        if dtype.hasobject:
            raise Damage("an array is of Python objects, which are not read")
        rest = len(content) - stream.tell()
        if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != rest:
            raise Damage(f"an array of shape {shape} and type {dtype} has {rest} bytes")
        return np.asarray(np.lib.format.read_array(io.BytesIO(content), allow_pickle=False))


@contextmanager
def _archive(content: bytes) -> Iterator[zipfile.ZipFile]:
    """A ZIP archive whose names are all different."""
    with _readable(), zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = archive.namelist()
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise Damage(f"it holds {twice} twice")
        yield archive


@contextmanager
def _readable() -> Iterator[None]:
    """Whatever the libraries raise for bytes that are no archive, or no array, as Damage.

    There is no list of it: encryption is a RuntimeError, unknown compression NotImplementedError,
    a header can end in errors of Python's parser, and every compression has errors of its own.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            yield
    except Damage:
        raise
    except Exception as error:
        said = " ".join(str(error).split())[:_SHOWN]
        raise Damage(said or type(error).__name__) from None
