"""What two programs, and two outputs, are compared by."""

import numpy as np
import torch

from tpgraph.functions import Argument, Number, inline, simplify, substitute
from tpgraph.program import InitialScalar, MatMul


def outputs(value):
    """The outputs of a module or a program as one vector for each sample."""
    if isinstance(value, dict):
        value = list(value.values())
    parts = value if isinstance(value, list | tuple) else [value]
    arrays = [p.detach().numpy() if isinstance(p, torch.Tensor) else np.asarray(p) for p in parts]
    return np.concatenate([a.reshape(-1) for a in arrays])


def relative(a, b):
    assert a.shape == b.shape
    return np.abs(a - b).max() / np.abs(b).max()


def sizes(variable):
    """The sizes of a variable at n = 32."""
    return tuple(d.size({"n": 32}) for d in variable.type.dimensions)


def law(parameter):
    """The sizes, variance and scale of a parameter."""
    return sizes(parameter.variable), round(parameter.variance, 9), round(parameter.scale, 9)


def form(program, names=True):
    """A program up to names of its vectors and order: what every output is made of, by hashes.

    With the loss behind the outputs. A sum goes by its terms, whatever brackets are around some of
    them, a scalar that is given by its number. Without `names` parameters and data go by their
    places, what is not trained by its law.
    """
    places = {d.variable.name: k for k, d in enumerate((*program.parameters, *program.data))}
    made, numbers = {}, {}
    for declaration in program.declarations:
        for variable in declaration.variables:
            law = (getattr(declaration, "variance", 0), sizes(variable))
            known = variable.name if names else (places.get(variable.name), law)
            made[variable.name] = hash((type(declaration).__name__, known))
            if isinstance(declaration, InitialScalar) and not declaration.widths:
                numbers[variable.name] = simplify(inline(declaration.value))
    for equation in program.equations:
        if isinstance(equation, MatMul):
            inputs = tuple(made[v.name] for v in equation.inputs)
            made[equation.out.name] = hash(("MatMul", equation.transpose, inputs))
            continue
        given = [numbers.get(v.name, Argument(k)) for k, v in enumerate(equation.arguments)]
        gate = simplify(substitute(inline(equation.function), given))
        what = spelled(gate, [made[v.name] for v in equation.arguments])
        made[equation.out.name] = hash((type(equation).__name__, what))
    loss = [program.loss] if program.loss is not None else []
    return [made[v.name] for v in (*program.outputs, *loss)]


def spelled(expression, arguments):
    """An expression as tuples, with the terms of its sums side by side."""
    match expression:
        case Argument(index):
            return arguments[index]
        case Number(value):
            return value
    inner = [spelled(e, arguments) for e in expression.arguments]
    if expression.function.name == "add":
        inner = [t for i in inner for t in (i[2:] if is_sum(i) else (i,))]
    return (expression.function.name, expression.order, *inner)


def is_sum(spelling):
    return isinstance(spelling, tuple) and spelling[0] == "add"
