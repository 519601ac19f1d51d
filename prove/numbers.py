"""Numbers: what makes them narrow is what its definition says, and nothing overflows before it."""

from amaranth.hdl import Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.norm.deviation import Deviation
from pascaline.hdl.rounding import narrow
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Format, Interval, half
from pascaline.spec.standard import LEFT, Standard
from prove.claim import Claim
from prove.harness import Harness

__all__ = ["WIDE", "claims", "defined"]

WIDE = 40
"""Bits in which nothing of these sizes overflows."""

INTERVALS = (Interval(-2048, 2047), Interval(0, 3000), Interval(-9, 5), Interval(-700, 90))
SHIFTS = (0, 1, 5)
FORMATS = (
    Format(width=4, frac=0),
    Format(width=9, frac=0),
    Format(width=4, frac=0, signed=False),
    Format(width=13, frac=0),
)


class Narrow(wiring.Component):
    """One number made narrow."""

    def __init__(self, interval, shift, to):
        self._what = (interval, shift, to)
        super().__init__({"a": In(shape(interval)), "y": Out(shape(to))})

    def elaborate(self, platform):
        m = Module()
        interval, shift, to = self._what
        m.d.comb += self.y.eq(narrow(m, self.a, interval, shift, to, name="n"))
        return m


def defined(value, shift, to):
    """``saturate(round_shift(value, shift), to)`` as `spec.formats` defines it, in wide numbers."""
    rounded = (value + half(shift)) >> shift
    lo, hi = to.interval.lo, to.interval.hi
    return Mux(rounded < lo, lo, Mux(rounded > hi, hi, rounded))


def narrowing(shift):
    """All numbers of some ranges, to some formats."""

    def build(harness: Harness):
        for k, interval in enumerate(INTERVALS):
            for n, to in enumerate(FORMATS):
                dut = harness.place(Narrow(interval, shift, to), f"narrow_{k}_{n}")
                value = harness.free(shape(interval), f"a_{k}_{n}")
                harness.suppose((value >= interval.lo) & (value <= interval.hi))
                harness.m.d.comb += dut.a.eq(value)
                harness.always(dut.y == defined(value, shift, to))

    return build


def standardising(pipelined):
    """Any sum of a row of layer norm, with any mean, shift and reciprocal that stay."""

    def build(harness: Harness):
        normal = Format(width=5, frac=4)
        standard = Standard(hidden=4, spread="mad", normal=normal, mean_frac=1, mantissa=4)
        sums = Interval(-40, 40)
        dut = harness.place(Deviation(standard, sums, pipelined=pipelined), "row")
        value, mean = harness.free(dut.sum.shape(), "sum"), -standard.mean(sums)
        less = harness.constant(dut.less.shape(), "less")
        shift = harness.constant(len(dut.shift), "shift")
        reciprocal = harness.constant(len(dut.reciprocal), "reciprocal")
        most = standard.most(sums) - standard.least
        harness.suppose((value >= sums.lo) & (value <= sums.hi))
        harness.suppose((less >= mean.lo) & (less <= mean.hi) & (shift <= most))
        harness.m.d.comb += [
            dut.sum.eq(value),
            dut.less.eq(less),
            dut.shift.eq(shift),
            dut.reciprocal.eq(reciprocal),
        ]
        deviation, wanted = (Signal(signed(WIDE), name=name) for name in ("deviation", "wanted"))
        harness.m.d.comb += deviation.eq((value << standard.mean_frac) + less)
        limits = Format(width=standard.shifted.width, frac=0)
        near = Signal(signed(WIDE))
        for by in range(most + 1):
            with harness.m.If(shift == by):
                harness.m.d.comb += near.eq(defined(deviation << LEFT, by, limits))
        product = near * Cat(reciprocal, 1)
        harness.m.d.comb += wanted.eq(defined(product, standard.mantissa + 1, normal))
        late, apart = (5, 2) if pipelined else (2, 0)
        arrived = harness.past(1, late)
        harness.always(~arrived | (dut.normal == harness.past(wanted, late)))
        magnitude = Mux(deviation < 0, -deviation, deviation)
        arrived = harness.past(1, apart)
        harness.always(~arrived | (dut.apart + dut.negative == harness.past(magnitude, apart)))

    return build


def claims():
    """All claims about numbers."""
    narrows = [
        Claim(f"numbers: narrow, shift {shift}", narrowing(shift), 1, "prove") for shift in SHIFTS
    ]
    rows = [
        Claim(f"numbers: layer norm, a row{text}", standardising(bool(text)), 8)
        for text in ("", ", pipelined")
    ]
    return narrows + rows
