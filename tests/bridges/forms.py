"""What two programs, and two outputs, are compared by."""

import random

import numpy as np
import torch

from tpgraph.functions import evaluate, inline, simplify
from tpgraph.program import MatMul, Moment


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
    """A program up to names of its vectors and order: what every output is made of, by hashes."""
    made = {}
    for declaration in program.declarations:
        for variable in declaration.variables:
            law = (getattr(declaration, "variance", 0), sizes(variable))
            known = variable.name if names else law
            made[variable.name] = hash((type(declaration).__name__, known))
    for equation in program.equations:
        inputs = tuple(made[v.name] for v in equation.inputs)
        gate = getattr(equation, "function", None)
        what = (equation.transpose,) if gate is None else (simplify(inline(gate)),)
        made[equation.out.name] = hash((type(equation).__name__, *what, inputs))
    return [made[v.name] for v in program.outputs]


def functions_between(program):
    """A program up to how its functions are divided into Nonlins: its MatMuls and Moments.

    Every product and every mean over the width is a random number drawn by what it is made of, and
    every Nonlin what its function gives for these. So two programs agree where they have the same
    products and means of the same functions of one another. Parameters and data go by their places,
    what is not trained by its law.
    """
    value, made = {}, {}

    def atom(*key):
        drawn = random.Random(repr(key))
        return made.setdefault(key, drawn.uniform(0.5, 1.5))

    for k, d in enumerate(program.data):
        value[d.variable.name] = atom("data", k, sizes(d.variable))
    for k, p in enumerate(program.parameters):
        value[p.variable.name] = atom("parameter", k, law(p))
    for declaration in program.declarations:
        for v in declaration.variables:
            if v.name not in value:
                value[v.name] = constant(declaration, v, atom)
    for equation in program.equations:
        inputs = [round(value[v.name], 9) for v in equation.inputs]
        if isinstance(equation, MatMul):
            found = atom("product", equation.transpose, *inputs)
        else:
            arguments = [np.float64(value[v.name]) for v in equation.arguments]
            found = float(evaluate(inline(equation.function), arguments))
            if isinstance(equation, Moment) and any(v.is_vector for v in equation.arguments):
                found = atom("mean", round(found, 9))
        value[equation.out.name] = found
    return [round(value[v.name], 9) for v in program.outputs]


def constant(declaration, variable, atom):
    """A scalar that is given is its limit; vectors and matrices not trained go by their law."""
    if variable.is_scalar:
        return declaration.limit
    return atom(type(declaration).__name__, getattr(declaration, "variance", 0), sizes(variable))
