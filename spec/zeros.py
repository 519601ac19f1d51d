"""Zero points of the matrices that lanes read: the sum that all rows share, and its range.

With a zero point z, the sum of a row is ``sum_j (weight[r, j] - z) * v[j]``, which is::

    sum_j weight[r, j] * v[j]  -  z * sum_j v[j]

Lanes make the first part of each row, with weights as they are stored. The second is the same for
all rows, so there is one such sum beside the lanes, with one multiplier, and it is subtracted where
sums leave the lanes. It is made chunk by chunk, as the sums of the lanes are, and takes no cycles.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_

from pascaline.spec.formats import Interval
from pascaline.spec.layout import Field, Layout

__all__ = ["ZeroPoints"]


@dataclass(frozen=True, kw_only=True)
class ZeroPoints:
    """Zero points of a product, and the ranges of all that they have a part in.

    Nothing overflows: the sum of the lanes and the shared sum are each as wide as their own ranges,
    and their difference as wide as its.

    Attributes
    ----------
    ranges : tuple of Interval
        Of the zero point of each source of a pass, and 0.
    lanes : tuple of Interval
        Ranges of the sums that a row has on its lane, before anything is subtracted.
    shared : tuple of Interval
        Of each of these the range of what is subtracted.
    rows : tuple of tuple of int
        Of each pass, in a bidirectional core of each direction in turn, those of its sources.
    loaded : bool
        Whether they come in an image; else they are constants of the netlist.
    """

    ranges: tuple[Interval, ...]
    lanes: tuple[Interval, ...]
    shared: tuple[Interval, ...]
    rows: tuple[tuple[int, ...], ...]
    loaded: bool

    @property
    def values(self) -> Interval:
        """Range of a zero point of any source, and 0."""
        return reduce(or_, self.ranges)

    @property
    def layout(self) -> Layout:
        """Fields of those of a pass, as they are loaded."""
        fields = enumerate(self.ranges)
        return Layout(tuple(Field(f"z{k}", one.width, signed=True) for k, one in fields))

    def words(self) -> list[int]:
        """The memory that they are loaded into: a word a row."""
        names = [field.name for field in self.layout.fields]
        return [self.layout.pack(dict(zip(names, row, strict=True))) for row in self.rows]

    @property
    def sums(self) -> tuple[Interval, ...]:
        """Ranges of the sums of a row."""
        return tuple(own + -less for own, less in zip(self.lanes, self.shared, strict=True))
