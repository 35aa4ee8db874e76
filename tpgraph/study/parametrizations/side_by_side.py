"""One network in several parametrizations: regime, exponents, kernels, features, base shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tpgraph.bounds import COUNT
from tpgraph.errors import TPDataError, TPError, TPNameError, TPTypeError
from tpgraph.kernels import Kernel, kernel
from tpgraph.kernels.kernel_values import EntryStatistics
from tpgraph.program import MUP, NTK, STANDARD, Parametrization, Program, analysis_of
from tpgraph.program.any_program import reads_program
from tpgraph.program.labels import latex_name
from tpgraph.program.near_names import did_you_mean
from tpgraph.program.report import Report, report
from tpgraph.program.tex import one_line
from tpgraph.program.text import aligned
from tpgraph.progress import counting, one_more
from tpgraph.shown import html_text, quantity
from tpgraph.study.coordinates.check import CoordinateCheck, coordinate_check
from tpgraph.study.parametrizations.base_shapes import LayerShape, base_shapes
from tpgraph.study.parametrizations.feature_change import FeatureChange, feature_changes
from tpgraph.study.phrases import Mathematics, Phrase, exponential, number, phrase
from tpgraph.study.samples import Columns, batch_of, experience, samples_of
from tpgraph.training import AnyData, Dataset

__all__ = [
    "ETA",
    "LEGEND",
    "OWN",
    "PARAMETRIZATIONS",
    "SHAPE_HEAD",
    "Parametrized",
    "SideBySide",
    "compare_parametrizations",
    "mean_diagonal",
]

PARAMETRIZATIONS = {p.name: p for p in (STANDARD, NTK, MUP)}
"""Those that have a name."""

OWN = "own"
"""The name of the parametrization that the program itself declares."""

_KERNEL_INPUTS = 16


@dataclass(frozen=True)
class Parametrized:
    """A network in one parametrization.

    `kernel` and `features` are None where there is no limit, and `no_kernel`, `no_features` say
    why.
    """

    name: str
    program: Program
    report: Report
    coordinates: CoordinateCheck
    shapes: tuple[LayerShape, ...]
    kernel: Kernel | None
    features: tuple[FeatureChange, ...] | None
    no_kernel: str = ""
    no_features: str = ""

    @property
    def regime(self) -> str:
        """What training does as width grows, in one word or two."""
        return self.report.analysis.regime if self.report.analysis is not None else "unknown"


@dataclass(frozen=True, repr=False)
class SideBySide:
    """What `compare_parametrizations` found: a network in each of some parametrizations.

    `base` is the width at which base shapes are given, `lr` the learning rate η and `steps` the
    steps of the measured exponents.
    """

    name: str
    base: int
    lr: float
    steps: int
    each: tuple[Parametrized, ...]

    def __getitem__(self, name: str) -> Parametrized:
        found = {one.name: one for one in self.each}
        return found[name]

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return html_text(str(self))

    def __str__(self) -> str:
        table = aligned([("", *(one.name for one in self.each)), *map(_read, self.rows())])
        shapes = aligned([_read(SHAPE_HEAD), *map(_read, self.shape_rows())])
        head = f"base width {self.base}, m = n / {self.base}"
        kernels = [f"kernels: means over {self.inputs}"] if self.inputs else []
        return "\n".join([*table, "", str(LEGEND), *kernels, *self.reasons(), "", head, *shapes])

    @property
    def inputs(self) -> str:
        """How many inputs the kernels are of, in words; empty where there is none."""
        counts = [len(one.kernel) for one in self.each if one.kernel is not None]
        return quantity(counts[0], "input") if counts else ""

    def rows(self) -> list[tuple[Phrase, ...]]:
        """A title and what is found in each parametrization: regime, exponents, limits."""
        names = self.each[0].coordinates.names
        rows = [
            (phrase("regime"), *(phrase(p.regime) for p in self.each)),
            (phrase("r"), *map(_r, self.each)),
        ]
        for name in names:
            followed = self._named(name)
            sizes = (p.coordinates.size(name).beside for p in self.each)
            changes = (p.coordinates.change(name).beside for p in self.each)
            rows.append((phrase("size of ", followed), *sizes))
            rows.append((phrase("change of ", followed), *changes))
        for kind in _KINDS:
            rows.append((phrase(f"mean {kind} ", _DIAGONAL), *(_mean(p, kind) for p in self.each)))
        for name in filter(self._is_followed, names):
            followed = self._named(name)
            change = Mathematics(f"|Δ{followed.text}|", rf"|\Delta {followed.latex}|")
            title = phrase(change, " at ", _INFINITE)
            rows.append((title, *(_feature(p, name) for p in self.each)))
        return rows

    def _named(self, name: str) -> Mathematics:
        """A variable by its name in text, and by its label."""
        program = self.each[0].program
        return Mathematics(name, one_line(latex_name(program, program.variables[name])))

    def _is_followed(self, name: str) -> bool:
        return any(f.name == name for p in self.each for f in p.features or ())

    def shape_rows(self) -> list[tuple[Phrase, ...]]:
        """A row for each layer and parametrization, under `SHAPE_HEAD`."""
        rows = []
        for k, layer in enumerate(self.each[0].shapes):
            for one in self.each:
                shape = one.shapes[k]
                numbers = (shape.multiplier, shape.std, shape.sgd, shape.adam)
                of = (phrase(self._named(layer.name)), phrase(one.name), phrase(shape.kind))
                rows.append((*of, *(phrase(each.formula) for each in numbers)))
        return rows

    def reasons(self) -> list[str]:
        """Why there is a dash instead of a number at infinite width."""
        said = [(p.name, "kernel", p.no_kernel) for p in self.each]
        said += [(p.name, "features", p.no_features) for p in self.each]
        return [f"{name}: no {what}: {why}" for name, what, why in said if why]

    def to_json(self) -> dict[str, Any]:
        """The same as plain data, by the names of the parametrizations."""
        return {
            "program": self.name,
            "base_width": self.base,
            "lr": self.lr,
            "steps": self.steps,
            "parametrizations": {one.name: _json(one) for one in self.each},
        }


_KINDS = ("nngp", "ntk")
_DIAGONAL = Mathematics("K_ii", "K_{ii}")
_INFINITE = Mathematics("n = ∞", r"n = \infty")
ETA = Mathematics("η", r"\eta")
"""The learning rate."""
LEGEND = phrase(
    "exponents ", Mathematics("e", "e"), " of ", exponential("n", "e"), ": measured (predicted)"
)
SHAPE_HEAD = (
    *map(phrase, ("param", "in", "layer", "multiplier", "init std")),
    *(phrase(f"{optimizer} rate / ", ETA) for optimizer in ("SGD", "Adam")),
)


def _read(row: Sequence[Phrase]) -> tuple[str, ...]:
    return tuple(map(str, row))


def mean_diagonal(kernel: Kernel, kind: str) -> float | None:
    """The mean of K(ξ, ξ) over inputs and outputs; None where the kernel was not asked for."""
    array = kernel.nngp if kind == "nngp" else kernel.ntk
    if array is None:
        return None
    entries = EntryStatistics()
    entries.add(array, 0)
    return entries.means[0]


_NOTHING = phrase("-")


def _r(one: Parametrized) -> Phrase:
    found = one.report.analysis
    return _NOTHING if found is None or found.r is None else phrase(number(str(found.r)))


def _mean(one: Parametrized, kind: str) -> Phrase:
    mean = None if one.kernel is None else mean_diagonal(one.kernel, kind)
    if mean is None or one.kernel is None:
        return _NOTHING
    grows = one.kernel.exponent if kind == "ntk" else 0
    value = number(f"{mean:.4g}")
    return phrase(value, " ", exponential("n", grows)) if grows else phrase(value)


def _feature(one: Parametrized, name: str) -> Phrase:
    found = {f.name: f for f in one.features or ()}.get(name)
    if found is None:
        return _NOTHING
    error = f"{found.error:.1g}" if found.error else ""
    return phrase(number(f"{found.change:.4g}", error))


def _json(one: Parametrized) -> dict[str, Any]:
    kernels = None
    if one.kernel is not None:
        kernels = {kind: mean_diagonal(one.kernel, kind) for kind in _KINDS}
        kernels["ntk_exponent"] = float(one.kernel.exponent)
    features = one.features
    return {
        **(one.report.to_json()["parametrization"] or {}),
        "verdict": one.report.verdict,
        "exponents": one.coordinates.to_json()["vectors"],
        "mean_kernels": kernels,
        "no_kernel": one.no_kernel or None,
        "feature_changes": features
        and {f.name: {"change": f.change, "error": f.error, "size": f.size} for f in features},
        "no_features": one.no_features or None,
        "layers": {
            shape.name: {
                "layer": shape.kind,
                **{
                    key: {"at_base": power.at_base, "exponent": float(power.exponent)}
                    for key, power in (
                        ("multiplier", shape.multiplier),
                        ("init_std", shape.std),
                        ("sgd_rate", shape.sgd),
                        ("adam_rate", shape.adam),
                    )
                },
            }
            for shape in one.shapes
        },
    }


@reads_program
def compare_parametrizations(
    program: Program,
    parametrizations: Sequence[str] = ("standard", "ntk", "mup"),
    data: AnyData | None = None,
    *,
    synthetic: int | None = None,
    columns: Columns = None,
    standardize: str = "none",
    missing: str = "refuse",
    widths: Sequence[int],
    base: int | None = None,
    steps: int = 3,
    lr: float = 0.1,
    batch: int | None = None,
    seeds: int = 4,
    samples: int = 2**16,
    seed: int = 0,
) -> SideBySide:
    """The network of a program in several parametrizations, side by side.

    `parametrizations` are names of `PARAMETRIZATIONS`, or "own". Of each: the verdict of `report`,
    the exponents of `coordinate_check` over the widths, NNGP and NTK at infinite width on the first
    16 samples, the change of features in the first step at infinite width (`feature_changes`, of
    so many `samples`), and the shapes of its layers at the width `base` (`base_shapes`), by default
    the smallest of the widths. All see the same samples, drawn or read as `coordinate_check` does.

    Raises TPNameError for an unknown parametrization, TPTypeError for a program without params or
    loss, and TPDataError for what does not fit.
    """
    chosen = _chosen(program, parametrizations)
    COUNT.require(base or 1, f"the base width is {base}")
    found = samples_of(program, data, synthetic, seed, columns, standardize, missing)
    at = base if base is not None else min(widths, default=1)
    size = batch_of(batch, len(found) - 1)  # one is kept for the change of features
    run = _Run(found, tuple(widths), at, steps, lr, size, seeds, samples, seed)
    with counting("networks", len(chosen) * len(widths) * seeds):
        each = [run.of(name, replace(program, parametrization=p)) for name, p in chosen.items()]
    return SideBySide(program.title, at, lr, steps, tuple(each))


def _chosen(program: Program, names: Sequence[str]) -> dict[str, Parametrization]:
    """The parametrizations by name, in the order in which they are named."""
    if program.parametrization is None or not program.parameters:
        raise TPTypeError(
            f"program {program.name} has no param to train",
            expected="a network with a parametrization, params and a loss",
        )
    known = {**PARAMETRIZATIONS, OWN: program.parametrization}
    for name in names:
        if name not in known:
            raise TPNameError(
                f"there is no parametrization {name!r}",
                expected=f"some of {', '.join(known)}",
                mend=did_you_mean(name, known),
            )
    if not names or len(set(names)) < len(names):
        raise TPDataError(
            f"parametrizations are {', '.join(names) or 'none'}",
            expected="one or more, each once",
        )
    return {name: known[name] for name in names}


@dataclass(frozen=True)
class _Run:
    """What is done alike in every parametrization."""

    data: Dataset
    widths: tuple[int, ...]
    base: int
    steps: int
    lr: float
    batch: int
    seeds: int
    samples: int
    seed: int

    def of(self, name: str, program: Program) -> Parametrized:
        """Everything about the program in its parametrization."""
        shapes = base_shapes(program, self.base)
        coordinates = coordinate_check(
            program, self.data, widths=self.widths, steps=self.steps, lr=self.lr,
            batch=self.batch, seeds=self.seeds, seed=self.seed, progress=lambda *_: one_more(),
        )  # fmt: skip
        kernels, no_kernel = self._kernel(program)
        features, no_features = self._features(program)
        return Parametrized(
            name, program, report(program), coordinates, shapes,
            kernels, features, no_kernel, no_features,
        )  # fmt: skip

    def _kernel(self, program: Program) -> tuple[Kernel | None, str]:
        """NNGP and NTK at initialization, on the first samples; or why there are none."""
        names = [d.variable.name for d in program.data]
        inputs = {name: self.data.arrays[name][:_KERNEL_INPUTS] for name in names}
        try:
            return kernel(program, inputs, samples=self.samples, seed=self.seed), ""
        except TPError as error:
            return None, error.message

    def _features(self, program: Program) -> tuple[tuple[FeatureChange, ...] | None, str]:
        """The change of features in the first step; or why there is none."""
        found = analysis_of(program)
        if found is not None and found.regime == "unstable":
            return None, "training is unstable"
        try:
            seen = experience(program, self.data, 1, 1, self.batch, self.seed)
            return feature_changes(program, seen, self.lr, self.samples, self.seed), ""
        except TPError as error:
            return None, error.message
