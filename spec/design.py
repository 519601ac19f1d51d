"""A design: a model on a machine. All that follows from the two is computed here, once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from spec.errors import InputError
from spec.formats import Interval
from spec.keywords import KEYWORDS
from spec.lanes import check_lane, tree_levels
from spec.machine import Machine
from spec.model import Model
from spec.network import GATES, Head, LstmLayer, Network
from spec.pipeline import Pipeline
from spec.product import Product
from spec.scales import Constant, Scale, scale_of
from spec.trits import GROUP

__all__ = ["Design"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """A model on a machine.

    Raises
    ------
    InputError
        If the machine cannot be built for this model.
    """

    model: Model
    machine: Machine

    def __post_init__(self) -> None:
        machine = self.machine
        check_lane(machine.lane, self.layer.weights)
        if self.dense and not self.layer.weights.trits:
            rule = f"must be plain for {self.layer.weights.name} weights"
            raise InputError("machine: weight_code", rule, machine.weight_code)
        if machine.simd % machine.head_simd:
            rule = f"must divide simd ({machine.simd})"
            raise InputError("machine: head_simd", rule, machine.head_simd)
        if self.serial and machine.pipelined:
            raise InputError(
                "machine: cell_unit", "must be pipelined in a pipelined machine", "serial"
            )
        if self.serial and machine.cell_units not in (None, 1):
            raise InputError("machine: cell_units", "must be 1 if serial", machine.cell_units)
        if machine.cell_units is not None and self._common % machine.cell_units:
            rule = f"must divide units ({machine.units}) and simd ({machine.simd})"
            raise InputError("machine: cell_units", rule, machine.cell_units)

    @property
    def name(self) -> str:
        """Name of the Verilog top: the model's, made safe."""
        name = self.model.name.replace("-", "_")
        return f"{name}_top" if name in KEYWORDS else name

    @property
    def network(self) -> Network:
        """The model's network."""
        return self.model.network

    @property
    def layer(self) -> LstmLayer:
        """The layer that the lanes compute."""
        return self.network.layers[0]

    @property
    def head(self) -> Head | None:
        """The network's head."""
        return self.network.head

    @property
    def stream_bits(self) -> int:
        """Width of the number of a stream of sequences."""
        return (self.machine.streams - 1).bit_length()

    @property
    def hidden_banks(self) -> int:
        """Vectors of h in memory, two a stream; the low bit of a bank is which of the two."""
        return 2 << self.stream_bits

    # The gate product: W_x x, then W_h h, on the same lanes.

    @cached_property
    def x_product(self) -> Product:
        """The input part of the gates' product."""
        return self._gate_product(self.network.inputs)

    @cached_property
    def h_product(self) -> Product:
        """The recurrent part of the gates' product."""
        return self._gate_product(self.layer.hidden)

    def _gate_product(self, columns: int) -> Product:
        # Rows go by unit: tile t has the four gate rows of units t * units ... .
        levels = tree_levels(self.machine.lane, self.machine.simd)
        return Product(
            rows=self.layer.rows,
            columns=columns,
            lanes=len(GATES) * self.machine.units,
            simd=self.machine.simd,
            lane=self.machine.lane,
            operand_registers=self.machine.operand_registers,
            tree_registers=min(self.machine.tree_registers, levels),
        )

    @property
    def dense(self) -> bool:
        """Whether five ternary weights share a byte in the lanes' memory."""
        return self.machine.weight_code == "dense"

    @property
    def weight_bits(self) -> int:
        """Width of the lanes' weight memory."""
        weights = self.x_product.lanes * self.machine.simd
        if self.dense:
            return 8 * -(-weights // GROUP)
        return weights * self.layer.weights.bits

    @property
    def tiles(self) -> int:
        """Tiles of a step, ``units`` hidden units each."""
        return self.x_product.tiles

    @property
    def tile_chunks(self) -> int:
        """Chunks of a tile: those of x, then those of h."""
        return self.x_product.chunks + self.h_product.chunks

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
        keeps_up = [p for p in fits if self.machine.units // p <= self.tile_chunks]
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
        """Groups of a step; the last one may be partly filled."""
        return -(-self.layer.hidden // self.cell_units)

    @property
    def last_groups(self) -> int:
        """Groups of the last tile."""
        return self.groups - (self.tiles - 1) * self.tile_groups

    @property
    def front(self) -> int:
        """Lanes whose sums leave together: all of a group, or one after the other."""
        return 1 if self.serial else self.cell_units * len(GATES)

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
        """The same for the last tile of a step."""
        return self.last_groups * self.group_cycles

    @cached_property
    def shared_scale(self) -> bool:
        """Whether the scales of x and h agree in every row: then one sum a lane is enough."""
        return self.model.layers[0].shared_scale

    @cached_property
    def row_scales(self) -> dict[str, Scale]:
        """Scales of the sums of a gate row, in the order of `row_sums`."""
        tensors, width = self.model.layers[0], self.layer.normaliser.scale_width
        scales = {"scale_h": scale_of(tensors.scale_h, width)}
        if not self.shared_scale:
            scales["scale_x"] = scale_of(tensors.scale_x, width)
        return scales

    @cached_property
    def cell_scale(self) -> Scale:
        """Scale of the affine on the cell."""
        affine, scales = self.layer.cell_affine, self.model.layers[0].scale_c
        assert affine is not None
        assert scales is not None
        return scale_of(scales, affine.scale_width)

    @cached_property
    def cell_total(self) -> Interval:
        """Range of ``scale_c * c + bias_c`` before the shift."""
        biases = self.model.layers[0].bias_c
        assert biases is not None
        return self.cell_scale.interval * self.layer.cell.interval + Interval.of(biases)

    @cached_property
    def head_scale(self) -> Scale:
        """Scale of the head's rows; 1 if they have none."""
        assert self.head is not None
        assert self.model.head is not None
        scales = self.model.head.scale
        return Constant(1) if scales is None else scale_of(scales, self.head.scale_width)

    @cached_property
    def pipeline(self) -> Pipeline:
        """Latencies of memories and of the element-wise part."""
        layer = self.layer
        return Pipeline(
            self.machine.pipelined,
            layer.activation,
            layer.cell_affine is not None,
            self.tiles * self.tile_chunks,
            self.dense,
            self.serial,
            len(self.row_scales),
        )

    # Ranges.

    @property
    def x_sum(self) -> Interval:
        """Range of ``B`` = sum of weight_x * x."""
        return (self.layer.weights.weights * self.network.x.interval).times(self.network.inputs)

    @property
    def h_sum(self) -> Interval:
        """Range of ``A`` = sum of weight_h * h."""
        return (self.layer.weights.weights * self.layer.h.interval).times(self.layer.hidden)

    @property
    def element(self) -> Interval:
        """Range of what a lane's input may be: an element of x or of h."""
        return self.network.x.interval | self.layer.h.interval

    @property
    def row_sums(self) -> tuple[Interval, ...]:
        """Ranges of the sums that a gate row has: ``A + B``, or ``A`` and ``B``."""
        both = (self.h_sum, self.x_sum)
        return (self.x_sum + self.h_sum,) if self.shared_scale else both

    @cached_property
    def row_total(self) -> Interval:
        """Range of ``scale_h * A + scale_x * B + bias`` before the shift."""
        return self.row_product + Interval.of(self.model.layers[0].bias)

    @property
    def row_product(self) -> Interval:
        """Range of ``scale_h * A + scale_x * B``."""
        scales = self.row_scales.values()
        products = (s.interval * r for s, r in zip(scales, self.row_sums, strict=True))
        return sum(products, start=Interval(0, 0))

    # The head.

    @cached_property
    def head_product(self) -> Product | None:
        """The head's product."""
        if self.head is None:
            return None
        units = self.machine.head_units
        if units is None:
            units = self._fewest_head_units(self.head)
        return self._head_product(self.head, min(units, self.head.classes))

    def _head_product(self, head: Head, units: int) -> Product:
        levels = tree_levels("tree", self.machine.head_simd)
        return Product(
            rows=head.classes,
            columns=self.layer.hidden,
            lanes=units,
            simd=self.machine.head_simd,
            operand_registers=self.machine.operand_registers,
            tree_registers=min(self.machine.tree_registers, levels),
        )

    def _fewest_head_units(self, head: Head) -> int:
        # A result is read from a bank of h that the step after the next one writes again.
        budget = self.tiles * self.tile_chunks
        for units in range(1, head.classes + 1):
            product = self._head_product(head, units)
            if product.tiles * product.chunks <= budget:
                return units
        return head.classes

    @property
    def head_sum(self) -> Interval:
        """Range of the sum that a head row has."""
        assert self.head is not None
        return (self.head.weights.weights * self.layer.h.interval).times(self.layer.hidden)

    @property
    def logit(self) -> Interval:
        """Range of a logit."""
        assert self.head is not None
        return self.head_scale.interval * self.head_sum + self.head.biases
