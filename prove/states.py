"""States in and out: group by group, in order, with nothing beyond the end."""

from amaranth.hdl import Array, Mux, Signal

from pascaline.hdl.state import StatePort
from prove.claim import Claim
from prove.designs import small_core
from prove.harness import Harness
from prove.traffic import feed, memory

__all__ = ["claims"]


def restoring(harness: Harness):
    """A state is written group by group, as it came, with 0 beyond its end."""
    core = small_core(hidden=3, simd=2, units=2, cell_units=2)
    dut = harness.place(StatePort(core), "state")
    feed(harness, dut.i, "i")
    m, groups = harness.m, core.drain.groups
    restore = harness.free(1, "restore")
    # The sequencer asks until the state is there.
    done = harness.past(dut.restored)
    harness.suppose(~(harness.past(restore) & ~done) | restore)
    harness.suppose(~done | ~restore)
    m.d.comb += dut.restore.eq(restore)
    group = Signal(range(groups))
    harness.always(dut.write == (dut.i.valid & dut.i.ready))
    harness.always(~dut.write | (dut.group == group))
    harness.always(dut.restored == (dut.write & (group == groups - 1)))
    harness.always(~dut.write | harness.past(restore))
    with m.If(dut.write):
        m.d.sync += group.eq(Mux(group == groups - 1, 0, group + 1))
    for port, given in ((dut.h_data, dut.i.p.h), (dut.c_data, dut.i.p.c)):
        harness.always(~dut.write | (port[0] == given[0]))
        beyond = group == groups - 1
        harness.always(~dut.write | (port[1] == Mux(beyond, 0, given[1])))


def dumping(*, pipelined):
    """A state is given group by group, as the memories have it, and what waits stays."""

    def build(harness: Harness):
        core = small_core(hidden=3, simd=2, units=2, cell_units=2, pipelined=pipelined)
        dut = harness.place(StatePort(core), "state")
        m, groups = harness.m, core.drain.groups
        words = memory(harness, dut.read, 1)
        cells = [harness.constant(len(dut.c_read.as_value()), f"cell_{k}") for k in range(groups)]
        read = Array(cells)[dut.group]
        m.d.comb += dut.c_read.as_value().eq(harness.past(read, core.pipeline.memory))
        dump = harness.free(1, "dump")
        done = harness.past(dut.dumped)
        harness.suppose(~(harness.past(dump) & ~done) | dump)
        harness.suppose(~done | ~dump)
        m.d.comb += [dut.dump.eq(dump), dut.o.ready.eq(harness.free(1, "ready"))]
        harness.stable(dut.o)
        group = Signal(range(groups))
        given = dut.o.valid & dut.o.ready
        with m.If(given):
            m.d.sync += group.eq(Mux(group == groups - 1, 0, group + 1))
        end = group == groups - 1
        harness.always(dut.dumped == (given & end))
        width = core.layer.h.width
        word = Array(words)[group]
        h = word & Mux(end, (1 << width) - 1, (1 << 2 * width) - 1)
        cell = core.layer.carried.width
        c = Array(cells)[group] & Mux(end, (1 << cell) - 1, (1 << 2 * cell) - 1)
        harness.always(~dut.o.valid | (dut.o.p.h.as_value() == h))
        harness.always(~dut.o.valid | (dut.o.p.c.as_value() == c))

    return build


def claims():
    """All claims about states."""
    return [
        Claim("states: in", restoring, 14),
        Claim("states: out", dumping(pipelined=False), 14),
        Claim("states: out, pipelined", dumping(pipelined=True), 16),
    ]
