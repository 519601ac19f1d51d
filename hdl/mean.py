"""Sums of all steps of a sequence, and the means that are made of them when it ends."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed
from pascaline.hdl.divide import divided
from pascaline.hdl.parity import fault_member, read_out, stored, write_in
from pascaline.hdl.shapes import shape
from pascaline.spec.stages.gather import Gather

__all__ = ["Means"]


class Means(wiring.Component):
    """A memory of a sum for each element of each stream, and a divider for each of a chunk.

    A chunk a cycle is added. In the second cycle after the last one of a sequence the first sums
    are read, and all of a chunk are divided side by side, a bit of each mean a cycle: a chunk takes
    ``h.width + 1`` cycles.

    What is added is an element less the least of its format, and one more in every second step. So
    after T steps a sum is ``U + T // 2``, with U at most ``T * (2**width - 1)``: less than
    ``T * 2**width``, which is why a quotient has ``width`` bits, and the part of the sum above
    these is a remainder. Its quotient by T is the rounded mean, less the least of the format.

    Parameters
    ----------
    gather : Gather
        The stage whose vectors are means.

    Members
    -------
    given : In(data.ArrayLayout(shape(gather.h), simd))
        A chunk of a step.
    taken : In(1)
        It is to be added. Not while ``busy``.
    place : In(range(gather.chunks))
        Its number in its vector.
    stream : In(gather.stream_bits)
        The stream that it is of.
    ends : In(1)
        With ``taken``: the vector of its step is complete.
    last : In(1)
        With ``ends``: the step is the last one of the sequence.
    busy : Out(1)
        Means are being made, from the cycle after ``last`` on.
    write : Out(1)
        A chunk of means is there.
    chunk : Out(range(gather.chunks))
        With ``write``: its number.
    means : Out(data.ArrayLayout(shape(gather.h), simd))
        With ``write``: the means.
    done : Out(1)
        With ``write``: the chunk is the last one.
    fault : Out(1)
        A sum that was read is not as it was written; only there with parity.
    """

    def __init__(self, gather: Gather):
        self._gather = gather
        words = data.ArrayLayout(shape(gather.h), gather.machine.simd)
        super().__init__(
            {
                "given": In(words),
                "taken": In(1),
                "place": In(range(gather.chunks)),
                "stream": In(gather.stream_bits),
                "ends": In(1),
                "last": In(1),
                "busy": Out(1),
                "write": Out(1),
                "chunk": Out(range(gather.chunks)),
                "means": Out(words),
                "done": Out(1),
            }
            | fault_member(gather.machine.parity)
        )

    def elaborate(self, platform):
        m = Module()
        gather, machine = self._gather, self._gather.machine
        width, longest = gather.h.width, machine.longest
        words = data.ArrayLayout(shape(gather.sums), machine.simd)
        m.submodules.sums = sums = memory.Memory(
            shape=stored(words, parity=machine.parity),
            depth=gather.chunks << gather.stream_bits,
            init=[],
        )
        write = sums.write_port()
        read = sums.read_port(transparent_for=(write,))
        found, wrong = read_out(read.data)

        # Steps of each stream that have been added.
        bits = max((longest - 1).bit_length(), 1)
        counts = Signal(bits << gather.stream_bits)
        count = counts.word_select(self.stream, bits)
        steps = Signal(range(longest + 1))
        with m.If(self.ends):
            m.d.sync += [count.eq(Mux(self.last, 0, count + 1)), steps.eq(count + 1)]

        # Adding: the sum of a cycle ago, or nothing in a first step.
        at = Cat(self.stream, self.place)
        first = delayed(m, count == 0, 1, name="first", reset_less=True)
        second = delayed(m, count[:1], 1, name="second", reset_less=True)
        given = delayed(m, self.given.as_value(), 1, name="given", reset_less=True)
        added = delayed(m, self.taken, 1, name="added")
        total = Signal(words)
        for k in range(machine.simd):
            raised = given.word_select(k, width) ^ (1 << (width - 1))
            m.d.comb += total[k].eq(Mux(first, 0, found[k]) + raised + second)
        m.d.comb += [
            write.en.eq(added),
            write.addr.eq(delayed(m, at, 1, name="address", reset_less=True)),
            *write_in(write.data, total),
        ]

        # Dividing: in phase 0 the next sums are taken over, and the means before them are given.
        phase = Signal(range(width + 1))
        busy, loaded, finished, load = Signal(), Signal(), Signal(), Signal()
        reading, chunk = Signal.like(self.place), Signal.like(self.chunk)
        stream = Signal.like(self.stream)
        last_read = reading == gather.chunks - 1
        m.d.comb += [
            read.en.eq(1),
            read.addr.eq(Mux(busy, Cat(stream, reading), at)),
            load.eq(busy & (phase == 0)),
            self.busy.eq(busy),
            self.write.eq(load & loaded),
            self.chunk.eq(chunk),
            self.done.eq(load & finished),
        ]
        m.d.sync += phase.eq(Mux(phase == width, 0, phase + 1))
        with m.If(self.ends & self.last):
            m.d.sync += [busy.eq(1), phase.eq(width), stream.eq(self.stream)]
        with m.If(load):
            m.d.sync += [
                busy.eq(~finished),
                loaded.eq(~finished),
                finished.eq(~finished & last_read),
                reading.eq(Mux(finished | last_read, 0, reading + 1)),
                chunk.eq(reading),
            ]
        for k in range(machine.simd):
            quotient = divided(m, load, found[k], steps, width=width, most=longest, name=k)
            # Less the least of the format: its sign bit is the other one.
            m.d.comb += self.means[k].eq(Cat(quotient[:-1], ~quotient[-1]).as_signed())
        if machine.parity:
            adds, divides = added & ~first, load & ~finished
            m.d.comb += self.fault.eq(wrong & (adds | divides))
        return m
