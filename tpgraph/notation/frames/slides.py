r"""Frames as one file: a beamer slide with overlays, and a page for the browser.

A mark that appears in frame k is a ghost `\only<1-(k-1)>`, in colour `\only<k>` and in its own
look `\only<k+1->`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from operator import itemgetter

from tpgraph.embedded import html_program
from tpgraph.notation.painters.svg import SvgParts
from tpgraph.notation.painters.tikz import Painter, program_comments, require_length
from tpgraph.notation.painters.tikz_style import hex_digits
from tpgraph.notation.scene.display import MarkGroup, Picture
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scene import Label, PathOverlay, Scene
from tpgraph.notation.scene.style import Style

__all__ = ["path_key", "to_beamer", "to_html"]

_SLIDE = 420.0, 210.0  # bp, of a slide of 16 : 9 inside its margins

_OF_PATHS = "paths", "path-dots"

_LARGEST = 1.8  # beyond it the labels would be larger than a title

_HEAD = r"""\documentclass[aspectratio=169, hyperref={bookmarks=false}]{beamer}
\usepackage{amsmath, amssymb, tikz}
\usefonttheme[onlymath]{serif}
\setbeamertemplate{navigation symbols}{}
\setbeamersize{text margin left=4mm, text margin right=4mm}"""
_BODY = r"""\begin{document}
\begin{frame}
\centering"""
_TAIL = r"""\end{frame}
\end{document}"""


def to_beamer(
    scene: Scene,
    colored: Scene,
    ghosts: Scene,
    born: Mapping[str, int],
    captions: Sequence[Label],
    style: Style,
    *,
    source: str | None = None,
) -> str:
    r"""A beamer document whose slide has one overlay for each caption.

    `colored` is the scene with every mark in the colour of what is new, `ghosts` with every mark
    in that of what is to come; `born` says in which frame, from 0, a mark appears. Compiles with
    pdflatex and lualatex. Raises TPError as `to_tikz`.
    """
    page = picture(scene, style)
    require_length(page)
    painter = Painter(style)
    plain, bright, pale = (_named(painter, found, style) for found in (scene, colored, ghosts))
    body: list[str] = []
    for _, layer in groupby(plain, key=itemgetter(0)):
        keys = list(layer)
        for key in keys:
            if (birth := _birth(key, born)) and not _is_path(key):
                body += _only(f"1-{birth}", pale[key])
        for key in keys:
            new = plain if _is_path(key) else bright
            body += _timed(plain[key], new[key], _birth(key, born), len(captions))
    for k, caption in enumerate(captions, start=1):
        text = picture(Scene(labels=(caption,)), style).marks[0]
        assert isinstance(text, MarkGroup), "free labels stand in a group"
        body += _only(f"{k}", list(painter.layer(text))[1:])
    scale = min(_LARGEST, _SLIDE[0] / page.width, _SLIDE[1] / page.height)
    lines = [f"% {len(captions)} overlays, drawn by tpgraph", _HEAD]
    if style.background is not None:
        lines.append(rf"\definecolor{{tpSlide}}{{HTML}}{{{hex_digits(style.background)}}}")
        lines.append(r"\setbeamercolor{background canvas}{bg=tpSlide}")
    lines.append(_BODY)
    lines += [rf"\scalebox{{{scale:.4g}}}{{%", *painter.picture(page, body), "}", _TAIL]
    if source is not None:
        lines += program_comments(source)
    return "\n".join(lines) + "\n"


MarkKey = tuple[int, int, str, str]
"""Layer, position in it, and the names of a node (twice) or of an edge's ends."""


def _named(painter: Painter, scene: Scene, style: Style) -> dict[MarkKey, list[str]]:
    """The lines of a scene's parts, which name the same nodes in every version of the scene."""
    painter.names.clear()
    paths = [path_key(path) for path in scene.paths]
    return dict(_groups(painter, picture(scene, style), paths))


def path_key(path: PathOverlay) -> str:
    """What a path goes by among the names of marks, none of which has a space."""
    return f"path {path.id}"


def _is_path(key: MarkKey) -> bool:
    """Whether it is a path, which is no ghost before it is there."""
    return key[2].startswith("path ")


def _groups(
    painter: Painter, page: Picture, paths: Sequence[str]
) -> Iterator[tuple[MarkKey, list[str]]]:
    """The lines of every part of a picture; what has no name is always shown."""
    for i, layer in enumerate(page.marks):
        assert isinstance(layer, MarkGroup), "a picture consists of groups"
        if layer.kind not in ("gates", "variables", "edges", *_OF_PATHS):
            yield (i, 0, "", ""), list(painter.layer(layer))
            continue
        for j, part in enumerate(layer.marks):
            assert isinstance(part, MarkGroup), "nodes and edges are groups"
            if layer.kind in _OF_PATHS:
                yield (i, j, paths[j], paths[j]), list(painter.group(part))
                continue
            names = dict(part.data)
            a = names.get("id") or names["source"]
            yield (i, j, a, names.get("id") or names["target"]), list(painter.group(part))


