"""From the specification's ranges, formats and layouts to Amaranth shapes."""

from amaranth.hdl import signed, unsigned
from amaranth.lib import data

from pascaline.spec.formats import Format, Interval
from pascaline.spec.layout import Field, Layout

__all__ = ["shape", "struct", "sums_struct"]


def shape(of: Format | Interval | Field):
    """Shape of a number: as wide as it says, signed if it says so."""
    return signed(of.width) if of.signed else unsigned(of.width)


def struct(layout: Layout):
    """Structure of a `Layout`; vectors become arrays."""
    return data.StructLayout({field.name: _field(field) for field in layout.fields})


def _field(field: Field):
    element = shape(field)
    return element if field.count is None else data.ArrayLayout(element, field.count)


def sums_struct(ranges):
    """Structure of the sums of one row in a drain: ``s0``, ``s1``, ... ."""
    return data.StructLayout({f"s{k}": shape(range_) for k, range_ in enumerate(ranges)})
