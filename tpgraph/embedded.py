"""The text of a program inside a picture of it: written by the painters, read by `extract_program`.

SVG     <metadata id="tpgraph-program"> with one element `program` of the namespace NAMESPACE,
        its text escaped; base64 with encoding="base64" where XML could not keep the text
PDF     the document's Keywords: the line MARK, then the text
TikZ    comments that begin with `%|`, in EPS as well
PNG     a text chunk of the keyword MARK: its first line `sha256 …`, then the text, or with
        `base64` behind the checksum, where UTF-8 could not keep the text, that of its bytes
HTML    <script type="application/json" id="tpgraph-program"> with {"sha256": …, "text": …}, in
        which nothing of a text can end the element

With each goes the checksum of the text, without spaces at the ends of its lines: `sha256` of the
element or object, behind MARK, in the first line, and a comment ` % sha256 …`. A text of another
checksum is none; one without checksum is taken as it is, but in PNG.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import hashlib
import json
import re
import struct
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from html import escape

__all__ = [
    "MARK",
    "NAMESPACE",
    "as_xml",
    "extract_program",
    "html_data",
    "html_program",
    "is_picture",
    "pdf_keywords",
    "png_text",
    "svg_metadata",
    "tikz_comments",
]

NAMESPACE = "urn:tpgraph:program:1"
MARK = "tpgraph program"

_TIKZ_MARK = "%|"
_TIKZ_SUM = " % sha256 "
"""Two bytes away from a line of the text, so that one bad byte makes it none."""
_NO_XML = (
    *(set(range(0x20)) - {*map(ord, "\t\n\r")}), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF
)  # fmt: skip
_FOR_XML = dict.fromkeys(_NO_XML, "\N{REPLACEMENT CHARACTER}")
_HEAD = 4096  # bytes in which the root of an SVG stands
_HTML = re.compile(rb"\s*<!doctype html", re.IGNORECASE)
_DATA = '<script type="application/json" id="{}">'
_PROGRAM = "tpgraph-program"
_INFO = re.compile(rb"/Info\s{1,9}(\d{1,10})\s{1,9}(\d{1,5})\s{1,9}R\b")
_KEYWORDS = re.compile(rb"/Keywords\s{0,9}\(")
_ESCAPE = re.compile(rb"\\(?:([0-7]{1,3})|(\r\n|.))|\r\n?", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_ESCAPED |= {b"\n": b"", b"\r": b"", b"\r\n": b""}
_PNG = b"\x89PNG\r\n\x1a\n"
_LARGEST = 2**26
"""Bytes of a text that a chunk may expand to."""


def as_xml(text: str) -> str:
    r"""The text with a sign in place of each character that no XML document can hold.

    >>> as_xml("a\x00b") == "a\N{REPLACEMENT CHARACTER}b"
    True
    """
    return text.translate(_FOR_XML)


def svg_metadata(source: str) -> str:
    """The <metadata> element that holds a program's text."""
    if "\r" in source or as_xml(source) != source:
        data = base64.b64encode(source.encode("utf-8", "surrogatepass")).decode()
        content, encoding = data, ' encoding="base64"'
    else:
        content, encoding = escape(source, quote=False), ""
    return (
        f'<metadata id="tpgraph-program"><program xmlns="{NAMESPACE}"{encoding} '
        f'sha256="{_checksum(source)}" xml:space="preserve">{content}</program></metadata>'
    )


def pdf_keywords(source: str) -> str:
    """The value of a PDF's Keywords that holds a program's text."""
    return f"{MARK} sha256 {_checksum(source)}\n{source}"


def png_text(source: str) -> dict[str, str]:
    """The text chunks of a PNG that hold a program's text, by their keywords."""
    head = f"sha256 {_checksum(source)}"
    try:
        source.encode("utf-8")
    except UnicodeEncodeError:
        data = base64.b64encode(source.encode("utf-8", "surrogatepass")).decode()
        return {MARK: f"{head} base64\n{data}"}
    return {MARK: f"{head}\n{source}"}


def tikz_comments(source: str) -> Iterator[str]:
    """Comments that hold a program's text; TeX would end one at a lone carriage return as well."""
    lines = re.split(r"\r\n?|\n", source)
    yield f"{_TIKZ_SUM}{_checksum(source)}"
    for line in lines:
        yield f"{_TIKZ_MARK} {line}"


def html_program(source: str) -> str:
    """The element of a page that holds a program's text."""
    return html_data(_PROGRAM, {"sha256": _checksum(source), "text": source})


