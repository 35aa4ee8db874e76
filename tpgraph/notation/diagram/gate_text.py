r"""What stands inside a gate: the function, with a dot for each input or with their names.

φ(a + b)          \phi(\cdot + \cdot)       dots, in the order of the inputs
a + b + c         +
φ(a), f(a, b)     \phi, f                   a function alone prints its name alone
(x - μ)/√v        \frac{x - \mu}{\sqrt{v}}  names, where dots would not be readable
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from tpgraph.functions import (
    ADD,
    DIV,
    MUL,
    NEG,
    POW,
    PRIMITIVES,
    Apply,
    Argument,
    Defined,
    Expression,
    Number,
    Primitive,
    arguments_of,
    rename_arguments,
    to_latex,
)
from tpgraph.notation.diagram.collected import collected
from tpgraph.notation.drawn.generic_sums import SUM
from tpgraph.program import Moment, Nonlin, Program
from tpgraph.program.labels import latex_functions

__all__ = ["GateText", "gate_text"]

DOT = r"{\cdot}"
_DOTTED_DEPTH = 2
_MOST_DOTS = 3  # more inputs go by their names, if they have any and their order matters
_LEAST_POOLED = 4  # terms of a sum that one mark can stand for
_OPERATORS = (MUL, NEG, DIV, POW, PRIMITIVES["sqrt"], PRIMITIVES["abs"])


@dataclass(frozen=True, slots=True)
class DottedForm:
    """A formula with a dot for each of its inputs, which may write the operands of its sums and
    products in other orders.
    """

    expression: Expression
    functions: tuple[tuple[str, str], ...]

    def arranged(self, heights: Sequence[float]) -> tuple[tuple[int, ...], str]:
        """The order of inputs, each at its height, in which operands come from the top, as far as
        they commute, and the formula written so.
        """
        expression = _sorted(self.expression, heights)
        return tuple(arguments_of(expression)), self.text_of(expression)

    def text_of(self, expression: Expression) -> str:
        """The formula with dots."""
        return _dotted(expression, len(list(arguments_of(expression))), dict(self.functions))


@dataclass(frozen=True, slots=True)
class GateText:
    """The text of a gate, whole; where it does not fit, a symbol stands for it.

    `linear` is the same without fractions and roots, in lines that may be broken anywhere, of a
    formula with names. `mentions` are the names of the variables that it names; `ordered` says that
    its dots are to be read in the order of the inputs, which a layout must then keep, or choose
    among those of its `form`; or any, where `spare` is the text with the names of all inputs.
    `pooled` is the text where one mark stands for all inputs of a sum, "" where there is no such
    sum.
    """

    text: str
    linear: str = ""
    mentions: frozenset[str] = frozenset()
    ordered: bool = False
    pooled: str = ""
    form: DottedForm | None = None
    spare: str = ""

    def exchangeable(self, count: int) -> tuple[tuple[int, ...], ...]:
        """Which of so many inputs, by their places, may stand for each other: all, or those of one
        sum or product.
        """
        if not self.ordered:
            return (tuple(range(count)),)
        return () if self.form is None else tuple(_operands(self.form.expression))


def gate_text(
    program: Program,
    equation: Nonlin | Moment,
    name: Callable[[str], str],
    sums: Container[str] = (),
) -> GateText:
    """The text of the gate of an equation.

    `name` gives the label under which a variable stands in the picture, "" if it has none. What
    happens between passes takes its inputs from afar and names them, if it can. `sums` are scalars
    that stand for the sign of a sum.
    """
    equation = _distinct(equation)
    expression, count = _flat(equation.function), len(equation.arguments)
    functions = latex_functions(program)
    if isinstance(expression, Argument):
        return _identity(equation, name)
    between = equation.place is not None and equation.place.row == "between"
    if any(a.name in sums for a in equation.arguments):
        return _named(equation, expression, name, functions)
    if between and all(name(a.name) for a in equation.arguments):
        return _named(equation, expression, name, functions)
    if isinstance(expression, Apply) and _plain(expression, count):
        alone = _alone(expression, functions)
        if alone:
            many = expression.function == ADD and count >= _LEAST_POOLED
            return GateText(alone, pooled=rf"{SUM}{DOT}" if many else "")
    symmetric = _symmetric(expression)
    named = count > _MOST_DOTS and all(name(a.name) for a in equation.arguments)
    if _dottable(expression) and (symmetric or not named):
        dots, pool = _dotted(expression, count, functions), _pooled(expression, count)
        pooled = "" if pool == expression else _dotted(pool, count, functions)
        ordered = count > 1 and not symmetric
        form = DottedForm(expression, tuple(functions.items())) if ordered else None
        spare = _named(equation, expression, name, functions).text if ordered else ""
        spare = "" if DOT in spare else spare
        return GateText(dots, ordered=ordered, pooled=pooled, form=form, spare=spare)
    return _named(equation, expression, name, functions)


def _dotted(expression: Expression, count: int, functions: dict[str, str]) -> str:
    """The formula with a dot for each of its inputs; one more is the sum of many."""
    names = [*([DOT] * count), rf"{SUM}{DOT}"]
    dots = to_latex(expression, names, functions).replace(r" \, ", r"\times ")
    return _displayed(dots.replace(" + ", "{+}").replace(" - ", "{-}"))


def _pooled(expression: Expression, sign: int) -> Expression:
    """The same with argument `sign` for inputs that follow each other as terms of a sum."""
    if not isinstance(expression, Apply):
        return expression
    inner: list[Expression] = []
    for alone, terms in groupby(expression.arguments, lambda e: isinstance(e, Argument)):
        found = list(terms)
        many = alone and expression.function == ADD and len(found) >= _LEAST_POOLED
        inner += [Argument(sign)] if many else [_pooled(e, sign) for e in found]
    whole = expression.function == ADD and len(inner) == 1
    return inner[0] if whole else replace(expression, arguments=tuple(inner))


def _distinct(equation: Nonlin | Moment) -> Nonlin | Moment:
    """The same equation with every argument once, as it has one line in the picture."""
    unique = {argument: index for index, argument in enumerate(dict.fromkeys(equation.arguments))}
    if len(unique) == len(equation.arguments):
        return equation
    indices = [unique[argument] for argument in equation.arguments]
    function = rename_arguments(equation.function, indices)
    return replace(equation, function=function, arguments=tuple(unique))


def _identity(equation: Nonlin | Moment, name: Callable[[str], str]) -> GateText:
    if isinstance(equation, Nonlin):
        return GateText(r"\mathrm{id}")
    shown = name(equation.arguments[0].name)
    mentions = frozenset({equation.arguments[0].name} if shown else ())
    return GateText(shown or DOT, mentions=mentions)


def _plain(expression: Apply, count: int) -> bool:
    """Whether a function is applied to every argument once, and to nothing else."""
    inner = [e.index for e in expression.arguments if isinstance(e, Argument)]
    return len(inner) == len(expression.arguments) == len(set(inner)) == count


def _alone(expression: Apply, functions: dict[str, str]) -> str:
    function, primes = expression.function, "'" * expression.order
    match function:
        case Defined(name):
            return functions.get(name, name) + primes
        case Primitive() if function == ADD:
            return "+"
        case Primitive():
            return "" if function in _OPERATORS else function.latex + primes


def _dottable(expression: Expression) -> bool:
    indices = list(arguments_of(expression))
    return all(a < b for a, b in pairwise(indices)) and _simple(expression, _DOTTED_DEPTH)


def _simple(expression: Expression, depth: int) -> bool:
    """Whether sums, products and calls nest at most `depth` deep; constants count for nothing."""
    match expression:
        case Argument():
            return True
        case _ if not any(True for _ in arguments_of(expression)):
            return True
        case Apply(function, (inner, constant), 0) if function == DIV:
            return not any(True for _ in arguments_of(constant)) and _simple(inner, depth)
        case Apply(function, (inner,), 0) if function == NEG:
            return _simple(inner, depth)
        case Apply(function, arguments, _):
            nests = function not in (DIV, POW) and depth > 0
            return nests and all(_simple(e, depth - 1) for e in arguments)
        case Number():
            return True


def _symmetric(expression: Expression) -> bool:
    """Whether exchanging inputs leaves the text as it is: functions of one sum or product."""
    match expression:
        case Apply(function, arguments, _) if function in (ADD, MUL):
            return all(isinstance(e, Argument | Number) for e in arguments)
        case Apply(_, arguments, _):
            varying = [e for e in arguments if any(True for _ in arguments_of(e))]
            return len(varying) == 1 and _symmetric(varying[0])
        case _:
            return True


def _operands(expression: Expression) -> Iterator[tuple[int, ...]]:
    """The arguments that are operands of one sum or product."""
    if isinstance(expression, Apply):
        if expression.function in (ADD, MUL):
            yield tuple(e.index for e in expression.arguments if isinstance(e, Argument))
        for inner in expression.arguments:
            yield from _operands(inner)


def _sorted(expression: Expression, heights: Sequence[float]) -> Expression:
    """The same with operands that commute from the top, where constants keep their places."""
    if not isinstance(expression, Apply):
        return expression
    inner = [_sorted(e, heights) for e in expression.arguments]
    if expression.function in (ADD, MUL):
        own = [[heights[i] for i in arguments_of(e)] for e in inner]
        varying = [k for k, found in enumerate(own) if found]
        turn = iter(sorted(varying, key=lambda k: -sum(own[k]) / len(own[k])))
        inner = [inner[next(turn)] if found else e for e, found in zip(inner, own, strict=True)]
    return replace(expression, arguments=tuple(inner))


def _flat(expression: Expression) -> Expression:
    """Sums of sums and products of products written as one, a sign of the first factor before it
    all.
    """
    if not isinstance(expression, Apply):
        return expression
    function, inner = expression.function, [_flat(e) for e in expression.arguments]
    if function == MUL and isinstance(inner[0], Apply) and inner[0].function == NEG:
        positive = Apply(MUL, (*inner[0].arguments, *inner[1:]), 0)
        return Apply(NEG, (_flat(positive),), 0)
    if function in (ADD, MUL):
        inner = [
            part
            for e in inner
            for part in (e.arguments if isinstance(e, Apply) and e.function == function else (e,))
        ]
    return Apply(function, tuple(inner), expression.order)


def _displayed(text: str) -> str:
    """The outermost fractions at full size."""
    first, *rest = text.split(r"\frac")
    shown, depth = first, first.count("{") - first.count("}")
    for part in rest:
        shown += (r"\frac" if depth else r"\dfrac") + part
        depth += part.count("{") - part.count("}")
    return shown


def _named(
    equation: Nonlin | Moment,
    expression: Expression,
    name: Callable[[str], str],
    functions: dict[str, str],
) -> GateText:
    names = [name(a.name) or DOT for a in equation.arguments]
    mentions = frozenset(
        a.name for a, shown in zip(equation.arguments, names, strict=True) if shown != DOT
    )
    full = _displayed(to_latex(collected(expression), names, functions))
    linear = to_latex(collected(expression, fractions=False), names, functions)
    # With one unnamed input the dots are no puzzle; with more they are read in order.
    return GateText(full, linear, mentions, ordered=names.count(DOT) > 1)
