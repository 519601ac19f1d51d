"""Squares: half of the terms of a product."""

from functools import reduce
from operator import add

from amaranth.hdl import C, Cat, Mux

__all__ = ["square"]


def square(value):
    """The square of an unsigned number.

    Bits ``i < j`` meet twice in a product; here their term is there once, at twice its weight.
    """
    bits = len(value)
    terms = [Cat(*(Cat(bit, C(0, 1)) for bit in value))]
    terms += [Mux(value[i], value[i + 1 :], 0) << (2 * i + 2) for i in range(bits - 1)]
    return reduce(add, terms)
