"""Cells as pieces of the language's text, with as few brackets as it needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tpgraph.bridges.torch_in.cells import (
    Cell,
    CellMean,
    CellProduct,
    Excluded,
    Given,
    Held,
    Joined,
    Num,
    Op,
)
from tpgraph.bridges.torch_in.parameter_parts import Key, ParameterPart, key_of
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.reserved import DEFINED, SUMS
from tpgraph.bridges.torch_in.sizes import is_wide
from tpgraph.functions import OF_SEVERAL, PRIMITIVES, number_text
from tpgraph.language.repetition import Linear, Use, generalized, runs, steps
from tpgraph.language.repetition import Piece as Text
from tpgraph.language.write_terms import APPLIED, ATOM, POWER, PRODUCT, SIGN, SUM

__all__ = ["CellWriter", "Scalars"]

Pieces = tuple[Text, ...]

_LARGEST = 10_000
"""The largest denominator; a number of a larger one is written as a decimal."""


@dataclass(slots=True)
class Scalars:
    """Powers of the width that enter: scalars that vanish, or frozen at a width `base`."""

    base: int | None
    powers: dict[Fraction, int] = field(default_factory=dict)
    frozen: dict[Fraction, int] = field(default_factory=dict)

    def text(self, num: Num) -> tuple[Pieces, int]:
        """A number times a power of the width. Raises TPImportError for a power that grows."""
        if not num.power:
            return _number(num.value)
        if num.power > 0 and self.base is None:
            raise refusal(
                f"a factor n^{num.power} is left, which grows with the width",
                "for attention divide the logits by d and not by √d, as μP does; or freeze the "
                "factor at a width: --base N, base=N",
            )
        if num.power > 0:
            assert self.base is not None
            self.frozen[num.power] = self.base
            factor = num.value * _power(self.base, num.power)
            return _number(factor)
        at = self.powers.setdefault(num.power, len(self.powers))
        scalar: Pieces = (Use(-1 - at),)
        if num.value == 1:
            return scalar, ATOM
        front, strength = _number(num.value)
        return (*_bracketed(front, strength, PRODUCT), " * ", *scalar), PRODUCT


def _power(base: int, exponent: Fraction) -> Fraction:
    if exponent.denominator == 1:
        return Fraction(base) ** int(exponent)
    value = float(base) ** float(exponent)
    return Fraction(int(value)) if value == int(value) else Fraction(repr(value))


def _number(value: Fraction) -> tuple[Pieces, int]:
    text = number_text(value)
    if "/" in text and value.denominator > _LARGEST:
        text = repr(float(value))
    return (text,), PRODUCT if "/" in text else SIGN if value < 0 else ATOM


def _bracketed(pieces: Pieces, strength: int, least: int) -> Pieces:
    return pieces if strength >= least else ("(", *pieces, ")")


@dataclass(slots=True)
class CellWriter:
    """Writes cells; `names` are those of cells that have one, `declared` the parameters' parts."""

    names: Callable[[Cell], Use | None]
    declared: dict[Key, ParameterPart]
    scalars: Scalars
    functions: dict[tuple[str, tuple[Fraction, ...]], str] = field(default_factory=dict)

    def value(self, cell: Cell) -> Pieces:
        """The right-hand side of a cell's own statement."""
        return self._plain(cell)[0]

    def write(self, cell: Cell) -> tuple[Pieces, int]:
        """A cell where it is used: its name, or its expression."""
        name = self.names(cell)
        return ((name,), ATOM) if name is not None else self._plain(cell)

    def at(self, cell: Cell, least: int) -> Pieces:
        """A cell in brackets where it binds weaker than `least`."""
        return _bracketed(*self.write(cell), least)

    def _plain(self, cell: Cell) -> tuple[Pieces, int]:
        match cell:
            case Num():
                return self.scalars.text(cell)
            case Given():
                name = self.names(cell)
                assert name is not None
                return (name,), ATOM
            case Held():
                return self._held(cell)
            case CellProduct(_, transpose, operand):
                piece = self.declared[key_of(cell)]
                mark = "'" * (transpose != piece.flipped)
                factor = self.at(operand, APPLIED)
                return (_use(piece), f"{mark} ", *factor), APPLIED
            case CellMean(operand):
                return ("mean(", *self.write(operand)[0], ")"), ATOM
            case Op():
                return self._op(cell)
            case Excluded():
                raise refusal("−∞ is left outside of a softmax")
            case Joined():
                raise refusal(
                    "vectors of two sizes are joined and used as one coordinatewise, or given out",
                    "give them out one by one",
                )

    def _held(self, cell: Held) -> tuple[Pieces, int]:
        piece = self.declared[key_of(cell)]
        if not piece.law.constant:
            return (_use(piece),), ATOM
        front, _ = _number(piece.law.constant)
        return (*front, " + ", _use(piece)), SUM

    def _op(self, cell: Op) -> tuple[Pieces, int]:
        arguments = cell.arguments
        match cell.name:
            case "add":
                return self._sum(arguments)
            case "mul":
                return self._product(arguments)
            case "div":
                left, right = arguments
                return (*self.at(left, PRODUCT), " / ", *self.at(right, POWER)), PRODUCT
            case "pow":
                base, exponent = arguments
                return (*self.at(base, ATOM), "^", *self.at(exponent, ATOM)), POWER
        return self._call(cell)

    def _product(self, arguments: Sequence[Cell]) -> tuple[Pieces, int]:
        first, second = arguments
        if isinstance(first, Num) and first.power == 0:
            if first.value == -1:
                return ("-", *self.at(second, POWER)), SIGN
            if first.value.numerator in (1, -1) and first.value.denominator > 1:
                sign = "-" * (first.value < 0)
                over = (*self.at(second, POWER), f" / {first.value.denominator}")
                return (sign, *over) if sign else over, PRODUCT
        left = self.at(first, PRODUCT)
        return (*left, " * ", *self.at(second, SIGN)), PRODUCT

    def _exponents(self, cell: Cell) -> Cell | None:
        """f where a cell without a name is Σ exp(f) over all components of a fixed number."""
        match cell:
            case Op("mul", (Num(count), CellMean(Op("exp", (f,)) as powers) as mean)):
                fixed = f.size is not None and not is_wide(f.size) and f.size[0] == count
                unnamed = all(self.names(part) is None for part in (cell, mean, powers))
                return f if fixed and unnamed else None
        return None

    def _shared(self, cell: Cell) -> Cell | None:
        """f where a cell without a name is f − log Σ exp(f) over all components of f."""
        match cell:
            case Op("add", (f, Op("mul", (Num() as sign, Op("log", (powers,)) as log)) as less)):
                unnamed = all(self.names(part) is None for part in (cell, less, log))
                same = sign.is_number(-1) and unnamed and self._exponents(powers) is f
                return f if same else None
        return None

    def _call(self, cell: Op) -> tuple[Pieces, int]:
        name, arguments = cell.name, cell.arguments
        added = self._exponents(arguments[0]) if name == "log" else None
        if added is not None:
            return ("logsumexp(", *self.write(added)[0], ")"), ATOM
        shared = self._shared(arguments[0]) if name == "exp" else None
        if shared is not None:
            return ("softmax(", *self.write(shared)[0], ")"), ATOM
        if name in DEFINED:
            count = DEFINED[name][0].count(",") + 1
            constants = tuple(a.value for a in arguments[count:] if isinstance(a, Num))
            same = [k for k in self.functions if k[0] == name]
            own = name if not same or same == [(name, constants)] else f"{name}{len(same) + 1}"
            name = self.functions.setdefault((name, constants), own)
            arguments = arguments[:count]
        else:
            assert name in PRIMITIVES or name in OF_SEVERAL, name
        texts = [self.write(a)[0] for a in arguments]
        inner = [piece for text in texts for piece in (", ", *text)][1:]
        return (f"{name}(", *inner, ")"), ATOM

    # ---- sums

    def _sum(self, terms: Sequence[Cell]) -> tuple[Pieces, int]:
        whole = _rolled_sum([("+", *self._whole_term(t)) for t in terms])
        if len(whole) == 1 and whole[0][0] == "+" and len(terms) > 1:
            return whole[0][1:], ATOM
        flat = [(minus, t) for term in terms for minus, t in self._terms(term, False)]
        if flat[0][0]:
            flat.sort(key=lambda item: item[0])  # what is added stands in front
        rows = [("-" if minus else "+", *self._term(t)) for minus, t in flat]
        joined = _rolled_sum(rows)
        if len(joined) == 1 and joined[0][0] == "+":
            return joined[0][1:], ATOM
        out: list[Text] = []
        for k, (sign, *rest) in enumerate(joined):
            lead = f" {sign} " if k else "-" * (sign == "-")
            out += [*([lead] if lead else []), *rest]
        return tuple(out), SUM

    def _whole_term(self, cell: Cell) -> Pieces:
        """A term as it stands behind `sum(`, where it needs no brackets."""
        return self.write(cell)[0]

    def _terms(self, cell: Cell, minus: bool) -> list[tuple[bool, Cell]]:
        """The terms of nested sums that have no names, with their signs."""
        if self.names(cell) is not None:
            return [(minus, cell)]
        match cell:
            case Op("add", arguments):
                return [found for a in arguments for found in self._terms(a, minus)]
            case Op("mul", (Num(value, power), rest)) if value == -1 and not power:
                return [(not minus, rest)]
            case Num(value, power) if value < 0:
                return [(not minus, Num(-value, power))]
        return [(minus, cell)]

    def _term(self, cell: Cell) -> Pieces:
        negative = isinstance(cell, Op) and cell.name == "mul" and isinstance(
            cell.arguments[0], Num) and cell.arguments[0].value < 0  # fmt: skip
        pieces, strength = self.write(cell)
        return ("(", *pieces, ")") if negative else _bracketed(pieces, strength, PRODUCT)


