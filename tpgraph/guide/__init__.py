"""The guide: pages of Markdown with programs, their pictures, commands and Python.

Each page stands here as a file; `.ci/guide.py` draws the pictures of its programs, and the tests
run every example. A block of a program says in its first line how it is drawn: ` ```tp show=io `.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from markdown_it import MarkdownIt

from tpgraph.errors import TPNameError
from tpgraph.program.near_names import did_you_mean

__all__ = ["STYLE", "Example", "Page", "page", "pages", "pictures"]

_ORDER = (
    "start", "language", "notation", "from-torch", "cookbook", "infinite-width", "mup", "training",
    "studies", "api",
)  # fmt: skip
_LINK = re.compile(r'(href=")([\w-]+)\.md(?=[#"])')

STYLE = """
body { max-width: 46em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; }
pre { background: #f4f4f2; padding: .7em 1em; overflow-x: auto; font-size: 14px; line-height: 1.4; }
img { max-width: 100%; background: white; }
table { border-collapse: collapse; } td, th { padding: .2em .8em .2em 0; vertical-align: top; }
th { text-align: left; } tr + tr td { border-top: 1px solid #ddd; }
nav { font-size: 14px; }
@media (prefers-color-scheme: dark) {
  body { background: #1b1b1b; color: #ddd; } pre { background: #2a2a2a; } a { color: #8ab4f8; }
}
"""
"""How the pages look."""


@dataclass(frozen=True)
class Example:
    """An example of a page: its language, its text, and what its first line says of it."""

    language: str
    text: str
    options: Mapping[str, str]


@dataclass(frozen=True)
class Page:
    """A page of the guide."""

    name: str
    text: str

    @property
    def title(self) -> str:
        """The heading of the page."""
        return self.text.partition("\n")[0].removeprefix("# ")

    def blocks(self) -> tuple[Example, ...]:
        """Its examples, in their order."""
        found = []
        for token in MarkdownIt("commonmark").parse(self.text):
            if token.type == "fence":
                language, *facts = token.info.split() or [""]
                pairs = (fact.partition("=") for fact in facts)
                options = MappingProxyType({key: value for key, _, value in pairs})
                found.append(Example(language, token.content, options))
        return tuple(found)

    def html(self, style: str | None = None) -> str:
        """The page as an HTML document beside the others and their pictures.

        `style` is the place of a file with `STYLE`, where it is not to stand in the page.
        """
        body = _LINK.sub(r"\1\2.html", MarkdownIt("commonmark").enable("table").render(self.text))
        links = " · ".join(f'<a href="{p.name}.html">{p.title}</a>' for p in pages())
        own = f'<link rel="stylesheet" href="{style}">'
        look = f"<style>{STYLE}</style>" if style is None else own
        return (
            f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>{self.title}</title>'
            f"{look}</head><body><nav>{links}</nav>\n"
            f"{body}</body></html>\n"
        )


def pages() -> tuple[Page, ...]:
    """Every page, in the order of reading."""
    return tuple(page(name) for name in _ORDER)


def page(name: str) -> Page:
    """The page of this name. Raises TPNameError if there is none.

    >>> page("start").title
    'Start in five minutes'
    """
    if name not in _ORDER:
        begun = [one for one in _ORDER if str(name) and one.startswith(str(name).lower())]
        raise TPNameError(
            f"the guide has no page {name!r}",
            expected=", ".join(_ORDER),
            mend=f"did you mean {begun[0]}?" if len(begun) == 1 else did_you_mean(name, _ORDER),
        )
    text = files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    return Page(name, text)


def pictures() -> Mapping[str, bytes]:
    """The pictures of the pages, by file name."""
    folder = files(__package__).joinpath("pictures")
    return {found.name: found.read_bytes() for found in sorted(folder.iterdir(), key=str)}
