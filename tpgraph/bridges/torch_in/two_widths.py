"""`from_torch`: a module at two widths, and the text of its program."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from tpgraph.bridges.torch_in.declarations import (
    Dimensions,
    input_lines,
    parameter_lines,
)
from tpgraph.bridges.torch_in.export import WRAPPED, built, exported
from tpgraph.bridges.torch_in.imported import Imported, copy_weights
from tpgraph.bridges.torch_in.interpret import Graph, interpreted
from tpgraph.bridges.torch_in.laws import Draws, drawn
from tpgraph.bridges.torch_in.multipliers import common_factors, without_factors
from tpgraph.bridges.torch_in.named_cells import Flat, flattened
from tpgraph.bridges.torch_in.parameter_names import free_name
from tpgraph.bridges.torch_in.parameter_parts import Key, ParameterPart, pieces_of
from tpgraph.bridges.torch_in.parametrizing import Scaled, own_exponents, parametrized
from tpgraph.bridges.torch_in.refusal import refusal
from tpgraph.bridges.torch_in.reserved import RESERVED
from tpgraph.bridges.torch_in.rolling import Rolled, rolled
from tpgraph.bridges.torch_in.targets import targets_of
from tpgraph.bridges.torch_in.vector_readouts import with_readouts
from tpgraph.bridges.torch_in.writing import (
    Names,
    function_lines,
    output_line,
    scalar_lines,
    statement_lines,
)
from tpgraph.errors import TPDataError
from tpgraph.language import format_text, parse
from tpgraph.language.vocabulary import KEYWORDS, canonical
from tpgraph.program import Nonlin, Program, base_of
from tpgraph.program.initial_sizes import layers_of, sizes_of

__all__ = ["copy_weights", "translated"]


def translated(
    make: Callable[[Mapping[str, int]], Any],
    example: Any,
    widths: Mapping[str, int],
    parametrization: str,
    base: int | None,
    train: bool,
    loss: str | Callable[..., Any] | None,
    roll: bool,
) -> Imported:
    """The program of a module; the arguments are those of `from_torch`."""
    name, n = next(iter(widths.items()))

    def plain(width: int) -> torch.nn.Module:
        made: torch.nn.Module = make({w: size * width // n for w, size in widths.items()})
        return made

    called = _width_names(widths)
    module = built(plain, n, train)
    examples = _examples(module, example)
    factory, examples = _with_loss(plain, loss, examples, module)
    graph = interpreted(exported(factory, examples, n, train), n)
    own = [*inspect.signature(module.forward).parameters][: len(examples) - (loss is not None)]
    arguments = [*own, *["y"] * (loss is not None)]
    sheet = _sheet(type(module).__name__, graph, drawn(factory, n), called, arguments, base, roll,
                   parametrization)  # fmt: skip
    notes = (*_notes(graph, sheet.flat, sheet.inputs), *sheet.scaled.notes)
    text, program = sheet.written(notes)
    lost = _lost_to_biases(program, sheet.pieces)
    if lost is not None:
        notes = (*notes, lost)
        text, program = sheet.written(notes)
    return Imported(
        program=program,
        text=text,
        notes=notes,
        width=name,
        n=n,
        pieces=sheet.pieces,
        arguments=tuple(graph.arguments.values()),
        seams=graph.al.seams,
        ratios={w: size / n for w, size in called.items()},
        names=sheet.inputs,
    )


@dataclass(frozen=True)
class _Sheet:
    """All that the text of a program is written from, but for its notes.

    `inputs` are names of the data by argument of the graph, `targets` those that are targets,
    `taken` names that nothing else may have.
    """

    title: str
    graph: Graph
    flat: Flat
    statements: Rolled
    pieces: tuple[ParameterPart, ...]
    scaled: Scaled
    widths: Mapping[str, int]
    inputs: dict[str, str]
    targets: set[str]
    taken: set[str]

    def written(self, notes: Sequence[str]) -> tuple[str, Program]:
        """The text with these notes, laid out, and its program."""
        text = format_text("\n".join(self._lines(notes)) + "\n", f"<{self.title}>")
        return text, parse(text, f"<{self.title}>")

    def _lines(self, notes: Sequence[str]) -> list[str]:
        """The lines of the program, before they are laid out."""
        if not self.statements.outputs:
            raise refusal("the module gives nothing out", "let forward return what it computes")
        names = Names(self.statements, set(self.taken))
        dimensions = Dimensions(dict(self.widths), set(self.taken))
        parameters = [line for line, _ in parameter_lines(self.pieces, self.scaled, dimensions)]
        head = (
            f"# Imported from the PyTorch module {self.title}, exported at n = {dimensions.n} and "
        )
        lines = [
            f"{head}{2 * dimensions.n}.",
            *(f"# {note}" for note in notes),
            f"program {self.title}",
            *dimensions.lines(),
        ]
        if any(piece.param.trained for piece in self.pieces):
            lines.append(f"parametrization {self.scaled.text}")
        lines += scalar_lines(self.flat.expressions, names, dimensions)
        lines += ["", *function_lines(self.flat.expressions)]
        arguments = list(self.graph.arguments.values())
        lines += ["", *input_lines(arguments, self.inputs, self.targets, self.graph.al.seams)]
        lines += [*parameters, ""]
        body = list(statement_lines(self.statements, names))
        losses = [line for line in body if line.startswith("loss ")]
        lines += [line for line in body if not line.startswith("loss ")]
        return [*lines, "", *output_line(self.statements, names), *losses]


def _sheet(
    title: str,
    graph: Graph,
    draws: Draws,
    widths: Mapping[str, int],
    arguments: list[str],
    base: int | None,
    roll: bool,
    parametrization: str,
) -> _Sheet:
    """What a graph becomes; `arguments` are the module's own names of its data."""
    targets = targets_of(graph)
    with_readouts(graph, draws)
    parts = _pieces(graph, draws)
    pieces = tuple(parts.values())
    taken = {piece.base for piece in pieces} | set(widths) | RESERVED
    inputs = _input_names(list(graph.arguments), arguments, taken)
    flat = flattened(graph, parts, inputs, base)
    statements = _rolled(flat, pieces) if roll else _unrolled(flat)
    scaled = parametrized(list(pieces), parametrization, next(iter(widths.values())))
    return _Sheet(title, graph, flat, statements, pieces, scaled, widths, inputs, targets, taken)


