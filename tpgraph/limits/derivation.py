r"""The derivation of a limit: one line per instruction, the rule and its numbers.

    ZInit    x[0]  Z ~ N(0, 1)
    ZMatMul  h = W x[0]  Ẑ ~ N(0, 1), Ż = 0
    ZMoment  m = mean(x[0] * h)  → 0

A row is a rule, an equation and what follows from it; the same rows make text and LaTeX.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import assert_never

from tpgraph.functions import Expression, to_latex, to_text
from tpgraph.limits.estimates import Estimate, VectorLimit
from tpgraph.limits.zdot import Slope, slope_of
from tpgraph.program import (
    Data,
    Equation,
    InitialMatrix,
    InitialScalar,
    MatMul,
    Moment,
    Nonlin,
    Program,
    Target,
    Variable,
    default_latex,
    join_name,
    latex_functions,
    latex_name,
    matrix_latex,
)
from tpgraph.program.tex import one_line, spelled_out
from tpgraph.program.text import aligned, right_hand_side
from tpgraph.types import Width

__all__ = ["derivation"]

_SHOWN_COVARIANCES = 3
_SETTINGS = r"""\raggedright\setlength{\parindent}{0pt}\setlength{\parskip}{2pt}
\binoppenalty=10 \relpenalty=10"""


def derivation(
    program: Program,
    scalars: Mapping[str, Estimate],
    vectors: Mapping[str, VectorLimit],
    latex: bool = False,
    covariances: Mapping[tuple[str, str], Estimate] = MappingProxyType({}),
) -> str:
    """One line for every declaration and equation that has a limit, and for every covariance."""
    writer = _Latex(program) if latex else _PlainText(program)
    rows = list(_rows(program, scalars, vectors, writer))
    rows += _covariances(covariances, program, writer)
    if not latex:
        return "\n".join(aligned((rule, left, "; ".join(facts)) for rule, left, facts in rows))
    lines = [_latex_line(*row) for row in rows]
    return "\n".join([r"\begingroup", _SETTINGS, *lines, r"\par\endgroup"])


def _latex_line(rule: str, left: str, facts: Sequence[str]) -> str:
    """A paragraph that may break between facts."""
    pieces = [f"${fact}$" for fact in (left, *facts)]
    return rf"\par\hangindent=2em \textsc{{{rule}}}:\ {'; '.join(pieces)}"


class _PlainText:
    """Names and formulas as plain text."""

    sign, hat, dot, dots = "~", "Ẑ", "Ż", "…"
    mean, var, cov, to = "E", "Var", "Cov", "→"
    sigma2, partial = "σ²", "∂"

    def __init__(self, program: Program) -> None:
        self.program = program

    def name(self, variable: Variable) -> str:
        """The variable itself."""
        return variable.name

    def equation(self, equation: Equation) -> str:
        """The equation as the language writes it."""
        return f"{equation.out} = {right_hand_side(equation)}"

    def width(self, width: Width) -> str:
        """The size of a width."""
        return width.name

    def Z(self, name: str, accent: str = "Z") -> str:
        """Z^x, Ẑ^x or Ż^x."""
        return f"{accent}^({name})"

    def formula(self, expression: Expression, names: Sequence[str]) -> str:
        """A coordinatewise expression of what goes by these names."""
        return to_text(expression, names)

    def expectation(self, inner: str) -> str:
        """E of a formula."""
        return f"{self.mean}[{inner}]"

    def slope(self, x: Variable, slope: Slope) -> str:
        """∂Z^x/∂Ẑ as a formula, or by its name."""
        if slope.expression is None:
            gaussian = self.Z(slope.gaussian.name, self.hat)
            return self.quotient(f"{self.partial}{self.Z(x.name)}", f"{self.partial}{gaussian}")
        names = [self.Z(a.name) if a.is_vector else self.name(a) for a in slope.arguments]
        return self.formula(slope.expression, names)

    def quotient(self, above: str, below: str) -> str:
        """A fraction."""
        return f"{above}/{below}"

    def words(self, text: str) -> str:
        """Words among formulas."""
        return text

    def inline(self, variable: Variable) -> str:
        """A name among words."""
        return self.name(variable)

    def number(self, found: Estimate) -> str:
        """A value to the digits that its error leaves."""
        return _number(found)

    def error(self, found: Estimate) -> str:
        """How far off the value may be."""
        return f"± {found.error:.1g}" if found.error else "exactly"


class _Latex(_PlainText):
    """The same as LaTeX mathematics."""

    sign, hat, dot, dots = r"\sim", r"\hat{Z}", r"\dot{Z}", r"\dots"
    mean, var, cov = r"\mathbb{E}\,", r"\operatorname{Var}", r"\operatorname{Cov}"
    to = r"\to"
    sigma2, partial = r"\sigma^2", r"\partial "

    def name(self, variable: Variable) -> str:
        """The variable's label; the k-th unnamed value of a statement is ⟨x⟩_k."""
        base, index, k = variable.parts
        own = latex_name(self.program, Variable(join_name(base, index), variable.type))
        label = one_line(own)
        return label if k is None else rf"\langle {label} \rangle_{{{k}}}"

    def functions(self) -> dict[str, str]:
        """The LaTeX names of the program's own functions."""
        own = latex_functions(self.program)
        return {name: one_line(label) for name, label in own.items()}

    def equation(self, equation: Equation) -> str:
        """The equation as the paper writes it."""
        left = self.name(equation.out)
        match equation:
            case MatMul(_, _, _, operand):
                matrix = one_line(matrix_latex(self.program, equation))
                return f"{left} = {matrix} {self.name(operand)}"
            case Nonlin(_, function, arguments) | Moment(_, function, arguments):
                names = [self.name(a) for a in arguments]
                right = to_latex(function, names, self.functions())
                is_mean = isinstance(equation, Moment) and equation.vectors
                return f"{left} = " + (rf"\mathbb{{E}}\bigl[{right}\bigr]" if is_mean else right)
            case _:
                assert_never(equation)

    def width(self, width: Width) -> str:
        """The size of a width, in italics."""
        return default_latex(width.name)

    def Z(self, name: str, accent: str = "Z") -> str:
        """Z^{x}, with an accent for its part."""
        return f"{accent}^{{{self.name(self.program.variables[name])}}}"

    def formula(self, expression: Expression, names: Sequence[str]) -> str:
        """The expression with LaTeX names of functions."""
        return to_latex(expression, names, latex_functions(self.program))

    def expectation(self, inner: str) -> str:
        """E of a formula, in large brackets."""
        return rf"{self.mean}\bigl[{inner}\bigr]"

    def quotient(self, above: str, below: str) -> str:
        """A fraction."""
        return rf"\frac{{{above}}}{{{below}}}"

    def words(self, text: str) -> str:
        """Words between formulas."""
        return rf"\text{{{text}}}"

    def inline(self, variable: Variable) -> str:
        """A formula among words."""
        return f"${self.name(variable)}$"

    def number(self, found: Estimate) -> str:
        """A value, with its power of ten spelled out."""
        return spelled_out(_number(found))

    def error(self, found: Estimate) -> str:
        """How far off the value may be."""
        return rf"\pm {spelled_out(f'{found.error:.1g}')}" if found.error else r"\text{ exactly}"


