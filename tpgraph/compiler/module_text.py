"""The text of a generated module: docstring, constants, helpers, functions."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

from tpgraph.compiler.adjoints import ReversePass
from tpgraph.compiler.code_lines import Lines, in_docstring, quoted
from tpgraph.compiler.forward import emit_equation, emit_inputs
from tpgraph.compiler.initial import base_size_text, emit_init
from tpgraph.compiler.plan import Plan, equations_for, inputs_of
from tpgraph.compiler.statement_comments import program_text
from tpgraph.errors import on_one_line
from tpgraph.program import Equation, Program, Variable

__all__ = [
    "Dtype",
    "argument_names",
    "constants",
    "docstring",
    "emit",
    "forward_function",
    "function_text",
    "gradient_functions",
    "helper_texts",
    "init_functions",
    "is_summed",
    "module_source",
    "run_function",
    "variables_source",
]

Dtype: TypeAlias = Literal["float64", "float32"]

_NORMAL = '''
def _normal(rng, shape, deviation):
    """Independent entries N(0, deviation²): float64 draws, rounded to DTYPE."""
    draws = rng.standard_normal(shape)
    draws *= deviation
    return draws.astype(DTYPE, copy=False)
'''


def module_source(plan: Plan, dtype: Dtype, more: Sequence[str] = ()) -> str:
    """The whole module, with `more` functions of a network behind its own.

    Functions come last so that what they need is known and stands above.
    """
    functions = init_functions(plan)
    if plan.program.is_network:
        functions += [*_network(plan), *more]
    else:
        functions.append(run_function(plan, ["params = init(widths, seed)"]))
    head = [docstring(plan, dtype), "import numpy as np\n", constants(plan, dtype)]
    parts = ["\n".join(head), *helper_texts(plan), *functions]
    return "\n\n".join(parts)


def init_functions(plan: Plan) -> list[str]:
    """The function `init`, and in front of it what it draws with."""
    text = _init(plan)
    return [_NORMAL.strip("\n") + "\n", text] if "_normal(" in text else [text]


def argument_names(plan: Plan, targets: bool) -> list[str]:
    """The identifiers of the data arguments, and of the targets behind them if wanted."""
    program = plan.program
    declared = inputs_of(program) if targets else program.data
    return [plan.name(d.variable) for d in declared]


def docstring(plan: Plan, dtype: Dtype, needs: str = "Needs numpy alone.") -> str:
    """The docstring of a generated module: the program, and what its arguments are."""
    program = plan.program
    rows = [
        f"{on_one_line(program.title)}: {_purpose(program)}, compiled by tpgraph, in {dtype}.",
        "",
    ]
    for line in program_text(program, plan.expressions):
        rows += textwrap.wrap(
            on_one_line(line), 99, initial_indent=" " * 4, subsequent_indent=" " * 12
        )
    rows += ["", *_conventions(plan, needs)]
    return f'"""{in_docstring(chr(10).join(rows))}\n"""\n'


def _purpose(program: Program) -> str:
    if not program.is_network:
        return "a Tensor Program over random matrices and vectors"
    counts = f"{len(program.parameters)} trained parameters" if program.parameters else "untrained"
    return f"a network ({counts})"


def _conventions(plan: Plan, needs: str) -> Iterable[str]:
    program = plan.program
    if program.parameters:
        yield "A parameter is W = M w with trained w and the multiplier M of its parametrization;"
        yield "`params` holds w, and everything else that is drawn, by name."
    else:
        yield "`params` holds everything that is drawn, by name."
    yield f"Inside, a scalar is an array of one entry. {needs}"
    for declaration in inputs_of(program):
        variable = declaration.variable
        kind = type(declaration).__name__.lower()
        size = variable.dim.size({})
        says = f"{kind} {on_one_line(variable.name)}, of shape (batch, {size})."
        yield f"Argument {plan.name(variable)}: {says}"


def constants(plan: Plan, dtype: Dtype) -> str:
    """The constants of a generated module: dtype, widths, arguments, what is trained."""
    program = plan.program
    data = {plan.name(d.variable): d.variable.dim.size({}) for d in program.data}
    targets = {plan.name(d.variable): d.variable.dim.size({}) for d in program.targets}
    lines = Lines(indent=0)
    lines.assign("DTYPE", f"np.{dtype}")
    lines.assign("WIDTHS", _tuple(w.name for w in program.base_widths))
    lines.assign("DATA", _mapping(data))
    lines.assign("TARGETS", _mapping(targets))
    lines.assign("TRAINABLE", _tuple(p.variable.name for p in program.parameters))
    return lines.text


def _tuple(names: Iterable[str]) -> list[str]:
    """The words of a tuple of literals."""
    literals = [[quoted(name)] for name in names]
    return _bracketed("(", literals, ",)" if len(literals) == 1 else ")")


def _mapping(sizes: dict[str, int]) -> list[str]:
    """The words of a dict of numbers."""
    return _bracketed("{", [[f"{quoted(name)}:", str(size)] for name, size in sizes.items()], "}")


def _bracketed(left: str, items: Sequence[Sequence[str]], right: str) -> list[str]:
    """The words of items between brackets, with commas between them."""
    words = [word for *before, last in items for word in (*before, f"{last},")] or [","]
    words[-1] = words[-1].removesuffix(",") + right
    return [left + words[0], *words[1:]]


def helper_texts(plan: Plan) -> list[str]:
    """Functions that the library lacks, and those of the program."""
    found = [helper.strip("\n") + "\n" for helper in plan.expressions.helpers]
    for name, parameters, body, says in plan.expressions.definitions():
        lines = Lines()
        lines.returns(body, says)
        found.append(f"def {name}({', '.join(parameters)}):\n{lines.text}")
    return found


def function_text(name: str, arguments: Sequence[str], says: Sequence[str], body: Lines) -> str:
    """A function with its docstring."""
    says = [in_docstring(on_one_line(row)) for row in says]
    doc = Lines()
    if len(says) == 1:
        doc.add(f'"""{says[0]}"""')
    else:
        doc.add(f'"""{says[0]}')
        for row in says[1:]:
            doc.add(row)
        doc.add('"""')
    text = "".join(f"{row.rstrip()}\n" for row in doc.text.splitlines())
    return f"def {name}({', '.join(arguments)}):\n{text}{body.text}"


