"""Fuzzing of pictures: every program that `check` accepts is drawn, in the paper view and in the
editing view, forward, backward and as steps of SGD, folded or not, in rows or not.

    python tests/fuzz/fuzz_drawing.py --runs 500 --seed 0

A text is made by the seed and its number alone: declarations of every kind, used or not, several
widths, families and loops; statements that mix wide vectors with scalars made of data, readouts,
targets and Moments. Texts that the checker refuses are counted and left. A fault is an exception
out of a picture, but those of pictures that are said to be too large.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tpgraph as tp
from tpgraph.errors import TPLimitError

FUNCTIONS = ("tanh", "relu", "erf", "sin", "abs", "exp", "sigmoid")
LABELS = (r"\tilde x", "x^{l}", "", r"\mathrm{LN}(x)", "a_b")


class Draft:
    """A text while it is written: `wide` has the names of vectors by width, `small` those of
    scalars, `short` those of fixed size by their size, `maps` matrices as (name, rows, columns).
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.lines = ["program p"]
        self.widths = chance.choice((["n"], ["n"], ["n", "m"]))
        self.wide: dict[str, list[str]] = {width: [] for width in self.widths}
        self.short: dict[str, list[str]] = {}
        self.small: list[str] = []
        self.maps: list[tuple[str, str, str]] = []
        self.trains = chance.random() < 0.5
        self.count = 0

    def text(self) -> str:
        """The finished program."""
        self._declare()
        for _ in range(self.chance.randint(1, 14)):
            self.chance.choice(STATEMENTS)(self)
        self._end()
        return "\n".join(self.lines) + "\n"

    def new(self, letter: str) -> str:
        """A name that is not taken; some are members of families."""
        self.count += 1
        return f"{letter}[{self.count}]" if self.chance.random() < 0.3 else f"{letter}{self.count}"

    def width(self) -> str:
        """A width that has vectors."""
        return self.chance.choice([w for w in self.widths if self.wide[w]])

    def _declare(self) -> None:
        self.lines += [f"width {width}" for width in self.widths]
        self.lines += ["parametrization ntk"] if self.trains else []
        for size in self.chance.sample(("1", "2", "3"), self.chance.randint(0, 2)):
            kind = self.chance.choice(("data", "data", "target"))
            self._given(f"{kind} {{}} : {size}", size)
        for width in self.widths:
            for _ in range(self.chance.randint(1, 3)):
                name = self.new("u")
                given = "param" if self.trains and self.chance.random() < 0.3 else "vector"
                self.lines.append(f"{given} {name} : {width} ~ N(0, 1)")
                self.wide[width].append(name)
        for _ in range(self.chance.randint(0, 4)):
            sides = [*self.widths, *self.short, "1"]
            rows, columns = (
                self.chance.choice(sides),
                self.chance.choice([*self.widths, *self.short]),
            )
            name = self.new("W")
            given = "param" if self.trains and self.chance.random() < 0.7 else "matrix"
            self.lines.append(f"{given} {name} : {rows} × {columns} ~ N(0, 1)")
            self.maps.append((name, rows, columns))
        if self.chance.random() < 0.3:
            name = self.new("c")
            self.lines.append(f"scalar {name} -> 1 = 1 + 1 / n")
            self.small.append(name)

    def _given(self, line: str, size: str) -> None:
        name = self.new("d")
        self.lines.append(line.format(name))
        self.short.setdefault(size, []).append(name)
        if size == "1":
            self.small.append(name)

    def bind(self, pool: list[str], term: str) -> None:
        """A statement whose result goes to a pool."""
        name = self.new("y")
        self.lines.append(f"{name} = {term}")
        pool.append(name)

    def term(self, names: list[str], deep: int = 2) -> str:
        """A coordinatewise term of these names and of scalars."""
        if deep == 0 or self.chance.random() < 0.2:
            some = self.small if self.small and self.chance.random() < 0.35 else names
            return self.chance.choice(some)
        one, other = (self.term(names, deep - 1) for _ in range(2))
        call = self.chance.choice(FUNCTIONS)
        return self.chance.choice(
            (f"{call}({one})", f"({one} + {other})", f"{one} * {other}", f"({one} - {other})",
             f"{call}({one} + {other})", f"2 * {one}", f"({one})^2", f"-{one}")
        )  # fmt: skip

    def _end(self) -> None:
        every = [name for names in self.wide.values() for name in names]
        scalar = self.small[-1:] or [f"mean({self.wide[self.width()][-1]})"]
        if self.trains:
            self.lines.append(f"E = ({scalar[0]} - 1)^2 / 2")
            self.lines += [f"output {scalar[0]}"] if self.small else []
            self.lines.append("loss E")
        elif self.chance.random() < 0.6:
            self.lines.append(f"output {self.chance.choice(every + self.small)}")
        if self.chance.random() < 0.3:
            label = self.chance.choice(LABELS)
            self.lines.append(f'label {self.chance.choice(every)} = "{label}"')


