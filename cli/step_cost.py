"""`compile --explain`: what a training step costs, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tpgraph import Machine, StepCost

__all__ = ["cost_lines"]


def cost_lines(cost: StepCost, machine: Machine, batch: int, dtype: str) -> Iterator[str]:
    """A row for each weight, the rest, and the least time of a step in each way."""
    yield f"One training step, batch {batch}, {dtype}"
    yield ""
    rows = [("matrix", "shape", "products", "rows", "updates", "MB", "Mflop", "bound by")]
    for weight in cost.weights:
        chosen = weight.costs[weight.chosen]
        rows.append(
            (
                weight.name,
                f"{weight.shape[0]} × {weight.shape[1]}",
                f"{weight.products}",
                f"{weight.rows}",
                weight.chosen if weight.rows else "none",
                *_numbers(chosen.bytes, chosen.flops),
                "memory" if machine.is_bound_by_memory(chosen) else "arithmetic",
            )
        )
    rest = cost.rest
    rows.append(("coordinatewise", "", "", "", "", *_numbers(rest.bytes, rest.flops), "memory"))
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    yield ""
    bandwidth, rate = machine.bandwidth / 1e9, machine.rate / 1e9
    yield f"This machine, measured: reads {bandwidth:.1f} GB/s, multiplies {rate:.0f} Gflop/s."
    yield "A step takes at least, by the roofline of its products and updates:"
    for way in cost.ways:
        total, seconds = cost.total(way), cost.seconds(machine, way)
        yield f"  {way:9}{1e3 * seconds:10.3f} ms   moves {total.bytes / 1e6:.1f} MB"
    chosen_seconds = 1e3 * cost.seconds(machine)
    yield f"  chosen   {chosen_seconds:10.3f} ms   what --optimize does, weight by weight"


def _numbers(moved: float, flops: float) -> tuple[str, str]:
    return f"{moved / 1e6:.2f}", f"{flops / 1e6:.2f}"
