"""From lark's reductions to the syntax tree."""

from __future__ import annotations

from typing import Any

from lark import Token, Transformer

from tpgraph.errors import TPError, TPLimitError, TPSyntaxError
from tpgraph.language import syntax as s
from tpgraph.language.limits import MAX_DEPTH, MAX_INDEX, MAX_NAME, read_number
from tpgraph.language.names import KEYWORDS, canonical
from tpgraph.language.syntax import Placed

__all__ = ["TreeBuilder"]


def _name_of(token: Token) -> str:
    word = str(token)
    start, end = _place(token)
    if len(word) > MAX_NAME:
        error: TPError = TPLimitError(
            f"a name of {len(word)} characters", expected=f"at most {MAX_NAME}"
        )
        raise Placed(error, start, end)
    name = canonical(word)
    if not name:
        raise Placed(
            TPSyntaxError(f"{word!r} is not a name", expected="letters, digits and _"), start, end
        )
    if name in KEYWORDS and name != "loss":
        error = TPSyntaxError(
            f"`{name}` is a word of the language and cannot be a name",
            mend=f"choose another name, such as {name}_1",
        )
        raise Placed(error, start, end)
    return name


def _place(token: Token) -> tuple[int, int]:
    assert token.start_pos is not None
    assert token.end_pos is not None
    return token.start_pos, token.end_pos


def _intermediate(token: Token | None) -> int | None:
    if token is None:
        return None
    start, end = _place(token)
    if len(token) > 10:
        raise Placed(TPLimitError("the number of an intermediate is too large"), start, end)
    number = int(token[1:])
    if number < 1 or token[1] == "0":
        raise Placed(TPSyntaxError("intermediates count from 1: x~1, x~2"), start, end)
    return number


def _plain_name(token: Token) -> s.Name:
    name = _name_of(token)
    return s.Name(name, name, (), None, *_place(token))


