"""A session over one text: a request as plain data in, an answer as plain data out.

There is no server here, no thread and no file: whoever has the text asks, and shows what comes
back. The session remembers the picture that it sent last, so that the next one keeps it, and only
what has changed of it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from importlib import import_module
from typing import Any

from pydantic import ValidationError

from tpgraph.editor import requests as q
from tpgraph.editor.answers import program_data, shelf_data, span_data, token_data
from tpgraph.editor.asked_numbers import findings_of
from tpgraph.editor.characters import require_characters
from tpgraph.editor.derived import derived
from tpgraph.editor.drawable import drawable
from tpgraph.editor.edited_places import added_place, selected_place
from tpgraph.editor.factors import factors
from tpgraph.editor.gestures import accepted, edit_of, is_about_many, left_untrained
from tpgraph.editor.inspected import about, about_program
from tpgraph.editor.meant import going_along, last_words, meant
from tpgraph.editor.path_classes import path_classes
from tpgraph.editor.pictures import (
    Shown,
    drawn_lines,
    faded_in,
    folding_notes,
    picture_data,
    revision_of,
    shown,
    spans_of,
)
from tpgraph.editor.recent import RecentPictures
from tpgraph.editor.refusals import error_data, refusal_data, warning_data
from tpgraph.editor.renames import typed_renames
from tpgraph.editor.sifting import tried
from tpgraph.editor.spoken import called, listed, spoken
from tpgraph.editor.stepping import Walk, Walks
from tpgraph.editor.words import completions, hovered
from tpgraph.errors import TPDataError, TPError
from tpgraph.gallery import entries, entry
from tpgraph.language import editing
from tpgraph.language import syntax as s
from tpgraph.language.editing import Edit
from tpgraph.language.readings import Reading, read
from tpgraph.notation.diagram.unfolded import unfolded_text
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.program import Program
from tpgraph.program.naming import UNNAMED

__all__ = ["Session", "Unfit"]

Data = dict[str, Any]

_DRAWN = s.Declare | s.Equate | s.Loop | s.Broken | s.Output | s.Loss
"""Statements that a picture shows, or would without their mistake."""


class Unfit(ValueError):
    """A request that has not the form of one."""


class Session:
    """One text and its picture, between requests."""

    def __init__(self) -> None:
        self.name = UNNAMED
        self.options = q.PictureOptions()
        self.reading = read("")
        self.viewed = self.reading
        self.whole: Reading | None = None
        self.shown: Shown | None = None
        self.revision: str | None = None
        self.annotated = False
        self.walks = Walks()
        self.recent = RecentPictures()
        self.opened: tuple[str, Shown] | None = None

    def answer(self, request: Mapping[str, Any]) -> Data:
        """The answer to a request; what is not possible is answered by `refused`.

        Raises Unfit for what is no request.
        """
        content = dict(request)
        op = content.pop("op", None)
        model = q.REQUESTS.get(op) if isinstance(op, str) else None
        if model is None:
            raise Unfit(f"there is no request {op!r}")
        try:
            require_characters(content)
            asked = model.model_validate(content)
            act: Callable[[Any], Data] = getattr(self, f"_{op}")
            return act(asked)
        except ValidationError as error:
            raise Unfit(str(error)) from None
        except TPError as error:
            refused: Data = self._spoken(refusal_data(error))
            return refused

    def _spoken(self, data: Any) -> Any:
        """Data with its sentences as they are said beside the picture."""
        return spoken(data, self._called)

    def _called(self, name: str) -> str:
        return called(name, self.reading, self.shown)

    def _read(self, text: str) -> Reading:
        """The reading of a text; that of before if it is the same."""
        if text != self.reading.text:
            self.reading = read(text, self.name)
        return self.reading

    # ---- the text and its picture

    def _open(self, asked: q.OpenRequest) -> Data:
        self.name, self.options = asked.name, asked.options
        self.shown, self.revision, self.whole = None, None, None
        self.recent.forget()
        if self.opened is not None:
            self.recent.remember(*self.opened)  # laid out from scratch, as it would be again
        view = self._view(self._read(asked.text))
        self._keep()
        return {"view": view}

    def _keep(self) -> None:
        """Keep what is shown for who opens its text again."""
        if self.shown is not None and self.revision is not None and not self.reading.errors:
            self.opened = self.revision, self.shown

    def _sync(self, asked: q.SyncRequest) -> Data:
        if asked.options is not None:
            self.options = asked.options
        reading = self._read(asked.text)
        return {"view": self._view(reading, asked.have, typed_renames(self.viewed, reading))}

    def _tidy(self, asked: q.TextRequest) -> Data:
        reading = self._read(asked.text)
        stays = None
        if reading.errors and self.shown is not None:
            stays = shown(self._drawable(reading) or self.shown.program, self.options)
        self.shown = None
        self.recent.forget()
        return {"view": self._view(reading, pictured=stays)}

    def _view(
        self,
        reading: Reading,
        have: str | None = None,
        names: Mapping[str, str] | None = None,
        pictured: Shown | None = None,
        annotations: Mapping[str, Annotation] | None = None,
    ) -> Data:
        """What is shown of a text, or of it as it is `pictured`. While it has errors the last good
        picture stays, with what is new beside them.
        """
        before = self.shown if have is not None and have == self.revision else None
        wanted = self._drawable(reading)
        now = pictured or self._pictured(reading, wanted, names)
        picture = None
        if now is not None and (now is not before or before is None):
            picture = picture_data(now, before)
        elif now is None and (self.shown is not None or not any(e.span for e in reading.errors)):
            picture = {"full": [], "glyphs": {}, "box": [0.0, 0.0, 0.0, 0.0]}
        self.shown, self.annotated, self.viewed = now, bool(annotations), reading
        self.revision = revision_of(reading.text, self.options, annotations)
        program = reading.program
        last = None if self.whole is None else self.whole.program
        news = wanted if wanted != last else program
        if not reading.errors:
            self.whole = reading
        known = set() if program is None else set(program.variables)
        return {
            "revision": self.revision,
            "errors": [error_data(error) for error in reading.errors],
            "warnings": [warning_data(warning) for warning in reading.warnings],
            "tokens": token_data(reading),
            "picture": picture,
            "spans": {} if now is None else spans_of(now, reading),
            "faded": [] if now is None else faded_in(now, known),
            "shelf": [] if program is None else shelf_data(program),
            "program": None if program is None else program_data(program),
            "old": picture is None if now is None else now.program not in (program, news),
        }

    def _drawable(self, reading: Reading) -> Program | None:
        """The program of which a picture is wanted; None where the one before stays."""
        if not reading.errors or self.shown is None:
            return reading.program
        return drawable(reading, self.whole, self.shown.program)

    def _pictured(
        self, reading: Reading, program: Program | None, names: Mapping[str, str] | None
    ) -> Shown | None:
        """The picture of what can be drawn; the one before where that is nothing."""
        drawn = any(isinstance(one.node, _DRAWN) for one in reading.statements)
        if reading.program is None and not drawn and not any(e.span for e in reading.errors):
            return None  # nothing is there that could be drawn, or have been meant
        if program is None:
            return self.shown
        if not program.variables:
            return None
        if self._is_shown(program):
            return self.shown
        revision = revision_of(reading.text, self.options)
        known = None if reading.errors else self.recent.of(revision)
        if known is not None:
            return known
        try:
            found = shown(program, self.options, self.shown, names)
            if not reading.errors:
                self.recent.remember(revision, found)
            return found
        except TPError:
            if self.shown is not None:
                return self.shown
            raise

    def _is_shown(self, program: Program) -> bool:
        """Whether the picture is that of a program, and of nothing else: a comment was typed."""
        now = self.shown
        same = now is not None and not self.annotated and now.options == self.options
        return same and now is not None and now.program == program

    # ---- edits

    def _edit(self, asked: q.EditRequest) -> Data:
        reading = self._read(asked.text)
        do = meant(asked.do.model_dump(exclude_none=True), reading, self.shown)
        edit = edit_of(reading, do, asked.scope == "here")
        if asked.dry and asked.do.edit == "delete":
            gone = going_along(reading, do, self.shown)
            named = {key: listed(reading, names, self._called) for key, names in gone.items()}
            return self._dry(reading, edit) | named
        if asked.dry:
            return self._dry(reading, edit) | {"many": is_about_many(reading, do)}
        text = edit.apply(asked.text)
        after = self._read(text)
        names = {new: old for old, new in edit.renamed.items()}
        title, before = self._spoken(edit.title), self.shown
        view = self._view(after, asked.have, names)
        return {
            "text": text,
            "title": title,
            "notes": [] if before is None else folding_notes(before, self.shown),
            "untrained": left_untrained(after.program, do),
            "patches": [list(patch) for patch in edit.patches],
            "select": selected_place(after, edit),
            "name": edit.select,
            "added": added_place(after, do),
            "renamed": dict(edit.renamed),
            "removed": list(edit.removed),
            "view": view,
        }

    def _dry(self, reading: Reading, edit: Edit) -> Data:
        """What an edit would change, line by line; not where it only aligns."""
        lines = editing.changed_lines(reading, edit, spaces=False)
        return {
            "title": self._spoken(edit.title),
            "patches": [list(patch) for patch in edit.patches],
            "lines": [change._asdict() for change in lines],
            "appearing": drawn_lines(self.shown, editing.appearing(reading, edit)),
        }

    def _copy(self, asked: q.CopyRequest) -> Data:
        reading = self._read(asked.text)
        return {"clip": editing.copy(reading, asked.names)}

    # ---- what is known

    def _select(self, asked: q.SelectRequest) -> Data:
        reading, shown = self._read(asked.text), self.shown
        name = asked.name
        if asked.mark is not None:
            name = None if shown is None else shown.names.get(shown.id_of(asked.mark))
        elif name is None:
            return {"name": "", "span": None, "info": about_program(reading)}
        if name is None or reading.program is None or name not in reading.program.variables:
            raise TPDataError("this mark stands for nothing in the text as it is now")
        origin = reading.origin.get(name)
        return {
            "name": name,
            "span": span_data(None if origin is None else origin.span),
            "info": about(reading, name, () if shown is None else shown.all_of(name)),
        }

    def _accept(self, asked: q.AcceptRequest) -> Data:
        reading = self._read(asked.text)
        program = reading.program
        if program is None:
            return {"targets": {}, "refuses": {}}
        pictured = self.shown or shown(program, self.options)  # the process was begun anew
        keys = pictured.joints(program)
        own = None if asked.mark is None else pictured.id_of(asked.mark)
        keys.pop(asked.mark or "", None)
        if asked.mark is not None and own not in program.variables:
            raise TPDataError("only vectors and scalars are dragged")
        found = accepted(program, own, asked.matrix, keys)
        return {
            "targets": {
                key: {"do": do, "says": self._spoken(says + last_words(do, reading, pictured))}
                for key, (do, says) in found.targets.items()
            },
            "refuses": self._spoken(found.refused),
        }

    def _try(self, asked: q.TryRequest) -> Data:
        reading = self._read(asked.text)
        edits = (meant(do.model_dump(exclude_none=True), reading, self.shown) for do in asked.edits)
        return {"tried": self._spoken(tried(reading, edits))}

    def _factors(self, asked: q.FactorsRequest) -> Data:
        return {"factors": factors(self._read(asked.text), asked.vector)}

    def _classes(self, asked: q.TextRequest) -> Data:
        program = self._whole(asked.text)
        return path_classes(program, self.shown or shown(program, self.options))

    def _folds(self, asked: q.TextRequest) -> Data:
        """Whether plates would make the picture smaller, and what is said where there are none."""
        found, program = self.shown, self._read(asked.text).program
        folds = found is not None and found.program == program and found.folds
        return {"folds": folds, "why": unfolded_text(folds)}

    def _complete(self, asked: q.PlaceRequest) -> Data:
        reading = self._read(asked.text)
        return completions(reading, min(asked.at, len(reading.source.text)))

    def _hover(self, asked: q.PlaceRequest) -> Data:
        return hovered(self._read(asked.text), asked.at)

    # ---- derived views, numbers, exports

    def _annotate(self, asked: q.AnnotateRequest) -> Data:
        """The picture with plots at its vectors and numbers at its scalars, or without again."""
        program = self._whole(asked.text)
        found = findings_of(asked, program)
        said = list(found.warnings)
        pictured = shown(program, self.options, self.shown, annotations=found.annotations)
        if pictured.layout is None and found.annotations:
            said.append("the picture is folded, and a mark of it stands for many: none has a plot")
        view = self._view(self.reading, asked.have, None, pictured, found.annotations)
        return {"view": view, "scalars": found.scalars, "warnings": said}

    def _numbers(self, asked: q.NumbersRequest) -> Data:
        """What a run and the limit say, for `annotate`, in another process."""
        found = findings_of(asked, self._whole(asked.text))
        return {
            "annotations": {name: asdict(a) for name, a in found.annotations.items()},
            "warnings": list(found.warnings),
        }

    def _limits(self, asked: q.TextRequest) -> Data:
        """What every variable tends to, in words."""
        numbers = import_module("tpgraph.editor.numbers")
        return {"limits": numbers.limits_of(self._whole(asked.text))}

    def _step(self, asked: q.StepRequest) -> Data:
        found = self._walked(asked)
        return found.at(asked.at) | {"picture": found.picture}

    def _walk(self, asked: q.WalkRequest) -> Data:
        found = self._walked(asked)
        return {"picture": found.picture, "born": dict(found.born), "steps": found.steps}

    def _walked(self, asked: q.StepRequest | q.WalkRequest) -> Walk:
        program = self._whole(asked.text)
        options = asked.options or self.options
        return self.walks.of(program, asked.text, asked.passes, asked.steps, options)

    def _derive(self, asked: q.DeriveRequest) -> Data:
        program, options = self._whole(asked.text), asked.options or self.options
        return {"picture": derived(program, asked.what, asked.steps, options)}

    def _export(self, asked: q.ExportRequest) -> Data:
        program = self._whole(asked.text)
        exports = import_module("tpgraph.editor.exports")  # loads what a picture does without
        found: Data = exports.exported(program, asked.text, asked.name, asked.format, asked.options)
        return found

    def _gallery(self, asked: q.NothingRequest) -> Data:
        """The programs of the gallery; their pictures are asked for one by one."""
        found = [e for e in entries() if e.shows == "program"]
        return {"cards": [{"name": e.name, "title": e.title, "text": e.text} for e in found]}

    def _card(self, asked: q.CardRequest) -> Data:
        return {"svg": entry(asked.name).draw().svg}

    def _whole(self, text: str) -> Any:
        """The program of a text without errors."""
        reading = self._read(text)
        if reading.errors:
            raise reading.errors[0]
        if reading.program is None:
            raise TPDataError("the text is no program yet")
        return reading.program