def _number(found: Estimate) -> str:
    """The value to as many digits, six at most, as its error leaves."""
    if abs(found.value) <= found.error <= 1e-12:
        return "0"
    if not (math.isfinite(found.value) and math.isfinite(found.error) and found.error > 0):
        return f"{found.value:.6g}"
    known = math.floor(math.log10(abs(found.value) / found.error)) if found.value else 0
    return f"{found.value:.{max(1, min(6, known + 2))}g}"


def _rows(
    program: Program,
    scalars: Mapping[str, Estimate],
    vectors: Mapping[str, VectorLimit],
    writer: _PlainText,
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for declaration in program.declarations:
        if isinstance(declaration, Data | Target | InitialMatrix):
            continue
        for variable in declaration.variables:
            if isinstance(declaration, InitialScalar):
                value = writer.number(scalars[variable.name])
                at = writer.formula(
                    declaration.value, [writer.width(w) for w in declaration.widths]
                )
                yield "ZInit", f"{writer.name(variable)} = {at}", (f"{writer.to} {value}",)
            elif variable.name in vectors:
                gaussian = _gaussian(writer, vectors[variable.name], "Z")
                yield "ZInit", writer.name(variable), (gaussian,)
    found_of = {*vectors, *scalars}
    for equation in program.equations:
        name, left = equation.out.name, writer.equation(equation)
        users = [e for e in program.uses[name] if e.out.name in found_of]
        if name not in found_of and users:
            yield _rule(equation), left, (_only_in_products(writer, users),)
        if name in vectors:
            yield _rule(equation), left, tuple(_vector(writer, equation, vectors))
        elif name in scalars:
            found = scalars[name]
            yield "ZMoment", left, (f"{writer.to} {writer.number(found)} {writer.error(found)}",)


def _rule(equation: Equation) -> str:
    return "ZMatMul" if isinstance(equation, MatMul) else "ZNonlin"


def _only_in_products(writer: _PlainText, users: Sequence[Equation]) -> str:
    """What is said of a vector that has no limit, and is read by products that have one."""
    products = [e for e in users if isinstance(e, MatMul)]
    matrices = dict.fromkeys(writer.inline(e.matrix) for e in products)
    small = f" as entries of {' and '.join(matrices)} shrink" if matrices else ""
    made = ", ".join(writer.inline(e.out) for e in users)
    return writer.words(f"grows with the width{small}: the limit is that of {made}")


def _covariances(
    covariances: Mapping[tuple[str, str], Estimate], program: Program, writer: _PlainText
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for pair, found in covariances.items():
        names = (writer.name(program.variables[name]) for name in pair)
        first, second = (writer.Z(name) for name in pair)
        value = f"{writer.number(found)} {writer.error(found)}"
        yield "Cov", ", ".join(names), (f"{writer.cov}({first}, {second}) = {value}",)


def _gaussian(writer: _PlainText, vector: VectorLimit, symbol: str) -> str:
    mean, variance = writer.number(vector.mean), writer.number(vector.var)
    return f"{symbol} {writer.sign} N({mean}, {variance})"


def _vector(
    writer: _PlainText, equation: Equation, vectors: Mapping[str, VectorLimit]
) -> Iterator[str]:
    vector = vectors[equation.out.name]
    if isinstance(equation, MatMul):
        yield from _product(writer, equation, vectors)
    else:
        yield f"{writer.mean} Z = {writer.number(vector.mean)} {writer.error(vector.mean)}"
        yield f"{writer.var} Z = {writer.number(vector.var)} {writer.error(vector.var)}"


def _product(
    writer: _PlainText, equation: MatMul, vectors: Mapping[str, VectorLimit]
) -> Iterator[str]:
    """ZHat, then ZDot, then the whole."""
    vector = vectors[equation.out.name]
    hat = vector.hat_var
    if hat is None:
        yield f"Z = {writer.number(vector.mean)} {writer.error(vector.mean)}"
        return
    symbol = writer.hat if equation.out.is_wide else "Z"
    yield f"{symbol} {writer.sign} N(0, {writer.number(hat)})"
    shared = vector.hat_covariances.items()
    telling = [(y, c) for y, c in shared if writer.number(c) != "0"]
    for y, c in telling[:_SHOWN_COVARIANCES]:
        yield f"{writer.cov}({symbol}, {writer.Z(y, symbol)}) = {writer.number(c)}"
    if len(telling) > _SHOWN_COVARIANCES:
        yield writer.dots
    if not equation.out.is_wide:
        return
    terms = [f"{writer.number(c)} {writer.Z(y)}" for y, c in vector.dot.items()]
    symbols = _coefficients(writer, equation, vectors)
    yield f"{writer.dot} = {symbols}{' + '.join(terms) or '0'}"
    if terms:
        yield f"{writer.var} Z = {writer.number(vector.var)} {writer.error(vector.var)}"


def _coefficients(writer: _PlainText, equation: MatMul, vectors: Mapping[str, VectorLimit]) -> str:
    """Σ_y σ² E[∂Z^x/∂Ẑ^{Wᵀy}] Z^y in symbols, where a slope is more than a number."""
    dot = vectors[equation.out.name].dot
    slopes = [slope_of(writer.program, equation, y, vectors) for y in dot]
    if all(slope is None or slope.is_number for slope in slopes):
        return ""
    terms = []
    for (y, value), slope in zip(dot.items(), slopes, strict=True):
        if slope is None or slope.is_number:
            terms.append(f"{writer.number(value)} {writer.Z(y)}")
        else:
            inner = writer.slope(equation.operand, slope)
            terms.append(f"{writer.sigma2} {writer.expectation(inner)} {writer.Z(y)}")
    return f"{' + '.join(terms)} = "
