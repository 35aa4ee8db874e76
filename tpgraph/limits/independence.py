"""The gradient independence assumption: in the backward pass W counts as independent of Wᵀ.

It holds for the first backward pass of a network whose readout is sampled independently of all
else, with mean zero, and used in the output alone: every Ż of that pass is then 0. Source: Tensor
Programs II (arXiv 2006.14548), the simple GIA check.
"""

from __future__ import annotations

from tpgraph.errors import TPArgumentError
from tpgraph.program import Equation, MatMul, Program, gradient_independence
from tpgraph.program.graph import varied

__all__ = ["backward_products"]


def backward_products(program: Program) -> frozenset[str]:
    """The products of a program's backward pass, whose Ż vanish.

    Raises TPArgumentError where the check fails for the forward pass, or without a backward pass.
    """
    found = frozenset(
        e.out.name for e in program.equations if isinstance(e, MatMul) and _is_backward(e)
    )
    if not found:
        raise TPArgumentError(
            f"program {program.name} has no backward pass, of which gradient independence speaks",
            mend="append it: tpgraph.backward(program), or --pass backward",
        )
    forward = tuple(e for e in program.equations if not _is_backward(e))
    check = gradient_independence(varied(program, equations=forward))
    if not check.holds:
        raise TPArgumentError(
            f"gradient independence fails: {check.reason}",
            expected="a readout that is independent, of mean zero, and used in the output alone",
            mend="leave out the assumption: the Master Theorem finds every Ż",
        )
    return found


def _is_backward(equation: Equation) -> bool:
    return equation.place is not None and equation.place.row == "backward"
