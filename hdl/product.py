"""How a weight meets an activation: one rule an arithmetic."""

from functools import singledispatch

from amaranth.hdl import Mux, Signal

from hdl.shapes import shape
from spec.arithmetic import Arithmetic, Binary, Fixed, Ternary
from spec.formats import Interval

__all__ = ["product"]


def product(m, arithmetic: Arithmetic, code, x, x_range: Interval, *, name):
    """``weight * x`` as a combinational signal that holds the whole range of products.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    arithmetic : Arithmetic
        What the code means.
    code : Value
        ``arithmetic.bits`` bits.
    x : Value
        The activation.
    x_range : Interval
        Its range.
    name : str
        Name of the signal.
    """
    term = Signal(shape(arithmetic.weights * x_range), name=name)
    m.d.comb += term.eq(_expression(arithmetic, code, x))
    return term


@singledispatch
def _expression(arithmetic, code, x):
    raise TypeError(f"no hardware for {arithmetic!r}")


@_expression.register
def _(arithmetic: Binary, code, x):
    return Mux(code, -x, x)


@_expression.register
def _(arithmetic: Ternary, code, x):
    return Mux(code[0], Mux(code[1], -x, x), 0)


@_expression.register
def _(arithmetic: Fixed, code, x):
    return code.as_signed() * x
