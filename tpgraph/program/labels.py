r"""LaTeX names of variables and functions, without dollar signs.

An index is a superscript, Greek names are Greek letters, accents are accents, digits at the end of
a name and what follows `_` are subscripts, words are upright: `h[1]` is `h^{1}`, `σ_w` is
`\sigma_{w}`, `x̃` is `\tilde{x}`, `LN` is `\mathrm{LN}`. The program's own labels come first.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tpgraph.functions import Defined
from tpgraph.program.equations import MatMul
from tpgraph.program.graph import Program
from tpgraph.program.tex import TOKEN
from tpgraph.program.tex_commands import ACCENT_COMMANDS
from tpgraph.program.variables import GREEK, Variable, split_name
from tpgraph.types import Dimension, Width

__all__ = [
    "default_latex",
    "defining",
    "dimension_latex",
    "headword",
    "indexed_latex",
    "joined_latex",
    "latex_functions",
    "latex_name",
    "matrix_latex",
    "used_latex",
]

_COMMANDS = {letter: rf"\{name}" for name, letter in GREEK.items()}
_LETTER = re.compile(r"(.)([\u0300-\u036f]*)", re.DOTALL)


def default_latex(name: str) -> str:
    r"""The label that a canonical name gets by itself.

    >>> default_latex("h[1,2]"), default_latex("ξ"), default_latex("σ_w"), default_latex("dx1")
    ('h^{1,2}', '\\xi', '\\sigma_{w}', 'dx_{1}')
    """
    base, index, temporary = split_name(name)
    return indexed_latex(base, [str(i) for i in index], temporary)


def indexed_latex(base: str, index: Sequence[str], temporary: int | None = None) -> str:
    r"""The label of a base with these indices, which may be letters.

    >>> indexed_latex("x_t", ["l{-}1"]), indexed_latex("x_1_0", [])
    ('x_{t}^{l{-}1}', 'x_{1,0}')
    """
    head, _, subscript = base.partition("_")
    letters = head.rstrip("0123456789")
    digits = head[len(letters) :]
    text = _letters(letters or head)
    parts = digits if letters else "", *map(_letters, subscript.split("_"))
    below = ",".join(part for part in parts if part)
    text += f"_{{{below}}}" if below else ""
    text += f"^{{{','.join(index)}}}" if index else ""
    return text + (rf"\sim{temporary}" if temporary is not None else "")


def dimension_latex(dimension: Dimension) -> str:
    r"""A dimension by the width that it is a multiple of, if the ratio is a fraction.

    >>> from fractions import Fraction
    >>> dimension_latex(Width("m", Fraction(3, 2), "n")), dimension_latex(Width("n_1"))
    ('3n/2', 'n_{1}')
    """
    if not isinstance(dimension, Width) or dimension.base is None or dimension.is_rounded:
        return default_latex(str(dimension))
    ratio, base = dimension.ratio, default_latex(dimension.base)
    times = "" if ratio.numerator == 1 else str(ratio.numerator)
    return f"{times}{base}" + (f"/{ratio.denominator}" if ratio.denominator != 1 else "")


def headword(name: str) -> str:
    """What a label shows of a name before sub- and superscripts.

    >>> headword("σ_w[1]")
    'σ'
    """
    return split_name(name)[0].partition("_")[0]


def defining(label: str) -> str:
    r"""What a formula takes of a label such as `dx = v`: what stands behind the equals sign.

    >>> defining("dx = v"), defining("x_{t=0}")
    ('v', 'x_{t=0}')
    """
    depth = start = 0
    for token in TOKEN.finditer(label):
        depth += {"{": 1, "}": -1}.get(token.group(), 0)
        if token.group() == "=" and depth == 0:
            start = token.end()
    return label[start:].strip() or label


def _letters(word: str) -> str:
    pieces = _LETTER.findall(unicodedata.normalize("NFD", word))
    plain = all(letter.isascii() and not accents for letter, accents in pieces)
    is_word = len(pieces) > 2 or (len(pieces) == 2 and word.isupper())
    if plain and is_word:
        return rf"\mathrm{{{word}}}"
    text = ""
    for letter, accents in pieces:
        piece = _COMMANDS.get(letter, letter)
        for accent in accents:
            command = ACCENT_COMMANDS.get(accent)
            piece = rf"\{command}{{{piece}}}" if command else f"{{{piece}}}"
        spaced = text.startswith("\\") or "\\" in text.rpartition("{")[2]
        text += f" {piece}" if spaced and piece[0].isalnum() and text[-1] not in "}" else piece
    return text


def latex_name(program: Program, variable: Variable) -> str:
    r"""The label of a variable: the program's own, else the default of its name."""
    return program.labels.get(variable.name, default_latex(variable.name))


def matrix_latex(program: Program, equation: MatMul) -> str:
    r"""The matrix of a MatMul as it is used: `W^{2}`, `W^{2\top}`, `W^{\top}`."""
    return used_latex(latex_name(program, equation.matrix), equation.transpose)


def used_latex(name: str, transpose: bool) -> str:
    r"""The label of a matrix as it is used, `W^{2}` or `W^{2\top}`."""
    if not transpose:
        return name
    if re.search(r"\^\{[^{}]*\}$", name):
        return rf"{name[:-1]}\top}}"
    return rf"{{{name}}}^{{\top}}" if "^" in name else rf"{name}^{{\top}}"


def joined_latex(left: str, right: str) -> str:
    r"""The label of a product: `\Sigma` and `x` need a space between them, `W^{1}` and `\xi` do
    not; a label of the user that begins with a script has it on its own, not on the matrix.
    """
    if right.startswith(("_", "^", "'")):
        return f"{left}{{}}{right}"
    command = left.rpartition("\\")
    spaced = command[1] and command[2].isalpha() and right[:1].isalnum()
    return f"{left} {right}" if spaced else left + right


def latex_functions(program: Program) -> dict[str, str]:
    """The LaTeX names of the program's own functions."""
    return {f.name: _function_name(program, f) for f in program.functions}


def _function_name(program: Program, function: Defined) -> str:
    return program.labels.get(function.name, default_latex(function.name))
