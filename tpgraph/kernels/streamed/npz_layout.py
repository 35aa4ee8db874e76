"""NPZ files that are laid out before their arrays are known, and filled in place.

    for each array:  local header · NPY header · numbers;  then the directory

Arrays are stored as they are, so that each is a window of the file that can be mapped into memory,
while it is filled and ever after. Sizes stand in the ZIP64 form, whatever they are. Source: the
ZIP format, APPNOTE 6.3.
"""

from __future__ import annotations

import io
import math
import os
import struct
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from tpgraph.arrays import Damage
from tpgraph.files import take_room

__all__ = ["Member", "Shapes", "close_layout", "laid_out", "mapped_members", "open_layout"]

Shapes: TypeAlias = Mapping[str, tuple[tuple[int, ...], "np.dtype[Any]"]]
"""Shape and type of every array, by its name."""

_ALIGNED = 64
"""Numbers begin at a multiple of so many bytes."""
_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_END = struct.Struct("<4s4H2LH")
_VERSION = 45
_FIRST_DAY = 0x21
_IN_EXTRA = 0xFFFFFFFF
_SIZES, _PADDING = 1, 0xD935


@dataclass(frozen=True)
class Member:
    """An array of the file: its headers begin at `header`, its numbers at `start`."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    header: int
    start: int

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + math.prod(self.shape) * self.dtype.itemsize

    @property
    def npy_header(self) -> bytes:
        """What stands before the numbers in an NPY file, a multiple of 64 bytes long."""
        return _npy_header(self.shape, self.dtype)

    @property
    def size(self) -> int:
        """Bytes of the NPY file."""
        return len(self.npy_header) + self.end - self.start

    def mapped(self, path: Path, mode: Literal["r", "r+"] = "r") -> npt.NDArray[Any]:
        """The array in a file, as a map of it."""
        if not math.prod(self.shape):
            return np.zeros(self.shape, self.dtype)
        return np.memmap(path, self.dtype, mode, self.start, self.shape)


def laid_out(arrays: Shapes) -> tuple[Member, ...]:
    """Where each of these arrays is to stand."""
    found = []
    at = 0
    for name, (shape, dtype) in arrays.items():
        before = at + len(_local_header(name, 0, 0, 0)) + len(_npy_header(shape, dtype))
        member = Member(name, shape, dtype, at, -(-before // _ALIGNED) * _ALIGNED)
        found.append(member)
        at = member.end
    return tuple(found)


def open_layout(path: Path, members: Sequence[Member]) -> None:
    """Make a file with room for all members. Raises OSError where the disk has none."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o666)
    try:
        take_room(descriptor, 0, members[-1].end)
        os.ftruncate(descriptor, members[-1].end)
    finally:
        os.close(descriptor)


def close_layout(path: Path, members: Sequence[Member], checksums: Mapping[str, int]) -> None:
    """Write headers and directory, with the CRC-32 of each member's NPY file by its name."""
    directory = [_central_entry(m, checksums[m.name]) for m in members]
    at = members[-1].end
    with path.open("r+b") as file:
        for member in members:
            file.seek(member.header)
            padding = _padding(member)
            file.write(_local_header(member.name, member.size, checksums[member.name], padding))
            file.write(member.npy_header)
        file.seek(at)
        file.write(b"".join(directory) + _end(len(members), at, sum(map(len, directory))))
        file.truncate()
        file.flush()
        os.fsync(file.fileno())


def mapped_members(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of an NPZ file whose members are stored as they are, as maps of the file.

    Raises Damage for another kind of file.
    """
    found: dict[str, npt.NDArray[Any]] = {}
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            for info in archive.infolist():
                if info.compress_type != zipfile.ZIP_STORED:
                    raise Damage(f"{info.filename} is compressed")
                file.seek(info.header_offset)
                *_, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
                file.seek(info.header_offset + _LOCAL.size + name + extra)
                np.lib.format.read_magic(file)
                shape, _, dtype = np.lib.format.read_array_header_1_0(file)
                member = Member(info.filename, shape, dtype, info.header_offset, file.tell())
                found[info.filename.removesuffix(".npy")] = member.mapped(path)
    except (zipfile.BadZipFile, struct.error, ValueError) as error:
        raise Damage(f"it is no such file: {error}") from None
    return found


def _npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    buffer = io.BytesIO()
    described = np.lib.format.dtype_to_descr(dtype)
    header = {"descr": described, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue()


def _padding(member: Member) -> int:
    """Bytes of the extra field that moves the numbers to where they are aligned."""
    before = len(_local_header(member.name, 0, 0, 0)) + len(member.npy_header)
    return member.start - member.header - before


def _local_header(name: str, size: int, checksum: int, padding: int) -> bytes:
    file = f"{name}.npy".encode()
    extra = struct.pack("<2H2Q", _SIZES, 16, size, size)
    extra += struct.pack("<2H", _PADDING, padding) + bytes(padding)
    head = (_VERSION, 0, 0, 0, _FIRST_DAY, checksum, _IN_EXTRA, _IN_EXTRA)
    return _LOCAL.pack(b"PK\3\4", *head, len(file), len(extra)) + file + extra


def _central_entry(member: Member, checksum: int) -> bytes:
    file = f"{member.name}.npy".encode()
    extra = struct.pack("<2H3Q", _SIZES, 24, member.size, member.size, member.header)
    made_by = 3 << 8 | _VERSION
    head = (made_by, _VERSION, 0, 0, 0, _FIRST_DAY, checksum, _IN_EXTRA, _IN_EXTRA)
    rest = (len(file), len(extra), 0, 0, 0, 0o100644 << 16, _IN_EXTRA)
    return _CENTRAL.pack(b"PK\1\2", *head, *rest) + file + extra


def _end(count: int, at: int, size: int) -> bytes:
    """The end of a directory of `count` entries and so many bytes that begins at `at`."""
    record = _END64.pack(
        b"PK\6\6", _END64.size - 12, _VERSION, _VERSION, 0, 0, count, count, size, at
    )
    locator = _LOCATOR.pack(b"PK\6\7", 0, at + size, 1)
    return record + locator + _END.pack(b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, _IN_EXTRA, _IN_EXTRA, 0)
