# amaranth: UnusedElaboratable=no
"""All lanes of a matrix-vector product, and the drain through them."""

from amaranth.hdl import C, Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hdl.kinds import place
from hdl.lane import Lane
from hdl.shapes import delayed, sums_struct
from spec.arithmetic import Arithmetic
from spec.design import Product
from spec.formats import Interval

__all__ = ["Lanes"]


class Lanes(wiring.Component):
    """Lanes side by side; every lane has the same operands and its own weights.

    Operands and strobes come together, one chunk a cycle, and never wait. The sums of a tile are at
    the front of the drain ``tree_registers + 1`` cycles after its last operands; ``loaded`` says so
    one cycle before. They must have been shifted out before the next tile's come.

    Parameters
    ----------
    product : Product
        Geometry.
    arithmetic : Arithmetic
        Of the weights.
    element : Interval
        Range of an operand.
    accumulator : Interval
        Range of all partial sums.
    sums : tuple of Interval
        Ranges of the sums of a row, see `Lane`.
    front : int
        Lanes at the front of the drain; divides the number of lanes.

    Members
    -------
    x, codes, first, split, load, shift
        As in `Lane`; ``codes`` of lane 0 at the least significant end.
    loaded : Out
        The next cycle has a new tile at the front.
    sums : Out
        Sums of ``front`` lanes, lane 0 of the tile first.
    """

    def __init__(
        self,
        *,
        product: Product,
        arithmetic: Arithmetic,
        element: Interval,
        accumulator: Interval,
        sums: tuple[Interval, ...],
        front: int,
    ):
        self._product = product
        self._front = front
        self._split = len(sums) == 2
        self._lane = {
            "arithmetic": arithmetic,
            "simd": product.simd,
            "element": element,
            "accumulator": accumulator,
            "sums": sums,
            "tree_registers": product.tree_registers,
        }
        self._bits = arithmetic.bits
        self._drain = sums_struct(sums)
        super().__init__(
            {
                "x": In(element.width * product.simd),
                "codes": In(product.lanes * product.simd * arithmetic.bits),
                "first": In(1),
                "split": In(1),
                "load": In(1),
                "shift": In(1),
                "loaded": Out(1),
                "sums": Out(data.ArrayLayout(self._drain, front)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        # Strobes travel with the sums through the trees.
        wait = self._product.tree_registers
        first = delayed(m, self.first, wait, name="first", reset_less=True)
        split = delayed(m, self.split, wait, name="split", reset_less=True)
        load = delayed(m, self.load, wait, name="load")
        m.d.comb += self.loaded.eq(load)

        ends = [Signal(self._drain, name=f"sums_{k}") for k in range(self._product.lanes)]
        for index, end in enumerate(ends):
            follows = index + self._front
            inputs = {
                "x": self.x,
                "codes": self.codes.word_select(index, self._product.simd * self._bits),
                "first": first,
                "load": load,
                "shift": self.shift,
                "next": ends[follows] if follows < len(ends) else C(0, self._drain.size),
            }
            if self._split:
                inputs["split"] = split
            lane = place(m, platform, f"lane_{index}", Lane(**self._lane), **inputs)
            m.d.comb += end.eq(lane.sums)
        for index in range(self._front):
            m.d.comb += self.sums[index].eq(ends[index])
        return m
