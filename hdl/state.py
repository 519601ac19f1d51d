"""The state port: h and c are restored before a sequence, or read out after it."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.shapes import shape, struct
from pascaline.hdl.vector import GroupPointer, read_signature
from pascaline.spec.core import Core
from pascaline.spec.payloads import core_ports

__all__ = ["StatePort"]


class StatePort(wiring.Component):
    """Moves the whole state, group by group, while no step is on its way.

    Restoring takes a cycle a group, dumping one more than memories need to be read.

    Parameters
    ----------
    core : Core
        The core.

    Members
    -------
    i : In(stream.Signature(struct(core_ports(core)["i_state"].layout)))
        States to start from, a group a beat.
    o : Out(stream.Signature(struct(core_ports(core)["o_state"].layout)))
        Final states, a group a beat.
    stream : In(core.stream_bits)
        The stream whose state it is.
    restoring : Out(1)
        A state is being taken; from one cycle after ``restore`` on.
    dumping : Out(1)
        A state is being given; from one cycle after ``dump`` on.
    restore : In(1)
        Take a state; holds until ``restored``.
    restored : Out(1)
        The last group has been taken.
    dump : In(1)
        Give the state; holds until ``dumped``.
    dumped : Out(1)
        The last group has been given.
    layer : Out(core.program.vector_bits)
        The layer of the group at hand.
    chunk : Out(range(core.h_product.chunks))
        The group's chunk in the vector of h.
    slot : Out(range(simd // core.cell_units))
        The group's place in that chunk.
    group : Out(range(core.program.layers * core.drain.groups))
        The group's number in the memory of c.
    write : Out(1)
        Write the group.
    h_data : Out(data.ArrayLayout(shape(layer.h), core.cell_units))
        With ``write``: its h.
    c_data : Out(data.ArrayLayout(shape(layer.carried), core.cell_units))
        With ``write``: its c; only there if the layer carries anything.
    c_read : In(data.ArrayLayout(shape(layer.carried), core.cell_units))
        The c that was addressed ``pipeline.memory`` cycles ago; only there if the layer carries
        anything.
    read : Out(read_signature(shape(layer.h), chunks, simd))
        Reads the memory of h; ``bank`` is not used.
    """

    def __init__(self, core: Core):
        self._core = core
        layouts = {name: struct(port.layout) for name, port in core_ports(core).items()}
        h = data.ArrayLayout(shape(core.layer.h), core.cell_units)
        chunks = core.h_product.chunks
        super().__init__(
            {
                "i": In(stream.Signature(layouts["i_state"])),
                "o": Out(stream.Signature(layouts["o_state"])),
                "stream": In(core.stream_bits),
                "restoring": Out(1),
                "dumping": Out(1),
                "restore": In(1),
                "restored": Out(1),
                "dump": In(1),
                "dumped": Out(1),
                "chunk": Out(range(chunks)),
                "slot": Out(range(core.machine.simd // core.cell_units)),
                "layer": Out(core.program.vector_bits),
                "group": Out(range(core.program.layers * core.drain.groups)),
                "write": Out(1),
                "h_data": Out(h),
                "read": Out(read_signature(shape(core.layer.h), chunks, core.machine.simd)),
                **self._c_members(),
            }
        )

    def _c_members(self):
        core = self._core
        if core.layer.carried is None:
            return {}
        c = data.ArrayLayout(shape(core.layer.carried), core.cell_units)
        return {"c_data": Out(c), "c_read": In(c)}

    def elaborate(self, platform):
        m = Module()
        core = self._core
        units = core.cell_units
        slots = core.machine.simd // units
        m.submodules.pointer = pointer = GroupPointer(core.drain.groups, slots)
        m.submodules.groups = groups = GroupPointer(core.program.layers * core.drain.groups, 1)
        layer = Signal(core.program.vector_bits)
        with m.If(pointer.advance & pointer.last):
            m.d.sync += layer.eq(Mux(groups.last, 0, layer + 1))
        given = Signal()
        fetch = Signal()
        fetched = Signal()
        m.d.sync += [
            self.restoring.eq(self.restore & ~self.restored),
            self.dumping.eq(self.dump & ~self.dumped),
        ]
        m.d.comb += [
            self.chunk.eq(pointer.chunk),
            self.slot.eq(pointer.slot),
            self.layer.eq(layer),
            self.group.eq(groups.group),
            pointer.advance.eq(self.write | given),
            groups.advance.eq(pointer.advance),
            # Restoring.
            self.i.ready.eq(self.restoring),
            self.write.eq(self.restoring & self.i.valid),
            self.restored.eq(self.write & groups.last),
            # Dumping: fetch a group, then give it.
            self.read.en.eq(fetch),
            self.read.chunk.eq(pointer.chunk),
            self.o.valid.eq(fetched),
            given.eq(fetched & self.o.ready),
            self.dumped.eq(given & groups.last),
        ]
        # In a pipelined machine a group stands in registers before it is given.
        pipelined = core.pipeline.pipelined
        wait = delayed(m, fetch, pipelined, name="wait")
        read = delayed(m, wait, pipelined, name="read")
        m.d.comb += fetch.eq(self.dumping & ~fetched & (~(wait | read) if pipelined else 1))
        m.d.sync += fetched.eq(Mux(fetched, ~self.o.ready, read))

        # Places beyond the last unit are 0 in and out.
        here = Signal(data.ArrayLayout(shape(core.layer.h), units))
        chunk = delayed(m, self.read.data.as_value(), pipelined, name="chunk", reset_less=True)
        m.d.comb += here.eq(chunk.word_select(pointer.slot, here.shape().size))
        filled = core.layer.hidden - (core.drain.groups - 1) * units
        given_out, taken = {"h": here}, {"h": self.h_data}
        if core.layer.carried is not None:
            given_out["c"], taken["c"] = self.c_read, self.c_data
        for name, source in given_out.items():
            for k in range(units):
                beyond = pointer.last if k >= filled else 0
                m.d.comb += taken[name][k].eq(Mux(beyond, 0, self.i.p[name][k]))
                kept = Signal(source[k].shape(), reset_less=True)
                if pipelined:
                    with m.If(read):
                        m.d.sync += kept.eq(source[k])
                else:
                    m.d.comb += kept.eq(source[k])
                m.d.comb += self.o.p[name][k].eq(Mux(beyond, 0, kept))
        if core.stream_bits:
            m.d.comb += self.o.p.stream.eq(self.stream)
        return m
