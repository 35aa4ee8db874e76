"""What kernels are made of: a network's backward passes, one for each component of its outputs.

    K_ab(ξ, ξ̄) = ⟨∇f_a(ξ), ∇f_b(ξ̄)⟩ = Σ_W Σ_{i,j} (M²/S²) ⟨dh_i^a, dh̄_j^b⟩ ⟨x_i, x̄_j⟩

over the params W = M w and their uses h_i = W x_i, where dh^a is the error signal for the cotangent
e_a. Cotangents are data of the program, so that several a are several inputs of it.
Source: Tensor Programs IIb (arXiv 2105.03703), Eqs. 97–100.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from tpgraph.errors import TPTypeError
from tpgraph.kernels.kernel_values import Array
from tpgraph.program import (
    Data,
    InitialMatrix,
    InitialScalar,
    MatMul,
    Parameter,
    Program,
    Variable,
    join_name,
)
from tpgraph.program.reach import ancestors
from tpgraph.transform.backward import Differentiated, differentiate_program
from tpgraph.transform.emit import Emitter, Formula, start_builder
from tpgraph.transform.error_scales import reads_out
from tpgraph.transform.gradients import Gradient, GradientTerm, gradients_of
from tpgraph.transform.powers import ONE
from tpgraph.types import Fixed, Vector

__all__ = [
    "Kind",
    "Readout",
    "Row",
    "Tangent",
    "check_kind",
    "components",
    "network_outputs",
    "pruned",
    "tangent",
]

Kind: TypeAlias = Literal["ntk", "nngp", "both"]
Row: TypeAlias = tuple[int, int]
"""A component of an output: the output's number, and the component's."""


@dataclass(frozen=True, slots=True)
class Readout:
    """∂f/∂V of what makes the output Gaussian: a readout matrix, or a trained vector of R^k."""

    declaration: Parameter | InitialMatrix
    terms: tuple[GradientTerm, ...]


@dataclass(frozen=True)
class Tangent:
    """A network with its backward pass, reduced to what the kernels read.

    The outputs of `program` are the network's outputs and the ends of all terms. `cotangents` are
    the names of χ, one for each output; none where the only output has one component.
    """

    network: Program
    program: Program
    gradients: tuple[Gradient, ...]
    readouts: tuple[Readout, ...]
    cotangents: tuple[str, ...]

    @property
    def outputs(self) -> tuple[Variable, ...]:
        """The network's outputs."""
        return self.network.outputs

    @property
    def rows(self) -> tuple[Row, ...]:
        """Every component of every output."""
        return tuple((o, c) for o, v in enumerate(self.outputs) for c in range(components(v)))

    def repeated(self, arrays: Mapping[str, Array], rows: Sequence[Row]) -> dict[str, Array]:
        """N inputs once for each row, with its cotangent; as they are where there is none."""
        if not self.cotangents:
            return dict(arrays)
        count = len(next(iter(arrays.values())))
        found = {name: np.tile(array, (len(rows), 1)) for name, array in arrays.items()}
        for name, seed in self.seeds(rows).items():
            found[name] = np.repeat(seed, count, axis=0)
        return found

    def seeds(self, rows: Sequence[Row]) -> dict[str, Array]:
        """The cotangents e_a of these rows, (len(rows), k) by name."""
        found: dict[str, Array] = {}
        for place, name in enumerate(self.cotangents):
            chosen = np.zeros((len(rows), components(self.outputs[place])))
            for row, (output, component) in enumerate(rows):
                if output == place:
                    chosen[row, component] = 1.0
            found[name] = chosen
        return found


def components(output: Variable) -> int:
    """The number of an output's components."""
    return 1 if output.is_scalar else int(output.dim.size({}))


def check_kind(kind: str) -> Kind:
    """The kind itself. Raises TPTypeError for an unknown one."""
    match kind if isinstance(kind, str) else type(kind).__name__:
        case "ntk" | "nngp" | "both" as known:
            return known
        case other:
            raise TPTypeError(f"unknown kind of kernel {other!r}", expected="ntk, nngp or both")


def network_outputs(program: Program) -> tuple[Variable, ...]:
    """The outputs that a kernel is of. Raises TPTypeError where there is no kernel."""
    if not program.outputs:
        raise TPTypeError(
            f"program {program.name} has no output, and so no kernel",
            mend="add a line such as: output f",
        )
    if not program.data:
        raise TPTypeError(
            f"program {program.name} has no data, and so no kernel over inputs",
            mend="declare its input, such as: data ξ : d",
        )
    for output in program.outputs:
        if output.is_wide:
            raise TPTypeError(
                f"output {output} is a vector of width {output.dim}",
                expected="outputs of fixed dimension, or scalars",
                mend="read it out, such as: f = V x",
            )
    return program.outputs