def _init(plan: Plan) -> str:
    lines = Lines()
    emit_init(plan, lines)
    says = [
        "Everything random, by source name.",
        "",
        "`widths` maps each of WIDTHS to its size. Draws come from np.random.default_rng(seed),",
        "in the order of the declarations.",
    ]
    return function_text("init", ["widths", "seed"], says, lines)


def emit(plan: Plan, lines: Lines, equations: Sequence[Equation], roots: list[Variable]) -> None:
    """What the equations and roots read, then the equations."""
    reads = [v for e in equations for v in e.inputs]
    emit_inputs(plan, lines, [*reads, *roots])
    for equation in equations:
        emit_equation(plan, lines, equation)


def run_function(plan: Plan, first: Sequence[str]) -> str:
    """The function `run` of a raw program, after the lines that make `params`."""
    program = plan.program
    values = [v for v in program.variables.values() if not v.is_matrix]
    lines = Lines()
    for line in first:
        lines.add(line)
    emit(plan, lines, program.equations, values)
    lines.add("return {")
    for variable in values:
        name = plan.name(variable)
        lines.add(f"    {quoted(variable.name)}: {name}{'[0]' * variable.is_scalar},")
    lines.add("}")
    says = ["The value of every vector and scalar, by source name, in program order."]
    return function_text("run", ["widths", "seed"], says, lines)


def _network(plan: Plan) -> list[str]:
    program = plan.program
    functions = []
    if program.outputs:
        functions.append(forward_function(plan))
    if program.loss is not None:
        functions += [*gradient_functions(plan, program.loss), _sgd_step(plan)]
    return functions


def gradient_functions(plan: Plan, loss: Variable, first: Sequence[str] = ()) -> list[str]:
    """The function `backward`, after lines that stand `first` in it, and what it calls."""
    return [_backward(plan, loss, first), _gradients(plan, loss)]


def forward_function(plan: Plan, first: Sequence[str] = ()) -> str:
    """The function `forward`, after lines that stand `first` in it."""
    program = plan.program
    outputs = list(program.outputs)
    lines = Lines()
    for line in first:
        lines.add(line)
    emit(plan, lines, equations_for(program, outputs), outputs)
    values = {str(v): _with_batch(plan, v) for v in outputs}
    says = f"Array (batch, {_width_of(outputs[0])}): the output {outputs[0]}."
    if len(outputs) == 1:
        lines.returns(next(iter(values.values())))
    else:
        lines.add("return {")
        for name, text in values.items():
            lines.add(f"    {quoted(name)}: {text},")
        lines.add("}")
        says = "The outputs by source name, each (batch, k)."
    return function_text("forward", ["params", *argument_names(plan, targets=False)], [says], lines)


