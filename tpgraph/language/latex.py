r"""A program as LaTeX: the listing of an algorithm, after Algorithm 1 of *Tensor Programs IIb*.

    Input: W = {w}, V = {v, g}, C = {f}
    Moment: χ := f - y
    Nonlin: z := φ(g)
    MatMul: h := w z
    Output: χ

A line is `\tpline{instruction}{equation}`, which a document may define to its own taste.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import assert_never

from tpgraph.functions import Expression, to_latex
from tpgraph.program import (
    Data,
    Declaration,
    Equation,
    InitialScalar,
    MatMul,
    Moment,
    Nonlin,
    Program,
    Target,
    Variable,
    default_latex,
    join_name,
    language_of,
    latex_functions,
    latex_name,
    matrix_latex,
    split_name,
)
from tpgraph.program.any_program import reads_program
from tpgraph.program.tex import TOKEN, one_line, words

__all__ = ["latex_document", "latex_listing"]

_HEAD = r"""\documentclass{article}
\usepackage[margin=25mm]{geometry}
\usepackage{amsmath, amssymb}
\pagestyle{empty}
\begin{document}"""

_COMMANDS = r"""\providecommand{\tpline}[2]{\par\hangindent=2em \textsc{#1}: $#2$}
\providecommand{\tphead}[2]{\par\hangindent=2em \textbf{#1} #2}
\providecommand{\tprule}{\par\nointerlineskip\vspace{4pt}\hrule\vspace{4pt}}
\raggedright\setlength{\parindent}{0pt}\setlength{\parskip}{2pt}
\binoppenalty=10 \relpenalty=10"""

_LANGUAGES = {
    "netsor": r"\textsc{Netsor}",
    "netsor+": r"\textsc{Netsor}$^{+}$",
    "netsorT": r"\textsc{Netsor}$\top$",
    "netsorT+": r"\textsc{Netsor}$\top^{+}$",
}


@reads_program
def latex_listing(program: Program, standalone: bool = False) -> str:
    r"""The program as the listing of an algorithm: initial objects, equations, outputs.

    A group to `\input` where amsmath and amssymb are loaded, or with `standalone` a whole document.
    It compiles with pdflatex and lualatex; long lines break. A value that the program
    leaves unnamed, `x~k`, is ⟨x⟩_k. Raises TPError for a label that LaTeX cannot set.
    """
    group = "\n".join(_group(program)) + "\n"
    return latex_document(group) if standalone else group


def latex_document(group: str) -> str:
    """A whole document of what stands in others: a listing, a derivation, a kernel's recursion."""
    return "\n".join((_HEAD, group.rstrip("\n"), r"\end{document}")) + "\n"


def _group(program: Program) -> Iterator[str]:
    yield r"\begingroup"
    yield _COMMANDS
    yield r"\tprule"
    name = words(program.title)
    yield rf"\tphead{{Algorithm}}{{${name}$, a {_LANGUAGES[language_of(program)]} program}}"
    yield r"\tprule"
    yield from _Listing(program).lines()
    yield r"\tprule"
    yield r"\par\endgroup"


class _Listing:
    """The lines of one program's listing."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.functions = {name: one_line(f) for name, f in latex_functions(program).items()}

    def lines(self) -> Iterator[str]:
        inputs = list(self.inputs())
        if inputs:
            yield rf"\tphead{{Input:}}{{{', '.join(inputs)}}}"
        for equation in self.program.equations:
            yield self.line(equation)
        if self.program.outputs:
            yield rf"\tphead{{Output:}}{{${self.names(self.program.outputs)}$}}"
        if self.program.loss is not None:
            yield rf"\tphead{{Loss:}}{{${self.name(self.program.loss)}$}}"

    def inputs(self) -> Iterator[str]:
        """The sets W of matrices, V of vectors and C of scalars; then data and targets."""
        declared: dict[type[Declaration], str] = {Data: "data", Target: "targets"}
        kinds: dict[str, list[str]] = {}
        for declaration in self.program.declarations:
            for variable in declaration.variables:
                kind = declared.get(type(declaration)) or _set_of(variable)
                shown = self.name(variable)
                if isinstance(declaration, InitialScalar):
                    shown += self.value(declaration)
                kinds.setdefault(kind, []).append(shown)
        for kind in (r"\mathcal{W}", r"\mathcal{V}", r"\mathcal{C}"):
            if kind in kinds:
                yield rf"${kind} = \{{{_listed(kinds[kind])}\}}$"
        for kind in declared.values():
            if kind in kinds:
                yield rf"{kind} ${_listed(kinds[kind])}$"

    def value(self, declaration: InitialScalar) -> str:
        widths = [one_line(width.name) for width in declaration.widths]
        value = f" = {self.expression(declaration.value, widths)}"
        return rf"{value} \to {declaration.limit:g}" if widths else value

    def line(self, equation: Equation) -> str:
        match equation:
            case MatMul(_, _, _, operand):
                matrix = one_line(matrix_latex(self.program, equation))
                return self.equation("MatMul", equation, f"{matrix} {self.name(operand)}")
            case Nonlin(_, function, arguments):
                names = [self.name(a) for a in arguments]
                return self.equation("Nonlin", equation, self.expression(function, names))
            case Moment(_, function, arguments):
                text = self.expression(function, [self.name(a) for a in arguments])
                if equation.vectors:
                    n = one_line(str(equation.vectors[0].dim))
                    text = rf"\frac{{1}}{{{n}}} \sum_{{\alpha}} \bigl({text}\bigr)_{{\alpha}}"
                return self.equation("Moment", equation, text)
            case _:
                assert_never(equation)

    def equation(self, instruction: str, equation: Equation, right: str) -> str:
        left = self.name(equation.out)
        return rf"\tpline{{{instruction}}}{{{_breakable(rf'{left} := {right}')}}}"

    def expression(self, expression: Expression, names: list[str]) -> str:
        return to_latex(expression, names, self.functions)

    def names(self, variables: Iterable[Variable]) -> str:
        return _listed([self.name(v) for v in variables])

    def name(self, variable: Variable) -> str:
        """The label; a picture may do without one, a listing may not."""
        base, index, k = split_name(variable.name)
        named = Variable(join_name(base, index), variable.type)
        label = one_line(latex_name(self.program, named) or default_latex(named.name))
        return label if k is None else rf"\langle {label}\rangle_{{{k}}}"


def _set_of(variable: Variable) -> str:
    if variable.is_matrix:
        return r"\mathcal{W}"
    return r"\mathcal{C}" if variable.is_scalar else r"\mathcal{V}"


def _listed(texts: Iterable[str]) -> str:
    return r", \allowbreak ".join(texts)


def _breakable(text: str) -> str:
    r"""Mathematics that may break after commas and between factors, outside of braces."""
    depth, out = 0, []
    for match in TOKEN.finditer(text):
        token = match.group()
        depth += {"{": 1, "}": -1}.get(token, 0)
        out.append(token)
        if depth == 0 and token in (r"\,", ","):
            out.append(r"\allowbreak ")
    return "".join(out)
