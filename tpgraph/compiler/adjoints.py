"""Reverse mode: adjoints d_v = ∂(loss)/∂v, equation by equation, last one first.

    MatMul  h = M w x      d_x += M wᵀ d_h          d_w += M d_h xᵀ
            h = M wᵀ x     d_x += M w d_h           d_w += M x d_hᵀ
    Nonlin  y = ψ(…)       d_x += ∂_x ψ ⊙ d_y       d_θ += Σ_α (∂_θ ψ ⊙ d_y)_α
    Moment  θ = mean ψ     d_x += ∂_x ψ · d_θ/n     d_θ' += d_θ · mean ∂_θ' ψ

summed over the batch where the variable has no batch axis. Adjoints are of the plain loss, not
scaled with the width as in the Tensor Programs papers. Equal partials of one equation are computed
once, and an array is changed in place where nothing else refers to it. The gradient of a trained w
is yielded behind the first instruction that reads w: nothing below needs w any more, so that it may
be updated in place at once, and only one gradient is alive at a time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from tpgraph.compiler.code_lines import Lines, quoted
from tpgraph.compiler.expressions import TextTemplate
from tpgraph.compiler.forward import equation_comment, operand_names
from tpgraph.compiler.plan import Plan
from tpgraph.program import Equation, MatMul, Moment, Nonlin, Variable

__all__ = ["ReversePass"]

Step = tuple[Variable, TextTemplate]


class ReversePass:
    """The reverse pass being written."""

    def __init__(self, plan: Plan, lines: Lines) -> None:
        self.plan = plan
        self.lines = lines
        self._owned: dict[str, bool] = {}
        self._aliases: list[str] = []
        self._pending: dict[str, Variable] = {}
        self._first_uses: dict[str, list[Variable]] = {}

    def write(self, loss: Variable, equations: Sequence[Equation]) -> None:
        """The whole pass: from the loss to every trained w."""
        name = self.plan.name(loss)
        self._pending = {p.variable.name: p.variable for p in self.plan.program.parameters}
        self._first_uses = _first_uses(equations, self._pending)
        if loss.name in self.plan.active:
            batch = f" / len({name})" if self.plan.is_batched(loss) else ""
            self._accumulate(loss, f"np.full_like({name}, factor{batch})")
        for equation in reversed(equations):
            self._equation(equation)
            for variable in self._first_uses.get(equation.out.name, ()):
                if variable.name in self._owned:
                    self._yield(variable)
        for variable in list(self._pending.values()):
            if variable.name in self._owned:  # a trained vector that is the loss itself
                self._yield(variable)
            else:
                key = quoted(variable.name)
                self.lines.add(f"yield {key}, np.zeros_like(params[{key}])")

    def _yield(self, variable: Variable) -> None:
        if self._pending.pop(variable.name, None) is None:
            return
        text = self.adjoint(variable)
        if variable.is_vector and variable.name in self.plan.multipliers:
            text = f"M_{self.plan.name(variable)} * {text}"
        elif not self._owned[variable.name]:
            text = f"{text}.copy()"
        self.lines.add(f"yield {quoted(variable.name)}, {text}")

    def adjoint(self, variable: Variable) -> str:
        """The identifier of the variable's adjoint."""
        return f"d_{self.plan.name(variable)}"

    def _equation(self, equation: Equation) -> None:
        """Carry the adjoint of what an equation makes to what it reads."""
        out = equation.out
        if out.name not in self._owned:
            return
        self._aliases = []
        self.lines.comment(f"adjoint of {equation_comment(self.plan, equation)}")
        match equation:
            case MatMul():
                self._matmul(equation)
            case Nonlin():
                self._nonlin(equation)
            case Moment() if equation.vectors:
                self._moment(equation)
            case Moment():
                self._nonlin(equation)
            case _:
                assert_never(equation)
        if len(self._aliases) == 1 and self._owned[out.name]:
            self._owned[self._aliases[0]] = True

    def _matmul(self, equation: MatMul) -> None:
        matrix, x, out = equation.matrix, equation.operand, equation.out
        w, x_name, g = self.plan.name(matrix), self.plan.name(x), self.adjoint(out)
        if matrix.name in self.plan.multipliers:
            owned = self._owned[out.name]
            self.lines.add(f"{g} *= M_{w}" if owned else f"{g} = M_{w} * {g}")
            self._owned[out.name] = True
        if x.name in self.plan.active:
            self._accumulate(x, f"{g} @ {w}{'.T' if equation.transpose else ''}")
        if matrix.name in self.plan.active:
            left, right = (x_name, g) if equation.transpose else (g, x_name)
            batched = self.plan.is_batched(out)
            product = f"{left}.T @ {right}" if batched else f"np.outer({left}, {right})"
            if matrix in self._first_uses.get(out.name, ()) and matrix.name not in self._owned:
                key = quoted(matrix.name)
                self.lines.add(f"yield {key}, {product}")  # without keeping the array
                del self._pending[matrix.name]
            else:
                self._accumulate(matrix, product)

    def _nonlin(self, equation: Nonlin | Moment) -> None:
        """Also a Moment without vectors: a coordinatewise function of scalars."""
        out, names = equation.out, operand_names(self.plan, equation.arguments)
        names += [self.adjoint(out), self.plan.name(out)]
        groups: dict[str, tuple[TextTemplate, list[Variable]]] = {}
        for variable, template in self._steps(equation, reuse=True):
            groups.setdefault(template.text, (template, []))[1].append(variable)
        for template, variables in groups.values():
            text = template.fill(names)
            if len(variables) > 1 and text != names[-2]:
                text = self._shared(out, text, alone=len(groups) == 1)
            for variable in variables:
                self._accumulate(variable, self._summed(text, out, variable), (names[-2], "t"))

    def _shared(self, out: Variable, text: str, alone: bool) -> str:
        """A name for what several arguments receive; the adjoint's own if it is not read again."""
        name = self.adjoint(out) if alone else "t"
        self.lines.assign(name, text)
        if alone:
            self._owned[out.name] = True
        return name

    def _summed(self, text: str, out: Variable, variable: Variable) -> str:
        """The contribution, of the shape of `out`, summed to the shape of the argument."""
        over_batch = self.plan.is_batched(out) and not self.plan.is_batched(variable)
        over_coordinates = out.is_vector and variable.is_scalar
        bare = text if text.replace("_", "a").isalnum() else f"({text})"
        match over_batch, over_coordinates:
            case True, True:
                return f"{bare}.sum(keepdims=True)[0]"
            case True, False:
                return f"{bare}.sum(axis=0)"
            case False, True:
                return f"{bare}.sum(axis=-1, keepdims=True)"
            case _:
                return text

    def _moment(self, equation: Moment) -> None:
        out, names = equation.out, operand_names(self.plan, equation.arguments)
        n = f"{self.plan.name(equation.vectors[0])}.shape[-1]"
        for variable, template in self._steps(equation, reuse=False):
            inputs = [equation.arguments[i] for i in template.uses if i < len(names)]
            spread = any(v.is_vector for v in inputs)
            d_out = self.adjoint(out)
            if variable.is_vector or spread:
                d_out = f"{d_out} / {n}" if template.is_argument else f"({d_out} / {n})"
            text = template.fill([*names, d_out])
            if variable.is_scalar and spread:
                text = f"({text}).sum(axis=-1, keepdims=True)"
            if self.plan.is_batched(out) and not self.plan.is_batched(variable):
                text = f"({text}).sum(axis=0)"
            if variable.is_vector and not spread:
                text = f"np.full_like({self.plan.name(variable)}, {text})"
            self._accumulate(variable, text, (self.adjoint(out),))

    def _steps(self, equation: Nonlin | Moment, reuse: bool) -> list[Step]:
        """The active arguments with the partial derivatives that are not zero."""
        arguments = equation.arguments
        pullbacks = self.plan.expressions.pullbacks(equation.function, len(arguments), reuse)
        return [
            (arguments[index], template)
            for index, template in sorted(pullbacks.items())
            if arguments[index].name in self.plan.active
        ]

    def _accumulate(self, variable: Variable, text: str, sources: tuple[str, ...] = ()) -> None:
        """Add a contribution; one of the `sources` is an array that another name refers to."""
        name, adjoint = variable.name, self.adjoint(variable)
        owned = self._owned.get(name)
        if owned is None:
            self.lines.assign(adjoint, text)
            self._owned[name] = text not in sources
            if text in sources:
                self._aliases.append(name)
        elif owned:
            self.lines.assign(adjoint, text, operator="+=")
        else:
            self.lines.assign(adjoint, f"{adjoint} + {text}")
            self._owned[name] = True


def _first_uses(
    equations: Sequence[Equation], variables: Mapping[str, Variable]
) -> dict[str, list[Variable]]:
    """By the name of what an equation binds: the variables that it is the first to read."""
    seen: set[str] = set()
    found: dict[str, list[Variable]] = {}
    for equation in equations:
        for variable in equation.inputs:
            if variable.name in variables and variable.name not in seen:
                seen.add(variable.name)
                found.setdefault(equation.out.name, []).append(variable)
    return found
