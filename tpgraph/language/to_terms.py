"""From expressions of the text to terms over variables, which the builder cuts into equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any, NoReturn

from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.functions import (
    ADD,
    DIV,
    MUL,
    NEG,
    POW,
    Expression,
    Function,
)
from tpgraph.language import syntax as s
from tpgraph.language.changes import Change, perhaps
from tpgraph.language.constants import PI, bounded
from tpgraph.language.scope import Scope, Silent, fail
from tpgraph.language.term_refusals import (
    is_matrix,
    no_power,
    no_sign_behind_matrix,
    require_brackets,
    require_matrix,
    require_number,
    require_unconditional,
)
from tpgraph.language.unbound import unknown_function
from tpgraph.program import (
    REDUCTIONS,
    Call,
    Constant,
    Mean,
    Product,
    Reduction,
    Ref,
    Term,
    Variable,
    as_expression,
    require_divisor,
    require_value,
)
from tpgraph.program.near_names import meant, nearest
from tpgraph.types import Scalar

__all__ = ["Terms"]

_ZERO = Constant(Fraction(0))


class Terms:
    """Makes terms in a scope: what stands in an equation."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self._makers: dict[type, Callable[[Any], Term]] = {
            s.Exact: self._exact,
            s.Name: self._name,
            s.Transposed: self._transposed,
            s.Invoke: self._invoke,
            s.Minus: self._minus,
            s.Chain: self._chain,
            s.Quotient: self._quotient,
            s.Power: self._power,
            s.Juxtaposed: self._juxtaposed,
            s.MeanOf: self._mean,
            s.SumOver: self._sum,
            s.Explicit: self._explicit,
        }

    def term(self, node: s.Expr) -> Term:
        """The term of an expression. Raises Placed, or Silent."""
        return self._makers[type(node)](node)

    def expression(self, node: s.Expr, parameters: list[str]) -> Expression:
        """A function's body over its parameters, which become `Argument(0)`, `Argument(1)`, …

        `parameters` may grow: a name found in `scope.widths` is appended where it is first read.
        """
        refs = {p: Ref(Variable(p, Scalar())) for p in parameters}
        self.scope.parameters = refs
        try:
            term = self.term(node)
        finally:
            self.scope.parameters = None
        return as_expression(term, [ref.variable for ref in refs.values()], "a function")

    def _exact(self, node: s.Exact) -> Term:
        return Constant(node.value)

    def _name(self, node: s.Name) -> Term:
        scope = self.scope
        if scope.parameters is not None:
            return self._parameter(node, scope.parameters)
        full = node.full or scope.full_name(node)
        variable = scope.bound.get(full)
        if variable is not None:
            return Ref(variable, scope.span(node))
        number = scope.numbers.get(full)
        if number is not None:
            return Constant(Fraction(number))
        if full == "π" and full not in scope.failed:
            return Constant(PI)
        return Ref(scope.variable(node), scope.span(node))

    def _parameter(self, node: s.Name, parameters: dict[str, Ref]) -> Term:
        found = parameters.get(node.full)
        if found is not None:
            return found
        number = self.scope.numbers.get(node.full)
        if number is not None:
            return Constant(Fraction(number))
        if node.full == "π":
            return Constant(PI)
        return self._unknown_parameter(node, parameters)

    def _unknown_parameter(self, node: s.Name, parameters: dict[str, Ref]) -> NoReturn:
        if node.base in self.scope.failed or node.full in self.scope.failed:
            raise Silent
        bound = node.full in self.scope.bound
        near = None if bound else nearest(node.full, [*parameters, *self.scope.numbers])
        error = TPNameError(
            f"{node.full or node.base} is not known here",
            expected=", ".join([*parameters, "a const or a number"]),
            mend=f"give {node.full} to the function as an argument" if bound else meant(near),
        )
        fail(node, error, *perhaps(node, near), wanted=node.full)

    def _minus(self, node: s.Minus) -> Term:
        term = self.term(node.operand)
        if type(term) is Constant:
            return Constant(-term.value)
        return Call(NEG, (term,), 0, self.scope.span(node))

    def _chain(self, node: s.Chain) -> Term:
        if node.operator == "*":
            no_sign_behind_matrix(self.scope, node)
        terms = [self.term(item) for item in node.items]
        for i, sign in enumerate(node.signs, 1):
            if sign.text == "-":
                terms[i] = self._negative(terms[i], node.items[i], sign)
        function = ADD if node.operator == "+" else MUL
        return Call(function, tuple(terms), 0, self.scope.span(node))

    def _negative(self, term: Term, item: s.Expr, sign: s.Mark) -> Term:
        """What a sum subtracts, as a summand; its place begins at the sign."""
        if type(term) is Constant:
            return Constant(-term.value)
        return Call(NEG, (term,), 0, self.scope.between(sign, item))

    def _quotient(self, node: s.Quotient) -> Term:
        left, right = self.term(node.left), self.term(node.right)
        try:
            require_divisor(right)
        except TPTypeError as error:
            fail(node.right, error)
        if type(left) is Constant and type(right) is Constant:
            return Constant(bounded(left.value / right.value, node))
        return self._in_domain(Call(DIV, (left, right), 0, self.scope.span(node)), node)

    def _power(self, node: s.Power) -> Term:
        base = node.base
        if type(base) is s.Invoke and self._is_matrix_call(base):  # W (a)^2 is W ((a)^2)
            inner = s.Power(
                base.bracketed, node.exponent, node.sign, base.opening, node.exponent.end
            )
            return self._matrix_call(base, inner)
        if type(base) is s.Name and is_matrix(self.scope, base):
            no_power(self.scope, node, base)
        powers = self.term(base), self.term(node.exponent)
        return self._in_domain(Call(POW, powers, 0, self.scope.span(node)), node)

    def _in_domain(self, call: Call, node: s.Expr) -> Call:
        """The call. Raises TPTypeError for one of constants alone that is no finite number."""
        try:
            require_value(call, lambda: self.scope.text(node))
        except TPTypeError as error:
            fail(node, error)
        return call

    def _mean(self, node: s.MeanOf) -> Term:
        self._no_function_body(node, "a mean")
        return Mean(self.term(node.operand), self.scope.span(node))

    def _sum(self, node: s.SumOver) -> Term:
        values = self.scope.bounds(node.range)
        terms = []
        name = node.variable.full
        with self.scope.loop_variable(name, node.variable) as numbers:
            for k in values:
                numbers[name] = k
                terms.append(self.term(node.body))
        if len(terms) < 2:
            return terms[0] if terms else _ZERO
        return Call(ADD, tuple(terms), 0, self.scope.span(node))

    def _explicit(self, node: s.Explicit) -> NoReturn:
        fail(
            node,
            TPTypeError(
                "a function in parentheses stands for a whole right-hand side",
                expected="it alone behind `=`, or alone in a mean",
                mend="define it above: fn f(a, b) = …",
            ),
        )

    # ---- calls and products

    def _function(self, name: str, count: int = 1) -> Function | None:
        return self.scope.function(name, count)

    def _is_word(self, node: s.Invoke) -> bool:
        """Whether a call is one of a word over components, which nothing else is called."""
        return node.function in REDUCTIONS and node.function not in self.scope.bound

    def _word(self, node: s.Invoke, word: Reduction) -> Term:
        """What a word over the components of a vector is of means."""
        self._no_function_body(node, f"{node.function} over components")
        given = len(node.arguments)
        if node.order or not word.least <= given <= word.most:
            many = "" if node.order else f", not {given} argument{'s' * (given != 1)}"
            fail(node, TPTypeError(f"{node.function} is written {word.form}{many}"))
        arguments = [self.term(argument) for argument in node.arguments]
        try:
            made = word.make(*arguments)
        except TPTypeError as error:
            fail(node, error)
        return replace(made, span=self.scope.span(node))

    def _is_matrix_call(self, node: s.Invoke) -> bool:
        if self._function(node.function) is not None or len(node.arguments) != 1:
            return False
        bound = self.scope.bound.get(node.function)
        return bound is not None and bound.is_matrix

    def _invoke(self, node: s.Invoke) -> Term:
        function = self._function(node.function, len(node.arguments))
        if function is None:
            if self._is_word(node):
                return self._word(node, REDUCTIONS[node.function])
            return self._matrix_call(node, node.bracketed)
        arguments = tuple([self.term(argument) for argument in node.arguments])
        wanted = function.arity
        if len(arguments) != wanted:
            defaults = getattr(function, "defaults", ())
            if wanted is not None and wanted - len(defaults) <= len(arguments) < wanted:
                given = len(arguments) - wanted
                arguments += tuple(Constant(value) for value in defaults[given:])
            elif wanted is not None or len(arguments) < 2:
                self._wrong_arity(node, wanted)
        if node.order and wanted != 1:
            fail(
                node,
                TPTypeError(
                    f"{node.function}' needs a function of one argument, and {node.function} takes"
                    f" {wanted or 'several'}",
                    mend="write the partial derivative out",
                ),
            )
        made = Call(function, arguments, node.order, self.scope.span(node))
        return self._in_domain(made, node)

    def _wrong_arity(self, node: s.Invoke, wanted: int | None) -> NoReturn:
        given, name = len(node.arguments), node.function
        message = f"{name} takes {wanted or 'at least 2'} argument{'' if wanted == 1 else 's'}"
        nested = name in {"max", "min"} and given > 2
        mend = f"write {name}({name}(u, v), w)" if nested else None
        fail(node, TPTypeError(f"{message}, not {given}", mend=mend))

    def _matrix_call(self, node: s.Invoke, operand: s.Expr) -> Term:
        scope, name = self.scope, node.name
        if node.function not in scope.bound and node.function not in scope.numbers:
            if node.function in scope.failed:
                raise Silent
            if scope.parameters is None or node.function not in scope.parameters:
                self._unknown_function(node)
        if len(node.arguments) != 1:
            fail(name, TPTypeError(f"{node.function} is not a function", expected="a function"))
        whole = name._replace(end=operand.end)
        return self._multiply(name, node.order % 2 == 1, operand, whole)

    def _unknown_function(self, node: s.Invoke) -> NoReturn:
        scope, name = self.scope, node.name
        word, text = scope.word(name), scope.text(node)
        error, changes = unknown_function(scope.known, node, word, text)
        fail(name, error, *changes, wanted=name.full)

    def _transposed(self, node: s.Transposed) -> Term:
        mark = node.mark
        if mark.text == "^T" and self._is_number("T"):
            base = self.term(node.name)
            if not (isinstance(base, Ref) and base.variable.is_matrix):
                exponent = s.Name("T", "T", (), None, mark.start, mark.end)
                return Call(POW, (base, self.term(exponent)), 0, self.scope.span(node))
        return self._lone_matrix(node)

    def _is_number(self, name: str) -> bool:
        parameters = self.scope.parameters
        if parameters is not None:
            return name in parameters or name in self.scope.numbers
        return name in self.scope.numbers or name in self.scope.bound

    def _lone_matrix(self, node: s.Transposed) -> NoReturn:
        name, scope, mark = node.name, self.scope, node.mark.text
        if name.full in scope.functions and name.full not in scope.bound:
            error = TPTypeError(
                f"{name.full}{mark} is the derivative of a function",
                expected="its argument in parentheses",
                mend=f"write {name.full}'(z)",
            )
            fail(node, error)
        variable = scope.variable(name)
        if not variable.is_matrix:
            error = TPTypeError(
                f"{variable} is a {variable.type} and has no transpose", expected="a matrix"
            )
            fail(node, error)
        error = TPTypeError(
            f"the matrix {variable}{mark} stands alone",
            expected="a vector behind it",
            mend=f"multiply it with a vector: {variable}{mark} x",
        )
        fail(node, error)

    def _juxtaposed(self, node: s.Juxtaposed) -> Term:
        left = node.left
        if type(left) in (s.Name, s.Transposed):
            require_brackets(self.scope, node)
        if type(left) is s.Name:
            return self._multiply(left, False, node.right, node)
        if type(left) is s.Transposed:
            mark = left.mark.text
            require_matrix(self.scope, left, node)
            odd = not mark.startswith("'") or len(mark) % 2 == 1
            return self._multiply(left.name, odd, node.right, node)
        if type(left) is s.Invoke and self._is_matrix_call(left):  # W (a) x is W ((a) x)
            inner = s.Juxtaposed(left.bracketed, node.right, left.opening, node.right.end)
            return self._matrix_call(left, inner)
        self.term(left)  # its own errors come first
        return self._missing_times(node)

    def _missing_times(self, node: s.Juxtaposed) -> NoReturn:
        left, right = self.scope.text(node.left), self.scope.text(node.right)
        require_number(self.scope, node)
        require_unconditional(self.scope, node)
        short = f"{left} * {right}" if len(left) + len(right) < 60 else "a * b"
        fail(
            node,
            TPTypeError(
                "only a matrix multiplies what stands behind it",
                expected="an operator between the two",
                mend=f"write `*`: {short}",
            ),
            Change(node.left.end, node.right.start, " * "),
        )

    def _multiply(self, name: s.Name, transpose: bool, operand: s.Expr, node: s.Expr) -> Term:
        scope = self.scope
        if scope.parameters is not None or name.full in scope.numbers:
            self.term(name)
            self._missing_factor(name, operand)
        variable = scope.variable(name)
        if not variable.is_matrix:
            self._missing_factor(name, operand)
        return Product(variable, transpose, self.term(operand), scope.span(node), scope.span(name))

    def _missing_factor(self, name: s.Name, operand: s.Expr) -> NoReturn:
        self._missing_times(s.Juxtaposed(name, operand, name.start, operand.end))

    def _no_function_body(self, node: s.Expr, what: str) -> None:
        if self.scope.parameters is not None:
            fail(
                node,
                TPTypeError(
                    f"{what} stands in a coordinatewise function",
                    expected="an expression of the parameters",
                    mend="give it to the function as an argument",
                ),
            )
