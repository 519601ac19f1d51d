"""A core: the lanes, and a layer on them, or a stack of equal layers that takes turns.

All that follows from the two is computed here, once. A step of a core is one pass over its lanes,
or several: a pass for each layer that shares them, or two for a cell that computes its gates in two
phases. Vectors of h have numbers: ``l`` is that of layer ``l``; a cell with two phases has a second
one, in which h is after the reset.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.cells.layer import Layer
from pascaline.spec.dense import Dense
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format, Interval, half
from pascaline.spec.lanes import check_lane, tree_levels
from pascaline.spec.machine import Machine
from pascaline.spec.pipeline import Pipeline
from pascaline.spec.product import Product
from pascaline.spec.scales import Number, Scale, scale_of
from pascaline.spec.tensors import Integers, LayerTensors
from pascaline.spec.trits import GROUP

__all__ = ["Core", "Pass"]


@dataclass(frozen=True)
class Pass:
    """What lanes do in one go: all rows of a phase of a layer.

    Attributes
    ----------
    layer, phase : int
        Of the core's layers, of the layer's phases.
    x : int or None
        Vector of h that the input part reads, as made by the pass before; None: the core's input.
    h : int
        Vector of h that the recurrent part reads.
    made : bool
        Whether that is from the pass before, or from the step before.
    to : int
        Vector of h that is written.
    """

    layer: int
    phase: int
    x: int | None
    h: int
    made: bool
    to: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Core:
    """Layers on lanes.

    Parameters
    ----------
    layers : tuple of Layer
        One, or several that are equal.
    tensors : tuple of tuple of LayerTensors
        For each layer, of each of its directions.
    inputs, x : tuple of int, Format
        Elements of the core's input, in parts that each start with a chunk; their format.
    machine : Machine
        The machine.
    stateful : bool
        Whether sequences may start from given or earlier states, and give their last ones.
    results : {"last", "every"}
        When there is a result.
    dense : Dense or None
        Head that reads h from the core's own memory.
    onward : bool
        Whether the results go to another core, which must know what a sequence starts from.

    Raises
    ------
    InputError
        If the machine cannot be built for these.
    """

    layers: tuple[Layer, ...]
    tensors: tuple[tuple[LayerTensors, ...], ...]
    inputs: tuple[int, ...]
    x: Format
    machine: Machine
    stateful: bool = True
    results: str = "last"
    dense: Dense | None = None
    onward: bool = False

    def __post_init__(self) -> None:
        machine, layer = self.machine, self.layer
        check_lane(machine.lane, layer.weights)
        if self.packed and not layer.weights.trits:
            rule = f"must be plain for {layer.weights.name} weights"
            raise InputError("machine: weight_code", rule, machine.weight_code)
        if self.serial:
            if machine.pipelined:
                raise InputError(
                    "machine: cell_unit", "must be pipelined in a pipelined machine", "serial"
                )
            if layer.kind != "lstm" or len(self.layers) > 1 or layer.bidirectional:
                rule = "must be pipelined, except for one LSTM layer forward"
                raise InputError("machine: cell_unit", rule, "serial")
            if machine.cell_units not in (None, 1):
                raise InputError("machine: cell_units", "must be 1 if serial", machine.cell_units)
        if machine.cell_units is not None and self._common % machine.cell_units:
            rule = f"must divide units ({machine.units}) and simd ({machine.simd})"
            raise InputError("machine: cell_units", rule, machine.cell_units)
        if len(self.layers) > 1 and len(layer.phases) > 1:
            rule = "must be pipelined for cells that compute their gates in phases"
            raise InputError("machine: stack", rule, machine.stack)

    def with_dense(self, dense: Dense) -> Core:
        """The same with a head."""
        return replace(self, dense=dense)

    @property
    def layer(self) -> Layer:
        """What each layer is like."""
        return self.layers[0]

    @property
    def directions(self) -> int:
        """Sets of weights that take turns, step by step."""
        return self.layer.directions

    @property
    def streams(self) -> int:
        """Sequences under way at a time; a bidirectional layer takes each twice."""
        return self.machine.streams * self.directions

    @property
    def stream_bits(self) -> int:
        """Width of the number of a stream."""
        return (self.streams - 1).bit_length()

    # Passes, and the vectors that they read and write.

    @cached_property
    def passes(self) -> tuple[Pass, ...]:
        """The passes of a step, in order."""
        if len(self.layer.phases) > 1:
            return (Pass(0, 0, None, 0, False, 1), Pass(0, 1, None, 1, True, 0))
        return tuple(
            Pass(layer, 0, layer - 1 if layer else None, layer, False, layer)
            for layer in range(len(self.layers))
        )

    @property
    def order(self) -> tuple[str, str]:
        """Parts of a pass: what was made last is read last."""
        return ("h", "x") if len(self.layers) > 1 else ("x", "h")

    @property
    def vectors(self) -> int:
        """Vectors of h that a stream has; each is there twice."""
        return max(max(p.to, p.h) for p in self.passes) + 1

    @property
    def vector_bits(self) -> int:
        """Width of the number of a vector."""
        return (self.vectors - 1).bit_length()

    @property
    def result_vector(self) -> int:
        """The vector that is the core's result."""
        return self.passes[-1].to

    @property
    def hidden_banks(self) -> int:
        """Vectors of h in memory. A bank is, from its low bit: which of two, vector, stream."""
        return 2 << (self.vector_bits + self.stream_bits)

    # The gate product on the lanes.

    @property
    def gates(self) -> int:
        """Lanes of a unit."""
        return max(len(phase) for phase in self.layer.phases)

    @cached_property
    def x_product(self) -> Product:
        """The input part of the gates' product, of the first layer."""
        *whole, last = self.inputs
        simd = self.machine.simd
        return self._gate_product(sum(-(-part // simd) * simd for part in whole) + last)

    @cached_property
    def h_product(self) -> Product:
        """The recurrent part of the gates' product; also the input part of further layers."""
        return self._gate_product(self.layer.hidden)

    def _gate_product(self, columns: int) -> Product:
        # Rows go by unit: tile t has the gate rows of units t * units ... .
        levels = tree_levels(self.machine.lane, self.machine.simd)
        return Product(
            rows=self.gates * self.layer.hidden,
            columns=columns,
            lanes=self.gates * self.machine.units,
            simd=self.machine.simd,
            lane=self.machine.lane,
            operand_registers=self.machine.operand_registers,
            tree_registers=min(self.machine.tree_registers, levels),
        )

    def part(self, index: int, part: str) -> Product:
        """The product of a part, "x" or "h", of a pass."""
        first = part == "x" and self.passes[index].x is None
        return self.x_product if first else self.h_product

    def chunks(self, index: int) -> int:
        """Chunks of a tile of a pass."""
        return sum(self.part(index, part).chunks for part in self.order)

    @property
    def arithmetic(self) -> Arithmetic:
        """What lanes compute with."""
        return self.layer.weights

    @property
    def packed(self) -> bool:
        """Whether five ternary weights share a byte in the lanes' memory."""
        return self.machine.weight_code == "dense"

    @property
    def weight_bits(self) -> int:
        """Width of the lanes' weight memory."""
        weights = self.x_product.lanes * self.machine.simd
        if self.packed:
            return 8 * -(-weights // GROUP)
        return weights * self.arithmetic.bits

    @property
    def words(self) -> int:
        """Words of the lanes' weight memory: of all passes, of all directions."""
        return self.directions * self.step_words

    @property
    def step_words(self) -> int:
        """Words that lanes read in a step."""
        return self.tiles * sum(self.chunks(index) for index in range(len(self.passes)))

    @property
    def tiles(self) -> int:
        """Tiles of a pass, ``units`` hidden units each."""
        return self.x_product.tiles

    # The element-wise part, in groups of cell_units.

    @property
    def serial(self) -> bool:
        """Whether the cell unit has one multiplier."""
        return self.machine.cell_unit == "serial"

    @cached_property
    def cell_units(self) -> int:
        """Units that leave the lanes together, as given or as few as keep up."""
        if self.serial:
            return 1
        if self.machine.cell_units is not None:
            return self.machine.cell_units
        fits = [p for p in range(1, self._common + 1) if self._common % p == 0]
        shortest = min(self.chunks(index) for index in range(len(self.passes)))
        keeps_up = [p for p in fits if self.machine.units // p <= shortest]
        return min(keeps_up, default=fits[-1])

    @property
    def _common(self) -> int:
        return math.gcd(self.machine.units, self.machine.simd)

    @property
    def tile_groups(self) -> int:
        """Groups of a full tile."""
        return self.machine.units // self.cell_units

    @property
    def groups(self) -> int:
        """Groups of a pass; the last one may be partly filled."""
        return -(-self.layer.hidden // self.cell_units)

    @property
    def last_groups(self) -> int:
        """Groups of the last tile."""
        return self.groups - (self.tiles - 1) * self.tile_groups

    @property
    def front(self) -> int:
        """Lanes whose sums leave together: all of a group, or one after the other."""
        return 1 if self.serial else self.cell_units * self.gates

    @property
    def group_cycles(self) -> int:
        """Cycles from group to group: a serial unit finishes one before it takes the next."""
        return self.pipeline.whole if self.serial else 1

    @property
    def tile_drain(self) -> int:
        """Cycles that a full tile takes to leave the lanes."""
        return self.tile_groups * self.group_cycles

    @property
    def last_drain(self) -> int:
        """The same for the last tile of a pass."""
        return self.last_groups * self.group_cycles

    @cached_property
    def pipeline(self) -> Pipeline:
        """Latencies of memories and of the element-wise part."""
        return self.layer.pipeline(
            long=self.machine.pipelined,
            words=self.words,
            packed=self.packed,
            serial=self.serial,
            sums=len(self.row_sums),
        )

    # Scales and biases of rows and units.

    @cached_property
    def shared_scale(self) -> bool:
        """Whether one sum a lane is enough: the scales of x and h agree in every row."""
        if self.layer.separate or self.machine.loadable:
            return False
        return all(one.shared_scale for one in self._tensors)

    @property
    def _tensors(self) -> list[LayerTensors]:
        return [one for directions in self.tensors for one in directions]

    def range_of(self, name: str, *, shift: int = 0) -> Interval:
        """Range of a bias: of its values, or where they are loaded of what it may be.

        With ``shift``, of the sum of the bias and the half that rounds before the shift.
        """
        if not self.machine.loadable:
            return Interval.of(self._all_of(name) + half(shift))
        allowed = self.layer.unit_tensors.get(name, self.layer.normaliser.biases)
        return Interval(0, 0) | allowed + Interval(half(shift), half(shift))

    def _scale(self, name: str, width: int) -> Scale:
        return Number(width) if self.machine.loadable else scale_of(self._all_of(name), width)

    def _all_of(self, name: str) -> Integers:
        found = [
            one.units[name] if name in one.units else getattr(one, name) for one in self._tensors
        ]
        return np.concatenate(found)

    @cached_property
    def row_scales(self) -> dict[str, Scale]:
        """Scales of the sums of a gate row, in the order of `row_sums`."""
        width = self.layer.normaliser.scale_width
        names = ["scale_h"] if self.shared_scale else [f"scale_{p}" for p in self.order[::-1]]
        return {name: self._scale(name, width) for name in names}

    @cached_property
    def unit_scales(self) -> dict[str, Scale]:
        """Scales among the tensors of units."""
        return {
            name: self._scale(name, interval.width)
            for name, interval in self.layer.unit_tensors.items()
            if name.startswith("scale")
        }

    # Ranges.

    @property
    def x_sum(self) -> Interval:
        """Range of ``B`` = sum of weight_x * x."""
        return self._sum(self.x.interval, self.x_product) | self._later_sums

    @property
    def h_sum(self) -> Interval:
        """Range of ``A`` = sum of weight_h * h."""
        return self._sum(self.layer.h.interval, self.h_product)

    @property
    def _later_sums(self) -> Interval:
        """Range of ``B`` of the layers after the first."""
        return self.h_sum if len(self.layers) > 1 else Interval(0, 0)

    def _sum(self, element: Interval, product: Product) -> Interval:
        return (self.arithmetic.weights * element).times(product.columns)

    @property
    def element(self) -> Interval:
        """Range of what a lane's input may be: an element of x or of h."""
        return self.x.interval | self.layer.h.interval

    @property
    def row_sums(self) -> tuple[Interval, ...]:
        """Ranges of the sums that a gate row has: ``A + B``, or both, the last part's first."""
        both = {"x": self.x_sum, "h": self.h_sum}
        if self.shared_scale:
            return (self.x_sum + self.h_sum,)
        return tuple(both[part] for part in self.order[::-1])

    @property
    def row_product(self) -> Interval:
        """Range of ``scale_h * A + scale_x * B``."""
        scales = self.row_scales.values()
        products = (s.interval * r for s, r in zip(scales, self.row_sums, strict=True))
        return sum(products, start=Interval(0, 0))

    @cached_property
    def biases(self) -> Interval:
        """Range of the rows' biases."""
        return self.range_of("bias")

    def place(self, scale: str) -> int:
        """Which of the sums of a row a scale belongs to."""
        return list(self.row_scales).index(scale)
