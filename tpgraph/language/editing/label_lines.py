"""Labels: the LaTeX that the picture has at a variable or function in place of its name."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import NamedTuple

from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Edit, Patch, made, name_refusal, refusal
from tpgraph.language.editing.new_places import NewPlace
from tpgraph.language.editing.statement_places import LAST, inserted, whole_extent
from tpgraph.language.editing.substitution import full_names, values_of
from tpgraph.language.editing.wording import checked
from tpgraph.language.readings import Reading, Statement
from tpgraph.sentences import sentence

__all__ = ["set_label"]


def set_label(reading: Reading, name: str, latex: str | None, *, beside: str | None = None) -> Edit:
    """The LaTeX that stands at a variable or function in the picture; None takes it away.

    A label in a loop is one of many: it changes for all that the loop makes. `beside` is a variable
    made in loops: the label stands there, for all that they make of `name`.
    """
    place = NewPlace(reading, beside)
    wanted = set(place.all(name))
    own = list(_labels(reading, wanted))
    if latex is None:
        if not own:
            raise name_refusal(sentence("{} has no label", name), None, "leave it")
        gone = [one.gone(reading) for one in own]
        return made(reading, gone, sentence("no label of {}", name), select=name)
    quoted = checked('"' + latex.replace('"', '""') + '"', "label q = ", "",
                     lambda node: node.written, "LaTeX on one line")  # fmt: skip
    last = next((one for one in reversed(own) if wanted <= one.names), None)  # the last holds
    for one in own:
        if one is not last and not one.names <= wanted:
            raise refusal(
                sentence("a label of {} and others stands in the text", name),
                one.statement.span,
                "change it there",
            )
    patches = [one.gone(reading) for one in own if one is not last]
    if last is None:
        line = f"label {place.spelled(name)} = {quoted}"
        patches.append(
            inserted(reading, line, LAST) if beside is None else place.patch(line, [name])
        )
    else:
        patches.append(last.written(quoted))
    return made(reading, patches, sentence("label {}", name), select=name)


class _Label(NamedTuple):
    """A label statement, and what it is the label of."""

    statement: Statement
    node: s.SetLabel
    names: frozenset[str]

    def gone(self, reading: Reading) -> Patch:
        return Patch(*whole_extent(reading, self.statement), "")

    def written(self, quoted: str) -> Patch:
        place = self.node.written
        return Patch(self.node.origin + place.start, self.node.origin + place.end, quoted)


def _labels(reading: Reading, names: Container[str]) -> Iterator[_Label]:
    """The label statements of some names."""
    for statement in reading.statements:
        node = statement.node
        if isinstance(node, s.SetLabel):
            runs = values_of(reading, statement)
            own = frozenset(n for values in runs for n in full_names(reading, node.name, values))
            if any(one in names for one in own):
                yield _Label(statement, node, own)
