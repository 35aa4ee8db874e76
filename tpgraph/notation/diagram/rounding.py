"""Constants in the texts of gates, rounded for reading."""

from __future__ import annotations

import re
from dataclasses import replace

from tpgraph.notation.diagram.diagram import Diagram, GateMark

__all__ = ["shortened"]

_LONG = re.compile(r"\d+\.\d{4,}")

_DIGITS = 4


def shortened(diagram: Diagram) -> Diagram:
    """Constants to four digits, as -2.0000000000000004 says no more than -2."""
    return replace(diagram, gates=tuple(map(_shortened, diagram.gates)))


def _shortened(gate: GateMark) -> GateMark:
    text = replace(
        gate.text,
        text=_LONG.sub(_rounded, gate.text.text),
        shorter=tuple(_LONG.sub(_rounded, short) for short in gate.text.shorter),
    )
    return replace(gate, text=text)


def _rounded(found: re.Match[str]) -> str:
    return f"{float(found.group()):.{_DIGITS}g}"
