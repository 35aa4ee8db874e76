"""One example's forward and backward pass: what every step of SGD repeats."""

from __future__ import annotations

from dataclasses import dataclass

from tpgraph.errors import TPTypeError
from tpgraph.program import (
    Equation,
    Moment,
    Nonlin,
    Place,
    Program,
    Variable,
)
from tpgraph.program.reach import ancestors, descendants
from tpgraph.transform.backward import (
    Differentiated,
    constant_seed,
    error_naming,
    reserve_names,
)
from tpgraph.transform.emit import Emitter, Formula, keep_labels, label_errors, start_builder
from tpgraph.transform.error_scales import Scales, scales_of
from tpgraph.transform.gradients import GradientTerm, gradients_of
from tpgraph.transform.powers import ONE, WidthPower
from tpgraph.transform.reverse import reverse
from tpgraph.types import Scalar

__all__ = ["Template", "template"]


@dataclass(frozen=True)
class Template:
    """The equations of one example, and how they make gradients.

    `forward` leads to the outputs, `train` to the gradients `terms` of every param by name. The
    gradient of the loss is the scalar `chi` times the terms, or the terms alone without `chi`.
    `shared` names what depends on neither params nor data; `varying` what depends on params.
    `ones` are vectors of ones; `rescaled` tells what is a power of width times another variable.
    """

    program: Program
    forward: tuple[Equation, ...]
    train: tuple[Equation, ...]
    terms: dict[str, tuple[GradientTerm, ...]]
    chi: Variable | None
    scales: Scales
    shared: frozenset[str]
    varying: frozenset[str]
    ones: frozenset[str]
    rescaled: dict[str, tuple[WidthPower, Variable]]


def template(program: Program) -> Template:
    """The template of a program with a loss and params.

    Where the loss depends on params by one output f of one component alone, error signals are those
    of f and χ = ∂loss/∂f multiplies the update: dh, dx are then as at initialization (Tensor
    Programs IIb, Algorithm 1). Else they are those of the loss. Raises TPTypeError without a loss,
    without params, or where the loss does not depend on them.
    """
    loss = _loss(program)
    trained = [p.variable.name for p in program.parameters]
    builder = start_builder(program, program.name)
    emitter = Emitter(builder, program)
    for equation in program.equations:
        emitter.add(equation, Place("forward"))
    naming = error_naming(program)
    reserve_names(emitter, naming)
    output = _single_output(program, loss, trained)
    scales = scales_of(program, [loss.name])
    chi = None
    if output is not None and scales.of(output) == ONE:
        chi = _loss_derivative(emitter, program, scales, loss, output)
        target = output
    else:
        target = loss
    seed = constant_seed(emitter, target, scales, naming(target.name))
    errors = reverse(emitter, program, scales, {target.name: seed}, trained, naming)
    keep_labels(builder, program)
    label_errors(builder, program, errors)
    found = Differentiated(builder.build(), errors, scales)
    return _assemble(program, found, chi, emitter)


def _loss(program: Program) -> Variable:
    if program.loss is None:
        raise TPTypeError(
            f"program {program.name} has no loss to train on",
            mend="add a line such as: loss (f - y)^2 / 2",
        )
    trained = {p.variable.name for p in program.parameters}
    if not trained & ancestors(program, [program.loss.name]):
        raise TPTypeError(
            f"the loss of program {program.name} depends on no param",
            mend="declare what is trained with param",
        )
    return program.loss


def _single_output(program: Program, loss: Variable, trained: list[str]) -> Variable | None:
    """The one output of one component through which alone params reach the loss."""
    if len(program.outputs) != 1:
        return None
    (output,) = program.outputs
    if output.is_wide or (output.is_fixed and output.dim.size({}) != 1):
        return None
    around = ancestors(program, [loss.name], without=[output.name])
    inside = output.name in around and output.name != loss.name
    return output if inside and not around & set(trained) else None


def _loss_derivative(
    emitter: Emitter, program: Program, scales: Scales, loss: Variable, output: Variable
) -> Variable:
    """χ = ∂loss/∂f, a scalar."""
    name = emitter.free("χ")
    naming = error_naming(program)
    naming_chi = {output.name: emitter.free(f"{name}~1")}
    seed = constant_seed(emitter, loss, scales, naming(loss.name))
    errors = reverse(
        emitter,
        program,
        scales,
        {loss.name: seed},
        [output.name],
        lambda other: naming_chi.get(other, naming(other)),
    )
    derivative = errors[output.name]
    last = emitter.last
    assert last is not None, "the loss depends on the output"
    assert last.out == derivative, last
    emitter.place = Place("between")
    if isinstance(last, Nonlin):  # its mean over the one component is the value itself
        out = Variable(name, Scalar())
        return emitter.builder.add(Moment(out, last.function, last.arguments, emitter.place))
    formula = Formula()
    return emitter.bind(name, formula, formula.ref(derivative))


def _assemble(
    program: Program, found: Differentiated, chi: Variable | None, emitter: Emitter
) -> Template:
    complete = found.program
    terms = {g.parameter.variable.name: g.terms for g in gradients_of(found, program.parameters)}
    ends = {v.name for group in terms.values() for t in group for v in t.ends}
    ends |= {chi.name} if chi else set()
    outputs = [v.name for v in program.outputs]
    to_outputs = ancestors(complete, outputs)
    to_gradients = ancestors(complete, [*ends, *outputs])
    outside = [d.variable.name for d in complete.data]
    outside += [d.variable.name for d in complete.targets]
    trained = [p.variable.name for p in complete.parameters]
    bound = {e.out.name for e in complete.equations}
    return Template(
        program=complete,
        forward=tuple(e for e in complete.equations if e.out.name in to_outputs),
        train=tuple(e for e in complete.equations if e.out.name in to_gradients),
        terms=terms,
        chi=chi,
        scales=found.scales,
        shared=frozenset(bound - descendants(complete, [*outside, *trained])),
        varying=frozenset(descendants(complete, trained)),
        ones=frozenset(emitter.ones),
        rescaled=emitter.rescaled,
    )
