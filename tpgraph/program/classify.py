"""What kind of program it is: sub-language, variable types, reduced form, gradient independence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias, assert_never

from tpgraph.functions import (
    Argument,
    Expression,
    arguments_of,
    differentiate,
    inline,
    number,
    simplify,
    substitute,
)
from tpgraph.program.equations import (
    Equation,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
)
from tpgraph.program.graph import Program
from tpgraph.program.variables import Variable, statement_name

__all__ = [
    "GIA",
    "Language",
    "gradient_independence",
    "is_reduced",
    "language_of",
]

Language: TypeAlias = Literal["netsor", "netsor+", "netsorT", "netsorT+"]


def language_of(program: Program) -> Language:
    """The least of Netsor, Netsor⁺ (Moment), Netsor⊤ (transpose), Netsor⊤⁺ that has the program.

    Only the strict program counts: a readout or a loss is outside of it, and a matrix with a fixed
    dimension, transposed or not, is a family of vectors.
    Source: Tensor Programs IIb, Definitions 4.1 and B.1.
    """
    body = tuple(_body(program))
    moments = any(isinstance(e, Moment) for e in body)
    transposes = any(isinstance(e, MatMul) and e.transpose and e.operand.is_wide for e in body)
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

    It may if every output is made of readouts V x by a matrix (or linear in a vector v in a Moment,
    as vᵀx/n) that is sampled independently of everything else with mean zero and used in outputs
    alone, and if the forward pass does not use both a matrix and its transpose.
    Source: Tensor Programs II (arXiv 2006.14548), Condition 1.
    """
    if not program.outputs:
        return GIA(False, "the program declares no output")
    twice = _used_both_ways(program)
    if twice is not None:
        return GIA(False, f"the forward pass uses both {twice} and its transpose")
    alone: set[str] = set()
    for output in program.outputs:
        reason = _output_fault(program, output, alone)
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


def _output_fault(program: Program, output: Variable, alone: set[str]) -> str | None:
    """Why the output is not made of independent readouts; None if it is.

    `alone` collects the readouts that were found to be used in outputs alone.
    """
    readouts = 0
    waiting, seen = [output], {output.name}
    while waiting:
        variable = waiting.pop()
        equation = program.equation_of.get(variable.name)
        if equation is None:
            continue
        if variable.is_wide:
            return f"output {output} is a {variable.type} of the body, not a readout"
        if any(v.is_wide for v in equation.inputs):
            fault = _readout_fault(program, equation, output, alone)
            if fault is not None:
                return fault
            readouts += 1
        else:
            inner = [v for v in equation.inputs if v.name not in seen]
            seen.update(v.name for v in inner)
            waiting.extend(inner)
    if output.name not in program.equation_of:
        return f"output {output} is an initial object, not a readout"
    return None if readouts else f"output {output} does not depend on the network"


def _readout_fault(
    program: Program, equation: Equation, output: Variable, alone: set[str]
) -> str | None:
    """Why an equation from width to fixed dimension or scalar is no independent readout."""
    match equation:
        case MatMul(_, matrix):
            return _not_alone(program, matrix, output, alone)
        case Moment():
            readouts = [x for x in equation.vectors if _reads_out(program, equation, x)]
            if not readouts:
                return (
                    f"output {output} is a Moment without a readout vector that is sampled"
                    " independently with mean zero"
                )
            faults = [_not_alone(program, v, output, alone) for v in readouts]
            return None if None in faults else faults[0]
        case Nonlin():
            raise AssertionError("a Nonlin keeps the dimension")
        case _:
            assert_never(equation)


def _not_alone(
    program: Program, readout: Variable, output: Variable, alone: set[str]
) -> str | None:
    """Where a readout is used inside of the network, by itself or through what it reads out."""
    if readout.name in alone:
        return None
    read: set[str] = set()
    for equation in program.equations:
        out = equation.out
        place = statement_name(out.name)
        direct = any(v == readout for v in equation.inputs)
        if direct and not _reads(equation, readout):
            return f"readout {readout} is used outside of output {output}, in {place}"
        if direct or any(v.name in read for v in equation.inputs):
            if out.is_wide:
                return f"what {readout} reads out goes back into the network, in {place}"
            read.add(out.name)
    alone.add(readout.name)
    return None


def _reads(equation: Equation, readout: Variable) -> bool:
    """Whether the equation only reads out: V x by a matrix, or a Moment linear in the vector."""
    match equation:
        case MatMul(out):
            return out.is_fixed
        case Moment(_, function, arguments):
            return _is_linear(function, arguments.index(readout))
        case _:
            return False


def _reads_out(program: Program, moment: Moment, vector: Variable) -> bool:
    """Whether the vector is independent, of mean zero, and the Moment is linear in it."""
    match program.declaration_of.get(vector.name):
        case InitialVectors(variables, mean) if len(variables) == 1 and mean == (0.0,):
            return _is_linear(moment.function, moment.arguments.index(vector))
        case Parameter():
            return _is_linear(moment.function, moment.arguments.index(vector))
        case _:
            return False


@lru_cache(maxsize=1024)
def _is_linear(function: Expression, index: int) -> bool:
    """Whether ψ is linear in this argument: ψ = 0 where it is 0, and ∂ψ does not contain it."""
    size = 1 + max(arguments_of(function), default=index)
    at_zero = [number(0) if i == index else Argument(i) for i in range(size)]
    slope = simplify(inline(differentiate(function, index)))
    vanishes = simplify(substitute(inline(function), at_zero)) == number(0)
    return vanishes and index not in set(arguments_of(slope))
