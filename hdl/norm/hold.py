"""The hold: groups of a pass as they leave the lanes, and the totals of their sums."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.cells.elements import token_layout
from pascaline.hdl.delay import delayed
from pascaline.hdl.parity import fault_member, read_out, stored, write_in
from pascaline.hdl.shapes import shape, sums_struct
from pascaline.hdl.tree import tree_sum
from pascaline.spec.program import Program

__all__ = ["Hold", "totals_layout"]


def totals_layout(norm):
    """Totals of each sum, gate by gate: ``s0`` of all gates, then ``s1``."""
    return data.StructLayout(
        {
            f"s{place}": data.ArrayLayout(shape(norm.standard.total(sums)), norm.drain.gates)
            for place, sums in enumerate(norm.sums)
        }
    )


class Hold(wiring.Component):
    """Takes a tile group by group, one a cycle, without a pause; has buffers for two passes.

    A group is in its buffer ``norm.take + 1`` cycles after it was at the front of the drain, and in
    the totals after ``norm.fill``.

    Parameters
    ----------
    program : Program
        Has the layer norm, and the drain of the lanes.
    parity : bool
        Whether words in the buffers have parity bits.

    Members
    -------
    arrives, last_tile : In(1)
        As of `hdl.cells.elements.Elements`.
    token : In(token_layout(program))
        As of the same.
    sums : In(data.ArrayLayout(sums_struct(norm.sums), norm.drain.front))
        The front of the drain.
    shift : Out(1)
        Bring the next sums to the front.
    full : Out(1)
        ``totals`` are those of a whole pass, until the first group of the next one is in them.
    full_token : Out(token_layout(program))
        With ``full``: flags of its step.
    totals : Out(totals_layout(norm))
        Sums over all units.
    reads : In(1)
        Read a group of the pass that has been full for longest.
    group : In(range(norm.groups))
        With ``reads``: its number.
    done : In(1)
        That pass is not read again; the next one is.
    found : Out(data.ArrayLayout(sums_struct(norm.sums), norm.drain.front))
        The group, ``norm.read`` cycles later.
    fault : Out(parity)
        What was asked for in the last cycle is not as it was written.
    """

    def __init__(self, program: Program, *, parity=False):
        self._program, self._norm, self._parity = program, program.norm, parity
        norm = self._norm
        front = data.ArrayLayout(sums_struct(norm.sums), norm.drain.front)
        super().__init__(
            {
                "arrives": In(1),
                "last_tile": In(1),
                "token": In(token_layout(program)),
                "sums": In(front),
                "shift": Out(1),
                "full": Out(1),
                "full_token": Out(token_layout(program)),
                "totals": Out(totals_layout(norm)),
                "reads": In(1),
                "group": In(range(norm.groups)),
                "done": In(1),
                "found": Out(front),
            }
            | fault_member(parity)
        )

    def elaborate(self, platform):
        m = Module()
        norm, drain = self._norm, self._norm.drain
        busy, last_tile, flags = Signal(), Signal(), Signal.like(self.token)
        left = Signal(range(max(drain.tile_groups, 2)))
        with m.If(self.arrives):
            m.d.sync += [
                busy.eq(1),
                last_tile.eq(self.last_tile),
                left.eq(Mux(self.last_tile, drain.last_groups - 1, drain.tile_groups - 1)),
                flags.eq(self.token),
            ]
        with m.Elif(left == 0):
            m.d.sync += busy.eq(0)
        with m.Else():
            m.d.sync += left.eq(left - 1)
        last = Signal()
        m.d.comb += [self.shift.eq(busy), last.eq(busy & last_tile & (left == 0))]
        m.d.comb += [
            self.full.eq(delayed(m, last, norm.fill, name="full")),
            self.full_token.eq(
                delayed(m, flags.as_value(), norm.fill, name="full_flags", reset_less=True)
            ),
        ]
        sums = delayed(m, self.sums.as_value(), norm.take, name="taken", reset_less=True)
        write = delayed(m, busy, norm.take, name="write")
        ends = delayed(m, last, norm.take, name="ends")
        self._buffers(m, write, ends, sums)
        self._totals(m, write, ends, data.View(self.sums.shape(), sums))
        return m

    def _buffers(self, m, write, ends, sums):
        norm = self._norm
        groups = norm.groups
        contents = memory.Memory(
            shape=stored(len(sums), parity=self._parity), depth=2 * groups, init=[]
        )
        m.submodules.buffers = contents
        put, get = contents.write_port(), contents.read_port()
        # Which of the two is filled, and which is read.
        fills, group, reads = Signal(), Signal(range(groups)), Signal()
        with m.If(write):
            m.d.sync += [group.eq(Mux(ends, 0, group + 1)), fills.eq(fills ^ ends)]
        with m.If(self.done):
            m.d.sync += reads.eq(~reads)
        word, wrong = read_out(get.data)
        checks = delayed(m, self.reads, 1, name="checks")
        m.d.comb += [
            put.en.eq(write),
            put.addr.eq(Cat(fills, group)),
            *write_in(put.data, sums),
            get.addr.eq(Cat(reads, self.group)),
            self.found.eq(delayed(m, word, norm.read - 1, name="found", reset_less=True)),
            self.fault.eq(wrong & checks),
        ]

    def _totals(self, m, write, ends, sums):
        """Totals; units that there are not count as nothing, whatever their lanes have."""
        norm, drain = self._norm, self._norm.drain
        wait = int(norm.pipelined)
        first = Signal(init=1)
        with m.If(write):
            m.d.sync += first.eq(ends)
        adds = delayed(m, write, wait, name="adds")
        fresh = delayed(m, first, wait, name="fresh")
        for place, range_ in enumerate(norm.sums):
            counted = range_ | range_.times(0)
            for gate in range(drain.gates):
                terms = []
                for unit in range(drain.cell_units):
                    term = sums[unit * drain.gates + gate][f"s{place}"]
                    if unit >= norm.tail:
                        term = Mux(ends, 0, term)
                    terms.append((term, None))
                added, _ = tree_sum(m, terms, counted, wait, name=f"group_{place}_{gate}")
                total = self.totals[f"s{place}"][gate]
                kept = Signal(total.shape(), name=f"total_{place}_{gate}", reset_less=True)
                m.d.comb += total.eq(kept)
                # Without negative numbers the upper bits of a total have a simpler adder: each is
                # raised by the weight of its sign, and a total begins with that much less.
                begin = 0
                if added.shape().signed:
                    begin = -(norm.groups << (len(added) - 1)) % (1 << len(kept))
                    added = Cat(added[:-1], ~added[-1])
                with m.If(adds):
                    m.d.sync += kept.eq(Mux(fresh, begin, kept.as_unsigned()) + added)
