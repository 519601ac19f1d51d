"""A square: half as many addends as a product has."""

from functools import reduce
from operator import add

from amaranth.hdl import C, Cat, Mux, Signal

__all__ = ["square"]


def square(m, value, plus, *, name):
    """``(value + plus)**2`` as a combinational signal, of 2 bits more than twice those of `value`.

    The products of two bits of a number come twice in its square, so each is added once, a place
    higher.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    value : Value
        Unsigned.
    plus : Value
        A bit.
    name : str
        Of the result.
    """
    width = len(value)
    addends = [Cat(plus, Mux(plus, value, 0))]
    for place in range(width):
        bit, above = value[place], value[place + 1 :]
        addends.append(Cat(C(0, 2 * place), bit, C(0, 1), Mux(bit, above, 0)))
    total = Signal(2 * width + 2, name=name)
    m.d.comb += total.eq(reduce(add, addends))
    return total
