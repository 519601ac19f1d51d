"""The decoder: a core, attention and a head that take turns, an output symbol at a time."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, enum, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.attention.attend import AttendUnit
from pascaline.hdl.core import LayerCore
from pascaline.hdl.delay import delayed
from pascaline.hdl.elastic import elastic
from pascaline.hdl.outputs import Outputs
from pascaline.hdl.parity import fault_member, read_late, read_out, stored, write_in
from pascaline.hdl.shapes import shape, struct
from pascaline.hdl.store import loads, read_memory
from pascaline.spec.ports import FROM_PREVIOUS, FROM_ZERO
from pascaline.spec.stages.decode import Decode

__all__ = ["DecodeUnit", "Phase"]


class Phase(enum.Enum, shape=3):
    """What the decoder does."""

    TAKE = 0
    """Takes the vectors of a sequence."""

    FEED = 1
    """Gives the core the last symbol and the last context."""

    STEP = 2
    """Waits for h."""

    LOOK = 3
    """Attends to the vectors, until the context is there."""

    TELL = 4
    """Waits for the symbol, and until it is taken."""


class DecodeUnit(wiring.Component):
    """Takes the vectors of sequences, gives symbols.

    Latencies are those of `spec.stages.decode.Decode.clock`. One part works at a time, so what one
    gives the next always takes at once: the core's memory of inputs is free whenever it is fed.

    Parameters
    ----------
    decode : Decode
        The stage.

    Members
    -------
    i_x : In(stream.Signature(struct(decode.i_x)))
        Vectors.
    o : Out(stream.Signature(struct(decode.o)))
        Symbols; ``last`` is the one that ends the sequence, or the last that there may be.
    load : In(load_layouts(machine, decode.own_memories))
        Writes the memories of the model.
    fault : Out(1)
        A word that was read is not as it was written; only there with parity.
    """

    def __init__(self, decode: Decode):
        self._decode = decode
        super().__init__(
            {
                "i_x": In(stream.Signature(struct(decode.i_x))),
                "o": Out(stream.Signature(struct(decode.o))),
            }
            | loads(decode.machine, decode.own_memories)
            | fault_member(decode.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        decode, parity = self._decode, self._decode.machine.parity
        word = data.ArrayLayout(shape(decode.h), decode.machine.simd)
        phase = Signal(Phase)
        first = Signal()
        looks = Signal()
        tells = Signal()
        symbol = Signal(range(decode.head.head.classes))
        m.submodules.core = core = LayerCore(decode.core)
        m.submodules.attend = attend = AttendUnit(decode.attend)
        # h, and then the context.
        m.submodules.pair = pair = memory.Memory(
            shape=stored(word, parity=parity),
            depth=decode.hidden_chunks + decode.chunks,
            init=[],
        )
        m.d.comb += [core.load.eq(self.load.core), core.o_state.ready.eq(1)]

        faults = [
            core.fault,
            attend.fault,
            self._take(m, phase, first, looks, symbol, word, attend),
            self._feed(m, phase, first, symbol, pair, core),
            self._query(m, pair, attend),
            self._tell(m, phase, first, tells, symbol, pair),
        ]
        self._keep(m, phase, looks, tells, pair, core, attend)
        fault = Signal.like(self.fault)
        m.d.comb += self.fault.eq(fault | Cat(faults).any()[: len(fault)])
        m.d.sync += fault.eq(self.fault)
        return m

    def _take(self, m, phase, first, looks, symbol, word, attend):
        """Vectors are taken into a memory, and read from there, all of them for each symbol."""
        decode, parity = self._decode, self._decode.machine.parity
        depth = decode.machine.longest * decode.chunks
        m.submodules.vectors = vectors = memory.Memory(
            shape=stored(word, parity=parity), depth=depth, init=[]
        )
        write, read = vectors.write_port(), vectors.read_port()
        place = Signal(range(depth))
        end = Signal(range(depth))
        chunk = Signal(range(decode.chunks))
        ends = Signal()
        taken = Signal()
        looking = Signal()
        beat = self.i_x.p
        last = Signal()
        full, take = elastic(m, looking, attend.i_x.ready, name="vector")
        moves = taken | take
        m.d.comb += [
            self.i_x.ready.eq(phase == Phase.TAKE),
            taken.eq(self.i_x.valid & self.i_x.ready),
            ends.eq(chunk == decode.chunks - 1),
            write.en.eq(taken),
            write.addr.eq(place),
            *write_in(write.data, beat.data),
            read.addr.eq(place),
            read.en.eq(take),
        ]
        with m.If(moves):
            m.d.sync += [place.eq(place + 1), chunk.eq(Mux(ends, 0, chunk + 1))]
        with m.If(taken & ends & beat.last):
            m.d.sync += [
                *(end.eq(place), place.eq(0), phase.eq(Phase.FEED)),
                *(first.eq(1), symbol.eq(decode.decoder.end)),
            ]

        # The last vector is told by its chunks.
        lasts = place + (decode.chunks - 1)
        with m.If(take):
            m.d.sync += last.eq((lasts >= end) & (place <= end))
        with m.If(take & (place == end)):
            m.d.sync += [looking.eq(0), place.eq(0)]
        with m.If(looks):
            m.d.sync += looking.eq(1)
        found, wrong = read_out(read.data)
        m.d.comb += [
            attend.i_x.valid.eq(full),
            attend.i_x.p.data.eq(found),
            attend.i_x.p.last.eq(last),
        ]
        return wrong & full

    def _feed(self, m, phase, first, symbol, pair, core):
        """The embedding of the last symbol, then the last context, which at first is 0."""
        decode, late = self._decode, self._decode.memory
        chunks = decode.core.x_product.chunks
        embedding = decode.own_memories["embedding"]
        chunk = Signal(range(chunks))
        feeds = Signal()
        ends = Signal()
        looks = Signal()
        m.d.comb += [
            feeds.eq(phase == Phase.FEED),
            ends.eq(chunk == chunks - 1),
            looks.eq(chunk >= decode.embedding_chunks),
        ]
        with m.If(feeds):
            m.d.sync += chunk.eq(Mux(ends, 0, chunk + 1))
            with m.If(ends):
                m.d.sync += phase.eq(Phase.STEP)
        address = Signal(range(embedding.depth))
        m.d.comb += address.eq(symbol * decode.embedding_chunks + chunk)
        word, wrong = read_memory(
            *(m, decode.machine, embedding, address),
            latency=late,
            name="embedding",
            load=self.load.embedding,
        )
        read = pair.read_port()
        m.d.comb += read.addr.eq(chunk + (decode.hidden_chunks - decode.embedding_chunks))
        context, context_wrong = read_late(m, read, late, name="context")

        there = delayed(m, feeds, late, name="fed")
        from_context = delayed(m, looks, late, name="from_context")
        none = delayed(m, looks & first, late, name="no_context")
        starts = delayed(m, first, late, name="starts")
        m.d.comb += [
            core.i_x.valid.eq(there),
            core.i_x.p.data.eq(Mux(from_context, Mux(none, 0, context.as_value()), word)),
            core.i_x.p.last.eq(1),
            core.i_x.p.state.eq(Mux(starts, FROM_ZERO, FROM_PREVIOUS)),
        ]
        return there & Mux(from_context, context_wrong & ~none, wrong)

    def _query(self, m, pair, attend):
        """The query is h."""
        late = self._decode.memory
        read = pair.read_port()
        m.d.comb += read.addr.eq(attend.query_chunk)
        found, wrong = read_late(m, read, late, name="query")
        m.d.comb += attend.query.eq(found)
        used = attend.i_x.valid & attend.i_x.ready
        return wrong & delayed(m, used, late, name="query_used")

    def _keep(self, m, phase, looks, tells, pair, core, attend):
        """H and the context are written, a chunk after the other."""
        decode = self._decode
        write = pair.write_port()
        place = Signal(range(decode.hidden_chunks + decode.chunks))
        m.d.comb += [
            core.o.ready.eq(1),
            attend.o.ready.eq(1),
            write.en.eq(core.o.valid | attend.o.valid),
            write.addr.eq(place),
            *write_in(write.data, Mux(core.o.valid, core.o.p.data.as_value(), attend.o.p.data)),
        ]
        m.d.comb += [
            looks.eq(core.o.valid & core.o.p.last),
            tells.eq(attend.o.valid & attend.o.p.last),
        ]
        with m.If(write.en):
            m.d.sync += place.eq(place + 1)
        with m.If(looks):
            m.d.sync += phase.eq(Phase.LOOK)
        with m.If(tells):
            m.d.sync += [phase.eq(Phase.TELL), place.eq(0)]

    def _tell(self, m, phase, first, tells, symbol, pair):
        """The symbol of h and the context."""
        decode, most = self._decode, self._decode.decoder.most
        m.submodules.outputs = outputs = Outputs(
            {
                "element": shape(decode.h),
                "chunks": decode.hidden_chunks + decode.chunks,
                "simd": decode.machine.simd,
                "banks": 1,
            },
            decode.o,
            head_unit=decode.head,
            tail=decode.machine.simd,
        )
        read = pair.read_port()
        found, wrong = read_out(read.data)
        m.d.comb += [
            outputs.load.eq(self.load.head),
            read.en.eq(outputs.read.en),
            read.addr.eq(outputs.read.chunk),
            outputs.read.data.eq(found),
        ]
        m.d.comb += outputs.request_valid.eq(tells)

        number = Signal(range(most))
        last = Signal()
        m.d.comb += [
            last.eq((outputs.o.p.data == decode.decoder.end) | (number == most - 1)),
            self.o.valid.eq(outputs.o.valid),
            self.o.p.data.eq(outputs.o.p.data),
            self.o.p.last.eq(last),
            outputs.o.ready.eq(self.o.ready),
        ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [
                symbol.eq(outputs.o.p.data),
                number.eq(Mux(last, 0, number + 1)),
                first.eq(0),
                phase.eq(Phase.FEED),
            ]
            with m.If(last):
                m.d.sync += phase.eq(Phase.TAKE)
        counts = delayed(m, outputs.read.en, 1, name="checks")
        return (wrong & counts) | outputs.fault
