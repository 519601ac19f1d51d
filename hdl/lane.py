"""A lane: terms, adder tree, accumulator, and its place in the drain."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.shapes import shape, sums_struct
from pascaline.hdl.tree import add
from pascaline.spec.formats import Interval

__all__ = ["Lane"]


class Lane(wiring.Component):
    """One row of a matrix-vector product, a chunk of columns a cycle.

    The strobes belong to the sum of a chunk, ``tree_registers`` cycles after its operands. A sum
    that is complete (``ends_tile``) goes straight to the drain: a shift register through all
    lanes, which the lane's next sum does not disturb.

    Throughput is one chunk a cycle. A complete sum is on ``sums`` one cycle after ``ends_tile``.

    Parameters
    ----------
    terms : Terms
        How operands and weights become terms.
    code_bits : int
        Width of a chunk's weights; 0: there are none.
    sums : tuple of Interval
        Ranges of the sums that a row has: the first ends at ``ends_tile``, each other one at
        its bit of ``ends_source``. The accumulator has the width of the widest: what partial sums
        overflow by, later terms bring back.
    tree_registers : int
        Registers in the tree.
    chained : bool
        Whether sums go on from lane to lane; else they stay until the next ones.

    Members
    -------
    x : In(sum(range_.width for range_ in terms.shared))
        Shared operands, the first in the lowest bits.
    codes : In(code_bits)
        The lane's weights; only there if ``code_bits`` is not 0.
    clear : In(1)
        The next chunk starts a sum.
    ends_source : In(len(sums) - 1)
        A bit for each sum after the first: this chunk completes it; only there with several sums.
    ends_tile : In(1)
        This chunk completes the row's first sum; all sums go to the drain.
    shift : In(1)
        Take the next lane's sums; ``ends_tile`` has precedence; only there if ``chained``.
    next : In(sums_struct(sums).size)
        The sums of the next lane of the drain, side by side, the first in the lowest bits; only
        there if ``chained``.
    sums : Out(sums_struct(sums).size)
        The sums that this lane has in the drain.
    """

    def __init__(
        self,
        *,
        terms,
        code_bits: int,
        sums: tuple[Interval, ...],
        tree_registers: int,
        chained: bool = True,
    ):
        self._terms = terms
        self._code_bits = code_bits
        self._sums = sums
        self._tree_registers = tree_registers
        self._chained = chained
        self._drain = sums_struct(sums)
        # Ports are plain bits: with hundreds of lanes, views of each would cost more than all else.
        members = {
            "x": In(sum(range_.width for range_ in terms.shared)),
            "clear": In(1),
            "ends_tile": In(1),
            "sums": Out(self._drain.size),
        }
        if chained:
            members |= {"shift": In(1), "next": In(self._drain.size)}
        if code_bits:
            members["codes"] = In(code_bits)
        if len(sums) > 1:
            members["ends_source"] = In(len(sums) - 1)
        super().__init__(members)

    @property
    def kind(self) -> str:
        """Module name."""
        sizes = [self._code_bits, len(self.x), *(sum_.width for sum_ in self._sums)]
        ends = "_".join(map(str, sizes))
        # Two cores of a chain may read operands of one width, with a sign and without.
        unsigned = "" if all(range_.signed for range_ in self._terms.shared) else "_unsigned"
        alone = "" if self._chained else "_alone"
        return f"lane_{self._terms.name}_{ends}_t{self._tree_registers}{unsigned}{alone}"

    def elaborate(self, platform):
        m = Module()
        shared, place = [], 0
        for range_ in self._terms.shared:
            bits = self.x[place : place + range_.width]
            shared.append(bits.as_signed() if range_.signed else bits)
            place += range_.width
        codes = self.codes if self._code_bits else None
        chunk, carry = self._terms.chunk(m, shared, codes, self._tree_registers)

        whole = max(self._sums, key=lambda range_: range_.width)
        accumulator = Signal(shape(whole), reset_less=True)
        total = Signal(shape(whole))
        m.d.comb += total.eq(add(accumulator, chunk, carry))
        m.d.sync += accumulator.eq(Mux(self.clear, 0, total))

        # The drain.
        sums = Signal(self._drain, reset_less=True)
        m.d.comb += self.sums.eq(sums)
        with m.If(self.ends_tile):
            m.d.sync += sums.s0.eq(total)
        if self._chained:
            with m.Elif(self.shift):
                m.d.sync += sums.eq(self.next)
        for k, range_ in enumerate(self._sums[1:]):
            earlier = Signal(shape(range_), name=f"earlier_{k}", reset_less=True)
            with m.If(self.ends_source[k]):
                m.d.sync += earlier.eq(total)
            with m.If(self.ends_tile):
                m.d.sync += sums[f"s{k + 1}"].eq(earlier)
        return m
