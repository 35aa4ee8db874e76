"""h = W x, k = ψ(h), v = Wᵀ k, w = W κ(v): the truth by Stein's lemma and by quadrature.

With x ~ N(μ, τ²), entries of W ~ N(0, σ²/n), p = σ²(μ² + τ²) and ρ the number of rows by n,

    h ~ N(0, p)      slope s = E ψ′(h) = E[h ψ(h)]/p
    v = v̂ + ρσ² s x,  v̂ ~ N(0, ρσ² E ψ(h)²), independent of x
    w = ŵ + σ² t k,   t = E κ′(v) = E[(v − E v) κ(v)]/Var v,  Var ŵ = σ² E κ(v)²,
                      Cov(ŵ, h) = σ² E[κ(v) x],  E[ŵ k] = Cov(ŵ, h) s
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from limits.adversarial.cases import Case, Truth, exactly, mean_of
from limits.adversarial.pieces import Piece, Z, composed, mild, piece
from limits.adversarial.quadrature import Gaussian
from limits.adversarial.terms import variable
from mpmath import mp

__all__ = ["transposed", "twice"]

_WAYS = ("steep", "kink", "jump", "cancelling", "mild", "mild", "spike")
_OTHERS = ("mild", "kink", "jump")


@dataclass(frozen=True)
class Chain:
    """The numbers of a program, as texts, and its ψ."""

    mean: str
    variance: str
    sigma2: str
    rows: str
    psi: Piece

    @property
    def lines(self) -> str:
        wide = self.rows != "1"
        rows = "m" if wide else "n"
        return (
            "width n\n"
            + (f"width m = {self.rows} n\n" if wide else "")
            + f"vector x : n ~ N({self.mean}, {self.variance})\n"
            + f"matrix W : {rows} × n ~ N(0, {self.sigma2})\nh = W x\n"
            + f"k = {self.psi.formula.put({'z': variable('h')})}\nv = W' k\n"
        )

    def numbers(self) -> tuple[Any, Any, Any, Any]:
        return tuple(mp.mpf(text) for text in (self.mean, self.variance, self.sigma2, self.rows))

    def law_of_h(self) -> Gaussian:
        m, v, s2, _ = self.numbers()
        return Gaussian(mp.zero, s2 * (m * m + v))

    @cached_property
    def slope(self) -> Any:
        """E ψ′(h)."""
        return moment(Z, self.psi, self.law_of_h()) / self.law_of_h().variance

    @cached_property
    def dot(self) -> Any:
        """The coefficient of x in v."""
        _, _, s2, rows = self.numbers()
        return rows * s2 * self.slope

    @cached_property
    def law_of_v(self) -> Gaussian:
        m, v, s2, rows = self.numbers()
        square = mean_of(Piece(self.psi.formula**2, self.psi.places), self.law_of_h())[0]
        dot = self.dot
        return Gaussian(dot * m, rows * s2 * square + dot * dot * v)


def moment(factor: Any, found: Piece, law: Gaussian) -> Any:
    """E[factor(z) ψ(z)]."""
    return mean_of(Piece(factor * found.formula, found.places), law)[0]


def chain(rng: random.Random) -> Chain:
    m, v = rng.choice((("0", "1"), ("0", "1"), ("0.5", "1"), ("-0.4", "0.49")))
    psi = composed(rng, rng.choice(_WAYS), _OTHERS)
    return Chain(m, v, rng.choice(("1", "1", "2", "0.5")), rng.choice(("1", "1", "2", "0.5")), psi)


def transposed(rng: random.Random) -> Case:
    """A Moment of v, of v with x, or of v with k's argument left out."""
    made, outer = chain(rng), piece(rng, ("mild", "mild", "kink", "jump", "steep"))
    of_v = outer.formula.put({"z": variable("v")})
    text, truth = rng.choice(_ASKED)
    body = text.format(of_v)
    return Case("transposed", f"{made.lines}q = mean({body})\n", lambda: truth(made, outer))


def _v_times_x(made: Chain, _: Piece) -> Truth:
    m, v = made.numbers()[:2]
    dot = made.dot
    return _about(dot * (v + m * m), dot)


def _square(made: Chain, _: Piece) -> Truth:
    law = made.law_of_v
    return _about(law.variance + law.mean**2)


def _of_v(made: Chain, outer: Piece) -> Truth:
    return exactly(mean_of(outer, made.law_of_v))


def _of_v_with_x(made: Chain, outer: Piece) -> Truth:
    """E[F(v) x] = μ E F(v) + Cov(v, x) E[(v − E v) F(v)]/Var v."""
    m, variance = made.numbers()[:2]
    law = made.law_of_v
    mean = mean_of(outer, law)[0]
    rest = moment(Z, outer, law) - law.mean * mean
    return _about(m * mean + made.dot * variance * rest / law.variance, mean)


def _about(value: Any, *sizes: Any) -> Truth:
    """Rounding of what it is made of is granted."""
    size = abs(value) + sum(abs(s) for s in sizes)
    return Truth(float(value), 2.0**-50 * float(1 + size))


_ASKED: tuple[tuple[str, Callable[[Chain, Piece], Truth]], ...] = (
    ("v * x", _v_times_x),
    ("v^2", _square),
    ("{}", _of_v),
    ("x * {}", _of_v_with_x),
)


def twice(rng: random.Random) -> Case:
    """E w², E[w h] or E[w k] of w = W κ(v)."""
    made = chain(rng)
    kappa = rng.choice((mild(rng), piece(rng, ("kink", "steep", "jump"))))
    asked = rng.choice(("w^2", "w * h", "w * k"))
    text = (
        f"{made.lines}u = {kappa.formula.put({'z': variable('v')})}\nw = W u\nq = mean({asked})\n"
    )
    return Case("twice", text, lambda: _of_w(made, kappa, asked))


def _of_w(made: Chain, kappa: Piece, asked: str) -> Truth:
    m, variance, s2, _ = made.numbers()
    law, of_h, s = made.law_of_v, made.law_of_h(), made.slope
    mean = mean_of(kappa, law)[0]
    t = (moment(Z, kappa, law) - law.mean * mean) / law.variance
    with_h = s2 * (m * mean + made.dot * variance * t)
    square = moment(kappa.formula, kappa, law)
    of_k = mean_of(Piece(made.psi.formula**2, made.psi.places), of_h)[0]
    dot = s2 * t
    if asked == "w * h":
        return _about(with_h + dot * s * of_h.variance, with_h)
    if asked == "w * k":
        return _about(with_h * s + dot * of_k, of_k)
    return _about(s2 * square + 2 * dot * with_h * s + dot**2 * of_k, square, of_k)
