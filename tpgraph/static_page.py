"""A page of one file: no script, and nothing that is asked for elsewhere."""

from __future__ import annotations

from html import escape

__all__ = ["static_page"]


def static_page(title: str, style: str, body: str) -> str:
    """The HTML document; `title` is plain text, `body` markup in which all text is escaped.

    Its Content-Security-Policy lets pictures stand in it as data; nothing else is loaded or run.
    """
    return _PAGE.format(title=escape(title), style=style, body=body)


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" \
content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><title>{title}</title>
<style>{style}</style></head><body>
{body}
</body></html>
"""
