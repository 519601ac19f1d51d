# amaranth: UnusedElaboratable=no
"""Around a block that is proven: free inputs, what is assumed of them, what must hold."""

import re

from amaranth.back import rtlil
from amaranth.hdl import Assert, Assume, ClockSignal, Instance, Module, ResetSignal, Signal, Value
from amaranth.lib.wiring import Out

from pascaline.hdl.verilog import emit
from pascaline.spec.keywords import KEYWORDS

__all__ = ["Harness"]


class Harness:
    """A module without outputs, in which statements about emitted Verilog are made.

    Reset may come at any time, for the block and for all that watches it.

    Attributes
    ----------
    m : Module
        For what watches the block.
    verilog : list of str
        The blocks.
    """

    def __init__(self):
        self.m = Module()
        self._inputs = []
        self._inside = {}
        self.verilog = []

    def free(self, shape, name):
        """A value that may be anything in every cycle."""
        signal = Signal(shape, name=name)
        self._inputs.append(signal)
        return signal

    def constant(self, shape, name):
        """A value that may be anything, but stays."""
        signal = self.free(shape, name)
        kept = Signal.like(signal, name=f"{name}_kept", reset_less=True)
        known = Signal(name=f"{name}_known", reset_less=True)
        self.m.d.sync += [kept.eq(signal), known.eq(1)]
        self.suppose(~known | (kept == signal))
        return signal

    def inside(self, shape, block, name):
        """A register within a block that has been placed, or within one of its parts.

        It has the name that the Verilog gives it, with those of parts before it. For what makes an
        induction go through: claims are about ports.
        """
        path, (*parts, name) = f"{block}_instance.{name}", name.split(".")
        signal = self.free(shape, path)
        bits = f"[{len(signal) - 1}:0] " if len(signal) > 1 else ""
        declared = rf" reg (?:signed )?{re.escape(bits + name)} = \d+'(h\w+|d\d+);"
        module = f"module {'_'.join([block, *parts])}("
        [text] = [one.split(module)[1] for one in self.verilog if module in one]
        found = re.search(declared, text.split("endmodule")[0])
        assert found, f"{path} is not in the Verilog"
        base = {"h": 16, "d": 10}[found[1][0]]
        self._inside[path] = f"{int(found[1][1:], base):0{len(signal)}b}"
        return signal

    def suppose(self, condition):
        """Only traces in which this holds in every cycle."""
        self.m.d.comb += Assume(condition)

    def always(self, condition):
        """A condition that must hold in every cycle."""
        self.m.d.comb += Assert(condition)

    def past(self, value, cycles=1):
        """What a value was; 0 before the first cycle and the last reset."""
        value = Value.cast(value)
        for _ in range(cycles):
            kept = Signal(value.shape(), name="past")
            self.m.d.sync += kept.eq(value)
            value = kept
        return value

    def place(self, component, name):
        """The emitted Verilog of a component; its ports are those of the component."""
        text, *_ = emit(component, name)
        self.verilog.append(text)
        connections = {"i_clk": ClockSignal()}
        header = text[text.index(f"module {name}(") :].split(";", 1)[0]
        ports = [word.strip(" )\n") for word in header.split("(")[1].split(",")]
        if "rst" in ports:
            connections["i_rst"] = ResetSignal()
        if "clk" not in ports:
            del connections["i_clk"]
        for path, member, port in component.signature.flatten(component):
            port_name, value = "__".join(map(str, path)), Value.cast(port)
            if port_name in KEYWORDS:  # As `hdl.names` has it.
                port_name += "_2"
            if len(value) == 0:
                continue
            assert port_name in ports, f"{name} has no port {port_name}"
            connections[f"{'o' if member.flow == Out else 'i'}_{port_name}"] = value
        self.m.submodules[f"{name}_instance"] = Instance(name, **connections)
        return component

    def stable(self, stream, *, assumed=False):
        """While a beat waits it stays; so does ``valid``."""
        payload = Value.cast(stream.payload)
        waited = self.past(stream.valid & ~stream.ready)
        holds = ~waited | (stream.valid & (payload == self.past(payload)))
        (self.suppose if assumed else self.always)(holds)

    def files(self):
        """RTLIL of the statements, and Verilog of the blocks."""
        text = rtlil.convert(self.m, name="top", ports=self._inputs, emit_src=False)
        for path, first in self._inside.items():
            # Not an input, but the wire that has this name when the block is flattened.
            init = rf"attribute \\init {len(first)}'{first}\n  "
            wire = re.compile(rf"wire (width \d+ )?(signed )?input \d+ +(?=\\{re.escape(path)}\n)")
            text = wire.sub(rf"{init}attribute \\hierconn 1\n  wire \1\2", text)
        return {"top.il": text, "blocks.v": "\n".join(self.verilog)}
