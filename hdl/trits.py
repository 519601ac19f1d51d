"""The decoder of packed ternary weights."""

from amaranth.hdl import Cat, Module, Mux
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.spec.trits import GROUP

__all__ = ["TritDecoder"]


class TritDecoder(wiring.Component):
    """Five weights from a byte, by the rules of `spec.trits`. No register.

    Members
    -------
    packed : In(8)
        The byte.
    codes : Out(10)
        Five ternary codes of two bits, the first weight in the lowest bits.
    """

    packed: In(8)
    codes: Out(2 * GROUP)

    kind = "trit_decoder"

    def elaborate(self, platform):
        m = Module()
        b = self.packed
        escape = b[2:5].all()
        c = Cat(b[:2], Mux(escape, b[5:8], b[2:5]))
        low, high, top = c[:2], c[2:4], c[4]
        pair, single = b[5:7], b[7]
        numbers = [
            Mux(low.all(), high, low),
            Mux(low.all(), top, Mux(high.all(), 2, high)),
            Mux(low.all() | high.all(), 2, top),
            Mux(escape, 2, Mux(pair.all(), single, pair)),
            Mux(escape | pair.all(), 2, single),
        ]
        for index, number in enumerate(numbers):
            # 0, 1 and 2 are the weights 0, 1 and -1, in two's complement.
            code = self.codes.word_select(index, 2)
            m.d.comb += code.eq(Cat(number[:2].any(), number[1:2]))
        return m
