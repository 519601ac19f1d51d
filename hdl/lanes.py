# amaranth: UnusedElaboratable=no
"""All lanes of a matrix-vector product, and the drain through them."""

from amaranth.hdl import Array, C, Cat, Module, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.kinds import place
from pascaline.hdl.lane import Lane
from pascaline.hdl.shapes import shape, sums_struct
from pascaline.hdl.terms import terms_of
from pascaline.hdl.zeros import ZeroTerms
from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.formats import Interval
from pascaline.spec.product import Product
from pascaline.spec.zeros import ZeroPoints

__all__ = ["Lanes"]


class Lanes(wiring.Component):
    """Lanes side by side; every lane has the same operands and its own weights.

    Operands and strobes come together, one chunk a cycle, and never wait; where there is no chunk,
    as in the cycle after a reset, operands are 0. The sums of a tile are at the front of the drain
    ``product.registers + 1`` cycles after its last operands; ``arrives`` says so one cycle before.
    They must have been shifted out before the next tile's come.

    After a reset sums stay 0 until an operand is used, or for a cycle if weights are known then:
    0 times an unknown weight is 0 in a machine, but unknown in a simulation.

    Parameters
    ----------
    product : Product
        Geometry, lane design and registers.
    arithmetic : Arithmetic
        Of the weights.
    element : Interval
        Range of an operand.
    sums : tuple of Interval
        Ranges of the sums of a row, see `Lane`; with zero points, those of ``zeros``.
    front : int
        Lanes at the front of the drain; divides the number of lanes.
    zeros : ZeroPoints or None
        Zero points of the weights, if they have any.
    late : bool
        Whether ``codes`` are unknown longer than in the cycle after a reset.
    chained : bool
        Whether sums move from lane to lane to the front; else they stay, and are picked there.

    Members
    -------
    x : In(element.width * product.simd)
        Operands, side by side.
    codes : In(product.lanes * product.simd * arithmetic.bits)
        Weights, those of lane 0 in the lowest bits.
    zero : In(shape(zeros.values))
        The zero point of these weights, which come with ``x``; only there if they have one.
    use : In(1)
        Some operand may be other than 0; only there if weights are ``late``.
    ends_source : In(max(len(sums) - 1, 1))
        As in `hdl.lane.Lane`.
    ends_tile : In(1)
        As in `hdl.lane.Lane`.
    shift : In(1)
        As in `hdl.lane.Lane`, by ``front`` lanes.
    arrives : Out(1)
        In the next cycle the sums of a new tile are at the front.
    sums : Out(data.ArrayLayout(sums_struct(sums), front))
        Sums of ``front`` lanes, lane 0 of the tile first.
    """

    def __init__(
        self,
        *,
        product: Product,
        arithmetic: Arithmetic,
        element: Interval,
        sums: tuple[Interval, ...],
        front: int,
        zeros: ZeroPoints | None = None,
        late: bool = False,
        chained: bool = True,
    ):
        self._product = product
        self._front = front
        self._zeros = zeros
        self._late = late
        self._chained = chained
        # Ranges of what lanes add up.
        self._sums = sums if zeros is None else zeros.lanes
        self._element = element
        self._terms = terms_of(product.lane, arithmetic, product.simd, element)
        self._code_bits = product.simd * arithmetic.bits
        super().__init__(
            {
                "x": In(element.width * product.simd),
                "codes": In(product.lanes * self._code_bits),
                "ends_source": In(max(len(sums) - 1, 1)),
                "ends_tile": In(1),
                "shift": In(1),
                "arrives": Out(1),
                "sums": Out(data.ArrayLayout(sums_struct(sums), front)),
            }
            | ({} if zeros is None else {"zero": In(shape(zeros.values))})
            | ({"use": In(1)} if late else {})
        )

    def elaborate(self, platform):
        m = Module()
        shared, codes = self._share(m)
        strobes = self._strobes(m)
        terms, rows = self._terms, self._sums
        if terms.total is not None:
            # Rows are twice these sums and something else: a bit less is enough.
            rows = tuple(Interval.signed_bits(row.width - 1) for row in rows)
        drain = sums_struct(rows)

        ends = [Signal(drain, name=f"sums_{k}") for k in range(self._product.lanes)]
        for index, end in enumerate(ends):
            follows = index + self._front
            chain = {}
            if self._chained:
                after = ends[follows] if follows < len(ends) else C(0, drain.size)
                chain = {"shift": self.shift, "next": after}
            lane = place(
                m,
                platform,
                f"lane_{index}",
                self._lane(terms, rows, chained=self._chained),
                x=shared,
                codes=codes.word_select(index, self._code_bits),
                **chain,
                **strobes,
            )
            m.d.comb += end.eq(lane.sums)
        if not self._chained:
            ends = self._picked(m, strobes["ends_tile"], ends)
        if terms.total is None and self._zeros is None:
            m.d.comb += [self.sums[index].eq(ends[index]) for index in range(self._front)]
        else:
            self._add_common(m, platform, shared, strobes, ends)
        m.d.comb += self.arrives.eq(strobes["ends_tile"])
        return m

    def _picked(self, m, arrives, ends):
        """The sums whose turn it is."""
        fronts = len(ends) // self._front
        turn = Signal(range(fronts))
        with m.If(arrives):
            m.d.sync += turn.eq(0)
        with m.Elif(self.shift):
            m.d.sync += turn.eq(turn + 1)
        return [
            data.View(one.shape(), Array(Value.cast(k) for k in ends[index :: self._front])[turn])
            for index, one in enumerate(ends[: self._front])
        ]

    def _lane(self, terms, sums, code_bits=None, chained=True):
        return Lane(
            terms=terms,
            code_bits=self._code_bits if code_bits is None else code_bits,
            sums=sums,
            tree_registers=self._product.tree_registers,
            chained=chained,
        )

    def _share(self, m):
        """Shared operands and weights, ``operand_registers`` later: shared before the last one."""
        before = max(self._product.operand_registers - 1, 0)
        last = self._product.operand_registers - before
        x = delayed(m, self.x, before, name="x", reset_less=True)
        operands = data.View(data.ArrayLayout(shape(self._element), self._product.simd), x)
        shared = []
        values = self._terms.share([operands[k] for k in range(self._product.simd)])
        for index, (value, range_) in enumerate(zip(values, self._terms.shared, strict=True)):
            kept = Signal(shape(range_), name=f"shared_{index}")
            m.d.comb += kept.eq(value)
            shared.append(delayed(m, kept, last, name=f"shared_{index}", reset_less=True))
        codes = delayed(m, self.codes, before + last, name="codes", reset_less=True)
        return Cat(shared), Value.cast(codes)

    def _strobes(self, m):
        """Strobes travel with the sums; what was on its way at a reset is not added to anything."""
        wait = self._product.registers
        fresh = Signal(init=1)
        still = fresh & ~self.use if self._late else fresh
        m.d.sync += fresh.eq(still if self._late else 0)
        ends = self.ends_tile | self.ends_source.any() if len(self._sums) > 1 else self.ends_tile
        strobes = {
            "clear": delayed(m, ends | still, wait, name="clear", init=1),
            "ends_tile": delayed(m, self.ends_tile, wait, name="ends_tile"),
        }
        if len(self._sums) > 1:
            strobes["ends_source"] = delayed(m, self.ends_source, wait, name="ends_source")
        return strobes

    def _add_common(self, m, platform, shared, strobes, ends):
        """Rows at the front from their lanes' sums and those that all rows have in common.

        They are ``total + 2 * U`` of the sums ``U`` of their lanes if their terms have a total,
        less the sum that a zero point makes.
        """
        total = less = None
        if self._terms.total is not None:
            total = self._common(
                m, platform, "complements", self._terms.total, self._sums, shared, strobes
            )
        if self._zeros is not None:
            terms = ZeroTerms(self._product.simd, self._element, self._zeros.values)
            x, sums = self._operands(m), self._zeros.shared
            less = self._common(m, platform, "zeros", terms, sums, x, strobes)
        for index in range(self._front):
            for name, _ in self.sums[index].shape():
                row = ends[index][name]
                if total is not None:
                    # Both run on while nothing is read, and wrap round; their sum must, too.
                    row = (total[name] + (row << 1))[: len(total[name])].as_signed()
                row = row if less is None else row - less[name]
                m.d.comb += self.sums[index][name].eq(row)

    def _common(self, m, platform, name, terms, ranges, x, strobes):
        """Sums of a lane without weights."""
        inputs = {"x": x, "shift": C(0, 1), **strobes}
        lane = self._lane(terms, ranges, code_bits=0)
        lane = place(m, platform, name, lane, next=C(0, len(lane.next)), **inputs)
        return data.View(sums_struct(ranges), lane.sums)

    def _operands(self, m):
        """Operands as they come, and their zero point, ``operand_registers`` later."""
        wait = self._product.operand_registers
        x = delayed(m, self.x, wait, name="x_plain", reset_less=True)
        zero = delayed(m, self.zero, wait, name="zero", reset_less=True)
        return Cat(x, zero)
