"""Pictures carry their program: what painters write, `extract_program` reads."""

from __future__ import annotations

import io
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from damage import damaged
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tpgraph.embedded import MARK, NAMESPACE, extract_program, png_text
from tpgraph.notation.painters.canvas import to_pdf, to_png
from tpgraph.notation.painters.svg import to_svg
from tpgraph.notation.painters.tikz import to_tikz
from tpgraph.notation.scene.scene import Scene
from tpgraph.notation.scene.shapes import vector

SCENE = Scene((vector("h", "G", 0, 0),), title="ξ")
Painter = Callable[[str | None], bytes]
PAINTERS: dict[str, Painter] = {
    "svg": lambda source: to_svg(SCENE, source=source).encode(),
    "pdf": lambda source: to_pdf(SCENE, source=source),
    "png": lambda source: to_png(SCENE, dpi=30, source=source),
    "tikz": lambda source: to_tikz(SCENE, source=source).encode(),
    "tikz picture": lambda source: to_tikz(SCENE, standalone=False, source=source).encode(),
}
PROGRAM = "program mlp  # φ\nwidth n\n\nmatrix W : n × n ~ N(0, 1)\nh̃ = W' φ(x)\n"
AWKWARD = (
    *("", "\n", "a (b\\) \\( ((", "]]> & <x> &amp; \"'", "endobj\ntrailer /Info 1 0 R", "𝔼 中 ξ̃"),
    *(" lead\n\n  and trail ", "%| x", f"{MARK}\n", "\\101\\n"),
)
NOT_IN_TIKZ = ("a\r\nb\rc", "tab\tbell\a null\0 feed\f", "\u2028\x85\ufffe")


@pytest.mark.parametrize("name", PAINTERS)
@pytest.mark.parametrize("source", [PROGRAM, *AWKWARD])
def test_the_program_comes_back(name: str, source: str) -> None:
    assert extract_program(PAINTERS[name](source)) == source


@pytest.mark.parametrize("name", ["svg", "pdf", "png"])
@pytest.mark.parametrize("source", NOT_IN_TIKZ)
def test_control_characters_come_back(name: str, source: str) -> None:
    assert extract_program(PAINTERS[name](source)) == source


@pytest.mark.parametrize("name", ["svg", "png"])
def test_what_utf8_lacks_comes_back(name: str) -> None:
    source = "a lone \ud800 of JSON"
    assert extract_program(PAINTERS[name](source)) == source


@pytest.mark.parametrize("name", ["svg", "pdf", "png"])
@given(source=st.text())
def test_any_text_comes_back(name: str, source: str) -> None:
    assert extract_program(PAINTERS[name](source)) == source


@pytest.mark.parametrize("name", PAINTERS)
def test_a_picture_without_program_has_none(name: str) -> None:
    assert extract_program(PAINTERS[name](None)) is None


@pytest.mark.parametrize("name", PAINTERS)
def test_the_bytes_are_the_same_every_time(name: str) -> None:
    assert PAINTERS[name](PROGRAM) == PAINTERS[name](PROGRAM)


def test_svg_keeps_the_text_readable() -> None:
    text = to_svg(SCENE, source=PROGRAM)
    assert "h̃ = W' φ(x)" in text
    metadata = ET.fromstring(text).find("{http://www.w3.org/2000/svg}metadata")
    assert metadata is not None
    assert metadata.get("id") == "tpgraph-program"
    assert [child.tag for child in metadata] == [f"{{{NAMESPACE}}}program"]


@pytest.mark.parametrize(
    ("name", "tool"),
    [
        pytest.param("svg", "rsvg-convert", marks=pytest.mark.needs("rsvg-convert")),
        pytest.param("pdf", "pdftoppm", marks=pytest.mark.needs("pdftoppm")),
    ],
)
def test_the_picture_is_the_same(name: str, tool: str, tmp_path: Path) -> None:
    images = []
    for source in (None, PROGRAM):
        (tmp_path / f"a.{name}").write_bytes(PAINTERS[name](source))
        extra = ["-png"] if name == "pdf" else []
        command = [tool, *extra, f"a.{name}"]
        images.append(subprocess.run(command, cwd=tmp_path, capture_output=True, check=True).stdout)
    assert images[0] == images[1]


