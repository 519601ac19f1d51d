"""A residual connection: x waits in a queue until it is added to h."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.elastic import elastic
from pascaline.hdl.parity import fault_member, read_out, stored, write_in
from pascaline.hdl.rounding import narrow
from pascaline.hdl.shapes import shape, struct
from pascaline.spec.stages import residual as stages

__all__ = ["Add", "Fork"]


class Fork(wiring.Component):
    """Lets vectors through in the cycle in which they come, and keeps them in a queue.

    Only vectors of steps with a result are kept; what is beyond a vector's end is kept as 0. A
    vector can be had from the queue two cycles after its last beat, a chunk a cycle. The queue
    takes whatever goes through: that it has room follows from what the core holds.

    Parameters
    ----------
    stage : Fork
        The stage of `spec.stages.residual`.

    Members
    -------
    i_x : In(stream.Signature(struct(stage.i_x)))
        Vectors.
    o : Out(stream.Signature(struct(stage.o)))
        The same vectors.
    skip : Out(stream.Signature(struct(stage.skip)))
        Their chunks, for `Add`.
    fault : Out(1)
        A word that was given is not the word that was written; only there with parity.
    """

    def __init__(self, stage: stages.Fork):
        self._stage = stage
        super().__init__(
            {
                "i_x": In(stream.Signature(struct(stage.i_x))),
                "o": Out(stream.Signature(struct(stage.o))),
                "skip": Out(stream.Signature(struct(stage.skip))),
            }
            | fault_member(stage.core.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        stage, core = self._stage, self._stage.core
        simd, depth = core.machine.simd, stage.vectors * stage.chunks
        m.submodules.queue = queue = memory.Memory(
            shape=stored(data.ArrayLayout(shape(core.layer.h), simd), parity=core.machine.parity),
            depth=depth,
            init=[],
        )
        into, out = queue.write_port(), queue.read_port()

        def after(place):
            return Mux(place == depth - 1, 0, place + 1)

        # Writing: the vector begins at ``start``; the next one, too, if this one is not kept.
        taken = Signal()
        end = Signal()
        kept = Signal()
        chunk = Signal(range(stage.chunks))
        start = Signal(range(depth))
        write = Signal(range(depth))
        beat = self.i_x.p
        m.d.comb += [
            self.o.valid.eq(self.i_x.valid),
            self.o.p.eq(beat),
            self.i_x.ready.eq(self.o.ready),
            taken.eq(self.i_x.valid & self.o.ready),
            end.eq(chunk == stage.chunks - 1),
            kept.eq(taken & end & (1 if core.results == "every" else beat.last)),
            into.en.eq(taken),
            into.addr.eq(write),
        ]
        word = Signal(data.ArrayLayout(shape(core.layer.h), simd))
        for k in range(simd):
            beyond = end if k >= core.h_product.tail else 0
            m.d.comb += word[k].eq(Mux(beyond, 0, beat.data[k]))
        m.d.comb += write_in(into.data, word)
        with m.If(taken):
            m.d.sync += [chunk.eq(Mux(end, 0, chunk + 1)), write.eq(after(write))]
        with m.If(kept):
            m.d.sync += start.eq(after(write))
        with m.Elif(taken & end):
            m.d.sync += write.eq(start)

        # Reading: the word at ``read`` is on the port whenever it had been written a cycle before.
        read = Signal(range(depth))
        level = Signal(range(depth + 1))
        full = Signal()
        given = Signal()
        left = Signal(range(depth + 1))
        found, wrong = read_out(out.data)
        m.d.comb += [
            self.skip.valid.eq(full),
            self.skip.p.data.eq(found),
            given.eq(full & self.skip.ready),
            left.eq(level - given),
            out.en.eq(1),
            out.addr.eq(Mux(given, after(read), read)),
        ]
        m.d.sync += [
            read.eq(out.addr),
            level.eq(left + Mux(kept, stage.chunks, 0)),
            full.eq(left != 0),
        ]
        fault = Signal.like(self.fault)
        # A fault must not depend on ready: it stops what is offered.
        m.d.comb += self.fault.eq(fault | (wrong & full))
        m.d.sync += fault.eq(self.fault)
        return m


class Add(wiring.Component):
    """Adds what waits in the queue to each beat, with saturation.

    A beat a cycle is taken while there is room, and given a cycle later.

    Parameters
    ----------
    stage : Add
        The stage of `spec.stages.residual`.

    Members
    -------
    i_x : In(stream.Signature(struct(stage.i_x)))
        Vectors of h, 0 beyond their ends.
    skip : In(stream.Signature(struct(stage.skip)))
        Chunks of x, one for each beat of h; there before the beat is.
    o : Out(stream.Signature(struct(stage.o)))
        Sums, and what comes with h.
    fault : Out(1)
        0: nothing is kept in a memory; only there with parity.
    """

    def __init__(self, stage: stages.Add):
        self._stage = stage
        super().__init__(
            {
                "i_x": In(stream.Signature(struct(stage.i_x))),
                "skip": In(stream.Signature(struct(stage.skip))),
                "o": Out(stream.Signature(struct(stage.o))),
            }
            | fault_member(stage.core.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        h = self._stage.core.layer.h
        full, take = elastic(m, self.i_x.valid & self.skip.valid, self.o.ready, name="beat")
        beat = Signal(struct(self._stage.o))
        sums = Signal.like(beat)
        m.d.comb += [
            self.i_x.ready.eq(take),
            self.skip.ready.eq(take),
            self.o.valid.eq(full),
            self.o.p.eq(beat),
            sums.eq(self.i_x.p),
        ]
        for k in range(self._stage.core.machine.simd):
            total = self.i_x.p.data[k] + self.skip.p.data[k]
            wide = h.interval + h.interval
            m.d.comb += sums.data[k].eq(narrow(m, total, wide, 0, h, name=f"sum_{k}"))
        with m.If(take):
            m.d.sync += beat.eq(sums)
        return m
