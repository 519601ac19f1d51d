"""Buffers of whole sequences, for layers with two directions."""

from amaranth.hdl import Array, Cat, Module, Mux, Signal
from amaranth.lib import data, memory, stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.elastic import elastic
from pascaline.hdl.parity import fault_member, read_out, stored, write_in
from pascaline.hdl.shapes import shape, struct
from pascaline.spec.stages import replay as stages

__all__ = ["Both", "Merge"]


class _Replay(wiring.Component):
    """Memory for two sequences: one is given while the next comes in.

    A beat a cycle is taken while there is room, and given a cycle after it is read. Reading starts
    in the cycle after a sequence's last beat. Sequences have at most ``machine.longest`` steps.

    Parameters
    ----------
    stage : Both or Merge
        The stage of `spec.stages.replay`.
    element : Format
        Of what is kept.
    simd, chunks : int
        Elements of a chunk, and chunks of a vector, as it is kept.

    Members
    -------
    i_x : In(stream.Signature(struct(stage.i_x)))
        Vectors as they come.
    o : Out(stream.Signature(struct(stage.o)))
        Vectors in their new order.
    fault : Out(1)
        A word that was read is not the word that was written; only there with parity.
    """

    def __init__(self, stage: stages.Both | stages.Merge, element, simd, chunks):
        self._machine = machine = stage.core.machine
        self._element = element
        self._simd = simd
        self._chunks = chunks
        self._parity = machine.parity
        super().__init__(
            {
                "i_x": In(stream.Signature(struct(stage.i_x))),
                "o": Out(stream.Signature(struct(stage.o))),
            }
            | fault_member(self._parity)
        )

    def _memory(self, m, name):
        """A memory of two sequences of vectors, with its ports."""
        longest = self._machine.longest
        words = data.ArrayLayout(shape(self._element), self._simd)
        depth = 2 * longest * self._chunks
        m.submodules[name] = contents = memory.Memory(
            shape=stored(words, parity=self._parity), depth=depth, init=[]
        )
        return contents.write_port(), contents.read_port()

    def _address(self, bank, step, chunk):
        """Where a chunk is."""
        longest = self._machine.longest
        return (Mux(bank, longest, 0) + step) * self._chunks + chunk

    def _check(self, m, take, wrong):
        """From the cycle on in which a wrong word is given there is a fault."""
        fault = Signal.like(self.fault)
        m.d.comb += self.fault.eq(fault | (wrong & delayed(m, take, 1, name="checks")))
        m.d.sync += fault.eq(self.fault)

    def _banks(self, m):
        """Which of two sequences is written, which read; whether each is whole, and its steps."""
        steps = range(self._machine.longest)
        whole = Array(Signal(name=f"whole_{bank}") for bank in range(2))
        last = Array(Signal(steps, name=f"last_{bank}") for bank in range(2))
        return Signal(name="writing"), Signal(name="reading"), whole, last


class Both(_Replay):
    """Gives the vectors of a sequence from its start, and from its end, in turn.

    Parameters
    ----------
    stage : Both
        The stage.
    """

    def __init__(self, stage: stages.Both):
        entry = stage.core.entry
        super().__init__(stage, entry.element, entry.simd, entry.beats)

    def elaborate(self, platform):
        m = Module()
        write, read = self._memory(m, "sequences")
        writing, reading, whole, last = self._banks(m)
        steps, chunks = range(self._machine.longest), range(self._chunks)

        # Writing.
        step, chunk = Signal(steps), Signal(chunks)
        end = chunk == self._chunks - 1
        m.d.comb += [
            self.i_x.ready.eq(~whole[writing]),
            write.en.eq(self.i_x.valid & self.i_x.ready),
            write.addr.eq(self._address(writing, step, chunk)),
            *write_in(write.data, self.i_x.p.data),
        ]
        with m.If(write.en):
            m.d.sync += chunk.eq(Mux(end, 0, chunk + 1))
            with m.If(end):
                m.d.sync += step.eq(Mux(self.i_x.p.last, 0, step + 1))
                with m.If(self.i_x.p.last):
                    m.d.sync += [whole[writing].eq(1), last[writing].eq(step)]
                    m.d.sync += writing.eq(~writing)

        # Reading.
        step, chunk, backward = Signal(steps), Signal(chunks), Signal()
        full, take = elastic(m, whole[reading], self.o.ready, name="beat")
        end = chunk == self._chunks - 1
        ends = step == last[reading]
        from_end = last[reading] - step
        word, wrong = read_out(read.data)
        self._check(m, take, wrong)
        about = Signal(data.StructLayout({"last": 1, "stream": 1}))
        m.d.comb += [
            read.en.eq(take),
            read.addr.eq(self._address(reading, Mux(backward, from_end[: len(step)], step), chunk)),
            self.o.valid.eq(full),
            self.o.p.data.eq(word),
            self.o.p.last.eq(about.last),
            self.o.p.stream.eq(about.stream),
        ]
        with m.If(take):
            m.d.sync += [about.last.eq(ends), about.stream.eq(backward)]
            m.d.sync += chunk.eq(Mux(end, 0, chunk + 1))
            with m.If(end):
                m.d.sync += backward.eq(~backward)
            with m.If(end & backward):
                m.d.sync += step.eq(Mux(ends, 0, step + 1))
                with m.If(ends):
                    m.d.sync += [whole[reading].eq(0), reading.eq(~reading)]
        return m


