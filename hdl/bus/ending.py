"""The end of packets of results that a fault of a memory has stopped."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from pascaline.hdl.parity import Guard
from pascaline.spec.design import Design

__all__ = ["UNDER_WAY", "Ending"]

UNDER_WAY = 64
"""Packets of a stream that may be behind the packet buffer; no machine has nearly as many."""


class Ending(wiring.Component):
    """Results as they come; after a fault, one last beat for each packet that has none yet.

    Latency is zero. A beat that has been offered before the fault, and waits, stays; then each
    packet that had come whole is ended, one a beat, stream by stream.

    Parameters
    ----------
    design : Design
        The design, of a machine with parity.
    results : data.StructLayout
        A beat of results.

    Members
    -------
    i : In(stream.Signature(results))
        Results.
    o : Out(stream.Signature(data.StructLayout(...)))
        Results, with a field more, ``broken``: the beat ends a packet, and is no result.
    fault : In(1)
        From now on until reset nothing is to be trusted.
    commit : In(1)
        A packet has come whole; not after a fault.
    stream : In(range(streams))
        The stream of that packet.
    """

    def __init__(self, design: Design, results):
        self._design = design
        super().__init__(
            {
                "i": In(stream.Signature(results)),
                "o": Out(stream.Signature(data.StructLayout({**results.members, "broken": 1}))),
                "fault": In(1),
                "commit": In(1),
                "stream": In(range(design.machine.streams)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        machine = self._design.machine
        m.submodules.guard = guard = Guard(self.i.p.shape())
        connect(m, guard.i, flipped(self.i))
        results, beat = guard.o, self.o.p
        unended = Signal(machine.streams)
        first = Signal(range(machine.streams))
        m.d.comb += [
            guard.fault.eq(self.fault),
            results.ready.eq(self.o.ready),
            self.o.valid.eq(results.valid | (self.fault & unended.any())),
        ]
        for name in results.p.shape().members:
            m.d.comb += beat[name].eq(results.p[name])
        with m.If(self.fault & ~results.valid):
            m.d.comb += [beat.as_value().eq(0), beat.last.eq(1), beat.broken.eq(1)]
            if machine.streams > 1:
                m.d.comb += beat.stream.eq(first)

        ended = Signal()
        m.d.comb += ended.eq(self.o.valid & self.o.ready & beat.last)
        for number in reversed(range(machine.streams)):
            waiting = Signal(range(machine.longest + UNDER_WAY), name=f"waiting_{number}")
            here = beat.stream == number if machine.streams > 1 else 1
            commit = self.commit & (self.stream == number)
            m.d.sync += waiting.eq(waiting + commit - (ended & here))
            m.d.comb += unended[number].eq(waiting != 0)
            with m.If(unended[number]):
                m.d.comb += first.eq(number)
        return m
