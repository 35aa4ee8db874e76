"""tpgraph: write a Tensor Program, see it, run it, take its infinite-width limit.

    import tpgraph as tp
    p = tp.load("mlp.tp")
    tp.draw(p, "mlp.svg")
    m = tp.compile(p)

The public names are in `__init__.pyi`. They are loaded when they are first used, so that
`import tpgraph` costs nothing.
"""

from importlib import import_module

import lazy_loader

from tpgraph.reader import set_reader
from tpgraph.viewer import set_viewer

_OF_SHELL = frozenset(("error_entry", "make_directory", "write_bytes"))
"""What was public before `tpgraph.shell` was: it resolves, and is not listed."""

_loaded, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name):
    if name == "__version__":
        return import_module("importlib.metadata").version("tpgraph")
    if name in _OF_SHELL:
        return getattr(import_module("tpgraph.shell"), name)
    return _loaded(name)


set_viewer(lambda program: _loaded("draw")(program).svg)
set_reader(lambda given: import_module("tpgraph.gallery").read(given))
