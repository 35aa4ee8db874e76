"""What generated code needs to know of a program before its first line is written.

Values are arrays. With a batch of B samples,

    a vector of dimension n     (B, n) if it depends on data or targets, else (n,)
    a scalar                    (B, 1) if it depends on data or targets, else (1,)

so that numpy's broadcasting does the coordinatewise operations, and the last axis is always the
one of coordinates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tpgraph.compiler.backends import NUMPY, Backend
from tpgraph.compiler.expressions import Expressions
from tpgraph.compiler.identifiers import Identifiers
from tpgraph.program import (
    Data,
    Equation,
    Parameter,
    Parametrization,
    Program,
    Target,
    Variable,
    layer_kind,
)
from tpgraph.program.reach import ancestors, descendants
from tpgraph.types import Dimension, Fixed, Width

__all__ = ["Plan", "equations_for", "inputs_of", "make_plan", "multiplier", "power_text"]

_PRIMES = tuple("{0}" + "_prime" * k for k in range(1, 5))


@dataclass(frozen=True)
class Plan:
    """A program with the facts that its code depends on.

    `names`: the identifier of each variable and width; `batched`: the variables that have a batch
    axis; `active`: those that depend on something trained; `multipliers`: the text of M, for the
    parameters W = M w where it is not 1; `backend`: the library that the code is written for.
    """

    program: Program
    names: Mapping[str, str]
    width_names: Mapping[str, str]
    expressions: Expressions
    batched: frozenset[str]
    active: frozenset[str]
    multipliers: Mapping[str, str]
    backend: Backend = NUMPY

    def name(self, variable: Variable) -> str:
        """The identifier of a variable."""
        return self.names[variable.name]

    def is_batched(self, variable: Variable) -> bool:
        """Whether the variable's array has a batch axis."""
        return variable.name in self.batched

    def size(self, dimension: Dimension) -> str:
        """The text of a dimension's size inside `init`."""
        if isinstance(dimension, Fixed):
            return f"{dimension.value:d}"
        return self.width_names[dimension.name]


def make_plan(program: Program, backend: Backend = NUMPY) -> Plan:
    """The plan of a program, for a library of arrays."""
    functions = Identifiers(backend.names)
    function_names = {f.name: functions.take(f.name, _PRIMES) for f in program.functions}
    forms = ("{0}", *_PRIMES)
    taken = {form.format(name) for name in function_names.values() for form in forms}
    taken.update(backend.names)
    names = _variable_names(program, taken)
    widths = Identifiers(taken)
    sources = {d.variable.name for d in inputs_of(program)}
    trained = {p.variable.name for p in program.parameters}
    return Plan(
        program=program,
        names=names,
        width_names={w.name: widths.take(w.name) for w in program.widths},
        expressions=Expressions(program.functions, function_names, backend),
        batched=frozenset(descendants(program, sources)),
        active=frozenset(descendants(program, trained)),
        multipliers=_multipliers(program, names),
        backend=backend,
    )


def _variable_names(program: Program, taken: set[str]) -> Mapping[str, str]:
    """Identifiers of the variables, of their adjoints `d_…` and multipliers `M_…` too.

    Data and targets come first: theirs are the argument names that users write.
    """
    identifiers = Identifiers(taken)
    order = [d.variable.name for d in inputs_of(program)]
    order += [name for name in program.variables if name not in set(order)]
    chosen = {name: identifiers.take(name, ("d_{0}", "M_{0}")) for name in order}
    return {name: chosen[name] for name in program.variables}


def _multipliers(program: Program, names: Mapping[str, str]) -> Mapping[str, str]:
    """The text of M for each W = M w with M ≠ 1, in terms of the shape of w."""
    found = {}
    for parameter in program.parameters:
        assert program.parametrization is not None, "checked by the builder"
        text = _multiplier(parameter, program.parametrization, names)
        if text is not None:
            found[parameter.variable.name] = text
    return found


def _multiplier(
    parameter: Parameter, parametrization: Parametrization, names: Mapping[str, str]
) -> str | None:
    """The text of M; None where it is 1."""
    constant, axis, exponent = multiplier_parts(parameter, parametrization)
    text = power_text(constant, f"{names[parameter.variable.name]}.shape[{axis}]", exponent)
    return None if text == "1.0" else text


def multiplier_parts(
    parameter: Parameter, parametrization: Parametrization
) -> tuple[float, int, Fraction]:
    """(c, axis, e) of M = c · (size of w along axis)^e.

    M = scale · n^(−a) [· 1/√d], see `tpgraph.program.parametrization`.
    """
    variable = parameter.variable
    kind = layer_kind(variable)
    a, _ = parametrization.exponents(kind)
    constant = parameter.scale
    if kind == "input" and variable.is_matrix and parametrization.name != "standard":
        constant /= variable.matrix.columns.size({}) ** 0.5
    axis = 0 if kind == "input" else 1
    dimensions: tuple[Dimension, ...] = variable.type.dimensions
    return constant, axis, -a if isinstance(dimensions[axis], Width) else Fraction(0)


def multiplier(
    parameter: Parameter, parametrization: Parametrization, shape: tuple[int, ...]
) -> float:
    """M of W = M w, from the shape of w."""
    constant, axis, exponent = multiplier_parts(parameter, parametrization)
    return float(constant * float(shape[axis]) ** float(exponent))


def power_text(constant: float, base: str, exponent: Fraction) -> str:
    """The text of constant · base^exponent.

    >>> power_text(2.0, "n", Fraction(-1, 2)), power_text(1.0, "n", Fraction(0))
    ('2.0 * n**-0.5', '1.0')
    """
    if exponent == 0 or constant == 0:
        return repr(float(constant))
    power = base if exponent == 1 else f"{base}**{float(exponent)!r}"
    return power if constant == 1 else f"{float(constant)!r} * {power}"


def inputs_of(program: Program) -> tuple[Data | Target, ...]:
    """Data and targets, in the order of a call's arguments."""
    return (*program.data, *program.targets)


def equations_for(program: Program, roots: list[Variable]) -> tuple[Equation, ...]:
    """The equations that the roots depend on, in program order."""
    needed = ancestors(program, [v.name for v in roots])
    return tuple(e for e in program.equations if e.out.name in needed)
