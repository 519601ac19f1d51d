"""A level of butterflies; its geometry is that of `spec.walsh`."""

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval

__all__ = ["Butterfly", "level", "natural"]


def level(m, first, second, reach: Interval, side, *, name):
    """Sums and differences of two words, one cycle later.

    Parameters
    ----------
    m : Module
        Where the logic goes.
    first, second : list of Value
        Numbers of the lower halves of blocks, and those that they meet.
    reach : Interval
        Range of what is made, which needs no spare bit.
    side : int
        Blocks of which the words have numbers.
    name : str
        Prefix of the signals.

    Returns
    -------
    first, second : list of Signal
        The two words of the next level.
    """
    part = len(first) // side
    made = []
    for k, (a, b) in enumerate(zip(first, second, strict=True)):
        for kind, value in (("sum", a + b), ("difference", a - b)):
            signal = Signal(shape(reach), name=f"{name}_{kind}_{k}", reset_less=True)
            m.d.sync += signal.eq(value)
            made.append(signal)
    blocks = [made[start : start + 2 * part] for start in range(0, len(made), 2 * part)]
    low = [number for block in blocks for number in block[:part]]
    high = [number for block in blocks for number in block[part:]]
    return low, high


def natural(first, second, side):
    """All numbers of two words, block by block."""
    part = len(first) // side
    found = []
    for start in range(0, len(first), part):
        found += [*first[start : start + part], *second[start : start + part]]
    return found


class Butterfly(wiring.Component):
    """A butterfly by itself, to be measured: the level of words of a number, a cycle later.

    Parameters
    ----------
    element, reach : Interval
        Ranges of the numbers before and after it.

    Members
    -------
    a, b : In(shape(element))
        The two numbers.
    sum, difference : Out(shape(reach))
        What is made of them.
    """

    def __init__(self, element: Interval, reach: Interval):
        self._reach = reach
        super().__init__(
            {
                "a": In(shape(element)),
                "b": In(shape(element)),
                "sum": Out(shape(reach)),
                "difference": Out(shape(reach)),
            }
        )

    def elaborate(self, platform):
        m = Module()
        [total], [difference] = level(m, [self.a], [self.b], self._reach, 1, name="level")
        m.d.comb += [self.sum.eq(total), self.difference.eq(difference)]
        return m