def html_data(name: str, data: object) -> str:
    """An element of a page that holds data as JSON; nothing of them is read as markup.

    >>> html_data("a", "</script>").count("</script>")
    1
    """
    text = json.dumps(data, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return f"{_DATA.format(name)}{text}</script>"


def is_picture(data: bytes) -> bool:
    """Whether a file is a picture (PDF, PNG, EPS, SVG, TikZ, HTML), with a program or without.

    >>> is_picture(b"%PDF-1.4"), is_picture(b"program mlp")
    (True, False)
    """
    if data.startswith((b"%PDF-", b"%!PS", b"\x89PNG")) or _HTML.match(data):
        return True
    head = data[:_HEAD].lstrip()
    return (head.startswith(b"<") and b"<svg" in head) or (
        head.startswith((b"%", b"\\")) and (b"\\begin{" in data or b"\\tikz" in data)
    )


def extract_program(data: bytes) -> str | None:
    """The program's text in an SVG, PDF, PNG, EPS, TikZ or HTML that tpgraph has made, or None.

    What is damaged, by the text's own checksum too, or was made by others has none.
    """
    if data.startswith(b"%PDF-"):
        return _from_pdf(data)
    if data.startswith(_PNG):
        return _from_png(data)
    if _HTML.match(data):
        return _from_html(data)
    if b"<svg" in data and NAMESPACE.encode() in data:
        return _from_svg(data)
    return _from_tikz(data)


def _from_svg(data: bytes) -> str | None:
    try:
        found = ET.fromstring(data).find(f".//{{{NAMESPACE}}}program")
        if found is None:
            return None
        text = found.text or ""
        if found.get("encoding") == "base64":
            text = base64.b64decode(text, validate=True).decode("utf-8", "surrogatepass")
    except (ET.ParseError, binascii.Error, ValueError):
        return None
    return _whole(text, found.get("sha256"))


def _from_html(data: bytes) -> str | None:
    _, found, rest = data.partition(_DATA.format(_PROGRAM).encode())
    try:
        content = json.loads(rest.partition(b"</script>")[0])
    except (ValueError, RecursionError):
        return None
    if not found or not isinstance(content, dict):
        return None
    text, checksum = content.get("text"), content.get("sha256")
    return _whole(text, checksum) if isinstance(text, str) and checksum is not None else None


def _from_pdf(data: bytes) -> str | None:
    """From the information dictionary, which the last trailer names."""
    named = list(_INFO.finditer(data))
    if not named:
        return None
    head = rb"(?:^|\s)%s\s{1,9}%s\s{1,9}obj\b" % named[-1].groups()
    keywords = None
    if (start := re.search(head, data)) and (key := _KEYWORDS.search(data, start.end())):
        keywords = _pdf_text(data, key.end())
    first, newline, text = (keywords or "").partition("\n")
    mark, _, checksum = first.partition(" sha256 ")
    return _whole(text, checksum or None) if newline and mark == MARK else None


def _pdf_text(data: bytes, start: int) -> str | None:
    """The literal string whose first byte after the parenthesis is at `start`."""
    depth, end = 1, start
    for match in re.finditer(rb"\\.|[()]", data[start:], re.DOTALL):
        depth += {b"(": 1, b")": -1}.get(match.group(), 0)
        if depth == 0:
            end = start + match.start()
            break
    else:
        return None
    raw = _ESCAPE.sub(_unescaped, data[start:end])
    try:
        if raw.startswith(codecs.BOM_UTF16_BE):
            return raw[2:].decode("utf-16-be", "surrogatepass")
        return raw.decode("ascii")
    except UnicodeDecodeError:
        return None


def _unescaped(match: re.Match[bytes]) -> bytes:
    octal, character = match.groups()
    if octal is not None:
        return bytes([int(octal, 8) & 0xFF])
    return b"\n" if character is None else _ESCAPED.get(character, character)


def _from_png(data: bytes) -> str | None:
    """From the first chunk of text with the keyword; programs that pack PNGs may have packed it."""
    for kind, content in _chunks(data):
        keyword, _, rest = content.partition(b"\0")
        if kind not in (b"tEXt", b"zTXt", b"iTXt") or keyword != MARK.encode():
            continue
        try:
            first, newline, text = _text_of_chunk(kind, rest).partition("\n")
            label, _, checksum = first.partition(" ")
            if checksum.endswith(" base64"):
                checksum = checksum.removesuffix(" base64")
                text = base64.b64decode(text, validate=True).decode("utf-8", "surrogatepass")
        except (ValueError, zlib.error):
            return None
        return _whole(text, checksum) if newline and label == "sha256" else None
    return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of every whole chunk of a PNG."""
    at = len(_PNG)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + length > len(data):
            return
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length


def _text_of_chunk(kind: bytes, content: bytes) -> str:
    """What stands behind the keyword. Raises ValueError and zlib.error for what is no text."""
    if kind == b"tEXt":
        return content.decode("latin-1")
    if kind == b"zTXt":
        return _unpacked(content[1:]).decode("latin-1")
    _, _, text = content[2:].split(b"\0", 2)  # behind language and translated keyword
    is_packed = content[:1] == b"\1"
    return (_unpacked(text) if is_packed else text).decode("utf-8")


def _unpacked(content: bytes) -> bytes:
    return zlib.decompressobj().decompress(content, _LARGEST)


def _from_tikz(data: bytes) -> str | None:
    try:
        lines = data.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        return None
    sums = [line.removeprefix(_TIKZ_SUM).strip() for line in lines if line.startswith(_TIKZ_SUM)]
    kept = [
        line.removeprefix(_TIKZ_MARK).removeprefix(" ")
        for line in lines
        if line.startswith(_TIKZ_MARK)
    ]
    return _whole("\n".join(kept), sums[0] if sums else None) if kept else None


def _checksum(text: str) -> str:
    """The SHA-256 of what remains of a text in any file: line ends are one, and bare."""
    lines = (line.rstrip(" \t") for line in re.split(r"\r\n?|\n", text))
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()


def _whole(text: str, checksum: str | None) -> str | None:
    """The text, unless its checksum is another one; pictures of old have none."""
    return text if checksum is None or checksum == _checksum(text) else None
