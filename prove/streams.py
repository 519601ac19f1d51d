"""Streams: nothing is lost or comes twice, the order stays, and what waits does not change."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.accelerator import Accelerator
from pascaline.hdl.elastic import elastic
from pascaline.hdl.inputs import Inputs
from pascaline.hdl.outputs import CoreOutputs
from pascaline.hdl.reader import VectorReader
from pascaline.hdl.shapes import shape
from pascaline.spec.payloads import core_ports
from prove.claim import Claim
from prove.designs import small_core, small_design
from prove.harness import Harness
from prove.traffic import Queue, feed, memory

__all__ = ["claims"]


class Stages(wiring.Component):
    """Some elastic stages with a payload."""

    i: In(stream.Signature(3))
    o: Out(stream.Signature(3))

    def __init__(self, count):
        super().__init__()
        self._count = count

    def elaborate(self, platform):
        m = Module()
        ready = [Signal(name=f"ready_{k}") for k in range(self._count)]
        valid, payload = self.i.valid, self.i.payload
        for k in range(self._count):
            after = ready[k + 1] if k + 1 < self._count else self.o.ready
            full, take = elastic(m, valid, after, name=f"stage_{k}")
            kept = Signal(3, name=f"kept_{k}", reset_less=True)
            with m.If(take):
                m.d.sync += kept.eq(payload)
            m.d.comb += ready[k].eq(~full | after)
            valid, payload = full, kept
        m.d.comb += [self.i.ready.eq(ready[0]), self.o.valid.eq(valid), self.o.payload.eq(payload)]
        return m


def stages(count):
    """Beats that go in come out."""

    def build(harness: Harness):
        dut = harness.place(Stages(count), "stages")
        feed(harness, dut.i, "i")
        harness.m.d.comb += dut.o.ready.eq(harness.free(1, "ready"))
        harness.stable(dut.o)
        queue = Queue(harness, 3, count)
        queue.step(
            dut.i.valid & dut.i.ready, dut.i.payload, dut.o.valid & dut.o.ready, dut.o.payload
        )
        if count == 1:
            # What makes the induction of one stage go through.
            harness.always(dut.o.valid == (queue.level != 0))
            harness.always(~dut.o.valid | (queue.front == dut.o.payload))

    return build


def inputs(harness: Harness):
    """The vector that is read is the oldest one that came in, with its flags."""
    core = small_core(inputs=3, simd=2)
    dut = harness.place(Inputs(core), "inputs")
    feed(harness, dut.i, "i")
    m, chunks = harness.m, core.x_product.chunks
    free, en = harness.free(1, "free"), harness.free(1, "en")
    harness.suppose(~free | dut.full)
    chunk = harness.free(dut.read.chunk.shape(), "chunk")
    harness.suppose(chunk < chunks)
    m.d.comb += [dut.free.eq(free), dut.read.en.eq(en), dut.read.chunk.eq(chunk)]
    # Vectors in, counted; their beats and flags in a ring of four.
    beat = dut.i.valid & dut.i.ready
    count, came, gone = Signal(range(chunks)), Signal(2), Signal(2)
    bits = len(dut.i.p.data.as_value())
    beats = Array(Signal(bits, name=f"beat_{k}") for k in range(4 * chunks))
    flags = Array(Signal(4, name=f"flag_{k}") for k in range(4))
    start = Signal(init=1)
    first = Signal(3)
    with m.If(beat):
        m.d.sync += [beats[came * chunks + count].eq(dut.i.p.data.as_value()), count.eq(count + 1)]
        with m.If(count == 0):
            m.d.sync += first.eq(Cat(start, dut.i.p.state))
        with m.If(count == chunks - 1):
            now = first if chunks > 1 else Cat(start, dut.i.p.state)
            m.d.sync += [
                count.eq(0),
                came.eq(came + 1),
                flags[came].eq(Cat(now, dut.i.p.last)),
                start.eq(dut.i.p.last),
            ]
    m.d.sync += gone.eq(gone + free)
    level = Signal(2)
    m.d.comb += level.eq(came - gone)
    harness.always(level <= 2)
    harness.always(dut.full == (level != 0))
    harness.always(dut.i.ready == (level != 2))
    given = Cat(dut.flags.start, dut.flags.state, dut.flags.last)
    harness.always(~dut.full | (given == flags[gone]))
    wanted = harness.past(beats[gone * chunks + chunk])
    read = harness.past(en & dut.full)
    harness.always(~read | (dut.read.data.as_value() == wanted))


def reader(harness: Harness):
    """The beats of a request's vector, in order, with 0 beyond its end."""
    core = small_core(hidden=3, simd=2)
    product, simd, banks = core.h_product, core.machine.simd, core.program.hidden_banks
    element = shape(core.layer.h)
    kept = {"element": element, "chunks": product.chunks, "simd": simd, "banks": banks}
    fields = core_ports(core)["o"].layout
    dut = harness.place(VectorReader(kept, fields, product.tail), "reader")
    words = memory(harness, dut.read, banks)
    m = harness.m
    request = harness.free(len(dut.request.as_value()), "request")
    valid = harness.free(1, "valid")
    waited = harness.past(valid & ~dut.done)
    harness.suppose(~waited | (valid & (request == harness.past(request))))
    m.d.comb += [
        dut.request.as_value().eq(request),
        dut.request_valid.eq(valid),
        dut.o.ready.eq(harness.free(1, "ready")),
    ]
    harness.stable(dut.o)
    # A beat for each word that is read.
    chunk = Signal(range(product.chunks))
    take = dut.read.en
    end = chunk == product.chunks - 1
    with m.If(take):
        m.d.sync += chunk.eq(Mux(end, 0, chunk + 1))
    harness.always(~take | valid)
    harness.always(dut.done == (take & end))
    width = core.layer.h.width
    word = Array(words)[Cat(chunk, dut.request.bank)]
    kept = Mux(end, word & ((1 << (product.tail * width)) - 1), word)
    queue = Queue(harness, len(word) + 1, 1)
    given = Cat(dut.o.p.data.as_value(), dut.o.p.last)
    queue.step(take, Cat(kept, dut.request.mark.last & end), dut.o.valid & dut.o.ready, given)
    harness.always(dut.o.valid == (queue.level != 0))
    harness.always(dut.holding == dut.o.valid)


