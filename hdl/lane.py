"""A lane: products, adder tree, accumulator, and its place in the drain."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hdl.product import product
from hdl.shapes import shape, sums_struct
from hdl.tree import tree_sum
from spec.arithmetic import Arithmetic
from spec.formats import Interval

__all__ = ["Lane"]


class Lane(wiring.Component):
    """One row of a matrix-vector product, ``simd`` columns a cycle.

    The strobes belong to the sum of a chunk, ``tree_registers`` cycles after its operands. A sum
    that is complete (``load``) goes straight to the drain: a shift register through all
    lanes, which the lane's next sum does not disturb.

    Throughput is one chunk a cycle. A complete sum is on ``sums`` one cycle after ``load``.

    Parameters
    ----------
    arithmetic : Arithmetic
        Of the weights.
    simd : int
        Columns a cycle.
    element : Interval
        Range of an operand.
    accumulator : Interval
        Range of all partial sums.
    sums : tuple of Interval
        Ranges of the sums that a row has: one, or two of which the second ends at ``split``.
    tree_registers : int
        Registers in the tree.

    Members
    -------
    x : In
        Operands, as wide as ``element`` each.
    codes : In
        Weights, ``arithmetic.bits`` each.
    first : In
        This chunk starts a sum.
    split : In
        This chunk completes the row's second sum (only there with two sums).
    load : In
        This chunk completes the row's first sum; all sums go to the drain.
    shift : In
        Take the next lane's sums; ``load`` has precedence.
    next, sums : In, Out
        The drain: the sums side by side, the first at the least significant end.
    """

    def __init__(
        self,
        *,
        arithmetic: Arithmetic,
        simd: int,
        element: Interval,
        accumulator: Interval,
        sums: tuple[Interval, ...],
        tree_registers: int,
    ):
        self._arithmetic = arithmetic
        self._simd = simd
        self._element = element
        self._accumulator = accumulator
        self._sums = sums
        self._tree_registers = tree_registers
        self._drain = sums_struct(sums)
        # Ports are plain bits: with hundreds of lanes, views of each would cost more than all else.
        members = {
            "x": In(element.width * simd),
            "codes": In(arithmetic.bits * simd),
            "first": In(1),
            "load": In(1),
            "shift": In(1),
            "next": In(self._drain.size),
            "sums": Out(self._drain.size),
        }
        if len(sums) == 2:
            members["split"] = In(1)
        super().__init__(members)

    @property
    def kind(self) -> str:
        """Module name."""
        widths = "_".join(str(sum_.width) for sum_ in self._sums)
        return (
            f"lane_{self._arithmetic.name}_{self._simd}x{self._element.width}"
            f"_acc{self._accumulator.width}_{widths}_t{self._tree_registers}"
        )

    def elaborate(self, platform):
        m = Module()
        # Products and their sum.
        operands = data.View(data.ArrayLayout(shape(self._element), self._simd), self.x)
        terms = []
        for k in range(self._simd):
            code = self.codes.word_select(k, self._arithmetic.bits)
            name = f"term_{k}"
            terms.append(product(m, self._arithmetic, code, operands[k], self._element, name=name))
        term = self._arithmetic.weights * self._element
        chunk = tree_sum(m, terms, term, self._tree_registers, name="tree")

        # The range argument is the caller's: `accumulator` holds every partial sum of a row.
        accumulator = Signal(shape(self._accumulator), reset_less=True)
        total = Signal(shape(self._accumulator))
        m.d.comb += total.eq(Mux(self.first, 0, accumulator) + chunk)
        m.d.sync += accumulator.eq(total)

        # The drain.
        sums = Signal(self._drain, reset_less=True)
        m.d.comb += self.sums.eq(sums)
        with m.If(self.load):
            m.d.sync += sums.s0.eq(total)
        with m.Elif(self.shift):
            m.d.sync += sums.eq(self.next)
        if len(self._sums) == 2:
            second = Signal(shape(self._sums[1]), reset_less=True)
            with m.If(self.split):
                m.d.sync += second.eq(total)
            with m.If(self.load):
                m.d.sync += sums.s1.eq(second)
        return m
