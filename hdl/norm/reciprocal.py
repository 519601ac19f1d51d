"""Reciprocals of spreads, one after the other, two bits a cycle."""

from amaranth.hdl import C, Cat, Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.spec.formats import Interval
from pascaline.spec.standard import Standard

__all__ = ["Reciprocal"]


class Reciprocal(wiring.Component):
    """Makes of the spread of a gate what its deviations are divided by.

    A spread is taken every ``turn`` cycles (`spec.norm.NormUnit`), and its shift and reciprocal are
    there in the cycle in which the next one is taken; with a root in that of the next but one.

    Parameters
    ----------
    standard : Standard
        What is computed.
    sums : Interval
        Range of the sums.
    turn : int
        Cycles from spread to spread.

    Members
    -------
    take : In(1)
        Begin with a spread.
    spread : In(standard.spread_total(sums).width)
        With ``take``: a sum of magnitudes or squares.
    shift : Out(range(standard.most(sums) - standard.least + 1))
        Bits of the spread beyond the least.
    reciprocal : Out(standard.mantissa)
        Its reciprocal without the first bit, which is 1.
    """

    def __init__(self, standard: Standard, sums: Interval, turn: int):
        self._standard, self._turn = standard, turn
        self._per = 1 if standard.spread == "mad" else 2
        self._most = standard.most(sums)
        self._shifts = self._most - standard.least
        super().__init__(
            {
                "take": In(1),
                "spread": In(standard.spread_total(sums).width),
                "shift": Out(range(self._shifts + 1)),
                "reciprocal": Out(standard.mantissa),
            }
        )

    def elaborate(self, platform):
        m = Module()
        leading, shift = self._leading(m)
        for number in range(self._per):
            kept = Signal.like(self.shift, name=f"shift_{number}", reset_less=True)
            with m.If(self.take):
                m.d.sync += kept.eq(shift)
            shift = kept
        m.d.comb += self.shift.eq(shift)
        self._divide(m, leading if self._per == 1 else self._root(m, leading))
        return m

    def _leading(self, m):
        """Bits of a spread that count, of squares twice as many, and its bits beyond the least."""
        standard, per = self._standard, self._per
        counts = per * standard.precision
        # Where it has fewer bits than the least, it is the smallest spread that has as many.
        first = per * (standard.least - 1)
        small = Signal()
        m.d.comb += small.eq(~self.spread[first:].any())
        wide = per * self._most
        word = Signal(max(wide, counts), name="marked")
        padded = Cat(self.spread, C(0, wide - len(self.spread)))
        m.d.comb += word.eq((padded | Mux(small, 1 << first, 0)) << (len(word) - wide))
        zeros = []
        for number in reversed(range(self._shifts.bit_length())):
            by = per << number
            move = Signal(name=f"moves_by_{by}")
            step = Signal(min(len(word), counts + by - per), name=f"moved_by_{by}")
            upper = Cat(C(0, max(len(step) + by - len(word), 0)), word)
            m.d.comb += [
                move.eq(~word[-by:].any()),
                step.eq(Mux(move, upper[-by - len(step) : -by], word[-len(step) :])),
            ]
            word = step
            zeros.insert(0, move)
        leading = Signal(counts)
        m.d.comb += leading.eq(Mux(small, 1 << (counts - per), word[-counts:]))
        shift = Signal.like(self.shift, name="shift_found")
        m.d.comb += shift.eq(self._shifts - Cat(zeros))
        return leading, shift

    def _root(self, m, square):
        """The root of a square that was taken; there when the next one is."""
        precision = self._standard.precision
        rest = Signal(len(square), name="square", reset_less=True)
        remainder = Signal(precision + 2, name="root_remainder", reset_less=True)
        bits = Signal(2 * self._turn - 2, name="root", reset_less=True)
        root, left = bits, remainder
        for number in range(2):
            pair = rest[len(rest) - 2 * number - 2 :][:2]
            name, trial = f"root_{number}", Cat(C(1, 2), root)
            fits, left = _subtracted(m, Cat(pair, left), trial, len(remainder), name=name)
            root = Cat(fits, root)
        with m.If(self.take):
            m.d.sync += [rest.eq(square), remainder.eq(0), bits.eq(0)]
        with m.Else():
            m.d.sync += [rest.eq(rest << 4), remainder.eq(left), bits.eq(root)]
        return root[-precision:]

    def _divide(self, m, divisor):
        """The reciprocal of a divisor that was taken; there when the next one is."""
        precision, mantissa = self._standard.precision, self._standard.mantissa
        kept = Signal(precision, name="divisor", reset_less=True)
        remainder = Signal(precision, reset_less=True)
        bits = Signal(2 * self._turn - 2, name="quotient", reset_less=True)
        quotient, left = bits, remainder
        for number in range(2):
            # The dividend is of ones all the way down.
            doubled, name = Cat(C(1, 1), left), f"quotient_{number}"
            fits, left = _subtracted(m, doubled, kept, precision, name=name)
            quotient = Cat(fits, quotient)
        m.d.sync += [remainder.eq(left), bits.eq(quotient)]
        with m.If(self.take):
            # The first bit is 1, of ones as many as the divisor has bits.
            m.d.sync += [kept.eq(divisor), remainder.eq(~divisor)]
        m.d.comb += self.reciprocal.eq(quotient[-mantissa:])


def _subtracted(m, value, by, width, *, name):
    """Whether a number is at least another one, and what is left of it, without that if it is."""
    difference = Signal(signed(max(len(value), len(by)) + 1), name=f"{name}_difference")
    fits, left = Signal(name=f"{name}_fits"), Signal(width, name=f"{name}_left")
    m.d.comb += [
        difference.eq(value - by),
        fits.eq(~difference[-1]),
        left.eq(Mux(fits, difference, value)),
    ]
    return fits, left
