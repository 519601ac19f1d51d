"""Read-only memories."""

from amaranth.hdl import ClockSignal, Instance, Module, unsigned
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.kinds import Kinds
from pascaline.spec.memories import COLUMN, Memory

__all__ = ["Rom", "RomHome", "checked_words", "ports_of"]

SLICE = 512
"""Bits of the memories that a wide word is cut into."""


class RomHome:
    """Memories that are part of the netlist."""

    def load_layout(self, memory: Memory, parity):
        """No bits: a ROM is not written."""
        return data.StructLayout({})

    def contents(self, m, memory: Memory, span, load, parity):
        """A ROM of the words of a range, with the parity bits of their columns above them."""
        return Rom(checked_words(memory, parity)[span.start : span.stop], memory.stored(parity))


def checked_words(memory: Memory, parity):
    """The words of a memory; with parity, each with a bit for each of its columns above it."""
    if not parity:
        return memory.words
    mask, firsts = (1 << COLUMN) - 1, range(0, memory.bits, COLUMN)
    return [
        word
        | sum(
            ((word >> first & mask).bit_count() & 1) << (memory.bits + k)
            for k, first in enumerate(firsts)
        )
        for word in memory.words
    ]


class Rom(wiring.Component):
    """A read-only memory.

    Latency is one cycle, throughput one word a cycle; the word holds while ``en`` is 0.

    Parameters
    ----------
    words : list of int
        Contents.
    width : int
        Bits of a word.

    Members
    -------
    addr : In(range(len(words)))
        Index of a word.
    en : In(1, init=1)
        Read enable.
    data : Out(width)
        The word of the address one cycle ago.
    """

    def __init__(self, words, width):
        self._words = words
        self._width = width
        super().__init__({"addr": In(range(len(words))), "en": In(1, init=1), "data": Out(width)})

    def elaborate(self, platform):
        m = Module()
        if isinstance(platform, Kinds):
            name = platform.add_verilog("rom", self.verilog())
            # The address of a single word has no bits, and Verilog has no such port.
            addr = {"i_addr": self.addr} if len(self._words) > 1 else {}
            m.submodules.contents = Instance(
                name, i_clk=ClockSignal(), i_en=self.en, o_data=self.data, **addr
            )
            return m
        m.submodules.memory = contents = memory.Memory(
            shape=unsigned(self._width), depth=len(self._words), init=self._words
        )
        read = contents.read_port()
        m.d.comb += [read.addr.eq(self.addr), read.en.eq(self.en), self.data.eq(read.data)]
        return m

    def verilog(self):
        """Verilog of the module, all but its name.

        Written here since Amaranth spends a Python object on every bit of a memory: that would be
        most of the time that a large machine takes. A wide word is cut into several memories, since
        the time that Yosys takes goes with the square of a memory's width.
        """
        parts = [
            _part(
                self._words,
                first,
                min(SLICE, self._width - first),
                "addr" if len(self.addr) else "0",
            )
            for first in range(0, self._width, SLICE)
        ]
        return "\n".join([*ports_of(len(self._words), self._width), *parts, "endmodule\n"])


def ports_of(depth, width):
    """Lines that a module of so many words begins with: its ports."""
    addr_width = (depth - 1).bit_length()
    ports = ["clk", "en", *["addr"] * (addr_width > 0), "data"]
    lines = ["  input clk;", "  input en;"]
    lines += [f"  input [{addr_width - 1}:0] addr;"] * (addr_width > 0)
    return [f"({', '.join(ports)});", *lines, f"  output [{width - 1}:0] data;"]


def _part(words, first, width, addr):
    """Bits ``first`` to ``first + width - 1`` of all words: a memory and its output register."""
    digits, mask, name = -(-width // 4), (1 << width) - 1, f"_{first // SLICE}"
    lines = [
        f"    words{name}[{k}] = {width}'h{word >> first & mask:0{digits}x};"
        for k, word in enumerate(words)
    ]
    return f"""  reg [{width - 1}:0] data{name} = 0;
  reg [{width - 1}:0] words{name} [0:{len(words) - 1}];
  initial begin
{chr(10).join(lines)}
  end
  always @(posedge clk)
    if (en) data{name} <= words{name}[{addr}];
  assign data[{first + width - 1}:{first}] = data{name};"""
