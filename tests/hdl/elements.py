"""What the element-wise part is made for: layers with drawn integers, and their memories."""

from dataclasses import dataclass
from functools import cached_property, reduce
from operator import or_

import numpy as np

from pascaline.spec.drain import Drain
from pascaline.spec.formats import Interval, half
from pascaline.spec.machine import Machine
from pascaline.spec.memories import Memory
from pascaline.spec.passes import passes
from pascaline.spec.product import Product
from pascaline.spec.program import Program
from pascaline.spec.unit import UnitSpec
from tests.models import make_network

CELLS = {
    "lstm": {},
    "lstm, affine": {"cell_affine": {}},
    "lstm, peephole": {"peephole": True},
    "lstm, peephole, affine": {"peephole": True, "cell_affine": {}},
    "gru": {"kind": "gru"},
    "gru, before": {"kind": "gru", "reset": "before"},
    "rnn": {"kind": "rnn"},
    "rnn, relu": {"kind": "rnn", "function": "relu", "h": {"width": 8, "frac": 4}},
}
"""Layers of all kinds, each with what makes it take another way."""

INPUTS = 3

SMALL = {"pre": {"width": 8, "frac": 4}}
"""Tables of functions that are made in no time."""


@dataclass(kw_only=True)
class Elements:
    """Layers with drawn integers, and all that the element-wise part of their core needs.

    Attributes
    ----------
    rng : Generator
        Where integers come from.
    layer : dict
        Description of each layer, beside its size.
    scales : {"numbers", "powers", "equal"}
        What the scales are; "equal": one for all rows and operands.
    units, cell_units, streams, directions, layers, serial
        As of `Drain` and `Program`.
    machine : dict
        What of the machine is not usual.
    """

    rng: np.random.Generator
    layer: dict
    scales: str = "numbers"
    hidden: int = 5
    units: int = 2
    cell_units: int = 1
    streams: int = 1
    directions: int = 1
    layers: int = 1
    serial: bool = False
    machine: dict

    def __post_init__(self):
        network = make_network(
            hidden=self.hidden,
            inputs=INPUTS,
            layer=SMALL | self.layer | {"bidirectional": self.directions > 1},
        )
        self.described, self.x = network.layer, network.x
        self.tensors = [
            [self._draw(INPUTS if index == 0 else self.hidden) for _ in range(self.directions)]
            for index in range(self.layers)
        ]

    def _draw(self, columns):
        layer, rng = self.described, self.rng
        drawn = {
            "weight_x": rng.integers(-1, 1, (layer.rows, columns), endpoint=True),
            "weight_h": rng.integers(-1, 1, (layer.rows, layer.hidden), endpoint=True),
        }
        for name in layer.row_tensors | layer.unit_tensors:
            count = layer.rows if name in layer.row_tensors else layer.hidden
            if not name.startswith("scale"):
                drawn[name] = rng.integers(-(1 << 23), 1 << 23, count)
            elif self.scales == "equal":
                drawn[name] = np.full(count, 5000)
            elif self.scales == "powers":
                drawn[name] = 1 << rng.integers(9, 14, count)
            else:
                drawn[name] = rng.integers(-15000, 15000, count)
        return drawn

    @property
    def built(self):
        """The machine, as far as the part needs it."""
        return Machine(units=self.units, simd=self.cell_units, **self.machine)

    @property
    def shared(self):
        """Whether a row has one sum."""
        return self.scales == "equal" and not self.described.separate

    @cached_property
    def passes(self):
        def product(vector):
            columns = INPUTS if vector is None else self.hidden
            return Product(rows=self.hidden, columns=columns, lanes=self.units, simd=columns)

        return passes((self.described,) * self.layers, product)

    @cached_property
    def unit(self):
        layer, home = self.described, self.built.home
        names = [source.name for source in reversed(self.passes[0].sources)]
        sums = [reduce(or_, self._ranges(name)) for name in names]
        if self.shared:
            names, sums = [layer.operands[-1].name], [sum(sums, start=Interval(0, 0))]
        tensors = layer.row_tensors | layer.unit_tensors
        shifts = {"bias": layer.normaliser.shift} | layer.unit_shifts
        biases = [name for name in tensors if not name.startswith("scale")]
        halves = {name: half(shifts[name]) for name in biases}

        def scale(name):
            return home.scale(self._all(name), tensors[name].width)

        return UnitSpec(
            layer=layer,
            pipeline=layer.pipeline(
                normaliser=layer.normaliser,
                pipelined=self.built.pipelined,
                serial=self.serial,
                sums=len(sums),
                factor=self._factor(scale, tensors),
            ),
            sums=tuple(sums),
            row_scales={f"scale_{name}": scale(f"scale_{name}") for name in names},
            unit_scales={
                name: scale(name) for name in layer.unit_tensors if name.startswith("scale")
            },
            biases={name: home.range(self._all(name), tensors[name]) for name in biases},
            rounded={
                name: home.range(
                    self._all(name) + halves[name],
                    tensors[name] + Interval(halves[name], halves[name]),
                )
                for name in biases
            },
        )

    def _factor(self, scale, tensors):
        """Bits of the widest factor, for a bit-serial unit."""
        if self.built.cell_unit != "bitserial":
            return 0
        found = [scale(name).interval for name in tensors if name.startswith("scale")]
        found += [one.interval for one in self.described.functions.values()]
        return max(one.width + (not one.signed) for one in found)

    def _ranges(self, operand):
        for one in self.passes:
            for source in one.sources:
                if source.name == operand:
                    element = self.x if source.vector is None else self.described.h
                    weights = self.described.weights.weights
                    yield (weights * element.interval).times(source.product.columns)

    def _all(self, name):
        return np.concatenate([one[name] for directions in self.tensors for one in directions])

    @cached_property
    def drain(self):
        return Drain(
            hidden=self.hidden,
            units=self.units,
            cell_units=self.cell_units,
            gates=self.unit.gates,
            serial=self.serial,
            group_cycles=self.unit.pipeline.whole if self.serial else 1,
        )

    @cached_property
    def program(self):
        pipeline = self.unit.pipeline
        return Program(
            passes=self.passes,
            tiles=-(-self.hidden // self.units),
            drain=self.drain,
            streams=self.streams,
            directions=self.directions,
            stateful=self.directions == 1,
            onward=True,
            hidden_chunks=1,
            issue=pipeline.issue,
            registers=pipeline.read,
            whole=pipeline.whole,
        )

    @property
    def memories(self):
        """Scales and biases of rows, tensors of units; bits that are never used are noise."""
        unit, drain = self.unit, self.drain
        depth = self.directions * drain.groups * len(self.passes)
        fronts = drain.gates * drain.cell_units // drain.front
        found = {
            "rows": Memory(depth * fronts, unit.row_layout.bits * drain.front, self._row_words)
        }
        if unit.unit_layout.bits:
            bits = unit.unit_layout.bits * drain.cell_units
            found["units"] = Memory(depth, bits, self._unit_words)
        return found

    def _row_words(self):
        gates, groups = self.described.gates, self.drain.groups * self.drain.cell_units

        def words(one, tensors):
            phase = self.described.phases[one.phase]
            for unit in range(groups):
                for lane in range(self.unit.gates):
                    row = None
                    if unit < self.hidden and lane < len(phase):
                        row = gates.index(phase[lane]) * self.hidden + unit
                    yield self._packed(self.unit.row_layout, self.unit.row_scales, tensors, row)

        return self._words(words, self.unit.row_layout.bits, self.drain.front)

    def _unit_words(self):
        groups = self.drain.groups * self.drain.cell_units

        def words(one, tensors):
            for unit in range(groups):
                index = unit if unit < self.hidden else None
                yield self._packed(self.unit.unit_layout, self.unit.unit_scales, tensors, index)

        return self._words(words, self.unit.unit_layout.bits, self.drain.cell_units)

    def _words(self, words, bits, count):
        """Of all passes, directions in turn, so many records a word."""
        found = []
        for one in self.passes:
            turns = [list(words(one, tensors)) for tensors in self.tensors[one.layer]]
            for start in range(0, len(turns[0]), count):
                for records in turns:
                    word = enumerate(records[start : start + count])
                    found.append(sum(record << (bits * place) for place, record in word))
        return found

    def _packed(self, layout, scales, tensors, index):
        if index is None:
            return int(self.rng.integers(0, 1 << min(layout.bits, 62)))
        shifts = {"bias": self.described.normaliser.shift} | self.described.unit_shifts
        values = {}
        for field in layout.fields:
            value = tensors[field.name][index : index + 1]
            [code] = scales[field.name].encode(value) if field.name in scales else value
            values[field.name] = int(code) + half(shifts.get(field.name, 0))
        return layout.pack(values)

    @property
    def parts(self):
        """Parameters of `Groups` and `SerialGroups`."""
        return {
            "unit": self.unit,
            "drain": self.drain,
            "program": self.program,
            "memories": self.memories,
            "machine": self.built,
        }
