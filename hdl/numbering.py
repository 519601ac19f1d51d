"""Which stream of sequences the beats of a vector are of."""

from amaranth.hdl import Mux, Signal

__all__ = ["stream_of"]


def stream_of(m, chunk, beat, bits, name="number"):
    """The stream of a beat, which counts on a vector's first beat.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    chunk : Signal
        The number of the beat in its vector.
    beat : View
        The beat at hand, with ``stream`` if there are several.
    bits : int
        Of the number of a stream; 0 if there is one.
    name : str
        Of the result.

    Returns
    -------
    Signal
        While the beat is at hand, the number of its stream.
    """
    stream = Signal(bits, name=name)
    if bits:
        kept = Signal.like(stream, name="kept")
        m.d.comb += stream.eq(Mux(chunk == 0, beat.stream, kept))
        m.d.sync += kept.eq(stream)
    return stream
