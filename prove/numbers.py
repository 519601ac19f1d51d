"""Numbers: what makes them narrow is what its definition says, and nothing overflows before it."""

from amaranth.hdl import Module, Mux
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.rounding import narrow
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Format, Interval, half
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


def claims():
    """All claims about numbers."""
    return [
        Claim(f"numbers: narrow, shift {shift}", narrowing(shift), 1, "prove") for shift in SHIFTS
    ]