@pytest.mark.needs("pdfinfo")
def test_other_programs_read_the_pdf(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(to_pdf(SCENE, source=PROGRAM))
    done = subprocess.run(["pdfinfo", "a.pdf"], cwd=tmp_path, capture_output=True, check=True)
    assert done.stderr == b""
    assert "φ(x)" in done.stdout.decode()


def test_other_programs_read_the_png_and_pack_it() -> None:
    with Image.open(io.BytesIO(to_png(SCENE, source=PROGRAM))) as image:
        assert PROGRAM in image.text[MARK]  # type: ignore[attr-defined]
        for text in (PROGRAM, "width n\n"):  # iTXt, and zTXt
            info = PngInfo()
            info.add_text(MARK, png_text(text)[MARK], zip=True)
            packed = io.BytesIO()
            image.save(packed, "PNG", pnginfo=info)
            assert text.encode() not in packed.getvalue()
            assert extract_program(packed.getvalue()) == text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x89PNG\r\n\x1a\n",
        b"\x89PNG\r\n\x1a\n\xff\xff\xff\xfftEXt",
        b"\x89PNG\r\n\x1a\n\0\0\0\x13zTXttpgraph program\0\0!!\0\0\0\0",
        b"\x89PNG\r\n\x1a\n\0\0\0\x12iTXttpgraph program\0\0\0\0\0\0\0",
        b"%PDF-1.4",
        b"%PDF-1.4\n1 0 obj << /Keywords (mine) >> endobj trailer << /Info 1 0 R >>",
        b"%PDF-1.4\n1 0 obj << /Keywords (tpgraph program\\nopen",
        b"%PDF-1.4\n1 0 obj << /Keywords (\xfe\xff\x00) >> endobj trailer << /Info 1 0 R >>",
        f'<svg><program xmlns="{NAMESPACE}">'.encode(),
        f'<svg><program xmlns="{NAMESPACE}" encoding="base64">!</program></svg>'.encode(),
        f'<svg title="{NAMESPACE}"></svg>'.encode(),
        b"<svg></svg>",
        b"\xff\xfe\x00",
        b"program mlp\n",
    ],
)
def test_what_is_damaged_or_foreign_has_no_program(data: bytes) -> None:
    assert extract_program(data) is None


def test_the_last_information_dictionary_counts() -> None:
    data = to_pdf(SCENE, source="old")
    update = b"\n99 0 obj\n<< /Keywords (tpgraph program\\012n\\145w \\(1\\)) >>\nendobj\n"
    assert extract_program(data + update + b"trailer << /Info 99 0 R >>") == "new (1)"


def test_a_changed_byte_is_noticed() -> None:
    data = to_pdf(SCENE, source="program one")
    assert extract_program(data.replace(b"one", b"two")) is None
    assert extract_program(re.sub(rb"/Keywords", b"/Keyworks", data)) is None


@pytest.mark.parametrize("name", PAINTERS)
def test_a_damaged_picture_has_its_program_or_none(name: str) -> None:
    content = PAINTERS[name](PROGRAM)
    others = damaged(content, 400)
    start = content.find(b"width" if name != "pdf" else b"Keywords")
    for k in range(start, start + 40):
        others.append(content[:k] + bytes([content[k] ^ 1]) + content[k + 1 :])
    found = [extract_program(other) for other in others]
    same = "\n".join(line.rstrip() for line in PROGRAM.split("\n"))
    assert {text for text in found if text is not None} <= {PROGRAM, same}
    assert found.count(None) > 40


def test_pictures_of_old_have_no_checksum() -> None:
    for name, checksum in (("svg", rb' sha256="[0-9a-f]{64}"'), ("tikz", rb" % sha256 .{64}\n")):
        old, count = re.subn(checksum, b"", PAINTERS[name](PROGRAM))
        assert (count, extract_program(old)) == (1, PROGRAM)
    update = b"\n99 0 obj\n<< /Keywords (tpgraph program\\012old) >>\nendobj\n"
    old = PAINTERS["pdf"](PROGRAM) + update + b"trailer << /Info 99 0 R >>"
    assert extract_program(old) == "old"


def test_line_ends_and_spaces_at_line_ends_are_no_damage() -> None:
    source = "width n  \nvector u : n ~ N(0, 1)\t\n"
    for name in ("svg", "tikz"):
        content = PAINTERS[name](source)
        stripped = b"\n".join(line.rstrip() for line in content.split(b"\n"))
        assert extract_program(stripped) == "width n\nvector u : n ~ N(0, 1)\n"
        text = extract_program(stripped.replace(b"\n", b"\r\n"))
        assert text is not None
        assert text.split() == source.split()
