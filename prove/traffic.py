"""What goes into blocks, and what must come out of them, in order."""

from amaranth.hdl import Array, Cat, Mux, Signal, Value

__all__ = ["Queue", "Tag", "feed", "memory"]


class Queue:
    """What a stream must give, in order: pushed as it becomes known, popped as it comes out.

    Parameters
    ----------
    harness : Harness
        Where it stands.
    shape : Shape
        Of an element.
    depth : int
        Elements on their way at most; that there are no more must hold, too.

    Attributes
    ----------
    level : Signal
        How many elements are on their way.
    front : Signal
        The oldest of them.
    """

    def __init__(self, harness, shape, depth, *, name="queue"):
        self._harness = harness
        self._places = Array(Signal(shape, name=f"{name}_{k}") for k in range(depth))
        self.level = Signal(range(depth + 1), name=f"{name}_level")
        self.front = self._places[0]
        self._depth = depth

    def has(self, value):
        """Whether it is on its way."""
        found = [(self.level > k) & (place == value) for k, place in enumerate(self._places)]
        return Cat(*found).any()

    def step(self, push, value, pop, given):
        """In a cycle in which ``value`` is pushed and ``given`` comes out."""
        m, harness = self._harness.m, self._harness
        harness.always(~pop | (self.level != 0))
        harness.always(~pop | (self.front == given))
        harness.always(~push | pop | (self.level != self._depth))
        m.d.sync += self.level.eq(self.level + push - pop)
        for k in range(self._depth):
            after = self._places[k + 1] if k + 1 < self._depth else 0
            at = self.level - pop == k
            moved = Mux(pop, after, self._places[k])
            m.d.sync += self._places[k].eq(Mux(push & at, value, moved))


class Tag:
    """One beat of all, whichever it is: where it is told apart by the place that it has.

    What comes in at a place that is anything, but always the same, must go out at that place; so
    must, since it may be any place, all that come in.

    Parameters
    ----------
    harness : Harness
        Where it stands.
    place : Value
        Widths of a place; the same for all.
    value : Shape
        Of a beat.
    """

    def __init__(self, harness, place, value, *, name="tag"):
        self._harness = harness
        self.place = harness.constant(place, f"{name}_place")
        self.value = Signal(value, name=f"{name}_value")
        self.known = Signal(name=f"{name}_known")

    def comes(self, when, place, value):
        """A beat comes in; of several at the same place the last one counts."""
        with self._harness.m.If(when & (place == self.place)):
            self._harness.m.d.sync += [self.value.eq(value), self.known.eq(1)]

    def goes(self, when, place, value):
        """A beat comes out, which must be that of its place."""
        wanted = self.known & (value == self.value)
        self._harness.always(~(when & (place == self.place)) | wanted)


def feed(harness, stream_in, name):
    """A stream's input side is anything that keeps the rules."""
    m = harness.m
    payload = Value.cast(stream_in.payload)
    m.d.comb += [
        stream_in.valid.eq(harness.free(1, f"{name}_valid")),
        payload.eq(harness.free(len(payload), f"{name}_p")),
    ]
    harness.stable(stream_in, assumed=True)


def memory(harness, port, banks):
    """A memory that is anything but does not change, behind a read port: its words."""
    bits = len(port.data.as_value())
    words = [harness.constant(bits, f"word_{k}") for k in range(banks << len(port.chunk))]
    held = Signal(bits)
    address = Cat(port.chunk, port.bank)
    with harness.m.If(port.en):
        harness.m.d.sync += held.eq(Array(words)[address])
    harness.m.d.comb += port.data.as_value().eq(held)
    return words
