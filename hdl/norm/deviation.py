"""A row of layer norm: the deviation of a sum, what it adds to the spread, and its quotient."""

import hashlib

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.rounding import narrow
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Format, Interval
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
    mean : In(shape(standard.mean(sums)))
        The mean of its gate.
    shift : In(range(standard.most(sums) - standard.least + 1))
        As of `hdl.norm.reciprocal.Reciprocal`.
    reciprocal : In(shape(standard.reciprocal))
        As of the same.
    apart : Out(shape(standard.reach(sums)))
        What it adds to the spread.
    normal : Out(shape(standard.normal))
        The sum standardised.
    """

    def __init__(self, standard: Standard, sums: Interval, *, pipelined):
        self._standard, self._sums, self._pipelined = standard, sums, pipelined
        super().__init__(
            {
                "sum": In(shape(sums)),
                "mean": In(shape(standard.mean(sums))),
                "shift": In(range(standard.most(sums) - standard.least + 1)),
                "reciprocal": In(shape(standard.reciprocal)),
                "apart": Out(shape(standard.reach(sums))),
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
        reach = standard.deviation(sums)
        deviation = Signal(shape(reach), reset_less=True)
        m.d[domain] += deviation.eq((self.sum << standard.mean_frac) - self.mean)

        apart = Signal(self.apart.shape(), reset_less=True)
        if standard.spread == "mad":
            m.d[domain] += apart.eq(Mux(deviation < 0, -deviation, deviation))
        else:
            m.d.sync += apart.eq(deviation * deviation)
        m.d.comb += self.apart.eq(apart)

        # One bit more than are left, for the rounding; what is cut to so many bits before rounding
        # is cut to the same after it.
        moved = reach << (LEFT + 1)
        shifted = Signal(shape(moved), reset_less=True)
        m.d[domain] += shifted.eq((deviation << (LEFT + 1)) >> self.shift)
        near = Signal(shape(standard.shifted), reset_less=True)
        limits = Format(width=standard.shifted.width, frac=0)
        cut = Format(width=limits.width + 1, frac=0)
        kept = narrow(m, shifted, moved, 0, cut, name="kept")
        m.d.sync += near.eq(narrow(m, kept, cut.interval, 1, limits, name="rounded"))
        range_ = standard.shifted * standard.reciprocal
        product = Signal(shape(range_), reset_less=True)
        m.d.sync += product.eq(near * self.reciprocal)
        normal = Signal(self.normal.shape(), reset_less=True)
        narrowed = narrow(
            m,
            product,
            range_,
            standard.mantissa + 1,
            standard.normal,
            name="narrowed",
            registered=pipelined,
        )
        m.d.sync += normal.eq(narrowed)
        m.d.comb += self.normal.eq(normal)
        return m
