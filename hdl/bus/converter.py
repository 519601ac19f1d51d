"""A width converter: vectors of one width of beats to another."""

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.spec.conversion import Conversion

__all__ = ["Converter"]


class Converter(wiring.Component):
    """Vectors in beats of some numbers leave in beats of others; flags go along.

    It holds numbers of one vector at a time. Cycles are those of `spec.conversion`; no output
    depends on an input in the same cycle.

    Parameters
    ----------
    conversion : Conversion
        Both widths; ``needed``.
    number : shape
        Of a number.
    first, steady, last : dict of str to shape
        Flags of a vector's first beat, of all its beats, and of its last one.

    Members
    -------
    i : In(stream.Signature(data.StructLayout({"data": ..., **first, **steady, **last})))
        Beats of ``given`` numbers; what is beyond the vector does not count, nor do flags on other
        beats; ``steady`` ones count on the first.
    o : Out(stream.Signature(data.StructLayout({"data": ..., **first, **steady, **last})))
        Beats of ``taken`` numbers, 0 beyond the vector; flags are 0 where they do not count.
    """

    def __init__(self, conversion: Conversion, number, *, first, steady, last):
        self._conversion = conversion
        self._first, self._steady, self._last = first, steady, last
        self._bits = Value.cast(Signal(number)).shape().width

        def beat(count):
            return data.StructLayout(
                {"data": data.ArrayLayout(number, count), **first, **steady, **last}
            )

        super().__init__(
            {
                "i": In(stream.Signature(beat(conversion.given))),
                "o": Out(stream.Signature(beat(conversion.taken))),
            }
        )

    def elaborate(self, platform):
        m = Module()
        conversion = self._conversion
        unit = conversion.unit
        given, taken = conversion.given // unit, conversion.taken // unit
        places, bits = given + 2 * taken - 1, unit * self._bits
        held = Signal(places * bits)
        count = Signal(range(places + 1))
        arrived = Signal(range(conversion.beats_in + 1))
        left = Signal(range(conversion.beats_out))
        whole = Signal()
        final = Signal()
        accept = Signal()
        give = Signal()
        m.d.comb += [
            whole.eq(arrived == conversion.beats_in),
            final.eq(left == conversion.beats_out - 1),
            self.i.ready.eq(~whole & (count <= places - given)),
            self.o.valid.eq((count >= taken) | whole),
            accept.eq(self.i.valid & self.i.ready),
            give.eq(self.o.valid & self.o.ready),
            Value.cast(self.o.p.data).eq(held[: taken * bits]),
        ]
        kept = Signal.like(count)
        m.d.comb += kept.eq(Mux(give, Mux(count >= taken, count - taken, 0), count))
        beat = self._within(m, arrived)
        rest = Mux(give, held >> taken * bits, held)
        with m.Switch(kept):
            for place in range(places - given + 1):
                with m.Case(place):
                    m.d.sync += held.eq(rest | Mux(accept, beat << place * bits, 0))
            with m.Default():
                m.d.sync += held.eq(rest)
        m.d.sync += [
            count.eq(kept + Mux(accept, given, 0)),
            arrived.eq(arrived + accept),
            left.eq(left + give),
        ]
        with m.If(give & final):
            m.d.sync += [held.eq(0), count.eq(0), arrived.eq(0), left.eq(0)]
        self._flags(m, accept, arrived, left == 0, final)
        return m

    def _within(self, m, arrived):
        """The numbers of a beat, 0 beyond the vector."""
        conversion = self._conversion
        beat = Value.cast(self.i.p.data)
        tail = conversion.numbers - (conversion.beats_in - 1) * conversion.given
        if tail == conversion.given:
            return beat
        within = Signal.like(beat)
        m.d.comb += within.eq(beat)
        with m.If(arrived == conversion.beats_in - 1):
            m.d.comb += within.eq(beat[: tail * self._bits])
        return within

    def _flags(self, m, accept, arrived, leads, final):
        """Flags are kept from the beat on which they count."""
        ends = arrived == self._conversion.beats_in - 1
        begins = arrived == 0
        for names, now, shown in (
            (self._first, begins, leads),
            (self._steady, begins, 1),
            (self._last, ends, final),
        ):
            for name in names:
                kept = Signal.like(Value.cast(self.i.p[name]), name=f"kept_{name}")
                with m.If(accept & now):
                    m.d.sync += kept.eq(self.i.p[name])
                m.d.comb += self.o.p[name].eq(Mux(shown, kept, 0))
