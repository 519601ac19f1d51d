"""Transforms: levels of butterflies give what the dense matrix of plus and minus 1 gives."""

from amaranth.hdl import C, Module, Signal, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.shapes import shape
from pascaline.hdl.walsh.level import level, natural
from pascaline.spec.formats import Interval
from pascaline.spec.operands import Walsh
from prove.claim import Claim
from prove.harness import Harness

__all__ = ["claims"]

ELEMENT = Interval(-4, 3)
BLOCKS = (2, 4)
SIDES = (1, 2)
"""Blocks side by side."""

WIDE = 16
"""Bits in which no sum of these sizes overflows."""


class Levels(wiring.Component):
    """All levels of some blocks, with a register behind each."""

    def __init__(self, block, side):
        self._block, self._side = block, side
        self._levels = block.bit_length() - 1
        super().__init__(
            {
                "x": In(data.ArrayLayout(shape(ELEMENT), block * side)),
                "y": Out(data.ArrayLayout(shape(self._reach(self._levels)), block * side)),
            }
        )

    def _reach(self, levels):
        return Walsh("h", "state", 1 << levels).sum(ELEMENT, self._block)

    def elaborate(self, platform):
        m = Module()
        half = self._block // 2
        numbers = [self.x[k] for k in range(self._block * self._side)]
        first = [number for k, number in enumerate(numbers) if k // half % 2 == 0]
        second = [number for k, number in enumerate(numbers) if k // half % 2 == 1]
        for k in range(self._levels):
            reach = self._reach(k + 1)
            first, second = level(m, first, second, reach, self._side, name=f"level_{k}")
        for k, number in enumerate(natural(first, second, self._side)):
            m.d.comb += self.y[k].eq(number)
        return m


def dense(block, side):
    """All numbers of a range in blocks side by side."""

    def build(harness: Harness):
        m, levels = harness.m, block.bit_length() - 1
        dut = harness.place(Levels(block, side), "levels")
        values = [harness.free(shape(ELEMENT), f"x_{k}") for k in range(block * side)]
        for k, value in enumerate(values):
            m.d.comb += dut.x[k].eq(value)
        filled = harness.past(C(1, 1), levels)
        for k in range(block * side):
            start = k // block * block
            total = C(0, signed(WIDE))
            for j in range(block):
                minus = (k & j & (block - 1)).bit_count() % 2
                total = total - values[start + j] if minus else total + values[start + j]
            wanted = Signal(signed(WIDE), name=f"wanted_{k}")
            m.d.comb += wanted.eq(total)
            harness.always(~filled | (dut.y[k] == harness.past(wanted, levels)))

    return build


def claims():
    """All claims about transforms."""
    return [
        Claim(f"transforms: block of {block}, {side} side by side", dense(block, side), 6, "prove")
        for block in BLOCKS
        for side in SIDES
    ]
