r"""How coefficients of what earlier steps leave behind depend on the step s and the time t.

    plain SGD        c                     W_t = W − c Σ_s g_s
    weight decay     c q^(t−1−s)           W_t = q^t W − c Σ_s q^(t−1−s) g_s,   q = 1 − η λ
    momentum         c (1 − μ^(t−s))       W_t = W − c Σ_s (1 + μ + … + μ^(t−1−s)) g_s
    both             c α_{t−s}             W_t = κ_t W − c Σ_s α_{t−s} g_s
    rates η_s        c η_s                 W_t = W − c Σ_s η_s g_s
    rates and these  c α_{s,t}             W_t = κ_t W − c Σ_s α_{s,t} g_s

where momentum and decay together, W_{t+1} = (1 + μ − η λ) W_t − μ W_{t−1} − c g_t, give α_0 = 0,
α_1 = 1, α_{k+1} = (1 + μ − η λ) α_k − μ α_{k−1} and κ_t = α_{t+1} − μ α_t.

Under a schedule of rates the velocity u_{t+1} = μ u_t + g_t + λ W_t has γ_{s,t} of g_s in it:

    α_{s,t+1} = α_{s,t} + η_t γ_{s,t},              α_{s,s} = 0
    γ_{s,t+1} = μ γ_{s,t} − λ α_{s,t+1},            γ_{s,s} = 1

which, where no rate is 0, is α_{s,t+1} = (1 − λ η_t) α_{s,t} + μ η_t/η_{t−1} (α_{s,t} − α_{s,t−1}).
A weight whose gradient is −λ times itself stays as it is, by which κ_t = 1 − λ Σ_{s<t} α_{s,t}.

The law is that of the program's training plan; the coefficients have to follow it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isclose
from typing import Protocol

from tpgraph.notation.drawn.times import Letters
from tpgraph.notation.scene.scene import Definition
from tpgraph.program.training_plan import TrainingPlan

__all__ = ["CoefficientLaw", "Symbols", "base_of_law", "law_of", "moving_steps"]

_TOLERANCE = 1e-9
_RATES_LISTED = 12


@dataclass(frozen=True)
class Symbols:
    """In LaTeX: those of α, κ, γ and η."""

    share: str = r"\alpha"
    kept: str = r"\kappa"
    velocity: str = r"\gamma"
    rate: str = r"\eta"


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


class _Plain:
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
class _Momentum(_Plain, _Explicit):
    """Every step repeats a part of the one before: 1 + μ + μ² + …, times 1 − μ."""

    factor: float

    def share(self, step: int, time: int) -> float:
        return 1 - self.factor ** (time - step)

    def share_latex(self, letters: Letters) -> str:
        return f"(1 - {self.factor:.4g}^{{{letters.step}{{-}}{letters.earlier}}})"


@dataclass(frozen=True)
class _MomentumAndDecay:
    """Every step repeats a part of the one before, and weights lose a part of themselves: `first`
    is 1 + μ − η λ, `second` μ.
    """

    first: float
    second: float
    symbols: Symbols

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
        return rf"{self.symbols.share}_{{{letters.step}{{-}}{letters.earlier}}}"

    def kept_latex(self, letters: Letters) -> str:
        return rf"{self.symbols.kept}_{{{letters.step}}}"

    def definitions(self, letters: Letters) -> tuple[Definition, ...]:
        alpha, kappa, t = self.symbols.share, self.symbols.kept, letters.step
        first, second = f"{self.first:.6g}", f"{self.second:.6g}"
        ahead, back = f"{t}{{+}}1", f"{t}{{-}}1"
        recursion = (
            rf"{first} \, {alpha}_{{{t}}} - {second} \, {alpha}_{{{back}}}, "
            rf"\; {alpha}_{{0}} = 0, \; {alpha}_{{1}} = 1"
        )
        kept = rf"{alpha}_{{{ahead}}} - {second} \, {alpha}_{{{t}}}"
        return (
            _definition(f"{alpha}_{{{ahead}}}", recursion),
            _definition(f"{kappa}_{{{t}}}", kept),
        )


@dataclass(frozen=True)
class _Rates(_Plain):
    """Every step has its own learning rate."""

    plan: TrainingPlan
    symbols: Symbols

    def share(self, step: int, time: int) -> float:
        return self.plan.rates[step]

    def share_latex(self, letters: Letters) -> str:
        return f"{self.symbols.rate}_{{{letters.earlier}}}"

    def definitions(self, letters: Letters) -> tuple[Definition, ...]:
        return (_rates(self.plan, self.symbols, letters),)


@dataclass(frozen=True)
class _Schedule:
    """Every step has its own learning rate, and repeats a part of the one before or takes a part of
    the weights from them.
    """

    plan: TrainingPlan
    symbols: Symbols

    def share(self, step: int, time: int) -> float:
        return self.plan.beta[time][step]

    def kept(self, time: int) -> float | None:
        return self.plan.alpha[time] if self.plan.decays else None

    def share_latex(self, letters: Letters) -> str:
        return f"{self.symbols.share}_{{{letters.earlier},{letters.step}}}"

    def kept_latex(self, letters: Letters) -> str:
        return f"{self.symbols.kept}_{{{letters.step}}}" if self.plan.decays else ""

    def definitions(self, letters: Letters) -> tuple[Definition, ...]:
        found = [*self._shares(letters), _rates(self.plan, self.symbols, letters)]
        if self.plan.decays:
            s, t = letters.earlier, letters.step
            total = rf"\textstyle\sum_{{{s}<{t}}} \, {self.share_latex(letters)}"
            kept = rf"1 - {self.plan.weight_decay:.6g} \, {total}"
            found.insert(-1, _definition(self.kept_latex(letters), kept))
        return tuple(found)

    def _shares(self, letters: Letters) -> list[Definition]:
        """The recursion of α, and of γ where that has no short form."""
        s, t = letters.earlier, letters.step
        ahead = f"{t}{{+}}1"
        alpha, gamma = self.symbols.share, self.symbols.velocity
        mu, decay = f"{self.plan.momentum:.6g}", f"{self.plan.weight_decay:.6g}"
        rate, here = f"{self.symbols.rate}_{{{t}}}", f"{alpha}_{{{s},{t}}}"
        name, zero = f"{alpha}_{{{s},{ahead}}}", rf"\; {alpha}_{{{s},{s}}} = 0"
        if not self.plan.decays:
            recursion = rf"{here} + {mu}^{{{t}{{-}}{s}}} \, {rate}, {zero}"
            return [_definition(name, recursion)]
        if not self.plan.momentum:
            first = rf"\; {alpha}_{{{s},{s}{{+}}1}} = {self.symbols.rate}_{{{s}}}"
            return [_definition(name, rf"(1 - {decay} \, {rate}) \, {here}, {first}")]
        velocity = rf"{mu} \, {gamma}_{{{s},{t}}} - {decay} \, {name}, \; {gamma}_{{{s},{s}}} = 1"
        return [
            _definition(name, rf"{here} + {rate} \, {gamma}_{{{s},{t}}}, {zero}"),
            _definition(f"{gamma}_{{{s},{ahead}}}", velocity),
        ]


def _definition(symbol: str, formula: str) -> Definition:
    return Definition(symbol, formula, formula)


def _rates(plan: TrainingPlan, symbols: Symbols, letters: Letters) -> Definition:
    """The rates of all steps, those in the middle as dots where they are many."""
    said = [f"{rate:.4g}" for rate in plan.rates]
    if len(said) > _RATES_LISTED:
        half = _RATES_LISTED // 2
        said = [*said[:half], r"\ldots", *said[-half:]]
    last = len(plan.rates) - 1
    range = rf"\; {letters.step} = 0, \ldots, {last}"
    return _definition(f"{symbols.rate}_{{{letters.step}}}", rf"{', '.join(said)}, {range}")


def law_of(plan: TrainingPlan, symbols: Symbols) -> CoefficientLaw | None:
    """The law of a plan's coefficients; None where they are all equal."""
    rates, mu, decay = set(plan.rates), plan.momentum, plan.weight_decay
    if len(rates) > 1:
        return _Schedule(plan, symbols) if mu or decay else _Rates(plan, symbols)
    kept = 1 - decay * max(rates)
    if mu and decay:
        return _MomentumAndDecay(mu + kept, mu, symbols)
    if decay:
        return _Decay(kept) if kept > 0 else _Schedule(plan, symbols)
    return _Momentum(mu) if mu else None


def moving_steps(law: CoefficientLaw | None, time: int) -> list[int]:
    """The steps that have moved the weights of a time: all before it that have not the rate 0."""
    return [step for step in range(time) if law is None or law.share(step, time)]


def base_of_law(law: CoefficientLaw, coefficients: Mapping[int, float], time: int) -> float | None:
    """The factor c of a law by which these coefficients of steps follow it; None if they do not."""
    shares = {step: law.share(step, time) for step in moving_steps(law, time)}
    if not shares or shares.keys() != coefficients.keys():
        return None
    last = max(shares)
    base = coefficients[last] / shares[last]
    fits = (isclose(coefficients[s], base * shares[s], rel_tol=_TOLERANCE) for s in shares)
    return base if all(fits) else None
