"""Words over the components of a vector: what they are of means, so that nothing else is needed.

    sum(z)                        k mean(z)                                z of fixed dimension k
    logsumexp(z)                  m + log sum(exp(z − m)),                 m = max(z), held constant
    softmax(z)                    exp(z − m) / sum(exp(z − m))
    softmax_cross_entropy(f, y)   sum(y (log sum(exp(f − m)) + (m − f)))
    layernorm(x, ε)               (x − μ) / √(mean((x − μ)²) + ε),         μ = mean(x), ε = 10⁻⁵

m is of no consequence for any of them, and keeps them from overflowing: it is `held_max` of the
table, which no derivative looks into. The cross-entropy is torch's for targets that are
probabilities, −Σ_i y_i log softmax(f)_i; ε is torch's as well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType
from typing import NoReturn

from tpgraph.errors import TPTypeError
from tpgraph.functions import ADD, DIV, MUL, NEG, POW, PRIMITIVES
from tpgraph.program.statement_terms import (
    ONE_COMPONENT,
    Call,
    Constant,
    Mean,
    Once,
    Ref,
    Term,
    dimension_of,
)
from tpgraph.types import Fixed

__all__ = ["REDUCTIONS", "Reduction"]

_EPSILON = Constant(Fraction(1, 10**5))


@dataclass(frozen=True)
class Reduction:
    """A word: what it makes of its arguments, and how many it takes."""

    make: Callable[..., Term]
    least: int
    most: int
    form: str


def _refuse(word: str, term: Term, mend: str) -> NoReturn:
    dim = dimension_of(term)
    what = "a scalar" if dim is None else f"a vector of {dim}"
    raise TPTypeError(f"{word} is over components, but this is {what}", None, _WANTED, mend)


_WANTED = "a vector of fixed dimension, such as an output f = V x"


def _components(word: str, term: Term, mend: str) -> Fixed:
    """The fixed dimension of a term."""
    dim = dimension_of(term)
    if not isinstance(dim, Fixed):
        _refuse(word, term, mend)
    return dim


def _several(word: str, term: Term) -> Fixed:
    """The same of what needs two components or more."""
    dim = _components(word, term, f"of scalars it takes two or more: {word}(a, b, c)")
    if dim == ONE_COMPONENT:
        raise TPTypeError(
            f"{word} of one component says nothing", None, "two components or more", _mend_one(word)
        )
    return dim


def _mend_one(word: str) -> str:
    if word == "softmax_cross_entropy":
        return "declare the readout and the target with one row for every class"
    return f"declare it with a row for every component, or name the numbers: {word}(a, b, c)"


def _shared(term: Term) -> Term:
    """A term that may stand in several places."""
    return term if isinstance(term, Ref | Constant | Once) else Once(term)


def _add(*terms: Term) -> Term:
    return Call(ADD, terms)


def _minus(left: Term, right: Term) -> Term:
    return _add(left, Call(NEG, (right,)))


def _call(name: str, term: Term) -> Term:
    return Call(PRIMITIVES[name], (term,))


def _times(count: int, mean: Term) -> Term:
    return mean if count == 1 else Call(MUL, (Constant(Fraction(count)), mean))


def _sum(z: Term) -> Term:
    mend = "of a vector that goes to infinity take the mean: mean(…)"
    if dimension_of(z) is None:
        mend = "scalars are added one by one: a + b, or sum(a[k] for k in 1..3)"
    return _times(_components("sum", z, mend).value, Mean(z))


def _held_max(z: Term) -> Term:
    return Once(Mean(_call("held_max", z)))


def _logsumexp(z: Term) -> Term:
    _several("logsumexp", z)
    z = _shared(z)
    m = _held_max(z)
    return _add(m, _call("log", _sum(_call("exp", _minus(z, m)))))


def _softmax(z: Term) -> Term:
    _several("softmax", z)
    z = _shared(z)
    raised = _call("exp", _minus(z, _held_max(z)))
    return Call(DIV, (raised, _sum(raised)))


def _cross_entropy(f: Term, y: Term) -> Term:
    word = "softmax_cross_entropy"
    k, given = _several(word, f), dimension_of(y)
    if given != k:
        what = "a scalar" if given is None else f"of {given}"
        raise TPTypeError(
            f"the outputs of {word} have {k} components, its targets are {what}",
            None,
            f"targets of dimension {k}: 1 at the class and 0 elsewhere, or probabilities",
            f"declare target y : {k}",
        )
    f = _shared(f)
    m = _held_max(f)
    total = _call("log", _sum(_call("exp", _minus(f, m))))
    return _sum(Call(MUL, (y, _add(total, _minus(m, f)))))


def _layernorm(x: Term, epsilon: Term = _EPSILON) -> Term:
    if dimension_of(x) is None:
        raise TPTypeError("layernorm is of a vector, but this is a scalar", None, "a vector")
    x = _shared(x)
    centred = _minus(x, Once(Mean(x)))
    variance: Term = Mean(Call(POW, (centred, Constant(Fraction(2)))))
    if epsilon != Constant(Fraction(0)):
        variance = _add(variance, epsilon)
    return Call(DIV, (centred, _call("sqrt", variance)))


REDUCTIONS = MappingProxyType(
    {
        "sum": Reduction(_sum, 1, 1, "sum(z)"),
        "logsumexp": Reduction(_logsumexp, 1, 1, "logsumexp(z)"),
        "softmax": Reduction(_softmax, 1, 1, "softmax(z)"),
        "softmax_cross_entropy": Reduction(_cross_entropy, 2, 2, "softmax_cross_entropy(f, y)"),
        "layernorm": Reduction(_layernorm, 1, 2, "layernorm(x)"),
    }
)
"""The words by their names."""
