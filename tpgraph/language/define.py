"""Definitions of the text: the program's name, sizes, constants, functions, parametrization."""

from __future__ import annotations

from fractions import Fraction
from typing import NoReturn

from tpgraph.bounds import DEPTH, OPERATIONS
from tpgraph.errors import Span, TPNameError, TPTypeError
from tpgraph.functions import PRIMITIVES, Apply, Defined, Expression, written_out
from tpgraph.language import syntax as s
from tpgraph.language.changes import Change, PlacedError, perhaps
from tpgraph.language.foreign_words import parametrization_called
from tpgraph.language.scope import Scope, Silent, fail
from tpgraph.language.to_terms import Terms
from tpgraph.program import MUP, NTK, STANDARD, Parametrization
from tpgraph.program.naming import require_base
from tpgraph.program.near_names import meant, nearest
from tpgraph.types import Fixed, Width

__all__ = ["Definer", "require_small"]

_PARAMETRIZATIONS = {"ntk": NTK, "mup": MUP, "standard": STANDARD}


class Definer:
    """Carries out definitions in a scope."""

    def __init__(self, scope: Scope, terms: Terms) -> None:
        self.scope = scope
        self.builder = scope.builder
        self.terms = terms
        self.seen: dict[str, Span] = {}

    def once(self, what: str, node: s.Statement) -> None:
        """Raise TPNameError where the program says this for the second time."""
        if what in self.seen:
            error = TPNameError(
                f"{what} is given twice", mend=f"delete one; the other is at {self.seen[what]}"
            )
            gone = Change(node.start, node.end, "", guess=True)
            raise PlacedError(error, node.start, node.end, gone)
        self.seen[what] = self.scope.span(node)

    def program(self, node: s.ProgramName) -> None:
        """`program mlp`."""
        self.once("the program's name", node)
        self.builder.name = node.name

    def parametrization(self, node: s.SetParametrization) -> None:
        """`parametrization ntk`."""
        self.once("the parametrization", node)
        if node.name.text == "abc":
            self.builder.parametrization = self._abc(node)
            return
        name = node.name.text
        found = _PARAMETRIZATIONS.get(name)
        if found is None or node.settings is not None:
            known = [*_PARAMETRIZATIONS, "abc"]
            called = parametrization_called(name) if found is None else None
            near = nearest(name, known) if found is None else None
            near, mend = called or (near, meant(near))
            error = TPNameError(
                f"{name} is not a parametrization"
                if found is None
                else f"{name} takes no settings",
                expected="ntk, mup, standard or abc(a=[…], b=[…], c=…)",
                mend=mend,
            )
            raise PlacedError(error, node.start, node.end, *perhaps(node.name, near))
        self.builder.parametrization = found

    def _abc(self, node: s.SetParametrization) -> Parametrization:
        settings = {setting.key.text: setting.value for setting in node.settings or ()}
        span = self.scope.span(node)
        if sorted(settings) != ["a", "b", "c"] or len(settings) != len(node.settings or ()):
            raise TPTypeError(
                "abc needs a, b and c, each once",
                span,
                "abc(a=[…], b=[…], c=…) with exponents of [input, hidden, readout]",
            )
        exponents = []
        for key in "ab":
            entry = settings[key]
            if not isinstance(entry, s.List) or len(entry.items) != 3:
                fail(entry, TPTypeError(f"{key} needs three exponents", expected="[in, hid, out]"))
            first, second, third = (self.scope.value(item) for item in entry.items)
            exponents.append((first, second, third))
        return Parametrization("abc", exponents[0], exponents[1], self.scope.value(settings["c"]))

    def _new_size(self, name: s.Name, *changes: Change) -> None:
        scope = self.scope
        try:
            require_base(name.full, "a width, dim or const")
        except TPNameError as error:
            fail(name, error)
        if name.full in scope.widths or name.full in scope.numbers:
            mend = "delete the line" if changes else "choose another name"
            fail(name, TPNameError(f"{name.full} is declared twice", mend=mend), *changes)

    def _new_number(self, name: s.Name) -> None:
        self._new_size(name)
        if name.full in self.scope.bound:
            fail(name, TPNameError(f"{name.full} is bound twice", mend="choose another name"))

    def width(self, node: s.DefineWidth) -> None:
        """`width n`, `width m = 2 n`."""
        known = self.scope.widths.get(node.name.full)
        again = known is not None and known.base is None and node.ratio is None
        gone = (Change(node.start, node.end, ""),) if again else ()
        self._new_size(node.name, *gone)
        name, scope = node.name.full, self.scope
        ratio, base = Fraction(1), None
        if node.ratio is not None:
            base = node.ratio.base.full
            if base not in scope.widths:
                if base in scope.failed:
                    raise Silent
                self._unknown_width(node.ratio.base)
            if node.ratio.factor is not None:
                ratio = scope.value(node.ratio.factor)
            if node.ratio.divisor is not None:
                divisor = scope.value(node.ratio.divisor)
                if divisor == 0:
                    fail(node.ratio.divisor, TPTypeError("division by zero"))
                ratio /= divisor
            parent = scope.widths[base]
            ratio, base = ratio * parent.ratio, parent.base or parent.name
        scope.widths[name] = self.builder.width(Width(name, ratio, base), scope.span(node))

    def _unknown_width(self, name: s.Name) -> NoReturn:
        scope, base = self.scope, name.full
        near = nearest(base, scope.widths)
        if base in scope.numbers:
            mend, above = f"{base} is a number: write dim {base}", tuple[Change, ...]()
        else:
            mend, above = f"declare it above: width {base}", scope.above(f"width {base}")
        error = TPNameError(
            f"{base} is not a width declared before",
            expected="a width, which goes to infinity",
            mend=meant(near) or mend,
        )
        fail(name, error, *(perhaps(name, near) or above), wanted=base)

    def dim(self, node: s.DefineDim) -> None:
        """`dim d = 64`."""
        self._new_number(node.name)
        size = self.scope.size(self.scope.value(node.value), node.value)
        self.scope.dims[node.name.full] = Fixed(size, node.name.full)
        self.scope.numbers[node.name.full] = size

    def const(self, node: s.DefineConst) -> None:
        """`const L = 3`."""
        self._new_number(node.name)
        self.scope.numbers[node.name.full] = self.scope.value(node.value)

    def function(self, node: s.DefineFunction) -> None:
        """`fn φ(z) = tanh(z)`."""
        scope, name = self.scope, node.name.full
        if name in PRIMITIVES:
            fail(
                node.name,
                TPNameError(
                    f"{name} is a function of the table",
                    mend=f"{name} is there already: delete the line, or choose another name",
                ),
            )
        parameters = [parameter.full for parameter in node.parameters]
        if len(set(parameters)) < len(parameters):
            fail(node.parameters[-1], TPNameError(f"two parameters of {name} have one name"))
        body = self.terms.expression(node.body, parameters)
        size = require_small(name, body, scope.unfolded, scope.span(node))
        function = self.builder.define(Defined(name, tuple(parameters), body), scope.span(node))
        scope.unfolded[name] = size
        scope.functions[name] = function


def _unfolded(body: Expression, known: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """Operations and depth of a body with the program's own functions written out."""
    if not isinstance(body, Apply):
        return 1, 0
    inner = [_unfolded(argument, known) for argument in body.arguments]
    deepest = max((d for _, d in inner), default=0)
    total = sum(n for n, _ in inner)
    if isinstance(body.function, Defined):
        operations, depth = known.get(body.function.name, (1, 1))
        return operations * max(1, total) * (1 + body.order), depth + deepest
    return 1 + total, 1 + deepest


def require_small(
    name: str, body: Expression, known: dict[str, tuple[int, int]], span: Span | None = None
) -> tuple[int, int]:
    """Operations and depth of a function's body with those that it calls written out.

    `known` holds them of the functions before. Raises TPLimitError where they are too many.
    """
    message = f"{name} is too large with the functions that it calls written out"
    operations, depth = _unfolded(body, known)
    DEPTH.require(depth, message, span)
    OPERATIONS.require(max(operations, written_out(body)), message, span)
    return operations, depth
