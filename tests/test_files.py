"""Files written into the place that a name stands for: links, modes, devices, pipes, full disks."""

from __future__ import annotations

import errno
import os
import pty
import resource
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import tpgraph.files
from tpgraph.errors import TPError
from tpgraph.files import atomic, remove_rests, require_file, require_folder, set_aside, write_bytes
from tpgraph.locks import alone

NOBODY = 65534


def rests(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.rglob(".tpgraph-*"))


def as_nobody(action: Callable[[], None]) -> str:
    """What a process without root's rights meets: the message of its TPError, or nothing."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            action()
        except TPError as error:
            os.write(write, str(error).encode())
        except BaseException as error:
            os.write(write, f"crash: {error!r}".encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read, "rb") as said:
        return said.read().decode()


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@contextmanager
def files_of(most: int) -> Iterator[None]:
    """A disk on which no file becomes longer than `most` bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_link_stays_a_link_and_its_file_is_written(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    target, link, further = tmp_path / "other" / "t", tmp_path / "link", tmp_path / "further"
    target.write_bytes(b"old")
    link.symlink_to("other/t")
    further.symlink_to(link)
    write_bytes(further, b"new")
    assert link.is_symlink()
    assert further.is_symlink()
    assert target.read_bytes() == b"new"
    target.unlink()
    write_bytes(link, b"again")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"again")
    assert not rests(tmp_path)


def test_a_link_into_nothing_or_in_a_circle_is_named(tmp_path: Path) -> None:
    link, circle = tmp_path / "link", tmp_path / "circle"
    link.symlink_to("missing/t")
    circle.symlink_to("circle")
    for action in (require_file, lambda path: write_bytes(path, b"")):
        with pytest.raises(TPError, match=r"the folder .*missing is missing"):
            action(link)
        with pytest.raises(TPError, match=r"circle cannot be written"):
            action(circle)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o664, 0o755, 0o444])
