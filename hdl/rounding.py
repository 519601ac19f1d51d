"""The two rules by which a wide integer becomes a narrow one (defined in `spec.formats`)."""

from amaranth.hdl import Signal

from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Format, Interval, half

__all__ = ["narrow"]


def narrow(m, value, interval, shift, to: Format, *, name, registered=False, halved=False):
    """``saturate(round_shift(value, shift), to)`` as a combinational signal.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    value : Value
        The wide number.
    interval : Interval
        Its range (without the half); decides how many bits the saturation looks at, and whether
        there is one at all.
    shift : int
        Bits to drop.
    to : Format
        The narrow format.
    name : str
        Prefix of the signals.
    registered : bool
        One cycle later, with a register between the sum and the saturation.
    halved : bool
        The half that rounds has been added already.
    """
    biased_range = interval + Interval(half(shift), half(shift))
    biased = Signal(shape(biased_range), name=f"{name}_biased", reset_less=True)
    m.d["sync" if registered else "comb"] += biased.eq(value if halved else value + half(shift))
    rounded_range = interval.rounded(shift)
    rounded = Signal(shape(rounded_range), name=f"{name}_rounded")
    m.d.comb += rounded.eq(biased >> shift)

    result = Signal(shape(to), name=name)
    m.d.comb += result.eq(rounded)
    below = rounded_range.lo < to.interval.lo
    above = rounded_range.hi > to.interval.hi
    negative = rounded[-1] if rounded_range.signed else 0
    # The bits that the format lacks, and its sign bit, are all equal exactly if the number fits.
    extra = rounded[to.width - 1 if to.signed else to.width :]
    if above:
        with m.If(extra.any() & ~negative if rounded_range.signed else extra.any()):
            m.d.comb += result.eq(to.interval.hi)
    if below:
        with m.If(negative & ~extra.all() if to.signed else negative):
            m.d.comb += result.eq(to.interval.lo)
    return result
