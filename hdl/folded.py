"""A table that is folded (`spec.folded`): a small memory, a count of rises and an addition."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.homes.rom import Rom
from pascaline.hdl.shapes import shape
from pascaline.spec.folded import Fold
from pascaline.spec.formats import Format, Interval

__all__ = ["FoldedTable"]


class FoldedTable(wiring.Component):
    """A folded table. Latency is that of a full one, 2 or 3; throughput one value a cycle.

    Parameters
    ----------
    fold : Fold
        What is in it.
    pre, out : Format
        Formats of the argument and of the value.
    pipelined : bool
        Whether there is a register behind the memory.

    Members
    -------
    z : In(shape(pre))
        Argument.
    y : Out(shape(out))
        Value of the function.
    """

    def __init__(self, fold: Fold, pre: Format, out: Format, *, pipelined: bool):
        self._fold = fold
        self._out = out
        self._wait = 1 + pipelined
        super().__init__({"z": In(shape(pre)), "y": Out(shape(out))})

    def elaborate(self, platform):
        m = Module()
        fold = self._fold
        bases, rises = Interval.of(fold.base), Interval.of(fold.rise)
        rows = data.ArrayLayout(shape(rises), fold.rows)
        layout = data.StructLayout({"base": shape(bases), "rise": rows})
        words = [
            layout.const({"base": base, "rise": rise}).as_value().value
            for base, rise in zip(fold.base.tolist(), fold.rise.tolist(), strict=True)
        ]
        m.submodules.entries = rom = Rom(words, layout.size)

        low_bits = fold.rows.bit_length() - 1
        k = Signal(len(self.z) - 1)
        flat = Signal()
        m.d.comb += [
            k.eq(self.z ^ self.z[-1].replicate(len(k))),
            flat.eq(k >= fold.length),
            rom.addr.eq(k[low_bits:]),
            rom.en.eq(~flat),  # There are no words for these.
        ]
        flat = self._delayed(m, flat, self._wait, "flat")
        place = self._delayed(m, Cat(self.z[-1], k[:low_bits]), self._wait, "place")
        negative = place[0]
        entry = data.View(layout, self._delayed(m, rom.data, self._wait - 1, "entry"))

        # -v is the inverse of v - 1.
        less = Interval(-1, 0)
        count = Signal(shape(less + rises.times(fold.rows)))
        counts = [
            sum(entry.rise[index] for index in range(first + n)) - n
            for first in range(fold.rows)
            for n in (0, 1)
        ]
        total = Signal(shape(less + bases + rises.times(fold.rows)))
        inverted = Signal.like(total)
        start = Signal(shape(Interval.of(fold.start)))
        end = Signal(shape(self._out))
        y = Signal(shape(self._out), reset_less=True)
        m.d.comb += [
            count.eq(Array(counts)[place]),
            total.eq(entry.base + count),
            inverted.eq(total ^ negative.replicate(len(total))),
            start.eq(Mux(negative, *reversed(fold.start))),
            end.eq(Mux(negative, *reversed(fold.ends))),
            self.y.eq(y),
        ]
        m.d.sync += y.eq(Mux(flat, end, inverted + start))
        return m

    def _delayed(self, m, value, cycles, name):
        return delayed(m, value, cycles, name=name, reset_less=True)
