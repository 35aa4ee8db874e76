"""What is done once, before the processes of sessions are begun as copies of one.

To be imported there alone: by the process that is copied. All modules of a session are loaded, the
tables of the language made; what is there by then is never looked at by the collector of garbage,
which would copy it page by page into every process.
"""

from __future__ import annotations

import gc

from tpgraph.editor.session import Session
from tpgraph.notation.engines.engine import get_engine

__all__ = ["prepare"]

_TEXT = """program every_statement
width n
dim d = 2  # and a comment
const L = 2
fn φ(z) = tanh(z)
data ξ : d
target y : d
param W[1] : n × d ~ N(0, 1) scale sqrt(2)
matrix W[2..L] : n × n ~ N(0, 1)
param V : d × n ~ N(0, 1)
scalar s = 0.5
x[1] = φ(W[1] ξ)
for l in 2..L:
    x[l] = φ(W[l] x[l-1]) + s
f = V x[L]
output f
loss (f - y)^2 / 2
"""


def prepare() -> None:
    """Have everything ready but Graphviz, whose compiler keeps threads that no copy would have."""
    session = Session()
    session.answer({"op": "hover", "text": _TEXT, "at": 0})
    session.answer({"op": "select", "text": _TEXT})
    session.answer({"op": "complete", "text": _TEXT + "f", "at": len(_TEXT) + 1})
    get_engine("wasm")
    gc.collect()
    gc.freeze()


prepare()
