"""A loss of several components is their sum: what is added to it once would count k times.

    log(3 mean(exp f)) − y f        f, y of dimension k: the logarithm is meant once

The rule looks at the sum that the loss is, through signs, factors and names; a scalar inside of a
function of the components, as in (f − θ)², is what every component is compared with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tpgraph.errors import Span, TPTypeError
from tpgraph.functions import ADD, DIV, MUL, NEG, Apply, Argument, Expression, arguments_of, inline
from tpgraph.program.equations import Equation, Nonlin
from tpgraph.program.variables import Variable

__all__ = ["require_one_kind"]


def require_one_kind(loss: Variable, equations: Sequence[Equation], span: Span | None) -> None:
    """Raise TPTypeError where the loss, a vector of components, is a sum with a scalar in it."""
    if not loss.is_fixed or loss.dim.size({}) == 1:
        return
    for equation, scalar in _added(loss, equations):
        place = next(iter(equation.places(scalar.name)), equation.span)
        raise TPTypeError(
            f"the loss adds a scalar to a vector of {loss.dim}: it is summed over its"
            f" {loss.dim.size({})} components, and the scalar would count once for each",
            place or span,
            "a loss that is a scalar, or that is made of components alone",
            "a cross-entropy is softmax_cross_entropy(f, y); else sum the components: sum(…)",
        )


def _added(vector: Variable, equations: Sequence[Equation]) -> Iterator[tuple[Equation, Variable]]:
    """The scalars that are added to components on the way to a vector, with their equations."""
    made = next((e for e in reversed(equations) if e.out.name == vector.name), None)
    if isinstance(made, Nonlin):
        yield from _in_sum(inline(made.function), made, equations)


def _in_sum(
    expression: Expression, made: Nonlin, equations: Sequence[Equation]
) -> Iterator[tuple[Equation, Variable]]:
    match expression:
        case Argument(index):
            if made.arguments[index].is_vector:
                yield from _added(made.arguments[index], equations)
        case Apply(function, terms, 0) if function == ADD:
            for term in terms:
                if _reads_vector(term, made):
                    yield from _in_sum(term, made, equations)
                else:
                    yield from ((made, made.arguments[i]) for i in arguments_of(term))
        case Apply(function, (inner, *_), 0) if function in (NEG, DIV):
            yield from _in_sum(inner, made, equations)
        case Apply(function, factors, 0) if function == MUL:
            vectors = [factor for factor in factors if _reads_vector(factor, made)]
            if len(vectors) == 1:
                yield from _in_sum(vectors[0], made, equations)
        case _:
            return


def _reads_vector(expression: Expression, made: Nonlin) -> bool:
    return any(made.arguments[i].is_vector for i in arguments_of(expression))
