"""The small plot of a distribution: bars at finite width, a line for the limit, atoms as spikes.

Bars and line have one scale, density over z, in which the higher of the line's and the bars' peaks
fills the plot; a spike is as high as its mass, 1 filling the plot.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tpgraph.notation.scene.annotation import Annotation, Histogram
from tpgraph.notation.scene.display import Disc, DisplayMark, Paint, Polygon, Rectangle
from tpgraph.notation.scene.geometry import Box
from tpgraph.notation.scene.scene import Point
from tpgraph.notation.scene.style import Style

__all__ = ["plot_marks"]

_HEAD = 0.92  # of the height is filled by the highest peak
_TICK = 1.6  # pt below the axis, at z = 0
_INSET = 1.2  # pt from the plot's sides, so that a spike at its edge is seen whole
_DOT = 1.4  # strokes from the middle of a spike's head to its edge
_LEAST = 1e-9


def plot_marks(annotation: Annotation, box: Box, style: Style) -> Iterator[DisplayMark]:
    """The marks of an annotation's plot in its box, from the bottom to the top."""
    left, bottom, right, top = box
    bottom += _TICK
    scale = _scale(annotation, (left + _INSET, bottom, right - _INSET, top))
    if annotation.histogram is not None:
        yield from _bars(annotation.histogram, scale, style)
    axis = Paint(None, style.ink, style.plot_axis)
    yield Polygon(((left, bottom), (right, bottom)), False, axis)
    if scale.low <= 0.0 <= scale.high:
        x = scale.x(0.0)
        yield Polygon(((x, bottom), (x, bottom - _TICK)), False, axis)
    if annotation.density is not None:
        paint = Paint(None, style.plot_curve, style.plot_stroke)
        if annotation.density.points:
            points = tuple((scale.x(z), scale.y(p)) for z, p in annotation.density.points)
            yield Polygon(points, False, paint)
        for atom in annotation.density.atoms:
            x, y = scale.x(atom.at), scale.height(atom.mass)
            yield Polygon(((x, bottom), (x, y)), False, paint)
            yield Disc(x, y, _DOT * style.plot_stroke, Paint(style.plot_curve))


@dataclass(frozen=True, slots=True)
class _Scale:
    """From z and density to points of the picture."""

    box: Box
    low: float
    high: float
    peak: float

    def x(self, z: float) -> float:
        """Where a value stands; what lies beyond the plot stands at its edge."""
        left, _, right, _ = self.box
        share = (z - self.low) / (self.high - self.low)
        return left + (right - left) * min(max(share, 0.0), 1.0)

    def y(self, density: float) -> float:
        """How high a density stands."""
        return self.height(density / self.peak if self.peak else 0.0)

    def height(self, share: float) -> float:
        """How high a share of the plot stands."""
        _, bottom, _, top = self.box
        return bottom + (top - bottom) * _HEAD * min(share, 1.0)


def _scale(annotation: Annotation, box: Box) -> _Scale:
    histogram, density = annotation.histogram, annotation.density
    values: list[float] = []
    peaks = [0.0]
    if histogram is not None:
        values += [histogram.low, histogram.high]
        peaks += _heights(histogram)
    if density is not None:
        values += [z for z, _ in density.points] + [atom.at for atom in density.atoms]
        peaks += [p for _, p in density.points]
    low, high = min(values), max(values)
    if high - low <= _LEAST * max(abs(low), abs(high), _LEAST):
        low, high = low - max(abs(low), 1.0), high + max(abs(low), 1.0)
    return _Scale(box, low, high, max(peaks))


def _heights(histogram: Histogram) -> list[float]:
    """The densities of the bins, without what is at atoms."""
    total, width = sum(histogram.counts), _width(histogram)
    counts = [float(count) for count in histogram.counts]
    for atom in histogram.atoms:
        place = int((atom.at - histogram.low) / width) if width else 0
        counts[min(place, len(counts) - 1)] -= atom.mass * total
    return [max(count, 0.0) / (total * width) if width else 0.0 for count in counts]


def _width(histogram: Histogram) -> float:
    return (histogram.high - histogram.low) / len(histogram.counts)


def _bars(histogram: Histogram, scale: _Scale, style: Style) -> Iterator[DisplayMark]:
    """The outline of all bars, and a bar of its own for every atom."""
    paint, base = Paint(style.plot_bars), scale.box[1]
    heights, width = _heights(histogram), _width(histogram)
    if any(heights):
        corners: list[Point] = [(scale.x(histogram.low), base)]
        for i, height in enumerate(heights):
            y = scale.y(height)
            ends = histogram.low + i * width, histogram.low + (i + 1) * width
            corners += [(scale.x(end), y) for end in ends]
        yield Polygon((*corners, (scale.x(histogram.high), base)), True, paint)
    for atom in histogram.atoms:
        x = scale.x(atom.at)
        yield Rectangle(x - _INSET, base, x + _INSET, scale.height(atom.mass), 0.0, paint)
