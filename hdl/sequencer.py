"""Control: which chunk the lanes read in which cycle.

Everything behind the read ports runs without ever waiting, so all waiting happens here, by not
reading. The rules are those of `spec.cycles`; they need two timers and no feedback from the
datapath.
"""

from types import SimpleNamespace

from amaranth.hdl import Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hdl.cells import token_layout
from hdl.inputs import flags_layout
from hdl.shapes import delayed
from spec.cycles import h_latency, written_latency
from spec.design import Design
from spec.ports import FROM_LOADED, FROM_PREVIOUS

__all__ = ["Sequencer"]


class Sequencer(wiring.Component):
    """Starts steps and walks through their tiles and chunks.

    What is read, and all that describes it, comes out ``pipeline.issue`` cycles late.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    full, flags, free
        The input vector, see `Inputs`.
    read : Out
        A chunk is read in this cycle; the following describe it.
    is_h : Out
        Of h, not of x.
    x_chunk, h_chunk, weight : Out
        Where it is in the vector memories and in the weight memory.
    split, load : Out
        It ends the x part, ends the tile.
    last_tile : Out
        It belongs to the step's last tile.
    token : Out
        Flags of the step.
    stream : Out
        The stream of the step; else, of the state at hand; else, of the step that comes next.
    read_bank : Out
        Bank of h that the stream's step reads, or will read; its other one is written.
    released, released_bank : In
        Results have been read from that bank.
    holding : In
        What was read last must stay where it is.
    load_state : Out
        The next sequence wants a state from outside, and all is quiet.
    state_loaded : In
        It is in memory from the next cycle on.
    dump_state : Out
        The last sequence's state is wanted, and all is quiet.
    state_dumped : In
        It has been read.
    """

    def __init__(self, design: Design):
        self._design = design
        words = design.tiles * design.tile_chunks
        super().__init__(
            {
                "full": In(1),
                "flags": In(flags_layout(design)),
                "free": Out(1),
                "read": Out(1),
                "is_h": Out(1),
                "x_chunk": Out(range(design.x_product.chunks)),
                "h_chunk": Out(range(design.h_product.chunks)),
                "weight": Out(range(words)),
                "split": Out(1),
                "load": Out(1),
                "last_tile": Out(1),
                "token": Out(token_layout(design)),
                "stream": Out(design.stream_bits),
                "read_bank": Out(range(design.hidden_banks)),
                "released": In(1),
                "released_bank": In(range(design.hidden_banks)),
                "holding": In(1),
                "load_state": Out(1),
                "state_loaded": In(1),
                "dump_state": Out(1),
                "state_dumped": In(1),
            }
        )

    def elaborate(self, platform):
        m = Module()
        running = Signal()
        kept = Signal(token_layout(self._design))
        now = self._issue(m)
        starting, token = self._start(m, running, kept, now)
        go = Signal()
        m.d.comb += go.eq(running | starting)

        # Flags of the step: decided at its start, then kept.
        with m.If(starting):
            m.d.sync += kept.eq(token)
        m.d.comb += now.token.eq(Mux(running, kept.as_value(), token.as_value()))

        done = self._walk(m, go, now, kept)
        m.d.sync += running.eq(go & ~done)
        banks = Signal(1 << self._design.stream_bits)
        bank = banks.bit_select(now.stream, 1)
        m.d.comb += now.read_bank.eq(Cat(~bank, now.stream))
        with m.If(done):
            m.d.sync += banks.eq(banks ^ (1 << now.stream))
        return m

    def _issue(self, m):
        """Signals of this cycle for the ports that describe what is read."""
        what = "free read is_h x_chunk h_chunk weight split load last_tile token stream read_bank"
        now = SimpleNamespace()
        for name in what.split():
            port = getattr(self, name)
            signal = Signal.like(port, name=f"{name}_now")
            setattr(now, name, signal)
            m.d.comb += port.eq(delayed(m, signal, self._design.pipeline.issue, name=name))
        return now

    def _start(self, m, running, kept, now):
        """Start a step as soon as it may: the strobe, and the flags of the step."""
        design = self._design
        loaded = Signal()
        has_state = Signal(1 << design.stream_bits)
        dumping = Signal()
        reserved = Signal(design.hidden_banks)
        from_loaded = Signal()
        wants_state = Signal()
        quiet = Signal()
        # With one stream no step is on its way once all results have been read, since the last step
        # of a sequence has one. The others' steps may have none.
        under_way = 0
        if design.stream_bits:
            under_way = _timer(m, running, written_latency(design) + 1, name="under_way")
        m.d.comb += [
            now.stream.eq(Mux(running | dumping, kept.stream, self.flags.stream)),
            quiet.eq(~running & (reserved == 0) & ~under_way),
            from_loaded.eq(self.flags.start & (self.flags.state == FROM_LOADED)),
            wants_state.eq(from_loaded & ~loaded),
            self.load_state.eq(self.full & wants_state & quiet & ~dumping),
            self.dump_state.eq(dumping & quiet & ~self.holding),
        ]
        with m.If(self.state_loaded):
            m.d.sync += loaded.eq(1)
        with m.If(self.state_dumped):
            m.d.sync += dumping.eq(0)
        with m.If(self.released):
            m.d.sync += reserved.bit_select(self.released_bank, 1).eq(0)

        every = design.network.results == "every"
        go_on = (self.flags.state == FROM_PREVIOUS) & has_state.bit_select(self.flags.stream, 1)
        starting = Signal()
        token = Signal(token_layout(design), name="start_token")
        at = Cat(~now.read_bank[0], self.flags.stream)
        m.d.comb += [
            token.fresh.eq(self.flags.start & ~from_loaded & ~go_on),
            token.result.eq(1 if every else self.flags.last),
            token.last.eq(self.flags.last),
            token.stream.eq(self.flags.stream),
            starting.eq(
                ~running & self.full & ~wants_state & ~dumping & ~reserved.bit_select(at, 1)
            ),
        ]
        with m.If(starting):
            m.d.sync += [
                has_state.bit_select(self.flags.stream, 1).eq(1),
                loaded.eq(0),
                dumping.eq(self.flags.dump),
            ]
            with m.If(token.result):
                m.d.sync += reserved.bit_select(at, 1).eq(1)
        return starting, token

    def _walk(self, m, go, now, kept):
        """Read chunk after chunk of the step while ``go``; returns the strobe of its last one."""
        design = self._design
        chunks_x, chunks_h = design.x_product.chunks, design.h_product.chunks
        tile = Signal(range(design.tiles))
        chunk = Signal(range(max(chunks_x, chunks_h)))
        in_h = Signal()
        weight = Signal.like(now.weight)
        end_x = Signal()
        end_h = Signal()
        first_tile = Signal()
        done = Signal()
        m.d.comb += [
            first_tile.eq(tile == 0),
            now.last_tile.eq(tile == design.tiles - 1),
            end_x.eq(~in_h & (chunk == chunks_x - 1)),
            end_h.eq(in_h & (chunk == chunks_h - 1)),
            now.read.eq(
                go & ~self._must_wait(m, now, kept, in_h & (chunk == 0) & first_tile, end_h)
            ),
            now.is_h.eq(in_h),
            now.x_chunk.eq(chunk),
            now.h_chunk.eq(chunk),
            now.weight.eq(weight),
            now.split.eq(end_x),
            now.load.eq(end_h),
            now.free.eq(now.read & end_x & now.last_tile),
            done.eq(now.read & end_h & now.last_tile),
        ]
        with m.If(now.read):
            m.d.sync += [chunk.eq(chunk + 1), weight.eq(weight + 1)]
            with m.If(end_x):
                m.d.sync += [in_h.eq(1), chunk.eq(0)]
            with m.If(end_h):
                m.d.sync += [in_h.eq(0), chunk.eq(0), tile.eq(tile + 1)]
            with m.If(done):
                m.d.sync += [tile.eq(0), weight.eq(0)]
        return done

    def _must_wait(self, m, now, kept, starts_h, end_h):
        """Whether the chunk at hand has to wait: for the h of the last step, or for the drain."""
        design = self._design
        waits = Signal()
        timers = []
        # The last chunk of h is there h_latency cycles after the stream's last step was read, and
        # every earlier chunk at least a cycle earlier: so the part may start this long after it.
        after_step = h_latency(design) - (design.h_product.chunks - 1)
        if after_step > 1 + design.x_product.chunks:
            ends = now.read & now.load & now.last_tile
            for stream in range(1 << design.stream_bits):
                # Where the part of h starts, the step's flags have been kept for a cycle or more.
                mine = kept.stream == stream
                timer = _timer(m, ends & mine, after_step, name=f"h_wait_{stream}")
                timers.append(starts_h & ~kept.fresh & mine & timer)
        if design.tile_drain > design.tile_chunks:
            leaves = Mux(now.last_tile, design.last_drain, design.tile_drain)
            most = design.tile_drain
            timer = _timer(m, now.read & now.load, leaves, most=most, name="drain_wait")
            timers.append(end_h & timer)
        for timer in timers:
            with m.If(timer):
                m.d.comb += waits.eq(1)
        return waits


def _timer(m, start, cycles, *, most=None, name):
    """1 in the ``cycles - 1`` cycles after ``start``."""
    left = Signal(range(most or cycles), name=name)
    with m.If(start):
        m.d.sync += left.eq(cycles - 1)
    with m.Elif(left != 0):
        m.d.sync += left.eq(left - 1)
    return left != 0
