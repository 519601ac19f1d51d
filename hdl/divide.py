"""A restoring divider, a bit of the quotient a cycle."""

from amaranth.hdl import Cat, Mux, Signal, signed

__all__ = ["divided"]


def divided(m, load, dividend, divisor, *, width, most, name, more=None):
    """The quotient of a dividend, after ``load`` and ``width`` more cycles, and no more.

    There is a bit of the quotient in place of each bit of the dividend that has been used up.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    load : Value
        The dividend is there.
    dividend : Value
        Not negative, less than ``divisor << width``.
    divisor : Value
        From the cycle after ``load`` on; at least 1.
    width : int
        Bits of a quotient.
    most : int
        The largest divisor: remainders are less.
    name : str or int
        Suffix of the signals.
    more : Value
        Without ``load``: find the next bit. By default in every cycle.

    Returns
    -------
    Signal
        The quotient.
    """
    rest = Signal(range(most), name=f"rest_{name}", reset_less=True)
    low = Signal(width, name=f"low_{name}", reset_less=True)
    shifted = Signal(len(rest) + 1, name=f"shifted_{name}")
    reach = max(len(shifted), len(divisor))
    difference = Signal(signed(reach + 1), name=f"difference_{name}")
    fits = Signal(name=f"fits_{name}")
    m.d.comb += [
        shifted.eq(Cat(low[-1], rest)),
        difference.eq(shifted - divisor),
        fits.eq(~difference[-1]),
    ]
    with m.If(load):
        m.d.sync += [rest.eq(dividend[width:]), low.eq(dividend[:width])]
    with m.Else() if more is None else m.Elif(more):
        m.d.sync += [
            rest.eq(Mux(fits, difference.as_unsigned(), shifted)),
            low.eq(Cat(fits, low[:-1])),
        ]
    return low
