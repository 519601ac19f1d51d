# amaranth: UnusedElaboratable=no
"""Behind the groups: what units carry is standardised, then they finish their h."""

from amaranth.hdl import Cat, Module, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.cells import CELLS
from pascaline.hdl.cells.elements import count_groups, made_layout, next_group, token_layout
from pascaline.hdl.cells.ordered import read_ordered
from pascaline.hdl.delay import delayed
from pascaline.hdl.kinds import place
from pascaline.hdl.norm.norm import LayerNorm
from pascaline.hdl.parity import fault_member, read_late, stored, write_in
from pascaline.hdl.shapes import shape
from pascaline.hdl.store import loads
from pascaline.hdl.vector import GroupPointer
from pascaline.spec.machine import Machine
from pascaline.spec.program import Program
from pascaline.spec.unit import UnitSpec

__all__ = ["Finishing"]


class Finishing(wiring.Component):
    """``cell_units`` units from c to h, where c of all units is standardised between these.

    Groups of c come ``pipeline.made`` cycles after their sums, to a layer norm with one gate and
    one operand. What units hold for their h waits in a queue: it is read in the order in which it
    was written, just when it is wanted. A pass comes out as one tile of all its groups, one a
    cycle; the first one's h is in memory ``norm.front + pipeline.finish`` cycles after the layer
    norm has begun with the pass.

    Parameters
    ----------
    unit : UnitSpec
        What a unit is like.
    program : Program
        Has the layer norm of c.
    memories : Memories
        Tensors of units, ``units``.
    machine : Machine
        Where those live, and whether there is parity.

    Members
    -------
    arrives, last_tile : In(1)
        As those of the groups, in the same cycles.
    token : In(token_layout(program))
        As that of the groups.
    made : In(data.ArrayLayout(made_layout(layer), drain.cell_units))
        As of the groups.
    h : Out(data.ArrayLayout(shape(layer.h), drain.cell_units))
        New h of a group.
    write : Out(1)
        ``h`` is there.
    write_token : Out(token_layout(program))
        With ``write``: flags of the step.
    freed, met : Out(1)
        As of `hdl.norm.control.NormControl`.
    met_token : Out(token_layout(program))
        With ``met``: flags of the step.
    load : In(load_layouts(machine, memories))
        What writes tensors of units.
    fault : Out(machine.parity)
        What was read for a step was not as it had been written.
    """

    def __init__(self, *, unit: UnitSpec, program: Program, memories, machine: Machine):
        self._unit, self._program, self._norm = unit, program, program.norm
        self._memories, self._machine = memories, machine
        units, token, layer = program.norm.drain.cell_units, token_layout(program), unit.layer
        super().__init__(
            {
                "arrives": In(1),
                "last_tile": In(1),
                "token": In(token),
                "made": In(data.ArrayLayout(made_layout(layer), units)),
                "h": Out(data.ArrayLayout(shape(layer.h), units)),
                "write": Out(1),
                "write_token": Out(token),
                "freed": Out(1),
                "met": Out(1),
                "met_token": Out(token),
            }
            | loads(machine, memories)
            | fault_member(machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        norm, pipeline, units = self._norm, self._unit.pipeline, range(len(self.h))
        m.submodules.norm = standard = LayerNorm(self._program, parity=self._machine.parity)
        for name, source in (
            ("arrives", self.arrives),
            ("last_tile", self.last_tile),
            ("token", self.token.as_value()),
        ):
            late = delayed(m, source, pipeline.made, name=name)
            m.d.comb += getattr(standard, f"i_{name}").eq(late)
        m.d.comb += [standard.i_sums[k].s0.eq(self.made[k].c) for k in units]
        m.d.comb += [
            self.freed.eq(standard.freed),
            self.met.eq(standard.met),
            self.met_token.eq(standard.met_token),
        ]

        comes = standard.arrives, standard.token
        count = count_groups(m, *comes, norm.groups - 1, norm.groups)
        busy, _, flags = count
        upcoming, stream = next_group(m, *comes, *count)
        tensors, wrong = read_ordered(
            m,
            upcoming,
            stream,
            name="units",
            memory=self._memories["units"],
            load=self.load["units"],
            latency=pipeline.memory,
            drain=norm.drain,
            program=self._program,
            machine=self._machine,
        )
        held, lost = self._queue(m, standard.shift, busy)
        written = delayed(m, busy, pipeline.finish - 1, name="write")
        tokens = delayed(m, flags.as_value(), pipeline.finish - 1, name="flags")
        m.d.comb += [
            self.write.eq(written),
            self.write_token.eq(tokens),
            self.fault.eq(Cat(wrong, lost, standard.fault).any()),
        ]
        finish, bits = CELLS[self._unit.layer.kind].finish, self._unit.unit_layout.bits
        for k in units:
            made = place(
                m,
                platform,
                f"unit_{k}",
                finish(self._unit),
                normal=standard.sums[k].s0,
                held=held[k],
                unit=tensors.word_select(k, bits),
            )
            m.d.comb += self.h[k].eq(made.h_next)
        return m

    def _queue(self, m, write, busy):
        """What units hold: written with their c, there when it meets what this became.

        It is read later than c in the buffers, of which there are two. So where a pass has few
        groups, some may be there yet when the next pass comes that takes the buffer; that is
        ``cycles - fill`` after layer norm has begun with this one, or later.
        """
        norm, pipeline, parity = self._norm, self._unit.pipeline, self._machine.parity
        wait = pipeline.meets - pipeline.memory
        depth = 2 * norm.groups + max(norm.front + wait - (norm.cycles - norm.fill), 0)
        held = data.ArrayLayout(shape(self._unit.layer.held), len(self.made))
        m.submodules.held = contents = memory.Memory(
            shape=stored(held, parity=parity), depth=depth, init=[]
        )
        m.submodules.held_in = inward = GroupPointer(depth, 1)
        m.submodules.held_out = outward = GroupPointer(depth, 1)
        put, get = contents.write_port(), contents.read_port()
        reads = delayed(m, busy, wait, name="held_read")
        given = Signal(held)
        m.d.comb += [
            *[given[k].eq(self.made[k].held) for k in range(len(self.made))],
            inward.advance.eq(write),
            outward.advance.eq(reads),
            put.en.eq(write),
            put.addr.eq(inward.group),
            *write_in(put.data, given),
            get.addr.eq(outward.group),
        ]
        word, wrong = read_late(m, get, pipeline.memory, name="held_word")
        checks = delayed(m, reads, pipeline.memory, name="held_checks")
        return word, wrong & checks
