"""What an import says where a module is no Tensor Program."""

from __future__ import annotations

import re
from pathlib import Path

from tpgraph.errors import Source, Span, TPError, TPImportError

__all__ = ["refusal", "refused_at", "user_line"]

_OTHERWISE = "write this part with other operations, or leave it out of the module"
_FRAME = re.compile(r'File "(?P<file>[^"]+)", line (?P<line>\d+)')


def refusal(message: str, mend: str | None = None, expected: str | None = None) -> TPImportError:
    """The module, or a part of it, is no Tensor Program."""
    return TPImportError(message, None, expected, mend)


def refused_at(error: TPError, module: str, operation: str, trace: str | None) -> TPError:
    """The error with module, operation and line of the user's source, where it has none yet."""
    if error.span is not None or " (in " in error.message:
        return error
    where = f" (in {module or 'forward'}, operation {operation})"
    mend = error.mend or _OTHERWISE
    return refusal(error.message + where, mend, error.expected).at(user_line(trace))


def user_line(trace: str | None) -> Span | None:
    """The last line of a trace that is not torch's own, as a place in its file."""
    found = [(m["file"], int(m["line"])) for m in _FRAME.finditer(trace or "")]
    own = [f for f in found if "/torch/" not in f[0].replace("\\", "/")]
    for name, number in reversed(own):
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        lines = text.splitlines(keepends=True)
        if not 0 < number <= len(lines):
            continue
        line = lines[number - 1]
        start = sum(map(len, lines[: number - 1])) + len(line) - len(line.lstrip())
        return Span(Source(name, text), start, start + len(line.strip()))
    return None
