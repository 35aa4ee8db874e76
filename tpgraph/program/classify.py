"""What kind of program it is: sub-language, variable types, reduced form, gradient independence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from tpgraph.program.equations import (
    Equation,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
)
from tpgraph.program.graph import Program
from tpgraph.program.parametrization import Analysis, analyze, layer_kind
from tpgraph.program.variables import Variable

__all__ = [
    "GIA",
    "Language",
    "analysis_of",
    "gradient_independence",
    "is_reduced",
    "language_of",
]

Language: TypeAlias = Literal["netsor", "netsor+", "netsorT", "netsorT+"]


def language_of(program: Program) -> Language:
    """The least of Netsor, Netsor⁺ (Moment), Netsor⊤ (transpose), Netsor⊤⁺ that has the program.

    Only the strict program counts: a readout or a loss is outside of it.
    Source: Tensor Programs IIb, Definitions 4.1 and B.1.
    """
    body = tuple(_body(program))
    moments = any(isinstance(e, Moment) for e in body)
    transposes = any(isinstance(e, MatMul) and e.transpose for e in body)
    if transposes:
        return "netsorT+" if moments else "netsorT"
    return "netsor+" if moments else "netsor"


def _body(program: Program) -> Iterator[Equation]:
    return (e for e in program.equations if e.out.name in program.body)


def is_reduced(program: Program) -> bool:
    """Whether only G-vars enter Nonlins (and Moments) and only X-vars enter MatMuls.

    Source: Tensor Programs IIb, Definition 5.4. Data of fixed dimension is outside of it.
    """
    for equation in _body(program):
        match equation:
            case MatMul(_, _, _, operand):
                if operand.is_wide and program.is_g(operand):
                    return False
            case Nonlin() | Moment():
                if any(not program.is_g(x) for x in equation.vectors):
                    return False
    return True


@dataclass(frozen=True, slots=True)
class GIA:
    """The simple gradient independence check: whether it holds, and why or why not."""

    holds: bool
    reason: str


def gradient_independence(program: Program) -> GIA:
    """Whether, in the first backward pass, Wᵀ may be treated as independent of W.

    It may if every output is a readout V x by a matrix (or vᵀx by a vector in a Moment) that is
    sampled independently of everything else with mean zero and used nowhere else, and if the
    forward pass does not use both a matrix and its transpose.
    Source: Tensor Programs II (arXiv 2006.14548), Condition 1.
    """
    if not program.outputs:
        return GIA(False, "the program declares no output")
    twice = _used_both_ways(program)
    if twice is not None:
        return GIA(False, f"the forward pass uses both {twice} and its transpose")
    for output in program.outputs:
        reason = _readout_fault(program, output)
        if reason is not None:
            return GIA(False, reason)
    return GIA(
        True,
        "every readout is sampled independently, has mean zero and is used in its output alone",
    )


def _used_both_ways(program: Program) -> Variable | None:
    used: dict[str, set[bool]] = {}
    for equation in program.equations:
        if isinstance(equation, MatMul):
            used.setdefault(equation.matrix.name, set()).add(equation.transpose)
            if len(used[equation.matrix.name]) == 2:
                return equation.matrix
    return None


def _readout_fault(program: Program, output: Variable) -> str | None:
    """Why the output is no independent readout; None if it is one."""
    equation = program.equation_of.get(output.name)
    match equation:
        case None:
            return f"output {output} is an initial object, not a readout"
        case MatMul(_, matrix, _, _) if output.is_fixed:
            return _not_alone(program, matrix, output)
        case Moment():
            readouts = [x for x in equation.vectors if _is_readout_vector(program, x)]
            if not readouts:
                return (
                    f"output {output} is a Moment without a readout vector that is sampled"
                    " independently with mean zero"
                )
            faults = [_not_alone(program, v, output) for v in readouts]
            return None if None in faults else faults[0]
        case Nonlin() if output.is_fixed:
            inner = [a for a in equation.vectors if a.name in program.equation_of]
            faults = [_readout_fault(program, a) for a in inner]
            return (
                next((f for f in faults if f is not None), None)
                if inner
                else (f"output {output} does not depend on the network")
            )
        case _:
            return f"output {output} is a {output.type} of the body, not a readout"


def _not_alone(program: Program, readout: Variable, output: Variable) -> str | None:
    others = [e for e in program.uses[readout.name] if e.out != output]
    if others:
        return f"readout {readout} is used outside of output {output}, in {others[0].out}"
    return None


def _is_readout_vector(program: Program, vector: Variable) -> bool:
    match program.declaration_of.get(vector.name):
        case InitialVectors(variables, mean):
            return len(variables) == 1 and mean == (0.0,)
        case Parameter():
            return True
        case _:
            return False


def analysis_of(program: Program) -> Analysis | None:
    """Stability of the program's parametrization for the layers it has; None without one."""
    if program.parametrization is None or not program.parameters:
        return None
    return analyze(program.parametrization, {layer_kind(p.variable) for p in program.parameters})
