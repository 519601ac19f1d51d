"""The spread of a gate's sums, and its reciprocal, a bit a cycle."""

import hashlib

from amaranth.hdl import Cat, Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.spec.formats import Interval
from pascaline.spec.standard import Standard

__all__ = ["Reciprocal"]


class Reciprocal(wiring.Component):
    """Adds up what rows add to a spread; then makes what deviations are divided by.

    Strobes come in the order of the members, for as many cycles as `spec.norm.NormUnit` says, and
    only one of them at a time.

    Parameters
    ----------
    standard : Standard
        What is computed.
    sums : Interval
        Range of the sums.
    units : int
        Rows side by side.

    Members
    -------
    clear : In(1)
        The spread is 0.
    add : In(1)
        Add ``value``.
    value : In(standard.reach(sums).times(units).width)
        Of the rows that are side by side: magnitudes or squares.
    normalise : In(1)
        Shift the spread to the left if its first bit is 0; of squares by two bits.
    root : In(1)
        Find the next bit of the root.
    load : In(1)
        Begin the quotient.
    divide : In(1)
        Find its next bit.
    shift : Out(range(standard.most(sums) - standard.least + 1))
        Bits of the spread beyond the least; there after ``normalise``.
    reciprocal : Out(standard.mantissa + 1)
        Its reciprocal, whose first bit is 1; there after ``divide``.
    """

    def __init__(self, standard: Standard, sums: Interval, units: int):
        self._standard, self._sums = standard, sums
        self._shifts = standard.most(sums) - standard.least
        self._value = standard.reach(sums).times(units)
        strobes = ("clear", "add", "normalise", "root", "load", "divide")
        super().__init__(
            dict.fromkeys(strobes, In(1))
            | {
                "value": In(self._value.width),
                "shift": Out(range(self._shifts + 1)),
                "reciprocal": Out(standard.mantissa + 1),
            }
        )

    @property
    def kind(self) -> str:
        """Module name."""
        text = f"{self._standard} {self._sums} {self._value}"
        return f"norm_reciprocal_{hashlib.sha256(text.encode()).hexdigest()[:8]}"

    def elaborate(self, platform):
        m = Module()
        standard, precision = self._standard, self._standard.precision
        squares = standard.spread == "rms"
        per = 2 if squares else 1
        most = standard.most(self._sums)
        # As many bits as count, at least; what is added has its place at the upper end.
        below = (max(most, precision) - most) * per
        spread = Signal(most * per + below, reset_less=True)
        shift = Signal.like(self.shift, reset_less=True)
        remainder = Signal(precision + 2 if squares else precision, reset_less=True)
        quotient = Signal(standard.mantissa, reset_less=True)
        with m.If(self.clear):
            m.d.sync += [spread.eq(0), shift.eq(self._shifts)]
        with m.Elif(self.add):
            m.d.sync += spread.eq(spread + (self.value << below))
        with m.Elif(self.normalise & ~spread[-per:].any() & (shift != 0)):
            m.d.sync += [spread.eq(spread << per), shift.eq(shift - 1)]

        leading = spread[-precision:]
        if squares:
            root = Signal(precision, reset_less=True)
            with_bits, trial = Signal(precision + 4), Signal(precision + 2)
            fits = Signal()
            m.d.comb += [
                with_bits.eq(Cat(spread[-2:], remainder)),
                trial.eq(Cat(Const(1, 2), root)),
                fits.eq(with_bits >= trial),
            ]
            with m.If(self.clear):
                m.d.sync += [root.eq(0), remainder.eq(0)]
            with m.Elif(self.root):
                m.d.sync += [
                    spread.eq(spread << 2),
                    root.eq(Cat(fits, root)),
                    remainder.eq(with_bits - Mux(fits, trial, 0)),
                ]
            leading = root

        # Where the first bit is 0, the spread is too small: it counts as the smallest one.
        divisor = Signal(precision)
        doubled, rest = Signal(precision + 1), Signal(precision + 1)
        goes = Signal()
        m.d.comb += [
            divisor.eq(Cat(Mux(leading[-1], leading[:-1], 0), 1)),
            # Of ones all the way down.
            doubled.eq(Cat(1, remainder[:precision])),
            goes.eq(doubled >= divisor),
            rest.eq(doubled - Mux(goes, divisor, 0)),
        ]
        with m.If(self.load):
            m.d.sync += [remainder.eq(~divisor), quotient.eq(0)]
        with m.Elif(self.divide):
            m.d.sync += [remainder.eq(rest), quotient.eq(Cat(goes, quotient))]
        m.d.comb += [self.shift.eq(shift), self.reciprocal.eq(Cat(quotient, 1))]
        return m
