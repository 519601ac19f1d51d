"""Parity: a bit beside all that is written together, by which an even number of bits is 1.

A component always has its ports for parity; on a machine without parity they have no bits, and
synthesis drops what would drive them.
"""

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.delay import delayed

__all__ = ["Guard", "fault_member", "read_late", "read_out", "stored", "write_in"]


def fault_member(parity):
    """Member ``fault`` of a component, ``Out(1)`` with parity: what was read had been changed."""
    return {"fault": Out(int(parity))}


def stored(shape, *, parity):
    """Layout of a word in memory: ``word``, of a shape, and ``check``, one bit with parity."""
    return data.StructLayout({"word": shape, "check": int(parity)})


def write_in(port, value):
    """Statements that give a word to the data of a write port, of a layout from `stored`."""
    return [port.word.eq(value), port.check.eq(Value.cast(port.word).xor())]


def read_out(port):
    """The word on a read port's data, and whether it is not as it was written (no bits, or one)."""
    return port.word, Value.cast(port).xor()[: len(port.check)]


def read_late(m, port, latency, *, name):
    """What `read_out` gives of a read port, ``latency`` cycles after its address, at least 1."""
    word = delayed(m, port.data.as_value(), latency - 1, name=name, reset_less=True)
    return read_out(data.View(port.data.shape(), word))


class Guard(wiring.Component):
    """Lets no new beat of a stream through after a fault; one that waits stays.

    Latency is zero: a beat passes in the cycle in which it comes.

    Parameters
    ----------
    payload : Shape
        Of the stream.

    Members
    -------
    i : In(stream.Signature(payload))
        Beats of the machine.
    o : Out(stream.Signature(payload))
        Beats for the outside.
    fault : In(1)
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
