"""The diagram: vertices, gates and products of a picture, without any place yet."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Literal

from tpgraph.errors import Span
from tpgraph.notation.diagram.gate_text import GateText
from tpgraph.notation.diagram.mark_texts import MarkTexts
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.notation.scene.scene import Fill
from tpgraph.notation.scene.style import Dash
from tpgraph.program import NameParts, Place, Read

__all__ = ["Diagram", "GateMark", "ProductEdge", "Side", "Vertex", "copy_id", "gate_id"]


@dataclass(frozen=True, slots=True)
class Vertex:
    """A variable: one mark, however many gates read it. `id` is its name, made of `parts`.

    Where a variable has several marks, `of` is its name, and `copy` which of them this is: a number
    for every time that it was given more. `side` is where its label must stand, if that is fixed;
    an `annotation` stands beyond it.
    """

    id: str
    parts: NameParts
    kind: Literal["G", "X", "scalar", "data"]
    fill: Fill
    label: str = ""
    title: str = ""
    embeds: str | None = None
    span: Span | None = None
    place: Place | None = None
    side: Side | None = None
    of: str | None = None
    copy: tuple[int, ...] = ()
    annotation: Annotation | None = None

    @property
    def variable(self) -> str:
        """The name of the variable."""
        return self.id if self.of is None else self.of

    def copied(self, id: str, number: int) -> Vertex:
        """Another mark of the same variable."""
        return replace(self, id=id, of=self.variable, copy=(*self.copy, number))


@dataclass(frozen=True, slots=True)
class GateMark:
    """A Nonlin, or with `bar` a Moment; several outputs if one function gives them together.

    `inputs` and `outputs` are vertex ids; `text.ordered` forbids to permute the inputs. `foreign`
    are inputs from another part of the picture, for which it keeps room only; then `order` are all
    as the dots of the text stand for them, and `alike` foreign ones that may take each other's
    places. `reads` says where in the text it reads what.
    """

    id: str
    bar: bool
    text: GateText
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    title: str = ""
    span: Span | None = None
    place: Place | None = None
    foreign: tuple[str, ...] = ()
    reads: tuple[Read, ...] = ()
    order: tuple[str, ...] = ()
    alike: tuple[tuple[str, ...], ...] = ()

    @property
    def rearranges(self) -> bool:
        """Whether its inputs can come in another order."""
        return not self.text.ordered or self.text.form is not None or bool(self.text.spare)

    def by_height(self, height: Mapping[str, float], inputs: Sequence[str]) -> tuple[str, ...]:
        """Its inputs from the top, as far as its text can be read so; as they are where that makes
        no fewer of them cross.
        """
        if not self.text.ordered:
            return tuple(sorted(inputs, key=lambda name: -height[name]))
        if self.foreign:
            return tuple(inputs)
        found = [tuple(inputs)]
        if self.text.form is not None:
            order, _ = self.text.form.arranged([height[name] for name in self.inputs])
            found.append(tuple(self.inputs[i] for i in order))
        if self.text.spare:
            found.append(tuple(sorted(inputs, key=lambda name: -height[name])))
        return min(found, key=lambda names: _inversions([height[name] for name in names]))

    def text_in(self, inputs: Sequence[str]) -> str:
        """Its text with the inputs in this order, one of `by_height`."""
        if self.foreign or not self.text.ordered or tuple(inputs) == self.inputs:
            return self.text.text
        if self.text.form is not None:
            height = {name: -place for place, name in enumerate(inputs)}
            order, text = self.text.form.arranged([height[name] for name in self.inputs])
            if tuple(self.inputs[i] for i in order) == tuple(inputs):
                return text
        return self.text.spare or self.text.text

    def place_of(self, name: str) -> Span | None:
        """Where in the text an input is read first; None if it came from no text."""
        return next((read.span for read in self.reads if read.name == name), None)


@dataclass(frozen=True, slots=True)
class ProductEdge:
    """A MatMul: the dashed edge from `source` to `target`."""

    source: str
    target: str
    matrix: str
    transpose: bool
    label: str
    color: str | None = None
    dash: Dash = ()
    span: Span | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Diagram:
    """What is drawn of a program, in the program's order; `texts` make the texts of its marks anew
    where these stand for many. `said_standing` are variables of which the author says that the
    first stands above the second.
    """

    title: str
    vertices: tuple[Vertex, ...]
    gates: tuple[GateMark, ...]
    products: tuple[ProductEdge, ...]
    texts: MarkTexts | None = field(default=None, compare=False, repr=False)
    said_standing: tuple[tuple[str, str], ...] = ()

    @property
    def standing(self) -> tuple[tuple[str, str], ...]:
        """Marks of which the first is to stand above the second."""
        if not self.said_standing:
            return ()
        marks: dict[str, list[str]] = {}
        for vertex in self.vertices:
            marks.setdefault(vertex.variable, []).append(vertex.id)
        ends = ((marks.get(a, ()), marks.get(b, ())) for a, b in self.said_standing)
        return tuple(pair for uppers, lowers in ends for pair in product(uppers, lowers))


def _inversions(heights: Sequence[float]) -> int:
    """Pairs of which the later is higher."""
    return sum(later > earlier for earlier, later in combinations(heights, 2))


def gate_id(output: str, taken: Container[str] = ()) -> str:
    """The id of the gate of this output; it is none of the names that are taken."""
    found = f"{output}:gate"
    while found in taken:
        found += ":gate"
    return found


def copy_id(name: str, number: int, taken: Container[str] = ()) -> str:
    """The id of another mark of a variable; it is none of the names that are taken."""
    found = f"{name}@{number}"
    while found in taken:
        found += "@"
    return found


Side = Literal["above", "below", "before", "after"]
"""Where something lies beside a mark: at greater or smaller across, at smaller or greater along."""
