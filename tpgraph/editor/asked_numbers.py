"""The numbers that a request is about: those that it brings along, or a run and the limit."""

from __future__ import annotations

from importlib import import_module

from tpgraph.editor.findings import Findings
from tpgraph.editor.requests import AnnotateRequest, NumbersRequest
from tpgraph.program import Program

__all__ = ["findings_of"]


def findings_of(asked: NumbersRequest, program: Program) -> Findings:
    """The numbers that a request brings along, or those that it asks for."""
    known = asked.numbers if isinstance(asked, AnnotateRequest) else None
    if known is not None:
        return Findings(known.annotations, tuple(known.warnings))
    if not asked.run and not asked.limit:
        return Findings({}, ())
    width = asked.width if asked.run else None
    numbers = import_module("tpgraph.editor.numbers")  # loads what a picture does without
    found: Findings = numbers.numbers_of(program, width, asked.seed, asked.limit)
    return found
