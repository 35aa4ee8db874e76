"""Random coordinatewise expressions, and an evaluator of their `.tp` text of its own."""

import re
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from tpgraph.functions import PRIMITIVES, Apply, Argument, Defined, evaluate, number

ARITY = 3
SMOOTH = ("tanh", "erf", "sigmoid", "gelu", "silu", "softplus", "sin", "cos", "arctan")
ROUGH = ("relu", "abs", "step", "sign")
NUMBERS = (0, 1, 2, 3, -1, -2, 0.5, 0.1, -0.25, 1e-7, Fraction(1, 3), Fraction(-2, 7))

SQUASH = Defined(
    "squash",
    ("z",),
    Apply(
        PRIMITIVES["tanh"],
        (
            Apply(
                PRIMITIVES["add"],
                (Argument(0), Apply(PRIMITIVES["mul"], (number(0.5), Argument(0), Argument(0)))),
            ),
        ),
    ),
)
NEST = Defined("nest", ("z",), Apply(PRIMITIVES["sin"], (Apply(SQUASH, (Argument(0),)),)))
MIX = Defined(
    "mix",
    ("a", "b"),
    Apply(
        PRIMITIVES["add"],
        (Apply(PRIMITIVES["mul"], (Argument(0), Argument(1))), Apply(SQUASH, (Argument(1),), 1)),
    ),
)
DEFINED = (SQUASH, NEST, MIX)

leaves = st.one_of(st.integers(0, ARITY - 1).map(Argument), st.sampled_from(NUMBERS).map(number))


def _calls(inner):
    def call(name, *arguments):
        return Apply(PRIMITIVES[name], arguments)

    unary = [PRIMITIVES[name] for name in (*SMOOTH, *ROUGH)] + [SQUASH, NEST]
    many = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        st.builds(
            lambda f, e, k: Apply(f, (e,), k),
            st.sampled_from(unary),
            inner,
            st.sampled_from((0, 0, 0, 1, 2)),
        ),
        st.builds(lambda e: call("neg", e), inner),
        st.builds(
            lambda name, e: Apply(PRIMITIVES[name], e), st.sampled_from(("add", "mul")), many
        ),
        st.builds(
            lambda name, a, b: call(name, a, b), st.sampled_from(("min", "max")), inner, inner
        ),
        st.builds(lambda a, b: call("div", a, b), inner, inner.map(_away_from_zero)),
        st.builds(lambda a, k: call("pow", a, number(k)), inner, st.sampled_from((0, 1, 2, 3))),
        st.builds(lambda a, b: call("pow", _away_from_zero(a), b), inner, inner),
        st.builds(lambda a: call("leaky_relu", a, number(0.1)), inner),
        st.builds(lambda a, b: Apply(MIX, (a, b)), inner, inner),
    )


def _away_from_zero(e):
    """1.5 + tanh(e): between 1/2 and 5/2."""
    return Apply(PRIMITIVES["add"], (number(1.5), Apply(PRIMITIVES["tanh"], (e,))))


expressions = st.recursive(leaves, _calls, max_leaves=12)
"""Values stay real and mostly moderate at moderate arguments."""


def arguments(seed=0, size=7):
    return list(np.random.default_rng(seed).uniform(-1.5, 1.5, (ARITY, size)))


_TOKEN = re.compile(r"\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?)|([^\W\d]\w*'*)|([-+*/^(),]))")


class TextEvaluator:
    """The grammar of expressions, weakest first: sum, product, sign, power, atom."""

    def __init__(self, text, values):
        self.tokens = [m.groups() for m in _TOKEN.finditer(text)]
        assert "".join(filter(None, sum(self.tokens, ()))) == text.replace(" ", "")
        self.values = values

    def value(self):
        result = self.sum()
        assert not self.tokens
        return result

    def take(self, *marks):
        if self.tokens and self.tokens[0][2] in marks:
            return self.tokens.pop(0)[2]
        return None

    def sum(self):
        total = self.product()
        while mark := self.take("+", "-"):
            other = self.product()
            total = total + other if mark == "+" else total - other
        return total

    def product(self):
        total = self.signed()
        while mark := self.take("*", "/"):
            other = self.signed()
            total = total * other if mark == "*" else total / other
        return total

    def signed(self):
        return -self.signed() if self.take("-") else self.power()

    def power(self):
        base = self.atom()
        if not self.take("^"):
            return base
        return base ** (-self.power() if self.take("-") else self.power())

    def atom(self):
        if self.take("("):
            inner = self.sum()
            assert self.take(")")
            return inner
        digits, name, _ = self.tokens.pop(0)
        if digits:
            return np.float64(digits)
        if not self.take("("):
            return self.values[name]
        inner = [self.sum()]
        while self.take(","):
            inner.append(self.sum())
        assert self.take(")")
        bare = name.rstrip("'")
        function = {f.name: f for f in DEFINED}.get(bare) or PRIMITIVES[bare]
        places = tuple(Argument(i) for i in range(len(inner)))
        return evaluate(Apply(function, places, len(name) - len(bare)), inner)
