"""The program: declarations and equations in single-assignment order, and the graph they span."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from importlib import import_module
from pathlib import PurePath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from tpgraph.functions import Defined
from tpgraph.program.equations import (
    Data,
    Declaration,
    Equation,
    InitialVectors,
    MatMul,
    Moment,
    Nonlin,
    Parameter,
    Target,
)
from tpgraph.program.gate import Gate
from tpgraph.program.hints import Hint
from tpgraph.program.naming import UNNAMED
from tpgraph.program.parametrization import Parametrization
from tpgraph.program.passes import TimedName
from tpgraph.program.training_plan import TrainingPlan
from tpgraph.program.variables import Variable
from tpgraph.shown import quantity
from tpgraph.types import Width
from tpgraph.viewer import svg_of

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["Program", "assembled", "through_gate", "varied"]


@dataclass(frozen=True, eq=True)
class Program:
    """A Tensor Program: an ordered tuple of equations over declared initial objects.

    Build one with `tpgraph.parse`, `tpgraph.builder` or `tpgraph.program.Builder`; transforms make
    new ones. Made from its parts it goes through the same gate, which raises a TPError. Two
    programs are equal when they say the same, wherever their texts stood. Initial objects are
    distinct by name.
    """

    name: str
    widths: tuple[Width, ...]
    declarations: tuple[Declaration, ...]
    equations: tuple[Equation, ...]
    outputs: tuple[Variable, ...] = ()
    loss: Variable | None = None
    parametrization: Parametrization | None = None
    functions: tuple[Defined, ...] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    hints: tuple[Hint, ...] = ()
    training_plan: TrainingPlan | None = field(default=None, compare=False)

    __hash__ = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        through_gate(self)

    def __repr__(self) -> str:
        return (
            f"<Program {self.name}: {quantity(len(self.declarations), 'declaration')},"
            f" {quantity(len(self.equations), 'equation')}>"
        )

    @property
    def title(self) -> str:
        """What people call it: its name, or that of its file where it has none of its own."""
        named = next((b.span.source.name for b in self.in_order() if b.span is not None), "<")
        if self.name != UNNAMED or named.startswith("<"):
            return self.name
        return PurePath(named).stem or self.name

    @cached_property
    def variables(self) -> Mapping[str, Variable]:
        """Every variable by its name, in the order in which they are bound."""
        bound = {v.name: v for d in self.declarations for v in d.variables}
        bound.update((e.out.name, e.out) for e in self.equations)
        return MappingProxyType(bound)

    @cached_property
    def equation_of(self) -> Mapping[str, Equation]:
        """The equation that binds a name."""
        return MappingProxyType({e.out.name: e for e in self.equations})

    @cached_property
    def declaration_of(self) -> Mapping[str, Declaration]:
        """The declaration that binds a name."""
        return MappingProxyType({v.name: d for d in self.declarations for v in d.variables})

    @cached_property
    def uses(self) -> Mapping[str, tuple[Equation, ...]]:
        """The equations that read a name, in order; an equation that reads it twice stands once."""
        users: dict[str, list[Equation]] = {name: [] for name in self.variables}
        for equation in self.equations:
            for name in dict.fromkeys(v.name for v in equation.inputs):
                users[name].append(equation)
        return MappingProxyType({name: tuple(found) for name, found in users.items()})

    @cached_property
    def timed(self) -> Mapping[str, TimedName]:
        """What variables are of the network of which this program writes out many passes."""
        places = [(d.variable.name, d.place) for d in self.data]
        places += [(e.out.name, e.place) for e in self.equations]
        found = {name: place.timed for name, place in places if place and place.timed}
        return MappingProxyType(found)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The trainable matrices and vectors."""
        return tuple(d for d in self.declarations if isinstance(d, Parameter))

    @property
    def data(self) -> tuple[Data, ...]:
        """The inputs, fed at run time."""
        return tuple(d for d in self.declarations if isinstance(d, Data))

    @property
    def targets(self) -> tuple[Target, ...]:
        """The labels, fed at run time."""
        return tuple(d for d in self.declarations if isinstance(d, Target))

    @property
    def base_widths(self) -> tuple[Width, ...]:
        """The widths whose sizes a user gives; the others are ratios of them."""
        return tuple(w for w in self.widths if w.base is None)

    @property
    def is_network(self) -> bool:
        """Whether it has data inputs or trainable parameters; else it is a raw program."""
        return bool(self.data or self.parameters)

    @cached_property
    def body(self) -> frozenset[str]:
        """Names bound by the strict program: wide vectors and the scalars made from them.

        Outside are vectors of fixed dimension (data, readouts, losses) and the scalars made from
        those or from the targets.
        """
        outside = {d.variable.name for d in self.targets}
        inside: set[str] = set()
        for equation in self.equations:
            out = equation.out
            reads_outside = any(v.is_fixed or v.name in outside for v in equation.inputs)
            if out.is_wide or (out.is_scalar and not reads_outside):
                inside.add(out.name)
            else:
                outside.add(out.name)
        return frozenset(inside)

    @cached_property
    def downstream(self) -> frozenset[str]:
        """Names bound by readouts (width → fixed), the targets, and all that depends on them."""
        found = {d.variable.name for d in self.targets}
        for equation in self.equations:
            reads_out = equation.out.is_fixed and any(v.is_wide for v in equation.inputs)
            if reads_out or any(v.name in found for v in equation.inputs):
                found.add(equation.out.name)
        return frozenset(found)

    def is_g(self, variable: Variable) -> bool:
        """Whether a vector is a G-var: initial (and not declared `as X`) or made by MatMul."""
        equation = self.equation_of.get(variable.name)
        if equation is not None:
            return isinstance(equation, MatMul)
        declaration = self.declaration_of[variable.name]
        return not (isinstance(declaration, InitialVectors) and declaration.as_x)

    def in_order(self) -> Iterator[Declaration | Equation]:
        """Declarations, then equations: everything that binds a name."""
        yield from self.declarations
        yield from self.equations

    def _repr_svg_(self) -> str | None:
        """What notebooks show: the program's picture, as `tpgraph.viewer` has it drawn."""
        return svg_of(self)

    def to_networkx(self) -> nx.MultiDiGraph:
        """The typed graph: a vertex for each variable and each Nonlin or Moment gate.

        Vertices carry `kind` (G, X, scalar, matrix, data, target, nonlin, moment) and `variable`
        or `equation`; edges carry `kind`: `matmul` from operand to result, with `matrix` and
        `transpose`, or `wire` with its `position` among a gate's inputs. A gate's name is that of
        the variable it binds with `:gate` behind it.
        """
        networkx = import_module("networkx")
        graph = networkx.MultiDiGraph(name=self.name)
        for name, variable in self.variables.items():
            graph.add_node(name, kind=self._vertex_kind(variable), variable=variable)
        for equation in self.equations:
            out = equation.out.name
            match equation:
                case MatMul(_, matrix, transpose, operand):
                    graph.add_edge(
                        operand.name, out, kind="matmul", matrix=matrix.name, transpose=transpose
                    )
                case Nonlin() | Moment():
                    gate = f"{out}:gate"
                    kind = "nonlin" if isinstance(equation, Nonlin) else "moment"
                    graph.add_node(gate, kind=kind, equation=equation)
                    for position, argument in enumerate(equation.arguments):
                        graph.add_edge(argument.name, gate, kind="wire", position=position)
                    graph.add_edge(gate, out, kind="wire", position=0)
        return graph

    def _vertex_kind(self, variable: Variable) -> str:
        declaration = self.declaration_of.get(variable.name)
        if isinstance(declaration, Data):
            return "data"
        if isinstance(declaration, Target):
            return "target"
        if variable.is_matrix:
            return "matrix"
        if variable.is_scalar:
            return "scalar"
        return "G" if self.is_g(variable) else "X"


def through_gate(program: Program) -> None:
    """Raise a TPError, or a TPErrorGroup, where the program is not one that a text could say."""
    Gate(program.name).take(
        program.widths,
        program.declarations,
        program.equations,
        program.outputs,
        program.loss,
        program.parametrization,
        program.functions,
        program.labels,
        program.hints,
        program.training_plan,
    )


def assembled(**parts: Any) -> Program:
    """A program of parts that went through a gate one by one."""
    made = object.__new__(Program)
    for part in fields(Program):
        object.__setattr__(made, part.name, parts[part.name])
    return made


def varied(program: Program, **parts: Any) -> Program:
    """A program with other parts, for the eyes of tpgraph alone: it need not be a whole one."""
    own = {part.name: getattr(program, part.name) for part in fields(Program)}
    return assembled(**(own | parts))
