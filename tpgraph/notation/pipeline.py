"""From a program to its finished scene: marks, layout, paths, legend, shelf."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib import import_module
from itertools import chain

from tpgraph.errors import TPError, TPNameError, TPWarning, warn
from tpgraph.notation.diagram.apart import apart
from tpgraph.notation.diagram.block_runs import find_runs
from tpgraph.notation.diagram.colours import coloured, filled
from tpgraph.notation.diagram.diagram import Diagram, Vertex
from tpgraph.notation.diagram.folded import Folded
from tpgraph.notation.diagram.listed_lines import listed
from tpgraph.notation.diagram.marks import diagram_of
from tpgraph.notation.diagram.matrices import matrices_of
from tpgraph.notation.diagram.nesting import foldings
from tpgraph.notation.diagram.path_labels import labelled
from tpgraph.notation.diagram.plating import fold, fold_passes
from tpgraph.notation.diagram.terminals import terminals_in_plates
from tpgraph.notation.diagram.unfolded import UnfoldedWarning
from tpgraph.notation.draw_options import DIRECTIONS, VIEWS, Options
from tpgraph.notation.drawn.instance import Instance
from tpgraph.notation.drawn.local import localised
from tpgraph.notation.drawn.named_means import means_named
from tpgraph.notation.drawn.signals import called, signals_once
from tpgraph.notation.drawn.steps import GenericStep, generic_step
from tpgraph.notation.drawn.unnamed import labels_of_unnamed
from tpgraph.notation.drawn.use_sums import uses_summed
from tpgraph.notation.layout.abbreviations import abbreviated
from tpgraph.notation.layout.effort import require_feasible
from tpgraph.notation.layout.layout import laid_out
from tpgraph.notation.layout.passes.page import PlateError, lay_out_passes
from tpgraph.notation.layout.passes.staging import is_staged, stage
from tpgraph.notation.layout.passes.uncrossed import uncrossed
from tpgraph.notation.layout.plate_columns import (
    columns_around_plates,
    gaps_before_plates,
    gaps_behind_plates,
)
from tpgraph.notation.layout.plates import encloses_strangers, plated, renamed
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.notation.scene.crossings import through_marks
from tpgraph.notation.scene.hinted import hinted
from tpgraph.notation.scene.legend import build_legend, marks_used
from tpgraph.notation.scene.listing_block import with_listing
from tpgraph.notation.scene.overlay import overlaid
from tpgraph.notation.scene.painting import picture
from tpgraph.notation.scene.scaling import on_page
from tpgraph.notation.scene.scene import Direction, Scene
from tpgraph.notation.scene.shelf import build_shelf
from tpgraph.notation.scene.style import Style
from tpgraph.notation.scene.symbol_list import defined
from tpgraph.program import Program, TimedName

__all__ = ["compose", "folded_scene", "in_rows"]

_SMALLER = 0.95  # of its size on a page to which terminals may bring a folded picture
_LEGEND_GAP = 14.0  # pt between a picture and its legend


def compose(program: Program, options: Options) -> Scene:
    """The scene of a program; errors and warnings as of `draw`."""
    if options.direction not in DIRECTIONS:
        raise TPError(f"unknown direction {options.direction!r}", expected=", ".join(DIRECTIONS))
    if options.view not in VIEWS:
        raise TPError(f"unknown view {options.view!r}", expected=" or ".join(VIEWS))
    if options.fold and options.paths:
        raise TPError(
            "a path has no place in a folded picture, which shows one block for all",
            mend="draw a smaller program with its paths, or fold it without",
        )
    _check_annotations(program, options)
    look = options.look
    if is_staged(program):
        scene = _passes(program, options)
    else:
        diagram = _diagram(program, options)
        found = folded_scene(program, diagram, options) if options.fold else None
        scene = found[0] if found else _unfolded(program, diagram, options)
    if options.fold and not scene.plates:
        drawn = _drawn(program, options)
        repeats = bool(find_runs([e for e in program.equations if e.out.name in drawn]))
        warn(UnfoldedWarning(repeats))
    everything = options.view == "editing"
    scene = hinted(scene, program.hints, look, options.direction, everything)
    if options.room is not None:
        scene = in_rows(scene, look, options.direction, options.room)
    scene = defined(scene, look)
    if options.legend:
        scene = _with_legend(scene, look)
    if options.listing:
        scene = with_listing(scene, look)
    return _with_shelf(scene, program, look) if everything else scene


def in_rows(scene: Scene, style: Style, direction: Direction, width: float) -> Scene:
    """The scene in rows of a width (`tpgraph.notation.layout.wrapping`), as few pictures are."""
    wrapping = import_module("tpgraph.notation.layout.wrapping.wrapped")
    made: Scene = wrapping.wrapped(scene, style, direction, width)
    return made


def _check_annotations(program: Program, options: Options) -> None:
    """Raise TPError for annotations of what there is not, or of what one mark stands for many."""
    if options.annotations and options.fold:
        raise TPError(
            "a mark of a folded picture stands for many, which one annotation cannot describe",
            mend="draw the program unfolded, with fewer layers if it is long",
        )
    for name in options.annotations:
        if name not in program.variables:
            raise TPNameError(f"the program has no {name} to annotate")


def _diagram(program: Program, options: Options, brief: bool = False) -> Diagram:
    """The marks of a program with their annotations."""
    diagram = diagram_of(
        program, shown=options.shown, style=options.look, brief=brief, dims=options.dims
    )
    notes = options.annotations
    vertices = tuple(_annotated(v, notes.get(v.variable)) for v in diagram.vertices)
    return replace(diagram, vertices=vertices) if notes else diagram


def _annotated(vertex: Vertex, note: Annotation | None) -> Vertex:
    """The mark with its annotation, which goes on from what stands there by itself."""
    own = vertex.annotation
    if note is None or own is None:
        return replace(vertex, annotation=note or own)
    return replace(vertex, annotation=replace(note, dimension=own.dimension))


def folded_scene(
    program: Program, diagram: Diagram, options: Options
) -> tuple[Scene, Folded] | None:
    """The scene with plates, and what folded to it; None where nothing repeats, or where a plate
    would hold strangers. One plate for all that repeats alike comes before what stands beside a
    plate is put behind it.
    """
    ways = foldings(program, diagram, options.direction in ("LR", "RL"))
    for turn in ((False,), (True,)) if len(ways) > 1 else ((False, True),):
        for folded in chain.from_iterable(ways):
            scene = _with_plates(folded, options, turn)
            if scene is not None:
                return scene, folded
    return None


def _with_plates(folded: Folded, options: Options, turn: Sequence[bool]) -> Scene | None:
    """The scene of a folded diagram; None where a plate would hold strangers."""
    look = options.look
    if len(folded.groups) > 1:  # matrices of inner plates became one
        folded = replace(folded, diagram=coloured(folded.diagram, look))
    lay = partial(_laid_out, folded.diagram, options)
    scenes = _scenes(folded, lay, turn)
    scene = next((s for s in scenes if not encloses_strangers(s, folded, look)), None)
    return None if scene is None else renamed(plated(scene, folded, look), folded)


def _scenes(folded: Folded, lay: Callable[..., Scene], turn: Sequence[bool]) -> Iterator[Scene]:
    """The scene of a folded diagram as it lies by itself, and with columns around its plates; by
    turn without and with what stands `beside` a plate behind it.
    """
    if False in turn:
        yield lay(behind=folded)
    for beside in turn if folded.dots else ():
        columns = columns_around_plates(folded, beside)
        if columns is not None:
            yield lay(columns=columns, gaps=gaps_before_plates(folded, columns), behind=folded)


def _laid_out(
    diagram: Diagram,
    options: Options,
    columns: Mapping[str, int] | None = None,
    gaps: Mapping[int, float] | None = None,
    behind: Folded | None = None,
) -> Scene:
    """The scene of a diagram; `behind` are plates behind which dots need room."""
    lines = listed(behind or Folded(diagram)) if options.has_lines else ()
    diagram, definitions = abbreviated(diagram, options.look)
    lay = partial(
        laid_out,
        diagram,
        options.direction,
        style=options.look,
        engine=options.layout_engine,
        columns=columns,
    )
    layout = lay(gaps=gaps)
    missing = {} if behind is None else gaps_behind_plates(behind, layout.places)
    layout = lay(gaps={**(gaps or {}), **missing}) if missing else layout
    return replace(layout.scene, definitions=definitions, listing=lines)


def _passes(program: Program, options: Options) -> Scene:
    """The scene of a program whose equations have places; unfolded where plates have no room."""
    others = called(program)
    program = signals_once(program)
    if options.fold:
        scene = _folded_steps(program, others, options)
        if scene is not None:
            return scene
    diagram = _diagram(program, options, brief=True)
    if options.paths:
        diagram = labelled(diagram, options.paths)
    between = [(wire.source, wire.gate) for wire in stage(program, diagram).wires]
    labels = labels_of_unnamed(program, (v.id for v in diagram.vertices if not v.label))
    scene = uncrossed(
        diagram, between, labels, lambda found: _laid_out_passes(program, Folded(found), options)
    )
    return overlaid(scene, options.paths, options.look) if options.paths else scene


def _folded_steps(
    program: Program, others: Mapping[str, TimedName], options: Options
) -> Scene | None:
    """The scene of passes with plates: around a generic step, or in steps drawn one by one; None
    where plates have no room. Raises TPError where neither steps nor what is in them can be folded.
    """
    refused: TPError | None = None
    step: GenericStep | None = None
    try:
        step = generic_step(program, _drawn(program, options), others)
    except TPError as error:
        refused = error
    named, means = (program, {}) if step is not None else means_named(program)
    passes = localised(named, _drawn(named, options), means) if step is None else step.passes
    passes = None if passes is None else uses_summed(passes)
    shown = named if passes is None else passes.program
    folded = _folded_passes(shown, passes, options)
    around = None if step is None else (step.letter, step.label)
    said = () if step is None else step.definitions
    if refused is not None and not folded.plates:
        raise refused
    if not folded.plates and not around:
        return None
    try:
        scene = _uncrossed_plates(shown, folded, options, around)
    except TPError as error:
        if step is not None and isinstance(error, PlateError):
            folded = _folded_passes(shown, passes, options, inside=False)
            scene = _uncrossed_plates(shown, folded, options, around)
        elif refused is not None:
            raise refused from error
        elif isinstance(error, PlateError):
            return None
        else:
            raise
    if refused is not None:
        text = f"{refused.message}: every step is drawn, with what repeats in it folded"
        warn(TPWarning(text))
    return replace(scene, definitions=(*scene.definitions, *said))


def _uncrossed_plates(
    program: Program, folded: Folded, options: Options, around: tuple[str, str] | None
) -> Scene:
    """The scene of passes with plates, with terminals where plates have room for them and lines
    would run through marks, or cross too much and a page has room for terminals too.
    """
    between = [(wire.source, wire.gate) for wire in stage(program, folded.diagram).wires]
    laid: list[Scene] = []

    def lay(found: Diagram) -> Scene:
        try:
            whole = terminals_in_plates(folded, found)
            laid.append(_laid_out_passes(program, whole, options, around))
        except PlateError:
            if not laid:
                raise
        return laid[-1]

    scene = uncrossed(folded.diagram, between, {}, lay, folded.names)
    before, after = (on_page(picture(s, options.look).bounds) for s in (laid[0], scene))
    freed = len(through_marks(scene)) < len(through_marks(laid[0]))
    return scene if freed or after > _SMALLER * before else laid[0]


def _drawn(program: Program, options: Options) -> frozenset[str]:
    """The names of the equations that are drawn."""
    return program.body if options.shown == "body" else frozenset(program.equation_of)


def _laid_out_passes(
    program: Program, folded: Folded, options: Options, around: tuple[str, str] | None = None
) -> Scene:
    look, engine = options.look, options.layout_engine
    lines = listed(folded, around[1] if around else None) if options.has_lines else ()
    diagram, definitions = abbreviated(folded.diagram, look)
    folded = replace(folded, diagram=diagram)
    scene = lay_out_passes(program, folded, options.direction, look, engine, around)
    return replace(scene, definitions=definitions, listing=lines)


def _folded_passes(
    program: Program, passes: Instance | None, options: Options, inside: bool = True
) -> Folded:
    """The diagram of passes, what they are given beside every gate that reads it; what repeats
    `inside` of them stands once.
    """
    look = options.look
    sums = frozenset() if passes is None else passes.sums
    diagram = diagram_of(
        program, shown=options.shown, style=look, brief=True, sums=sums, dims=options.dims
    )
    if passes is not None:
        diagram = filled(diagram, passes.fills)
    sideways = options.direction in ("LR", "RL")
    folded = fold_passes(program, diagram, sideways) if inside else Folded(diagram)
    folded = replace(folded, diagram=coloured(folded.diagram, look))
    return apart(folded, () if passes is None else passes.given, shared=passes is not None)


def _repeats(program: Program, diagram: Diagram) -> bool:
    return bool(fold(program, diagram).plates)


def _unfolded(program: Program, diagram: Diagram, options: Options) -> Scene:
    if options.paths:
        diagram = labelled(diagram, options.paths)
    require_feasible(diagram, lambda: not options.fold and _repeats(program, diagram))
    scene = _laid_out(diagram, options)
    return overlaid(scene, options.paths, options.look) if options.paths else scene


def _with_legend(scene: Scene, style: Style) -> Scene:
    """The legend below the picture, in the middle."""
    left, bottom, right, _ = picture(scene, style).bounds
    box = build_legend(marks_used(scene), 0.0, 0.0, style)
    middle = (left + right - (box.right - box.left)) / 2
    place = middle, bottom + style.margin - _LEGEND_GAP
    return replace(scene, legend=build_legend(marks_used(scene), *place, style))


def _with_shelf(scene: Scene, program: Program, style: Style) -> Scene:
    """The matrices to the right of the picture, from its top."""
    matrices = matrices_of(program, style)
    if not matrices:
        return scene
    _, _, right, top = picture(scene, style).bounds
    return replace(
        scene,
        shelf=build_shelf(matrices, right - style.margin + _LEGEND_GAP, top - style.margin, style),
    )
