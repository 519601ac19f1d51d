"""A function by pieces (`spec.pieces`): top bits of the argument choose a slope and an offset."""

from functools import reduce
from operator import or_

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Format, Interval
from pascaline.spec.pieces import Pieces

__all__ = ["PieceFunction"]


class PieceFunction(wiring.Component):
    """A function by pieces. Latency is 2, or 4 if pipelined; throughput one value a cycle.

    There is no memory in it. A slope that is a power of two is a choice of a shift; of other
    slopes each bit adds the argument once.

    Parameters
    ----------
    pieces : Pieces
        The pieces.
    out : Format
        Format of the value.
    pipelined : bool
        Whether there are registers behind the choice of a piece and behind the product.

    Members
    -------
    z : In(shape(pieces.pre))
        Argument.
    y : Out(shape(out))
        Value of the function.
    """

    def __init__(self, pieces: Pieces, out: Format, *, pipelined: bool):
        self._pieces = pieces
        self._out = out
        self._pipelined = pipelined
        super().__init__({"z": In(shape(pieces.pre)), "y": Out(shape(out))})

    def elaborate(self, platform):
        m = Module()
        pieces = self._pieces
        z = delayed(m, self.z, 1, name="z", reset_less=True)
        offset = self._choice(m, z, pieces.offset.tolist(), "offset")
        # All pieces with a slope are within these bits.
        x = Signal(shape(pieces.sloped))
        m.d.comb += x.eq(z)
        x = delayed(m, x, self._pipelined, name="x", reset_less=True)
        slopes = pieces.slope.tolist()
        powers = all(abs(slope) & (abs(slope) - 1) == 0 for slope in slopes)
        product = self._shifted(m, z, x, slopes) if powers else self._product(m, z, x, slopes)
        kept = Signal(shape(pieces.product))
        m.d.comb += kept.eq(product)
        kept = delayed(m, kept, self._pipelined, name="product", reset_less=True)
        offset = delayed(m, offset, self._pipelined, name="offset_beside", reset_less=True)
        y = Signal(shape(self._out), reset_less=True)
        m.d.sync += y.eq((kept + offset) >> pieces.guard)
        m.d.comb += self.y.eq(y)
        return m

    def _shifted(self, m, z, x, slopes):
        """The argument shifted by what is chosen of the powers of two that there are."""
        drop, terms = self._pieces.drop, []
        for slope in sorted({*slopes} - {0}):
            chosen = self._choice(m, z, [one == slope for one in slopes], f"slope_{len(terms)}")
            term = Signal(shape(self._pieces.product), name=f"term_{len(terms)}")
            m.d.comb += term.eq(Mux(chosen, (x * slope) >> drop, 0))
            terms.append(term)
        return reduce(or_, terms, 0)

    def _product(self, m, z, x, slopes):
        """The argument, shifted, once for each bit of the slope that is set."""
        range_ = Interval.of(slopes)
        slope = self._choice(m, z, slopes, "slope")
        total = 0
        for bit in range(range_.width):
            if all(one >> bit & 1 == 0 for one in slopes):
                continue
            term = Mux(slope[bit], x << bit, 0)
            total = total - term if range_.signed and bit == range_.width - 1 else total + term
        return total >> self._pieces.drop

    def _choice(self, m, z, numbers, name):
        """The number of the piece that the argument is in, registered if pipelined."""
        pieces = self._pieces
        grain, mask = pieces.grain, (1 << pieces.pre.width) - 1
        width = pieces.pre.width - grain
        chosen = Signal(shape(Interval.of(numbers)), name=name)
        with m.Switch(z[grain:]):
            for (first, last), number in zip(pieces.ranges, numbers, strict=True):
                # Negative codes follow all others, so a piece around 0 is two runs of codes.
                runs = [(first, min(last, -1)), (max(first, 0), last)]
                codes = [
                    ((start & mask) >> grain, (stop - start + 1) >> grain)
                    for start, stop in runs
                    if start <= stop
                ]
                patterns = [one for run in codes for one in _patterns(*run, width)]
                with m.Case(*patterns):
                    m.d.comb += chosen.eq(number)
        return delayed(m, chosen, self._pipelined, name=f"{name}_chosen", reset_less=True)


def _patterns(start, count, width):
    """As few patterns as there can be that match these codes and no others."""
    stop = start + count
    while start < stop:
        free = (start & -start).bit_length() - 1 if start else width
        free = min(free, (stop - start).bit_length() - 1)
        fixed = width - free
        yield (f"{start >> free:0{fixed}b}" if fixed else "") + "-" * free
        start += 1 << free