class Merge(_Replay):
    """Puts the outputs of both directions in the order of steps, side by side.

    Parameters
    ----------
    stage : Merge
        The stage.
    """

    def __init__(self, stage: stages.Merge):
        core = stage.core
        super().__init__(stage, core.layer.h, core.machine.simd, core.h_product.chunks)

    def elaborate(self, platform):
        m = Module()
        ports = [self._memory(m, name) for name in ("forward", "backward")]
        writing, reading, whole, last = self._banks(m)
        longest, chunks = self._machine.longest, range(self._chunks)
        steps = range(longest)

        # Writing: forward from the bottom up, backward from the top down.
        step, chunk = Signal(steps), Signal(chunks)
        end = chunk == self._chunks - 1
        backward = self.i_x.p.stream
        top = Signal(steps)
        taken = Signal()
        m.d.comb += [
            top.eq(longest - 1 - step),
            self.i_x.ready.eq(~whole[writing]),
            taken.eq(self.i_x.valid & self.i_x.ready),
        ]
        for direction, (write, _) in enumerate(ports):
            m.d.comb += [
                write.en.eq(taken & (backward == direction)),
                write.addr.eq(self._address(writing, top if direction else step, chunk)),
                *write_in(write.data, self.i_x.p.data),
            ]
        ended = Signal()
        with m.If(taken):
            m.d.sync += chunk.eq(Mux(end, 0, chunk + 1))
            with m.If(end):
                # Of a sequence's last step, the last beat of either direction has the mark.
                m.d.comb += ended.eq(backward & self.i_x.p.last)
                with m.If(backward):
                    m.d.sync += step.eq(Mux(ended, 0, step + 1))
                with m.If(ended):
                    m.d.sync += [whole[writing].eq(1), last[writing].eq(step)]
                    m.d.sync += writing.eq(~writing)

        # Reading: the backward output of the first step was written last.
        step, chunk, second = Signal(steps), Signal(chunks), Signal()
        full, take = elastic(m, whole[reading], self.o.ready, name="beat")
        end = chunk == self._chunks - 1
        ends = step == last[reading]
        low = Signal(steps)
        about = Signal(data.StructLayout({"last": 1, "second": 1}))
        found = [read_out(read.data) for _, read in ports]
        self._check(m, take, Mux(about.second, found[1][1], found[0][1]))
        m.d.comb += [
            low.eq(longest - 1 - last[reading] + step),
            self.o.valid.eq(full),
            self.o.p.data.eq(Mux(about.second, *(Cat(word) for word, _ in found[::-1]))),
            self.o.p.last.eq(about.last),
        ]
        for direction, (_, read) in enumerate(ports):
            m.d.comb += [
                read.en.eq(take),
                read.addr.eq(self._address(reading, low if direction else step, chunk)),
            ]
        with m.If(take):
            m.d.sync += [about.last.eq(ends & second & end), about.second.eq(second)]
            m.d.sync += chunk.eq(Mux(end, 0, chunk + 1))
            with m.If(end):
                m.d.sync += second.eq(~second)
            with m.If(end & second):
                m.d.sync += step.eq(Mux(ends, 0, step + 1))
                with m.If(ends):
                    m.d.sync += [whole[reading].eq(0), reading.eq(~reading)]
        return m
