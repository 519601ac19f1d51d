"""Products with scales; see `spec.scales`."""

from spec.scales import Constant, Power, Scale

__all__ = ["scaled"]


def scaled(value, record, name, scale: Scale):
    """``value`` times the scale that is stored as ``name`` in a record, if it is stored."""
    if isinstance(scale, Constant):
        return value * scale.value
    if isinstance(scale, Power):
        return (value << record[name]) << scale.least
    return value * record[name]
