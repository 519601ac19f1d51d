"""A unit of the element-wise part: from the sums of its gate rows to its new h."""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.cells.layer import Layer
from pascaline.spec.formats import Interval
from pascaline.spec.layout import Field, Layout
from pascaline.spec.pipeline import Pipeline
from pascaline.spec.scales import Number, Scale

__all__ = ["UnitSpec"]


@dataclass(frozen=True, kw_only=True)
class UnitSpec:
    """All that the hardware of a unit follows from.

    Attributes
    ----------
    layer : Layer
        Formulas and formats.
    pipeline : Pipeline
        Latencies.
    sums : tuple of Interval
        Ranges of the sums that a gate row has: those of the lanes, one or one a source, the source
        read last first, or what they are standardised to; then that of the transform of h, if
        there is one.
    row_scales, unit_scales : dict of str to Scale
        How scales are stored, among the tensors of rows and of units; those of rows in the order of
        ``sums``.
    biases, rounded : dict of str to Interval
        Ranges of all other tensors of rows and units by name; ``rounded``: with the half that
        rounds, as memories have it.
    full_tables : bool
        Whether no table is folded.
    ladders : bool
        Whether products of two values are made of adders.
    """

    layer: Layer
    pipeline: Pipeline
    sums: tuple[Interval, ...]
    row_scales: dict[str, Scale]
    unit_scales: dict[str, Scale]
    biases: dict[str, Interval]
    rounded: dict[str, Interval]
    full_tables: bool = False
    ladders: bool = False

    @property
    def gates(self) -> int:
        """Gate rows of a unit that are computed together."""
        return max(len(phase) for phase in self.layer.phases)

    @property
    def transformed(self) -> bool:
        """Whether the last sum is that of a transform: all gates of a unit have the same."""
        return self.layer.transform is not None

    @property
    def lane_sums(self) -> tuple[Interval, ...]:
        """Ranges of the sums that come from the lanes."""
        return self.sums[:-1] if self.transformed else self.sums

    def place(self, scale: str) -> int:
        """Which of the sums of a row a scale belongs to."""
        return list(self.row_scales).index(scale)

    @property
    def row_product(self) -> Interval:
        """Range of ``scale_h * A + scale_x * B``."""
        scales = self.row_scales.values()
        products = (s.interval * r for s, r in zip(scales, self.sums, strict=True))
        return sum(products, start=Interval(0, 0))

    @property
    def row_layout(self) -> Layout:
        """Fields of a gate row in memory; one scale if all scales of each row are equal."""
        return self._layout(self.row_scales, self.layer.row_tensors)

    @property
    def unit_layout(self) -> Layout:
        """Fields of a unit in memory, beside those of its rows."""
        return self._layout(self.unit_scales, self.layer.unit_tensors)

    def _layout(self, scales: dict[str, Scale], tensors: dict[str, Interval]) -> Layout:
        """Scales that are stored, and then what else there is."""
        fields = [
            Field(name, scale.bits, signed=isinstance(scale, Number))
            for name, scale in scales.items()
            if scale.bits
        ]
        for name in tensors:
            if name in self.rounded:
                width = (Interval.signed_bits(1) | self.rounded[name]).width
                fields.append(Field(name, width, signed=True))
        return Layout(tuple(fields))
