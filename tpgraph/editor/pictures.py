"""The picture that stays while a text is edited: layouts, fragments, and what was sent of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tpgraph.editor.answers import is_of_many
from tpgraph.editor.looks import look_of
from tpgraph.editor.represented import Represented
from tpgraph.editor.requests import PictureOptions
from tpgraph.editor.titles import title_of
from tpgraph.language.readings import Reading
from tpgraph.notation.diagram.diagram import Diagram, GateMark
from tpgraph.notation.diagram.marks import diagram_of
from tpgraph.notation.diagram.plating import fold
from tpgraph.notation.diagram.said_of_marks import Titles
from tpgraph.notation.draw_options import Options
from tpgraph.notation.engines.engine import get_engine
from tpgraph.notation.layout.abbreviations import abbreviated
from tpgraph.notation.layout.layout import Layout, laid_out
from tpgraph.notation.layout.layout_after import annotated_layout, is_better_anew, kept_layout
from tpgraph.notation.painters.fragments import Fragment, Fragments, difference, fragments_of
from tpgraph.notation.pipeline import folded_scene
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.notation.scene.hinted import hinted
from tpgraph.notation.scene.scene import Scene
from tpgraph.notation.scene.symbol_list import defined
from tpgraph.program import Program

__all__ = [
    "LARGE",
    "Shown",
    "drawn_lines",
    "faded_in",
    "folding_notes",
    "fragment_data",
    "picture_data",
    "revision_of",
    "shown",
    "spans_of",
]

LARGE = 300
"""Marks from which a picture is folded where it repeats, and then laid out from scratch."""


@dataclass(frozen=True)
class Shown:
    """A picture that was sent: of which program, how it lies, and its fragments.

    `layout` is that without annotations, so that marks return to their places when those go; None
    where the picture is folded, and then made from scratch. `many`: what its marks in plates stand
    for; what is done to one is done to its statement.
    """

    program: Program
    diagram: Diagram
    layout: Layout | None
    fragments: Fragments
    options: PictureOptions
    many: Represented | None = None

    @cached_property
    def members(self) -> Mapping[str, str]:
        """Which mark of the diagram each one of a plate stands for: `s[t]` for `s[3]`."""
        return {} if self.many is None else {o: one for one, o in self.many.folded.names.items()}

    @cached_property
    def gates(self) -> dict[str, GateMark]:
        """The gates by id."""
        return {gate.id: gate for gate in self.diagram.gates}

    @cached_property
    def names(self) -> dict[str, str]:
        """The variable that each mark stands for: a gate for what it makes."""
        made = {gate.id: gate.outputs[0] for gate in self.diagram.gates}
        names = {vertex.id: vertex.id for vertex in self.diagram.vertices} | made
        return names | {own: names[one] for own, one in self.members.items() if one in names}

    @cached_property
    def folds(self) -> bool:
        """Whether something of it repeats, all of which is drawn."""
        sideways = self.options.direction in ("LR", "RL")
        return self.layout is not None and bool(fold(self.program, self.diagram, sideways).plates)

    @cached_property
    def titles(self) -> Titles:
        """What is said of the marks."""
        return Titles(self.program)

    @cached_property
    def said(self) -> dict[str, dict[str, Any]]:
        """What is said of each fragment, which may change while it looks as before."""
        return {key: self._said(fragment) for key, fragment in self.fragments.items.items()}

    def spelled(self, name: str) -> str:
        """A variable in a sentence: a formula of an unnamed one, its family of one of a plate."""
        many = self.many
        return self.titles.spelled(name) if many is None else many.spelled(name, self.titles)

    def all_of(self, name: str) -> tuple[str, ...]:
        """All that the mark of a variable stands for: the members of its family, or itself."""
        return (name,) if self.many is None else self.many.members(name)

    def _said(self, fragment: Fragment) -> dict[str, Any]:
        name = None if fragment.id is None else self.names.get(fragment.id)
        variable = self.program.variables.get(name or "")
        facts: dict[str, Any] = {
            "name": name,
            "said": None if name is None else self.spelled(name),
            "unnamed": variable is not None and variable.is_temporary,
            "title": title_of(fragment, name, self.titles, self.many),
            "many": name is not None and is_of_many(self.program, name),
        }
        if fragment.layer == "edges":
            facts["argument"] = self.argument(fragment)
        return facts

    def argument(self, line: Fragment) -> int | None:
        """Which input of its gate a line brings; None of a product or an output."""
        gate, source = self.gates.get(self.member(line.target)), self.member(line.source)
        inputs = () if gate is None else gate.inputs
        return inputs.index(source) if source in inputs else None

    def member(self, id: str | None) -> str:
        """The mark of the diagram that one of a plate stands for; another one is itself."""
        return self.members.get(id or "", id or "")

    def id_of(self, key: str) -> str:
        """The node that a mark is, or stands for; nothing for a line."""
        fragment = self.fragments.items.get(key)
        return "" if fragment is None else self.member(fragment.id)

    def joints(self, program: Program) -> dict[str, tuple[str, Any]]:
        """What each mark and line is that a program still has, for `accepted`."""
        found: dict[str, tuple[str, Any]] = {}
        for key, fragment in self.fragments.items.items():
            name = self.names.get(fragment.id or "")
            if fragment.layer == "variables" and name in program.variables:
                found[key] = ("variable", name)
            elif fragment.layer == "gates" and name in program.equation_of:
                found[key] = ("gate", name)
            elif fragment.layer == "edges":
                made, number = self.names.get(fragment.target or ""), self.argument(fragment)
                if made in program.equation_of:
                    found[key] = ("output", made) if number is None else ("input", (made, number))
        return found


def revision_of(
    text: str, options: PictureOptions, annotations: Mapping[str, Annotation] | None = None
) -> str:
    """A short name for the picture of a text."""
    content = f"{options.model_dump_json()}\n{text}"
    if annotations:
        content += f"\n{sorted(annotations.items())}"
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def shown(
    program: Program,
    options: PictureOptions,
    previous: Shown | None = None,
    names: Mapping[str, str] | None = None,
    annotations: Mapping[str, Annotation] | None = None,
) -> Shown:
    """The picture of a program; with `previous` marks stay where they are, unless most are new.

    `names` has renamed variables, new → old; `annotations` stand beside their marks, which make
    room for them. What repeats is folded where the options say so, or by themselves above LARGE
    marks, and then nothing is annotated. Raises TPError where it cannot be drawn.
    """
    style = look_of(options)
    everything = options.view == "editing"
    diagram = diagram_of(program, shown="all" if everything else "body", style=style)
    is_large = len(diagram.vertices) + len(diagram.gates) > LARGE
    if options.fold == "yes" or (options.fold == "auto" and is_large):
        folded = _folded(program, diagram, options)
        if folded is not None:
            return folded
    diagram, definitions = abbreviated(diagram, style)
    engine = get_engine("wasm")
    kept = None if previous is None or not _alike(previous.options, options) else previous.layout
    if kept is not None and not is_better_anew(diagram, kept, names):
        layout = kept_layout(diagram, kept, names)
    else:
        layout = laid_out(diagram, options.direction, style=style, engine=engine)
    drawn = annotated_layout(layout, annotations, engine) if annotations else layout
    fragments = _fragments(program, replace(drawn.scene, definitions=definitions), options)
    return Shown(program, diagram, layout, fragments, options)


def _fragments(program: Program, scene: Scene, options: PictureOptions) -> Fragments:
    """What is drawn of a scene, with what the author's hand and its definitions add."""
    style, everything = look_of(options), options.view == "editing"
    scene = hinted(scene, program.hints, style, options.direction, everything)
    return fragments_of(defined(scene, style), style)


