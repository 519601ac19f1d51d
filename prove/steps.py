"""A sequencer, the vectors that come to it, and the steps that it should make of them."""

from dataclasses import dataclass

from amaranth.hdl import Array, C, Cat, Mux, Signal, Value

from pascaline.hdl.sequencer import Sequencer
from pascaline.spec.ports import FROM_GIVEN, FROM_PREVIOUS

__all__ = ["Read", "Steps", "timer"]

ANYTHING = ("restored", "dumped", "holding", "released", "released_bank")
WHERE_THERE = ("picked", "met", "met_stream", "met_token", "freed")
"""What comes to a sequencer beside vectors."""


@dataclass(frozen=True, kw_only=True)
class Read:
    """A chunk that lanes read in a step.

    Attributes
    ----------
    index, to : int
        Of the pass, and the vector of h that it makes.
    tile, source, chunk : int
        In the pass, in the tile, in the source.
    takes_x : bool
        Whether it is of the input, or a chunk of that is read beside it.
    from_h, own : bool
        Whether it is of a vector of h, and of one of the step before.
    vector : int
        That vector.
    weight : int
        Word of the weight memory.
    ends_source : int
        Its bits.
    ends_tile, last_tile : bool
        Whether it is the last chunk of its tile, whether this is the last tile of the pass.
    """

    index: int
    to: int
    tile: int
    source: int
    chunk: int
    takes_x: bool
    from_h: bool
    own: bool
    vector: int
    weight: int
    ends_source: int
    ends_tile: bool
    last_tile: bool


def _listed(program):
    """What is read in a step, in order: pass, tile, source, chunk."""
    found, weight = [], 0
    for index, one in enumerate(program.passes):
        for tile in range(program.tiles):
            if one.beside:
                found += _beside(program, index, one)
                continue
            for place, source in enumerate(one.sources):
                final = place == len(one.sources) - 1
                for chunk in range(source.chunks):
                    end = chunk == source.chunks - 1
                    read = Read(
                        index=index,
                        to=one.to,
                        tile=tile,
                        source=place,
                        chunk=chunk,
                        takes_x=source.vector is None,
                        from_h=source.vector is not None,
                        own=source.vector is not None and not source.made,
                        vector=source.vector or 0,
                        weight=weight,
                        ends_source=(end and not final) << max(program.sources - 2 - place, 0),
                        ends_tile=end and final,
                        last_tile=tile == program.tiles - 1,
                    )
                    found.append(read)
                    weight += source.words if source.picked else 1
    return found


def _beside(program, index, one):
    """What is read in a pass whose sources are read side by side."""
    [source] = [source for source in one.sources if source.vector is not None]
    return [
        Read(
            index=index,
            to=one.to,
            tile=0,
            source=0,
            chunk=chunk,
            takes_x=True,
            from_h=True,
            own=not source.made,
            vector=source.vector,
            weight=0,
            ends_source=0,
            ends_tile=chunk == one.chunks - 1,
            last_tile=True,
        )
        for chunk in range(one.chunks)
    ]


