"""SGD as a Tensor Program: several steps of training, and what they do to a test example."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from tpgraph.bounds import EQUATIONS
from tpgraph.collector import uncollected
from tpgraph.errors import TPDataError, TPTypeError
from tpgraph.former_names import takes_former_names
from tpgraph.program import Data, Declaration, MatMul, Program, Target, Variable
from tpgraph.program.any_program import reads_program
from tpgraph.program.hints import Hint
from tpgraph.program.training_plan import TrainingPlan
from tpgraph.progress import counted_of
from tpgraph.transform.contexts import (
    Context,
    input_name,
    reference_context,
    test_context,
    train_context,
)
from tpgraph.transform.emit import Emitter, start_builder
from tpgraph.transform.fluctuation import Fluctuation
from tpgraph.transform.schedule import LearningRate, training_plan
from tpgraph.transform.template import Template, template
from tpgraph.transform.unroll import FiniteSteps

__all__ = ["unroll_sgd"]


@takes_former_names({"learning_rate": ("lr", {})})
@reads_program
@uncollected()
def unroll_sgd(
    program: Program,
    steps: int,
    batch: int = 1,
    *,
    form: Literal["exact", "fluctuation"] = "exact",
    lr: LearningRate = 1.0,
    weight_decay: float = 0.0,
    momentum: float = 0.0,
    test: bool = True,
) -> Program:
    """The program of so many SGD steps on the loss, all params trained.

    At step t = 0, 1, … the loss is averaged over `batch` training examples; params move by
    −η_t n^(−c) times what torch.optim.SGD makes of the gradient with this momentum, and
    w ← (1 − η λ) w with weight decay λ. `lr` η is a number, a list, or a function of t.

    Data ξ of step t become ξ_t (ξ_t[i] for element i of a batch), targets alike; with `test` there
    is a test example ξ̃ beside, which passes before the first step and after every one. The outputs
    are those of all passes, in order: f̃_0, f_0, f̃_1, …, f̃_T. Other names, and labels with them,
    are made by `tpgraph.program.TimedName`. W_t stands nowhere: only initial matrices do.

    `form="exact"` recomputes every pass (`tpgraph.transform.unroll`); `form="fluctuation"` writes
    later passes as ε times δ variables (`tpgraph.transform.fluctuation`), so that the limit keeps
    what the NTK regime is about; with weight decay they are relative to the pass at the initial
    weights as decayed as those of the step. Both have the values of real SGD at every width.

    Raises TPTypeError without a loss, without params, or without a learning rate for every step,
    and TPDataError for a rate that is not above 0; a schedule may end at 0. By fluctuations
    TPDataError too where decay takes all of the initial weights away, as with η λ = 1.
    Source: Tensor Programs IIb (arXiv 2105.03703), Appendix D.1, Algorithm 1.
    """
    _require(steps, 0, f"{steps} steps")
    _require(batch, 1, f"a batch of {batch}")
    if form not in ("exact", "fluctuation"):
        raise TPTypeError(f"unknown form of SGD: {form!r}", expected="'exact' or 'fluctuation'")
    one = template(program)
    EQUATIONS.require(
        _size(one, steps, batch),
        f"{steps} steps of SGD are about {_size(one, steps, batch):,} equations",
        mend="unroll fewer steps",
    )
    plan = training_plan(steps, lr, weight_decay, momentum)
    builder = start_builder(program, f"{program.name}-sgd", _given(program, one))
    builder.train_by(plan)
    emitter = Emitter(builder, one.program)
    if form == "exact":
        run = FiniteSteps(emitter, one, plan, batch)
        contexts = _exact(run, steps, batch, test)
    else:
        _require_initial_weights(plan, steps + test)
        run = fluctuation = Fluctuation(emitter, one, plan, batch)
        contexts = _fluctuation(fluctuation, steps, batch, test)
    outputs: dict[Variable, None] = {}  # one that reads no data is one for all examples
    hints: dict[Hint, None] = {}
    for context in contexts:  # whose values are there until the next
        outputs.update((run.value(context, output), None) for output in program.outputs)
        hints.update((hint, None) for hint in _standing(program, context, builder.scope))
    for value in outputs:
        builder.output(value)
    for hint in hints:
        builder.hint(hint)
    return builder.build()


def _standing(program: Program, context: Context, scope: Mapping[str, Variable]) -> Iterator[Hint]:
    """What is said of the order of the network's variables, of those of a pass."""

    def own(names: tuple[str, ...]) -> tuple[str, ...]:
        made = (context.values.get(n, scope.get(n)) for n in names)
        return tuple(variable.name for variable in made if variable is not None)

    for hint in program.hints:
        names, others = own(hint.names), own(hint.others)
        whole = len(names) == len(hint.names) and len(others) == len(hint.others)
        if whole and any(hint.standing):
            yield replace(hint, names=names, others=others)


