"""The backward pass as a program: error signals as ordinary equations.

Appended to a program, the error signal of h[1] is the variable dh[1]; `tpgraph.transform.reverse`
states the rules and scales. A readout f = V x ∈ R^k gives dx = Vᵀ (s df), a MatMul on a vector of
fixed dimension: with f = vᵀx/√n, s = √n and df = 1 it is dx = v. The scale enters as the scalar
ε = 1/√n → 0 (s = ε^(−1) or ε^(−2)), right before the readout's transpose: in the limit, Vᵀ with
entries of order n^(−e) times u s, s = n^e, is Σ_j u_j v_j with v_j the rows of V in order one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from tpgraph.collector import uncollected
from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.functions import number
from tpgraph.program import (
    Data,
    InitialScalar,
    InitialVectors,
    Place,
    Program,
    Variable,
    join_name,
    split_name,
    statement_name,
)
from tpgraph.program.any_program import reads_program
from tpgraph.transform.contexts import SINGLE
from tpgraph.transform.emit import (
    Emitter,
    Formula,
    base_names,
    keep_labels,
    label_errors,
    start_builder,
)
from tpgraph.transform.error_scales import Scales, scales_of
from tpgraph.transform.powers import ONE, size
from tpgraph.transform.reverse import reverse

__all__ = [
    "Differentiated",
    "backward",
    "constant_seed",
    "differentiate_program",
    "error_naming",
    "reserve_names",
]


@dataclass(frozen=True)
class Differentiated:
    """A program with its backward pass: `errors` are its error signals by variable name."""

    program: Program
    errors: dict[str, Variable]
    scales: Scales


@reads_program
def backward(program: Program, of: str | None = None, wrt: Iterable[str] | None = None) -> Program:
    """The program with the error signals of everything that leads from params to outputs.

    dx := s ∂L/∂x for a wide vector, dθ := (s/n) ∂L/∂θ for a scalar, dz := ∂L/∂z behind a readout.
    L is the variable named `of` (its sum if it is a vector); without `of`, the output if it is the
    only one and of one component, else Σ χ · f over the outputs f, a wide output counting as
    mean(χ f), with cotangents χ (`χ_f` for several outputs) that are given like data. `wrt` names
    what is differentiated by: every param, or every initial vector of a program without params.

    Forward equations get Place("forward", pass) where they have no place, error signals
    Place("backward", pass, partner), those of an unrolled program in the pass of their partner.
    Temporaries x~1 have error signals dx~1.

    Raises TPTypeError where there is nothing to differentiate, TPNameError for unknown names.
    Source: Tensor Programs IIb (arXiv 2105.03703), Appendix D.1, Figure 6.
    """
    return differentiate_program(program, of, wrt).program


@uncollected()
def differentiate_program(
    program: Program, of: str | None = None, wrt: Iterable[str] | None = None
) -> Differentiated:
    """`backward`, with the names of the error signals and their scales."""
    targets = _targets(program, of)
    wanted = _wanted(program, wrt)
    scales = scales_of(program, [t.name for t in targets])
    builder = start_builder(program, f"{program.name}-backward")
    emitter = Emitter(builder, program)
    emitter.passing = SINGLE
    forward = Place("forward")
    for equation in program.equations:
        emitter.add(equation, forward)
    naming = error_naming(program)
    reserve_names(emitter, naming)
    seeds = _seeds(emitter, targets, scales, naming, is_sum=of is not None)
    errors = reverse(emitter, program, scales, seeds, wanted, naming)
    for output in program.outputs:
        builder.output(output)
    if program.loss is not None:
        builder.loss(program.loss)
    keep_labels(builder, program)
    label_errors(builder, program, errors)
    return Differentiated(builder.build(), errors, scales)


def _targets(program: Program, of: str | None) -> tuple[Variable, ...]:
    if of is not None:
        found = program.variables.get(of)
        if found is None:
            several = [v.name for v in (*program.outputs, program.loss) if v is not None]
            raise TPNameError(
                f"there is no variable {of} to differentiate",
                expected="a vector or a scalar" + (f", such as {several[-1]}" if several else ""),
            )
        if found.is_matrix:
            raise TPTypeError(f"{of} is a matrix", expected="a vector or a scalar")
        return (found,)
    if program.outputs:
        return program.outputs
    if program.loss is not None:
        return (program.loss,)
    raise TPTypeError(
        f"program {program.name} has neither an output nor a loss to differentiate",
        mend="add a line such as: output f",
    )


def _wanted(program: Program, wrt: Iterable[str] | None) -> Collection[str]:
    if wrt is not None:
        names = tuple(wrt)
        for name in names:
            if name not in program.variables:
                raise TPNameError(f"there is no variable {name} to differentiate by")
        return names
    trained = [p.variable.name for p in program.parameters]
    if trained:
        return trained
    initial = [
        v.name for d in program.declarations if isinstance(d, InitialVectors) for v in d.variables
    ]
    if not initial:
        raise TPTypeError(
            f"program {program.name} has no param and no initial vector to differentiate by",
            mend="declare what is trained with param",
        )
    return initial


def error_naming(program: Program, prefix: str = "d") -> Callable[[str], str]:
    """The names of error signals: d before the base of the name.

    d is repeated until no name of the program stands in the way.
    """
    bases = base_names(program)
    mark = prefix
    while any(mark + base in bases for base in bases):
        mark += prefix
    return lambda name: mark + name


def reserve_names(emitter: Emitter, naming: Callable[[str], str]) -> None:
    """Keep dx~1, … for the error signals of x~1, …"""
    for name in emitter.program.variables:
        statement = statement_name(name)
        if statement != name:
            emitter.reserve(naming(statement), split_name(name).temporary or 0)


def _seeds(
    emitter: Emitter,
    targets: tuple[Variable, ...],
    scales: Scales,
    naming: Callable[[str], str],
    is_sum: bool,
) -> dict[str, Variable]:
    """The error signals of the targets: constant one, or the cotangents χ in their scale."""
    single = len(targets) == 1 and _components(targets[0]) == 1
    program = emitter.program
    if single or is_sum or (targets == (program.loss,) and not program.outputs):
        return {t.name: constant_seed(emitter, t, scales, naming(t.name)) for t in targets}
    seeds = {}
    for target in targets:
        cotangent = _cotangent(emitter, target, single=len(targets) == 1)
        formula = Formula()
        factor = scales.of(target)
        if target.is_wide:
            factor /= size(target.dim)
        expression = emitter.scaled(formula, factor, formula.ref(cotangent))
        emitter.place = Place("backward", partner=target.name)
        seeds[target.name] = emitter.bind(emitter.free(naming(target.name)), formula, expression)
    return seeds


def _components(variable: Variable) -> int | None:
    if variable.is_scalar:
        return 1
    return None if variable.is_wide else int(variable.dim.size({}))


def constant_seed(emitter: Emitter, target: Variable, scales: Scales, name: str) -> Variable:
    """The error signal of a quantity by itself: S · 1.

    A constant of fixed dimension is the vector 1 ~ N(1, 0), so that it depends on nothing.
    """
    name = emitter.free(name)
    if scales.of(target) == ONE:
        emitter.ones.add(name)
    if target.is_fixed:
        ones = Variable(name, target.type)
        return emitter.builder.declare(InitialVectors((ones,), (1.0,), ((0.0,),)))[0]
    formula = Formula()
    if target.is_wide:
        formula.position(target)
    emitter.place = Place("backward", partner=target.name)
    return emitter.bind(name, formula, emitter.scaled(formula, scales.of(target), number(1)))


def _cotangent(emitter: Emitter, target: Variable, single: bool) -> Variable:
    """χ, the weight of an output, declared like data."""
    base, index, _ = split_name(target.name)
    same = all(split_name(o.name)[0] == base for o in emitter.program.outputs)
    stem = "χ" if single or same else f"χ_{base}"
    name = emitter.free(join_name(stem, () if single else index))
    variable = Variable(name, target.type)
    if target.is_scalar:
        return emitter.builder.declare(InitialScalar(variable, number(1), 1.0))[0]
    if target.is_wide:
        return emitter.builder.declare(InitialVectors((variable,), (0.0,), ((1.0,),)))[0]
    return emitter.builder.declare(Data(variable))[0]
