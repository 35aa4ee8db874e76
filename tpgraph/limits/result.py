"""What the limit of a program is: a value with an error bar for everything in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tpgraph.errors import TPNameError, TPTypeError
from tpgraph.limits.derivation import derivation
from tpgraph.limits.estimates import Array, Basis, Estimate, VectorLimit
from tpgraph.program import Program, canonical_variable
from tpgraph.shown import html_table, one_line

__all__ = ["Limit"]


@dataclass(frozen=True, repr=False)
class Limit:
    """The infinite-width limit of a program.

    Scalars are deterministic; a vector is a random variable Z, of which its coordinates are iid
    copies. Readouts are random over initializations: they stand among the vectors, with mean and
    variance, and so do scalars made of them. Errors of the `engine` "exact" are estimates: by how
    much a number moves where all that it is made of moves by its rounding and quadrature, and 0 of
    what is 0 by structure. Those of "sampled" are standard deviations over replicates, of `samples`
    samples in all.
    """

    program: Program
    engine: str
    samples: int
    scalar_values: Mapping[str, Estimate]
    vectors: Mapping[str, VectorLimit]
    joint: Callable[[str, str], Estimate] = field(repr=False, compare=False)

    def __repr__(self) -> str:
        counts = f"{len(self.vectors)} vectors", f"{len(self.scalar_values)} scalars"
        least_sure = max(self.bases, default=Basis.CLOSED_FORM)
        return one_line("Limit", self.program.name, *counts, self.engine, least_sure.words)

    def _repr_html_(self) -> str:
        """What notebooks show: mean and variance of every vector, value of every scalar."""
        rows = [[n, _shown(v.mean), _shown(v.var)] for n, v in self.vectors.items()]
        rows += [[name, _shown(found), ""] for name, found in self.scalar_values.items()]
        return html_table(repr(self)[1:-1], ["", "E Z, or the scalar", "Var Z"], rows)

    def scalar(self, name: str) -> float:
        """θ̊. Raises TPTypeError for a scalar that stays random, TPNameError for no scalar."""
        return self._scalar(name).value

    def error(self, name: str) -> float:
        """The error bar of a scalar, or the larger one of a vector's mean and variance."""
        if canonical_variable(name) in self.vectors:
            vector = self.vector(name)
            return max(vector.mean.error, vector.var.error)
        return self._scalar(name).error

    def basis(self, name: str) -> Basis:
        """How a scalar, or a vector's numbers, are known. Raises TPNameError."""
        if canonical_variable(name) in self.scalar_values:
            return self.scalar_values[canonical_variable(name)].basis
        return self.vector(name).basis

    @property
    def bases(self) -> dict[Basis, tuple[str, ...]]:
        """The names of scalars and vectors by how they are known, the surest first."""
        names = [*self.vectors, *self.scalar_values]
        found = {basis: tuple(x for x in names if self.basis(x) == basis) for basis in Basis}
        return {basis: own for basis, own in found.items() if own}

    def _scalar(self, name: str) -> Estimate:
        name = canonical_variable(name)
        if name in self.scalar_values:
            return self.scalar_values[name]
        if name in self.vectors and self.vectors[name].dimension is None:
            raise TPTypeError(
                f"{name} depends on a readout, which stays random in the limit",
                mend=f'ask for .mean("{name}") and .var("{name}")',
            )
        raise self._unknown(name, "scalar")

    def _unknown(self, name: str, kind: str) -> TPNameError:
        if canonical_variable(name) in self.program.variables:
            why = "depends on targets that were not given, or grows with width"
            return TPNameError(f"{name} {why}, or is no {kind}")
        known = ", ".join(self.vectors if kind == "vector" else self.scalar_values)
        return TPNameError(
            f"program {self.program.name} has no {name}", expected=known and f"one of {known}"
        )

    def vector(self, name: str) -> VectorLimit:
        """Everything about one vector. Raises TPNameError."""
        found = self.vectors.get(canonical_variable(name))
        if found is None:
            raise self._unknown(name, "vector")
        return found

    def mean(self, name: str) -> float:
        """E Z^x."""
        return self.vector(name).mean.value

    def values(self, name: str) -> Array:
        """E of every entry of a vector of fixed dimension, (d,): of a known readout its value."""
        return self.vector(name).values

    def var(self, name: str) -> float:
        """Var Z^x."""
        return self.vector(name).var.value

    def hat_var(self, name: str) -> float:
        """Var Ẑ^x. Raises TPTypeError for what a Nonlin makes."""
        found = self.vector(name).hat_var
        if found is None:
            raise TPTypeError(f"{name} is made by a Nonlin, which has no Ẑ")
        return found.value

    def dot(self, name: str) -> dict[str, float]:
        """The coefficients c_y of Ż^x = Σ_y c_y Z^y."""
        return {y: c.value for y, c in self.vector(name).dot.items()}

    def cov(self, a: str, b: str) -> float:
        """Cov(Z^a, Z^b); of vectors of fixed dimension the mean over entries.

        Raises TPTypeError for vectors of different dimensions, which have no common coordinates.
        """
        return self.covariance(a, b).value

    def covariance(self, a: str, b: str) -> Estimate:
        """Cov(Z^a, Z^b) with its error bar."""
        first, second = self.vector(a), self.vector(b)
        if first.dimension != second.dimension:
            raise TPTypeError(
                f"{a} is of dimension {first.dimension} and {b} of {second.dimension}",
                expected="vectors of the same dimension",
            )
        return self.joint(canonical_variable(a), canonical_variable(b))

    def to_json(self, covariances: Iterable[tuple[str, str]] = ()) -> dict[str, Any]:
        """The document of `tpgraph limit --json`.

        {"engine", "scalars": {name: {"value", "error", "basis"}}, "vectors": {name: {"mean", "var",
        "hat_var" (null for a Nonlin), "dot": {vector: coefficient}, "error", "basis"}}}, and where
        pairs are asked for "covariances": [{"of": [name, name], "value", "error", "basis"}]; a
        basis is the name of a `Basis` in small letters, such as "closed_form".
        """
        scalars = {}
        for name, found in self.scalar_values.items():
            scalars[name] = _json(found)
        vectors = {}
        for name, vector in self.vectors.items():
            hat = vector.hat_var
            vectors[name] = {
                "mean": vector.mean.value,
                "var": vector.var.value,
                "hat_var": None if hat is None else hat.value,
                "dot": self.dot(name),
                "error": self.error(name),
                "basis": vector.basis.name.lower(),
            }
        document: dict[str, Any] = {"engine": self.engine, "scalars": scalars, "vectors": vectors}
        pairs = [(canonical_variable(a), canonical_variable(b)) for a, b in covariances]
        if pairs:
            asked = [(pair, self.covariance(*pair)) for pair in pairs]
            document["covariances"] = [{"of": list(pair), **_json(c)} for pair, c in asked]
        return document

    @property
    def certainty(self) -> str:
        """How sure the numbers are, and why, in one line that names each."""
        if self.engine == "exact":
            why = (
                "errors are estimates: all is evaluated again with every number moved within its"
                " own error"
            )
        else:
            why = (
                f"errors are standard deviations of {self.samples:,} samples in replicates:"
                " one covers about 2 of 3 cases, fewer where tails are heavy"
            )
        groups = (f"{basis.words}: {_listed(names)}" for basis, names in self.bases.items())
        return "; ".join([why, *groups])

    def derivation(self, latex: bool = False, covariances: Iterable[tuple[str, str]] = ()) -> str:
        """How every number came about: one line per instruction, with the rule that it applies.

        Then a line for every covariance that is asked for. As text, or with `latex` as a group of
        paragraphs that needs amsmath and amssymb.
        """
        pairs = [(canonical_variable(a), canonical_variable(b)) for a, b in covariances]
        found = {pair: self.covariance(*pair) for pair in pairs}
        return derivation(self.program, self.scalar_values, self.vectors, latex, found)


_MOST_LISTED = 12


def _listed(names: Sequence[str]) -> str:
    """The names, the first of many."""
    more = len(names) - _MOST_LISTED
    if more <= 1:
        return ", ".join(names)
    return ", ".join(names[:_MOST_LISTED]) + f" and {more} more"


def _json(found: Estimate) -> dict[str, Any]:
    return {"value": found.value, "error": found.error, "basis": found.basis.name.lower()}


def _shown(found: Estimate) -> str:
    return f"{found.value:.6g}" + (f" ± {found.error:.1g}" if found.error else "")