def _birth(key: MarkKey, born: Mapping[str, int]) -> int:
    return max((born[name] for name in key[2:] if name), default=0)


def _timed(plain: list[str], bright: list[str], birth: int, count: int) -> Iterator[str]:
    if birth == 0:
        yield from plain
        return
    yield from _only(f"{birth + 1}", bright)
    if birth + 2 <= count:
        yield from _only(f"{birth + 2}-", plain)


def _only(when: str, lines: list[str]) -> Iterator[str]:
    yield rf"  \only<{when}>{{%"
    yield from lines
    yield "  }%"


def to_html(
    pictures: Sequence[SvgParts], title: str, style: Style, *, source: str | None = None
) -> str:
    """A page that shows one picture at a time; keys, buttons and a slider lead through them.

    The outlines of glyphs, which all pictures share, stand in it once; `source` is the program's
    text, which it carries.
    """
    shared: dict[str, None] = {}
    figures = []
    for index, parts in enumerate(pictures):
        shared |= dict.fromkeys(parts.outlines)
        hidden = "" if index == 0 else " hidden"
        shown = "\n".join((*parts.head, *parts.marks))
        figures.append(f"<figure{hidden}>\n{shown}\n</figure>")
    return _PAGE.format(
        title=escape(title or "Tensor Program"),
        count=len(pictures),
        background=style.background or style.paper,
        ink=style.ink,
        accent=style.path_color,
        outlines="\n".join(shared),
        figures="\n".join(figures),
        program="" if source is None else html_program(source) + "\n",
    )


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
html, body {{ height: 100%; margin: 0; }}
body {{ display: flex; flex-direction: column; background: {background}; color: {ink};
  font: 16px/1.4 system-ui, sans-serif; }}
main {{ flex: 1; min-height: 0; padding: 2vmin; }}
figure {{ width: 100%; height: 100%; margin: 0; }}
figure[hidden] {{ display: none; }}
figure svg {{ width: 100%; height: 100%; }}
nav {{ display: flex; gap: 1em; align-items: center; justify-content: center; padding: 0.8em; }}
button {{ font: inherit; color: inherit; background: none; border: 1px solid currentColor;
  border-radius: 4px; padding: 0.3em 1em; cursor: pointer; }}
button:disabled {{ opacity: 0.35; cursor: default; }}
input {{ accent-color: {accent}; width: 40%; }}
output {{ min-width: 5em; text-align: right; font-variant-numeric: tabular-nums; }}
</style>
</head>
<body>
<svg width="0" height="0" style="position: absolute" aria-hidden="true"><defs>
{outlines}
</defs></svg>
<main aria-live="polite">
{figures}
</main>
<nav>
<button id="previous" type="button">← Previous</button>
<input id="slider" type="range" min="1" max="{count}" value="1" aria-label="Frame">
<button id="next" type="button">Next →</button>
<output id="counter">1 / {count}</output>
</nav>
{program}<script>
const figures = document.querySelectorAll("figure");
const element = (id) => document.getElementById(id);
let shown = 0;
function show(k) {{
  shown = Math.max(0, Math.min(figures.length - 1, k));
  figures.forEach((figure, i) => {{ figure.hidden = i !== shown; }});
  element("slider").value = shown + 1;
  element("counter").textContent = `${{shown + 1}} / ${{figures.length}}`;
  element("previous").disabled = shown === 0;
  element("next").disabled = shown === figures.length - 1;
  history.replaceState(null, "", `#${{shown + 1}}`);
}}
const keys = {{
  ArrowRight: () => shown + 1, PageDown: () => shown + 1, " ": () => shown + 1,
  ArrowLeft: () => shown - 1, PageUp: () => shown - 1,
  Home: () => 0, End: () => figures.length - 1,
}};
document.addEventListener("keydown", (event) => {{
  if (!(event.key in keys) || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  show(keys[event.key]());
}});
element("previous").addEventListener("click", () => show(shown - 1));
element("next").addEventListener("click", () => show(shown + 1));
element("slider").addEventListener("input", (event) => show(event.target.value - 1));
const addressed = () => (parseInt(location.hash.slice(1), 10) || 1) - 1;
window.addEventListener("hashchange", () => show(addressed()));
show(addressed());
</script>
</body>
</html>
"""
