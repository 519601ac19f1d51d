"""The whole machine: stages in a chain, and what is around them."""

from itertools import pairwise

from amaranth.hdl import Cat, Module
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from pascaline.hdl.attention.attend import AttendUnit
from pascaline.hdl.core import LayerCore
from pascaline.hdl.decode import DecodeUnit
from pascaline.hdl.gather import GatherUnit
from pascaline.hdl.limit import Limit
from pascaline.hdl.load import Loader
from pascaline.hdl.parity import Guard
from pascaline.hdl.replay import Both, Merge
from pascaline.hdl.residual import Add, Fork
from pascaline.hdl.shapes import struct
from pascaline.hdl.store import load_through
from pascaline.hdl.valve import Valve
from pascaline.spec.design import Design
from pascaline.spec.ports import ports, signals, stage_ports

__all__ = ["COMPONENTS", "Accelerator", "accelerator"]

COMPONENTS = {
    "core": lambda stage: LayerCore(stage.core),
    "fork": Fork,
    "add": Add,
    "both": Both,
    "merge": Merge,
    "attend": AttendUnit,
    "decode": DecodeUnit,
    "gather": GatherUnit,
}
"""Constructors of components, by the kind of the stage.

Members of the component: streams ``i_x`` and ``o``, and those of ``ports``, ``gives`` and ``takes``
of `spec.stage.Stage`; ``load``
if there are memories that are loaded, see `hdl.store.loads`; ``fault`` if there is parity.
"""


def accelerator(design: Design):
    """The component of a design, with the streams of `spec.ports.ports`."""
    if design.bare:
        [stage] = design.stages
        return COMPONENTS[stage.kind](stage)
    return Accelerator(design)


class Accelerator(wiring.Component):
    """A model on a machine that is not bare.

    Each stage is an instance of its name. Cycle counts are those of `spec.flow`.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    i_x, o, ... : In(stream.Signature(struct(port.layout))) or Out(...)
        The streams of `spec.ports.ports`.
    loaded, load_error, fault : Out(width)
        The signals of `spec.ports.signals`.
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
        units = [COMPONENTS[stage.kind](stage) for stage in design.stages]
        for stage, unit in zip(design.stages, units, strict=True):
            for name, port in stage_ports(design, stage).items():
                if port.direction == "out":
                    self._lead_out(m, port.name, getattr(unit, name))
                else:
                    connect(m, getattr(unit, name), flipped(getattr(self, port.name)))
        for stage, unit in zip(design.stages, units, strict=True):
            m.submodules[stage.name] = unit
        first, last = flipped(self.i_x), units[-1]
        results = self.o
        if design.limited:
            m.submodules.limit = limit = Limit(design)
            connect(m, limit.i, first)
            first, results = limit.o, limit.i_results
            self._lead_out(m, "o", limit.o_results)
        if design.machine.home.loaded:
            first = self._load(m, units, first)
        self._join(m, units[0].i_x, first)
        for before, after in pairwise(units):
            self._join(m, after.i_x, before.o)
        self._join_beside(m, units)
        if design.limited:
            self._join(m, results, last.o)
        else:
            self._lead_out(m, "o", last.o)
        if design.stages[-1].directed:
            # One direction's h comes after the other's, and is the end of the result.
            m.d.comb += results.p.last.eq(last.o.p.last & last.o.p.stream)
        if design.machine.parity:
            m.d.comb += self.fault.eq(Cat(unit.fault for unit in units).any())
        return m

    def _join_beside(self, m, units):
        """The streams that go round stages, from each that gives one to the one that takes it."""
        given = {}
        for stage, unit in zip(self._design.stages, units, strict=True):
            for name in stage.takes:
                self._join(m, getattr(unit, name), given.pop(name))
            given |= {name: getattr(unit, name) for name in stage.gives}

    def _lead_out(self, m, name, out):
        """A stream of a stage leaves the machine; with parity, no new beat does after a fault."""
        into = flipped(getattr(self, name))
        if self._design.machine.parity:
            m.submodules[f"guard_{name}"] = guard = Guard(into.p.shape())
            m.d.comb += guard.fault.eq(self.fault)
            self._join(m, guard.i, out)
            out = guard.o
        self._join(m, into, out)

    def _load(self, m, units, first):
        """The loader and the valve before the first stage; the stream behind that."""
        m.submodules.loader = loader = Loader(self._design)
        m.submodules.valve = valve = Valve(self._design)
        connect(m, loader.i, flipped(self.i_load))
        connect(m, valve.i, first)
        m.d.comb += [
            loader.may_begin.eq(valve.quiet),
            valve.open.eq(loader.loaded),
            valve.load_waits.eq(self.i_load.valid),
            valve.ended.eq(self.o.valid & self.o.ready & self.o.p.last),
            self.loaded.eq(loader.loaded),
            self.load_error.eq(loader.error),
        ]
        for stage, unit in zip(self._design.stages, units, strict=True):
            for name in stage.memories:
                m.d.comb += load_through(loader.load[name], unit)
        return valve.o

    def _join(self, m, into, out):
        """A stream into the next one; what it does not want is dropped."""
        m.d.comb += [into.valid.eq(out.valid), out.ready.eq(into.ready)]
        for name in into.p.shape().members:
            m.d.comb += into.p[name].eq(out.p[name])
