"""Text with formulas in it: read as it stands, and set by LaTeX as mathematics."""

from __future__ import annotations

from dataclasses import dataclass

from tpgraph.program.tex import spelled_out

__all__ = ["Mathematics", "Phrase", "exponential", "number", "phrase"]


@dataclass(frozen=True, slots=True)
class Mathematics:
    """What is read as `text`, and what it is in LaTeX's mathematics."""

    text: str
    latex: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words and formulas one after another; `str` reads them."""

    pieces: tuple[str | Mathematics, ...]

    def __str__(self) -> str:
        return "".join(p if isinstance(p, str) else p.text for p in self.pieces)


def phrase(*pieces: str | Mathematics) -> Phrase:
    r"""A phrase of these pieces.

    >>> str(phrase("of the width ", Mathematics("√m", r"\sqrt{m}")))
    'of the width √m'
    """
    return Phrase(pieces)


def number(text: str, error: str = "") -> Mathematics:
    r"""A number as it is written, with its error.

    >>> number("-0.5", "1e-05")
    Mathematics(text='-0.5 ± 1e-05', latex='-0.5 \\pm 1 \\cdot 10^{-5}')
    """
    if not error:
        return Mathematics(text, spelled_out(text))
    return Mathematics(f"{text} ± {error}", rf"{spelled_out(text)} \pm {spelled_out(error)}")


def exponential(base: str, exponent: object) -> Mathematics:
    """A power: `n^1`, and `m^(3/2)` with brackets where text needs them.

    >>> exponential("m", "3/2")
    Mathematics(text='m^(3/2)', latex='m^{3/2}')
    """
    power = str(exponent)
    return Mathematics(
        f"{base}^({power})" if "/" in power else f"{base}^{power}", f"{base}^{{{power}}}"
    )
