"""Read-only words that are no memory: each bit is a function of the address."""

from pascaline.hdl.homes.rom import Rom, RomHome, checked_words, ports_of

__all__ = ["Logic", "LogicHome"]

BLOCK = 256
"""Words of a block, which has a register: what chooses between blocks comes behind it. Of so many
words a bit is four LUTs of six inputs and the multiplexers beside these."""


class LogicHome(RomHome):
    """Words that are part of the netlist, and in no memory of the target."""

    def contents(self, m, memory, span, load, parity):
        """The words of a range, with the parity bits of their columns above them."""
        words = checked_words(memory, parity)[span.start : span.stop]
        return Logic(words, memory.stored(parity))


class Logic(Rom):
    """Words of a range as functions of their address, with the ports and the latency of `Rom`."""

    def verilog(self):
        """Verilog of the module, all but its name.

        A bit of a constant that an address picks is no memory to synthesis.
        """
        words, width, bits = self._words, self._width, len(self.addr)
        lines = ports_of(len(words), width)
        low = min(bits, (BLOCK - 1).bit_length())
        at = f"[addr[{low - 1}:0]]" if low else "[0]"
        blocks = range(0, len(words), BLOCK)
        for k, first in enumerate(blocks):
            block = words[first : first + BLOCK]
            for bit in range(width):
                value = sum((word >> bit & 1) << place for place, word in enumerate(block))
                name = f"bits_{k}_{bit}"
                lines.append(f"  wire [{(1 << low) - 1}:0] {name} = {1 << low}'h{value:x};")
            chosen = ", ".join(f"bits_{k}_{bit}{at}" for bit in reversed(range(width)))
            lines += [
                f"  reg [{width - 1}:0] block_{k} = 0;",
                "  always @(posedge clk)",
                f"    if (en) block_{k} <= {{{chosen}}};",
            ]
        if len(blocks) > 1:
            high = bits - low
            lines += [
                f"  reg [{high - 1}:0] high = 0;",
                "  always @(posedge clk)",
                f"    if (en) high <= addr[{bits - 1}:{low}];",
                f"  reg [{width - 1}:0] found;",
                "  always @*",
                "    case (high)",
                *(f"      {high}'d{k}: found = block_{k};" for k in range(len(blocks) - 1)),
                f"      default: found = block_{len(blocks) - 1};",
                "    endcase",
            ]
        found = "found" if len(blocks) > 1 else "block_0"
        return "\n".join([*lines, f"  assign data = {found};", "endmodule\n"])