def _pieces(graph: Graph, draws: Draws) -> dict[Key, ParameterPart]:
    """The parts of parameters, with the factors that the module multiplies each by taken in."""
    factors = common_factors(graph)
    pieces = pieces_of(graph.roots, graph.params.values(), draws, factors)
    if factors and own_exponents(list(pieces.values())) is None:
        factors = {}
        pieces = pieces_of(graph.roots, graph.params.values(), draws, factors)
    without_factors(graph, factors)
    return pieces


def _width_names(widths: Mapping[str, int]) -> dict[str, int]:
    """Sizes by the names that the program has: n for an argument `width` or `dim`, which are words
    of the language.
    """
    found: dict[str, int] = {}
    for name, size in widths.items():
        wanted = name if canonical(name) not in KEYWORDS or "n" in {*widths, *found} else "n"
        found[free_name(wanted, set(found))] = size
    return found


def _input_names(arguments: list[str], wanted: list[str], taken: set[str]) -> dict[str, str]:
    """Names of the data by argument of the graph, as the module calls them; `taken` grows."""
    found: dict[str, str] = {}
    for source, name in zip(arguments, wanted if len(wanted) == len(arguments) else arguments,
                            strict=True):  # fmt: skip
        found[source] = free_name(name, taken)
        taken.add(found[source])
    return found