def _size(one: Template, steps: int, batch: int) -> int:
    """About how many equations there will be: every pass, and a Moment for each earlier example."""
    passes = steps * (batch * len(one.train) + len(one.forward))
    trained = {p.variable.name for p in one.program.parameters}
    products = [e for e in one.train if isinstance(e, MatMul) and e.matrix.name in trained]
    return passes + len(products) * batch * (batch + 1) * steps * (steps - 1) // 2


def _given(program: Program, one: Template) -> Iterator[Declaration]:
    """What the unrolled program starts from: no data yet, of what is added only what is used."""
    used = {v.name for e in (*one.train, *one.forward) for v in e.inputs}
    for declaration in one.program.declarations:
        old = declaration in program.declarations
        if not isinstance(declaration, Data | Target) and (
            old or any(v.name in used for v in declaration.variables)
        ):
            yield declaration


def _require_initial_weights(plan: TrainingPlan, passes: int) -> None:
    """Raise TPDataError where passes are to be changes of those at weights that are 0 by then."""
    gone = next((t for t, left in enumerate(plan.alpha[:passes]) if left == 0.0), None)
    if gone is not None:
        rates = f"rate {plan.rates[gone - 1]:g} and weight decay {plan.weight_decay:g}"
        raise TPDataError(
            f"nothing is left of the initial weights after step {gone}, with {rates}: by"
            " fluctuations, passes are changes of that at the initial weights as decayed by then",
            mend='form="exact" (--form exact), or a rate times weight decay other than 1',
        )


def _exact(run: FiniteSteps, steps: int, batch: int, test: bool) -> Iterator[Context]:
    """Write every pass at its own weights; yields the contexts with outputs."""
    followed = _test_context(run) if test else None
    for t in counted_of("steps", range(steps + 1), steps):
        if followed is not None:
            run.run(followed, run.template.forward)
            yield followed
            followed = test_context(input_name(run.template.program), t + 1, followed)
        if t == steps:
            return
        contexts = _train_contexts(run, t, batch)
        for context in contexts:
            run.run(context, run.template.train)
            yield context
        run.remember(contexts)


def _fluctuation(run: Fluctuation, steps: int, batch: int, test: bool) -> Iterator[Context]:
    """Write later passes as changes of earlier ones; yields the contexts with outputs."""
    one = run.template
    forward = [e for e in one.train if e.place is not None and e.place.row == "forward"]
    rest = [e for e in one.train if e not in forward]
    followed = _test_context(run) if test else None
    for t in counted_of("steps", range(steps + 1), steps):
        if followed is not None:
            if t > 0 and run.plan.decays:
                followed.reference = _bare(run, followed)
            write = run.run if t == 0 else run.follow
            write(followed, one.forward)
            yield followed
            followed = test_context(input_name(run.template.program), t + 1, followed)
        if t == steps:
            return
        contexts = _train_contexts(run, t, batch)
        for context in contexts:
            if t == 0:
                run.run(context, forward)
            else:
                context.reference = _bare(run, context)
                run.follow(context, forward)
            run.run(context, rest)
            yield context
        run.remember(contexts)


def _test_context(run: FiniteSteps) -> Context:
    """The test example before training."""
    context = test_context(input_name(run.template.program), 0, None)
    used = {v.name for e in run.template.forward for v in e.inputs}
    run.declare(context, used)
    return context


def _train_contexts(run: FiniteSteps, t: int, batch: int) -> list[Context]:
    elements = [None] if batch == 1 else list(range(1, batch + 1))
    contexts = []
    for element in elements:
        context = train_context(input_name(run.template.program), t, element)
        used = {v.name for e in run.template.train for v in e.inputs}
        run.declare(context, used)
        contexts.append(context)
    return contexts


def _bare(run: Fluctuation, context: Context) -> Context:
    """The reference of a context, written: its example at the initial weights, decayed by now."""
    bare = reference_context(context, run.plan.decays)
    run.run(bare, run.template.forward)
    return bare


def _require(number: int, least: int, what: str) -> None:
    if not isinstance(number, int) or number < least:
        raise TPTypeError(
            f"SGD cannot be unrolled over {what}", expected=f"a whole number ≥ {least}"
        )