def _width_of(variable: Variable) -> str:
    return str(variable.dim) if variable.is_vector else "1"


def _with_batch(plan: Plan, variable: Variable) -> str:
    """The value with a batch axis, also where it does not depend on the data."""
    name = plan.name(variable)
    if plan.is_batched(variable) or not plan.program.data:
        return name
    first = plan.name(plan.program.data[0].variable)
    return f"{plan.backend.call('broadcast_to')}({name}, (len({first}), len({name})))"


def _backward(plan: Plan, loss: Variable, first: Sequence[str]) -> str:
    arguments = argument_names(plan, targets=True)
    lines = Lines()
    for line in first:
        lines.add(line)
    lines.assign("steps", f"_gradients({', '.join(['params', *arguments, '1.0'])})")
    lines.assign("loss", "next(steps)")
    lines.assign("grads", "dict(steps)")
    lines.returns("loss, {name: grads[name] for name in TRAINABLE}")
    mean = "the mean over the batch of " if plan.is_batched(loss) else ""
    says = [
        "(loss, grads): the loss and its gradients with respect to every trained w, by name.",
        "",
        f"The loss is {mean}{loss}{', summed over its entries' if is_summed(loss) else ''}.",
    ]
    return function_text("backward", ["params", *arguments], says, lines)


def is_summed(loss: Variable) -> bool:
    """Whether the loss has several entries."""
    return loss.is_vector and not (loss.is_fixed and loss.dim.size({}) == 1)


def _gradients(plan: Plan, loss: Variable) -> str:
    name = plan.name(loss)
    lines = Lines()
    equations = equations_for(plan.program, [loss])
    emit(plan, lines, equations, [loss])
    lines.add(f"yield {name}.sum(){f' / len({name})' if plan.is_batched(loss) else ''}")
    ReversePass(plan, lines).write(loss, equations)
    says = [
        "Yield the loss, then (name, factor · ∂loss/∂w) for every trained w.",
        "",
        "A w is not read any more once its gradient is out. d_v is the adjoint of v.",
    ]
    arguments = ["params", *argument_names(plan, targets=True), "factor"]
    return function_text("_gradients", arguments, says, lines)


def _sgd_step(plan: Plan) -> str:
    arguments = argument_names(plan, targets=True)
    parametrization = plan.program.parametrization
    size = base_size_text(plan)
    rate = "lr"
    if size is not None and parametrization is not None:
        rate = f"lr * {size}**{float(-parametrization.c)!r}"
    lines = Lines()
    lines.assign("steps", f"_gradients({', '.join(['params', *arguments, rate])})")
    lines.assign("loss", "next(steps)")
    lines.add("if np.isfinite(loss):")
    lines.add("    for name, step in steps:")
    lines.add("        params[name] -= step")
    lines.returns("loss")
    moves = "w −= lr · ∂loss/∂w" if rate == "lr" else "w −= lr · n^(−c) · ∂loss/∂w"
    says = [
        "One step of gradient descent, in place; the loss before it.",
        "",
        f"{moves} for every trained w. A loss that is not finite changes nothing.",
    ]
    return function_text("sgd_step", ["params", *arguments, "lr"], says, lines)


def variables_source(plan: Plan, targets: bool) -> str:
    """A generator `variables(params, …)` of (name, value), in program order.

    Matrices and vectors from `params` come as they are stored. Without `targets`, what depends on
    them is left out.
    """
    program = plan.program
    hidden = {d.variable.name for d in program.targets} if not targets else set()
    arrays = {d.variable.name for d in inputs_of(program)}
    lines = Lines()
    for declaration in program.declarations:
        for variable in declaration.variables:
            if variable.name in hidden:
                continue
            stored = f"params[{quoted(variable.name)}]"
            given = f"np.asarray({plan.name(variable)}, dtype=DTYPE)"
            value = given if variable.name in arrays else stored
            lines.add(f"yield {quoted(variable.name)}, {value}")
    equations = []
    for equation in program.equations:
        if any(v.name in hidden for v in equation.inputs):
            hidden.add(equation.out.name)
        else:
            equations.append(equation)
    emit_inputs(plan, lines, [v for e in equations for v in e.inputs])
    for equation in equations:
        emit_equation(plan, lines, equation)
        lines.add(f"yield {quoted(equation.out.name)}, {plan.name(equation.out)}")
    arguments = ["params", *argument_names(plan, targets)]
    says = ["(name, value) of every variable, in program order."]
    body = function_text("variables", arguments, says, lines)
    return "\n\n".join([*helper_texts(plan), body])