def _lost_to_biases(program: Program, pieces: Sequence[ParameterPart]) -> str | None:
    """A note where biases that vanish are added to vectors that vanish as fast."""
    drawn = {piece.base for piece in pieces if piece.law.variance and len(piece.sizes) == 1}
    zeros = {p.variable.name for p in program.parameters if not p.variance}
    sizes = sizes_of(program, layers_of(program))
    for equation in program.equations:
        biases = {
            v.name
            for v in (equation.arguments if isinstance(equation, Nonlin) else ())
            if v.name in zeros and base_of(v.name) in drawn
        }
        if biases and equation.out.is_wide and -math.inf < sizes[equation.out.name] < 0:
            return (
                f"{equation.out.name} vanishes with the width as its biases do, written as N(0, 0):"
                " sums over the width, such as the NTK, lack what these add in the module"
            )
    return None


def _examples(module: torch.nn.Module, example: Any) -> list[Any]:
    """The module's arguments in order, in double precision."""
    if isinstance(example, Mapping):
        names = list(inspect.signature(module.forward).parameters)
        for name in example:
            if name not in names:
                raise TPDataError(
                    f"the module has no argument {name}", expected=", ".join(names) or None
                )
        values = [example[name] for name in names if name in example]
    else:
        values = list(example) if isinstance(example, tuple | list) else [example]
    return [_tensor(value) for value in values]


def _tensor(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value = torch.from_numpy(value)
    floating = isinstance(value, torch.Tensor) and value.is_floating_point()
    return value.double() if floating else value


def _rolled(flat: Flat, pieces: Sequence[ParameterPart]) -> Rolled:
    modules = {piece.base: piece.modules for piece in pieces}
    return rolled(flat.rows, flat.bases, flat.outputs, flat.loss, modules)


def _unrolled(flat: Flat) -> Rolled:
    rows = [row for _, rows in flat.rows for row in rows]
    return Rolled(list(rows), flat.bases, flat.outputs, flat.loss)


class _WithLoss(torch.nn.Module):
    """A module, and a loss of its output and of a target, which is its last argument."""

    def __init__(self, inner: torch.nn.Module, loss: Callable[..., Any]) -> None:
        super().__init__()
        setattr(self, WRAPPED, inner)
        self.loss = loss

    def forward(self, *arguments: Any) -> Any:
        """The output and the loss."""
        out = getattr(self, WRAPPED)(*arguments[:-1])
        return out, self.loss(out, arguments[-1])


def _with_loss(
    make: Callable[[int], torch.nn.Module],
    loss: str | Callable[..., Any] | None,
    examples: list[Any],
    module: torch.nn.Module,
) -> tuple[Callable[[int], torch.nn.Module], list[Any]]:
    """The factory of the module with its loss, and the examples with a target behind them."""
    if loss is None:
        return make, examples
    if not isinstance(loss, str):
        return (lambda width: _WithLoss(make(width), loss)), examples
    try:
        with torch.no_grad():
            out = module(*examples)
    except Exception:  # the export will say what is wrong with the examples
        return make, examples
    if not isinstance(out, torch.Tensor):
        raise refusal("a loss is asked for, but the module gives several tensors")
    function: Callable[..., Any]
    if loss == "mse":
        target, function = torch.zeros_like(out), torch.nn.functional.mse_loss
    else:
        target = torch.zeros((*out.shape[:1], *out.shape[2:]), dtype=torch.long)
        function = torch.nn.functional.cross_entropy
    return (lambda width: _WithLoss(make(width), function)), [*examples, target]


def _notes(graph: Graph, flat: Flat, inputs: Mapping[str, str]) -> list[str]:
    notes = []
    for power, at in flat.expressions.scalars.frozen.items():
        notes.append(
            f"a factor n^{power}, which grows with the width, is frozen at its value at n = {at}: "
            "the program is the module at that width alone"
        )
    for argument in graph.arguments.values():
        if argument.source.one_hot:
            name, count = inputs[argument.source.name], argument.size[0]
            notes.append(f"{name}: whole numbers, given by one-hot vectors of {count}")
    return [*notes, *graph.notes]
