"""What a unit gets, and the claim that what comes out of it is what the formulas make of that."""

import numpy as np
from amaranth.hdl import Array, C, Cat, Signal, signed

from pascaline.golden.activation import ActivationFunction
from pascaline.hdl.cells import CELLS
from pascaline.hdl.scaling import number
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import half
from prove.claim import Claim
from prove.designs import small_core
from prove.harness import Harness
from prove.numbers import WIDE, defined

__all__ = ["Formulas", "anything", "claim"]


class Formulas:
    """What the formulas of a unit are written with: what it gets, and arithmetic in 40 bits.

    Parameters
    ----------
    harness : Harness
        Where they stand.
    core : Core
        Whose unit it is.

    Attributes
    ----------
    layer : Layer
        The layer of the core.
    sums, rows, tensors, old, phase
        Those of the members of `hdl.cells.unit.Unit` that are needed; the last is 0 if not given.
    """

    def __init__(self, harness, core):
        self._harness, self._core, self.layer = harness, core, core.layer
        self.sums = self.rows = self.tensors = self.old = None
        self.phase = C(0, 1)

    def suppose_within(self, value, reach):
        """Only values in that range."""
        self._harness.suppose((value >= reach.lo) & (value <= reach.hi))

    def suppose_row(self, index):
        """Only sums and scales of a gate row that weights and a model can give."""
        unit = self._core.unit
        for name, reach in zip(("s0", "s1"), unit.sums, strict=False):
            self.suppose_within(self.sums[index][name], reach)
        for name, scale in unit.row_scales.items():
            self.suppose_within(number(self.rows[index], name, scale), scale.interval)

    def number(self, value, to=None):
        """A value by itself, in 40 bits or those of a format."""
        signal = Signal(signed(WIDE) if to is None else shape(to))
        self._harness.m.d.comb += signal.eq(value)
        return signal

    def narrow(self, value, shift, to):
        """`defined`, of a value in 40 bits."""
        return self.number(defined(self.number(value), shift, to), to)

    def look(self, function, z):
        """The value of an activation function, as the golden model has it."""
        layer = self.layer
        to = layer.functions[function]
        codes = np.arange(1 << layer.pre.width)
        entries = ActivationFunction(layer.activation, function, layer.pre, to)(codes)
        return self.number(Array(C(int(e), shape(to)) for e in entries)[Cat(z)], to)

    def bias(self, record, name, range_, shift):
        """A bias, without the half that rounds, which is stored with it."""
        value = self.number(record[name] - half(shift))
        self.suppose_within(value, range_)
        return value

    def pre(self, index, scales=None, bias=None, seen=0):
        """Pre-activation of a gate row, of some of its sums, and of what else it adds."""
        core, shift = self._core, self.layer.normaliser.shift
        record = self.rows[index]
        total = self.bias(record, "bias", core.unit.biases["bias"], shift) if bias is None else bias
        for name, scale in core.unit.row_scales.items():
            if scales is None or name in scales:
                value = self.sums[index][f"s{core.unit.place(name)}"]
                total = total + value * number(record, name, scale)
        return self.narrow(total + seen, shift, self.layer.pre)

    def range_of(self, name):
        """Range of a bias of units."""
        return self._core.unit.biases[name]

    def scale(self, name):
        """A scale of units."""
        return number(self.tensors, name, self._core.unit.unit_scales[name])


class Inputs(Formulas):
    """What a unit gets: anything that weights and model allow, in every cycle another unit's."""

    def __init__(self, harness, core):
        super().__init__(harness, core)
        self.dut = dut = harness.place(CELLS[core.layer.kind](core.unit), "unit")
        m, pipeline = harness.m, core.pipeline
        self.sums = anything(harness, dut.sums, "sums")
        self.rows = anything(harness, dut.rows, "rows", late=pipeline.rows)
        for index in range(core.gates):
            self.suppose_row(index)
        if core.unit.unit_layout.bits:
            self.tensors = anything(harness, dut.unit, "tensors", late=pipeline.unit)
        if len(core.layer.phases) > 1:
            self.phase = harness.free(len(dut.phase), "phase")
            m.d.comb += dut.phase.eq(self.phase)
        if core.layer.carried is not None:
            self.old = anything(harness, dut.old, "old", late=pipeline.carried)


def anything(harness, port, name, *, late=0):
    """A value that may be anything in every cycle, which a port gets so many cycles later."""
    bits = harness.free(len(port.as_value()), name)
    harness.m.d.comb += port.as_value().eq(harness.past(bits, late))
    return type(port)(port.shape(), bits)


def claim(name, formula, layer, options):
    """A unit does what the formulas say.

    Parameters
    ----------
    name : str
        What is claimed.
    formula : callable
        Gets `Inputs`; new values of what the unit keeps, by their names, and new h. A value may be
        one for each of two phases.
    layer, options : dict
        What is said of the layer and of the machine, see `small_core`.
    """

    def build(harness: Harness):
        core = small_core(inputs=1, layer=layer, **options)
        pipeline = core.pipeline
        given = Inputs(harness, core)
        state, h = formula(given)
        wanted = [(pipeline.whole - 1, given.dut.h_next, h)]
        wanted += [(pipeline.made, given.dut.new[name], value) for name, value in state.items()]
        for cycles, found, value in wanted:
            known = harness.past(1, cycles)
            if isinstance(value, tuple):
                # What a phase leaves for the next one is of no use after the last one.
                value, second = value
                phase = harness.past(given.phase, cycles)
                if second is not None:
                    harness.always(~known | ~phase | (found == harness.past(second, cycles)))
                known = known & ~phase
            harness.always(~known | (found == harness.past(value, cycles)))

    depth = small_core(inputs=1, layer=layer, **options).pipeline.whole + 2
    return Claim(name, build, depth)
