"""What a command line needs beyond the programs: files written whole or not at all, errors as data.

Programs that use tpgraph as a library have their own ways for these.
"""

from __future__ import annotations

from tpgraph.errors import Source, on_one_line
from tpgraph.files import as_path, make_directory, require_file, require_folder, write_bytes
from tpgraph.program.near_names import nearest
from tpgraph.program.report import error_entry
from tpgraph.shown import quantity

__all__ = [
    "Source",
    "as_path",
    "error_entry",
    "make_directory",
    "nearest",
    "on_one_line",
    "quantity",
    "require_file",
    "require_folder",
    "write_bytes",
]
