"""Where the integers of a model live, which decides what of them the netlist may know."""

from __future__ import annotations

from abc import ABC, abstractmethod

from pascaline.spec.formats import Interval
from pascaline.spec.scales import Number, Scale, scale_of
from pascaline.spec.tensorspec import Integers

__all__ = ["HOMES", "Home", "Logic", "Ram", "Rom", "Wired"]


class Home(ABC):
    """Where weights, scales and biases live.

    Attributes
    ----------
    loaded : bool
        Whether they come in an image (`spec.loading`), so that the netlist knows only their ranges.
    wired : bool
        Whether the weights of gates are in no memory: their products are a graph of adders, which
        has them as its wires.
    unread : tuple of str
        Parameters of a machine that say nothing there.
    """

    loaded: bool
    wired: bool = False
    unread: tuple[str, ...] = ("adders", "effort")

    @abstractmethod
    def scale(self, values: Integers, width: int, *, signs: bool = False) -> Scale:
        """What multiplies by these scales, each of ``width`` signed bits; as `scale_of`."""

    @abstractmethod
    def range(self, values: Integers, allowed: Interval) -> Interval:
        """Range of these values, or of all that are allowed; 0 is always in it."""

    @abstractmethod
    def shares(self, equal: bool) -> bool:
        """Whether one scale a row is enough, if all scales of each row are equal."""


class Rom(Home):
    """In the netlist, which is made for these very values."""

    loaded = False

    def scale(self, values: Integers, width: int, *, signs: bool = False) -> Scale:
        return scale_of(values, width, signs=signs)

    def range(self, values: Integers, allowed: Interval) -> Interval:
        return Interval.of(values)

    def shares(self, equal: bool) -> bool:
        return equal


class Logic(Rom):
    """In the netlist, as functions of an address instead of memories."""


class Ram(Home):
    """In memories that are loaded; nothing of the netlist depends on the values."""

    loaded = True

    def scale(self, values: Integers, width: int, *, signs: bool = False) -> Scale:
        return Number(width)

    def range(self, values: Integers, allowed: Interval) -> Interval:
        return Interval(0, 0) | allowed

    def shares(self, equal: bool) -> bool:
        return False


class Wired(Rom):
    """In the netlist; the weights of gates as wires between adders, all else in memories."""

    wired = True
    unread = ("units", "layer_units", "lane")


HOMES: dict[str, Home] = {"rom": Rom(), "logic": Logic(), "ram": Ram(), "wired": Wired()}
"""The homes by the name that a machine has as ``weights``; `hdl.homes` has the same keys."""
