"""From the specification's ranges, formats and layouts to Amaranth shapes."""

from amaranth.hdl import Signal, signed, unsigned
from amaranth.lib import data

from pascaline.spec.formats import Format, Interval
from pascaline.spec.layout import Field, Layout

__all__ = ["delayed", "shape", "struct", "sums_struct"]


def shape(of):
    """Shape that holds an `Interval` or a `Format`."""
    if isinstance(of, Format):
        return signed(of.width) if of.signed else unsigned(of.width)
    if isinstance(of, Interval):
        return signed(of.width) if of.signed else unsigned(of.width)
    raise TypeError(f"an interval or a format has a shape, not {of!r}")


def struct(layout: Layout):
    """Structure of a `Layout`; vectors become arrays."""
    return data.StructLayout({field.name: _field(field) for field in layout.fields})


def _field(field: Field):
    element = signed(field.width) if field.signed else unsigned(field.width)
    return element if field.count is None else data.ArrayLayout(element, field.count)


def sums_struct(ranges):
    """Structure of the sums of one row in a drain: ``s0``, ``s1``, ... ."""
    return data.StructLayout({f"s{k}": shape(range_) for k, range_ in enumerate(ranges)})


def delayed(m, value, cycles, *, name, reset_less=False, init=None):
    """``value`` as it was ``cycles`` cycles ago; before, ``init`` or 0, without reset anything."""
    for cycle in range(1, cycles + 1):
        register = Signal(value.shape(), name=f"{name}_{cycle}", reset_less=reset_less, init=init)
        m.d.sync += register.eq(value)
        value = register
    return value
