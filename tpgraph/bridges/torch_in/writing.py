"""The text of an imported program: names, loops, comments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tpgraph.bridges.torch_in.cell_text import CellWriter
from tpgraph.bridges.torch_in.declarations import Dimensions, boxes
from tpgraph.bridges.torch_in.parameter_names import free_name
from tpgraph.bridges.torch_in.reserved import DEFINED, POSITIONS
from tpgraph.bridges.torch_in.rolling import Rolled
from tpgraph.functions import number_text
from tpgraph.language.repetition import Assignment, ForLoop, Statement, Use, pieces_text, uses

__all__ = ["Names", "function_lines", "output_line", "scalar_lines", "statement_lines"]

_HINTS = {"m": "μ", "v": "v", "l": "λ", "s": "s", "e": "e", "w": "w", "r": "ρ", "a": "a"}
_VECTORS = "xhzgyou"
_SCALARS = "aseωκτ"
_LISTED = 4
"""So many members of a family of outputs are listed one by one."""
_VANISHING = ("ε", "δ", "η", "ζ")


@dataclass(slots=True)
class Names:
    """Names of the families, chosen in the order in which they are read; `taken` are others'."""

    rolled: Rolled
    taken: set[str]
    chosen: dict[int, str] = field(default_factory=dict)
    single: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        order = list(dict.fromkeys(
            use.base for s in self.rolled.statements for use in uses(s)
            if isinstance(use.base, int) and use.base >= 0
        ))  # fmt: skip
        bases = self.rolled.bases
        outputs = list(dict.fromkeys(u.base for u in self.rolled.outputs))
        for base in outputs:
            if isinstance(base, int):
                self.chosen[base] = free_name("f", (self.taken - {"f"}) | set(self.chosen.values()))
                self.taken.add(self.chosen[base])
        inner = [base for base in order if bases[base].role == "inner"]
        for base in inner:
            if bases[base].rank:
                self.chosen[base] = self._take(bases[base].hint)
        alone = [base for base in inner if not bases[base].rank]
        counts = Counter(bases[base].hint for base in alone)
        shared: dict[str, str] = {}
        for base in alone:
            hint = bases[base].hint
            if counts[hint] == 1:
                self.chosen[base] = self._take(hint)
                continue
            if hint not in shared:
                shared[hint] = self._take(hint)
            self.chosen[base] = shared[hint]
            self.single[base] = sum(1 for b in self.single if self.chosen[b] == shared[hint]) + 1

    def _take(self, hint: str) -> str:
        wanted = _HINTS.get(hint, hint)
        pool = _VECTORS if hint in "xh" else _SCALARS
        free = [c for c in (wanted, *pool) if c not in self.taken]
        name = free[0] if free else free_name(wanted, self.taken)
        self.taken.add(name)
        return name

    def spelled(self, base: str | int) -> str:
        """The name of a family, a parameter or an input; of numbers below 0 that of a scalar."""
        if isinstance(base, str):
            return base
        if base < 0:
            return self.scalar(-1 - base)
        own = self.single.get(base)
        return self.chosen[base] + (f"[{own}]" if own else "")

    def scalar(self, place: int) -> str:
        """The name of a scalar that vanishes."""
        return _VANISHING[place] if place < len(_VANISHING) else f"ε{place}"

    def use(self, use: Use) -> str:
        """A name with its indices."""
        return pieces_text([use], self.spelled)


def scalar_lines(expressions: CellWriter, names: Names, dimensions: Dimensions) -> Iterator[str]:
    """The scalars that powers of the width are."""
    first = next(iter(dimensions.widths))
    for power, place in expressions.scalars.powers.items():
        text = {Fraction(-1): first, Fraction(-1, 2): f"sqrt({first})"}.get(
            power, f"{first}^({-power})"
        )
        yield f"scalar {names.scalar(place)} -> 0 = 1 / {text}"


def function_lines(expressions: CellWriter) -> Iterator[str]:
    """The functions that the table lacks."""
    for (function, constants), name in expressions.functions.items():
        parameters, body = DEFINED[function]
        yield f"fn {name}({parameters}) = {body.format(*map(number_text, constants))}"


def statement_lines(rolled: Rolled, names: Names) -> Iterator[str]:
    """Statements and loops, with the modules that they come from."""
    last = [""]
    for statement in rolled.statements:
        yield from _lines(statement, rolled, names, "", last)


def _lines(
    statement: Statement, rolled: Rolled, names: Names, lead: str, last: list[str]
) -> Iterator[str]:
    if isinstance(statement, ForLoop):
        ends = f"{statement.low}..{statement.high}"
        yield f"{lead}for {statement.variable} in {ends}:"
        for inner in statement.body:
            yield from _lines(inner, rolled, names, lead + "    ", last)
        return
    yield lead + _equation(statement, rolled, names) + _comment(statement, rolled, last)


def _equation(statement: Assignment, rolled: Rolled, names: Names) -> str:
    value = pieces_text(statement.value, names.spelled)
    if rolled.loss is not None and statement.target == rolled.loss:
        return f"loss {value}"
    return f"{names.use(statement.target)} = {value}"


def _comment(statement: Assignment, rolled: Rolled, last: list[str]) -> str:
    base = statement.target.base
    path = rolled.bases[base].path if isinstance(base, int) else ""
    if path == last[0]:
        return ""
    last[0] = path
    return f"  # {path}" if path else ""


def output_line(rolled: Rolled, names: Names) -> Sequence[str]:
    """The outputs, families by their ranges."""
    families: dict[str | int, list[tuple[int, ...]]] = {}
    for use in rolled.outputs:
        index = tuple(form.constant for form in use.index)
        families.setdefault(use.base, []).append(index)
    lines = []
    for base, indices in families.items():
        for box in boxes(indices) if len(indices) > _LISTED else []:
            lines.append(_output_loop(names.spelled(base), box))
        if len(indices) <= _LISTED:
            lines += [names.spelled(base) + (f"[{','.join(map(str, i))}]" if i else "")
                      for i in indices]  # fmt: skip
    loops = [line for line in lines if line.startswith("for ")]
    listed = [line for line in lines if not line.startswith("for ")]
    return [*([f"output {', '.join(listed)}"] if listed else []), *loops]


def _output_loop(name: str, index: Sequence[str]) -> str:
    """`for i in 1..9: output f[i]`."""
    heads, places = [], []
    for variable, place in zip(POSITIONS, index, strict=False):
        heads += [f"for {variable} in {place}: "] if ".." in place else []
        places.append(variable if ".." in place else place)
    return f"{''.join(heads)}output {name}[{','.join(places)}]"
