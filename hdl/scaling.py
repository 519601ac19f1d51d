"""Products with scales; see `spec.scales`."""

from amaranth.hdl import C

from pascaline.spec.scales import Constant, Power, Scale

__all__ = ["number", "scaled"]


def number(record, name, scale: Scale):
    """The scale itself, for a multiplier that is there anyway."""
    if isinstance(scale, Constant):
        return C(scale.value, scale.interval.width)
    if isinstance(scale, Power):
        return (1 << record[name]) << scale.least
    return record[name]


def scaled(value, record, name, scale: Scale):
    """``value`` times the scale that is stored as ``name`` in a record, if it is stored."""
    if isinstance(scale, Constant):
        return value * scale.value
    if isinstance(scale, Power):
        return (value << record[name]) << scale.least
    return value * record[name]
