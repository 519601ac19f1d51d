"""The packet buffer: whole packets are stored, and only then forwarded."""

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import memory, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.bus.framing import word_layout
from pascaline.hdl.elastic import elastic
from pascaline.hdl.parity import fault_member, read_out, stored, write_in
from pascaline.spec.bus import input_bytes
from pascaline.spec.design import Design

__all__ = ["PacketBuffer", "Queue"]


class Queue(wiring.Component):
    """Pointers of a ring of words whose last ones may be taken back.

    Parameters
    ----------
    first, depth : int
        Address of its first word, and how many words it has.

    Members
    -------
    write : In(1)
        A word is written.
    commit : In(1)
        With ``write``: this word and all open ones before it can be read.
    drop : In(1)
        The open words are taken back, and so is one written in this cycle.
    read : In(1)
        A word is read; only if ``available``.
    full : Out(1)
        There is no room for a word.
    available : Out(1)
        There is a word to be read.
    w_addr : Out(range(first + depth))
        Where the next word is written.
    r_addr : Out(range(first + depth))
        Where the next word is read.
    """

    def __init__(self, first: int, depth: int):
        self._first, self._depth = first, depth
        super().__init__(
            {
                "write": In(1),
                "commit": In(1),
                "drop": In(1),
                "read": In(1),
                "full": Out(1),
                "available": Out(1),
                "w_addr": Out(range(first + depth)),
                "r_addr": Out(range(first + depth)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        start = Signal.like(self.w_addr, init=self._first)
        reading = Signal.like(start)
        writing = Signal.like(start)
        opened = Signal(range(self._depth + 1))
        closed = Signal(range(self._depth + 1))
        free = Signal(range(self._depth + 1), init=self._depth)
        m.d.comb += [
            self.full.eq(free == 0),
            self.available.eq(closed != 0),
            self.w_addr.eq(writing),
            self.r_addr.eq(reading),
        ]
        with m.If(self.read):
            m.d.sync += reading.eq(self._after(reading))
        with m.If(self.drop):
            m.d.sync += [writing.eq(start), opened.eq(0)]
        with m.Elif(self.write):
            m.d.sync += writing.eq(self._after(writing))
            m.d.sync += opened.eq(Mux(self.commit, 0, opened + 1))
            with m.If(self.commit):
                m.d.sync += start.eq(self._after(writing))
        closing = Mux(self.commit, opened + 1, 0)
        taken = Mux(self.drop, -opened, self.write)
        m.d.sync += [closed.eq(closed + closing - self.read), free.eq(free - taken + self.read)]
        return m

    def _after(self, address):
        return Mux(address == self._first + self._depth - 1, self._first, address + 1)


class PacketBuffer(wiring.Component):
    """A ring for each stream of sequences; vectors leave it stream by stream, each in its turn.

    A ring has room for the longest packet and a vector more: when the last vector of a packet has
    left, the next packet can be complete, so the machine need not wait between packets. A word that
    is committed in a cycle can leave two cycles later.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    word : In(word_layout(design))
        See `hdl.bus.framing.Framing`, as for all members up to ``full``.
    stream : In(range(streams))
        The stream that the word is for.
    write : In(1)
        Store the word.
    commit : In(1)
        Its packet is complete.
    drop : In(1)
        Its packet is wrong.
    full : Out(streams)
        For each stream: no room for a word.
    o_word : Out(word_layout(design))
        A word of a whole packet; the words of a vector come one after the other.
    o_stream : Out(range(streams))
        The stream that it is of.
    o_valid : Out(1)
        There is such a word.
    o_ready : In(1)
        It is taken.
    fault : Out(1)
        A word that has left was wrong, from the next cycle on; only there with parity.
    """

    def __init__(self, design: Design):
        self._design = design
        streams = design.machine.streams
        super().__init__(
            {
                "word": In(word_layout(design)),
                "stream": In(range(streams)),
                "write": In(1),
                "commit": In(1),
                "drop": In(1),
                "full": Out(streams),
                "o_word": Out(word_layout(design)),
                "o_stream": Out(range(streams)),
                "o_valid": Out(1),
                "o_ready": In(1),
                **fault_member(design.machine.parity),
            }
        )

    def elaborate(self, platform):
        m = Module()
        design = self._design
        streams, chunks = design.machine.streams, input_bytes(design).beats
        depth = (design.machine.longest + 1) * chunks
        parity = design.machine.parity
        m.submodules.memory = words = memory.Memory(
            shape=stored(word_layout(design), parity=parity), depth=streams * depth, init=[]
        )
        writer, reader = words.write_port(), words.read_port()
        available = Signal(streams)
        chosen = Signal.like(self.o_stream)
        ready = Signal()
        full, take = elastic(m, ready, self.o_ready, name="word")
        for stream in range(streams):
            queue = Queue(stream * depth, depth)
            m.submodules[f"queue_{stream}"] = queue
            into = self.stream == stream
            m.d.comb += [
                queue.write.eq(self.write & into),
                queue.commit.eq(self.commit & into),
                queue.drop.eq(self.drop & into),
                queue.read.eq(take & (chosen == stream)),
                self.full[stream].eq(queue.full),
                available[stream].eq(queue.available),
            ]
            with m.If(into):
                m.d.comb += writer.addr.eq(queue.w_addr)
            with m.If(chosen == stream):
                m.d.comb += reader.addr.eq(queue.r_addr)
        word, wrong = read_out(reader.data)
        m.d.comb += [
            writer.en.eq(self.write),
            *write_in(writer.data, self.word),
            reader.en.eq(take),
            ready.eq(available.bit_select(chosen, 1)),
            self.o_word.eq(word),
            self.o_valid.eq(full),
        ]
        m.d.sync += self.fault.eq(self.fault | (full & wrong))

        # Whose turn it is may change between vectors only.
        chunk = Signal(range(chunks))
        turn = Signal.like(chosen)
        m.d.comb += chosen.eq(turn)
        with m.If(chunk == 0):
            self._choose(m, chosen, turn, available)
        with m.If(take):
            m.d.sync += [
                turn.eq(chosen),
                self.o_stream.eq(chosen),
                chunk.eq(Mux(chunk == chunks - 1, 0, chunk + 1)),
            ]
        return m

    def _choose(self, m, chosen, turn, available):
        """The next stream after the last one that has a word, round and round."""
        streams = len(available)
        if streams == 1:
            return
        with m.Switch(turn):
            for last in range(streams):
                with m.Case(last):
                    # The last assignment that holds counts: the nearest stream comes last.
                    for distance in range(streams, 0, -1):
                        stream = (last + distance) % streams
                        with m.If(available[stream]):
                            m.d.comb += chosen.eq(stream)
