"""The report of a comparison of parametrizations as HTML, Markdown or LaTeX.

HTML is one file that asks for no other; Markdown and LaTeX have their pictures beside them. What
comes from a program is data: it is escaped in each.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from types import MappingProxyType
from typing import assert_never

from tpgraph.errors import TPDataError
from tpgraph.program.tex import prose
from tpgraph.static_page import static_page
from tpgraph.study.parametrizations.report_blocks import (
    Block,
    Heading,
    Image,
    Rows,
    Words,
    blocks_of,
)
from tpgraph.study.parametrizations.side_by_side import SideBySide
from tpgraph.study.phrases import Phrase

__all__ = ["REPORT_FORMATS", "parametrization_report"]


def parametrization_report(found: SideBySide, path: str | Path) -> dict[Path, bytes]:
    """The files of the report: the one at `path`, by its ending, and the pictures that it names.

    Raises TPDataError for another ending than those of `REPORT_FORMATS`.
    """
    target = Path(path)
    made = REPORT_FORMATS.get(target.suffix.lower())
    if made is None:
        raise TPDataError(
            f"{target} is no name for a report", expected=f"an ending {', '.join(REPORT_FORMATS)}"
        )
    return made([*blocks_of(found)], target)


def _html(blocks: Sequence[Block], target: Path) -> dict[Path, bytes]:
    title = next(block.text for block in blocks if isinstance(block, Heading))
    body = "\n".join(map(_html_block, blocks))
    return {target: static_page(title, _STYLE, body).encode()}


def _html_block(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Words(text):
            return f"<p>{escape(str(text))}</p>"
        case Rows(head, rows):
            lines = [_html_row("th", head), *(_html_row("td", row) for row in rows)]
            return f"<div><table>{''.join(lines)}</table></div>"
        case Image(_, caption, content):
            data = base64.b64encode(content("svg")).decode()
            shown = f'<img alt="{escape(caption)}" src="data:image/svg+xml;base64,{data}">'
            return f"<figure>{shown}<figcaption>{escape(caption)}</figcaption></figure>"
        case _:
            assert_never(block)


def _html_row(tag: str, cells: Iterable[Phrase]) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"


def _markdown(blocks: Sequence[Block], target: Path) -> dict[Path, bytes]:
    parts = [
        f"![{_plain(block.caption)}](<{_beside(target, block, 'svg').name}>)"
        if isinstance(block, Image)
        else _markdown_block(block)
        for block in blocks
    ]
    return _with_pictures(parts, blocks, target, "svg")


def _with_pictures(
    parts: Iterable[str], blocks: Iterable[Block], target: Path, kind: str
) -> dict[Path, bytes]:
    """A text of these parts, and the pictures among the blocks in files of their own."""
    images = [block for block in blocks if isinstance(block, Image)]
    files = {_beside(target, image, kind): image.content(kind) for image in images}
    return {target: ("\n\n".join(parts) + "\n").encode(), **files}


def _markdown_block(block: Heading | Words | Rows) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {_plain(text)}"
        case Words(text):
            return _plain(str(text))
        case Rows(head, rows):
            lines = [[_plain(str(cell)) for cell in row] for row in (head, *rows)]
            lines.insert(1, ["---"] * len(head))
            return "\n".join(f"| {' | '.join(line)} |" for line in lines)
        case _:
            assert_never(block)


def _plain(text: str) -> str:
    r"""Text of which Markdown takes nothing for a sign of its own.

    >>> _plain("x_1 <b> a|b")
    'x\\_1 \\<b\\> a\\|b'
    """
    return re.sub(r"([\\`*_\[\]<>|#~&])", r"\\\1", text)


def _latex(blocks: Sequence[Block], target: Path) -> dict[Path, bytes]:
    parts = [
        _latex_image(_beside(target, block, "pdf").name, block.caption)
        if isinstance(block, Image)
        else _latex_block(block)
        for block in blocks
    ]
    return _with_pictures([_LATEX_HEAD, *parts, r"\end{document}"], blocks, target, "pdf")


def _latex_image(name: str, caption: str) -> str:
    shown = rf"\fitted{{\includegraphics{{\detokenize{{{name}}}}}}}"
    return rf"\begin{{center}}{shown}\\ {prose(caption)}\end{{center}}"


def _latex_block(block: Heading | Words | Rows) -> str:
    match block:
        case Heading(text, level):
            return rf"\{'section' if level == 1 else 'subsection'}*{{{prose(text)}}}"
        case Words(text):
            return _tex(text)
        case Rows(head, rows):
            lines = [" & ".join(map(_tex, line)) + r" \\" for line in (head, *rows)]
            lines.insert(1, r"\hline")
            columns = "l" * len(head)
            table = "\n".join([rf"\begin{{tabular}}{{{columns}}}", *lines, r"\end{tabular}"])
            return rf"\fitted{{{table}}}"
        case _:
            assert_never(block)


def _tex(written: Phrase) -> str:
    r"""Words as text, formulas between dollars; a `[` in front is no argument of the line before.

    >>> print(_tex(Phrase(("size of x_1 ± 0",))))
    size of x\_1 $\pm $ 0
    """
    pieces = [prose(p) if isinstance(p, str) else f"${p.latex}$" for p in written.pieces]
    text = "".join(pieces)
    return f"{{}}{text}" if text.startswith("[") else text


def _beside(target: Path, image: Image, kind: str) -> Path:
    return target.with_name(f"{target.stem}-{image.name}.{kind}")


REPORT_FORMATS: Mapping[str, Callable[[Sequence[Block], Path], dict[Path, bytes]]] = (
    MappingProxyType({".html": _html, ".md": _markdown, ".tex": _latex})
)
"""How each ending of a report is written."""

_STYLE = """
body { max-width: 60em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; }
div { overflow-x: auto; } figure { margin: 1em 0; } img { max-width: 100%; background: white; }
figcaption { font-size: 14px; }
table { border-collapse: collapse; font-size: 14px; }
td, th { padding: .2em 1em .2em 0; text-align: left; vertical-align: top; }
tr + tr td { border-top: 1px solid #ddd; }
@media (prefers-color-scheme: dark) { body { background: #1b1b1b; color: #ddd; } }
"""

_LATEX_HEAD = r"""\documentclass{article}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath, amssymb, graphicx}
\setlength{\parindent}{0pt}\setlength{\parskip}{6pt}
\renewcommand{\arraystretch}{1.2}\newsavebox{\held}
\newcommand{\fitted}[1]{\sbox{\held}{#1}\ifdim\wd\held>\linewidth
  \resizebox{\linewidth}{!}{\usebox{\held}}\else\usebox{\held}\fi}
\begin{document}"""
