"""The machine on a bus."""

from typing import Any, NamedTuple

from amaranth.hdl import ClockDomain, ClockSignal, Module, Mux, ResetSignal, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect

from pascaline.hdl.accelerator import accelerator
from pascaline.hdl.bus.axi_lite import AxiLite
from pascaline.hdl.bus.converter import Converter
from pascaline.hdl.bus.ending import UNDER_WAY, Ending
from pascaline.hdl.bus.framing import Framing, word_layout
from pascaline.hdl.bus.loading import LoadPort
from pascaline.hdl.bus.packets import PacketBuffer
from pascaline.hdl.bus.registers import RegisterFile
from pascaline.hdl.bus.states import States
from pascaline.hdl.bus.wishbone import Wishbone
from pascaline.hdl.shapes import shape
from pascaline.spec.bus import (
    BROKEN,
    input_conversion,
    output_bytes,
    output_conversion,
    pins,
)
from pascaline.spec.design import Design
from pascaline.spec.loading import ERRORS as REFUSALS
from pascaline.spec.ports import FROM_GIVEN, FROM_PREVIOUS, FROM_ZERO, ports
from pascaline.spec.registers import packet_errors, registers

__all__ = ["BusMachine"]

CONTROLLERS = {"axi": AxiLite, "wishbone": Wishbone}
"""The component behind the control port, by the name of the port style."""


class _Vectors(NamedTuple):
    """Vectors as a `PacketBuffer` gives them."""

    o_word: Any
    o_stream: Any
    o_valid: Any
    o_ready: Any
    fault: Any


