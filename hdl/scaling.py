"""Products with scales; see `spec.scales`."""

from amaranth.hdl import C, Mux

from pascaline.hdl.tree import add
from pascaline.spec.scales import Constant, Power, Scale, Signed

__all__ = ["number", "scaled"]


def number(record, name, scale: Scale):
    """The scale itself, for a multiplier that is there anyway."""
    if isinstance(scale, Constant):
        return C(scale.value, scale.interval.width)
    if isinstance(scale, Signed):
        return Mux(record[name], C(-scale.value, scale.interval.width), scale.value)
    if isinstance(scale, Power):
        return (1 << record[name]) << scale.least
    return record[name]


def scaled(value, record, name, scale: Scale):
    """``value`` times the scale that is stored as ``name`` in a record, if it is stored."""
    if isinstance(scale, Constant):
        return value * scale.value
    if isinstance(scale, Signed):
        negative = record[name]
        product = (value * scale.value).as_signed()
        # The complement, and 1: an adder, which is the chain of the sum behind it.
        flipped = (product ^ negative.replicate(len(product))).as_signed()
        return add(flipped, C(0, 1), negative)
    if isinstance(scale, Power):
        return (value << record[name]) << scale.least
    return value * record[name]
