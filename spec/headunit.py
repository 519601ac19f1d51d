"""A head on lanes of its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format, Interval
from pascaline.spec.lanes import tree_levels
from pascaline.spec.machine import Machine
from pascaline.spec.network import Head
from pascaline.spec.pipeline import Timing
from pascaline.spec.product import Product
from pascaline.spec.scales import Constant, Scale
from pascaline.spec.tensors import HeadTensors
from pascaline.spec.zeros import ZeroPoints

__all__ = ["HeadUnit"]


@dataclass(frozen=True, kw_only=True, eq=False)
class HeadUnit:
    """A head on a machine.

    Parameters
    ----------
    head, tensors : Head, HeadTensors
        The head.
    inputs, h : tuple of int, Format
        Elements of its input, in parts that each start with a chunk; their format.
    machine : Machine
        The machine.
    budget : int
        Cycles in which it should be done, if it has as many units as it likes.

    Raises
    ------
    InputError
        If the machine cannot be built for it.
    """

    head: Head
    tensors: HeadTensors
    inputs: tuple[int, ...]
    h: Format
    machine: Machine
    budget: int

    def __post_init__(self) -> None:
        if self.machine.simd % self.machine.head_simd:
            rule = f"must divide simd ({self.machine.simd})"
            raise InputError("machine: head_simd", rule, self.machine.head_simd)

    @cached_property
    def product(self) -> Product:
        """The product."""
        units = self.machine.head_units
        if units is None:
            units = self._fewest_units()
        return self._product(min(units, self.head.classes))

    def _product(self, units: int) -> Product:
        machine = self.machine
        *whole, last = self.inputs
        levels = tree_levels("tree", machine.head_simd)
        return Product(
            rows=self.head.classes,
            columns=sum(-(-part // machine.simd) * machine.simd for part in whole) + last,
            lanes=units,
            simd=machine.head_simd,
            operand_registers=machine.operand_registers,
            tree_registers=min(machine.tree_registers, levels),
        )

    def _fewest_units(self) -> int:
        for units in range(1, self.head.classes + 1):
            product = self._product(units)
            if product.tiles * product.chunks <= self.budget:
                return units
        return self.head.classes

    @cached_property
    def scale(self) -> Scale:
        """Scale of the rows; 1 if they have none."""
        scales, width = self.tensors.scale, self.head.scale_width
        if scales is None:
            return Constant(1)
        return self.machine.home.scale(scales, width)

    def _sum(self, met: Interval) -> Interval:
        """Range of the sum of all elements, each times a number of a range."""
        return (met * self.h.interval).times(self.product.columns)

    @cached_property
    def zeros(self) -> ZeroPoints | None:
        """The zero point of the weights, if they have one."""
        zero, home = self.tensors.zero, self.machine.home
        if zero is None:
            return None
        reach = home.range(zero, self.head.zeros)
        return ZeroPoints(
            ranges=(reach,),
            lanes=(self._sum(self.head.weights.weights),),
            shared=(self._sum(reach),),
            rows=((int(zero[0]),),),
            loaded=home.loaded,
        )

    @property
    def sum(self) -> Interval:
        """Range of the sum that a row has."""
        return self.zeros.sums[0] if self.zeros else self._sum(self.head.weights.weights)

    @property
    def logit(self) -> Interval:
        """Range of a logit."""
        return self.scale.interval * self.sum + self.head.biases

    @property
    def timing(self) -> Timing:
        """Latencies of memories."""
        return Timing(self.machine.pipelined)

    @property
    def latency(self) -> int:
        """Cycles from reading the last chunk of a tile to its sums at the front of the drain."""
        return self.timing.issue + self.timing.memory + self.product.registers + 1

    @property
    def tile_cycles(self) -> int:
        """Cycles from tile to tile; a tile waits until the drain is empty."""
        return max(self.product.chunks, self.latency + self.product.lanes)

    @property
    def logit_latency(self) -> int:
        """Cycles from a row at the front of the drain to its logit, or to the class."""
        return 2 + self.timing.pipelined + self.head.scaled + (self.head.output == "class")
