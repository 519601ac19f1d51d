"""A core: the lanes, and a layer on them, or a stack of equal layers that takes turns.

All that follows from the two is computed here, once, and given to each block as what it needs:
`Program` to the control, `Product` to the lanes, `Drain` and `UnitSpec` to the element-wise part. A
step of a core is one pass over its lanes, or several: a pass for each layer that shares them, or
two for a cell that computes its gates in two phases.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, reduce
from operator import or_

import numpy as np

from pascaline.spec.arithmetic import Arithmetic
from pascaline.spec.cells.layer import Layer
from pascaline.spec.drain import Drain
from pascaline.spec.entry import Entry, Symbols, Vectors
from pascaline.spec.errors import InputError
from pascaline.spec.formats import Format, Interval, half
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.lanes import check_lane, tree_levels
from pascaline.spec.machine import Machine
from pascaline.spec.network import Results
from pascaline.spec.norm import NormUnit
from pascaline.spec.norms import Norms
from pascaline.spec.passes import Pass, passes, reading_order, step_chunks, step_words
from pascaline.spec.pipeline import Pipeline
from pascaline.spec.product import Product
from pascaline.spec.program import Program
from pascaline.spec.scales import Scale
from pascaline.spec.tensors import Integers, LayerTensors, same_scales
from pascaline.spec.trits import GROUP
from pascaline.spec.unit import UnitSpec
from pascaline.spec.walsh import WalshUnit, walsh_unit
from pascaline.spec.wires import Wires, check_wires
from pascaline.spec.zeros import ZeroPoints

__all__ = ["Core"]


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
    results : {"last", "every", "first-of-backward"}
        When there is a result, as in `spec.network.Network`; of each direction.
    head_unit : HeadUnit or None
        Head that reads h from the core's own memory.
    onward : bool
        Whether the results go to another core, which must know what a sequence starts from.
    symbols : bool
        Whether its inputs come as numbers of symbols.

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
    results: Results = "last"
    head_unit: HeadUnit | None = None
    onward: bool = False
    symbols: bool = False

    def __post_init__(self) -> None:
        machine, layer = self.machine, self.layer
        check_lane(machine.lane, layer.weights)
        check_wires(
            machine,
            symbols=self.symbols,
            layers=len(self.layers),
            rows=len(self._tensors) * sum(map(len, layer.phases)) * layer.hidden,
            columns=self._columns + layer.hidden,
        )
        if self.symbols and machine.simd & (machine.simd - 1):
            rule = "must be a power of two with symbols"
            raise InputError("machine: simd", rule, machine.simd)
        if self.packed and not layer.weights.trits:
            rule = f"must be plain for {layer.weights.name} weights"
            raise InputError("machine: weight_code", rule, machine.weight_code)
        if self.serial:
            if machine.pipelined:
                raise InputError(
                    "machine: cell_unit",
                    "must be parallel in a pipelined machine",
                    machine.cell_unit,
                )
            if not layer.serialisable or len(self.layers) > 1:
                rule = (
                    "must be parallel, except for one LSTM layer forward, without peepholes,"
                    " initial states, a transform and layer norm"
                )
                raise InputError("machine: cell_unit", rule, machine.cell_unit)
            if machine.multipliers != "target":
                rule = f"must be target if cell_unit is {machine.cell_unit}"
                raise InputError("machine: multipliers", rule, machine.multipliers)
            if machine.cell_units not in (None, 1):
                raise InputError("machine: cell_units", "must be 1 if serial", machine.cell_units)
        if machine.butterflies is not None and self.layer.transform is None:
            rule = "must be left out: no layer has a transform"
            raise InputError("machine: butterflies", rule, machine.butterflies)
        if machine.cell_units is not None and self._common % machine.cell_units:
            units = "" if self.wired else f"units ({machine.units}) and "
            rule = f"must divide {units}simd ({machine.simd})"
            raise InputError("machine: cell_units", rule, machine.cell_units)
        if len(self.layers) > 1 and len(layer.phases) > 1:
            rule = "must be separate for cells that compute their gates in phases"
            raise InputError("machine: stack", rule, machine.stack)
        if len(self.layers) > 1 and self.layer.transform is not None:
            rule = "must be separate for layers with a transform"
            raise InputError("machine: stack", rule, machine.stack)
        _ = self.walsh  # What is checked there is checked now.

    def with_head(self, head_unit: HeadUnit) -> Core:
        """A copy of this core that has a head."""
        return replace(self, head_unit=head_unit)

    @property
    def layer(self) -> Layer:
        """The layer; if there are several, all are equal."""
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

    @cached_property
    def entry(self) -> Entry:
        """How inputs come."""
        if self.symbols:
            return Symbols(self.x_product.columns, self.x)
        return Vectors(self.x_product.columns, self.x, self.machine.simd)

    @property
    def wired(self) -> bool:
        """Whether the weights of gates are wires."""
        return self.machine.home.wired

    @cached_property
    def wires(self) -> Wires | None:
        """The weights as wires, if they are."""
        if not self.wired:
            return None
        x, h = self.x.interval, self.layer.h.interval
        read = tuple(one for one in self.layer.operands if one.on_lanes)
        order = reversed(reading_order(read, len(self.layers)))
        return Wires(
            tensors=self._tensors,
            elements={one.name: h if one.vector == "state" else x for one in order},
            shared=self.shared_scale,
            serial=self.machine.adders == "serial",
        )

    # What the lanes do.

    @property
    def units(self) -> int:
        """Units side by side; where weights are wires these are all, in groups of cell units."""
        return self._units(self.cell_units) if self.wired else self.machine.units

    def _units(self, cell_units: int) -> int:
        if not self.wired:
            return self.machine.units
        return -(-self.layer.hidden // cell_units) * cell_units

    @cached_property
    def x_product(self) -> Product:
        """The input's part of the gates' product."""
        return self._gate_product(self._columns)

    @cached_property
    def h_product(self) -> Product:
        """The part of a vector of h in the gates' product."""
        return self._gate_product(self.layer.hidden)

    @property
    def _columns(self) -> int:
        """Columns of the input: each part starts with a chunk."""
        *whole, last = self.inputs
        simd = self.machine.simd
        return sum(-(-part // simd) * simd for part in whole) + last

    def _gate_product(self, columns: int) -> Product:
        # Rows go by unit: tile t has the gate rows of units t * units ... .
        return Product(
            rows=self.gates * self.layer.hidden,
            columns=columns,
            lanes=self.gates * self.units,
            simd=self.machine.simd,
            lane=self.machine.lane,
            operand_registers=self.machine.operand_registers,
            tree_registers=min(self.machine.tree_registers, self.levels),
            bits=0 if self.wires is None else self.wires.bits,
        )

    @property
    def levels(self) -> int:
        """The most registers that there may be in a tree."""
        if self.wires is None:
            return tree_levels(self.machine.lane, self.machine.simd)
        return self.wires.levels

    @property
    def gates(self) -> int:
        """Lanes of a unit."""
        return max(len(phase) for phase in self.layer.phases)

    @property
    def places(self) -> Fraction:
        """Weight operations that lanes can do in a cycle; serial adders, on the average."""
        product = self.x_product
        if not self.wired:
            return Fraction(product.lanes * product.simd)
        columns = sum(one.product.columns for one in self.passes[0].sources)
        return Fraction(product.rows * columns, self.drain.fill)

    @cached_property
    def passes(self) -> tuple[Pass, ...]:
        """The passes of a step, in order."""
        return passes(
            self.layers,
            lambda vector: self.x_product if vector is None else self.h_product,
            symbols=self.symbols,
            beside=self.wired,
        )

    @cached_property
    def program(self) -> Program:
        """Passes, tiles and latencies: everything that decides about cycles."""
        return Program(
            passes=self.passes,
            tiles=self.x_product.tiles,
            drain=self.drain,
            streams=self.streams,
            directions=self.directions,
            results=self.results,
            stateful=self.stateful,
            onward=self.onward,
            hidden_chunks=self.h_product.chunks,
            issue=self.pipeline.issue,
            registers=self.pipeline.read + self.h_product.registers,
            whole=self.norms.whole(self.pipeline),
            walsh=self.walsh,
            norm=self.norms.first,
            ahead=self.norms.ahead(self.pipeline),
        )

    @cached_property
    def norms(self) -> Norms:
        """What standardises sums and c of a pass, if the layer wants that."""
        return self._norms(self.drain)

    def _norms(self, drain: Drain) -> Norms:
        return Norms.of(self.layer, drain, self.lane_sums, pipelined=self.machine.pipelined)

    @property
    def norm(self) -> NormUnit | None:
        """What standardises the sums."""
        return self.norms.sums

    @property
    def state_norm(self) -> NormUnit | None:
        """What standardises c."""
        return self.norms.state

    @property
    def sums_program(self) -> Program:
        """The program as layer norm of the sums sees it: that of c tells when h is there."""
        if self.state_norm is None:
            return self.program
        return replace(self.program, whole=self.pipeline.made)

    @property
    def state_program(self) -> Program:
        """The program as layer norm of c sees it."""
        return replace(self.program, norm=self.state_norm, whole=self.pipeline.finish)

    @cached_property
    def walsh(self) -> WalshUnit | None:
        """What transforms h, in no more cycles than the lanes need for a step, if that can be."""
        transform = self.layer.transform
        if transform is None:
            return None
        return walsh_unit(
            hidden=self.layer.hidden,
            block=transform.block,
            element=self.layer.h.interval,
            group=self.cell_units,
            butterflies=self.machine.butterflies,
            budget=step_chunks(self.passes, self.x_product.tiles),
            pipelined=self.machine.pipelined,
        )

    @property
    def arithmetic(self) -> Arithmetic:
        """The arithmetic of the lanes: it has the weights of all operands."""
        return self.layer.weights

    @property
    def packed(self) -> bool:
        """Whether five ternary weights share a byte in the lanes' memory."""
        return self.machine.weight_code == "packed"

    @property
    def weight_bits(self) -> int:
        """Width of the lanes' weight memory."""
        weights = self.x_product.lanes * self.machine.simd
        if self.packed:
            return 8 * -(-weights // GROUP)
        return weights * self.arithmetic.bits

    @property
    def _words(self) -> int:
        """Words of the lanes' weight memory: of all passes, of all directions."""
        return self.directions * step_words(self.passes, self.x_product.tiles)

    # The element-wise part, in groups of cell_units.

    @property
    def serial(self) -> bool:
        """Whether the cell unit has one multiplier, or one adder for its products."""
        return self.machine.cell_unit != "parallel"

    @cached_property
    def cell_units(self) -> int:
        """Units that leave the lanes together, as given or as few as keep up."""
        if self.serial:
            return 1
        if self.machine.cell_units is not None:
            return self.machine.cell_units
        fits = [p for p in range(1, self._common + 1) if self._common % p == 0]
        if self.layer.transform is not None:
            fits = [p for p in fits if p & (p - 1) == 0 and self.layer.hidden % (2 * p) == 0]
        units, shortest, tiles = self._pace
        keeps_up = [p for p in fits if -(-units // p) <= shortest]
        # Layer norm takes no longer than the lanes, if that can be.
        hidden = [p for p in keeps_up if self._norm_cycles(p) <= shortest * tiles]
        return min(hidden or keeps_up, default=fits[-1])

    @property
    def _pace(self) -> tuple[int, int, int]:
        """Units of a tile, the fewest cycles in which lanes make their sums, tiles of a pass."""
        if self.wires is None:
            chunks = min(one.chunks for one in self.passes)
            return self.machine.units, chunks, self.x_product.tiles
        chunks = -(-max(self._columns, self.layer.hidden) // self.machine.simd)
        return self.layer.hidden, max(chunks, chunks + self.wires.bits - 1), 1

    def _norm_cycles(self, cell_units: int) -> int:
        """Cycles that layer norm takes for a pass, with so many units a group; 0 without one."""
        norm = self._norms(self._drain(cell_units)).first
        return 0 if norm is None else norm.cycles

    @property
    def _common(self) -> int:
        """What units of a group must divide."""
        if self.wired:
            return self.machine.simd
        return math.gcd(self.machine.units, self.machine.simd)

    @cached_property
    def drain(self) -> Drain:
        """How sums leave the lanes for the units."""
        return self._drain(self.cell_units)

    @property
    def fed(self) -> Drain:
        """How sums come to the cell units: as they leave the lanes, or from layer norm."""
        return self.drain if self.norm is None else self.norm.fed

    def _drain(self, cell_units: int) -> Drain:
        return Drain(
            hidden=self.layer.hidden,
            units=self._units(cell_units),
            cell_units=cell_units,
            gates=self.gates,
            serial=self.serial,
            group_cycles=self.pipeline.whole if self.serial else 1,
            fill=1 if self.wires is None else max(self.wires.bits, 1),
            chained=self.machine.cell_unit != "bitserial",
        )

    @cached_property
    def pipeline(self) -> Pipeline:
        """Latencies of memories and of the element-wise part."""
        layer = self.layer
        return layer.pipeline(
            normaliser=layer.normaliser,
            pipelined=self.machine.pipelined,
            words=self._words,
            packed=self.packed,
            serial=self.serial,
            sums=1 if self.shared_scale else len(layer.operands),
            factor=self._factor if self.machine.cell_unit == "bitserial" else 0,
        )

    @property
    def _factor(self) -> int:
        """Bits, with a sign, of the widest scale and value of a function."""
        tensors = self.layer.row_tensors | self.layer.unit_tensors
        scales = self._scales([name for name in tensors if name.startswith("scale")], tensors)
        ranges = [one.interval for one in scales.values()]
        ranges += [one.interval for one in self.layer.functions.values()]
        return max(one.width + (not one.signed) for one in ranges)

    # Scales and biases of rows and units.

    @cached_property
    def shared_scale(self) -> bool:
        """Whether one sum a lane is enough: the scales of all operands agree in every row."""
        equal = all(same_scales(self.layer, one) for one in self._tensors)
        return not self.layer.apart and self.machine.home.shares(equal)

    @property
    def _tensors(self) -> list[LayerTensors]:
        return [one for directions in self.tensors for one in directions]

    def _all_of(self, name: str) -> Integers:
        return np.concatenate([one[name] for one in self._tensors])

    def _scales(self, names: Iterable[str], allowed: dict[str, Interval]) -> dict[str, Scale]:
        home = self.machine.home
        transform = self.layer.transform
        signs = None if transform is None else f"scale_{transform.name}"
        return {
            name: home.scale(self._all_of(name), allowed[name].width, signs=name == signs)
            for name in names
        }

    @cached_property
    def unit(self) -> UnitSpec:
        """Ranges, scales and latencies of a cell unit."""
        layer, home = self.layer, self.machine.home
        tensors = layer.row_tensors | layer.unit_tensors
        names = [f"scale_{source.name}" for source in reversed(self.passes[0].sources)]
        if self.shared_scale:
            names = [f"scale_{layer.operands[-1].name}"]
        if layer.transform is not None:
            names.append(f"scale_{layer.transform.name}")
        biases, rounded = {}, {}
        for name, shift in layer.shifts.items():
            values, allowed, round_half = self._all_of(name), tensors[name], half(shift)
            biases[name] = home.range(values, allowed)
            moved = allowed + Interval(round_half, round_half)
            rounded[name] = home.range(values + round_half, moved)
        return UnitSpec(
            layer=layer,
            pipeline=self.pipeline,
            sums=self.row_sums,
            row_scales=self._scales(names, layer.row_tensors),
            unit_scales=self._scales(
                [name for name in layer.unit_tensors if name.startswith("scale")],
                layer.unit_tensors,
            ),
            biases=biases,
            rounded=rounded,
            full_tables=self.machine.full_tables,
            ladders=self.machine.multipliers == "adders",
        )

    # Ranges.

    @property
    def element(self) -> Interval:
        """Range of what a lane's input may be: an element of x or of h."""
        values = self.entry.values
        return values | self.layer.h.interval if self.reads_h else values

    @property
    def reads_h(self) -> bool:
        """Whether lanes read vectors of h."""
        return any(one.reads for one in self.passes)

    def source_sum(self, name: str, met: Interval | None = None) -> Interval:
        """Range of an operand's sum on a lane, or of its elements times others, in any pass."""
        met, found = met or self.arithmetic.weights, []
        for one in self.passes:
            [source] = [source for source in one.sources if source.name == name]
            element = self.entry.values if source.vector is None else self.layer.h.interval
            columns = 1 if source.picked else source.product.columns
            found.append((met * element).times(columns))
        return reduce(or_, found)

    def _sums(self, met: dict[str, Interval] | None = None) -> tuple[Interval, ...]:
        """Ranges of a row's sums: of all sources in one, or the last read first."""
        names = [source.name for source in self.passes[0].sources]
        ranges = [self.source_sum(name, met[name] if met else None) for name in names]
        return (sum(ranges, start=Interval(0, 0)),) if self.shared_scale else (*reversed(ranges),)

    @cached_property
    def zeros(self) -> ZeroPoints | None:
        """Zero points of the matrices, if they have any; in weights that are wires they are."""
        allowed, home = self.layer.zero_tensors, self.machine.home
        if not allowed or self.wired:
            return None
        names = [source.name for source in self.passes[0].sources]
        ranges = {
            name: home.range(self._all_of(f"zero_{name}"), allowed[f"zero_{name}"])
            for name in names
        }
        rows = [
            tuple(int(tensors[f"zero_{name}"][0]) for name in names)
            for one in self.passes
            for tensors in self.tensors[one.layer]
        ]
        return ZeroPoints(
            ranges=tuple(ranges.values()),
            lanes=self._sums(),
            shared=self._sums(ranges),
            rows=tuple(rows),
            loaded=home.loaded,
        )

    @cached_property
    def lane_sums(self) -> tuple[Interval, ...]:
        """Ranges of the sums that leave the lanes, less what zero points take away."""
        if self.wires is not None:
            return self.wires.sums
        return self._sums() if self.zeros is None else self.zeros.sums

    @cached_property
    def row_sums(self) -> tuple[Interval, ...]:
        """Ranges of the sums that a cell unit gets for a gate row: what its scales are for."""
        if self.norm is not None:
            return (self.norm.standard.normal.interval,) * len(self.lane_sums)
        return self.lane_sums if self.walsh is None else (*self.lane_sums, self.walsh.sum)
