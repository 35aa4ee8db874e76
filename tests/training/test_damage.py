"""Data files with flipped bytes, cut off, encrypted, of masked arrays: the samples, or an error."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from damage import damaged

import tpgraph as tp
from tpgraph.arrays import Damage, array_names, read_arrays
from tpgraph.errors import TPDataError

PROGRAM = tp.parse("""\
width n
dim d = 3
parametrization ntk
data ξ : d
target y : 1
param U : n × d ~ N(0, 1)
param V : 1 × n ~ N(0, 1)
f = V tanh(U ξ)
output f
loss (f - y)^2
""")
RNG = np.random.default_rng(9)
SAMPLES = {"xi": RNG.standard_normal((6, 3)), "y": RNG.standard_normal((6, 1))}


def stored() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **SAMPLES)
    return buffer.getvalue()


def compressed() -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **SAMPLES)
    return buffer.getvalue()


def table() -> bytes:
    rows = np.concatenate(list(SAMPLES.values()), axis=1)
    text = "\n".join(",".join(map(repr, row)) for row in rows.tolist())
    return f"xi_0,xi_1,xi_2,y\n{text}\n".encode()


def outcome(path: Path) -> dict[str, np.ndarray] | str:
    """The samples in a file, or what is said against it."""
    try:
        return dict(tp.load_data(path, PROGRAM).arrays)
    except TPDataError as error:
        return str(error)


@pytest.mark.parametrize("content", [stored(), compressed()], ids=["stored", "compressed"])
def test_a_damaged_archive_is_the_same_samples_or_an_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "d.npz"
    path.write_bytes(content)
    whole = tp.load_data(path, PROGRAM).arrays
    refused = 0
    for other in damaged(content, 400):
        path.write_bytes(other)
        found = outcome(path)
        if isinstance(found, str):
            assert str(path) in found
            refused += 1
            continue
        for name, array in whole.items():
            np.testing.assert_array_equal(found[name], array)
    assert refused > 300


def test_a_member_read_in_part_would_give_another_number() -> None:
    """Why a member's size is checked: numpy reads as much as the shape says, and no more."""
    content = bytearray(compressed())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = archive.read("y.npy")
    shorter = member.replace(b"(6, 1)", b"(5, 1)")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("y.npy", shorter)
    buffer.seek(0)
    with np.load(buffer) as archive:
        assert archive["y"].shape == (5, 1)
    with pytest.raises(Damage, match=r"shape \(5, 1\)"):
        read_arrays(buffer.getvalue())


def test_a_damaged_table_is_samples_or_an_error(tmp_path: Path) -> None:
    """A text has no checksum: what matters is that an error is one, with its place."""
    path = tmp_path / "d.csv"
    refused = 0
    for other in damaged(table(), 300):
        path.write_bytes(other)
        found = outcome(path)
        if isinstance(found, str):
            assert str(path) in found
            refused += 1
        else:
            assert all(np.isfinite(array).all() for array in found.values())
    assert refused > 50


