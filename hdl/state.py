"""The state port: h and c are loaded before a sequence, or read out after it."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hdl.shapes import delayed, shape, struct
from hdl.vector import GroupPointer, read_signature
from spec.design import Design
from spec.ports import ports

__all__ = ["StatePort"]


class StatePort(wiring.Component):
    """Moves the whole state, group by group, while no step is on its way.

    A load takes a cycle a group, a dump one more than memories need to be read.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    i, o : In, Out
        Streams ``i_state`` and ``o_state`` of `spec.ports`.
    stream : In
        The stream whose state it is.
    loading, dumping : Out
        A state is being taken, or given; one cycle after ``load`` or ``dump``.
    load, loaded : In, Out
        Take a state; this was its last group.
    dump, dumped : In, Out
        Give the state; this was its last group.
    chunk, slot, group : Out
        Where the group at hand is in h, and in c.
    write, h_data, c_data : Out
        Write the group of h and of c.
    read : Out
        Port to the memory of h; ``bank`` is not used.
    c_read : In
        The group of c that was addressed ``pipeline.memory`` cycles ago.
    """

    def __init__(self, design: Design):
        self._design = design
        layouts = {name: struct(port.layout) for name, port in ports(design).items()}
        h = data.ArrayLayout(shape(design.layer.h), design.cell_units)
        c = data.ArrayLayout(shape(design.layer.cell), design.cell_units)
        chunks = design.h_product.chunks
        super().__init__(
            {
                "i": In(stream.Signature(layouts["i_state"])),
                "o": Out(stream.Signature(layouts["o_state"])),
                "stream": In(design.stream_bits),
                "loading": Out(1),
                "dumping": Out(1),
                "load": In(1),
                "loaded": Out(1),
                "dump": In(1),
                "dumped": Out(1),
                "chunk": Out(range(chunks)),
                "slot": Out(range(design.machine.simd // design.cell_units)),
                "group": Out(range(design.groups)),
                "write": Out(1),
                "h_data": Out(h),
                "c_data": Out(c),
                "read": Out(read_signature(shape(design.layer.h), chunks, design.machine.simd)),
                "c_read": In(c),
            }
        )

    def elaborate(self, platform):
        m = Module()
        design = self._design
        units = design.cell_units
        slots = design.machine.simd // units
        m.submodules.pointer = pointer = GroupPointer(design.groups, slots)
        given = Signal()
        fetch = Signal()
        fetched = Signal()
        m.d.sync += [
            self.loading.eq(self.load & ~self.loaded),
            self.dumping.eq(self.dump & ~self.dumped),
        ]
        m.d.comb += [
            self.chunk.eq(pointer.chunk),
            self.slot.eq(pointer.slot),
            self.group.eq(pointer.group),
            pointer.advance.eq(self.write | given),
            # Loading.
            self.i.ready.eq(self.loading),
            self.write.eq(self.loading & self.i.valid),
            self.loaded.eq(self.write & pointer.last),
            # Dumping: fetch a group, then give it.
            self.read.en.eq(fetch),
            self.read.chunk.eq(pointer.chunk),
            self.o.valid.eq(fetched),
            given.eq(fetched & self.o.ready),
            self.dumped.eq(given & pointer.last),
        ]
        # In the long pipeline a group stands in registers before it is given.
        long = design.pipeline.long
        wait = delayed(m, fetch, long, name="wait")
        read = delayed(m, wait, long, name="read")
        m.d.comb += fetch.eq(self.dumping & ~fetched & (~(wait | read) if long else 1))
        m.d.sync += fetched.eq(Mux(fetched, ~self.o.ready, read))

        # Places beyond the last unit are 0 in and out.
        here = Signal(data.ArrayLayout(shape(design.layer.h), units))
        chunk = delayed(m, self.read.data.as_value(), long, name="chunk", reset_less=True)
        m.d.comb += here.eq(chunk.word_select(pointer.slot, here.shape().size))
        filled = design.layer.hidden - (design.groups - 1) * units
        for k in range(units):
            beyond = pointer.last if k >= filled else 0
            m.d.comb += [
                self.h_data[k].eq(Mux(beyond, 0, self.i.p.h[k])),
                self.c_data[k].eq(Mux(beyond, 0, self.i.p.c[k])),
            ]
            for target, value in ((self.o.p.h[k], here[k]), (self.o.p.c[k], self.c_read[k])):
                kept = Signal(value.shape(), reset_less=True)
                if long:
                    with m.If(read):
                        m.d.sync += kept.eq(value)
                else:
                    m.d.comb += kept.eq(value)
                m.d.comb += target.eq(Mux(beyond, 0, kept))
        if design.stream_bits:
            m.d.comb += self.o.p.stream.eq(self.stream)
        return m
