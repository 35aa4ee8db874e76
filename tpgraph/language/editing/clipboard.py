"""Statements copied with what they need, pasted where their names are free or become so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from tpgraph.errors import TPError
from tpgraph.language import syntax as s
from tpgraph.language.editing.edit import Edit, Patch, made, name_refusal, refusal
from tpgraph.language.editing.needs import heads, needs, with_needs
from tpgraph.language.editing.statement_places import (
    block,
    extent,
    fresh,
    inserted,
    rank,
    statement_of,
    taken,
    top,
)
from tpgraph.language.editing.substitution import respelled, used_names
from tpgraph.language.readings import Reading, Statement, read
from tpgraph.program import split_name
from tpgraph.sentences import sentence

__all__ = ["copy", "duplicate", "paste"]


def copy(reading: Reading, names: Sequence[str]) -> str:
    """A text of the statements of some names, whole loops among them, and of all that they need.

    Its `output` line says which names were chosen; it is a program of its own where they can be
    outputs.
    """
    if not names:
        raise name_refusal("nothing is chosen", None, "choose what is copied")
    chosen = {top(reading, statement_of(reading, name)).number for name in names}
    if any(isinstance(reading.statements[number].node, s.Loss) for number in chosen):
        raise refusal("a program has one loss", None, "copy what it is made from")
    wanted = with_needs(chosen, needs(reading))
    bound = {b for n in chosen for one in block(reading, reading.statements[n]) for b in one.binds}
    text, lines = reading.source.text, []
    for one in heads(reading):
        is_label = isinstance(one.node, s.SetLabel) and one.node.name.base in bound
        if one.number in wanted or is_label:
            start, end = extent(reading, one)
            lines.append(text[start:end].removesuffix("\n"))
    return "\n".join([*lines, f"output {', '.join(names)}", ""])


def duplicate(reading: Reading, names: Sequence[str]) -> Edit:
    """The statements of some names once more, under other names; what they need is shared."""
    edit = paste(reading, copy(reading, names))
    return Edit(edit.patches, sentence("duplicate {}", names), select=edit.select)


def paste(reading: Reading, clip: str) -> Edit:
    """What `copy` gave, behind the statements of its kinds; clashing names become free ones.

    What it needs and stands in the text in the same words is shared. A text with an `output` line
    is as good; without one, all of it is pasted that does not stand in the text already. Raises
    the errors of a text that cannot be read.
    """
    pasting = _Pasting(reading, read(clip, "<clip>"))
    patches = list(pasting.patches())
    if not patches:
        raise name_refusal("all of it stands in the text already", None, "copy something else")
    names = ", ".join(pasting.chosen_names) or "a text"
    select = next((pasting.renamed(name) for name in pasting.chosen_names), None)
    return made(reading, patches, f"paste {names}", select=select)


class _Pasting:
    """What of a clip comes into a text, and under which names."""

    def __init__(self, reading: Reading, clip: Reading) -> None:
        self.reading = reading
        self.clip = clip
        _require_readable(clip)
        outputs = [one.node for one in clip.statements if isinstance(one.node, s.Output)]
        self.chosen_names = [
            clip.source.text[node.origin + name.start : node.origin + name.end]
            for node in outputs
            for name in node.names
        ]
        self.heads = [one for one in heads(clip) if not isinstance(one.node, _NOT_PASTED)]
        self.names: dict[str, str] = {}
        self.pasted = self._pasted()

    def renamed(self, name: str) -> str:
        """What a name of the clip is called in the text."""
        base = split_name(name)[0]
        return self.names.get(base, base) + name[len(base) :]

    def _chosen(self) -> set[int]:
        found = set()
        for name in self.chosen_names:
            origin = self.clip.origin.get(name)
            if origin is not None:
                found.add(top(self.clip, self.clip.statements[origin.statement]).number)
        return found

    def _pasted(self) -> set[int]:
        """The numbers of the statements that are pasted; enters the names that change."""
        known = {_words(self.reading, one) for one in heads(self.reading)}
        has_parametrization = any(
            isinstance(one.node, s.SetParametrization) for one in self.reading.statements
        )
        pasted = self._chosen()
        for one in self.heads:
            if isinstance(one.node, s.SetParametrization):
                pasted |= set() if has_parametrization else {one.number}
            elif _words(self.clip, one) not in known and not isinstance(one.node, s.SetLabel):
                pasted.add(one.number)
        while True:
            self._choose_names(pasted)
            more = {one.number for one in self.heads if self._touches(one, pasted)} - pasted
            if not more:
                return pasted
            pasted |= more

    def _touches(self, one: Statement, pasted: set[int]) -> bool:
        """Whether a statement binds or reads a name that is another in the text."""
        if isinstance(one.node, s.SetLabel):
            bound = {b for n in pasted for b in _bound(self.clip, self.clip.statements[n])}
            return one.node.name.base in bound
        inner = block(self.clip, one)
        return any(n.base in self.names for i in inner for n in used_names(i.node))

    def _choose_names(self, pasted: set[int]) -> None:
        """A free name for every one that a pasted statement binds and the text has."""
        known = taken(self.reading)
        bound_there = {base for one in self.reading.statements for base in one.binds}
        for one in self.heads:
            if one.number not in pasted:
                continue
            bound = [base for base in _bound(self.clip, one) if base in known]
            bound += [v for v in _variables(self.clip, one) if v in bound_there]
            for base in bound:
                if base not in self.names:
                    avoid = {*taken(self.clip), *self.names.values()}
                    self.names[base] = fresh(self.reading, base, avoid - {base})

    def patches(self) -> Iterator[Patch]:
        """The patches of the text, one for the statements of one kind."""
        rows = [one for one in self.heads if one.number in self.pasted]
        rows.sort(key=lambda one: (rank(one.node), one.number))
        for order, alike in groupby(rows, key=lambda one: rank(one.node)):
            text = "\n".join(self._text(one) for one in alike)
            yield inserted(self.reading, text, order)

    def _text(self, one: Statement) -> str:
        """The lines of a statement of the clip with its names as the text has them."""
        text = self.clip.source.text
        position, stop = extent(self.clip, one)
        pieces = []
        for start, end, name in sorted(respelled(self.clip, block(self.clip, one), self.names)):
            pieces += [text[position:start], name]
            position = end
        return "".join([*pieces, text[position:stop]]).removesuffix("\n")


_NOT_PASTED = (s.ProgramName, s.Output, s.Loss)


def _require_readable(clip: Reading) -> None:
    """Raise what is wrong with a clip, but for outputs that cannot be ones."""
    outputs = [one.span for one in clip.statements if isinstance(one.node, s.Output)]
    for error in clip.errors:
        place = error.span
        if place is not None and not any(o.start <= place.start < o.end for o in outputs):
            raise error  # without a place it is the clip that is no whole program
    if not clip.statements:
        raise TPError("there is nothing to paste", mend="copy something first")


def _bound(reading: Reading, head: Statement) -> list[str]:
    """The names that a statement and its block bind."""
    return [base for one in block(reading, head) for base in one.binds]


def _variables(reading: Reading, head: Statement) -> Iterator[str]:
    """The variables of the loops of a statement and its block."""
    for one in block(reading, head):
        if isinstance(one.node, s.Loop):
            yield one.node.variable.base


def _words(reading: Reading, head: Statement) -> tuple[str, ...]:
    """What a statement says, without its spaces and comments."""
    last = max(one.line.end for one in block(reading, head))
    tokens = reading.tokens_in(head.line.start, last)
    return tuple(token.base or token.text for token in tokens if token.kind != "comment")
