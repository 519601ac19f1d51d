"""Collects the vectors that results are made of: both directions, or one made of all steps."""

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from pascaline.hdl.delay import delayed
from pascaline.hdl.mean import Means
from pascaline.hdl.outputs import Outputs
from pascaline.hdl.parity import fault_member, read_out, stored, write_in
from pascaline.hdl.shapes import shape, struct
from pascaline.hdl.store import load_through, loads
from pascaline.spec.memories import head_memories
from pascaline.spec.stages.gather import Gather

__all__ = ["GatherUnit"]


class GatherUnit(wiring.Component):
    """A memory of two vectors for each stream, and what reads it.

    A beat a cycle is taken while there is room. A vector can be read ``gather.latency`` cycles
    after its last beat; where elements are means, nothing is taken in between.

    Parameters
    ----------
    gather : Gather
        The stage.

    Members
    -------
    i_x : In(stream.Signature(struct(gather.i_x)))
        Vectors, or the vectors of both directions one after the other.
    o : Out(stream.Signature(struct(gather.o)))
        Results, see `spec.payloads.result_layout`.
    load : In(load_layouts(machine, head_memories(gather.head)))
        Writes the memories of the head; only there with a head.
    fault : Out(1)
        A word that was read is not as it was written; only there with parity.
    """

    def __init__(self, gather: Gather):
        self._gather = gather
        head = {} if gather.head is None else loads(gather.machine, head_memories(gather.head))
        super().__init__(
            {
                "i_x": In(stream.Signature(struct(gather.i_x))),
                "o": Out(stream.Signature(struct(gather.o))),
            }
            | head
            | fault_member(gather.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        gather, machine = self._gather, self._gather.machine
        simd, parity = machine.simd, machine.parity
        banks = 2 << gather.stream_bits
        word = data.ArrayLayout(shape(gather.h), simd)
        m.submodules.vectors = vectors = memory.Memory(
            shape=stored(word, parity=parity), depth=gather.chunks * banks, init=[]
        )
        read_memory = {
            "element": shape(gather.h),
            "chunks": gather.chunks,
            "simd": simd,
            "banks": banks,
        }
        m.submodules.outputs = outputs = Outputs(
            read_memory,
            gather.o,
            head_unit=gather.head,
            tail=gather.inputs[-1] - (gather.part_chunks - 1) * simd,
        )
        if gather.head is not None:
            m.d.comb += load_through(self.load, outputs)
        connect(m, outputs.o, flipped(self.o))
        write, read = vectors.write_port(), vectors.read_port()
        found, wrong = read_out(read.data)
        m.d.comb += [
            read.en.eq(outputs.read.en),
            read.addr.eq(Cat(outputs.read.bank, outputs.read.chunk)),
            outputs.read.data.eq(found),
        ]

        # Where a beat belongs: directions that come one after the other are parts of a vector.
        beat, chunks = self.i_x.p, gather.chunks
        directed = gather.arrivals > 1
        arrives = chunks // gather.arrivals
        chunk = Signal(range(arrives))
        end = Signal()
        whole = Signal()
        number = beat.stream if gather.stream_bits else Signal(0)
        part = beat.stream if directed else Signal(0)
        place = Signal(range(chunks))
        m.d.comb += [
            end.eq(chunk == arrives - 1),
            place.eq(chunk + Mux(part, arrives, 0)),
        ]
        # A vector is whole with the end of the last part, and with pooling of the last step. The
        # last part is the backward one, or of outputs at a sequence's last step that comes second.
        last_part = part if directed else 1
        if gather.results == "first-of-backward":
            last_part = Signal()
            with m.If(self.i_x.valid & self.i_x.ready & end):
                m.d.sync += last_part.eq(~last_part)
        told = beat.last if gather.pools else 1
        m.d.comb += whole.eq(end & last_part & told)
        sides = Signal(1 << gather.stream_bits)
        side = sides.bit_select(number, 1)
        bank = Cat(side, number)
        reserved = Signal(banks)
        taken = Signal()
        room = ~reserved.bit_select(bank, 1)
        if gather.pooling == "mean":
            m.submodules.means = means = Means(gather)
            room &= ~means.busy
        m.d.comb += [
            self.i_x.ready.eq(room),
            taken.eq(self.i_x.valid & self.i_x.ready),
        ]
        with m.If(taken):
            m.d.sync += chunk.eq(Mux(end, 0, chunk + 1))
        with m.If(outputs.done):
            m.d.sync += reserved.bit_select(outputs.done_bank, 1).eq(0)
        with m.If(taken & whole):
            m.d.sync += reserved.bit_select(bank, 1).eq(1)
            m.d.sync += sides.eq(sides ^ (1 << number))
        request = outputs.request
        if gather.pooling == "mean":
            m.d.comb += [
                means.given.eq(beat.data),
                means.taken.eq(taken),
                means.place.eq(place),
                means.stream.eq(number),
                means.ends.eq(taken & end & last_part),
                means.last.eq(beat.last),
            ]
            # The bank stays reserved, and with it the place of the means.
            kept, stream = Signal.like(request.bank), Signal.like(request.mark.stream)
            with m.If(taken & whole):
                m.d.sync += [kept.eq(bank), stream.eq(number)]
            m.d.comb += [
                write.en.eq(means.write),
                write.addr.eq(Cat(kept, means.chunk)),
                *write_in(write.data, means.means),
                outputs.request_valid.eq(means.done),
                request.bank.eq(kept),
                request.mark.stream.eq(stream),
                request.mark.last.eq(1),
            ]
            old_wrong = means.fault
        else:
            address = Cat(bank, place)
            late = int(gather.pools)
            strobe = delayed(m, taken, late, name="write")
            m.d.comb += [
                write.en.eq(strobe),
                write.addr.eq(delayed(m, address, late, name="address", reset_less=True)),
                outputs.request_valid.eq(delayed(m, taken & whole, late, name="request")),
                request.bank.eq(delayed(m, bank, late, name="bank", reset_less=True)),
                request.mark.stream.eq(delayed(m, number, late, name="stream", reset_less=True)),
                request.mark.last.eq(delayed(m, beat.last, late, name="last", reset_less=True)),
            ]
            if gather.pooling == "max":
                new, old_wrong = self._largest(m, vectors, write, taken, end, address, beat)
            else:
                new, old_wrong = beat.data, C(0, 0)
            m.d.comb += write_in(write.data, new)
        counts = delayed(m, outputs.read.en, 1, name="checks")
        fault = Signal.like(self.fault)
        m.d.comb += self.fault.eq(fault | (wrong & counts) | old_wrong)
        behind = 0 if gather.head is None else outputs.fault
        m.d.sync += fault.eq(self.fault | behind)
        return m

    def _largest(self, m, vectors, write, taken, end, address, beat):
        """Of each element and what was there; in the first step of a sequence, the element.

        Also whether what was there was not as it had been written.
        """
        gather = self._gather
        old = vectors.read_port(transparent_for=(write,))
        m.d.comb += [old.en.eq(1), old.addr.eq(address)]
        # Each stream's, or each direction's, next step is its sequence's first.
        number = beat.stream if "stream" in beat.shape().members else Signal(0)
        firsts = Signal(1 << len(number), init=-1)
        with m.If(taken & end):
            m.d.sync += firsts.bit_select(number, 1).eq(beat.last)
        first = delayed(m, firsts.bit_select(number, 1), 1, name="first", reset_less=True)
        given = delayed(m, beat.data.as_value(), 1, name="given", reset_less=True)
        given = data.View(beat.data.shape(), given)
        largest = Signal(beat.data.shape())
        found, wrong = read_out(old.data)
        for k in range(gather.machine.simd):
            m.d.comb += largest[k].eq(Mux(first | (given[k] > found[k]), given[k], found[k]))
        return largest, wrong & delayed(m, taken, 1, name="checks_old") & ~first
