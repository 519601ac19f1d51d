"""The input side: vectors arrive while earlier ones are worked on."""

from amaranth.hdl import Array, Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.numbering import stream_of
from pascaline.hdl.shapes import shape, struct
from pascaline.hdl.symbols import SymbolMemory
from pascaline.hdl.vector import VectorMemory, read_signature
from pascaline.spec.core import Core
from pascaline.spec.payloads import core_ports
from pascaline.spec.program import Program

__all__ = ["Inputs", "flags_layout"]


def flags_layout(program: Program):
    """Flags of a vector.

    ``start``: it starts a sequence, from ``state``. ``last``: it ends the sequence. ``dump``: the
    final state is wanted. ``stream``: the stream that it is of.
    """
    stateful = program.stateful
    fields = {"start": 1, "state": 2 * stateful, "last": 1, "dump": 1 * stateful}
    fields["stream"] = program.stream_bits
    return data.StructLayout(fields)


class Inputs(wiring.Component):
    """Memory for input vectors, ``core.program.waiting`` of them: one is read, the next comes in.

    A beat a cycle is taken while there is room. A vector is ``full`` in the cycle after its last
    beat.

    Parameters
    ----------
    core : Core
        The core.

    Members
    -------
    i : In(stream.Signature(struct(core_ports(core)["i_x"].layout)))
        Input vectors, a chunk a beat.
    full : Out(1)
        There is a vector to read.
    flags : Out(flags_layout(core.program))
        What came with it.
    free : In(1)
        It has been read for the last time.
    used : In(1)
        It is read for the last time: the next one is wanted; at most one cycle before ``free``;
        only there if sources are read side by side.
    read : In(read_signature(shape(core.x), chunks, simd, parity=parity))
        Reads its chunks, with the sizes of ``core.x_product``; ``bank`` is ignored.
    picked : Out(range(chunks))
        The chunk that its symbol is in; only there with symbols, where reading gives that chunk.
    """

    def __init__(self, core: Core):
        self._core = core
        chunks = core.x_product.chunks
        super().__init__(
            {
                "i": In(stream.Signature(struct(core_ports(core)["i_x"].layout))),
                "full": Out(1),
                "flags": Out(flags_layout(core.program)),
                "free": In(1),
                "read": In(
                    read_signature(
                        shape(core.x), chunks, core.machine.simd, parity=core.machine.parity
                    )
                ),
            }
            | ({"picked": Out(range(chunks))} if core.symbols else {})
            | ({"used": In(1)} if core.program.beside else {})
        )

    def elaborate(self, platform):
        m = Module()
        core = self._core
        chunks = core.entry.beats
        m.submodules.vectors = vectors = self._memory()
        if core.symbols:
            m.d.comb += self.picked.eq(vectors.picked)
        banks = range(core.program.waiting)
        full = Array(Signal(name=f"full_{bank}") for bank in banks)
        flags = Array(Signal(flags_layout(core.program), name=f"flags_{bank}") for bank in banks)

        # Writing.
        bank = Signal(banks)
        chunk = Signal(range(chunks))
        beat = self.i.p
        stream = stream_of(m, chunk, beat, core.stream_bits, "stream")
        start = Signal(1 << core.stream_bits, init=-1)
        m.d.comb += [
            self.i.ready.eq(~full[bank]),
            vectors.write.en.eq(self.i.valid & self.i.ready),
            vectors.write.bank.eq(bank),
            vectors.write.chunk.eq(chunk),
            vectors.write.data.eq(beat.data),
        ]
        with m.If(self.i.valid & self.i.ready):
            with m.If(chunk == 0):
                if core.stateful:
                    m.d.sync += flags[bank].state.eq(beat.state)
                m.d.sync += [
                    flags[bank].start.eq(start.bit_select(stream, 1)),
                    flags[bank].stream.eq(stream),
                ]
            with m.If(chunk == chunks - 1):
                if core.stateful:
                    m.d.sync += flags[bank].dump.eq(beat.last & beat.dump)
                m.d.sync += [
                    flags[bank].last.eq(beat.last),
                    full[bank].eq(1),
                    start.bit_select(stream, 1).eq(beat.last),
                    bank.eq(self._after(bank)),
                    chunk.eq(0),
                ]
            with m.Else():
                m.d.sync += chunk.eq(chunk + 1)

        # Reading.
        read_bank = Signal(banks)
        next_bank = read_bank
        if core.program.beside and core.program.issue:
            next_bank = Signal(banks)
            with m.If(self.used):
                m.d.sync += next_bank.eq(self._after(next_bank))
        m.d.comb += [
            vectors.read_0.en.eq(self.read.en),
            vectors.read_0.bank.eq(read_bank),
            vectors.read_0.chunk.eq(self.read.chunk),
            self.read.data.eq(vectors.read_0.data),
            self.read.wrong.eq(vectors.read_0.wrong),
            self.full.eq(full[next_bank]),
            self.flags.eq(flags[next_bank]),
        ]
        with m.If(self.free):
            m.d.sync += [full[read_bank].eq(0), read_bank.eq(self._after(read_bank))]
        return m

    @staticmethod
    def _after(bank):
        """The bank after another one; their number is a power of two."""
        return ~bank if len(bank) == 1 else bank + 1

    def _memory(self):
        core, machine = self._core, self._core.machine
        if core.symbols:
            return SymbolMemory(core.entry, simd=machine.simd, parity=machine.parity)
        return VectorMemory(
            shape(core.x),
            chunks=core.x_product.chunks,
            simd=machine.simd,
            units=machine.simd,
            reads=1,
            banks=core.program.waiting,
            parity=machine.parity,
        )
