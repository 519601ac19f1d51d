# amaranth: UnusedElaboratable=no
"""A matrix-vector product whose weights are wires, and the drain behind it."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.shapes import shape, sums_struct
from pascaline.hdl.wired.parallel import ParallelGraph
from pascaline.hdl.wired.serial import SerialGraph
from pascaline.spec.formats import Interval
from pascaline.spec.product import Product

__all__ = ["WiredProduct"]


class WiredProduct(wiring.Component):
    """All rows of a product at once: chunks of the vectors come in, sums go into the drain.

    A chunk of each vector comes a cycle, and none ever waits. The sums of a pass are at the front
    of the drain ``product.registers + 1`` cycles after its last chunks; ``arrives`` says so one
    cycle before. They must have been shifted out before the next ones come. With serial adders
    these come in ``product.bits`` cycles, the first of which may be that of the last shift, and
    chunks may come when the bits of those before have gone out, ``product.bits`` cycles after their
    last ones.

    Parameters
    ----------
    graph : Graph
        The product: columns are those of the vectors one after the other. Rows are those of each
        turn; of these all lanes, lane 0 first, and of each lane its ``sums``.
    vectors : dict of str to (Interval, Product)
        Range of an element, and geometry, of each vector. The numbers of lanes and of registers are
        the same in all.
    sums : tuple of Interval
        Ranges of the sums of a lane.
    front : int
        Lanes at the front of the drain.

    Members
    -------
    x, h : In(data.ArrayLayout(shape(element), simd))
        A chunk of each vector, by its name in ``vectors``.
    read : In(1)
        There are chunks.
    chunk : In(range(chunks))
        Their number: a vector with fewer chunks has none then.
    ends_tile : In(1)
        These are the last ones.
    turn : In(range(turns))
        With ``ends_tile``: whose rows are wanted.
    shift : In(1)
        Take the sums of the lanes that are ``front`` further on.
    arrives : Out(1)
        In the next cycle the sums of a pass are at the front.
    sums : Out(data.ArrayLayout(sums_struct(sums), front))
        Sums of ``front`` lanes, lane 0 first.
    """

    def __init__(self, *, graph, vectors: dict[str, tuple[Interval, Product]], sums, front):
        self._vectors = vectors
        self._sums = sums
        self._front = front
        _, self._product = next(iter(vectors.values()))
        self._chunks = max(product.chunks for _, product in vectors.values())
        rows = self._product.lanes * len(sums)
        self._turns = len(graph.output) // rows
        elements = [element for element, one in vectors.values() for _ in range(one.columns)]
        if self._product.bits:
            self._graph = SerialGraph(graph, self._product.tree_registers)
        else:
            ranges = list(sums) * (len(graph.output) // len(sums))
            self._graph = ParallelGraph(graph, elements, ranges, self._product.tree_registers)
        members = {
            name: In(data.ArrayLayout(shape(element), product.simd))
            for name, (element, product) in vectors.items()
        }
        super().__init__(
            members
            | {
                "read": In(1),
                "chunk": In(range(self._chunks)),
                "ends_tile": In(1),
                "turn": In(range(self._turns)),
                "shift": In(1),
                "arrives": Out(1),
                "sums": Out(data.ArrayLayout(sums_struct(sums), front)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        m.submodules.graph = self._graph
        wait = self._product.operand_registers
        read = delayed(m, self.read, wait, name="read_late")
        chunk = delayed(m, self.chunk, wait, name="chunk_late", reset_less=True)
        ends = delayed(m, self.ends_tile, wait, name="ends")
        turn = delayed(m, self.turn, wait, name="turn_late", reset_less=True)
        loads = [Signal(name=f"load_{k}") for k in range(self._chunks)]
        m.d.comb += [load.eq(read & (chunk == k)) for k, load in enumerate(loads)]
        drain = Signal(sums_struct(self._sums).size * self._product.lanes, reset_less=True)
        front = Cat(self.sums[k].as_value() for k in range(self._front))
        m.d.comb += front.eq(drain)
        if self._front < self._product.lanes:
            with m.If(self.shift):
                m.d.sync += drain.eq(drain >> len(front))
        if self._product.bits:
            self._serial(m, loads, ends, turn, drain)
        else:
            self._parallel(m, loads, ends, turn, drain)
        return m

    def _parallel(self, m, loads, ends, turn, drain):
        """Chunks wait for the last ones; the sums of all go to the drain at once."""
        elements = []
        for name, number, place, given in self._elements(m):
            if number < self._chunks - 1:
                kept = Signal.like(given, name=f"{name}_{number}_{place}", reset_less=True)
                with m.If(loads[number]):
                    m.d.sync += kept.eq(given)
                given = kept
            elements.append(given)
        wait = self._product.tree_registers
        arrives = delayed(m, ends, wait, name="ends_tile")
        turn = delayed(m, turn, wait, name="turn", reset_less=True)
        m.d.comb += [
            self._graph.x.eq(Cat(elements[k] for k in self._graph.taken)),
            self.arrives.eq(arrives),
        ]
        with m.If(arrives):
            m.d.sync += drain.eq(self._chosen(self._graph.rows, turn, len(drain)))

    def _serial(self, m, loads, ends, turn, drain):
        """All elements move out of a register bit by bit, and all sums into the drain."""
        bits = self._product.bits
        left = Signal(range(bits + 1))
        with m.If(ends):
            m.d.sync += left.eq(bits)
        with m.Elif(left != 0):
            m.d.sync += left.eq(left - 1)
        lowest = []
        for name, number, place, given in self._elements(m):
            kept = Signal.like(given, name=f"{name}_{number}_{place}", reset_less=True)
            with m.If(loads[number]):
                m.d.sync += kept.eq(given)
            with m.Elif(left != 0):
                m.d.sync += kept.eq(kept >> 1)
            lowest.append(kept[0])
        wait = self._product.tree_registers
        kept_turn = Signal.like(self.turn, reset_less=True)
        with m.If(ends):
            m.d.sync += kept_turn.eq(turn)
        m.d.comb += [
            self._graph.x.eq(Cat(lowest[k] for k in self._graph.taken)),
            self._graph.clear.eq(ends),
            self.arrives.eq(delayed(m, ends, wait + bits, name="ends_tile")),
        ]
        late = delayed(m, left, wait, name="left")
        turn = delayed(m, kept_turn, wait, name="turn", reset_less=True)
        rows = self._chosen(self._graph.rows, turn, self._product.lanes * len(self._sums))
        moved, place = [], 0
        fills = [late > bits - one.width for one in self._sums]
        for index in range(len(rows)):
            width, fill = self._sums[index % len(fills)].width, fills[index % len(fills)]
            old = drain[place : place + width]
            moved.append(Mux(fill, Cat(old[1:], rows[index]), old))
            place += width
        with m.If(late != 0):
            m.d.sync += drain.eq(Cat(moved))

    def _elements(self, m):
        """Elements of all vectors as they come: vector, chunk, place in it, value."""
        wait = self._product.operand_registers
        for name, (_, product) in self._vectors.items():
            word = getattr(self, name)
            late = delayed(m, word.as_value(), wait, name=f"{name}_late", reset_less=True)
            word = data.View(word.shape(), late)
            for column in range(product.columns):
                number, place = divmod(column, product.simd)
                yield name, number, place, word[place]

    def _chosen(self, rows, turn, size):
        """The rows of a turn."""
        return Array(rows.word_select(k, size) for k in range(self._turns))[turn]
