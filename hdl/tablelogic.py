"""A table without a memory, to compare areas with: machines have ROMs instead."""

from functools import cache

from amaranth.hdl import Const, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Format

__all__ = ["TableLogic"]


class TableLogic(wiring.Component):
    """A table as a tree of choices between constants, with registers before and behind it.

    Equal parts of the table are one part of the tree. Latency 2, throughput one value a cycle.

    Parameters
    ----------
    entries : list of int
        By the raw code of the argument; a power of two of them.
    out : Format
        Format of the value.

    Members
    -------
    z : In(bits)
        The code.
    y : Out(shape(out))
        The entry.
    """

    def __init__(self, entries, out: Format):
        self._entries = tuple(entries)
        self._out = out
        bits = (len(entries) - 1).bit_length()
        super().__init__({"z": In(bits), "y": Out(shape(out))})

    def elaborate(self, platform):
        m = Module()
        z, y = Signal.like(self.z, reset_less=True), Signal(shape(self._out), reset_less=True)

        @cache
        def tree(part):
            if len(set(part)) == 1:
                return Const(part[0], shape(self._out))
            half = len(part) // 2
            low, high = tree(part[:half]), tree(part[half:])
            chosen = Signal(shape(self._out))
            m.d.comb += chosen.eq(Mux(z[half.bit_length() - 1], high, low))
            return chosen

        m.d.sync += [z.eq(self.z), y.eq(tree(self._entries))]
        m.d.comb += self.y.eq(y)
        return m
