"""Memories that are loaded."""

from amaranth.hdl import Cat, ClockSignal, Instance, Module, Mux
from amaranth.lib import data, memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.kinds import Kinds
from pascaline.hdl.macros import SINGLE_PORT, Macros
from pascaline.spec.memories import COLUMN, Memory
from pascaline.spec.pipeline import BLOCK

__all__ = ["Ram", "RamHome", "load_layout"]


def load_layout(depth, columns, *, parity):
    """Layout of the port that writes a memory.

    ``en`` has a strobe for each column, ``addr`` is the word, ``data`` a column of `COLUMN` bits
    and ``check``, with parity, its parity bit.
    """
    return data.StructLayout(
        {"en": columns, "addr": (depth - 1).bit_length(), "data": COLUMN, "check": int(parity)}
    )


class RamHome:
    """Memories that an image is loaded into (`spec.loading`)."""

    def load_layout(self, memory: Memory, parity):
        """The port that `hdl.load.Loader` drives."""
        return load_layout(memory.depth, memory.columns, parity=parity)

    def contents(self, m, memory: Memory, span, load, parity):
        """A RAM for the words of a range, which is one of equal blocks, or all of the memory."""
        ram = Ram(len(span), memory.bits, parity=parity)
        strobes = load.en
        if len(span) < memory.depth:
            here = load.addr[BLOCK.bit_length() - 1 :] == span.start // BLOCK
            strobes = Mux(here, load.en, 0)
        m.d.comb += [
            ram.load.en.eq(strobes),
            ram.load.addr.eq(load.addr),
            ram.load.data.eq(load.data),
            ram.load.check.eq(load.check),
        ]
        return ram


class Ram(wiring.Component):
    """A memory that is written column by column, while nobody reads.

    Each column is a memory of its own, which has a parity bit beside its bits if there is one: as
    block RAMs are built. Latency is one cycle, throughput one word a cycle; the word holds while
    ``en`` is 0.

    Parameters
    ----------
    depth, width : int
        Words, and bits of a word without parity.
    parity : bool
        Whether there are parity bits.

    Members
    -------
    load : In(load_layout(depth, columns, parity=parity))
        Writes a column of a word.
    addr : In(range(depth))
        Index of the word to read.
    en : In(1, init=1)
        Read enable.
    data : Out(width + parity * columns)
        The word of the address one cycle ago, and above it the parity bits of its columns.
    """

    def __init__(self, depth, width, *, parity):
        self._depth = depth
        self._parity = int(parity)
        self._widths = [min(COLUMN, width - first) for first in range(0, width, COLUMN)]
        columns = len(self._widths)
        super().__init__(
            {
                "load": In(load_layout(depth, columns, parity=parity)),
                "addr": In(range(depth)),
                "en": In(1, init=1),
                "data": Out(width + self._parity * columns),
            }
        )

    def elaborate(self, platform):
        m = Module()
        load = self.load
        if isinstance(platform, Kinds) and not self._is_large(platform):
            name = platform.add_verilog("ram", self._verilog())
            # The address of a single word has no bits, and Verilog has no such port.
            ports = {"i_addr": self.addr, "i_load_addr": load.addr} if self._depth > 1 else {}
            if self._parity:
                ports["i_check"] = load.check
            m.submodules.contents = Instance(
                name,
                i_clk=ClockSignal(),
                i_en=self.en,
                i_load=load.en,
                i_load_data=load.data,
                o_data=self.data,
                **ports,
            )
            return m
        words, checks = [], []
        for k, width in enumerate(self._widths):
            m.submodules[f"column_{k}"] = column = memory.Memory(
                shape=width + self._parity, depth=self._depth, init=[], attrs=SINGLE_PORT
            )
            read, write = column.read_port(), column.write_port()
            m.d.comb += [
                read.addr.eq(self.addr),
                read.en.eq(self.en),
                write.addr.eq(load.addr),
                write.en.eq(load.en[k]),
                write.data.eq(Cat(load.data[:width], load.check)),
            ]
            words.append(read.data[:width])
            checks.append(read.data[width:])
        m.d.comb += self.data.eq(Cat(*words, *checks))
        return m

    def _is_large(self, platform):
        width = max(self._widths) + self._parity
        return isinstance(platform, Macros) and platform.is_large(self._depth, width)

    def _verilog(self):
        """Verilog of the module, all but its name.

        What is there before an image does not matter.
        """
        bits = (self._depth - 1).bit_length()
        addr = [f"  input [{bits - 1}:0] addr;", f"  input [{bits - 1}:0] load_addr;"]
        at, to = ("addr", "load_addr") if bits else ("0", "0")
        names = ["clk", "en", *["addr", "load_addr"] * (bits > 0), "load", "load_data"]
        names += [*["check"] * self._parity, "data"]
        lines = [f"({', '.join(names)});", "  input clk;", "  input en;", *addr * (bits > 0)]
        columns = len(self._widths)
        lines += [f"  input [{columns - 1}:0] load;", f"  input [{COLUMN - 1}:0] load_data;"]
        lines += ["  input check;"] * self._parity
        lines += [f"  output [{len(self.data) - 1}:0] data;"]
        lines += ["  integer i;"]
        total = sum(self._widths)
        for k, width in enumerate(self._widths):
            stored = width + self._parity
            given = (
                f"{{check, load_data[{width - 1}:0]}}"
                if self._parity
                else f"load_data[{width - 1}:0]"
            )
            lines += [
                f"  reg [{stored - 1}:0] data_{k} = 0;",
                f"  reg [{stored - 1}:0] words_{k} [0:{self._depth - 1}];",
                f"  initial for (i = 0; i < {self._depth}; i = i + 1) words_{k}[i] = 0;",
                "  always @(posedge clk)",
                f"    if (load[{k}]) words_{k}[{to}] <= {given};",
                f"    else if (en) data_{k} <= words_{k}[{at}];",
                f"  assign data[{k * COLUMN + width - 1}:{k * COLUMN}] = data_{k}[{width - 1}:0];",
            ]
            if self._parity:
                lines.append(f"  assign data[{total + k}] = data_{k}[{width}];")
        return "\n".join([*lines, "endmodule\n"])
