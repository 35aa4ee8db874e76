"""Programs as text: `parse(to_text(p)) == p`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import assert_never

from tpgraph.errors import TPNameError
from tpgraph.functions import PRIMITIVES, Apply, Defined, Expression
from tpgraph.language.gathered import Written, is_in_order, written
from tpgraph.language.vocabulary import ascii_name, is_spellable, spell
from tpgraph.language.write_terms import term_of, term_text
from tpgraph.program import (
    MUP,
    NTK,
    STANDARD,
    MatMul,
    Moment,
    Nonlin,
    Parametrization,
    Program,
    Ref,
    Variable,
)
from tpgraph.program.any_program import reads_program
from tpgraph.program.hints import Hint
from tpgraph.program.naming import is_loss_name
from tpgraph.program.text import Spelling, declaration_text
from tpgraph.types import Dimension, Fixed, Scalar, Width

__all__ = ["dim_names", "to_text"]

_PROGRAM_NAME = re.compile(r"[^\W_][\w.-]*")


@reads_program
def to_text(program: Program, ascii: bool = False) -> str:
    """The program in the `.tp` language, with Greek letters or in ASCII.

    Raises TPNameError where a name is not one that the language can write.
    """
    return "\n".join(_Printer(program, ascii).lines()) + "\n"


class _Printer:
    def __init__(self, program: Program, ascii: bool) -> None:
        self.program = program
        self.ascii = ascii
        self.spelled: dict[str, str] = {}
        self.dims = dim_names(program)
        self.known: set[int] = set()
        self.functions = {f.name: f for f in program.functions}
        self.spelling = Spelling(
            self._declared, self._dimension, self._scalar, "x" if ascii else "×"
        )
        self.term_text = partial(term_text, spell=self.spell, ascii=ascii)

    def spell(self, name: str) -> str:
        found = self.spelled.get(name)
        if found is None:
            loss = self.program.loss
            if is_loss_name(name) and loss is not None and loss.name == "loss":
                found = name
            else:
                found = spell(name, self.ascii)
            self.spelled[name] = found
        return found

    def plain(self, name: str) -> str:
        """A name that may have no index."""
        if not is_spellable(name):
            raise TPNameError(f"the language cannot write the name {name!r}", mend="rename it")
        return ascii_name(name) if self.ascii else name

    def lines(self) -> Iterator[str]:
        """The lines, in blocks with an empty line between them."""
        blocks = [
            [*self._head()],
            [self._function(f) for f in self.program.functions],
            [declaration_text(d, self.spelling) for d in self.program.declarations],
            [self._statement(w) for w in written(self.program)],
            [*self._tail()],
            [self._label(name, latex) for name, latex in self.program.labels.items()],
            [self._hint(hint) for hint in self.program.hints],
        ]
        first = True
        for block in blocks:
            if block and not first:
                yield ""
            yield from block
            first = first and not block

    # ---- sizes, parametrization, functions

    def _head(self) -> Iterator[str]:
        program = self.program
        name = program.name
        yield f"program {name if _PROGRAM_NAME.fullmatch(name) else self._string(name)}"
        for width in program.widths:
            yield self._width(width)
        for dim, value in self.dims.items():
            yield f"dim {self.plain(dim)} = {value}"
        if program.parametrization is not None:
            yield f"parametrization {self._parametrization(program.parametrization)}"

    def _width(self, width: Width) -> str:
        name = self.plain(width.name)
        if width.base is None:
            return f"width {name}"
        return f"width {name} = {width.ratio_text} {self.plain(width.base)}"

    def _parametrization(self, given: Parametrization) -> str:
        for known in (NTK, MUP, STANDARD):
            if given == known:
                return known.name
        if given.name != "abc":
            raise TPNameError(
                f"the language has no parametrization {given.name}", mend="call it abc"
            )
        a, b = (f"[{', '.join(map(str, exponents))}]" for exponents in (given.a, given.b))
        return f"abc(a={a}, b={b}, c={given.c})"

    def _function(self, function: Defined) -> str:
        if function.name in PRIMITIVES:
            raise TPNameError(f"{function.name} is a function of the table", mend="rename it")
        parameters = ", ".join(self.plain(p) for p in function.parameters)
        body = self._expression(function.body, function.parameters)
        return f"fn {self.plain(function.name)}({parameters}) = {body}"

    def _expression(self, expression: Expression, names: Sequence[str]) -> str:
        refs = [Ref(Variable(name, Scalar())) for name in names]
        return term_text(term_of(expression, refs), self.plain, self.ascii)

    # ---- declarations

    def _dimension(self, dim: Dimension) -> str:
        if isinstance(dim, Width):
            return self.plain(dim.name)
        if dim.name is not None and self.dims.get(dim.name) == dim.value:
            return self.plain(dim.name)
        return str(dim.value)

    def _declared(self, name: str) -> str:
        if name == "loss":
            raise TPNameError("the language cannot declare the name 'loss'", mend="rename it")
        return self.spell(name)

    def _scalar(self, value: Expression, names: Sequence[str]) -> str:
        """The value of a scalar over the sizes of widths."""
        if is_in_order(value, names):
            return self._expression(value, names)
        return self._explicit(value, [self.plain(name) for name in names])

    # ---- equations

    def _statement(self, statement: Written) -> str:
        self._require_known_functions(statement)
        name = statement.target.name
        is_loss = name == "loss" and statement.target == self.program.loss
        head = "loss" if is_loss else f"{self.spell(name)} ="
        equation = statement.equation
        # `loss z` would make z itself the loss
        if statement.term is not None and not (is_loss and isinstance(statement.term, Ref)):
            return f"{head} {self.term_text(statement.term)}"
        assert isinstance(equation, Nonlin | Moment)
        names = [self.spell(a.name) for a in equation.arguments]
        text = self._explicit(equation.function, names)
        mean = isinstance(equation, Moment) and bool(equation.vectors)
        return f"{head} mean({text})" if mean else f"{head} {text}"

    def _explicit(self, function: Expression, arguments: Sequence[str]) -> str:
        """`(fn(z1, z2) = z2 - z1)(u, v)`."""
        names = [f"z{i}" for i in range(1, len(arguments) + 1)]
        body = self._expression(function, names)
        return f"(fn({', '.join(names)}) = {body})({', '.join(arguments)})"

    def _require_known_functions(self, statement: Written) -> None:
        equation = statement.equation
        if not isinstance(equation, MatMul):
            self._require_known(equation.function)

    def _require_known(self, expression: Expression) -> None:
        """Functions are written by name, so the program must define those that it calls."""
        if not isinstance(expression, Apply) or id(expression) in self.known:
            return
        function = expression.function
        if isinstance(function, Defined) and self.functions.get(function.name) != function:
            raise TPNameError(
                f"the program calls {function.name}, but does not define it",
                mend="add it to the functions of the program",
            )
        for argument in expression.arguments:
            self._require_known(argument)
        self.known.add(id(expression))

    # ---- the rest

    def _tail(self) -> Iterator[str]:
        program = self.program
        if program.outputs:
            yield f"output {', '.join(self.spell(v.name) for v in program.outputs)}"
        if program.loss is not None and program.loss.name != "loss":
            yield f"loss {self.spell(program.loss.name)}"

    def _label(self, name: str, latex: str) -> str:
        return f"label {self.spell(name)} = {self._string(latex)}"

    def _hint(self, hint: Hint) -> str:
        names = ", ".join(map(self.spell, hint.names))
        match hint.kind:
            case "group":
                return f"group {self._string(hint.text)} {names}"
            case "note":
                return f"note {self._string(hint.text)} at {names}"
            case "color":
                return f"color {names} = {self._string(hint.text)}"
            case "hide":
                return f"hide {names}"
            case "order":
                return f"order {names}"
            case "above" | "below":
                others = ", ".join(map(self.spell, hint.others))
                return f"place {names} {hint.kind} {others}"
            case _:
                assert_never(hint.kind)

    def _string(self, text: str) -> str:
        if "\n" in text or "\0" in text or "\r" in text:
            raise TPNameError(f"the language cannot write {text!r}", expected="text in one line")
        doubled = text.replace('"', '""')
        return f'"{doubled}"'


def dim_names(program: Program) -> dict[str, int]:
    """The names of fixed dimensions that the text can declare without a clash."""
    found: dict[str, int] = {}
    clashing = {*(w.name for w in program.widths), *program.variables}
    for variable in program.variables.values():
        for dim in variable.type.dimensions:
            if not isinstance(dim, Fixed) or dim.name is None:
                continue
            if found.setdefault(dim.name, dim.value) != dim.value:
                clashing.add(dim.name)
    return {n: v for n, v in found.items() if n not in clashing and is_spellable(n)}