def outputs(harness: Harness):
    """Jobs are done in the order in which they came, each once."""
    core = small_core(hidden=3, simd=2)
    dut = harness.place(CoreOutputs(core), "outputs")
    memory(harness, dut.read, core.program.hidden_banks)
    m = harness.m
    request = harness.free(len(dut.request.as_value()), "request")
    push = harness.free(1, "push")
    queue = Queue(harness, len(request), core.program.hidden_banks, name="requests")
    # The sequencer's promise: at most as many requests as there are banks.
    harness.suppose(~push | (queue.level != core.program.hidden_banks))
    m.d.comb += [
        dut.request.as_value().eq(request),
        dut.request_valid.eq(push),
        dut.o.ready.eq(harness.free(1, "ready")),
    ]
    harness.stable(dut.o)
    bank = Signal(dut.done_bank.shape())
    m.d.comb += bank.eq(queue.front)
    queue.step(push, request, dut.done, queue.front)
    harness.always(~dut.done | (bank == dut.done_bank))


def top(**options):
    """What waits at a port of a whole machine stays, and no result comes without a vector."""

    def build(harness: Harness):
        design = small_design(**options)
        dut = harness.place(Accelerator(design), "machine")
        m = harness.m
        feed(harness, dut.i_x, "i_x")
        feed(harness, dut.i_state, "i_state")
        m.d.comb += [
            dut.o.ready.eq(harness.free(1, "o_ready")),
            dut.o_state.ready.eq(harness.free(1, "o_state_ready")),
        ]
        harness.stable(dut.o)
        harness.stable(dut.o_state)
        owed = Signal(4)
        came = dut.i_x.valid & dut.i_x.ready
        gone = dut.o.valid & dut.o.ready
        m.d.sync += owed.eq(owed + came - gone)
        harness.always(~dut.o.valid | (owed != 0))

    return build


def claims():
    """All claims about streams."""
    return [
        Claim("streams: one elastic stage", stages(1), 2, "prove"),
        Claim("streams: three elastic stages", stages(3), 16, "reach"),
        Claim("streams: input vectors", inputs, 14, "reach"),
        Claim("streams: reader of h", reader, 16, "reach"),
        Claim("streams: queue of results", outputs, 12, "reach"),
        Claim("streams: ports of a machine", top(hidden=1, inputs=1, head=None), 16),
    ]