def test_a_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    path.chmod(mode)
    if not os.access(path, os.W_OK):
        pytest.skip("the file may not be written")
    write_bytes(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_honours_the_mask(tmp_path: Path, mask: int, mode: int) -> None:
    before = os.umask(mask)
    try:
        write_bytes(tmp_path / "f", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == mode


@as_root
def test_a_file_keeps_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    os.chown(path, NOBODY, NOBODY)
    write_bytes(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (NOBODY, NOBODY)


@pytest.mark.parametrize("content", [b"new", b"longer than before" * 1000, b""])
def test_all_names_of_a_file_keep_it(tmp_path: Path, content: bytes) -> None:
    path, other, link = tmp_path / "f", tmp_path / "g", tmp_path / "link"
    path.write_bytes(b"what was there")
    path.chmod(0o640)
    other.hardlink_to(path)
    link.symlink_to(path)
    require_file(link)
    write_bytes(link, content)
    assert (path.read_bytes(), other.read_bytes()) == (content, content)
    assert path.samefile(other)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f", "g", "link"]


def test_a_checkpoint_is_put_in_the_place_of_one_name(tmp_path: Path) -> None:
    path, backup = tmp_path / "f", tmp_path / "g"
    path.write_bytes(b"old")
    backup.hardlink_to(path)
    write_bytes(path, b"new", links=False)
    assert (path.read_bytes(), backup.read_bytes()) == (b"new", b"old")


def test_a_full_disk_leaves_all_names_what_they_held(tmp_path: Path) -> None:
    path, other = tmp_path / "f", tmp_path / "g"
    path.write_bytes(b"old" * 1000)
    other.hardlink_to(path)
    with files_of(20_000), pytest.raises(TPError, match="cannot be written: File too large"):
        write_bytes(path, b"x" * 50_000)
    assert (path.read_bytes(), other.read_bytes()) == (b"old" * 1000, b"old" * 1000)


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    require_file(pipe)  # without a reader, and without waiting for one
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()
    write_bytes(pipe, b"x" * 200_000)
    reader.join()
    assert found == [b"x" * 200_000]
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert [p.name for p in tmp_path.iterdir()] == ["pipe"]


def test_a_terminal_is_written_into() -> None:
    ours, theirs = pty.openpty()
    name = Path(os.ttyname(theirs))
    before = name.stat()
    require_file(name)
    write_bytes(name, b"words")
    assert os.read(ours, 100) == b"words"
    assert os.path.samestat(before, name.stat())
    os.close(ours)
    os.close(theirs)


@pytest.mark.parametrize("through_a_link", [False, True])
def test_the_null_device_stays_a_device(tmp_path: Path, through_a_link: bool) -> None:
    place = Path("/dev/null")
    if through_a_link:
        (tmp_path / "l").symlink_to(place)
        place = tmp_path / "l"
    before = Path("/dev/null").stat()
    require_file(place)
    write_bytes(place, b"words")
    after = Path("/dev/null").stat()
    assert stat.S_ISCHR(after.st_mode)
    assert (before.st_ino, before.st_rdev, before.st_mode) == (
        after.st_ino, after.st_rdev, after.st_mode,
    )  # fmt: skip


def test_a_full_device_is_named() -> None:
    with pytest.raises(TPError, match="/dev/full cannot be written: No space left on device"):
        write_bytes(Path("/dev/full"), b"words")


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_by_name_keeps_what_a_file_had(tmp_path: Path, name: str) -> None:
    script = (
        "from pathlib import Path; from tpgraph.files import require_file, write_bytes;"
        f"p = Path({name!r}); require_file(p); write_bytes(p, b'two'); write_bytes(p, b'three')"
    )
    out = tmp_path / "out"
    out.write_bytes(b"one ")
    with out.open("ab") as stream:
        subprocess.run([sys.executable, "-c", script], stdout=stream, check=True)
    assert out.read_bytes() == b"one twothree"


def test_a_folder_and_a_missing_one_are_named(tmp_path: Path) -> None:
    for action in (require_file, lambda path: write_bytes(path, b"")):
        with pytest.raises(TPError, match="cannot be written: it is a folder"):
            action(tmp_path)
        with pytest.raises(TPError, match="the folder nodir is missing"):
            action(Path("nodir/k.npz"))
        (tmp_path / "file").write_text("")
        with pytest.raises(TPError, match="Not a directory"):
            action(tmp_path / "file" / "f")


@as_root
def test_what_may_not_be_written_is_named_and_stays(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for above in tmp_path.parents[:3]:
        above.chmod(above.stat().st_mode | 0o055)
    closed, file = tmp_path / "closed", tmp_path / "open" / "f"
    closed.mkdir(0o755)
    file.parent.mkdir(0o777)
    file.parent.chmod(0o777)
    file.write_bytes(b"old")
    file.chmod(0o444)
    for path in (closed / "f", file):
        for action in (require_file, lambda path: write_bytes(path, b"new")):
            said = as_nobody(lambda action=action, path=path: action(path))
            assert f"{path} cannot be written: Permission denied" in said
    for path in (closed, closed / "a" / "b"):
        said = as_nobody(lambda path=path: require_folder(path))
        assert f"folder {path} cannot be" in said
    assert as_nobody(lambda: require_file(file.parent / "new")) == ""
    assert as_nobody(lambda: require_folder(file.parent / "a" / "b")) == ""
    assert file.read_bytes() == b"old"
    assert sorted(p.name for p in file.parent.iterdir()) == ["f"]


def test_a_disk_that_fills_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"old")
    with files_of(1000), pytest.raises(TPError, match="f cannot be written: File too large"):
        write_bytes(path, b"x" * 5000)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f"]


def test_a_full_disk_is_found_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tpgraph.files.os, "open", full)
    with pytest.raises(TPError, match="No space left on device"):
        require_file(tmp_path / "f")
    with pytest.raises(TPError, match="No space left on device"):
        require_folder(tmp_path)


def test_a_block_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path, pipe = tmp_path / "f", tmp_path / "pipe"
    path.write_bytes(b"old")
    os.mkfifo(pipe)
    for place in (path, pipe):
        with pytest.raises(ZeroDivisionError), atomic(place) as file:
            file.write(b"%d" % (1 // 0))
    assert path.read_bytes() == b"old"
    assert not rests(tmp_path)


def test_rests_of_killed_writes_go_with_the_next_write(tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
from tpgraph.files import atomic
with atomic(Path({str(tmp_path / "f")!r})) as file:
    file.write(b"half")
    file.flush()
    print("now", flush=True)
    {{}}
"""
    killed = script.format("os.kill(os.getpid(), signal.SIGKILL)")
    subprocess.run([sys.executable, "-c", killed], check=False, stdout=subprocess.PIPE)
    assert len(rests(tmp_path)) == 1
    writing = subprocess.Popen(
        [sys.executable, "-c", script.format("input()")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert writing.stdin is not None
    assert writing.stdout is not None
    writing.stdout.readline()
    write_bytes(tmp_path / "g", b"")
    assert len(rests(tmp_path)) == 1, "the write that goes on keeps its part"
    writing.communicate(b"\n")
    assert (tmp_path / "f").read_bytes() == b"half"
    remove_rests(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f", "g"]


def test_names_as_long_as_the_system_allows(tmp_path: Path) -> None:
    write_bytes(tmp_path / ("n" * 255), b"x")
    with pytest.raises(TPError, match=r"cannot be the name of a file(?s:.*)255 bytes"):
        require_file(tmp_path / ("n" * 256))


def test_what_is_set_aside_is_never_lost(tmp_path: Path) -> None:
    for content in ("one", "two", "three"):
        (tmp_path / "r").write_text(content)
        set_aside(tmp_path / "r")
    found = {p.name: p.read_text() for p in tmp_path.iterdir()}
    assert found == {"r.damaged": "one", "r.damaged1": "two", "r.damaged2": "three"}


def test_a_place_is_held_by_one_until_it_dies(tmp_path: Path) -> None:
    script = f"""
import os, time
from pathlib import Path
from tpgraph.locks import alone
with alone(Path({str(tmp_path)!r})):
    child = os.fork()
    os.write(1, b"%d\\n" % child)  # at once, so that the two lines stay apart
    time.sleep(60)
"""
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    with holder.stdout as told:
        child = max(int(told.readline()), int(told.readline()))  # both are there, and let go
    said = rf"in use by another run \(process {holder.pid}\)"
    with pytest.raises(TPError, match=said), alone(tmp_path):
        pass
    holder.kill()
    holder.wait()
    with alone(tmp_path):  # although the child that it left behind lives
        assert (tmp_path / ".tpgraph.lock").exists()
        with pytest.raises(TPError, match="in use"), alone(tmp_path):
            pass
    os.kill(child, signal.SIGKILL)
    assert list(tmp_path.iterdir()) == []
    with alone(tmp_path / "results.sqlite"):
        assert [p.name for p in tmp_path.iterdir()] == [".results.sqlite.lock"]