def tangent(program: Program, kind: Kind) -> Tangent:
    """The backward passes that a kind of kernel needs.

    Raises TPTypeError for programs without data, outputs of fixed dimension or, for the NTK,
    params.
    """
    outputs = network_outputs(program)
    if kind != "nngp" and not program.parameters:
        raise TPTypeError(
            f"program {program.name} has no param, and so no tangent kernel",
            mend="declare what is trained with param, or ask for the nngp kernel",
        )
    readouts = tuple(_readouts(program, outputs)) if kind != "ntk" else ()
    trained = [p.variable.name for p in program.parameters] if kind != "nngp" else []
    wanted = dict.fromkeys([*trained, *(d.variable.name for d in readouts)])
    found = differentiate_program(program, wrt=list(wanted))
    gradients = gradients_of(found, program.parameters if kind != "nngp" else ())
    used = tuple(Readout(d, tuple(_readout_terms(found, d))) for d in readouts)
    terms = [t for g in gradients for t in g.terms] + [t for r in used for t in r.terms]
    cotangents = _cotangents(program, found.program)
    ends = (*outputs, *(v for t in terms for v in t.ends))
    name = f"{found.program.name}-ends"
    reduced, names = pruned(found.program, ends, cotangents, name)
    return Tangent(program, reduced, gradients, used, names)


def _readouts(program: Program, outputs: Iterable[Variable]) -> Iterator[Parameter | InitialMatrix]:
    """What the outputs are Gaussian by: readout matrices, trained vectors of fixed dimension."""
    needed = ancestors(program, [v.name for v in outputs])
    used = [e for e in program.equations if e.out.name in needed]
    matrices = {e.matrix.name for e in used if isinstance(e, MatMul) and reads_out(e)}
    for declaration in program.declarations:
        match declaration:
            case Parameter(variable) | InitialMatrix(variable):
                fixed = variable.is_fixed and variable.name in needed
                if fixed or variable.name in matrices:
                    yield declaration


def _readout_terms(
    found: Differentiated, declaration: Parameter | InitialMatrix
) -> Iterator[GradientTerm]:
    """∂f/∂V = Σ df xᵀ over the readouts f = V x, and ∂f/∂c = dc."""
    variable, errors = declaration.variable, found.errors
    if variable.is_vector:
        yield GradientTerm(ONE, errors[variable.name])
        return
    for equation in found.program.uses[variable.name]:
        if isinstance(equation, MatMul) and reads_out(equation) and equation.out.name in errors:
            yield GradientTerm(ONE, errors[equation.out.name], equation.operand)


def _cotangents(program: Program, complete: Program) -> list[Variable]:
    """The cotangents that the backward pass has declared, in the order of the outputs."""
    declared = (d for d in complete.declarations if d not in program.declarations)
    found = []
    for declaration in declared:
        match declaration:
            case Data(variable) | InitialScalar(variable, _, _, ()):
                found.append(variable)
    assert len(found) in (0, len(program.outputs)), found
    return found


def pruned(
    complete: Program, wanted: Iterable[Variable], cotangents: Sequence[Variable], name: str
) -> tuple[Program, tuple[str, ...]]:
    """What is needed, with the wanted variables as outputs; the names of the cotangents in it.

    A cotangent of a scalar output is fed like the others, as the mean of a vector of R¹.
    """
    ends = list(dict.fromkeys(wanted))
    needed = ancestors(complete, [v.name for v in ends])
    scalars = [c for c in cotangents if c.is_scalar]
    kept = [c for c in cotangents if not c.is_scalar]
    declarations = [
        d
        for d in complete.declarations
        if isinstance(d, Data) or any(v.name in needed for v in d.variables)
        if d.variables[0] not in scalars
    ]
    builder = start_builder(complete, name, declarations)
    emitter = Emitter(builder, complete)
    names = {c.name: c.name for c in kept}
    for scalar in scalars:
        names[scalar.name] = _fed(emitter, scalar)
    for equation in complete.equations:
        if equation.out.name in needed:
            emitter.add(equation)
    for end in ends:
        builder.output(end)
    return builder.build(), tuple(names[c.name] for c in cotangents)


def _fed(emitter: Emitter, scalar: Variable) -> str:
    """Bind a scalar to the mean of a data vector of R¹; the name of that."""
    base, index, _ = scalar.parts
    name = emitter.free(join_name(f"{base}_in", index))
    formula = Formula()
    (given,) = emitter.builder.declare(Data(Variable(name, Vector(Fixed(1)))))
    emitter.mean(scalar.name, formula, formula.ref(given))
    return name
