"""States on a bus: any element reads as it was written last, by the registers or by the machine."""

from amaranth.hdl import C, Mux, Signal

from pascaline.hdl.bus.states import States
from pascaline.spec.states import spans, state_size
from prove.claim import Claim
from prove.designs import QUICK, small_design
from prove.harness import Harness
from prove.traffic import feed

__all__ = ["claims"]

OWED = 3
"""Bits of the number of states that the machine has still to give: there are never more."""


def kept(**options):
    """What registers read, and what the machine gets, is what was written last, or 0."""

    def build(harness: Harness):
        design = small_design(
            hidden=3,
            units=2,
            simd=2,
            cell_units=2,
            ports="axi",
            bus_states=True,
            head=None,
            **options,
        )
        [core] = design.cores
        dut, m = harness.place(States(design), "states"), harness.m
        streams, size, found = design.machine.streams, state_size(design), spans(design)
        names = ("restore", "stream", "dump", "busy")
        for name in names:
            port = getattr(dut, name)
            m.d.comb += port.eq(harness.free(len(port), f"{name}_in"))
        for name in ("index_element", "index_stream", "w_element"):
            port = getattr(dut, name)
            m.d.comb += [
                port.valid.eq(harness.free(1, f"{name}_valid")),
                port.payload.eq(harness.free(len(port.payload), f"{name}_p")),
            ]
        harness.suppose(dut.index_element.valid == dut.index_stream.valid)
        harness.suppose(~dut.index_element.valid | ~dut.w_element.valid)
        harness.suppose(dut.stream < streams)
        harness.suppose(~dut.restore | ~dut.hold)
        harness.suppose(~(dut.restore | dut.dump) | dut.busy)
        given, taken = dut.o_state, dut.i_state
        feed(harness, given, "gives")
        m.d.comb += taken.ready.eq(harness.free(1, "asks"))
        harness.stable(taken)

        # The element at hand, any one element, and what was written to it last.
        element, stream = harness.constant(range(size), "any_element"), Signal()
        m.d.comb += stream.eq(harness.constant(1, "any_stream") if streams > 1 else 0)
        harness.suppose(element < size)
        at, of = Signal(range(size + 1)), Signal.like(stream)
        value, new = Signal(dut.r_element.shape()), dut.index_element
        number, word = new.payload, dut.w_element
        exists = (number < size) & (dut.index_stream.payload < streams)
        harness.always(new.ready == exists)
        harness.always(dut.index_stream.ready == exists)
        wrote = word.valid & word.ready
        with m.If(new.valid & exists):
            m.d.sync += [at.eq(number), of.eq(dut.index_stream.payload)]
        with m.Elif(wrote):
            m.d.sync += at.eq(at + 1)
        mine = (at == element) & (of == stream)
        with m.If(wrote & mine):
            m.d.sync += value.eq(word.payload)
        fits = C(0, 1)
        for span in found:
            sign = word.payload[span.element.width - 1 :]
            here = (at >= span.first) & (at < span.first + span.count)
            fits |= here & (sign.all() | ~sign.any())
        harness.always(word.ready == (dut.ready & fits))
        harness.always(~dut.ready | ~mine | (dut.r_element == value))
        harness.always((dut.ready & (at < size)) | (dut.r_element == 0))

        # The machine gives and gets states group by group.
        groups, units = core.drain.groups, core.cell_units
        owed, wanted = Signal(OWED, name="owed"), Signal(name="wanted")
        whose, flows = Signal.like(stream, name="whose"), {}
        for name, port in (("given", given), ("taken", taken)):
            group, goes = Signal(range(groups), name=f"{name}_group"), port.valid & port.ready
            last = group == groups - 1
            with m.If(goes):
                m.d.sync += group.eq(Mux(last, 0, group + 1))
            numbers = {}
            for span in found:
                for unit in range(span.count):
                    beat = (group == unit // units) & (element == span.first + unit)
                    numbers[span.name, unit] = (beat, port.p[span.name][unit % units])
            flows[name] = (group, goes, last, numbers)
        group, goes, last, numbers = flows["given"]
        owner = given.p.stream if streams > 1 else C(0, 1)
        m.d.sync += owed.eq(owed + dut.dump - (goes & last))
        harness.suppose(owed != (1 << OWED) - 1)
        harness.suppose(~given.valid | (owed != 0))
        began = Signal.like(owner, name="owner")
        with m.If(goes):
            m.d.sync += began.eq(owner)
        harness.suppose((group == 0) | ~given.valid | (owner == began))
        for beat, number in numbers.values():
            with m.If(goes & beat & (owner == stream)):
                m.d.sync += value.eq(number)
        # It asks for one that is wanted, when it has given all that it gave before.
        with m.If(dut.restore):
            m.d.sync += [wanted.eq(1), whose.eq(dut.stream)]
        got, goes, last, numbers = flows["taken"]
        with m.If(goes & last):
            m.d.sync += wanted.eq(0)
        harness.suppose(~taken.ready | (wanted & ~given.valid & (group == 0)))
        harness.suppose(taken.ready | (got == 0))
        harness.suppose(~harness.past(taken.ready & ~(goes & last)) | taken.ready)
        harness.always(dut.hold == wanted)
        harness.always(~taken.valid | wanted)
        for beat, number in numbers.values():
            harness.always(~(taken.valid & beat & (whose == stream)) | (number == value))
        # Registers see nothing while states move.
        harness.always(~dut.ready | ((owed == 0) & ~wanted))

    return build


CASES = {
    "h": {"layer": QUICK},
    "h and c": {},
    "two streams": {"layer": QUICK, "streams": 2},
}


def claims():
    """All claims about states on a bus."""
    return [
        Claim(f"statememory: {name}", kept(**options), 24, "reach")
        for name, options in CASES.items()
    ]
