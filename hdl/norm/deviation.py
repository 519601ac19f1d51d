"""A row of layer norm: the deviation of a sum, what it adds to the spread, and its quotient."""

import hashlib

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.booth import booth
from pascaline.hdl.delay import delayed
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval, half
from pascaline.spec.standard import LEFT, Standard

__all__ = ["Deviation"]


class Deviation(wiring.Component):
    """A row a cycle, in a pipeline that never waits.

    Latencies are those of `spec.norm.NormUnit`: ``apart`` and ``front - feed - read`` cycles after
    the sum. The mean is wanted with the sum, the shift, and later the reciprocal, before their use.

    Parameters
    ----------
    standard : Standard
        What is computed.
    sums : Interval
        Range of the sums.
    pipelined : bool
        Whether there are registers within sums.

    Members
    -------
    sum : In(shape(sums))
        A sum.
    less : In(shape(-standard.mean(sums)))
        The mean of its gate, negative.
    shift : In(range(standard.most(sums) - standard.least + 1))
        As of `hdl.norm.reciprocal.Reciprocal`.
    reciprocal : In(standard.mantissa)
        As of the same.
    apart : Out(shape(standard.apart(sums)))
        The magnitude of its deviation, less 1 if that is negative.
    negative : Out(1)
        Whether it is.
    normal : Out(shape(standard.normal))
        The sum standardised.
    """

    def __init__(self, standard: Standard, sums: Interval, *, pipelined):
        self._standard, self._sums, self._pipelined = standard, sums, pipelined
        super().__init__(
            {
                "sum": In(shape(sums)),
                "less": In(shape(-standard.mean(sums))),
                "shift": In(range(standard.most(sums) - standard.least + 1)),
                "reciprocal": In(standard.mantissa),
                "apart": Out(shape(standard.apart(sums))),
                "negative": Out(1),
                "normal": Out(shape(standard.normal)),
            }
        )

    @property
    def kind(self) -> str:
        """Module name."""
        text = f"{self._standard} {self._sums} {self._pipelined}"
        return f"norm_deviation_{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def elaborate(self, platform):
        m = Module()
        standard, sums, pipelined = self._standard, self._sums, self._pipelined
        domain = "sync" if pipelined else "comb"
        deviation = Signal(shape(standard.deviation(sums)), reset_less=True)
        m.d[domain] += deviation.eq((self.sum << standard.mean_frac) + self.less)

        negative, apart = deviation[-1], Signal.like(self.apart, name="apart_now", reset_less=True)
        m.d.comb += apart.eq(deviation[:-1] ^ negative.replicate(len(apart)))
        wait = int(pipelined or standard.spread == "rms")
        m.d.comb += [
            self.apart.eq(delayed(m, apart, wait, name="apart", reset_less=True)),
            self.negative.eq(delayed(m, negative, wait, name="negative", reset_less=True)),
        ]

        # A deviation that has too many bits when it is shifted gives the largest number of its sign
        # whatever the reciprocal, so only that is kept of it.
        shifted, over = self._shifted(m, deviation)
        shifted = delayed(m, shifted, int(pipelined), name="shifted", reset_less=True)
        over = delayed(m, over, int(pipelined), name="over", reset_less=True)
        below = delayed(m, negative, 1 + pipelined, name="below", reset_less=True)
        rounded = Signal(shifted.shape())
        near = Signal(shape(standard.shifted), reset_less=True)
        far = Signal(reset_less=True)
        m.d.comb += rounded.eq((shifted + 1) >> 1)
        m.d.sync += [near.eq(rounded), far.eq(over | (rounded[-1] ^ rounded[-2]))]

        drop, normal = standard.mantissa + 1, standard.normal
        added = Interval(half(drop), half(drop))
        product = booth(
            m,
            near,
            Cat(self.reciprocal, C(1, 1)),
            half(drop),
            standard.shifted * standard.reciprocal + added,
            name="product",
        )
        kept = delayed(m, product >> drop, int(pipelined), name="kept", reset_less=True)
        far = delayed(m, far, int(pipelined), name="far", reset_less=True)
        below = delayed(m, below, int(pipelined), name="far_below", reset_less=True)
        quotient = Signal(shape((standard.shifted * standard.reciprocal).rounded(drop)))
        m.d.comb += quotient.eq(kept)
        extra = quotient[normal.width - 1 :]
        limit = Mux(below, normal.interval.lo, normal.interval.hi)
        result = Signal(self.normal.shape(), name="narrowed", reset_less=True)
        m.d.sync += result.eq(Mux(far | (extra.any() & ~extra.all()), limit, quotient))
        m.d.comb += self.normal.eq(result)
        return m

    def _shifted(self, m, deviation):
        """A deviation shifted, with a bit more for the rounding, and whether bits of it are lost.

        The largest shift comes first, and after each are left only as many bits as the rest may
        need.
        """
        keep = self._standard.shifted.width + 1
        word, over = Cat(C(0, LEFT + 1), deviation), C(0, 1)
        for number in reversed(range(len(self.shift))):
            by, moves = 1 << number, self.shift[number]
            width = keep + by - 1
            stays, lost = _lower(word, width)
            moved, lost_moved = _lower(word[by:] if by < len(word) else word[-1:], width)
            step = Signal(width, name=f"shifted_by_{by}")
            some = Signal(name=f"over_by_{by}")
            m.d.comb += [
                step.eq(Mux(moves, moved, stays)),
                some.eq(over | Mux(moves, lost_moved, lost)),
            ]
            word, over = step, some
        shifted, lost = _lower(word, keep)
        return shifted.as_signed(), over | lost


def _lower(word, width):
    """The lower bits of a number in two's complement, and whether it has more."""
    if len(word) <= width:
        return Cat(word, word[-1].replicate(width - len(word))), C(0, 1)
    upper = word[width - 1 :]
    return word[:width], upper.any() & ~upper.all()