def folding_notes(before: Shown, now: Shown | None) -> list[str]:
    """What is said where an edit unfolds a folded picture."""
    unfolds = before.many is not None and now is not None and now.many is None
    return ["it does not fold any more: every mark is drawn"] if unfolds else []


def _alike(a: PictureOptions, b: PictureOptions) -> bool:
    """Whether a layout of one is one of the other: the view may differ."""
    return a.model_copy(update={"view": b.view}) == b


def _folded(program: Program, diagram: Diagram, options: PictureOptions) -> Shown | None:
    """The folded picture; None where nothing folds."""
    found = folded_scene(
        program, diagram, Options(options.direction, style=look_of(options), view=options.view)
    )
    if found is None:
        return None
    scene, folded = found
    fragments = _fragments(program, scene, options)
    return Shown(program, diagram, None, fragments, options, Represented(program, folded))


def picture_data(found: Shown, before: Shown | None) -> dict[str, Any]:
    """The picture as data: whole, or as what becomes of the one before."""
    if before is None or before.layout is None or found.layout is None:
        return {
            "full": [fragment_data(f, found) for f in found.fragments.items.values()],
            "glyphs": dict(found.fragments.glyphs),
            "box": list(found.fragments.box),
        }
    change = difference(before.fragments, found.fragments)
    known = set(before.fragments.glyphs)
    data = {
        "come": [fragment_data(f, found) for f in change.come],
        "change": [fragment_data(f, found) for f in change.change],
        "move": [list(move) for move in change.move],
        "go": list(change.go),
        "glyphs": {k: path for k, path in found.fragments.glyphs.items() if k not in known},
        "box": list(change.box),
        "facts": _facts(found, before, {f.key for f in (*change.come, *change.change)}),
    }
    if change.order is not None:
        data["order"] = list(change.order)
    return data