def member(name: str, content: bytes, **facts: int) -> bytes:
    """An archive of one member whose facts in both headers are changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, content)
    raw = bytearray(buffer.getvalue())
    for start, shift in ((raw.index(b"PK\x03\x04"), 6), (raw.index(b"PK\x01\x02"), 8)):
        raw[start + shift] = facts.get("flags", raw[start + shift])
        raw[start + shift + 2] = facts.get("method", raw[start + shift + 2])
    return bytes(raw)


def npy(array: object, version: tuple[int, int] = (1, 0)) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asarray(array), version=version)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (member("a.npy", npy(1.0), flags=1), "encrypted"),
        (member("a.npy", npy(1.0), method=97), "compression"),
        (member("a.npy", npy(np.array([None]))), "Python objects"),
        (member("a.npy", npy(1.0)[:-1]), "has 7 bytes"),
        (member("a.npy", npy(1.0) + b"x"), "has 9 bytes"),
        (member("a.npy", npy(1.0).replace(b"()", b"(9" + b"9" * 15 + b",)")), "array|header"),
        (member("a.npy", npy(1.0, (2, 0)).replace(b"\x02\x00", b"\x03\x00", 1)), "format"),
        (member("a.npy", b"\x93NUMPY\x01\x00\x10\x00" + b"(" * 16), "EOF|header"),
        (member("a.npy", b""), "magic"),
        (b"PK\x05\x06", "zip"),
        (b"", "zip"),
    ],
)
def test_what_is_no_archive_of_numbers(content: bytes, says: str) -> None:
    with pytest.raises(Damage, match=says):
        read_arrays(content)


def test_names_that_stand_twice(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.npy", npy(1.0))
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a.npy", npy(2.0))
    with pytest.raises(Damage, match=r"it holds a\.npy twice"):
        array_names(buffer.getvalue())
    both = {**SAMPLES, "ξ": SAMPLES["xi"] + 1}
    np.savez(tmp_path / "d.npz", **both)
    with pytest.raises(TPDataError, match="xi and ξ are both ξ"):
        tp.load_data(tmp_path / "d.npz", PROGRAM)
    with pytest.raises(TPDataError, match="xi and ξ are both ξ"):
        tp.train(PROGRAM, both, widths={"n": 4}, steps=1, lr=0.1, batch=2)
    inputs = {"xi": SAMPLES["xi"], "ξ": SAMPLES["xi"]}
    with pytest.raises(TPDataError, match="xi and ξ are both ξ"):
        tp.kernel(PROGRAM, inputs)
    with pytest.raises(TPDataError, match="xi and ξ are both ξ"):
        tp.limit(PROGRAM, data={name: array[0] for name, array in inputs.items()})


def test_arrays_that_no_one_wants_are_not_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, **SAMPLES)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("more.npy", b"nothing that could be read")
    (tmp_path / "d.npz").write_bytes(buffer.getvalue())
    assert list(tp.load_data(tmp_path / "d.npz", PROGRAM).arrays) == ["ξ", "y"]


def masked(array: np.ndarray, entry: object = True) -> np.ma.MaskedArray:
    mask = np.zeros(array.shape, bool)
    mask.flat[0] = entry
    return np.ma.masked_array(array, mask)


def test_masked_arrays_are_refused() -> None:
    X = SAMPLES["xi"]
    settings = {"widths": {"n": 4}, "steps": 1, "lr": 0.1, "batch": 2}
    row = {"ξ": masked(X[0])}
    calls = [
        lambda: tp.train(PROGRAM, {**SAMPLES, "xi": masked(X)}, **settings),
        lambda: tp.train(PROGRAM, {**SAMPLES, "xi": [masked(x) for x in X]}, **settings),
        lambda: tp.kernel(PROGRAM, masked(X)),
        lambda: tp.kernel(PROGRAM, {"ξ": masked(X)}),
        lambda: tp.mean_kernel(PROGRAM, masked(X), {"n": 4}),
        lambda: tp.limit(PROGRAM, data=row),
        lambda: tp.run(PROGRAM, {"n": 4}, 0, row),
        lambda: tp.kernel_solution(masked(np.eye(6)), SAMPLES["y"]),
        lambda: tp.kernel_solution(np.eye(6), masked(SAMPLES["y"])),
        lambda: tp.kernel_dynamics(np.eye(6), masked(SAMPLES["y"]), lr=0.1, steps=1),
        lambda: tp.compile(PROGRAM).forward(tp.compile(PROGRAM).init({"n": 4}), masked(X)),
    ]
    for call in calls:
        with pytest.raises(TPDataError, match="masked entries"):
            call()
    tp.train(PROGRAM, {**SAMPLES, "xi": masked(X, False)}, **settings)  # nothing is masked


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("xi_0,xi_1,xi_2,y\n1,2,3," + "1" * 131073, "finite|field larger"),
        ("xi_0,xi_1,xi_2,y\n1,2,3," + "x" * 131073, "field larger than field limit"),
        ("x" * 131073 + ",xi_1,xi_2,y\n1,2,3,4", "line 1 .*field larger than field limit"),
        ('"xi_0,xi_1,xi_2,y\n' + "1,2,3,4\n" * 40000, "field larger than field limit"),
        ("xi_0,xi_1,xi_2,y\r1,2,3,4", "columns|CSV|samples"),
        ("\x00\n\x00", "columns|CSV"),
        ("xi_0,xi_1,xi_2,y\n1,2,3,\x004", "not a number|CSV"),
    ],
)
def test_tables_with_cells_that_cannot_be(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "d.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TPDataError, match=says) as caught:
        tp.load_data(path, PROGRAM)
    assert str(path) in str(caught.value)


def test_the_command_line_names_the_file_and_the_fault(tmp_path: Path) -> None:
    (tmp_path / "p.tp").write_text(tp.to_text(PROGRAM), encoding="utf-8")
    content = bytearray(compressed())
    content[60] ^= 255
    (tmp_path / "d.npz").write_bytes(content)
    program = Path(sys.executable).with_name("tpgraph")
    done = subprocess.run(
        [program, "kernel", "p.tp", "--data", "d.npz"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: d.npz is not an NPZ file of numbers: ")
    assert "Traceback" not in done.stderr
