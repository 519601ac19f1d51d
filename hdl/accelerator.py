"""The whole machine: cores in a chain, and what joins them."""

from itertools import pairwise

from amaranth.hdl import Cat, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from pascaline.hdl.core import LayerCore
from pascaline.hdl.gate import Gate
from pascaline.hdl.gather import GatherUnit
from pascaline.hdl.load import Loader
from pascaline.hdl.parity import Guard
from pascaline.hdl.replay import Both, Merge
from pascaline.hdl.shapes import struct
from pascaline.hdl.store import load_through
from pascaline.spec.design import Design
from pascaline.spec.ports import ports, signals

__all__ = ["Accelerator", "accelerator"]


def accelerator(design: Design):
    """The component of a design, with the streams of `spec.ports.ports`."""
    [*others, core] = design.cores
    machine = design.machine
    alone = not others and core.directions == 1 and design.gather is None
    alone = alone and not (machine.home.loaded or machine.parity)
    return LayerCore(core) if alone else Accelerator(design)


class Accelerator(wiring.Component):
    """A model on a machine of several parts.

    Cycle counts are those of `spec.flow`.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    i_x, o, i_state, o_state, i_state_0, ... : In, Out
        See `spec.ports.ports`.
    """

    def __init__(self, design: Design):
        self._design = design
        flows = {"in": In, "out": Out}
        super().__init__(
            {
                name: flows[port.direction](stream.Signature(struct(port.layout)))
                for name, port in ports(design).items()
            }
            | {name: Out(width) for name, width in signals(design).items()}
        )

    def elaborate(self, platform):
        m = Module()
        design = self._design
        parts, cores = [], []
        for number, core in enumerate(design.cores):
            if core.directions > 1:
                parts.append((f"both_{number}", Both(core)))
            parts.append((f"core_{number}", unit := LayerCore(core)))
            cores.append(unit)
            if core.stateful:
                at = f"_{number}" if len(design.cores) > 1 else ""
                connect(m, unit.i_state, flipped(getattr(self, f"i_state{at}")))
                if design.machine.parity:
                    self._guard(m, f"o_state{at}", unit.o_state)
                else:
                    connect(m, unit.o_state, flipped(getattr(self, f"o_state{at}")))
            if design.replays(core):
                parts.append((f"merge_{number}", Merge(core)))
        if design.gather is not None:
            parts.append(("gather", GatherUnit(design)))
        for name, part in parts:
            m.submodules[name] = part
        units = [part for _, part in parts]
        first = flipped(self.i_x)
        if design.machine.home.loaded:
            first = self._load(m, cores, units[-1])
        self._join(m, units[0].i_x, first)
        for before, after in pairwise(units):
            self._join(m, after.i_x, before.o)
        if design.machine.parity:
            self._guard(m, "o", units[-1].o)
        else:
            self._join(m, flipped(self.o), units[-1].o)
        if units[-1] is unit and core.directions > 1:
            # One direction's h comes after the other's, and is the end of the result.
            m.d.comb += self.o.p.last.eq(unit.o.p.last & unit.o.p.stream)
        if design.machine.parity:
            m.d.comb += self.fault.eq(Cat(part.fault for part in units).any())
        return m

    def _guard(self, m, name, out):
        """A stream to the outside, but for what comes after a fault."""
        into = flipped(getattr(self, name))
        m.submodules[f"guard_{name}"] = guard = Guard(into.p.shape())
        m.d.comb += guard.fault.eq(self.fault)
        self._join(m, guard.i, out)
        self._join(m, into, guard.o)

    def _load(self, m, cores, last):
        """The loader and the gate before the first part; the stream behind that."""
        m.submodules.loader = loader = Loader(self._design)
        m.submodules.gate = gate = Gate(self._design)
        connect(m, loader.i, flipped(self.i_load))
        connect(m, gate.i, flipped(self.i_x))
        m.d.comb += [
            loader.may_begin.eq(gate.quiet),
            gate.open.eq(loader.loaded),
            gate.load_waits.eq(self.i_load.valid),
            gate.ended.eq(self.o.valid & self.o.ready & self.o.p.last),
            self.loaded.eq(loader.loaded),
            self.load_error.eq(loader.error),
        ]
        for number, core in enumerate(cores):
            m.d.comb += load_through(loader.load[f"core_{number}"], core)
        if "head" in loader.load.shape().members:
            m.d.comb += load_through(loader.load.head, last)
        return gate.o

    def _join(self, m, into, out):
        """A stream into the next one; what it does not want is dropped."""
        m.d.comb += [into.valid.eq(out.valid), out.ready.eq(into.ready)]
        for name in into.p.shape().members:
            m.d.comb += into.p[name].eq(out.p[name])
