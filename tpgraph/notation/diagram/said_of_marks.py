"""What marks say of themselves, in the language of the program, to who points at them.

An unnamed value of a statement is said by what it is made of: `W u`, never `x[1]~1`.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field

from tpgraph.functions import Argument, Expression, is_call, substitute, to_text
from tpgraph.notation.diagram.generic import Called
from tpgraph.notation.drawn.local import own_name
from tpgraph.notation.labels.plain import plain_text
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Program

__all__ = ["Titles", "description"]

_LONGEST = 240
"""Letters of what is said of an unnamed value; a longer one is a dot, as in gates."""
_DOT = "·"
_DEEPEST = 24
_LINES = 60


def description(program: Program) -> str:
    """What a program computes, a line for each named variable; of a long one the first lines.

    >>> from tpgraph.program.any_program import as_program
    >>> print(description(as_program("wigner")))  # doctest: +ELLIPSIS
    A Tensor Program ...
    """
    titles = Titles(program)
    named = [e for e in program.equations if not e.out.is_temporary]
    lines = [f"A Tensor Program with {len(program.equations)} instructions:"]
    said = [titles.line(equation) for equation in named[:_LINES]]
    lines += [line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …" for line in said]
    if len(named) > _LINES:
        lines.append(f"and {len(named) - _LINES} more")
    return "\n".join(lines)


@dataclass(frozen=True)
class Titles:
    """The titles of one program's marks.

    >>> from tpgraph.program.any_program import as_program
    >>> titles = Titles(as_program("gru"))
    >>> titles.spelled("z[1]~2"), titles.spelled("z[1]"), titles.spelled("c[1]~3")
    ('A s[0]', 'z[1]', 'C (r[1] * s[0])')
    """

    program: Program
    _known: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    _alike: dict[Hashable, bool] = field(default_factory=dict, compare=False, repr=False)

    def spelled(self, name: str, called: Called | None = None) -> str:
        """The name of a variable as a text writes it, of an unnamed one its formula."""
        return self._speller(called).name(name, called, 0)

    def line(self, equation: Equation, called: Called | None = None) -> str:
        """A named equation as a line of a text."""
        if not isinstance(equation, MatMul):
            return self.formula(equation, called)
        product = self._speller(called).product(equation, called, 0)
        return f"{self.spelled(equation.out.name, called)} = {product}"

    def formula(self, equation: Nonlin | Moment, called: Called | None = None) -> str:
        """The whole equation of a gate."""
        speller = self._speller(called)
        right = speller.right(equation, called, 0)
        if equation.out.is_temporary:
            return right
        return f"{speller.name(equation.out.name, called, 0)} = {right}"

    def _speller(self, called: Called | None) -> _Speller:
        """What is called otherwise in a plate is worked out for each of its marks."""
        return _Speller(self.program, self._known if called is None else {}, self._alike)


@dataclass(frozen=True)
class _Speller:
    program: Program
    known: dict[str, str]
    alike: dict[Hashable, bool]

    def name(self, name: str, called: Called | None, depth: int) -> str:
        equation = self.program.equation_of.get(name)
        if self._has_name(name):
            return own_name(name if called is None else str(called.name(name)))
        if equation is None:  # of another pass, which reads it, or made between passes
            return self._labelled(name, called)
        if depth > _DEEPEST:
            return _DOT
        if called is not None and not self._is_alike(name, called):
            return self._labelled(name, called)
        if name not in self.known:
            inside = None if called is None else called.inside(name)
            if isinstance(equation, MatMul):
                found = self.product(equation, inside, depth + 1)
            else:
                found = self.right(equation, inside, depth + 1)
            self.known[name] = found if len(found) <= _LONGEST else _DOT
        return self.known[name]

    def _is_alike(self, name: str, called: Called) -> bool:
        moves = called.moves.get(name, ())
        key = name, *((m.position, m.letter.values[0], m.letter.values[-1]) for m in moves)
        if key not in self.alike:
            self.alike[key] = called.is_alike(name)
        return self.alike[key]

    def _labelled(self, name: str, called: Called | None) -> str:
        """The label of what cannot be said by what it is made of."""
        if name not in self.program.labels:
            return _DOT
        return plain_text(self.program.labels[name] if called is None else called.latex(name))

    def _has_name(self, name: str) -> bool:
        """Whether a text names it: means between passes are no variables of an instance."""
        variable = self.program.variables.get(name)
        return variable is not None and not variable.is_temporary

    def product(self, equation: MatMul, called: Called | None, depth: int) -> str:
        """`W x`."""
        matrix = self.name(equation.matrix.name, called, depth)
        operand = self.name(equation.operand.name, called, depth)
        made = self.program.equation_of.get(equation.operand.name)
        is_said = made is not None and made.out.is_temporary and operand != _DOT
        if is_said and isinstance(made, Nonlin) and not is_call(made.function):
            operand = f"({operand})"
        return f"{matrix}{chr(39) * equation.transpose} {operand}"

    def right(self, equation: Nonlin | Moment, called: Called | None, depth: int) -> str:
        """What stands behind the equals sign."""
        texts: dict[str, bool] = {}
        values = [self._value(a.name, called, texts, depth) for a in equation.arguments]
        products = {text for text, is_product in texts.items() if is_product}
        text = to_text(substitute(equation.function, values), [*texts], products)
        return f"mean({text})" if isinstance(equation, Moment) and equation.vectors else text

    def _value(
        self, name: str, called: Called | None, texts: dict[str, bool], depth: int
    ) -> Expression:
        """An argument by its text, which joins the others with whether it is a product; an unnamed
        Nonlin by its function, so that brackets are right where it is read.
        """
        made = self.program.equation_of.get(name)
        text = self.name(name, called, depth)
        is_said = made is not None and made.out.is_temporary and text != _DOT
        if is_said and isinstance(made, Nonlin):
            inside = None if called is None else called.inside(name)
            read = [self._value(a.name, inside, texts, depth + 1) for a in made.arguments]
            return substitute(made.function, read)
        texts[text] = is_said and isinstance(made, MatMul)
        return Argument([*texts].index(text))