def gate(draft: Draft) -> None:
    """A function of vectors of one width."""
    width = draft.width()
    own = draft.wide[width]
    draft.bind(
        own, f"{draft.chance.choice(FUNCTIONS)}({draft.term(own)}) + {draft.chance.choice(own)}"
    )


def product(draft: Draft) -> None:
    """A matrix, or its transpose, times a vector or a term."""
    if not draft.maps:
        return
    name, rows, columns = draft.chance.choice(draft.maps)
    if draft.chance.random() < 0.25:
        name, rows, columns = f"{name}'", columns, rows
    own = draft.wide.get(columns) or draft.short.get(columns)
    if own:
        vector = draft.chance.choice(own)
        term = vector if draft.chance.random() < 0.7 else f"tanh({draft.term(own, 1)})"
        pool = draft.wide.get(rows)
        small = draft.small if rows == "1" else draft.short.setdefault(rows, [])
        draft.bind(small if pool is None else pool, f"{name} {term}")


def moment(draft: Draft) -> None:
    """The mean of a term of vectors, of data or targets."""
    pools = [*draft.wide.values(), *draft.short.values()]
    own = draft.chance.choice([pool for pool in pools if pool])
    draft.bind(draft.small, f"mean({draft.chance.choice(own)} * {draft.term(own, 1)})")


def scalars(draft: Draft) -> None:
    """A scalar made of scalars."""
    if draft.small:
        draft.bind(draft.small, f"tanh({draft.term(draft.small)})")


def loop(draft: Draft) -> None:
    """A family, one made of the other."""
    width = draft.width()
    own, name = draft.wide[width], draft.new("z").replace("[", "").replace("]", "")
    last, more = draft.chance.randint(2, 5), draft.term(own, 1)
    draft.lines += [
        f"{name}[0] = {draft.chance.choice(own)} + {draft.chance.choice(own)}",
        f"for l in 1..{last}:",
        f"    {name}[l] = {draft.chance.choice(FUNCTIONS)}({name}[l-1] + {more})",
    ]
    own += [f"{name}[{k}]" for k in range(1, last + 1)]


STATEMENTS = gate, gate, gate, product, product, product, moment, moment, scalars, loop


def passes(program: tp.Program, chance: random.Random) -> Iterator[tuple[str, tp.Program]]:
    """The program, and its passes if it has any, with their names."""
    yield "forward", program
    yield "text", tp.parse(tp.to_text(program))
    if program.loss is None:
        return
    try:
        backward = tp.backward(program)
        steps = tp.unroll_sgd(program, steps=chance.choice((1, 1, 2)))
    except tp.TPError:
        return
    yield "backward", backward
    yield "sgd", steps


def one_input(number: int, seed: int) -> Iterator[str]:
    """What became of a text: `refused`, or a word for every picture."""
    chance = random.Random(f"{seed}-{number}")
    try:
        program = tp.parse(Draft(chance).text())
    except tp.TPError:
        yield "refused"
        return
    for name, found in passes(program, chance):
        for view in ("paper", "editing"):
            options: dict[str, Any] = {"view": view, "fold": chance.random() < 0.3}
            options["show_io"], options["legend"] = chance.random() < 0.5, chance.random() < 0.2
            options["direction"] = chance.choice(("LR", "RL", "TB", "BT"))
            options["wrap"] = chance.choice((False, 60, 120, 240))
            try:
                drawing = tp.draw(found, **options)
                assert drawing.svg
                require_whole(drawing)
            except TPLimitError:
                yield f"{name} too large"
            else:
                yield name


def require_whole(drawing: tp.Drawing) -> None:
    """Every mark stands once under its id, and lines lead from mark to mark."""
    marks = [node.id for node in drawing.scene.nodes]
    assert len(set(marks)) == len(marks), "two marks have one id"
    ends = {end for edge in drawing.scene.edges for end in (edge.source, edge.target)}
    assert ends <= set(marks), "a line leads nowhere"


def main() -> int:
    """Run, print what became of the inputs, and exit with 1 if there was a fault."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--show", action="store_true", help="print the texts")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    outcomes: Counter[str] = Counter()
    begun = time.monotonic()
    for number in range(asked.first, asked.first + asked.runs):
        if asked.show:
            print(Draft(random.Random(f"{asked.seed}-{number}")).text())
        try:
            outcomes.update(one_input(number, asked.seed))
        except Exception as fault:
            outcomes["FAULT"] += 1
            where = traceback.extract_tb(fault.__traceback__)[-1]
            place = f"{Path(where.filename).name}:{where.lineno}"
            said = f"{type(fault).__name__} {str(fault)[:90]}"
            print(f"input {number}: {said} at {place}", flush=True)
    print(f"{asked.runs} inputs in {time.monotonic() - begun:.0f} s: {dict(outcomes)}")
    return 1 if outcomes["FAULT"] else 0


if __name__ == "__main__":
    sys.exit(main())