class BusMachine(wiring.Component):
    """A machine with AXI4-Stream for data and AXI4-Lite or Wishbone for registers.

    A packet starts from zero or, by TUSER, from where the last one of its stream ended. The streams
    of states go to a memory of states, if there is one, and else are not used.

    Parameters
    ----------
    design : Design
        The design, of a machine that is ``on_bus``.

    Members
    -------
    aclk, aresetn, ..., irq : In(pin.width) or Out(pin.width)
        The pins of `spec.bus.pins`.
    """

    def __init__(self, design: Design):
        self._design = design
        flows = {"in": In, "out": Out}
        super().__init__({pin.name: flows[pin.direction](pin.width) for pin in pins(design)})

    def elaborate(self, platform):
        m = Module()
        m.domains.sync = ClockDomain(local=True)
        m.d.comb += [
            ClockSignal().eq(self.aclk),
            ResetSignal().eq(~self.aresetn),
        ]
        design = self._design
        m.submodules.machine = core = accelerator(design)
        m.submodules.framing = framing = Framing(design)
        m.submodules.packets = packets = PacketBuffer(design)
        m.submodules.registers = file = RegisterFile(registers(design))
        m.submodules.control = control = CONTROLLERS[design.machine.ports]()
        connect(m, control.bus, file.bus)
        self._pins(m, framing, "s_axis")
        self._pins(m, control, design.machine.port_style.control.prefix)

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
        packets = self._convert_x(m, packets)
        self._feed(m, core, packets)
        fault = packets.fault
        if design.machine.bus_states:
            fault |= self._keep(m, core, packets, file)
        results, wrong = self._convert_o(m, core.o), framing.errors.as_value().any()
        if design.machine.parity:
            results, told = self._end(m, results, core.fault | fault, framing, file)
            wrong |= told
        if design.machine.home.loaded:
            wrong |= self._load(m, core, framing, file)
        self._give(m, results)
        self._observe(m, core, framing, file, wrong)
        return m

    def _pins(self, m, part, prefix):
        """Connect the pins of a prefix to the members of the same names."""
        for pin in pins(self._design):
            if pin.name.startswith(f"{prefix}_"):
                port = getattr(self, pin.name)
                member = getattr(part, pin.name.removeprefix(f"{prefix}_"))
                m.d.comb += member.eq(port) if pin.direction == "in" else port.eq(member)

    def _convert_x(self, m, packets):
        """Vectors in the beats of the machine."""
        conversion = input_conversion(self._design)
        if not conversion.needed:
            return packets
        word = word_layout(self._design)
        last = [name for name in word.members if name in ("last", "dump")]
        first = [name for name in word.members if name not in ("data", *last)]
        m.submodules.converter_x = converter = Converter(
            conversion,
            shape(self._design.entry.element),
            first={name: word.members[name] for name in first},
            steady={"stream": packets.o_stream.shape()},
            last={name: word.members[name] for name in last},
        )
        beat = converter.i.p
        m.d.comb += [
            *(beat[name].eq(packets.o_word[name]) for name in word.members),
            beat.stream.eq(packets.o_stream),
            converter.i.valid.eq(packets.o_valid),
            packets.o_ready.eq(converter.i.ready),
        ]
        o = converter.o
        return _Vectors(o.p, o.p.stream, o.valid, o.ready, packets.fault)

    def _convert_o(self, m, results):
        """Results in the beats of ``m_axis``."""
        conversion = output_conversion(self._design)
        if not conversion.needed:
            return results
        fields = results.p.shape().members
        number = fields["data"] if self._design.head else fields["data"].elem_shape
        tag = {name: fields[name] for name in fields if name == "stream"}
        m.submodules.converter_o = converter = Converter(
            conversion, number, first={}, steady=tag, last={"last": fields["last"]}
        )
        m.d.comb += [
            *(Value.cast(converter.i.p[name]).eq(Value.cast(results.p[name])) for name in fields),
            converter.i.valid.eq(results.valid),
            results.ready.eq(converter.i.ready),
        ]
        return converter.o

    def _feed(self, m, core, packets):
        """Packets go into the core."""
        beat = core.i_x.p
        m.d.comb += [
            core.i_x.valid.eq(packets.o_valid),
            packets.o_ready.eq(core.i_x.ready),
            Value.cast(beat.data).eq(Value.cast(packets.o_word.data)),
            beat.last.eq(packets.o_word.last),
        ]
        if self._design.cores[0].stateful:
            go_on = Mux(packets.o_word.go_on, FROM_PREVIOUS, FROM_ZERO)
            m.d.comb += beat.state.eq(go_on)
        if self._design.machine.streams > 1:
            m.d.comb += beat.stream.eq(packets.o_stream)
        if not self._design.machine.bus_states:
            for name, port in ports(self._design).items():
                if port.direction == "out" and name != "o":
                    m.d.comb += getattr(core, name).ready.eq(1)

    def _keep(self, m, core, packets, file):
        """A memory of states between registers and core, one state at a time; its fault."""
        m.submodules.states = states = States(self._design)
        for name in ports(self._design):
            if "_state" in name:
                connect(m, getattr(states, name), getattr(core, name))
        word = packets.o_word
        with m.If(word.restore):
            m.d.comb += core.i_x.p.state.eq(FROM_GIVEN)
            with m.If(states.hold):
                m.d.comb += [core.i_x.valid.eq(0), packets.o_ready.eq(0)]
        goes = packets.o_valid & packets.o_ready
        m.d.comb += [
            core.i_x.p.dump.eq(word.dump),
            states.restore.eq(goes & word.restore),
            states.stream.eq(packets.o_stream),
            states.dump.eq(goes & word.dump),
            states.busy.eq(file.status_busy),
            file.status_states.eq(states.ready),
            file.state_out_element.eq(states.r_element),
        ]
        connect(m, file.state_index_element, states.index_element)
        connect(m, file.state_index_stream, states.index_stream)
        connect(m, file.state_in_element, states.w_element)
        return states.fault

    def _end(self, m, results, wrong, framing, file):
        """The results, none after a fault; and a strobe when there is one."""
        m.submodules.ending = ending = Ending(self._design, results.p.shape())
        connect(m, ending.i, results)
        fault = Signal()
        told = Signal()
        m.d.comb += [
            fault.eq(wrong),
            framing.fault.eq(fault),
            ending.fault.eq(fault),
            ending.commit.eq(framing.commit),
            ending.stream.eq(framing.stream),
            self.m_axis_tuser.eq(Mux(ending.o.p.broken, BROKEN, 0)),
            file.error_fault.eq(fault),
        ]
        m.d.sync += told.eq(fault)
        return ending.o, fault & ~told

    def _load(self, m, core, framing, file):
        """Words that are written go to the loader; a strobe when an image has been refused."""
        m.submodules.load_port = port = LoadPort(self._design)
        connect(m, port.o, core.i_load)
        data, last = file.load_data_word, file.load_last_word
        m.d.comb += [
            port.i.valid.eq(data.valid | last.valid),
            port.i.p.data.eq(data.payload),
            port.i.p.last.eq(last.valid),
            data.ready.eq(port.i.ready),
            last.ready.eq(port.i.ready),
            port.idle.eq(~file.status_busy),
            port.loaded.eq(core.loaded),
            framing.weights.eq(core.loaded & ~port.loading),
            file.status_loading.eq(port.loading),
            file.status_loaded.eq(core.loaded),
            file.status_load_ready.eq(port.i.ready),
            file.error_load.eq(port.refused),
        ]
        for place, name in enumerate(REFUSALS):
            m.d.comb += getattr(file, f"load_error_{name}").eq(core.load_error[place])
        return port.refused

    def _give(self, m, results):
        """Results leave as they are, their numbers extended to whole bytes."""
        design, lanes, beat = self._design, output_bytes(self._design), results.p
        vector = design.head is None or output_conversion(design).needed
        numbers = list(beat.data)[: lanes.count] if vector else [beat.data]
        m.d.comb += [
            self.m_axis_tvalid.eq(results.valid),
            results.ready.eq(self.m_axis_tready),
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
            with m.If(results.valid & results.ready):
                m.d.sync += chunk.eq(chunk + 1)
                with m.If(last):
                    m.d.sync += chunk.eq(0)
            with m.If(last):
                m.d.comb += self.m_axis_tkeep.eq((1 << lanes.size * lanes.tail) - 1)
            if design.machine.tdata is not None and design.machine.parity:
                with m.If(beat.broken):
                    m.d.comb += self.m_axis_tkeep.eq(-1)

    def _observe(self, m, core, framing, file, wrong):
        """Counters, sticky bits and the interrupt; ``wrong``: there is an error in this cycle."""
        design = self._design
        most = design.machine.streams * (design.machine.longest + UNDER_WAY)
        waiting = Signal(range(most))
        done = Signal()
        m.d.comb += done.eq(self.m_axis_tvalid & self.m_axis_tready & self.m_axis_tlast)
        m.d.sync += waiting.eq(waiting + framing.commit - done)

        beats = design.entry.beats
        chunk = Signal(range(beats))
        taken = core.i_x.valid & core.i_x.ready
        with m.If(taken):
            m.d.sync += chunk.eq(chunk + 1)
            with m.If(chunk == beats - 1):
                m.d.sync += chunk.eq(0)
        for name in packet_errors(design):
            m.d.comb += getattr(file, f"error_{name}").eq(framing.errors[name])
        busy, enable = file.status_busy, (file.interrupt_enable_done, file.interrupt_enable_error)
        m.d.comb += [
            busy.eq(waiting != 0),
            file.interrupt_status_done.eq(done),
            file.interrupt_status_error.eq(wrong),
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
