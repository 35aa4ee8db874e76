"""The option --numbers of draw: values of the infinite-width limit beside the marks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

import tpgraph as tp
from tpgraph_cli.choices import several
from tpgraph_cli.passes import Passes, PassName
from tpgraph_cli.samples import DataReading, one_sample

if TYPE_CHECKING:
    from tpgraph import Annotation, Limit, Program

__all__ = ["LimitNumbers", "NumberKind", "NumbersBeside"]


class NumberKind(StrEnum):
    """Numbers that can stand beside a vector."""

    mean = "mean"
    var = "var"
    hat = "hat"
    dot = "dot"
    size = "size"


NumbersBeside = Annotated[
    str | None,
    typer.Option(
        "--numbers",
        metavar="KINDS",
        parser=several(NumberKind),
        help="Numbers of the infinite-width limit beside vectors, among mean, var, hat (Var Ẑ), dot"
        " (Ż) and size (√E Z²), such as mean,var; of a network with --data or --synthetic."
        " Scalars have their limits. Densities as well: limit --draw.",
    ),
]


@dataclass(frozen=True)
class LimitNumbers:
    """Which numbers, and of which sample of a network."""

    kinds: tuple[str, ...]
    data: str | None
    synthetic: int | None
    sample: int | None
    reading: DataReading

    @classmethod
    def of(
        cls,
        kinds: str | None,
        data: str | None,
        synthetic: int | None,
        sample: int | None,
        reading: DataReading,
    ) -> LimitNumbers | None:
        """By the options; None without --numbers, where the others would do nothing."""
        if kinds is None:
            if data is not None or synthetic is not None or sample is not None or reading.is_said:
                raise typer.BadParameter(
                    "--data, --columns, --standardize, --missing, --synthetic and --sample are for"
                    " --numbers"
                )
            return None
        return cls(tuple(kinds.split(",")), data, synthetic, sample, reading)

    def beside(self, source: Program, program: Program, passes: Passes) -> dict[str, Annotation]:
        """The annotations of a program that is drawn, which has these passes of the source."""
        row = one_sample(source, program, self.data, self.synthetic, self.sample, self.reading)

        def taken(outputs: str | None) -> Limit:
            return tp.limit(program, data=row, outputs=outputs)

        try:
            found = taken(None)
        except tp.TPRandomError:
            if passes.name is PassName.forward or row is None:
                raise
            found = taken("sampled")
        notes = tp.annotate(program, limit=found, data=row, numbers=self.kinds)
        bare = {name: replace(note, density=None) for name, note in notes.items()}
        return {name: note for name, note in bare.items() if note.quantities}
