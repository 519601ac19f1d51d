"""A product by the digits of one factor in radix 4, from -2 to 2: half as many addends as bits."""

from functools import reduce
from operator import add

from amaranth.hdl import C, Cat, Mux, Signal

from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval

__all__ = ["booth"]


def booth(m, value, factor, plus, interval: Interval, *, name):
    """``value * factor + plus`` as a combinational signal (Booth, 1951; radix 4).

    Synthesis makes an addend of each bit of a factor; here it is one of two bits, and `plus` costs
    none. Bits of the factor that are constants make simpler addends. For logic: hard multipliers
    of FPGAs are not found in this. (Lanes take signed weights, and leave a carry to the tree that
    follows: `hdl.terms.Booth`.)

    Parameters
    ----------
    m : Module
        Where the logic goes.
    value : Value
        Signed.
    factor : Value
        Unsigned; best the one that changes less often.
    plus : int
        A constant to add.
    interval : Interval
        Range of the result, with ``plus``.
    name : str
        Of the result.
    """
    width = len(value) + 1
    bits = [C(0, 1), *factor, C(0, 1), C(0, 1)]
    addends, before = [], None
    for digit in range(len(factor) // 2 + 1):
        low, middle, high = bits[2 * digit : 2 * digit + 3]
        one, two = low ^ middle, Mux(high, ~(low | middle), low & middle)
        chosen = (Mux(one, value, 0) | Mux(two, value << 1, 0))[:width] ^ high.replicate(width)
        # The complement of the digit before lacks 1, which has room below this one.
        below = C(0, 0) if before is None else Cat(C(0, 2 * digit - 2), before, C(0, 1))
        addends.append(Cat(below, chosen).as_signed())
        before = high
    total = Signal(shape(interval), name=name)
    m.d.comb += total.eq(reduce(add, addends) + plus)
    return total
