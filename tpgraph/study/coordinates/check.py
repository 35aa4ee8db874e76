"""Coordinate checks: how the size of every vector, and its change in training, scale with width.

Source: Yang et al., Tensor Programs V (arXiv 2203.03466), Appendix D.1.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tpgraph.bounds import require_networks
from tpgraph.compiler import Module, Params, compile
from tpgraph.compiler.adaptive_rates import adaptive_exponents
from tpgraph.compiler.optimizers import optimizer_named
from tpgraph.errors import TPDataError
from tpgraph.hyperparameters import require_wholes
from tpgraph.program import Program, require_room
from tpgraph.program.any_program import reads_program
from tpgraph.program.coordinates import UNCHANGED, UNSTABLE, Prediction, predict
from tpgraph.seeds import seed_sequence
from tpgraph.shown import html_text
from tpgraph.study.csv_table import csv_text
from tpgraph.study.phrases import Phrase, number, phrase
from tpgraph.study.samples import (
    Array,
    Columns,
    Experience,
    batch_of,
    experience,
    fit_exponent,
    samples_of,
    sizes_of,
)
from tpgraph.study.sweep import Progress
from tpgraph.training import AnyData, check_settings

__all__ = ["CoordinateCheck", "Exponent", "coordinate_check"]


@dataclass(frozen=True)
class Exponent:
    """A measured exponent of width with its standard error, and the predicted one."""

    measured: float
    error: float
    predicted: float

    @property
    def expected(self) -> str:
        """The prediction in words: a number, "unstable", "unchanged", "unknown"."""
        if self.predicted == UNSTABLE:
            return "unstable"
        if self.predicted == UNCHANGED:
            return "unchanged"
        return "unknown" if np.isnan(self.predicted) else f"{self.predicted + 0.0:g}"

    @property
    def shown(self) -> str:
        """What was measured, with its error: "-0.50 ± 0.02"; "-" where nothing could be."""
        return str(self._measured)

    @property
    def beside(self) -> Phrase:
        """What was measured, and in brackets the prediction."""
        predicted = number(self.expected) if np.isfinite(self.predicted) else self.expected
        return phrase(*self._measured.pieces, " (", predicted, ")")

    @property
    def _measured(self) -> Phrase:
        if np.isnan(self.measured):
            return phrase("-")
        error = "" if np.isnan(self.error) else f"{self.error:.2f}"
        return phrase(number(f"{self.measured:+.2f}", error))


@dataclass(frozen=True, repr=False)
class CoordinateCheck:
    """Typical sizes of V vectors over W widths, S seeds and steps 0 … T.

    `sizes` and `changes` are (W, S, T+1, V): the root mean square over coordinates and probed
    samples of x_t, and of x_t − x_0. `outputs` names those of the V `names` that are outputs.
    """

    program: str
    widths: tuple[int, ...]
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    sizes: Array
    changes: Array
    prediction: Prediction

    def size(self, name: str) -> Exponent:
        """The exponent of |x_0|. Raises KeyError for a vector that was not followed."""
        return self._exponent(self.sizes[:, :, 0, self._index(name)], self.prediction.sizes[name])

    def change(self, name: str) -> Exponent:
        """The exponent of |x_T − x_0| after the last step."""
        return self._exponent(
            self.changes[:, :, -1, self._index(name)], self.prediction.changes[name]
        )

    def _index(self, name: str) -> int:
        if name not in self.names:
            raise KeyError(name)
        return self.names.index(name)

    def _exponent(self, values: Array, predicted: float) -> Exponent:
        widths = np.repeat(self.widths, values.shape[1])
        return Exponent(*fit_exponent(widths, values), predicted)

    def csv(self) -> str:
        """A row for each width, seed, step and vector: width, seed, step, vector, size, change."""
        rows = (
            [self.widths[w], s, t, self.names[v], float(size), float(self.changes[w, s, t, v])]
            for (w, s, t, v), size in np.ndenumerate(self.sizes)
        )
        return csv_text(("width", "seed", "step", "vector", "size", "change"), rows)

    def to_json(self) -> dict[str, Any]:
        """The exponents by vector as plain data; a word stands where no number is predicted."""
        return {
            "program": self.program,
            "widths": list(self.widths),
            "seeds": int(self.sizes.shape[1]),
            "steps": int(self.sizes.shape[2] - 1),
            "vectors": {
                name: {"size": _json(self.size(name)), "change": _json(self.change(name))}
                for name in self.names
            },
        }

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return html_text(str(self))

    def __str__(self) -> str:
        head = ("vector", "size n^e", "predicted", "change n^e", "predicted")
        rows = [head]
        for name in self.names:
            size, change = self.size(name), self.change(name)
            rows.append((name, size.shown, size.expected, change.shown, change.expected))
        spans = [max(len(row[i]) for row in rows) for i in range(len(head))]
        lines = ("  ".join(c.ljust(w) for c, w in zip(row, spans, strict=True)) for row in rows)
        return "\n".join(line.rstrip() for line in lines)


def _json(e: Exponent) -> dict[str, Any]:
    predicted: float | str = e.expected
    if np.isfinite(e.predicted):
        predicted = e.predicted + 0.0
    measured = None if np.isnan(e.measured) else e.measured
    error = None if np.isnan(e.error) else e.error
    return {"measured": measured, "error": error, "predicted": predicted}


@reads_program
def coordinate_check(
    program: Program,
    data: AnyData | None = None,
    *,
    widths: Sequence[int],
    steps: int = 3,
    lr: float = 0.1,
    batch: int | None = None,
    seeds: int = 4,
    seed: int = 0,
    synthetic: int | None = None,
    columns: Columns = None,
    standardize: str = "none",
    missing: str = "refuse",
    probes: int = 8,
    vectors: Sequence[str] | None = None,
    dtype: str = "float64",
    optimizer: str = "sgd",
    progress: Progress | None = None,
) -> CoordinateCheck:
    """Train at every width and measure the coordinates of every named vector of the body.

    `data` is a CSV or NPZ file, a data set or arrays; or there are `synthetic` samples. `columns`
    choose those of a file and `standardize` ("data", or "all" for targets that are numbers too)
    makes means 0 and variances 1, see `load_data`; rows with `missing` values are refused or left
    out ("drop"). Networks are trained for `steps` steps on the same schedule; `probes` of the
    samples are followed, and beside the vectors the outputs; `vectors` names others. `optimizer`
    is one of `train`, with the rates of each layer in its parametrization; of Adam updates of order
    η are predicted, whatever the gradient, which has to be larger than its ε of 1e-8. `progress`
    hears (done, all).

    Raises TPError for a program without loss or params, and TPDataError for what does not fit.
    Source: Tensor Programs V (arXiv 2203.03466), Appendix D.1; predictions from TP IV, IVb.
    """
    check_settings(program, steps, lr, 1 if batch is None else batch, seed)
    _require(widths, seeds, probes)
    names = _names(program, vectors)
    samples = samples_of(program, data, synthetic, seed, columns, standardize, missing)
    size = batch_of(batch, len(samples))
    first = samples.rows(np.arange(min(probes, len(samples))))
    probed = first.only(d.variable.name for d in program.data)
    seen = experience(program, samples, probed, steps, size, seed)
    module = compile(program, dtype, optimizer=None if optimizer == "sgd" else optimizer)
    rates = adaptive_exponents(program) if optimizer_named(optimizer).adaptive else None
    shape = (len(widths), seeds, steps + 1, len(names))
    require_networks(len(widths), seeds)
    require_room(
        2 * math.prod(shape), f"the sizes of {steps:,} steps", "choose fewer steps or seeds"
    )
    sizes, changes = np.empty(shape), np.empty(shape)
    for w, width in enumerate(widths):
        for s in range(seeds):
            stream = seed_sequence(seed, "network", width, s)
            params = module.init(sizes_of(program, width), stream)  # type: ignore[arg-type]
            start: Mapping[str, Array] | None = None
            for t, values in enumerate(_trajectory(module, params, seen, names, lr)):
                start = values if start is None else start
                sizes[w, s, t] = [_rms(values[name]) for name in names]
                changes[w, s, t] = [_rms(values[name] - start[name]) for name in names]
            if progress is not None:
                progress(w * seeds + s + 1, len(widths) * seeds)
    outputs = tuple(o.name for o in program.outputs if o.name in names)
    prediction = predict(program, steps, rates)
    chosen = tuple(int(w) for w in widths)
    return CoordinateCheck(program.title, chosen, names, outputs, sizes, changes, prediction)


def _trajectory(
    module: Module, params: Params, seen: Experience, names: Sequence[str], lr: float
) -> Iterator[Mapping[str, Array]]:
    """The values of the named vectors at the probes, before and after every step."""
    probes = [seen.test[d.variable.name] for d in module.program.data]
    order = [d.variable.name for d in (*module.program.data, *module.program.targets)]
    state = None if module.optimizer is None else module.init_state(params)
    with np.errstate(all="ignore"):  # what is unstable may overflow, and is then reported so
        for step in range(seen.steps + 1):
            values = {n: v for n, v in module.variables(params, *probes) if n in names}
            yield {name: values[name].astype(np.float64) for name in names}
            if step < seen.steps:
                rows = seen.schedule[step]
                arrays = [seen.train[name][rows] for name in order]
                if state is None:
                    module.sgd_step(params, *arrays, lr)
                else:
                    module.optimizer_step(params, state, *arrays, lr=lr)


def _rms(values: npt.NDArray[np.float64]) -> float:
    with np.errstate(all="ignore"):
        return float(np.sqrt(np.mean(values**2)))


def _names(program: Program, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The vectors to follow: the named ones of the body that an equation binds, and the outputs.

    What depends on a target is not among them: probes have none.
    """
    told = {d.variable.name for d in program.targets}
    for equation in program.equations:
        if any(v.name in told for v in equation.inputs):
            told.add(equation.out.name)
    if wanted is None:
        bound = [e.out for e in program.equations]
        body = [v.name for v in bound if v.is_wide and not v.is_temporary]
        outputs = (o.name for o in program.outputs)
        return tuple(name for name in dict.fromkeys([*body, *outputs]) if name not in told)
    for name in wanted:
        if name not in program.variables or name not in program.equation_of:
            raise TPDataError(f"program {program.name} computes no {name}")
        if name in told:
            raise TPDataError(
                f"{name} depends on a target, which probes do not have",
                mend="choose vectors of the forward pass",
            )
    return tuple(wanted)


def _require(widths: Sequence[int], seeds: int, probes: int) -> None:
    if len(set(require_wholes(widths, "widths", 1))) < 2:
        raise TPDataError(
            f"widths are {', '.join(map(str, widths))}", expected="two widths or more, each ≥ 1"
        )
    if seeds < 1 or probes < 1:
        raise TPDataError(f"{seeds} seeds and {probes} probes", expected="one or more of each")
