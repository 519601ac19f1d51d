"""From beats of AXI4-Stream to words of packets, none of a packet in which something is wrong."""

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.shapes import shape
from pascaline.spec.bus import (
    DUMP,
    GO_ON,
    RESTORE,
    TID_BITS,
    input_bytes,
    input_conversion,
    user_bits,
)
from pascaline.spec.design import Design
from pascaline.spec.registers import packet_errors

__all__ = ["Framing", "word_layout"]


def word_layout(design: Design):
    """A beat as it is stored: its elements, the end of the packet, and where it starts from.

    With a memory of states ``restore`` may be 1 in a packet's first word, and ``dump`` in its last.
    """
    elements = data.ArrayLayout(shape(design.entry.element), input_conversion(design).given)
    states = {"restore": 1, "dump": 1} if design.machine.bus_states else {}
    return data.StructLayout({"data": elements, "last": 1, "go_on": 1, **states})


class Framing(wiring.Component):
    """Takes beats, checks them, and says what becomes of their packets.

    A beat a cycle is taken while there is room. After the first mistake in a packet the rest of it
    is taken and thrown away, room or not. Packets of different streams may come beat by beat.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    tdata : In(8 * lanes.beat)
        The stream ``s_axis``, with ``lanes = spec.bus.input_bytes(design)``: bytes of a beat.
    tkeep : In(lanes.beat)
        Which of these bytes count.
    tlast : In(1)
        The beat ends its packet.
    tid : In(TID_BITS)
        The stream of sequences that the beat is of.
    tuser : In(spec.bus.user_bits(design))
        In a packet's first beat: where it starts from, and perhaps that its last state is kept.
    tvalid : In(1)
        There is a beat.
    tready : Out(1)
        The beat is taken.
    enabled : In(1)
        Packets are wanted.
    weights : In(1)
        There are good weights; only there if weights are loaded.
    fault : In(1)
        Nothing is to be trusted until reset: packets are dropped; only there with parity.
    full : In(streams)
        For each stream: no room for a word.
    word : Out(word_layout(design))
        The word to be stored.
    stream : Out(range(streams))
        Which stream it is for.
    write : Out(1)
        Store the word in this cycle.
    commit : Out(1)
        With ``write``: the packet is complete and right.
    drop : Out(1)
        With ``write``: the packet is wrong; neither this word nor any before it is kept.
    errors : Out(data.StructLayout(dict.fromkeys(packet_errors(design), 1)))
        A strobe for each kind of error, see `spec.registers.packet_errors`.
    dropped : Out(1)
        A strobe: a packet has been dropped.
    """

    def __init__(self, design: Design):
        self._design = design
        lanes = input_bytes(design)
        weights = {"weights": In(1)} if design.machine.home.loaded else {}
        super().__init__(
            {
                "tdata": In(8 * lanes.beat),
                "tkeep": In(lanes.beat),
                "tlast": In(1),
                "tid": In(TID_BITS),
                "tuser": In(user_bits(design)),
                "tvalid": In(1),
                "tready": Out(1),
                "enabled": In(1),
                **weights,
                **({"fault": In(1)} if design.machine.parity else {}),
                "full": In(design.machine.streams),
                "word": Out(word_layout(design)),
                "stream": Out(range(design.machine.streams)),
                "write": Out(1),
                "commit": Out(1),
                "drop": Out(1),
                "errors": Out(data.StructLayout(dict.fromkeys(packet_errors(design), 1))),
                "dropped": Out(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        known = Signal()
        bad = Signal()
        full = Signal()
        first = Signal()
        last = Signal()
        longest = Signal()
        take = Signal()
        wrong = Signal()
        m.d.comb += [
            known.eq(self.tid < self._design.machine.streams),
            self.stream.eq(self.tid),
            # Where there is no beat, TID may be unknown.
            self.tready.eq(~self.tvalid | ~known | bad | ~full),
            take.eq(self.tvalid & self.tready),
        ]
        for stream in range(self._design.machine.streams):
            here = known & (self.tid == stream)
            place = self._follow(m, stream, take & here, wrong)
            with m.If(here):
                m.d.comb += [
                    full.eq(self.full[stream]),
                    bad.eq(place.bad),
                    first.eq(place.first),
                    last.eq(place.last),
                    longest.eq(place.longest),
                ]
                if self._design.machine.bus_states:
                    m.d.comb += [
                        self.word.restore.eq(place.begins & (self.tuser & RESTORE).any()),
                        self.word.dump.eq(self.tlast & place.dump),
                    ]

        absent, out_of_range = self._elements(m, last)
        counts = Signal()
        m.d.comb += [
            counts.eq(take & known & ~bad),
            self.errors.cut.eq(counts & (absent | (self.tlast & ~last))),
            self.errors.long.eq(counts & first & longest),
            self.errors.tid.eq(take & ~known),
            self.errors.early.eq(counts & ~self.enabled),
            self.errors.range.eq(counts & out_of_range),
            wrong.eq(self.errors.as_value().any()),
            self.write.eq(counts),
            self.drop.eq(counts & wrong),
            self.commit.eq(counts & ~wrong & self.tlast),
            self.dropped.eq(self.drop | (self.errors.tid & self.tlast)),
            self.word.last.eq(self.tlast),
            self.word.go_on.eq((self.tuser & GO_ON).any()),
        ]
        if self._design.machine.home.loaded:
            m.d.comb += self.errors.loading.eq(counts & ~self.weights)
        if self._design.machine.parity:
            with m.If(self.fault):
                m.d.comb += [self.tready.eq(1), wrong.eq(1)]
        return m

    def _follow(self, m, stream, take, wrong):
        """Where the open packet of a stream is."""
        chunks, longest = input_bytes(self._design).beats, self._design.machine.longest
        place = _Place(stream)
        chunk = Signal(range(chunks), name=f"chunk_{stream}")
        steps = Signal(range(longest + 1), name=f"steps_{stream}")
        m.d.comb += [
            place.first.eq(chunk == 0),
            place.last.eq(chunk == chunks - 1),
            place.longest.eq(steps == longest),
        ]
        if self._design.machine.bus_states:
            dump = Signal(name=f"dump_{stream}")
            m.d.comb += [
                place.begins.eq((chunk == 0) & (steps == 0)),
                place.dump.eq(Mux(place.begins, (self.tuser & DUMP).any(), dump)),
            ]
            with m.If(take):
                m.d.sync += dump.eq(place.dump)
        with m.If(take & self.tlast):
            m.d.sync += [chunk.eq(0), steps.eq(0), place.bad.eq(0)]
        with m.Elif(take):
            m.d.sync += [chunk.eq(chunk + 1), place.bad.eq(place.bad | wrong)]
            with m.If(place.last):
                m.d.sync += [chunk.eq(0), steps.eq(steps + 1)]
        return place

    def _elements(self, m, last):
        """The beat's elements go to the word; whether bytes are absent, or numbers too large.

        Beyond the end of a vector neither counts.
        """
        lanes = input_bytes(self._design)
        bits, width = 8 * lanes.size, lanes.width
        absent, large = [], []
        for k in range(len(self.word.data)):
            wanted = ~last if k >= lanes.tail else 1
            raw = self.tdata.word_select(k, bits)
            m.d.comb += self.word.data[k].eq(raw[:width])
            absent.append(wanted & ~self.tkeep.word_select(k, lanes.size).all())
            if bits > width:
                sign = raw[width - 1] if lanes.signed else 0
                extension = sign.replicate(bits - width) if lanes.signed else 0
                large.append(wanted & (raw[width:] != extension))
        return Cat(absent).any(), Cat(large).any()


class _Place:
    """State that is kept for the open packet of a stream."""

    def __init__(self, stream):
        self.bad = Signal(name=f"bad_{stream}")
        self.first = Signal(name=f"first_{stream}")
        self.last = Signal(name=f"last_{stream}")
        self.longest = Signal(name=f"longest_{stream}")
        self.begins = Signal(name=f"begins_{stream}")
        self.dump = Signal(name=f"dumps_{stream}")
