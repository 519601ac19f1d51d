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
    """Memory for two input vectors: one is read, the next comes in.

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
        )

    def elaborate(self, platform):
        m = Module()
        core = self._core
        chunks = core.entry.beats
        m.submodules.vectors = vectors = self._memory()
        if core.symbols:
            m.d.comb += self.picked.eq(vectors.picked)
        full = Array(Signal(name=f"full_{bank}") for bank in range(2))
        flags = Array(Signal(flags_layout(core.program), name=f"flags_{bank}") for bank in range(2))

        # Writing.
        bank = Signal()
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
                    bank.eq(~bank),
                    chunk.eq(0),
                ]
            with m.Else():
                m.d.sync += chunk.eq(chunk + 1)

        # Reading.
        read_bank = Signal()
        m.d.comb += [
            vectors.read_0.en.eq(self.read.en),
            vectors.read_0.bank.eq(read_bank),
            vectors.read_0.chunk.eq(self.read.chunk),
            self.read.data.eq(vectors.read_0.data),
            self.read.wrong.eq(vectors.read_0.wrong),
            self.full.eq(full[read_bank]),
            self.flags.eq(flags[read_bank]),
        ]
        with m.If(self.free):
            m.d.sync += [full[read_bank].eq(0), read_bank.eq(~read_bank)]
        return m

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
            parity=machine.parity,
        )
