"""What may stand above the header of a CSV file: blank lines, comments, Excel's `sep=;`."""

from __future__ import annotations

import io
import re
from itertools import chain, pairwise

from tpgraph.training.csv_faults import is_number

__all__ = ["DELIMITERS", "lines_above"]

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEPARATOR = re.compile(r'"?sep=(\W)"?', re.IGNORECASE)


def lines_above(text: str) -> tuple[int, str | None]:
    r"""How many lines stand above the header, and the separator that one of them names.

    A line behind `#` is a comment, unless numbers stand below it in as many cells: then it is the
    header, as `numpy.savetxt` writes it.

    >>> lines_above("sep=;\na;b\n1;2"), lines_above("# of May\na,b\n1,2")
    ((1, ';'), (1, None))
    >>> lines_above("# a,b\n1,2")
    (0, None)
    """
    lines = (line.rstrip("\r\n") for line in io.StringIO(text, newline="\n"))
    separator = None
    for number, (line, below) in enumerate(pairwise(chain(lines, [""]))):
        named = _SEPARATOR.fullmatch(line)
        if named is not None and separator is None:
            separator = named[1]
        elif line.strip() and not (line.startswith("#") and _is_comment(line, below)):
            return number, separator
    return 0, None


def _is_comment(line: str, below: str) -> bool:
    delimiter = max(DELIMITERS, key=below.count)
    cells = below.split(delimiter)
    is_header = line.count(delimiter) == below.count(delimiter) and any(map(is_number, cells))
    return not is_header
