"""From the bytes of a file to the text of the program in it."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import BinaryIO

from tpgraph.bounds import BYTES
from tpgraph.embedded import extract_program, is_picture
from tpgraph.errors import Source, Span, TPDataError, TPSyntaxError
from tpgraph.files import as_path, unreadable
from tpgraph.language.acceptance import require_size

__all__ = ["read_program", "text_of"]

_FOREIGN = {
    ".csv": ("a table of data", "name the program's file, and this one by --data"),
    ".npz": ("a file of arrays", "name the program's file, and this one by --data"),
    ".npy": ("an array", "name the program's file"),
    ".py": ("Python code", "a PyTorch module becomes a program by: tpgraph import FILE.py:MODULE"),
    ".ipynb": ("a notebook", "write the program into a .tp file of its own"),
}
"""What files with other endings than a program's are, and what to do with them."""


def read_program(file: str | Path | BinaryIO) -> bytes:
    """The content of a program's file, or of a stream such as standard input.

    Raises TPDataError where it cannot be read, TPLimitError where it is larger than the language
    accepts; no more than that is read.
    """
    if not isinstance(file, str | Path):
        return _limited(file)
    path = as_path(file)
    try:
        require_size(path.stat().st_size)
        with path.open("rb") as stream:
            return _limited(stream)  # what is no regular file may have no end
    except OSError as error:
        found = unreadable(path, error)
        if found.mend is None and isinstance(error, FileNotFoundError) and path.name.isidentifier():
            found.mend = "a program of the gallery is tpgraph.gallery.entry(NAME).program()"
        raise found from None


def _limited(stream: BinaryIO) -> bytes:
    content = stream.read(BYTES.most + 1)
    require_size(len(content))
    return content


def text_of(content: bytes, name: str) -> str:
    """The text of a program: the file's own, without byte order mark, or what a picture carries.

    Raises TPDataError for a picture without a program and for a file that by its name is of
    another kind, TPSyntaxError for what is not UTF-8.
    """
    what, mend = _FOREIGN.get(Path(name).suffix.lower(), (None, None))
    if what is not None:
        raise TPDataError(
            f"{name} is {what}, not a program",
            expected="a .tp or .json program, or a picture with one",
            mend=mend,
        )
    if not is_picture(content):
        return _decoded(content.removeprefix(codecs.BOM_UTF8), name)
    text = extract_program(content)
    if text is None:
        raise TPDataError(
            f"{name} is a picture without a program in it, or with a damaged one",
            expected="a .tp file, or a picture by `tpgraph draw`, which carries its program",
        )
    return text


def _decoded(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        source = Source(name, before + "\ufffd")
        raise TPSyntaxError(
            f"the byte 0x{content[error.start]:02x} is not UTF-8",
            Span(source, len(before), len(before) + 1),
            "text in UTF-8",
            "save the file in the encoding UTF-8",
        ) from None
