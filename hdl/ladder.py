"""A product as a ladder of adders, one for each bit of a factor."""

from amaranth.hdl import C, Cat, Signal, signed

from pascaline.hdl.shapes import shape
from pascaline.hdl.tree import add
from pascaline.spec.formats import Interval

__all__ = ["ladder"]


def ladder(m, factor, value, plus, interval: Interval, *, name):
    """``factor * value + plus`` as a combinational signal, for LUTs and no hard multiplier.

    Each rung adds the value, or nothing, to what the one below has carried over: a LUT and a bit of
    a carry chain do both. So it takes about ``len(factor) * len(value)`` LUTs, half of what Yosys
    makes of a multiplication, on a path of as many adders as the factor has bits.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    factor, value : Value
        What to multiply; best the one of fewer bits first.
    plus : int
        A constant to add, at least 0. It costs next to nothing below ``1 << (len(factor) - 1)``,
        nor does that very number if the factor has no sign.
    interval : Interval
        Range of the result, with ``plus``.
    name : str
        Of the result, and prefix of the rungs.
    """
    # As wide as a rung: Yosys 0.23 then has the choice inside of the adder's LUTs.
    value = Cat(value, value[-1] if value.shape().signed else C(0, 2)).as_signed()
    done, rest = [], C(0, signed(len(value) - 1))
    for place, bit in enumerate(factor):
        rung = Signal(signed(len(value)), name=f"{name}_{place}")
        term = value & bit.replicate(len(value)).as_signed()
        if factor.shape().signed and place == len(factor) - 1:
            m.d.comb += rung.eq(rest - term)
            rest = rung + plus
            break
        m.d.comb += rung.eq(add(rest, term, C(1, 1) if plus & 1 else None))
        plus >>= 1
        done.append(rung[0])
        rest = rung[1:].as_signed()
    else:
        rest = rest + plus
    product = Signal(shape(interval), name=name)
    m.d.comb += product.eq(Cat(*done, rest).as_signed())
    return product
