"""Symbols in the place of one-hot vectors: two registers instead of a memory."""

from amaranth.hdl import Array, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.shapes import shape
from pascaline.hdl.vector import read_signature, write_signature
from pascaline.spec.entry import Symbols

__all__ = ["SymbolMemory"]


class SymbolMemory(wiring.Component):
    """Two symbols, which are read as chunks of the vectors that they stand for.

    Each bank is read as the one chunk that its symbol is in, whichever is asked for, a cycle later;
    it is zeros if its number is that of no symbol.

    Parameters
    ----------
    entry : Symbols
        The symbols.
    simd : int
        Elements of a chunk, a power of two.
    parity : bool
        Whether the read port has ``wrong``, which is 0: registers have no parity.

    Members
    -------
    write : In(write_signature(shape(entry.element), 1, 1, 1))
        Writes a number.
    read_0 : In(read_signature(shape(entry.x), 1, simd, parity=parity))
        Reads a chunk.
    picked : Out(range(chunks))
        The number of the chunk of the bank on ``read_0``, in the same cycle.
    """

    def __init__(self, entry: Symbols, *, simd: int, parity: bool):
        self._entry = entry
        self._simd = simd
        super().__init__(
            {
                "write": In(write_signature(shape(entry.element), 1, 1, 1)),
                "read_0": In(read_signature(shape(entry.x), 1, simd, parity=parity)),
                "picked": Out(range(-(-entry.inputs // simd))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        entry, read, bits = self._entry, self.read_0, self._simd.bit_length() - 1
        numbers = Array(Signal(shape(entry.element), name=f"number_{bank}") for bank in range(2))
        with m.If(self.write.en):
            m.d.sync += numbers[self.write.bank].eq(Value.cast(self.write.data))

        number, known = Signal(shape(entry.element)), Signal()
        m.d.comb += [
            number.eq(numbers[read.bank]),
            known.eq(number < entry.inputs),
            self.picked.eq(Mux(known, number >> bits, 0)),
        ]
        place, counts = Signal(bits), Signal()
        with m.If(read.en):
            m.d.sync += [place.eq(number), counts.eq(known)]
        m.d.comb += [
            read.data[k].eq(Mux(counts & (place == k), entry.one, 0)) for k in range(self._simd)
        ]
        return m
