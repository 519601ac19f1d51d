"""Small building blocks of streams."""

from amaranth.hdl import Signal

__all__ = ["elastic"]


def elastic(m, valid, ready, *, name):
    """One register stage of a stream: holds a beat until the next stage takes it.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    valid : Value
        The beat before the stage is there.
    ready : Value
        The next stage takes the beat that the stage holds.
    name : str
        Prefix of the signals.

    Returns
    -------
    full : Signal
        The stage holds a beat.
    take : Signal
        The stage takes the beat before it at the end of this cycle; its payload registers must
        then be loaded.
    """
    full, take = Signal(name=f"{name}_full"), Signal(name=f"{name}_take")
    m.d.comb += take.eq(valid & (~full | ready))
    with m.If(take):
        m.d.sync += full.eq(1)
    with m.Elif(ready):
        m.d.sync += full.eq(0)
    return full, take
