"""Python identifiers for the names of a program.

    h       ↦ h            h[1] ↦ h_1         h[1,2] ↦ h_1_2
    h[-1]   ↦ h_m1         h~2  ↦ h__2        ξ      ↦ ξ

A name that is taken (by Python, numpy, the generated module or an earlier name) gets `_` behind it.
"""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Iterable

from tpgraph.program import split_name

__all__ = ["IN_FORMULAS", "Identifiers", "identifier"]

IN_FORMULAS = frozenset(["np", "DTYPE", "erf", "sigmoid", "silu", "gelu", "leaky_relu"])
"""Global names of generated code that formulas use."""

_MODULE = (
    "WIDTHS DATA TARGETS TRAINABLE params widths seed rng lr rate loss grads steps"
    " factor init forward backward sgd_step run variables t z name step values normal"
)
RESERVED = frozenset(
    {*IN_FORMULAS, *_MODULE.split(), *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
)
"""Identifiers that no variable of a program may take in generated code."""


def identifier(name: str) -> str:
    """The identifier of a name, before clashes are resolved.

    >>> [identifier(name) for name in ("h[1]", "h[-1]", "h[1,2]~3", "ξ")]
    ['h_1', 'h_m1', 'h_1_2__3', 'ξ']
    """
    base, index, temporary = split_name(name)
    text = unicodedata.normalize("NFKC", base)
    for i in index:
        text += f"_m{-i}" if i < 0 else f"_{i}"
    if temporary is not None:
        text += f"__{temporary}"
    if not text.isidentifier():
        text = re.sub(r"\W", "_", text)
    return text if text.isidentifier() and text[0] != "_" else f"v_{text}"


class Identifiers:
    """Distinct identifiers, given out in order: the same names get the same ones."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(RESERVED)
        self._taken.update(taken)

    def take(self, name: str, derived: Iterable[str] = ()) -> str:
        """A free identifier for `name`; its forms `derived` (format texts) are taken with it.

        >>> names = Identifiers()
        >>> names.take("h[1]"), names.take("h_1"), names.take("lr")
        ('h_1', 'h_1_', 'lr_')
        """
        text = identifier(name)
        forms = ("{0}", *derived)
        while any(form.format(text) in self._taken for form in forms):
            text += "_"
        self._taken.update(form.format(text) for form in forms)
        return text
