"""The JSON document of a program, schema `tpgraph.program/1`.

Coordinatewise functions are texts of the language over z1, z2, …, the arguments in their order:
`{"kind": "nonlin", "out": "x", "function": "tanh(z1 + z2)", "arguments": ["h", "b"]}`. Exact
numbers are texts too (`"1/2"`); a dimension is a whole number, or the name of a width or dim.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tpgraph.bounds import NAME
from tpgraph.program.hints import HintKind

__all__ = ["Document", "published"]

Base = Annotated[str, Field(pattern=r"^[^\[\]~\x00-\x1f\x7f-\x9f]+$", max_length=NAME.default)]
"""A name without index; what else it must fulfil, `tpgraph.program.naming` says."""
_INDEX = r"(0|-?[1-9][0-9]{0,9})"
Name = Annotated[
    str,
    Field(
        pattern=rf"^[^\[\]~\x00-\x1f\x7f-\x9f]+(\[{_INDEX}(,{_INDEX})*\])?(~[1-9][0-9]{{0,8}})?$",
        max_length=400,
    ),
]
Ratio = Annotated[str, Field(pattern=r"^-?[0-9]+(/[0-9]+)?$", max_length=400)]
Real = Annotated[float, Field(allow_inf_nan=False)]
Dim = Annotated[int, Field(ge=1, le=10**9, strict=True)] | Name
Text = Annotated[str, Field(max_length=10**6)]
Words = Annotated[str, Field(max_length=NAME.default)]
Label = Annotated[str, Field(max_length=10**6)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WidthModel(_Model):
    """A width; with `base`, the ratio times it."""

    name: Base
    ratio: Ratio = "1"
    base: Base | None = None


class FunctionModel(_Model):
    """`fn name(parameters) = body`; the body is over z1, z2, …"""

    name: Base
    parameters: Annotated[list[Base], Field(min_length=1)]
    body: Text


class ParametrizationModel(_Model):
    """Exponents of [input, hidden, readout]."""

    name: Words
    a: tuple[Ratio, Ratio, Ratio]
    b: tuple[Ratio, Ratio, Ratio]
    c: Ratio


class ScalarModel(_Model):
    """A scalar from outside: a function of widths, and its limit."""

    kind: Literal["scalar"]
    name: Name
    value: Text
    limit: Real
    widths: list[Base] = []


class VectorModel(_Model):
    """Jointly Gaussian vectors."""

    kind: Literal["vector"]
    names: Annotated[list[Name], Field(min_length=1)]
    dim: Dim
    mean: list[Real]
    covariance: list[list[Real]]
    as_x: bool = False


class MatrixModel(_Model):
    """A matrix that is not trained: entries N(0, variance / columns)."""

    kind: Literal["matrix"]
    name: Name
    shape: tuple[Dim, Dim]
    variance: Real


class ParamModel(_Model):
    """A trained matrix, or a vector (one dimension)."""

    kind: Literal["param"]
    name: Name
    shape: Annotated[list[Dim], Field(min_length=1, max_length=2)]
    variance: Real
    scale: Real = 1.0


class StepModel(_Model):
    """In a caption: the time of the pass plus an offset."""

    step: int


class SymbolModel(_Model):
    """In a caption: a name, which is mathematics; timed, with the time of the pass below it."""

    symbol: Words
    timed: bool = False


class PassModel(_Model):
    """One example passing through the network: of training, of a test, or at initial weights."""

    kind: Literal["train", "test", "reference"]
    time: int = 0
    element: int | None = None
    caption: list[Words | StepModel | SymbolModel] = []
    letter: Words | None = None
    of: Literal["train", "test"] | None = None


class TimedModel(_Model):
    """The variable `of` a network in one of many passes, and what makes its name there."""

    of: Name
    time: int | None
    prefix: Words = ""
    accent: Words = ""
    mark: Words = ""
    element: int | None = None
    latex: Label | None = None


class PlaceModel(_Model):
    """Where something belongs in a computation of several passes.

    `context` is the position of its pass in the document's `passes`; older documents have the
    caption of the pass there.
    """

    row: Literal["forward", "backward", "between"]
    context: Annotated[int, Field(ge=0, strict=True)] | Words | None = None
    partner: Name | None = None
    timed: TimedModel | None = None


class FedModel(_Model):
    """An input or a target, fed at run time."""

    kind: Literal["data", "target"]
    name: Name
    dim: Dim
    place: PlaceModel | None = None


class MatMulModel(_Model):
    """out = matrix · operand, or its transpose times it."""

    kind: Literal["matmul"]
    out: Name
    matrix: Name
    transpose: bool = False
    operand: Name
    place: PlaceModel | None = None


class GateModel(_Model):
    """out = function(arguments), coordinatewise; its mean over coordinates for a moment."""

    kind: Literal["nonlin", "moment"]
    out: Name
    function: Text
    arguments: list[Name]
    place: PlaceModel | None = None


class HintModel(_Model):
    """What is said of the picture: a box, a note, a colour, what is left out, or what stands above
    what: with `order` the names from the top, with `above` and `below` the names and the others.
    """

    kind: HintKind
    names: Annotated[list[Name], Field(min_length=1)]
    text: Label = ""
    others: list[Name] = []


class TrainingPlanModel(_Model):
    """Of the SGD that a program writes out: the rates of all steps, momentum and weight decay."""

    rates: list[Real]
    momentum: Real = 0.0
    weight_decay: Real = 0.0


DeclarationModel = Annotated[
    ScalarModel | VectorModel | MatrixModel | ParamModel | FedModel, Field(discriminator="kind")
]
EquationModel = Annotated[MatMulModel | GateModel, Field(discriminator="kind")]


class Document(_Model):
    """A whole program."""

    schema_: Literal["tpgraph.program/1"] = Field(alias="schema")
    name: Words
    widths: list[WidthModel] = []
    dims: dict[Base, Annotated[int, Field(ge=1, le=10**9)]] = {}
    parametrization: ParametrizationModel | None = None
    functions: list[FunctionModel] = []
    passes: list[PassModel] = []
    declarations: list[DeclarationModel] = []
    equations: list[EquationModel] = []
    outputs: list[Name] = []
    loss: Name | None = None
    labels: dict[Name, Label] = {}
    hints: list[HintModel] = []
    training_plan: TrainingPlanModel | None = None


def published() -> dict[str, object]:
    """The JSON schema of the document, as `schema.json` holds it."""
    schema = Document.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
