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

__all__ = ["claim"]


class Inputs:
    """What a unit gets: anything that weights and model allow, in every cycle another unit's.

    Parameters
    ----------
    harness : Harness
        Where it stands.
    core : Core
        Whose unit it is.
    """

    def __init__(self, harness, core):
        self._harness, self._core, self.layer = harness, core, core.layer
        self.dut = dut = harness.place(CELLS[core.layer.kind](core.unit), "unit")
        m, pipeline = harness.m, core.pipeline
        self._sums = self._any(dut.sums, "sums")
        self._rows = self._any(dut.rows, "rows", late=pipeline.rows)
        for index in range(core.gates):
            for name, reach in zip(("s0", "s1"), core.unit.sums, strict=False):
                self._within(self._sums[index][name], reach)
            for name, scale in core.unit.row_scales.items():
                self._within(number(self._rows[index], name, scale), scale.interval)
        self.tensors = None
        if core.unit.unit_layout.bits:
            self.tensors = self._any(dut.unit, "tensors", late=pipeline.unit)
        self.phase = C(0, 1)
        if len(core.layer.phases) > 1:
            self.phase = harness.free(len(dut.phase), "phase")
            m.d.comb += dut.phase.eq(self.phase)
        if core.layer.carried is not None:
            self.old = self._any(dut.old, "old", late=pipeline.carried)

    def _any(self, port, name, *, late=0):
        bits = self._harness.free(len(port.as_value()), name)
        self._harness.m.d.comb += port.as_value().eq(self._harness.past(bits, late))
        return type(port)(port.shape(), bits)

    def _within(self, value, reach):
        self._harness.suppose((value >= reach.lo) & (value <= reach.hi))

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
        self._within(value, range_)
        return value

    def pre(self, index, scales=None, bias=None, seen=0):
        """Pre-activation of a gate row, of some of its sums, and of what else it adds."""
        core, shift = self._core, self.layer.normaliser.shift
        record = self._rows[index]
        total = self.bias(record, "bias", core.unit.biases["bias"], shift) if bias is None else bias
        for name, scale in core.unit.row_scales.items():
            if scales is None or name in scales:
                value = self._sums[index][f"s{core.unit.place(name)}"]
                total = total + value * number(record, name, scale)
        return self.narrow(total + seen, shift, self.layer.pre)

    def range_of(self, name):
        """Range of a bias of units."""
        return self._core.unit.biases[name]

    def scale(self, name):
        """A scale of units."""
        return number(self.tensors, name, self._core.unit.unit_scales[name])


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
