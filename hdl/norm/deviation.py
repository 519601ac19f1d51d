"""A row of layer norm: the deviation of a sum, what it adds to the spread, and its quotient.

Deviations are taken apart into sign and magnitude, so that all that follows is unsigned. A negative
number has all its bits inverted instead: that is its magnitude less 1, and what is lost comes back
as a carry. Shifted to the right, the inverted bits give the same number whatever is cut off, since
``~(x >> s) == ~x >> s``; and ``(x >> s) + x[s - 1]``, which is x rounded, is the negative of the
same of ``~x``.
"""

import hashlib

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.norm.square import square
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval
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
    quotient : In(standard.mantissa)
        As of the same.
    apart : Out(shape(standard.reach(sums)))
        What it adds to the spread, but for ``carry``.
    carry : Out(1)
        The rest.
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
                "quotient": In(standard.mantissa),
                "apart": Out(shape(standard.reach(sums))),
                "carry": Out(1),
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

        negative = deviation[-1]
        inverted = Signal(len(deviation) - 1)
        m.d.comb += inverted.eq(deviation[:-1] ^ negative.replicate(len(inverted)))

        if standard.spread == "mad":
            apart = Signal(self.apart.shape(), reset_less=True)
            carry = Signal(reset_less=True)
            m.d[domain] += [apart.eq(inverted), carry.eq(negative)]
            m.d.comb += [self.apart.eq(apart), self.carry.eq(carry)]
        else:
            magnitude = Signal(len(deviation))
            squared = Signal(self.apart.shape(), reset_less=True)
            m.d.comb += magnitude.eq(inverted + negative)
            m.d.sync += squared.eq(square(magnitude))
            m.d.comb += self.apart.eq(squared)

        # In magnitude: what is more than `normal` has is too large whatever it is multiplied by,
        # since a reciprocal is at least a half.
        width = standard.normal.width
        moved = Cat(negative.replicate(LEFT + 1), inverted)
        found = Cat(*_shifted(m, moved, self.shift, width + 1), negative)
        shifted = Signal(len(found), reset_less=True)
        m.d[domain] += shifted.eq(found)
        kept, large, sign = shifted[: width + 1], shifted[width + 1], shifted[width + 2]
        rounded = Signal(width + 1, name="kept")
        m.d.comb += rounded.eq(kept[1:] + kept[0])
        near = Signal(width, reset_less=True)
        beyond, negative = (
            Signal(name=f"near_{what}", reset_less=True) for what in ("large", "sign")
        )
        m.d.sync += [near.eq(rounded), beyond.eq(large | rounded[-1]), negative.eq(sign)]
        self._quotient(m, near, beyond, negative)
        return m

    def _quotient(self, m, near, beyond, sign):
        """The product of a magnitude with the reciprocal, rounded.

        Ties go up: away from 0, or where the sum is negative towards it.
        """
        standard = self._standard
        width, mantissa = standard.normal.width, standard.mantissa
        product = Signal(width + mantissa + 1)
        m.d.comb += product.eq(near * Cat(self.quotient, 1))
        whole, up = Signal(width, reset_less=True), Signal(reset_less=True)
        beyond_late, sign_late = Signal(reset_less=True), Signal(reset_less=True)
        rest = product[: mantissa + 1]
        m.d.sync += [
            whole.eq(product >> (mantissa + 1)),
            up.eq(rest[-1] & ~(sign & ~rest[:-1].any())),
            beyond_late.eq(beyond),
            sign_late.eq(sign),
        ]
        # Too large before rounding, or after it.
        over = beyond_late | whole[-1]
        rounded = Signal(width)
        m.d.comb += rounded.eq((whole ^ sign_late.replicate(width)) + (up ^ sign_late))
        given = [rounded, over, sign_late]
        if self._pipelined:
            held = [Signal.like(one, name=f"rounded_{k}") for k, one in enumerate(given)]
            m.d.sync += [to.eq(one) for to, one in zip(held, given, strict=True)]
            given = held
        rounded, over, sign_late = given
        normal = Signal(self.normal.shape(), reset_less=True)
        over = over | (rounded[-1] & ~sign_late)
        largest = Cat((~sign_late).replicate(width - 1), sign_late)
        m.d.sync += normal.eq(Mux(over, largest, rounded))
        m.d.comb += self.normal.eq(normal)


def _shifted(m, value, shift, width):
    """``value >> shift`` in so many bits, and whether it has more; of unsigned numbers.

    The longest shift comes first, so that each step has fewer bits than the one before.
    """
    large, first = [], Signal(len(value), name="moved")
    m.d.comb += first.eq(value)
    value = first
    for bit in reversed(range(len(shift))):
        by, chosen = 1 << bit, shift[bit]
        most = width + by - 1
        large += [value[most + by :].any(), value[most : most + by].any() & ~chosen]
        moved = Signal(min(most, len(value)), name=f"moved_{by}")
        m.d.comb += moved.eq(Mux(chosen, value[by : most + by], value[:most]))
        value = moved
    large.append(value[width:].any())
    return value[:width], Cat(large).any()