class Steps:
    """Steps of a sequencer, which gets any vectors; all else that comes to it is anything.

    Parameters
    ----------
    harness : Harness
        Where they stand.
    program : Program
        What the sequencer does.
    driven : collection of str
        Ports that get what others have placed.

    Attributes
    ----------
    dut : Sequencer
        It.
    first, frees : Value
        The next chunk is the first one of a step, the last one of the input.
    starts, ends : Value
        The first chunk of a step is read, the last one.
    flags : View
        Of the step that is running, or comes next.
    given, fresh, result : Value
        Whether the step starts from a state from outside, from zero; whether it has a result.
    wants : Value
        The vector that waits is one of a step that starts from a state from outside.
    before, turns : Signal
        Streams that have had a step; the side that each stream's step writes.
    turn : Value
        The side that the step writes.
    """

    def __init__(self, harness, program, driven=()):
        self.harness, self.program = harness, program
        self.dut = dut = harness.place(Sequencer(program), "sequencer")
        m, streams = harness.m, 1 << program.stream_bits
        given = self._vectors(harness, streams)
        for name in ANYTHING + WHERE_THERE:
            if hasattr(dut, name) and name not in driven:
                port = Value.cast(getattr(dut, name))
                m.d.comb += port.eq(harness.free(len(port), f"{name}_in"))
        harness.suppose(~dut.restored | (dut.restore & program.stateful))
        harness.suppose(~dut.dumped | (dut.dump & program.stateful))

        self._reads = _listed(program)
        self._place = Signal(range(len(self._reads)), name="place")
        self.first, last = self._place == 0, self._place == len(self._reads) - 1
        inputs = [place for place, read in enumerate(self._reads) if read.takes_x]
        self.frees = self._place == inputs[-1]
        self.starts, self.ends = dut.read & self.first, dut.read & last

        # Flags of the step: those of the vector that was there when it started.
        late = Signal(len(given), name="late")
        now = Mux(self.first, harness.past(given, program.issue), late)
        self.flags = flags = type(dut.flags)(dut.flags.shape(), now)
        with m.If(dut.read):
            m.d.sync += [self._place.eq(Mux(last, 0, self._place + 1)), late.eq(now)]

        self.turns = Signal(streams, name="turns")
        self.turn = self.turns.bit_select(flags.stream, 1)
        with m.If(self.ends):
            m.d.sync += self.turn.eq(~self.turn)
        self.result = {
            "every": C(1, 1),
            "last": flags.last,
            "first-of-backward": Mux(flags.stream, flags.start, flags.last),
        }[program.results]
        self._states(m, streams)

    def _vectors(self, harness, streams):
        """A vector is there until it has been read; sequences begin and end, on each stream."""
        dut, m, program = self.dut, harness.m, self.program
        given = harness.free(len(dut.flags.as_value()), "flags")
        m.d.comb += [dut.full.eq(harness.free(1, "full")), dut.flags.as_value().eq(given)]
        used = dut.used if program.beside else dut.free
        waited = harness.past(dut.full & ~used)
        harness.suppose(~waited | (dut.full & (given == harness.past(given))))
        starts, flags = Signal(streams, init=-1, name="starts"), dut.flags
        harness.suppose(flags.start == starts.bit_select(flags.stream, 1))
        harness.suppose(flags.stream < program.streams)
        if program.stateful:
            harness.suppose((flags.state != 3) & (~flags.dump | flags.last))
        with m.If(used):
            m.d.sync += starts.bit_select(flags.stream, 1).eq(flags.last)
        return given

    def _states(self, m, streams):
        """What steps start from."""
        self.before = Signal(streams, name="before")
        self.given = self.wants = goes_on = C(0, 1)
        flags, now = self.flags, self.dut.flags
        with m.If(self.starts):
            m.d.sync += self.before.bit_select(flags.stream, 1).eq(1)
        if self.program.stateful:
            self.given = flags.start & (flags.state == FROM_GIVEN)
            self.wants = self.dut.full & now.start & (now.state == FROM_GIVEN)
            before = self.before.bit_select(flags.stream, 1)
            goes_on = (flags.state == FROM_PREVIOUS) & before
        self.fresh, kept = Signal(name="fresh"), Signal(name="fresh_kept")
        m.d.comb += self.fresh.eq(Mux(self.first, flags.start & ~self.given & ~goes_on, kept))
        with m.If(self.dut.read):
            m.d.sync += kept.eq(self.fresh)

    def of(self, name):
        """What `Read` says of the chunk that is read next."""
        return Array(C(int(getattr(read, name))) for read in self._reads)[self._place]

    def bank(self, side, vector):
        """A bank of the memory of h, of the step's stream."""
        program = self.program
        value = Signal(program.hidden_banks.bit_length() - 1, name="bank")
        vector = Cat(vector, C(0, program.vector_bits))[: program.vector_bits]
        self.harness.m.d.comb += value.eq(Cat(side, vector, self.flags.stream))
        return value


def timer(harness, start, cycles, most, name):
    """Cycles that are left of so many, ``most`` at most, from ``start`` on."""
    left = Signal(range(most + 1), name=name)
    with harness.m.If(start):
        harness.m.d.sync += left.eq(cycles - 1)
    with harness.m.Elif(left != 0):
        harness.m.d.sync += left.eq(left - 1)
    return left