def _nested(depth: int, start: int, end: int) -> None:
    if depth > MAX_DEPTH:
        error = TPLimitError(
            f"operators nest deeper than {MAX_DEPTH}",
            expected=f"at most {MAX_DEPTH} in one another",
            mend="bind a part to a name of its own",
        )
        raise Placed(error, start, end)


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

    @property
    def _where(self) -> tuple[int, int, int]:
        return self.origin, 0, self.end

    def _deep(self, node: Any, *inner: Any) -> Any:
        depths = self._depths
        depth = 1 + max((depths.get(id(e), 0) for e in inner), default=0)
        if depth > MAX_DEPTH:
            _nested(depth, node.start, node.end)
        depths[id(node)] = depth
        self._kept.append(node)
        return node

    # ---- expressions

    def number(self, c: list[Token]) -> s.Exact:
        token = c[0]
        start, end = _place(token)
        try:
            return s.Exact(read_number(token), start, end)
        except TPLimitError as error:
            raise Placed(error, start, end) from None

    def name(self, c: list[Any]) -> s.Name:
        token = c[0]
        if token.type == "INDEXED":
            return self._indexed_token(token, c[1])
        name = _name_of(token)
        start, end = token.start_pos, token.end_pos
        if len(c) == 1:
            return s.Name(name, name, (), None, start, end)
        k = _intermediate(c[1])
        return s.Name(name, f"{name}~{k}", (), k, start, c[1].end_pos)

    def _indexed_token(self, token: Token, intermediate: Token | None = None) -> s.Name:
        word, _, index = token.partition("[")
        name = canonical(word)
        start, end = _place(token)
        if not name or name in KEYWORDS or len(word) > MAX_NAME:
            name = _name_of(Token("NAME", word, start_pos=start, end_pos=start + len(word)))
        full = f"{name}[{index.replace(' ', '')}"
        if intermediate is None:
            return s.Name(name, full, (), None, start, end)
        k = _intermediate(intermediate)
        return s.Name(name, f"{full}~{k}", (), k, start, intermediate.end_pos or end)

    def indexed(self, c: list[Any]) -> s.Name:
        token, *index, last = c
        name = _name_of(token)
        end = last.end_pos if last is not None else index[-1].end + 1
        k = _intermediate(last)
        full = _whole_index(index)
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
        return s.Transposed(name, str(c[1]), name.start, c[1].end_pos or name.end)

    def transpose(self, c: list[Any]) -> s.Transposed:
        return s.Transposed(c[0], str(c[1]), c[0].start, c[1].end_pos)

    def call(self, c: list[Any]) -> s.Invoke:
        token, primes, *arguments = c
        node = s.Invoke(
            _name_of(token),
            len(primes) if primes is not None else 0,
            tuple(arguments),
            token.start_pos,
            arguments[-1].end + 1,
        )
        self._deep(node, *arguments)
        return node

    def root(self, c: list[Any]) -> s.Invoke:
        node = s.Invoke("sqrt", 0, (c[0],), max(0, c[0].start - 1), c[0].end)
        self._deep(node, c[0])
        return node

    def negation(self, c: list[Any]) -> s.Minus:
        node = s.Minus(c[1], c[0].start_pos, c[1].end)
        self._deep(node, c[1])
        return node

    def sum(self, c: list[Any]) -> s.Chain:
        items = [c[0]]
        for sign, item in zip(c[1::2], c[2::2], strict=True):
            if sign.type == "MINUS":
                item = self._deep(s.Minus(item, item.start, item.end), item)
            items.append(item)
        node = s.Chain("+", tuple(items), c[0].start, c[-1].end)
        self._deep(node, *items)
        return node

    def product(self, c: list[Any]) -> s.Expr:
        factors = [c[0]]
        for sign, item in zip(c[1::2], c[2::2], strict=True):
            if sign.type == "TIMES":
                factors.append(item)
                continue
            left = self._times(factors)
            factors = [self._deep(s.Quotient(left, item, left.start, item.end), left, item)]
        whole: s.Expr = self._times(factors)
        return whole

    def _times(self, factors: list[Any]) -> Any:
        if len(factors) == 1:
            return factors[0]
        node = s.Chain("*", tuple(factors), factors[0].start, factors[-1].end)
        return self._deep(node, *factors)

    def juxtaposition(self, c: list[Any]) -> s.Juxtaposed:
        node = s.Juxtaposed(c[0], c[1], c[0].start, c[1].end)
        self._deep(node, *c)
        return node

    def power(self, c: list[Any]) -> s.Power:
        node = s.Power(c[0], c[1], c[0].start, c[1].end)
        self._deep(node, *c)
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
        word, body, variable, interval, closing = c
        node = s.SumOver(body, _name_of(variable), interval, word.start_pos, closing.end_pos)
        self._deep(node, body, interval)
        return node

    def explicit(self, c: list[Any]) -> s.Explicit:
        *parameters, body, arguments = c
        names = tuple(_name_of(token) for token in parameters)
        start = parameters[0].start_pos
        node = s.Explicit(names, body, arguments, start, arguments[-1].end)
        self._deep(node, body)
        return node

    # ---- parts of statements

    def row(self, c: list[Any]) -> s.List:
        node = s.List(tuple(c), c[0].start, c[-1].end)
        self._deep(node, *c)
        return node

    def setting(self, c: list[Any]) -> tuple[str, s.Entry]:
        return str(c[0]), c[1]

    def ratio(self, c: list[Any]) -> s.Ratio:
        numerator, denominator, _, base, divisor = c
        factor = numerator
        if denominator is not None:
            factor = s.Quotient(numerator, denominator, numerator.start, denominator.end)
        return s.Ratio(factor, _plain_name(base), divisor)

    def variables(self, c: list[s.Name]) -> tuple[s.Name, ...]:
        return tuple(c)

    def dimension(self, c: list[Token]) -> s.Name | s.Exact:
        return self.number(c) if c[0].type == "NUMBER" else _plain_name(c[0])

    def shape(self, c: list[Any]) -> tuple[s.Name | s.Exact, ...]:
        return (c[0],) if c[1] is None else (c[0], c[2])

    def gaussian(self, c: list[Any]) -> tuple[s.Entry, s.Entry]:
        return c[0], c[1]

    # ---- statements

    def program(self, c: list[Token]) -> s.ProgramName:
        word = str(c[0])
        name = word[1:-1].replace('""', '"') if c[0].type == "STRING" else word
        return s.ProgramName(name, *self._where)

    def parametrization(self, c: list[Any]) -> s.SetParametrization:
        settings = tuple(c[1:]) if c[1] is not None else None
        return s.SetParametrization(str(c[0]), settings, *self._where)

    def width(self, c: list[Any]) -> s.DefineWidth:
        return s.DefineWidth(_plain_name(c[0]), c[1], *self._where)

    def dim(self, c: list[Any]) -> s.DefineDim:
        return s.DefineDim(_plain_name(c[0]), c[1], *self._where)

    def const(self, c: list[Any]) -> s.DefineConst:
        return s.DefineConst(_plain_name(c[0]), c[1], *self._where)

    def function(self, c: list[Any]) -> s.DefineFunction:
        name, *parameters, body = c
        names = tuple(_plain_name(token) for token in parameters)
        return s.DefineFunction(_plain_name(name), names, body, *self._where)

    def data(self, c: list[Any]) -> s.Declare:
        return s.Declare("data", c[0], (c[1],), None, None, None, False, *self._where)

    def target(self, c: list[Any]) -> s.Declare:
        return s.Declare("target", c[0], (c[1],), None, None, None, False, *self._where)

    def param(self, c: list[Any]) -> s.Declare:
        names, shape, (mean, variance), scale = c
        return s.Declare("param", names, shape, mean, variance, scale, False, *self._where)

    def matrix(self, c: list[Any]) -> s.Declare:
        names, shape, (mean, variance) = c
        return s.Declare("matrix", names, shape, mean, variance, None, False, *self._where)

    def vector(self, c: list[Any]) -> s.Declare:
        names, shape, (mean, variance), as_x = c
        as_x = as_x is not None
        return s.Declare("vector", names, shape, mean, variance, None, as_x, *self._where)

    def scalar(self, c: list[Any]) -> s.Declare:
        name, _, limit, value = c
        return s.Declare("scalar", (name,), (), value, None, limit, False, *self._where)

    def equation(self, c: list[Any]) -> s.Equate:
        return s.Equate(c[0], c[1], self.origin, 0, self.end)

    def part_of_loss(self, c: list[Any]) -> s.Equate:
        return s.Equate(self.name(c[:2]), c[2], *self._where)

    def output(self, c: list[Any]) -> s.Output:
        return s.Output(c[0], *self._where)

    def loss(self, c: list[Any]) -> s.Loss:
        return s.Loss(c[1], *self._where)

    def label(self, c: list[Any]) -> s.Label:
        return s.Label(c[0], c[1][1:-1].replace('""', '"'), *self._where)

    def loop(self, c: list[Any]) -> s.Loop:
        variable, interval, statement = c
        body = (statement,) if statement is not None else ()
        node = s.Loop(_plain_name(variable), interval, body, *self._where)
        self._deep(node, interval, *body)
        return node


def _whole_index(index: list[Any]) -> str | None:
    """`1,2` where every index is a whole number as written; else None."""
    words = []
    for item in index:
        if not isinstance(item, s.Exact) or item.value.denominator != 1:
            return None
        if abs(item.value) > MAX_INDEX:
            raise Placed(
                TPLimitError("the index is too large", expected="indices to 10^9"),
                item.start,
                item.end,
            )
        words.append(str(item.value.numerator))
    return ",".join(words)
