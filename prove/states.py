"""States in and out: group by group, in order, with nothing beyond the end, in turn."""

from amaranth.hdl import Array, C, Mux, Signal

from pascaline.hdl.state import StatePort
from prove.claim import Claim
from prove.designs import STACK, small_design
from prove.harness import Harness
from prove.traffic import feed, memory

__all__ = ["claims"]

CORE = {"hidden": 3, "simd": 2, "units": 2, "cell_units": 1}
WIDE = CORE | {"cell_units": 2}

CASES = {
    "two units a group": WIDE,
    "two units a group, pipelined": WIDE | {"pipelined": True},
    "two streams": CORE | {"streams": 2},
    "two streams, pipelined": CORE | {"streams": 2, "pipelined": True},
    "shared stack": CORE | {"network": STACK, "stack": "shared"},
}
"""What is claimed: machines."""


def moving(**options):
    """States that are restored or dumped, one after the other, as the sequencer asks for it."""

    def build(harness: Harness):
        core = small_design(**options).cores[0]
        dut, m = harness.place(StatePort(core), "state"), harness.m
        groups, units, slots = (
            core.drain.groups,
            core.cell_units,
            core.machine.simd // core.cell_units,
        )
        count = core.program.layers * groups
        feed(harness, dut.i, "i")
        m.d.comb += dut.o.ready.eq(harness.free(1, "ready"))
        harness.stable(dut.o)
        if core.stream_bits:
            stream = harness.free(core.stream_bits, "stream_in")
            m.d.comb += dut.stream.eq(stream)
            harness.suppose(
                ~harness.past(dut.restore | dut.dump) | (stream == harness.past(stream))
            )
            harness.always(~dut.o.valid | (dut.o.p.stream == stream))

        # It is asked for one of both, until that is done.
        asked = {}
        for name, done in (("restore", dut.restored), ("dump", dut.dumped)):
            port, one = getattr(dut, name), harness.free(1, f"{name}_in")
            m.d.comb += port.eq(one)
            asked[name] = harness.past(one & ~done)
            harness.suppose(~asked[name] | one)
            harness.suppose(~harness.past(done) | ~one)
        harness.suppose(~dut.restore | ~dut.dump)
        harness.always(dut.restoring == asked["restore"])
        harness.always(dut.dumping == asked["dump"])

        # The group at hand: all of them, in order.
        group, given = Signal(range(count), name="number"), dut.o.valid & dut.o.ready
        goes, last = dut.write | given, group == count - 1
        with m.If(goes):
            m.d.sync += group.eq(Mux(last, 0, group + 1))
        harness.always(group < count)
        within = [number % groups for number in range(count)]

        def now(values):
            return Array(C(value) for value in values)[group]

        harness.always(dut.group == group)
        harness.always(dut.chunk == now(one // slots for one in within))
        harness.always(dut.slot == now(one % slots for one in within))
        harness.always(dut.layer == now(number // groups for number in range(count)))
        harness.always(dut.write == (dut.i.valid & dut.i.ready))
        harness.always(dut.i.ready == dut.restoring)
        harness.always(dut.restored == (dut.write & last))
        harness.always(dut.dumped == (given & last))
        harness.always(~dut.o.valid | dut.dumping)
        # What makes the induction go through.
        kept = {"groups.last": last, "pointer.last": now(one == groups - 1 for one in within)}
        kept["pointer.group"] = now(within)
        for name, wanted in kept.items():
            width = (groups - 1).bit_length() if name == "pointer.group" else 1
            harness.always(harness.inside(width, "state", name) == wanted)
        # A group that has been asked for is there a few cycles later.
        late = 3 if core.pipeline.pipelined else 1
        idle = Signal(range(late + 2), name="idle")
        m.d.sync += idle.eq(Mux(dut.dumping & ~dut.o.valid, idle + 1, 0))
        harness.always(idle <= late)

        # What is in the memories goes out, what comes in goes to them; beyond the end is 0.
        def whole(word, width):
            """Of a group's values those that are not beyond the end."""
            filled = core.layer.hidden - (groups - 1) * units
            here = now(filled if one == groups - 1 else units for one in within)
            masks = Array(C((1 << width * k) - 1, width * units) for k in range(units + 1))
            return word & masks[here]

        words = Array(memory(harness, dut.read, 1))[dut.chunk]
        width = core.layer.h.width
        h = words.word_select(dut.slot, width * units)
        moved = [(h, dut.h_data, dut.i.p.h, dut.o.p.h, width)]
        if core.layer.carried is not None:
            width = core.layer.carried.width
            cells = [harness.constant(width * units, f"cell_{k}") for k in range(count)]
            c = Array(cells)[dut.group]
            m.d.comb += dut.c_read.as_value().eq(harness.past(c, core.pipeline.memory))
            moved.append((c, dut.c_data, dut.i.p.c, dut.o.p.c, width))
        for kept, put, came, out, width in moved:
            harness.always(~dut.write | (put.as_value() == whole(came.as_value(), width)))
            harness.always(~dut.o.valid | (out.as_value() == whole(kept, width)))

    return build


def claims():
    """All claims about states."""
    return [
        Claim(f"states: {name}", moving(**options), 6, "prove") for name, options in CASES.items()
    ]