def _facts(found: Shown, before: Shown, drawn: set[str]) -> dict[str, dict[str, Any]]:
    """What is said of fragments that look as before, where that is not what was said before."""
    known = before.said
    return {
        key: facts
        for key, facts in found.said.items()
        if key in known and key not in drawn and facts != known[key]
    }


def fragment_data(fragment: Fragment, found: Shown) -> dict[str, Any]:
    """A fragment for the page."""
    data: dict[str, Any] = {
        "key": fragment.key,
        "layer": fragment.layer,
        "kind": fragment.kind,
        "x": fragment.x,
        "y": fragment.y,
        "svg": fragment.svg,
        "span": None,
        **found.said[fragment.key],
    }
    if fragment.layer == "edges":
        data |= {
            "source": fragment.source,
            "target": fragment.target,
            "matrix": fragment.matrix,
        }
    return data


def spans_of(found: Shown, reading: Reading) -> dict[str, list[int]]:
    """The place in the text of every mark and line, of those that the text still has."""
    program = reading.program
    if program is None:
        return {}
    spans: dict[str, list[int]] = {}
    for key, fragment in found.fragments.items.items():
        if fragment.layer == "edges":
            name = found.names.get(fragment.target or "")
            equation = program.equation_of.get(name or "")
            if equation is None:
                continue
            places = equation.places(found.member(fragment.source))
            span = places[0] if places else equation.span
        else:
            name = found.names.get(fragment.id or "")
            if name is None or name not in program.variables:
                continue
            origin = reading.origin.get(name)
            binder = program.equation_of.get(name) or program.declaration_of.get(name)
            whole = None if origin is None else origin.span
            gate = fragment.layer == "gates"
            span = binder.span if gate and binder is not None else whole
        if span is not None:
            spans[key] = [span.start, span.end]
    return spans


def drawn_lines(now: Shown | None, lines: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Lines between variables as lines between the marks that stand for them, each once."""
    names = {} if now is None or now.many is None else now.many.folded.names
    drawn = dict.fromkeys((names.get(a, a), names.get(b, b)) for a, b in lines)
    return [[a, b] for a, b in drawn]


def faded_in(found: Shown, known: set[str]) -> list[str]:
    """Marks of a picture whose lines do not hold any more."""
    items = found.fragments.items.items()
    gone = {name for name in found.names.values() if name not in known}
    return [key for key, f in items if f.id is not None and found.names.get(f.id) in gone]