def _use(piece: ParameterPart) -> Use:
    return Use(piece.base, tuple(Linear(i) for i in piece.indices))


def _rolled_sum(rows: list[Pieces]) -> list[Pieces]:
    """Terms that differ in numbers alone as `sum(… for k in …)`, again and again."""
    for variable in SUMS:
        if any(variable in _variables(row) for row in rows):
            continue
        shorter = _rolled_once(rows, variable)
        if len(shorter) == len(rows):
            return rows
        rows = shorter
    return rows


def _variables(row: Pieces) -> set[str]:
    """The loop variables in a term."""
    forms = [form for piece in row if isinstance(piece, Use) for form in piece.index]
    forms += [piece for piece in row if isinstance(piece, Linear)]
    inside = {name for form in forms for name, _ in form.terms}
    return inside | {v for v in SUMS if f" for {v} in " in row}


def _rolled_once(rows: list[Pieces], variable: str) -> list[Pieces]:
    found: list[Pieces] = []
    for start, stop in runs(rows, lambda part: _as_sum(part, variable)):
        part = rows[start:stop]
        found.append((_as_sum(part, variable) or part[0]) if len(part) > 1 else part[0])
    return found


def _as_sum(rows: Sequence[Sequence[Text]], variable: str) -> Pieces | None:
    values = steps(rows)
    if values is None or rows[0][0] != "+":
        return None
    body = generalized(rows, variable, values)
    if body is None:
        return None
    low, high = Linear(values[0]), Linear(values[-1])
    inner = tuple(body[1:])
    return ("+", "sum(", *inner, f" for {variable} in ", low, "..", high, ")")
