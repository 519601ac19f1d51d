"""Units of cells: new c and h are the formulas of `spec.cells`, so nothing overflows."""

import numpy as np
from amaranth.hdl import Array, C, Cat, Mux, Signal, signed

from pascaline.golden.activation import ActivationFunction
from pascaline.hdl.cells.groups import UNITS
from pascaline.hdl.scaling import number
from pascaline.hdl.shapes import shape
from pascaline.spec.cells.lstm import GATES
from pascaline.spec.formats import half
from prove.bench import Bench
from prove.claim import Claim
from prove.designs import small_core
from prove.numbers import WIDE, defined

__all__ = ["claims"]


class Inputs:
    """What a unit gets: anything that weights and model allow, in every cycle another unit's.

    Parameters
    ----------
    bench : Bench
        Where it stands.
    core : Core
        Whose unit it is.
    """

    def __init__(self, bench, core):
        self._bench, self._core, self.layer = bench, core, core.layer
        self.dut = dut = bench.place(UNITS[core.layer.kind](core.unit), "unit")
        m, pipeline = bench.m, core.pipeline
        self._sums = self._any(dut.sums, "sums")
        self._rows = self._any(dut.rows, "rows", late=pipeline.rows)
        for index in range(core.gates):
            for name, reach in zip(("s0", "s1"), core.unit.sums, strict=False):
                self._within(self._sums[index][name], reach)
            for name, scale in core.unit.row_scales.items():
                self._within(number(self._rows[index], name, scale), scale.interval)
        self.tensors = None
        if core.layer.unit_tensors:
            self.tensors = self._any(dut.unit, "tensors", late=pipeline.unit)
        self.phase = C(0, 1)
        if len(core.layer.phases) > 1:
            self.phase = bench.free(len(dut.phase), "phase")
            m.d.comb += dut.phase.eq(self.phase)
        if core.layer.carried is not None:
            self.old = self._any(dut.old, "old", late=pipeline.carried)

    def _any(self, port, name, *, late=0):
        bits = self._bench.free(len(port.as_value()), name)
        self._bench.m.d.comb += port.as_value().eq(self._bench.past(bits, late))
        return type(port)(port.shape(), bits)

    def _within(self, value, reach):
        self._bench.suppose((value >= reach.lo) & (value <= reach.hi))

    def number(self, value, to=None):
        """A value by itself, in 40 bits or those of a format."""
        signal = Signal(signed(WIDE) if to is None else shape(to))
        self._bench.m.d.comb += signal.eq(value)
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

    def pre(self, index, scales=None, bias=None):
        """Pre-activation of a gate row, of some of its sums."""
        core, shift = self._core, self.layer.normaliser.shift
        record = self._rows[index]
        total = self.bias(record, "bias", core.unit.biases["bias"], shift) if bias is None else bias
        for name, scale in core.unit.row_scales.items():
            if scales is None or name in scales:
                value = self._sums[index][f"s{core.unit.place(name)}"]
                total = total + value * number(record, name, scale)
        return self.narrow(total, shift, self.layer.pre)

    def range_of(self, name):
        """Range of a bias of units."""
        return self._core.unit.biases[name]

    def scale(self, name):
        """A scale of units."""
        return number(self.tensors, name, self._core.unit.unit_scales[name])


def lstm(given):
    """New c and h of an LSTM unit."""
    layer = given.layer
    i, f, g, o = (
        given.look("tanh" if gate == "g" else "sigmoid", given.pre(index))
        for index, gate in enumerate(GATES)
    )
    kept, gated = f * given.old.c, (i * g) << (layer.cell.frac - layer.tanh.frac)
    c = given.narrow(kept + gated, layer.sigmoid.frac, layer.cell)
    affine, total, shift = layer.cell_affine, c, layer.cell.frac - layer.pre.frac
    if affine is not None:
        bias = given.bias(given.tensors, "bias_c", given.range_of("bias_c"), affine.shift)
        total, shift = given.scale("scale_c") * c + bias, affine.shift
    u = given.narrow(total, shift, layer.pre)
    shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
    return {"c": c}, given.narrow(o * given.look("tanh", u), shift, layer.h)


