"""The folder of a study's results: held by one run, begun or gone on with, results in one store.

    with held(out) as folder, results(folder, "drift.sqlite", STUDY) as store:
        outcome = run_sweep(sweep, store)
        for place, found in sweep.results(store): …

`out` means the same in every study: the folder, which is made; None keeps results in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tpgraph.files import make_directory, remove_rests
from tpgraph.locks import alone
from tpgraph.study.manifest import Manifest
from tpgraph.study.store import Store

__all__ = ["held", "results"]


@contextmanager
def held(
    out: str | Path | None, manifest: Manifest | None = None, resume: bool = False
) -> Iterator[Path | None]:
    """A folder for this run alone, if there is one, and if what it holds fits the manifest.

    What writes that were killed left there is removed. Raises TPError where another run uses it.
    """
    if out is None:
        yield None
        return
    folder = Path(out)
    if manifest is not None and not folder.exists():
        manifest.require_fitting(folder, resume)  # what is refused makes no folder
    make_directory(folder)
    with alone(folder):
        if manifest is not None:
            manifest.require_fitting(folder, resume)
        remove_rests(folder)
        yield folder


def results(folder: Path | None, name: str, study: str) -> Store:
    """The store of this name in a folder that is held; in memory without one."""
    return Store(Path(":memory:") if folder is None else folder / name, study)
