"""The machine on a bus."""

from amaranth.hdl import ClockDomain, ClockSignal, Module, Mux, ResetSignal, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from hdl.accelerator import accelerator
from hdl.bus.axi_lite import AxiLite
from hdl.bus.framing import Framing
from hdl.bus.packets import PacketBuffer
from hdl.bus.registers import RegisterFile
from hdl.bus.wishbone import Wishbone
from spec.bus import CLOCK, CONTROL, RESET, input_bytes, output_bytes, pins
from spec.design import Design
from spec.ports import FROM_PREVIOUS, FROM_ZERO, ports
from spec.registers import ERRORS, registers

__all__ = ["BusMachine"]

CONTROLLERS = {"axi": AxiLite, "wishbone": Wishbone}

UNDER_WAY = 64
"""Packets of a stream that may be behind the packet buffer; no machine has nearly as many."""


class BusMachine(wiring.Component):
    """A machine with AXI4-Stream for data and AXI4-Lite or Wishbone for registers.

    Its streams of states are not used: a packet starts from zero or, by TUSER, from where the last
    one of its stream ended.

    Parameters
    ----------
    design : Design
        The design; ``machine.ports`` is "axi" or "wishbone".

    Members
    -------
    aclk, aresetn ... irq : In, Out
        See `spec.bus.pins`.
    """

    def __init__(self, design: Design):
        self._design = design
        flows = {"in": In, "out": Out}
        super().__init__({pin.name: flows[pin.direction](pin.width) for pin in pins(design)})

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain(local=True)
        m.d.comb += [
            ClockSignal().eq(getattr(self, CLOCK)),
            ResetSignal().eq(~getattr(self, RESET)),
        ]
        design = self._design
        m.submodules.machine = core = accelerator(design)
        m.submodules.framing = framing = Framing(design)
        m.submodules.packets = packets = PacketBuffer(design)
        m.submodules.registers = file = RegisterFile(registers(design))
        m.submodules.control = control = CONTROLLERS[design.machine.ports]()
        connect(m, control.bus, file.bus)
        self._pins(m, framing, "s_axis")
        self._pins(m, control, CONTROL[design.machine.ports])

        m.d.comb += [
            packets.word.eq(framing.word),
            packets.stream.eq(framing.stream),
            packets.write.eq(framing.write),
            packets.commit.eq(framing.commit),
            packets.drop.eq(framing.drop),
            framing.full.eq(packets.full),
            framing.enabled.eq(file.control_enable),
            file.clear.eq(file.control_clear),
        ]
        self._feed(m, core, packets)
        self._give(m, core)
        self._observe(m, core, framing, file)
        return m

    def _pins(self, m, part, prefix):
        """Connect the pins of a prefix to the members of the same names."""
        for pin in pins(self._design):
            if pin.name.startswith(f"{prefix}_"):
                port = getattr(self, pin.name)
                member = getattr(part, pin.name.removeprefix(f"{prefix}_"))
                m.d.comb += member.eq(port) if pin.direction == "in" else port.eq(member)

    def _feed(self, m, core, packets):
        """Packets go into the core; its other streams are idle."""
        beat = core.i_x.p
        m.d.comb += [
            core.i_x.valid.eq(packets.o_valid),
            packets.o_ready.eq(core.i_x.ready),
            beat.data.eq(packets.o_word.data),
            beat.last.eq(packets.o_word.last),
        ]
        if self._design.cores[0].stateful:
            go_on = Mux(packets.o_word.go_on, FROM_PREVIOUS, FROM_ZERO)
            m.d.comb += beat.state.eq(go_on)
        if self._design.machine.streams > 1:
            m.d.comb += beat.stream.eq(packets.o_stream)
        for name, port in ports(self._design).items():
            if port.direction == "out" and name != "o":
                m.d.comb += getattr(core, name).ready.eq(1)

    def _give(self, m, core):
        """Results leave as they are, their numbers extended to whole bytes."""
        design, lanes, beat = self._design, output_bytes(self._design), core.o.p
        numbers = list(beat.data) if design.head is None else [beat.data]
        m.d.comb += [
            self.m_axis_tvalid.eq(core.o.valid),
            core.o.ready.eq(self.m_axis_tready),
            self.m_axis_tlast.eq(beat.last),
            self.m_axis_tkeep.eq(-1),
        ]
        if design.machine.streams > 1:
            m.d.comb += self.m_axis_tid.eq(beat.stream)
        for place, number in enumerate(numbers):
            m.d.comb += self.m_axis_tdata.word_select(place, 8 * lanes.size).eq(number)
        if lanes.tail < lanes.count:
            # There is no number beyond the end of h.
            chunk = Signal(range(lanes.beats))
            last = chunk == lanes.beats - 1
            with m.If(core.o.valid & core.o.ready):
                m.d.sync += chunk.eq(chunk + 1)
                with m.If(last):
                    m.d.sync += chunk.eq(0)
            with m.If(last):
                m.d.comb += self.m_axis_tkeep.eq((1 << lanes.size * lanes.tail) - 1)

    def _observe(self, m, core, framing, file):
        """Counters, sticky bits and the interrupt."""
        design = self._design
        most = design.machine.streams * (design.machine.longest + UNDER_WAY)
        waiting = Signal(range(most))
        done = Signal()
        m.d.comb += done.eq(self.m_axis_tvalid & self.m_axis_tready & self.m_axis_tlast)
        m.d.sync += waiting.eq(waiting + framing.commit - done)

        beats = input_bytes(design).beats
        chunk = Signal(range(beats))
        taken = core.i_x.valid & core.i_x.ready
        with m.If(taken):
            m.d.sync += chunk.eq(chunk + 1)
            with m.If(chunk == beats - 1):
                m.d.sync += chunk.eq(0)
        for name in ERRORS:
            m.d.comb += getattr(file, f"error_{name}").eq(framing.errors[name])
        busy, enable = file.status_busy, (file.interrupt_enable_done, file.interrupt_enable_error)
        m.d.comb += [
            busy.eq(waiting != 0),
            file.interrupt_status_done.eq(done),
            file.interrupt_status_error.eq(framing.errors.as_value().any()),
            self.irq.eq(
                (file.interrupt_status_done_set & enable[0])
                | (file.interrupt_status_error_set & enable[1])
            ),
            file.packets_count.eq(framing.commit),
            file.dropped_count.eq(framing.dropped),
            file.steps_count.eq(taken & (chunk == beats - 1)),
            file.results_out_count.eq(done),
            file.busy_cycles_count.eq(busy),
            file.stalled_in_count.eq(self.s_axis_tvalid & ~self.s_axis_tready),
            file.stalled_out_count.eq(self.m_axis_tvalid & ~self.m_axis_tready),
        ]
