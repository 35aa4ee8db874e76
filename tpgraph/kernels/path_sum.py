"""The tangent kernel as a sum over isomorphic paths: a second way, without a backward pass.

    K̊(ξ, ξ̄) = Σ_{p ≅ q} ⟨p(ξ), q(ξ̄)⟩,
    ⟨p, q⟩ = c · E[Z^{p⁰} Z^{q⁰}] · Π_{i even} E[∂Z^{pⁱ}/∂Z^{pⁱ⁻¹} ∂Z^{qⁱ}/∂Z^{qⁱ⁻¹}]

over the paths that end in the vector x which f = V x reads. x is taken as the last X-var of every
path, ∂x/∂p⁻¹ = 1 where it is a G-var as in the paper. The paths that begin with W¹ are the part of
W¹; with multipliers and variances, W¹ = M w trained and W², …, V behind it,

    c = M² n_r n_c · Π_l (rows of W^l) Var(W^l_αβ) · Var(V_αβ),   W¹ of n_r × n_c.

Source: Tensor Programs IIb (arXiv 2105.03703), Proposition D.3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tpgraph.bounds import PAIRS
from tpgraph.errors import TPTypeError
from tpgraph.kernels.inputs import Inputs, input_arrays
from tpgraph.limits import InputsLimit, Values, limit_over_inputs
from tpgraph.limits.engines import Engine
from tpgraph.program import InitialMatrix, MatMul, Nonlin, Parameter, Program, Variable, layer_kind
from tpgraph.program.any_program import reads_program
from tpgraph.program.reach import ancestors
from tpgraph.transform.emit import Emitter, Formula, start_builder
from tpgraph.transform.paths import Path, Symbol, isomorphism_classes
from tpgraph.transform.powers import WidthPower, multiplier, size
from tpgraph.transform.reduced import reduce

__all__ = ["path_kernels"]


@reads_program
def path_kernels(
    program: Program, X: Inputs, *, engine: Engine = "auto", samples: int = 2**16, seed: int = 0
) -> dict[str, Values]:
    """What each trained width × width matrix adds to the NTK, by name: N × N, as sums over paths.

    The coefficient of its power of n, which is n⁰ in the NTK parametrization. The program is one
    with a single output f = V x whose V is used nowhere else, and does not use a matrix both as W
    and as Wᵀ. Arguments are those of `kernel`. Raises TPTypeError for other programs, TPLimitError
    for more than 100,000 pairs of paths.
    """
    reduced = reduce(program)
    readout = _readout(reduced)
    last = reduced.equation_of[readout.operand.name]
    assert isinstance(last, Nonlin), "reduced"
    classes = _classes(reduced, last)
    found = _with_slopes(reduced, classes, last)
    arrays = input_arrays(program, X)
    wanted = [p for word in classes.values() for pair in _pairs(word) for p in found.moments(*pair)]
    limit = limit_over_inputs(
        found.program, arrays, dict.fromkeys(wanted), engine=engine, samples=samples, seed=seed
    )
    parts: dict[str, Values] = {}
    for word, members in classes.items():
        (first, _), *_ = word
        if isinstance(reduced.declaration_of[first], Parameter):
            factor = _factor(reduced, word, readout).constant
            term = _sum_of_class(found, limit, members, factor)
            earlier = parts.get(first, Values(np.zeros(1), np.zeros(1)))
            parts[first] = Values(earlier.value + term.value, earlier.error + term.error)
    return parts


def _readout(program: Program) -> MatMul:
    """f = V x. Raises TPTypeError for programs that the proposition is not about."""
    if len(program.outputs) != 1:
        raise TPTypeError("the sum over paths is for one output", expected="output f, f = V x")
    found = program.equation_of.get(program.outputs[0].name)
    if not isinstance(found, MatMul) or not found.operand.is_wide:
        raise TPTypeError(
            f"output {program.outputs[0]} is no readout", expected="an output f = V x"
        )
    needed = ancestors(program, [found.out.name])
    ways: dict[str, set[bool]] = {}
    for equation in program.equations:
        if isinstance(equation, MatMul) and equation.out.name in needed:
            ways.setdefault(equation.matrix.name, set()).add(equation.transpose)
    both = [name for name, found_ways in ways.items() if len(found_ways) > 1]
    shared = len(program.uses[found.matrix.name]) > 1
    if both or shared:
        raise TPTypeError(
            f"{both[0] if both else found.matrix} is used twice: W with Wᵀ, or in the readout",
            expected="a program that passes the simple GIA check",
        )
    return found


def _classes(program: Program, last: Nonlin) -> dict[tuple[Symbol, ...], tuple[Path, ...]]:
    """The classes of paths that end in an argument of the last X-var."""
    ends = {v.name for v in last.vectors}
    found = {}
    for word, members in isomorphism_classes(program).items():
        kept = tuple(p for p in members if p.vectors[-1] in ends)
        if kept:
            found[word] = kept
    pairs = sum(len(members) ** 2 for members in found.values())
    PAIRS.require(pairs, f"there are {pairs} pairs of isomorphic paths")
    return found


def _pairs(members: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    return ((p, q) for p in members for q in members)


@dataclass(frozen=True)
class _Slopes:
    """The program with ∂x/∂g for each step g → x of a path, by the names (g, x)."""

    program: Program
    slopes: Mapping[tuple[str, str], str]
    last: str

    def moments(self, p: Path, q: Path) -> list[tuple[str, str]]:
        """The pairs of variables whose moments ⟨p, q⟩ is the product of."""
        steps = zip(self._steps(p), self._steps(q), strict=True)
        return [(p.vectors[0], q.vectors[0]), *steps]

    def _steps(self, path: Path) -> list[str]:
        after = [*path.vectors[2::2], self.last]
        return [self.slopes[g, x] for g, x in zip(path.vectors[1::2], after, strict=True)]


def _with_slopes(
    program: Program, classes: Mapping[tuple[Symbol, ...], Sequence[Path]], last: Nonlin
) -> _Slopes:
    """Append the derivatives ψ′(…) of every step."""
    builder = start_builder(program, f"{program.name}-paths")
    emitter = Emitter(builder, program)
    for equation in program.equations:
        emitter.add(equation)
    slopes: dict[tuple[str, str], str] = {}
    for members in classes.values():
        for path in members:
            after = [*path.vectors[2::2], last.out.name]
            for step in zip(path.vectors[1::2], after, strict=True):
                if step not in slopes:
                    slopes[step] = _slope(emitter, program, *step).name
    return _Slopes(builder.build(), slopes, last.out.name)


def _slope(emitter: Emitter, program: Program, g: str, x: str) -> Variable:
    """Bind ∂x/∂g."""
    equation = program.equation_of[x]
    assert isinstance(equation, Nonlin), x
    formula = Formula()
    for argument in equation.arguments:
        formula.position(argument)
    place = next(i for i, a in enumerate(equation.arguments) if a.name == g)
    name = emitter.temporary(f"d{g}")
    return emitter.bind(name, formula, emitter.partial(equation.function, place))


def _factor(program: Program, word: Sequence[Symbol], readout: MatMul) -> WidthPower:
    """c, over widths."""
    (first, _), *behind = word
    declaration = program.declaration_of[first]
    assert isinstance(declaration, Parameter)
    assert program.parametrization is not None, "checked by the builder"
    shape = declaration.variable.matrix
    factor = multiplier(declaration, program.parametrization) ** 2
    factor *= size(shape.rows) * size(shape.columns) * _variance(program, readout.matrix)
    for name, transpose in behind:
        matrix = program.variables[name]
        rows = matrix.matrix.columns if transpose else matrix.matrix.rows
        factor *= size(rows) * _variance(program, matrix)
    return factor


def _variance(program: Program, matrix: Variable) -> WidthPower:
    """The variance of the entries of a matrix with width many columns."""
    columns = size(matrix.matrix.columns)
    match program.declaration_of[matrix.name]:
        case InitialMatrix(_, variance):
            return WidthPower(variance) / columns
        case Parameter(_, variance) as parameter:
            assert program.parametrization is not None, "checked by the builder"
            _, b = program.parametrization.exponents(layer_kind(matrix))
            M = multiplier(parameter, program.parametrization)
            return M**2 * WidthPower(variance) * columns ** (-2 * b)
        case other:
            raise AssertionError(other)


def _sum_of_class(
    found: _Slopes, limit: InputsLimit, members: Sequence[Path], factor: float
) -> Values:
    """c Σ_{p, q} ⟨p, q⟩ over one class."""
    shape = (limit.count, limit.count)
    total, bar = np.zeros(shape), np.zeros(shape)
    for p, q in _pairs(members):
        value, error = np.full(shape, factor), np.zeros(shape)
        for pair in found.moments(p, q):
            moment = limit.moment(*pair)
            error = error * np.abs(moment.value) + np.abs(value) * moment.error
            value = value * moment.value
        total, bar = total + value, bar + error
    return Values(total, bar)
