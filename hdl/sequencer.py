"""Control: which chunk the lanes read in which cycle.

Everything behind the read ports runs without ever waiting, so all waiting happens here, by not
reading. The rules are those of `spec.clock`; they need timers and no feedback from the
datapath.
"""

from types import SimpleNamespace

from amaranth.hdl import C, Cat, Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.cells.elements import token_layout
from pascaline.hdl.delay import delayed
from pascaline.hdl.inputs import flags_layout
from pascaline.spec.ports import FROM_GIVEN, FROM_PREVIOUS
from pascaline.spec.program import Program

__all__ = ["Sequencer"]


class Sequencer(wiring.Component):
    """Starts steps and walks through their passes, tiles, sources and chunks.

    What is read, and all that describes it, comes out ``program.issue`` cycles late.

    Parameters
    ----------
    program : Program
        What to read, and how long it takes until what is made of it is there.

    Members
    -------
    full : In(1)
        There is an input vector to read, see `hdl.inputs.Inputs`.
    flags : In(flags_layout(program))
        What came with that vector.
    free : Out(1)
        It has been read for the last time.
    read : Out(1)
        A chunk is read in this cycle; the next eight members describe it.
    from_h : Out(1)
        The chunk is in the memory of h, not in that of the input; where sources are read side by
        side, there is such a chunk.
    zero : Out(1)
        The chunk counts as zeros, whatever the memory has.
    chunk : Out(range(chunks))
        Its number in its vector.
    bank : Out(range(program.hidden_banks))
        Its bank, if it is in the memory of h.
    weight : Out(range(program.words))
        Its word in the weight memory; no bits where weights are wires.
    ends_source : Out(max(program.sources - 1, 1))
        It is the last chunk of a source: bit 0 for the last source but one, bit 1 for the one
        before.
    ends_tile : Out(1)
        It is the last chunk of a tile.
    last_tile : Out(1)
        Its tile is the last one of the pass.
    token : Out(token_layout(program))
        Flags of the step, and the number of the pass.
    stream : Out(program.stream_bits)
        The stream of the running step; without one, of the state that is restored or dumped; else
        of the step that comes next.
    side : Out(1)
        The side (low bit of a bank) that the stream's step reads, or will read; the other side is
        written.
    released : In(1)
        The results in a bank have been read.
    released_bank : In(range(program.hidden_banks))
        With ``released``: that bank.
    holding : In(1)
        Results that are still being given need their bank: it must not be overwritten.
    restore : Out(1)
        The next sequence starts from a state from outside, and nothing is under way.
    restored : In(1)
        That state is in memory from the next cycle on.
    dump : Out(1)
        The last sequence's state is to be given, and nothing is under way.
    dumped : In(1)
        That state has been read.
    used : Out(1)
        The input is read for the last time, ``program.issue`` cycles before ``free``; only there if
        sources are read side by side.
    picked : In(range(chunks))
        The chunk of the input that its symbol is in; only there with symbols.
    met, met_stream : In(1), In(program.stream_bits)
        As of `hdl.walsh.control.WalshControl`; only there if h is transformed.
    freed, met, met_token : In(1), In(1), In(token_layout(program))
        As of `hdl.norm.control.NormControl`; only there with layer norm.
    """

    def __init__(self, program: Program):
        self._program = program
        super().__init__(
            {
                "full": In(1),
                "flags": In(flags_layout(program)),
                "free": Out(1),
                "read": Out(1),
                "from_h": Out(1),
                "zero": Out(1),
                "chunk": Out(range(program.chunks)),
                "bank": Out(range(program.hidden_banks)),
                "weight": Out(range(program.words)),
                "ends_source": Out(max(program.sources - 1, 1)),
                "ends_tile": Out(1),
                "last_tile": Out(1),
                "token": Out(token_layout(program)),
                "stream": Out(program.stream_bits),
                "side": Out(1),
                "released": In(1),
                "released_bank": In(range(program.hidden_banks)),
                "holding": In(1),
                "restore": Out(1),
                "restored": In(1),
                "dump": Out(1),
                "dumped": In(1),
            }
            | ({"used": Out(1)} if program.beside else {})
            | ({"picked": In(range(program.picks.words))} if program.picks is not None else {})
            | (
                {"met": In(1), "met_stream": In(program.stream_bits)}
                if program.walsh is not None
                else {}
            )
            | (
                {"freed": In(1), "met": In(1), "met_token": In(token_layout(program))}
                if program.norm is not None
                else {}
            )
        )

    def elaborate(self, platform):
        m = Module()
        running = Signal()
        kept = Signal(token_layout(self._program))
        now = self._issue(m)
        # Streams whose last h is not yet transformed.
        self._unmet = Signal(1 << self._program.stream_bits)
        # Passes of which each vector is made that is not yet there, with layer norm.
        self._unmade = self._unmade_vectors() if self._program.norm is not None else {}
        starting, token = self._start(m, running, kept, now)
        go = Signal()
        m.d.comb += go.eq(running | starting)

        # Flags of the step: decided at its start, then kept.
        with m.If(starting):
            m.d.sync += kept.eq(token)
        index = Signal.like(token.index)
        m.d.comb += [
            now.token.eq(Mux(running, kept.as_value(), token.as_value())),
            now.token.index.eq(index),
        ]

        done = self._walk(m, go, now, index)
        m.d.sync += running.eq(go & ~done)
        sides = Signal(1 << self._program.stream_bits)
        m.d.comb += now.side.eq(~sides.bit_select(now.stream, 1))
        with m.If(done):
            m.d.sync += sides.eq(sides ^ (1 << now.stream))
        if self._program.walsh is not None:
            with m.If(self.met):
                m.d.sync += self._unmet.bit_select(self.met_stream, 1).eq(0)
            with m.If(done | self.restored):
                m.d.sync += self._unmet.bit_select(now.stream, 1).eq(1)
        return m

    def _issue(self, m):
        """Signals of this cycle for the ports that describe what is read."""
        what = "free read from_h zero chunk bank weight"
        what += " ends_source ends_tile last_tile token stream side"
        now = SimpleNamespace()
        for name in what.split():
            port = getattr(self, name)
            signal = Signal.like(port, name=f"{name}_now")
            setattr(now, name, signal)
            m.d.comb += port.eq(delayed(m, signal, self._program.issue, name=name))
        return now

    def _start(self, m, running, kept, now):
        """Start a step as soon as it may: the strobe, and the flags of the step."""
        program = self._program
        # Where the input is read last, it is still said to be there while it is being freed.
        full = self.full & ~self.free if program.unseen else self.full
        has_given = Signal()
        has_state = Signal(1 << program.stream_bits)
        dumping = Signal()
        reserved = Signal(program.hidden_banks)
        from_given = Signal()
        wants_state = Signal()
        quiet = Signal()
        starting = Signal()
        # With one stream no step is on its way once all results have been read, since the last step
        # of a sequence has one. The others' steps may have none.
        under_way = 0
        # A step of one chunk starts and ends in the same cycle, and does not run in another one.
        busy = running | starting if program.step_chunks == 1 else running
        if program.stream_bits and program.norm is None:
            under_way = _timer(m, busy, program.written_latency + 1, name="under_way")
        elif program.stream_bits:
            # After a source may be read, its last groups are written.
            waits = Cat(count.any() for count in self._unmade.values()).any()
            left = program.issue + program.hidden_chunks + 1
            timer = _timer(m, busy | waits, left, name="under_way")
            under_way = waits | timer
        rests = ~running & (reserved == 0) & ~under_way
        if program.walsh is not None:
            rests = rests & ~self._unmet.any()
        m.d.comb += [
            now.stream.eq(Mux(running | dumping, kept.stream, self.flags.stream)),
            quiet.eq(rests),
            from_given.eq(self.flags.start & (self.flags.state == FROM_GIVEN)),
            wants_state.eq(from_given & ~has_given),
            self.restore.eq(full & wants_state & quiet & ~dumping),
            self.dump.eq(dumping & quiet & ~self.holding),
        ]
        with m.If(self.restored):
            m.d.sync += has_given.eq(1)
        with m.If(self.dumped):
            m.d.sync += dumping.eq(0)
        with m.If(self.released):
            m.d.sync += reserved.bit_select(self.released_bank, 1).eq(0)

        go_on = (self.flags.state == FROM_PREVIOUS) & has_state.bit_select(self.flags.stream, 1)
        token = Signal(token_layout(program), name="start_token")
        at = Cat(~now.side, C(program.result_vector, program.vector_bits), self.flags.stream)
        m.d.comb += [
            token.fresh.eq(self.flags.start & ~from_given & ~go_on),
            token.result.eq(self._has_result()),
            token.last.eq(self.flags.last),
            token.stream.eq(self.flags.stream),
            token.state.eq(self.flags.state),
            token.dump.eq(self.flags.dump),
            starting.eq(~running & full & ~wants_state & ~dumping & ~reserved.bit_select(at, 1)),
        ]
        with m.If(starting):
            m.d.sync += [
                has_state.bit_select(self.flags.stream, 1).eq(1),
                has_given.eq(0),
                dumping.eq(self.flags.dump),
            ]
            with m.If(token.result):
                m.d.sync += reserved.bit_select(at, 1).eq(1)
        return starting, token

    def _has_result(self):
        """Whether the step that comes next has one, see `Program.has_result`."""
        results, flags = self._program.results, self.flags
        if results == "first-of-backward":
            return Mux(flags.stream, flags.start, flags.last)
        return 1 if results == "every" else flags.last

    def _walk(self, m, go, now, index):
        """Read chunk after chunk of the step while ``go``; returns the strobe of its last one."""
        program = self._program
        passes = program.passes
        tile = Signal(range(program.tiles))
        chunk = Signal.like(now.chunk)
        source = Signal(range(program.sources))
        last_source = Signal()
        weight = Signal(range(program.step_words))
        end = Signal()
        first_tile = Signal()
        last_pass = Signal()
        done = Signal()
        word, words = self._word(m, weight, now)
        m.d.comb += [
            first_tile.eq(tile == 0),
            now.last_tile.eq(tile == program.tiles - 1),
            last_pass.eq(index == len(passes) - 1),
            last_source.eq(source == program.sources - 1),
            end.eq(chunk == self._last_chunk(now)),
            now.read.eq(
                go
                & ~self._must_wait(
                    m, now, source, (chunk == 0) & first_tile, first_tile, end & last_source
                )
            ),
            now.chunk.eq(chunk),
            now.weight.eq(Cat(now.stream, word) if program.directions > 1 else word),
            now.ends_source.eq(
                Cat(end & (source == place) for place in range(program.sources - 1)[::-1])
            ),
            now.ends_tile.eq(end & last_source),
            done.eq(now.read & now.ends_tile & now.last_tile & last_pass),
        ]
        self._choose(m, now, index, source)
        self._free(m, now, index, source, end)
        with m.If(now.read):
            m.d.sync += [chunk.eq(chunk + 1), weight.eq(weight + words)]
            with m.If(end):
                m.d.sync += [source.eq(Mux(last_source, 0, source + 1)), chunk.eq(0)]
            with m.If(now.ends_tile):
                m.d.sync += tile.eq(tile + 1)
                with m.If(now.last_tile):
                    m.d.sync += [tile.eq(0), index.eq(index + 1)]
            with m.If(done):
                m.d.sync += [index.eq(0), weight.eq(0)]
        return done

    def _last_chunk(self, now):
        """The last chunk of the source that is read, or of all that are read side by side."""
        first = self._program.passes[0]
        if first.beside:
            return first.chunks - 1
        lengths = {one.vector is None: one.chunks - 1 for one in first.sources}
        return Mux(now.from_h, lengths.get(False, 0), lengths.get(True, 0))

    def _free(self, m, now, index, source, end):
        """Say that the input has been read for the last time."""
        passes = self._program.passes
        *_, last_use = (number for number, one in enumerate(passes) if one.takes_input)
        if passes[last_use].beside:
            m.d.comb += [
                self.used.eq(now.read & now.ends_tile & (index == last_use)),
                now.free.eq(self.used),
            ]
            return
        sources = passes[last_use].sources
        *before, last_place = (k for k, one in enumerate(sources) if one.vector is None)
        free = now.read & end & ~now.from_h & now.last_tile & (index == last_use)
        m.d.comb += now.free.eq(free & (source == last_place) if before else free)

    def _word(self, m, weight, now):
        """The word that is read, and how many further on the next source or chunk begins."""
        picks = self._program.picks
        if picks is None:
            return weight, 1
        word = Signal.like(weight)
        m.d.comb += word.eq(weight + Mux(now.from_h, 0, self.picked))
        return word, Mux(now.from_h, 1, picks.words)

    def _choose(self, m, now, index, source):
        """The source of a chunk: the input, the last h, or an h that an earlier pass just made."""
        program = self._program
        vector = Signal(program.vector_bits)
        side = Signal()
        is_input = Signal()
        sources = program.passes[0].sources
        places = [place for place, one in enumerate(sources) if one.vector is None]
        if program.beside and len(places) < len(sources):
            places = []
        m.d.comb += [
            is_input.eq(Cat(source == place for place in places).any()),
            side.eq(now.side),
            now.bank.eq(Cat(side, vector, now.stream)),
            now.from_h.eq(~is_input),
            now.zero.eq(~is_input & now.token.fresh),
        ]
        if len(program.passes) == 1:
            return
        for number, one in enumerate(program.passes):
            for place, read in enumerate(one.sources):
                if read.vector is None:
                    continue
                with m.If((index == number) & self._at(source, place)):
                    m.d.comb += [now.from_h.eq(1), vector.eq(read.vector)]
                    if read.made:
                        m.d.comb += [side.eq(~now.side), now.zero.eq(0)]

    def _at(self, source, place):
        """Whether a source of a pass is read."""
        return C(1, 1) if self._program.beside else source == place

    def _must_wait(self, m, now, source, starts, first_tile, ends_tile):
        """Whether the chunk at hand has to wait: for h, its transform, or the drain."""
        program = self._program
        waits = Signal()
        timers = []
        ends = now.read & now.ends_tile & now.last_tile
        # The last chunk of a vector is there h_latency cycles after its pass was read, and every
        # earlier chunk at least a cycle earlier: so a source may start this long after it.
        after = program.h_latency - (program.hidden_chunks - 1)
        if program.norm is not None:
            timers += self._wait_for_norm(m, now, source, starts, ends_tile & first_tile, ends)
        for maker, users in self._waits(after).items() if program.norm is None else ():
            ended = ends & (now.token.index == maker)
            for stream in range(1 << program.stream_bits):
                mine = now.token.stream == stream
                timer = _timer(m, ended & mine, after, name=f"h_wait_{maker}_{stream}")
                for number, place, made in users:
                    at = starts & self._at(source, place) & (now.token.index == number)
                    counts = mine if made else mine & ~now.token.fresh
                    timers.append(at & counts & timer)
        drain = program.drain
        if drain.tile_apart > min(one.chunks for one in program.passes):
            leaves = Mux(now.last_tile, drain.last_apart, drain.tile_apart)
            most = drain.tile_apart
            timer = _timer(m, now.read & now.ends_tile, leaves, most=most, name="drain_wait")
            timers.append(ends_tile & timer)
        if drain.fill > 1:
            timer = _timer(m, now.read & now.ends_tile, drain.fill, name="fill_wait")
            timers.append(starts & timer)
        if program.walsh is not None:
            met = self.met & (self.met_stream == now.stream)
            unmet = self._unmet.bit_select(now.stream, 1) & ~met
            timers.append(ends_tile & first_tile & unmet)
        for timer in timers:
            with m.If(timer):
                m.d.comb += waits.eq(1)
        return waits

    def _unmade_vectors(self):
        """Counters of passes by vector and stream; a pass makes a vector of its stream."""
        program = self._program
        # Two wait or are worked on, one is being read, and some are in the cell units.
        most = 4 + program.met_latency // program.norm.cycles
        return {
            (vector, stream): Signal(range(most + 1), name=f"unmade_{vector}_{stream}")
            for vector in sorted({one.to for one in program.passes})
            for stream in range(1 << program.stream_bits)
        }

    def _wait_for_norm(self, m, now, source, starts, ends_first, ends):
        """Conditions to wait for an h that layer norm has not let be made, or for a buffer."""
        program = self._program
        found = []
        for (vector, stream), count in self._unmade.items():
            makers = [k for k, one in enumerate(program.passes) if one.to == vector]
            made, goes = (
                Cat(token.index == k for k in makers).any() & (token.stream == stream)
                for token in (self.met_token, now.token)
            )
            met = Signal(name=f"met_{vector}_{stream}")
            m.d.comb += met.eq(self.met & made)
            m.d.sync += count.eq(count + (ends & goes) - met)
            # It counts for what comes after the last one.
            unmade = Signal(name=f"waits_{vector}_{stream}")
            m.d.comb += unmade.eq(count > met)
            for number, one in enumerate(program.passes):
                for place, read in enumerate(one.sources):
                    if read.vector == vector:
                        at = starts & self._at(source, place) & (now.token.index == number)
                        counts = at if read.made else at & ~now.token.fresh
                        found.append(counts & (now.token.stream == stream) & unmade)
        # Passes that have a buffer: from the last chunk of their first tile on.
        held = Signal(range(3))
        m.d.sync += held.eq(held + (now.read & ends_first) - self.freed)
        found.append(ends_first & (held > 1) & ~self.freed)
        return found

    def _waits(self, after):
        """Which pass is waited for by which sources: (pass, place in it, whether in this step)."""
        program = self._program
        found = {}
        lengths = [program.tiles * one.chunks for one in program.passes]
        for number, one in enumerate(program.passes):
            for place, source in enumerate(one.sources):
                if source.vector is None:
                    continue
                maker = max(
                    k for k, other in enumerate(program.passes) if other.to == source.vector
                )
                # Cycles from the end of that pass to this source, if nothing holds it up.
                between = (
                    lengths[maker + 1 : number]
                    if source.made
                    else (lengths[maker + 1 :] + lengths[:number])
                )
                before = () if one.beside else one.sources[:place]
                first = sum(source.chunks for source in before)
                if after > 1 + sum(between) + first:
                    found.setdefault(maker, []).append((number, place, source.made))
        return found


def _timer(m, start, cycles, *, most=None, name):
    """1 in the ``cycles - 1`` cycles after ``start``."""
    left = Signal(range(most or cycles), name=name)
    with m.If(start):
        m.d.sync += left.eq(cycles - 1)
    with m.Elif(left != 0):
        m.d.sync += left.eq(left - 1)
    return left != 0
