"""Parity: a bit beside all that is written together, by which an even number of bits is 1."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Guard", "fault_member", "read_out", "stored", "write_in"]


def fault_member(parity):
    """The member of a component that tells of wrong words, if there is parity."""
    return {"fault": Out(1)} if parity else {}


def stored(shape, *, parity):
    """Shape of a word in memory."""
    return data.StructLayout({"word": shape, "check": 1}) if parity else shape


def write_in(port, value, *, parity):
    """Statements that give a word to a write port."""
    if not parity:
        return [port.eq(value)]
    return [port.word.eq(value), port.check.eq(port.word.as_value().xor())]


def read_out(port, *, parity):
    """The word of a read port, and whether it is not as it was written."""
    return (port.word, port.as_value().xor()) if parity else (port, 0)


class Guard(wiring.Component):
    """Lets no new beat of a stream through after a fault; one that waits stays.

    Parameters
    ----------
    payload : Shape
        Of the stream.

    Members
    -------
    i, o : In, Out
        The stream.
    fault : In
        From now on until reset nothing is to be trusted.
    """

    def __init__(self, payload):
        beats = stream.Signature(payload)
        super().__init__({"i": In(beats), "o": Out(beats), "fault": In(1)})

    def elaborate(self, platform):
        m = Module()
        waits = Signal()
        through = Signal()
        m.d.comb += [
            through.eq(~self.fault | waits),
            self.o.valid.eq(self.i.valid & through),
            self.o.p.eq(self.i.p),
            self.i.ready.eq(self.o.ready & through),
        ]
        m.d.sync += waits.eq(self.o.valid & ~self.o.ready)
        return m
