"""What `tpgraph check` says of a program: its language, its variables, how its parameters scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tpgraph.errors import TextEdit, TPError
from tpgraph.program.any_program import reads_program
from tpgraph.program.classify import (
    GIA,
    Language,
    gradient_independence,
    is_reduced,
    language_of,
)
from tpgraph.program.equations import Parameter
from tpgraph.program.graph import Program
from tpgraph.program.monomial import ParameterFormulas, parameter_formulas
from tpgraph.program.parametrization import Analysis, Parametrization
from tpgraph.program.regime import analysis_of
from tpgraph.program.text import aligned
from tpgraph.shown import html_text
from tpgraph.types import Matrix, Vector

__all__ = ["Report", "error_entry", "report"]

LANGUAGES: dict[Language, str] = {
    "netsor": "Netsor (no transpose, no Moment)",
    "netsor+": "Netsor⁺ (Moments, no transpose)",
    "netsorT": "Netsor⊤ (transposes, no Moment)",
    "netsorT+": "Netsor⊤⁺ (transposes and Moments)",
}


@dataclass(frozen=True, slots=True)
class VectorEntry:
    """A vector of the program: its kind of variable and its dimension."""

    name: str
    kind: Literal["G", "X"]
    dim: str


@dataclass(frozen=True, slots=True)
class MatrixEntry:
    """A matrix of the program."""

    name: str
    rows: str
    columns: str
    trained: bool


@dataclass(frozen=True, slots=True, repr=False)
class Report:
    """The findings on one program; `to_json` and `str` are the two forms of `tpgraph check`."""

    name: str
    language: Language
    reduced: bool
    gia: GIA
    vectors: tuple[VectorEntry, ...]
    scalars: tuple[str, ...]
    matrices: tuple[MatrixEntry, ...]
    parametrization: Parametrization | None
    analysis: Analysis | None
    parameters: tuple[ParameterFormulas, ...]

    def to_json(self) -> dict[str, Any]:
        """The findings as plain data, in the documented form of `tpgraph check --json`.

        Data and targets are no vectors of the program and are left out. `regime` is unstable,
        trivial, kernel, feature learning or unknown; `stable` and `feature_learning` are null where
        it is unknown, and all of them where nothing is trained. `r` is a number, and null where no
        feature changes.
        """
        return {
            "name": self.name,
            "language": self.language,
            "reduced": self.reduced,
            "gia": {"holds": self.gia.holds, "reason": self.gia.reason},
            "vectors": {v.name: {"type": v.kind, "dim": v.dim} for v in self.vectors},
            "scalars": list(self.scalars),
            "matrices": {
                m.name: {"rows": m.rows, "columns": m.columns, "trained": m.trained}
                for m in self.matrices
            },
            "parametrization": self._parametrization_json(),
            "errors": [],
        }

    def _parametrization_json(self) -> dict[str, Any] | None:
        if self.parametrization is None:
            return None
        found = self.analysis
        judged = found if found is not None and found.is_known else None
        return {
            "name": self.parametrization.name,
            "stable": judged and judged.stable,
            "feature_learning": judged and judged.feature_learning,
            "regime": found and found.regime,
            "r": None if found is None or found.r is None else float(found.r),
        }

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        """What notebooks show."""
        return html_text(str(self))

    def __str__(self) -> str:
        g = sum(v.kind == "G" for v in self.vectors)
        counts = (
            f"{g} G-vars, {len(self.vectors) - g} X-vars, {len(self.scalars)} scalars,"
            f" {len(self.matrices)} matrices"
        )
        facts = [
            ("program", self.name),
            ("language", LANGUAGES[self.language]),
            ("variables", counts),
            ("reduced", "yes" if self.reduced else "no"),
            ("GIA", f"{'holds' if self.gia.holds else 'fails'}: {self.gia.reason}"),
        ]
        if self.parametrization is not None:
            facts.append(("parametrization", f"{self.parametrization.name}: {self.verdict}"))
        if self.advice is not None:
            facts.append(("advice", self.advice))
        rows = aligned(facts)
        if self.parameters:
            rows += [
                "",
                *aligned([("param", "layer", "Var W_αβ", "multiplier", "rate"), *self._rows]),
            ]
        return "\n".join(rows)

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (p.name, p.kind, str(p.variance), str(p.multiplier), str(p.rate))
            for p in self.parameters
        ]

    @property
    def verdict(self) -> str:
        """What training does as width grows, in the words of Tensor Programs IV."""
        found = self.analysis
        if found is None:
            return "nothing is trained"
        r = "features do not change" if found.r is None else f"r = {found.r}"
        match found.regime:
            case "unknown":
                return "not known: it has variables whose scale with width does not follow"
            case "unstable":
                return "unstable" if found.r is None else f"unstable ({r})"
            case "trivial":
                return f"stable, but trivial: training does not move the output ({r})"
            case "feature learning":
                return f"stable, features are learned ({r})"
            case "kernel":
                return f"stable, kernel regime ({r})"

    @property
    def advice(self) -> str | None:
        """How to mend an unstable standard parametrization; None where nothing needs saying.

        Source: Tensor Programs IV, section 3: with c = 0 it has r = −1, with c = 1 it is stable.
        """
        unstable = self.analysis is not None and not self.analysis.stable
        if not unstable or self.parametrization is None or self.parametrization.name != "standard":
            return None
        return (
            "standard means c = 0, a learning rate that does not shrink with width; c = 1 is the"
            " stable one: divide the learning rate by the width, or write"
            " abc(a=[0, 0, 0], b=[0, 1/2, 1/2], c=1)"
        )


@reads_program
def report(program: Program) -> Report:
    """Everything that `tpgraph check` says of a well-typed program."""
    outside = {d.variable.name for d in program.data} | {d.variable.name for d in program.targets}
    variables = [v for v in program.variables.values() if v.name not in outside]
    return Report(
        name=program.title,
        language=language_of(program),
        reduced=is_reduced(program),
        gia=gradient_independence(program),
        vectors=tuple(
            VectorEntry(v.name, "G" if program.is_g(v) else "X", str(v.type.dim))
            for v in variables
            if isinstance(v.type, Vector)
        ),
        scalars=tuple(v.name for v in variables if v.is_scalar),
        matrices=tuple(
            MatrixEntry(
                v.name,
                str(v.type.rows),
                str(v.type.columns),
                isinstance(program.declaration_of[v.name], Parameter),
            )
            for v in variables
            if isinstance(v.type, Matrix)
        ),
        parametrization=program.parametrization,
        analysis=analysis_of(program),
        parameters=_formulas(program),
    )


def _formulas(program: Program) -> tuple[ParameterFormulas, ...]:
    if program.parametrization is None:
        return ()
    base = program.widths[0] if program.widths else None
    return tuple(parameter_formulas(p, program.parametrization, base) for p in program.parameters)


def error_entry(error: TPError) -> dict[str, Any]:
    """One error as plain data, for the list `errors` of `tpgraph check --json`.

    `edits` are there where the mend is a change of the text; `guess` says of each whether another
    may be meant.

    >>> error_entry(TPError("x is bound twice", mend="rename it"))["mend"]
    'rename it'
    """
    span = error.span
    entry = {
        "message": error.message,
        "file": span and span.source.name,
        "line": span and span.line,
        "column": span and span.column,
        "expected": error.expected,
        "mend": error.mend,
    }
    return {**entry, "edits": list(map(_edit_entry, error.edits))} if error.edits else entry


def _edit_entry(edit: TextEdit) -> dict[str, Any]:
    return {
        "start": edit.span.start,
        "end": edit.span.end,
        "line": edit.span.line,
        "column": edit.span.column,
        "replacement": edit.replacement,
        "guess": edit.guess,
    }