def gru(given):
    """New c and h of a GRU unit; with the reset gate before the product, of both phases."""
    layer = given.layer
    frac, align = layer.sigmoid.frac, layer.state.frac - layer.tanh.frac
    c, to_h = given.old.c, layer.state.frac - layer.h.frac

    def update(z, n):
        w = n << align
        return given.narrow((w << frac) + z * (c - w), frac, layer.state)

    if layer.reset == "after":
        r, z = (given.look("sigmoid", given.pre(index)) for index in range(2))
        bias = given.bias(given.tensors, "bias_h", given.range_of("bias_h"), layer.normaliser.shift)
        q, p = given.pre(2, ["scale_h"], bias), given.pre(2, ["scale_x"])
        # The sum is wide: only what is narrow in the formula is narrow here.
        rounded = (given.number(r * q) + half(frac)) >> frac
        n = given.look("tanh", given.narrow(p + rounded, 0, layer.pre))
        new = update(z, n)
        return {"c": new}, given.narrow(new, to_h, layer.h)

    r, z = (given.look("sigmoid", given.pre(index)) for index in range(2))
    q = given.narrow(r * c, frac, layer.state)
    new = update(given.old.scratch, given.look("tanh", given.pre(0)))
    first = {"c": c, "scratch": z}
    second = {"c": new, "scratch": None}
    h = given.narrow(Mux(given.phase, new, q), to_h, layer.h)
    return {name: (first[name], second[name]) for name in first}, h


def rnn(given):
    """New h of a vanilla RNN's unit."""
    layer, z = given.layer, given.pre(0)
    if layer.function == "tanh":
        return {}, given.look("tanh", z)
    shift = layer.pre.frac - layer.h.frac
    return {}, given.narrow(Mux(z > 0, z, 0), shift, layer.h)


FORMULAS = {"lstm": lstm, "gru": gru, "rnn": rnn}


def cell(layer=None, **options):
    """What comes out of a unit is what the formulas make of what went in."""

    def build(bench: Bench):
        core = small_core(inputs=1, layer=layer, **options)
        pipeline = core.pipeline
        given = Inputs(bench, core)
        state, h = FORMULAS[core.layer.kind](given)
        wanted = [(pipeline.whole - 1, given.dut.h_next, h)]
        wanted += [(pipeline.made, given.dut.new[name], value) for name, value in state.items()]
        for cycles, found, value in wanted:
            known = bench.past(1, cycles)
            if isinstance(value, tuple):
                # What a phase leaves for the next one is of no use after the last one.
                value, second = value
                phase = bench.past(given.phase, cycles)
                if second is not None:
                    bench.always(~known | ~phase | (found == bench.past(second, cycles)))
                known = known & ~phase
            bench.always(~known | (found == bench.past(value, cycles)))

    return build


def claims():
    """All claims about units."""
    after, before = {"kind": "gru"}, {"kind": "gru", "reset": "before"}
    affine = {"cell_affine": {"scale_width": 3, "bias_width": 4, "shift": 2}}
    lines = {"activation": {"form": "pwl", "segments": 4}}
    relu = {"kind": "rnn", "function": "relu"}
    one = {"hidden": 1}
    cases = {
        "LSTM, one sum": ({}, one | {"shared": True}),
        "LSTM, two sums": ({}, one),
        "LSTM, pipelined": ({}, one | {"shared": True, "pipelined": True}),
        "LSTM, normalised cell": (affine, {"shared": True}),
        "LSTM, lines for functions": (lines, one | {"shared": True}),
        "GRU, reset after": (after, one),
        "GRU, reset after, pipelined": (after, one | {"pipelined": True}),
        "GRU, reset before": (before, one | {"shared": True}),
        "GRU, reset before, pipelined": (before, one | {"shared": True, "pipelined": True}),
        "RNN, tanh": ({"kind": "rnn"}, one),
        "RNN, relu": (relu, one),
        "RNN, relu, pipelined": (relu, one | {"pipelined": True}),
    }
    return [
        Claim(
            f"cells: {name}",
            cell(layer, **options),
            small_core(inputs=1, layer=layer, **options).pipeline.whole + 2,
        )
        for name, (layer, options) in cases.items()
    ]
