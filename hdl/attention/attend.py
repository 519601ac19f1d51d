"""Pooling by attention: one vector of those of all steps of a sequence."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.attention.score import Score
from pascaline.hdl.attention.sums import WeightedSums
from pascaline.hdl.attention.weights import Weights
from pascaline.hdl.delay import delayed
from pascaline.hdl.divide import divided
from pascaline.hdl.parity import fault_member, read_late, stored, write_in
from pascaline.hdl.shapes import shape, struct
from pascaline.hdl.store import load_through, loads
from pascaline.spec.stages.attend import Attend

__all__ = ["AttendUnit"]


class AttendUnit(wiring.Component):
    """Takes the vectors of sequences, gives a vector for each of these.

    A beat a cycle is taken until a vector is whole. The next one is taken ``attend.vector_cycles``
    after its last beat. After the last vector of a sequence its result comes instead:
    ``attend.first_cycles`` later its first chunk is given, each further one ``chunk_cycles`` after
    the one before, and a vector is taken from the cycle after the last one on.

    Parameters
    ----------
    attend : Attend
        The stage.

    Members
    -------
    i_x : In(stream.Signature(struct(attend.i_x)))
        Vectors.
    o : Out(stream.Signature(struct(attend.o)))
        Results, 0 beyond their ends.
    query_chunk : Out(range(chunks))
        The chunk of the query that is wanted; this and ``query`` are only there if it is none of
        the model's.
    query : In(data.ArrayLayout(shape(attend.attention.query), simd))
        It, ``attend.memory`` cycles later, 0 beyond the query's end.
    load : In(load_layouts(machine, attend.own_memories))
        Writes the query.
    fault : Out(1)
        A word that was read is not as it was written; only there with parity.
    """

    def __init__(self, attend: Attend):
        self._attend = attend
        query = data.ArrayLayout(shape(attend.attention.query), attend.machine.simd)
        asked = {"query_chunk": Out(range(attend.chunks)), "query": In(query)}
        super().__init__(
            ({} if attend.own_memories else asked)
            | {
                "i_x": In(stream.Signature(struct(attend.i_x))),
                "o": Out(stream.Signature(struct(attend.o))),
            }
            | loads(attend.machine, attend.own_memories)
            | fault_member(attend.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        attend, latency = self._attend, self._attend.memory
        m.submodules.scoring = score = Score(attend)
        m.submodules.weights = weights = Weights(attend)
        m.submodules.sums = sums = WeightedSums(attend)
        m.d.comb += load_through(self.load, score)

        # Taking a vector.
        beat = self.i_x.p
        chunk = Signal(range(attend.chunks))
        end = Signal()
        busy = Signal()
        taken = Signal()
        whole = Signal()
        number = Signal(attend.stream_bits)
        last = Signal()
        m.d.comb += [
            end.eq(chunk == attend.chunks - 1),
            self.i_x.ready.eq(~busy),
            taken.eq(self.i_x.valid & self.i_x.ready),
            whole.eq(taken & end),
            score.taken.eq(taken),
            score.chunk.eq(chunk),
            score.given.eq(beat.data),
        ]
        with m.If(taken):
            m.d.sync += [chunk.eq(Mux(end, 0, chunk + 1)), last.eq(beat.last)]
            if attend.stream_bits:
                m.d.sync += number.eq(beat.stream)
        with m.If(whole):
            m.d.sync += busy.eq(1)

        if not attend.own_memories:
            m.d.comb += [self.query_chunk.eq(chunk), score.query.eq(self.query)]

        # Weighing it: two cycles before its first elements are there, as its weight is then.
        weighed = attend.scored + latency
        m.d.comb += [
            weights.strobe.eq(delayed(m, whole, weighed - 2, name="scored")),
            weights.score.eq(score.score),
            weights.stream.eq(number),
            weights.last.eq(last),
        ]

        # Adding it to the sums.
        adding = Signal()
        reading = Signal(range(attend.chunks))
        ends = Signal()
        begins = delayed(m, whole, attend.scored - 1, name="begins")
        m.d.comb += ends.eq(adding & (reading == attend.chunks - 1))
        with m.If(begins):
            m.d.sync += adding.eq(1)
        with m.If(adding):
            m.d.sync += reading.eq(Mux(ends, 0, reading + 1))
        with m.If(ends):
            m.d.sync += [adding.eq(0), busy.eq(last)]
        kept, wrong = self._buffer(m, taken, chunk, adding, reading)
        m.d.comb += [
            sums.chunk.eq(reading),
            sums.stream.eq(number),
            sums.add.eq(adding),
            sums.given.eq(kept),
            sums.first.eq(weights.first),
            sums.grown.eq(weights.grown),
            sums.weight.eq(weights.weight),
        ]

        divides = delayed(m, ends & last, latency + 1, name="divides")
        self._divide(m, divides, reading, busy, number, sums, weights.total)
        fault = Signal.like(self.fault)
        m.d.comb += self.fault.eq(fault | wrong | sums.fault | score.fault)
        m.d.sync += fault.eq(self.fault)
        return m

    def _buffer(self, m, taken, chunk, adding, reading):
        """The vector as it came, and whether it is not as it was written."""
        attend = self._attend
        layout, parity = self.i_x.p.data.shape(), attend.machine.parity
        m.submodules.vector = vector = memory.Memory(
            shape=stored(layout, parity=parity), depth=attend.chunks, init=[]
        )
        write = vector.write_port()
        read = vector.read_port()
        m.d.comb += [
            write.en.eq(taken),
            write.addr.eq(chunk),
            *write_in(write.data, self.i_x.p.data),
            read.addr.eq(reading),
        ]
        found, wrong = read_late(m, read, attend.memory, name="kept")
        return found, wrong & delayed(m, adding, attend.memory, name="checks")

    def _divide(self, m, begins, reading, busy, number, sums, total):
        """Quotients, a chunk after the other.

        In phase 0 the next sums are taken over, when the quotients before them have been given.
        """
        attend, width = self._attend, self._attend.h.width
        phase = Signal(range(width + 1))
        dividing = Signal()
        full = Signal()
        go = Signal()
        load = Signal()
        chunk = Signal.like(reading, name="given_chunk")
        last_chunk = Signal()
        last_read = reading == attend.chunks - 1
        m.d.comb += [
            last_chunk.eq(full & (chunk == attend.chunks - 1)),
            self.o.valid.eq(dividing & (phase == 0) & full),
            go.eq(dividing & (phase == 0) & (~full | self.o.ready)),
            load.eq(go & ~last_chunk),
            # A fault must not depend on ready: it stops what is offered.
            sums.used.eq(dividing & (phase == 0) & ~last_chunk),
            self.o.p.last.eq(last_chunk),
        ]
        if attend.stream_bits:
            m.d.comb += self.o.p.stream.eq(number)
        with m.If(begins):
            # The first sums are there when they have been read.
            m.d.sync += [dividing.eq(1), phase.eq(width + 1 - attend.memory)]
        with m.Elif(go | (phase != 0)):
            m.d.sync += phase.eq(Mux(phase == width, 0, phase + 1))
        with m.If(load):
            m.d.sync += [full.eq(1), chunk.eq(reading)]
            m.d.sync += reading.eq(Mux(last_read, 0, reading + 1))
        with m.If(go & last_chunk):
            m.d.sync += [dividing.eq(0), full.eq(0), busy.eq(0), phase.eq(0)]

        # As large as the largest total times 2**width, at most: a total is at least 1, and a sum at
        # most the total times the largest number that is weighed.
        beyond = Signal()
        part_ends = range(attend.part_chunks - 1, attend.chunks, attend.part_chunks)
        m.d.comb += beyond.eq(Cat(chunk == one for one in part_ends).any())
        for k in range(attend.machine.simd):
            dividend = Signal(shape(attend.dividends), name=f"dividend_{k}")
            m.d.comb += dividend.eq(sums.found[k] + (total >> 1))
            # Quotients stay while they wait.
            quotient = divided(
                *(m, load, dividend, total),
                width=width,
                most=attend.totals.hi,
                name=k,
                more=phase != 0,
            )
            # Less the least of the format: its sign bit is the other one.
            found = Cat(quotient[:-1], ~quotient[-1]).as_signed()
            absent = beyond if k >= attend.tail else 0
            m.d.comb += self.o.p.data[k].eq(Mux(absent, 0, found))
