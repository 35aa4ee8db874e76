r"""How coefficients of what earlier steps leave behind depend on the step s and the time t.

    plain SGD        c                     W_t = W − c Σ_s g_s
    weight decay     c q^(t−1−s)           W_t = q^t W − c Σ_s q^(t−1−s) g_s,   q = 1 − η λ
    momentum         c (1 − μ^(t−s))       W_t = W − c Σ_s (1 + μ + … + μ^(t−1−s)) g_s
    rates η_s        c η_s / η_0           W_t = W − c Σ_s (η_s / η_0) g_s
    both             c α_{t−s}             W_t = κ_t W − c Σ_s α_{t−s} g_s

where momentum and decay together, W_{t+1} = (1 + μ − η λ) W_t − μ W_{t−1} − c g_t, give α_0 = 0,
α_1 = 1, α_{k+1} = (1 + μ − η λ) α_k − μ α_{k−1} and κ_t = α_{t+1} − μ α_t.

A law is read off the coefficients of one time; passes at other times have to follow it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Protocol

from tpgraph.notation.drawn.times import Letters
from tpgraph.notation.scene.scene import Definition

__all__ = ["CoefficientLaw", "base_of_law", "laws_of"]

_TOLERANCE = 1e-9


class CoefficientLaw(Protocol):
    """What coefficients are proportional to, and what decay has made of a weight by a time."""

    def share(self, step: int, time: int) -> float:
        """What the coefficient of a step is proportional to."""

    def kept(self, time: int) -> float | None:
        """The factor of the weights that training began with; None if they stay."""

    def share_latex(self, letters: Letters) -> str:
        """The share in LaTeX."""

    def kept_latex(self, letters: Letters) -> str:
        """What is kept in LaTeX."""

    def definitions(self, letters: Letters) -> tuple[Definition, ...]:
        """What symbols in these stand for."""


class _Explicit:
    def definitions(self, letters: Letters) -> tuple[Definition, ...]:
        return ()


@dataclass(frozen=True)
class _Plain(_Explicit):
    def kept(self, time: int) -> float | None:
        return None

    def kept_latex(self, letters: Letters) -> str:
        return ""


@dataclass(frozen=True)
class _Decay(_Explicit):
    """Weights lose a part of themselves in every step."""

    factor: float

    def share(self, step: int, time: int) -> float:
        return self.factor ** (time - 1 - step)

    def kept(self, time: int) -> float | None:
        return self.factor**time

    def share_latex(self, letters: Letters) -> str:
        power = f"{letters.step}{{-}}1{{-}}{letters.earlier}"
        return f"{{{self.factor:.4g}^{{{power}}}}}"

    def kept_latex(self, letters: Letters) -> str:
        return f"{self.factor:.4g}^{{{letters.step}}}"


@dataclass(frozen=True)
class _Momentum(_Plain):
    """Every step repeats a part of the one before: 1 + μ + μ² + …, times 1 − μ."""

    factor: float

    def share(self, step: int, time: int) -> float:
        return 1 - self.factor ** (time - step)

    def share_latex(self, letters: Letters) -> str:
        return f"(1 - {self.factor:.4g}^{{{letters.step}{{-}}{letters.earlier}}})"


@dataclass(frozen=True)
class _Rates(_Plain):
    """Every step has its own learning rate."""

    rates: tuple[float, ...]

    def share(self, step: int, time: int) -> float:
        return self.rates[step] / self.rates[0]

    def share_latex(self, letters: Letters) -> str:
        return rf"(\eta_{{{letters.earlier}}}/\eta_{{0}})"


@dataclass(frozen=True)
class _MomentumAndDecay:
    """Every step repeats a part of the one before, and weights lose a part of themselves: `first`
    is 1 + μ − η λ, `second` μ, the symbols those of α and κ.
    """

    first: float
    second: float
    symbols: tuple[str, str]

    def share(self, step: int, time: int) -> float:
        return self._alpha(time - step)

    def kept(self, time: int) -> float | None:
        return self._alpha(time + 1) - self.second * self._alpha(time)

    def _alpha(self, k: int) -> float:
        before, here = 0.0, 1.0
        for _ in range(k):
            before, here = here, self.first * here - self.second * before
        return before

    def share_latex(self, letters: Letters) -> str:
        return rf"{self.symbols[0]}_{{{letters.step}{{-}}{letters.earlier}}}"

    def kept_latex(self, letters: Letters) -> str:
        return rf"{self.symbols[1]}_{{{letters.step}}}"

    def definitions(self, letters: Letters) -> tuple[Definition, ...]:
        (alpha, kappa), t = self.symbols, letters.step
        first, second = f"{self.first:.6g}", f"{self.second:.6g}"
        ahead, back = f"{t}{{+}}1", f"{t}{{-}}1"
        recursion = (
            rf"{first} \, {alpha}_{{{t}}} - {second} \, {alpha}_{{{back}}}, "
            rf"\; {alpha}_{{0}} = 0, \; {alpha}_{{1}} = 1"
        )
        kept = rf"{alpha}_{{{ahead}}} - {second} \, {alpha}_{{{t}}}"
        return (
            Definition(f"{alpha}_{{{ahead}}}", recursion, recursion),
            Definition(f"{kappa}_{{{t}}}", kept, kept),
        )


def laws_of(
    coefficients: Sequence[float], symbols: tuple[str, str] = (r"\alpha", r"\kappa")
) -> Iterator[CoefficientLaw]:
    """The laws that these coefficients of the steps 0, 1, … at the time after them may follow; the
    symbols are for what has no short form.
    """
    if len(coefficients) < 2 or not all(coefficients):
        return
    ratio = coefficients[-2] / coefficients[-1]
    laws: list[CoefficientLaw] = [_Rates(tuple(coefficients))]
    if 0 < ratio < 1:
        laws.insert(0, _Decay(ratio))
    if 1 < ratio < 2:
        laws.insert(0, _Momentum(ratio - 1))
    if len(coefficients) > 2:
        first, second = coefficients[-2] / coefficients[-1], coefficients[-3] / coefficients[-1]
        laws.append(_MomentumAndDecay(first, first * first - second, symbols))
    yield from (law for law in laws if base_of_law(law, coefficients) is not None)


def base_of_law(law: CoefficientLaw, coefficients: Sequence[float]) -> float | None:
    """The factor c of a law by which these coefficients follow it; None if they do not."""
    time = len(coefficients)
    shares = [law.share(step, time) for step in range(time)]
    base = coefficients[-1] / shares[-1]
    fits = (
        isclose(c, base * share, rel_tol=_TOLERANCE)
        for c, share in zip(coefficients, shares, strict=True)
    )
    return base if all(fits) else None
