"""Large memories as instances of modules that a macro of an SRAM compiler can take the place of.

Amaranth's memories ask the platform for their hardware. `Macros` gives those that are written, and
have so many bits, an instance of a module with the ports of an SRAM; what a port needs beyond one,
as the way around it where what is being written must be read, is logic beside it.
"""

import re
from dataclasses import dataclass

from amaranth.hdl import Cat, ClockSignal, Instance, Module, Mux, Shape, Signal, Value

from pascaline.hdl.kinds import Kinds

__all__ = ["SINGLE_PORT", "Macro", "Macros", "behaviour", "instances"]

SINGLE_PORT = {"single_port": 1}
"""Attributes of a memory that is not read in a cycle in which it is written: one port will do."""

MODULE = re.compile(r"^module (\w+).*?^endmodule", re.MULTILINE | re.DOTALL)
INSTANCE = re.compile(r"^  (\w+) (\w+) \($", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Macro:
    """The shape of an SRAM, whose module is ``clk`` and these ports.

    A write port has ``en``, a bit for each lane of bits that are written together, ``addr`` and
    ``data``; a read port ``en``, ``addr`` and ``data``, which is the word of the address one cycle
    ago and holds while ``en`` is 0. One port for both has ``en``, ``addr``, ``w_en``, ``w_data``
    and ``r_data``.

    Attributes
    ----------
    words, bits : int
        Words, and bits of a word.
    lane : int
        Bits that are written together; ``bits`` if words are written whole.
    reads : int
        Read ports beside a write port; 0: one port for both.
    """

    words: int
    bits: int
    lane: int
    reads: int

    @property
    def name(self):
        """Of the module, all but the prefix; equal for equal shapes."""
        ports = f"{self.reads}r1w" if self.reads else "1rw"
        lanes = f"_by{self.lane}" if self.lane < self.bits else ""
        return f"ram_{self.words}x{self.bits}_{ports}{lanes}"

    @property
    def ports(self):
        """Widths of the inputs and of the outputs by their names, without ``clk``."""
        addr, strobes = (self.words - 1).bit_length(), self.bits // self.lane
        if not self.reads:
            inputs = {"en": 1, "addr": addr, "w_en": strobes, "w_data": self.bits}
            return inputs, {"r_data": self.bits}
        inputs = {"w_en": strobes, "w_addr": addr, "w_data": self.bits}
        for k in range(self.reads):
            inputs |= {f"r{k}_en": 1, f"r{k}_addr": addr}
        return inputs, {f"r{k}_data": self.bits for k in range(self.reads)}


class Macros(Kinds):
    """The platform under which large memories are instances.

    Parameters
    ----------
    least : int
        Bits from which on a memory is large.
    prefix : str
        Before the names of the modules, with ``_`` behind it.

    Attributes
    ----------
    least : int
        As given.
    shapes : set of Macro
        Those that have been used.
    largest : int
        Bits of the largest memory that has been asked for.
    """

    def __init__(self, least, prefix):
        super().__init__()
        self.least = least
        self._prefix = prefix
        self.shapes = set()
        self.largest = 0

    def is_large(self, words, bits):
        """Whether a memory of that size gets an instance; a single word is a register."""
        size = words * bits if words > 1 else 0
        self.largest = max(self.largest, size)
        return size >= self.least

    def get_memory(self, memory):
        """What Amaranth asks for: the hardware of a memory."""
        words, bits = memory.depth, Shape.cast(memory.shape).width
        reads = memory.read_ports
        # A queue of few results is read in the cycle of the address, which no SRAM does.
        late = all(read.domain == "sync" for read in reads)
        if not memory.write_ports or not late or not self.is_large(words, bits):
            return memory.elaborate(None)
        [write] = memory.write_ports
        lane = bits // len(write.en)
        m = Module()
        if memory.attrs.get("single_port"):
            [read] = reads
            macro = Macro(words, bits, lane, 0)
            inputs = {
                "en": read.en | write.en.any(),
                "addr": Mux(write.en.any(), write.addr, read.addr),
                "w_en": write.en,
                "w_data": write.data,
            }
            outputs = {"r_data": Value.cast(read.data)}
        else:
            macro = Macro(words, bits, lane, len(reads))
            inputs = {"w_en": write.en, "w_addr": write.addr, "w_data": write.data}
            outputs = {}
            for k, read in enumerate(reads):
                inputs |= {f"r{k}_en": read.en, f"r{k}_addr": read.addr}
                outputs[f"r{k}_data"] = _around(m, k, read, write, lane)
        self.shapes.add(macro)
        m.submodules.macro = Instance(
            f"{self._prefix}_{macro.name}",
            i_clk=ClockSignal(),
            **{f"i_{name}": Value.cast(value) for name, value in inputs.items()},
            **{f"o_{name}": value for name, value in outputs.items()},
        )
        return m


def _around(m, number, read, write, lane):
    """What the SRAM drives: a port's data, or a word that is taken only if it was not written."""
    data = Value.cast(read.data)
    if write not in read.transparent_for:
        return data
    stored = Signal(len(data), name=f"stored_{number}")
    written = Signal(len(data), name=f"written_{number}", reset_less=True)
    strobes = Signal(len(write.en), name=f"strobes_{number}", reset_less=True)
    with m.If(read.en):
        m.d.sync += [
            written.eq(Value.cast(write.data)),
            strobes.eq(Mux(read.addr == write.addr, write.en, 0)),
        ]
    lanes = [slice(k * lane, (k + 1) * lane) for k in range(len(strobes))]
    m.d.comb += data.eq(
        Cat(Mux(on, written[at], stored[at]) for on, at in zip(strobes, lanes, strict=True))
    )
    return stored


def behaviour(macro, name):
    """Verilog of a shape's module, as an SRAM behaves at worst.

    Nothing is known at the start, nor of a word that is read in the cycle in which it is written.
    Bits that such a word has from lanes that are not written are not known either.
    """
    inputs, outputs = macro.ports
    strobes = inputs["w_en"]
    at = [f"[{k * macro.lane} +: {macro.lane}]" for k in range(strobes)] if strobes > 1 else [""]
    bit = [f"[{k}]" for k in range(strobes)] if strobes > 1 else [""]
    addr, guard = ("w_addr", "") if macro.reads else ("addr", "en && ")
    unknown = f"{{{macro.bits}{{1'bx}}}}"
    lines = [f"module {name} ({', '.join(['clk', *inputs, *outputs])});", "  input clk;"]
    lines += [f"  input {_range(width)}{port};" for port, width in inputs.items()]
    lines += [f"  output reg {_range(width)}{port};" for port, width in outputs.items()]
    lines += [f"  reg {_range(macro.bits)}words [0:{macro.words - 1}];"]
    lines += ["  always @(posedge clk) begin"]
    lines += [
        f"    if ({guard}w_en{on}) words[{addr}]{part} <= w_data{part};"
        for on, part in zip(bit, at, strict=True)
    ]
    if macro.reads:
        for k in range(macro.reads):
            lines += [
                f"    if (r{k}_en)",
                f"      r{k}_data <= |w_en && w_addr == r{k}_addr ? {unknown} : words[r{k}_addr];",
            ]
    else:
        lines += [f"    if (en) r_data <= |w_en ? {unknown} : words[addr];"]
    return "\n".join([*lines, "  end", "endmodule", ""])


def _range(width):
    return f"[{width - 1}:0] " if width > 1 else ""


def instances(text, top, modules):
    """Paths of all instances of some modules in Verilog, by module, names joined by a dot."""
    inside = {match[1]: INSTANCE.findall(match[0]) for match in MODULE.finditer(text)}
    found = {name: [] for name in modules}

    def walk(module, path):
        for kind, name in inside.get(module, ()):
            if kind in found:
                found[kind].append(".".join([*path, name]))
            walk(kind, [*path, name])

    walk(top, [])
    return found
