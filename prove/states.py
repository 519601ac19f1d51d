"""States in and out: group by group, in order, with nothing beyond the end."""

from amaranth.hdl import Array, Mux, Signal

from pascaline.hdl.state import StatePort
from prove.bench import Bench
from prove.claim import Claim
from prove.designs import small_core
from prove.traffic import feed, memory

__all__ = ["claims"]


def restoring(bench: Bench):
    """A state is written group by group, as it came, with 0 beyond its end."""
    core = small_core(hidden=3, simd=2, units=2, cell_units=2)
    dut = bench.place(StatePort(core), "state")
    feed(bench, dut.i, "i")
    m, groups = bench.m, core.drain.groups
    restore = bench.free(1, "restore")
    # The sequencer asks until the state is there.
    done = bench.past(dut.restored)
    bench.suppose(~(bench.past(restore) & ~done) | restore)
    bench.suppose(~done | ~restore)
    m.d.comb += dut.restore.eq(restore)
    group = Signal(range(groups))
    bench.always(dut.write == (dut.i.valid & dut.i.ready))
    bench.always(~dut.write | (dut.group == group))
    bench.always(dut.restored == (dut.write & (group == groups - 1)))
    bench.always(~dut.write | bench.past(restore))
    with m.If(dut.write):
        m.d.sync += group.eq(Mux(group == groups - 1, 0, group + 1))
    for port, given in ((dut.h_data, dut.i.p.h), (dut.c_data, dut.i.p.c)):
        bench.always(~dut.write | (port[0] == given[0]))
        beyond = group == groups - 1
        bench.always(~dut.write | (port[1] == Mux(beyond, 0, given[1])))


def dumping(*, pipelined):
    """A state is given group by group, as the memories have it, and what waits stays."""

    def build(bench: Bench):
        core = small_core(hidden=3, simd=2, units=2, cell_units=2, pipelined=pipelined)
        dut = bench.place(StatePort(core), "state")
        m, groups = bench.m, core.drain.groups
        words = memory(bench, dut.read, 1)
        cells = [bench.constant(len(dut.c_read.as_value()), f"cell_{k}") for k in range(groups)]
        read = Array(cells)[dut.group]
        m.d.comb += dut.c_read.as_value().eq(bench.past(read, core.pipeline.memory))
        dump = bench.free(1, "dump")
        done = bench.past(dut.dumped)
        bench.suppose(~(bench.past(dump) & ~done) | dump)
        bench.suppose(~done | ~dump)
        m.d.comb += [dut.dump.eq(dump), dut.o.ready.eq(bench.free(1, "ready"))]
        bench.stable(dut.o)
        group = Signal(range(groups))
        given = dut.o.valid & dut.o.ready
        with m.If(given):
            m.d.sync += group.eq(Mux(group == groups - 1, 0, group + 1))
        end = group == groups - 1
        bench.always(dut.dumped == (given & end))
        width = core.layer.h.width
        word = Array(words)[group]
        h = word & Mux(end, (1 << width) - 1, (1 << 2 * width) - 1)
        cell = core.layer.carried.width
        c = Array(cells)[group] & Mux(end, (1 << cell) - 1, (1 << 2 * cell) - 1)
        bench.always(~dut.o.valid | (dut.o.p.h.as_value() == h))
        bench.always(~dut.o.valid | (dut.o.p.c.as_value() == c))

    return build


def claims():
    """All claims about states."""
    return [
        Claim("states: in", restoring, 14),
        Claim("states: out", dumping(pipelined=False), 14),
        Claim("states: out, pipelined", dumping(pipelined=True), 16),
    ]
