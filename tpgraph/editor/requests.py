"""What a session is asked, as models: requests that do not fit are refused before anything runs."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field

from tpgraph.editor.every_request import Request
from tpgraph.notation.scene.annotation import Annotation
from tpgraph.program.naming import UNNAMED

__all__ = ["REQUESTS", "EditRequest", "PictureOptions"]

Text: TypeAlias = Annotated[str, Field(max_length=4_000_000)]
Name: TypeAlias = Annotated[str, Field(max_length=400)]
Span: TypeAlias = tuple[int, int]


class PictureOptions(Request):
    """How the picture is shown.

    `labels` is a factor of the size of letters; plates are around what repeats where `fold` says
    so: "auto" folds derived programs, and others above a number of marks.
    """

    view: Literal["paper", "editing"] = "editing"
    theme: Literal["paper", "teaching", "dark"] = "paper"
    direction: Literal["LR", "TB", "BT", "RL"] = "LR"
    labels: Annotated[float, Field(ge=1, le=2)] = 1.0
    fold: Literal["auto", "yes", "no"] = "auto"


class OpenRequest(Request):
    """A text for the first time."""

    text: Text
    name: Name = UNNAMED
    options: PictureOptions = PictureOptions()


class SyncRequest(Request):
    """A text as it is now; `have` is the revision of the picture that is shown."""

    text: Text
    have: str | None = None
    options: PictureOptions | None = None


class Do(Request):
    """A gesture: which edit, and what it is about."""

    edit: Name
    kind: Name | None = None
    name: Name | None = None
    names: list[Name] | None = None
    vector: Name | None = None
    vectors: list[Name] | None = None
    matrix: Name | None = None
    transpose: bool | None = None
    trained: bool | None = None
    function: Name | None = None
    gate: Name | None = None
    argument: int | None = None
    formula: Text | None = None
    to: Name | None = None
    field: Name | None = None
    value: Text | None = None
    after: Name | None = None
    clip: Text | None = None
    error: int | None = None
    choice: int | None = None


class EditRequest(Request):
    """An edit made on the text; `dry` tells what it would change."""

    text: Text
    have: str | None = None
    do: Do
    scope: Literal["all", "here"] = "all"
    dry: bool = False


class TextRequest(Request):
    """Something about a text."""

    text: Text


class SelectRequest(Request):
    """What is known of a mark, or of a name that has none, as a matrix; of the program."""

    text: Text
    mark: Name | None = None
    name: Name | None = None


class AcceptRequest(Request):
    """What accepts a mark, or a matrix of the shelf, that is dragged."""

    text: Text
    mark: Name | None = None
    matrix: Name | None = None


class TryRequest(Request):
    """Which of the edits that `accept` offered are made; the first ones, as time allows."""

    text: Text
    edits: Annotated[list[Do], Field(min_length=1, max_length=10_000)]


class FactorsRequest(Request):
    """By which matrices a vector can be multiplied."""

    text: Text
    vector: Name


class PlaceRequest(Request):
    """What stands at a place, or may stand there; a code point."""

    text: Text
    at: Annotated[int, Field(ge=0)]


class CopyRequest(Request):
    """The statements of some names as a text."""

    text: Text
    names: Annotated[list[Name], Field(max_length=10_000)]


class StepRequest(Request):
    """One instruction of a program or of its passes, by its number."""

    text: Text
    passes: Annotated[Literal["forward", "backward", "sgd"], Field(alias="pass")] = "forward"
    steps: Annotated[int, Field(ge=1, le=20)] = 1
    at: Annotated[int, Field(ge=0)] = 0
    options: PictureOptions | None = None


class WalkRequest(Request):
    """All instructions of a program or of one of its passes, over one picture."""

    text: Text
    passes: Annotated[Literal["forward", "backward", "sgd"], Field(alias="pass")] = "forward"
    steps: Annotated[int, Field(ge=1, le=20)] = 1
    options: PictureOptions | None = None


class DeriveRequest(Request):
    """A program made from the text's, to be looked at."""

    text: Text
    what: Literal["backward", "sgd", "ntk", "reduced"]
    steps: Annotated[int, Field(ge=1, le=20)] = 1
    options: PictureOptions | None = None


class NumbersRequest(Request):
    """What a run and the limit say of every variable."""

    text: Text
    width: Annotated[int, Field(ge=1, le=8192)] = 256
    seed: Annotated[int, Field(ge=0)] = 0
    run: bool = True
    limit: bool = True


class Numbers(Request):
    """The answer to a NumbersRequest."""

    annotations: dict[Name, Annotation]
    warnings: list[str]


class AnnotateRequest(NumbersRequest):
    """The picture with these numbers; `numbers` are those that are known already."""

    have: str | None = None
    numbers: Numbers | None = None


class ExportRequest(Request):
    """The program in another format."""

    text: Text
    name: Name = UNNAMED
    format: Literal["svg", "pdf", "png", "tex", "dot", "scene", "json", "tp", "py", "latex", "html"]
    options: dict[str, Any] = {}


class NothingRequest(Request):
    """A request without content."""


class CardRequest(Request):
    """The picture of a program of the gallery."""

    name: Name


REQUESTS: dict[str, type[Request]] = {
    "open": OpenRequest,
    "sync": SyncRequest,
    "edit": EditRequest,
    "tidy": TextRequest,
    "select": SelectRequest,
    "accept": AcceptRequest,
    "try": TryRequest,
    "factors": FactorsRequest,
    "classes": TextRequest,
    "folds": TextRequest,
    "complete": PlaceRequest,
    "hover": PlaceRequest,
    "copy": CopyRequest,
    "step": StepRequest,
    "walk": WalkRequest,
    "derive": DeriveRequest,
    "annotate": AnnotateRequest,
    "numbers": NumbersRequest,
    "limits": TextRequest,
    "export": ExportRequest,
    "gallery": NothingRequest,
    "card": CardRequest,
}
"""The model of every request, by its `op`."""
