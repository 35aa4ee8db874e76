"""From lark's reductions to the syntax tree."""

from __future__ import annotations

from typing import Any

from lark import Token, Transformer

from tpgraph.bounds import DEPTH, NAME
from tpgraph.errors import TPLimitError
from tpgraph.language import syntax as s
from tpgraph.language.acceptance import read_number
from tpgraph.language.changes import PlacedError
from tpgraph.language.leaves import (
    intermediate_of,
    mark_of,
    name_of,
    place_of,
    plain_name,
    quoted,
    sign_of,
    whole_index,
)
from tpgraph.language.vocabulary import KEYWORDS, canonical

__all__ = ["TreeBuilder"]


def _nested(depth: int, start: int, end: int) -> None:
    if depth > DEPTH.most:
        error = TPLimitError(
            f"operators nest deeper than {DEPTH.most}",
            expected=f"at most {DEPTH.most} in one another",
            mend="bind a part to a name of its own",
        )
        raise PlacedError(error, start, end)


class TreeBuilder(Transformer[Token, Any]):
    """Makes the syntax tree while lark parses: each rule's method gets its children.

    `_depths` knows how deep a node is that is not a leaf, by identity while its line is parsed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.origin = 0
        self.end = 0
        self._depths: dict[int, int] = {}
        self._kept: list[Any] = []

    def begin(self, origin: int, end: int) -> None:
        """Get ready for the logical line from `origin` to `end`."""
        self.origin = origin
        self.end = end - origin
        if self._depths:
            self._depths.clear()
            self._kept.clear()

    def _from(self, word: Token) -> tuple[int, int, int]:
        """The place of a statement that begins with a word."""
        return self.origin, place_of(word)[0], self.end

    def _deep(self, node: Any, *inner: Any) -> Any:
        depths = self._depths
        depth = 1 + max((depths.get(id(e), 0) for e in inner), default=0)
        if depth > DEPTH.most:
            _nested(depth, node.start, node.end)
        depths[id(node)] = depth
        self._kept.append(node)
        return node

    # ---- expressions

    def number(self, c: list[Token]) -> s.Exact:
        token = c[0]
        start, end = place_of(token)
        try:
            return s.Exact(read_number(token), start, end)
        except TPLimitError as error:
            raise PlacedError(error, start, end) from None

    def name(self, c: list[Any]) -> s.Name:
        token = c[0]
        if token.type == "INDEXED":
            return self._indexed_token(token, c[1])
        name = name_of(token)
        start, end = token.start_pos, token.end_pos
        if len(c) == 1:
            return s.Name(name, name, (), None, start, end)
        k = intermediate_of(c[1])
        return s.Name(name, f"{name}~{k}", (), k, start, c[1].end_pos)

    def _indexed_token(self, token: Token, intermediate: Token | None = None) -> s.Name:
        word, _, index = token.partition("[")
        name = canonical(word)
        start, end = place_of(token)
        if not name or name in KEYWORDS or len(word) > NAME.most:
            name = name_of(Token("NAME", word, start_pos=start, end_pos=start + len(word)))
        full = f"{name}[{index.replace(' ', '')}"
        if intermediate is None:
            return s.Name(name, full, (), None, start, end)
        k = intermediate_of(intermediate)
        return s.Name(name, f"{full}~{k}", (), k, start, intermediate.end_pos or end)

    def indexed(self, c: list[Any]) -> s.Name:
        token, *index, closing, last = c
        name = name_of(token)
        end = (closing if last is None else last).end_pos
        k = intermediate_of(last)
        full = whole_index(index)
        if full is not None:
            written = f"{name}[{full}]" + (f"~{k}" if k else "")
            return s.Name(name, written, (), k, token.start_pos, end)
        node = s.Name(name, "", tuple(index), k, token.start_pos, end)
        self._deep(node, *index)
        return node

    def range(self, c: list[Any]) -> s.Range:
        low, high = c
        node = s.Range(low, high, low.start, high.end)
        self._deep(node, low, high)
        return node

    def transpose_name(self, c: list[Token]) -> s.Transposed:
        name = self.name([c[0], None] if c[0].type == "INDEXED" else c[:1])
        return s.Transposed(name, mark_of(c[1]), name.start, c[1].end_pos or name.end)

    def transpose(self, c: list[Any]) -> s.Transposed:
        return s.Transposed(c[0], mark_of(c[1]), c[0].start, c[1].end_pos)

    def call(self, c: list[Any]) -> s.Invoke:
        token, primes, opening, *arguments, closing = c
        node = s.Invoke(
            plain_name(token),
            len(primes) if primes is not None else 0,
            tuple(arguments),
            opening.start_pos,
            closing.end_pos,
            token.start_pos,
            closing.end_pos,
        )
        self._deep(node, *arguments)
        return node

    def root(self, c: list[Any]) -> s.Invoke:
        sign, argument = c
        start, end = place_of(sign)
        name = s.Name("sqrt", "sqrt", (), None, start, end)
        node = s.Invoke(name, 0, (argument,), argument.start, argument.end, start, argument.end)
        self._deep(node, argument)
        return node

    def negation(self, c: list[Any]) -> s.Minus:
        node = s.Minus(c[1], c[0].start_pos, c[1].end)
        self._deep(node, c[1])
        return node

    def sum(self, c: list[Any]) -> s.Chain:
        items, signs = c[::2], tuple([sign_of(token) for token in c[1::2]])
        node = s.Chain("+", tuple(items), signs, c[0].start, c[-1].end)
        self._deep(node, *items)
        return node

    def product(self, c: list[Any]) -> s.Expr:
        factors, signs = [c[0]], list[s.Mark]()
        for sign, item in zip(c[1::2], c[2::2], strict=True):
            if sign.type == "TIMES":
                factors.append(item)
                signs.append(sign_of(sign))
                continue
            left = self._times(factors, signs)
            node = s.Quotient(left, item, mark_of(sign), left.start, item.end)
            factors, signs = [self._deep(node, left, item)], []
        whole: s.Expr = self._times(factors, signs)
        return whole

    def _times(self, factors: list[Any], signs: list[s.Mark]) -> Any:
        if len(factors) == 1:
            return factors[0]
        node = s.Chain("*", tuple(factors), tuple(signs), factors[0].start, factors[-1].end)
        return self._deep(node, *factors)

    def juxtaposition(self, c: list[Any]) -> s.Juxtaposed:
        node = s.Juxtaposed(c[0], c[1], c[0].start, c[1].end)
        self._deep(node, *c)
        return node

    def power(self, c: list[Any]) -> s.Power:
        base, sign, exponent = c
        node = s.Power(base, exponent, mark_of(sign), base.start, exponent.end)
        self._deep(node, base, exponent)
        return node

    def group(self, c: list[Any]) -> s.Expr:
        """The expression in a pair of brackets; errors that show it show the brackets too."""
        opening, inner, closing = c
        node: s.Expr = inner._replace(start=opening.start_pos, end=closing.end_pos)
        depth = self._depths.get(id(inner))
        if depth is not None:
            self._depths[id(node)] = depth
            self._kept.append(node)
        return node

    def mean(self, c: list[Any]) -> s.MeanOf:
        word, operand, closing = c
        node = s.MeanOf(operand, word.start_pos, closing.end_pos)
        self._deep(node, operand)
        return node

    def total(self, c: list[Any]) -> s.SumOver:
        word, _, body, variable, interval, closing = c
        node = s.SumOver(body, plain_name(variable), interval, word.start_pos, closing.end_pos)
        self._deep(node, body, interval)
        return node

    def over_components(self, c: list[Any]) -> s.Invoke:
        word, opening, operand, closing = c
        start, end = word.start_pos, closing.end_pos
        name = s.Name("sum", "sum", (), None, start, word.end_pos)
        node = s.Invoke(name, 0, (operand,), opening.start_pos, end, start, end)
        self._deep(node, operand)
        return node

    def explicit(self, c: list[Any]) -> s.Explicit:
        opening, _, *parameters, body, arguments, closing = c
        names = tuple(plain_name(token) for token in parameters)
        node = s.Explicit(names, body, arguments, opening.start_pos, closing.end_pos)
        self._deep(node, body)
        return node

    # ---- parts of statements

    def row(self, c: list[Any]) -> s.List:
        opening, *items, closing = c
        node = s.List(tuple(items), opening.start_pos, closing.end_pos)
        self._deep(node, *items)
        return node

    def setting(self, c: list[Any]) -> s.Setting:
        return s.Setting(mark_of(c[0]), c[1], c[0].start_pos, c[1].end)

    def fraction(self, c: list[Any]) -> s.Quotient:
        left, slash, right = c
        node = s.Quotient(left, right, mark_of(slash), left.start, right.end)
        self._deep(node, left, right)
        return node

    def ratio(self, c: list[Any]) -> s.Ratio:
        factor, _, word, divisor = c
        base = plain_name(word)
        start = base.start if factor is None else factor.start
        return s.Ratio(factor, base, divisor, start, base.end if divisor is None else divisor.end)

    def variables(self, c: list[s.Name]) -> tuple[s.Name, ...]:
        return tuple(c)

    def dimension(self, c: list[Token]) -> s.Name | s.Exact:
        return self.number(c) if c[0].type == "NUMBER" else plain_name(c[0])

    def shape(self, c: list[Any]) -> tuple[s.Name | s.Exact, ...]:
        return (c[0],) if c[1] is None else (c[0], c[2])

    def gaussian(self, c: list[Any]) -> s.Gaussian:
        word, mean, variance, closing = c
        return s.Gaussian(mean, variance, word.start_pos, closing.end_pos)

    # ---- statements

    def program(self, c: list[Token]) -> s.ProgramName:
        written = mark_of(c[1])
        name = quoted(written) if c[1].type == "STRING" else written.text
        return s.ProgramName(name, written, *self._from(c[0]))

    def parametrization(self, c: list[Any]) -> s.SetParametrization:
        settings = tuple(c[2:]) if c[2] is not None else None
        return s.SetParametrization(mark_of(c[1]), settings, *self._from(c[0]))

    def width(self, c: list[Any]) -> s.DefineWidth:
        return s.DefineWidth(plain_name(c[1]), c[2], *self._from(c[0]))

    def dim(self, c: list[Any]) -> s.DefineDim:
        return s.DefineDim(plain_name(c[1]), c[2], *self._from(c[0]))

    def const(self, c: list[Any]) -> s.DefineConst:
        return s.DefineConst(plain_name(c[1]), c[2], *self._from(c[0]))

    def function(self, c: list[Any]) -> s.DefineFunction:
        word, name, *parameters, body = c
        names = tuple(plain_name(token) for token in parameters)
        return s.DefineFunction(plain_name(name), names, body, *self._from(word))

    def data(self, c: list[Any]) -> s.Declare:
        return self._declared(c[0], c[1], (c[2],))

    def target(self, c: list[Any]) -> s.Declare:
        return self._declared(c[0], c[1], (c[2],))

    def param(self, c: list[Any]) -> s.Declare:
        word, names, shape, law, scale = c
        return self._declared(word, names, shape, law, extra=scale)

    def matrix(self, c: list[Any]) -> s.Declare:
        return self._declared(*c)

    def vector(self, c: list[Any]) -> s.Declare:
        word, names, shape, law, as_x = c
        mark = mark_of(as_x) if as_x is not None else None
        return self._declared(word, names, shape, law, as_x=mark)

    def scalar(self, c: list[Any]) -> s.Declare:
        word, name, _, limit, value = c
        return self._declared(word, (name,), (), value=value, extra=limit)

    def _declared(
        self,
        word: Token,
        names: tuple[s.Name, ...],
        shape: tuple[s.Name | s.Exact, ...],
        law: s.Gaussian | None = None,
        value: s.Expr | None = None,
        extra: s.Expr | None = None,
        as_x: s.Mark | None = None,
    ) -> s.Declare:
        where = self._from(word)
        return s.Declare(mark_of(word), names, shape, law, value, extra, as_x, *where)

    def equation(self, c: list[Any]) -> s.Equate:
        return s.Equate(c[0], c[1], self.origin, c[0].start, self.end)

    def part_of_loss(self, c: list[Any]) -> s.Equate:
        return s.Equate(self.name(c[:2]), c[2], *self._from(c[0]))

    def output(self, c: list[Any]) -> s.Output:
        return s.Output(c[1], *self._from(c[0]))

    def loss(self, c: list[Any]) -> s.Loss:
        return s.Loss(c[1], *self._from(c[0]))

    def label(self, c: list[Any]) -> s.SetLabel:
        word, name, text = c
        written = mark_of(text)
        return s.SetLabel(name, quoted(written), written, *self._from(word))

    def boxed(self, c: list[Any]) -> s.SetHint:
        word, text, names = c
        return self._hint(word, tuple(names), text)

    def note(self, c: list[Any]) -> s.SetHint:
        word, text, _, names = c
        return self._hint(word, tuple(names), text)

    def color(self, c: list[Any]) -> s.SetHint:
        word, names, text = c
        return self._hint(word, tuple(names), text)

    def hide(self, c: list[Any]) -> s.SetHint:
        word, names = c
        return self._hint(word, tuple(names), None)

    def ordered(self, c: list[Any]) -> s.SetHint:
        word, names = c
        return self._hint(word, tuple(names), None)

    def placed(self, c: list[Any]) -> s.SetHint:
        word, names, side, others = c
        return self._hint(word, tuple(names), None, mark_of(side), tuple(others))

    def _hint(
        self,
        word: Token,
        names: tuple[s.Name, ...],
        text: Token | None,
        side: s.Mark | None = None,
        others: tuple[s.Name, ...] = (),
    ) -> s.SetHint:
        written = None if text is None else mark_of(text)
        said = "" if written is None else quoted(written)
        where = self._from(word)
        return s.SetHint(mark_of(word), names, said, written, side, others, *where)

    def loop(self, c: list[Any]) -> s.Loop:
        word, variable, interval, statement = c
        body = (statement,) if statement is not None else ()
        node = s.Loop(plain_name(variable), interval, body, *self._from(word))
        self._deep(node, interval, *body)
        return node
