"""Learning rates of optimizers that divide by the gradient's size, such as Adam.

Every entry of w moves by about its rate η, whatever the gradient. For W = M w, M ∝ n^(−a), of a
readout with entries of order n^(−e), coordinates of activations may move by r = n^(e−1), so that
the output moves by order one:

    input layers, biases of a width    M η = r          η ∝ n^(a + e − 1)
    hidden matrices                    n M η = r        η ∝ n^(a + e − 2)
    readouts                           n M η = 1        η ∝ n^(a − 1)
    vectors of fixed dimension         η = 1

In mup (e = 1, r = 1) that is n^(−1/2), 1/n, n^(−1/2), the row "Adam LR" of Table 9 of Tensor
Programs V (arXiv 2203.03466), whose multipliers √n, 1, n^(−1/2) are those of mup here. Its Table 8,
which the package `mup` implements, is the same parametrization with multipliers 1, 1, 1/n and rates
1, 1/n, 1: by its Lemma J.1, M θ, w / θ, η / θ train alike for every θ. In ntk (e = 1/2) activations
move by n^(−1/2): the row c of Definition 2.4.1 of Tensor Programs IVb (arXiv 2308.01814), whose
multipliers are those of ntk; standard is that again by the Lemma, with θ = √n where W = w. What is
fixed × fixed there, a scalar, has the rate 1 in both.

The optimizer is taken to be free of scale: the ε of Adam has to fall like the gradients, which are
of order n^(−d) in the rows d of those definitions.
"""

from __future__ import annotations

from fractions import Fraction

from tpgraph.program import Parameter, Parametrization, Program, layer_kind

__all__ = ["adaptive_exponents"]


def adaptive_exponents(program: Program) -> dict[str, Fraction]:
    """The power of n in the learning rate of every trained w, by source name."""
    chosen = program.parametrization
    if chosen is None:
        return {}
    reads = any(_reads_out(p) for p in program.parameters)
    e = sum(chosen.exponents("readout"), Fraction(0)) if reads else Fraction(1)
    return {p.variable.name: _exponent(p, chosen, e) for p in program.parameters}


def _reads_out(parameter: Parameter) -> bool:
    return layer_kind(parameter.variable) == "readout"


def _exponent(parameter: Parameter, chosen: Parametrization, e: Fraction) -> Fraction:
    variable = parameter.variable
    if variable.is_fixed:
        return Fraction(0)
    kind = layer_kind(variable)
    a, _ = chosen.exponents(kind)
    return {"input": a + e - 1, "hidden": a + e - 2, "readout": a - 1}[kind]
