# amaranth: UnusedElaboratable=no
"""An LSTM unit, and the part of it behind a standardised cell."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data

from pascaline.hdl.cells.unit import Block, Finish, Unit
from pascaline.hdl.scaling import scaled
from pascaline.hdl.shapes import shape
from pascaline.spec.cells.lstm import GATES
from pascaline.spec.formats import Interval, half

__all__ = ["LstmFinish", "LstmUnit"]


class LstmBlock(Block):
    """What is there with a standardised cell and without: its tanh, and h."""

    def _tensors(self, m, wait):
        """Tensors of the unit so many cycles after they came, if any are stored."""
        if not self._unit.unit_layout.bits:
            return None
        later = self._delayed(m, self.unit.as_value(), wait, name="unit")
        return data.View(self.unit.shape(), later)

    def _cell_to_pre(self, m, c, tensors):
        """The cell, or what it is standardised to, in the format that its tanh is taken of."""
        layer = self._layer
        affine, pre, cell = layer.cell_affine, layer.pre, layer.scaled.interval
        u = Signal(shape(pre), reset_less=True)
        if affine is None:
            shift = layer.cell.frac - pre.frac
            m.d.sync += u.eq(self._narrow(m, c, cell, shift, pre, name="u_"))
            return u
        scale = self._unit.unit_scales["scale_c"]
        product = Signal(shape(scale.interval * cell), name="u_product", reset_less=True)
        bias = Signal(tensors.bias_c.shape(), name="u_bias", reset_less=True)
        m.d.sync += [
            product.eq(scaled(c, tensors, "scale_c", scale)),
            bias.eq(tensors.bias_c),
        ]
        reach = scale.interval * cell + self._unit.biases["bias_c"]
        ends = Interval(half(affine.shift), half(affine.shift))
        total = self._total(m, product + bias, reach + ends, name="u_total")
        m.d.sync += u.eq(self._narrow(m, total, reach, affine.shift, pre, name="u_", halved=True))
        return u

    def _output(self, m, o, tanh):
        """New h: o * tanh."""
        layer = self._layer
        gated = layer.sigmoid.interval * layer.tanh.interval
        shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
        out, _ = self._product(m, o, tanh, gated, name="out", shift=shift)
        h = self._narrow(m, out, gated, shift, layer.h, name="h_", halved=self._unit.ladders)
        m.d.comb += self.h_next.eq(self._delayed(m, h, self._pipelined, name="h_kept"))


class LstmFinish(LstmBlock, Finish):
    """Formulas of `spec.cells.lstm` behind n; members of `Finish`."""

    def elaborate(self, platform):
        m = Module()
        layer, pipeline = self._layer, self._pipeline
        tensors = self._tensors(m, pipeline.scaling - pipeline.rows)
        normal = self._delayed(m, self.normal, pipeline.scaling, name="normal_kept")
        u = self._cell_to_pre(m, normal, tensors)
        self._output(m, self.held, self._place(m, platform, "tanh_c", "tanh", layer.tanh, u))
        return m


class LstmUnit(LstmBlock, Unit):
    """Formulas of `spec.cells.lstm`; members of `Unit`."""

    finish = LstmFinish

    def elaborate(self, platform):
        m = Module()
        layer, pipeline = self._layer, self._pipeline
        # With peepholes, the gate o has to wait for the new c.
        tensors = self._tensors(m, 0) if layer.peephole else None
        gates = {
            gate: self._gate(m, platform, gate, self.old.c, tensors)
            for gate in GATES
            if gate != "o" or not layer.peephole
        }

        # New cell: f * c + i * g.
        align = layer.cell.frac - layer.tanh.frac
        kept = layer.sigmoid.interval * layer.cell.interval
        gated = layer.sigmoid.interval * layer.tanh.interval
        old = self._delayed(m, self.old.c, pipeline.gate - pipeline.carried, name="old_c")
        shift = layer.sigmoid.frac
        fc, rounded = self._product(m, gates["f"], old, kept, name="fc", shift=shift)
        ig, gated = self._product(m, gates["i"], gates["g"], gated, name="ig")
        total = self._total(m, fc + (ig << align), rounded + (gated << align), name="c_total")
        c = Signal(shape(layer.cell), reset_less=True)
        reach, halved = kept + (gated << align), self._unit.ladders
        narrowed = self._narrow(m, total, reach, shift, layer.cell, name="c_", halved=halved)
        m.d.sync += c.eq(narrowed)
        m.d.comb += self.new.c.eq(c)

        if layer.held is not None:
            o = self._delayed(m, gates["o"], pipeline.update, name="o")
            m.d.comb += self.held.eq(o)
            return m

        # New h: o * tanh(c).
        late = pipeline.made - pipeline.unit
        tensors = self._tensors(m, late)
        u = self._cell_to_pre(m, c, tensors)
        u = self._delayed(m, u, pipeline.to_tanh - pipeline.scale, name="u_kept")
        tanh = self._place(m, platform, "tanh_c", "tanh", layer.tanh, u)
        if layer.peephole:
            o = self._gate(m, platform, "o", c, tensors, late=late)
        else:
            wait = pipeline.update + pipeline.scale + pipeline.activate
            o = self._delayed(m, gates["o"], wait, name="o")
        self._output(m, o, tanh)
        return m

    def _gate(self, m, platform, gate, c, tensors, *, late=0):
        """The value of a gate; one that sees c takes it, with the unit's tensors, later."""
        layer, index = self._layer, GATES.index(gate)
        function, out = ("tanh", layer.tanh) if gate == "g" else ("sigmoid", layer.sigmoid)
        if gate in layer.peepholes:
            z = self._peeping(m, index, gate, c, tensors, late)
        else:
            z = self._pre(m, index, gate)
        return self._place(m, platform, f"{function}_{gate}", function, out, z)

    def _peeping(self, m, index, gate, c, tensors, late):
        """Pre-activation of a gate that sees the cell: the product is added to the bias."""
        unit, pipeline, name = self._unit, self._pipeline, self._layer.peepholes[gate]
        sums, row = self._inputs(m, index, gate)
        scale = unit.unit_scales[name]
        seen = scale.interval * self._layer.cell.interval
        product = Signal(shape(seen), name=f"{gate}_peephole", reset_less=True)
        m.d.sync += product.eq(scaled(c, tensors, name, scale))
        bias = self._delayed(m, row.bias, pipeline.bias - pipeline.sum + late, name=f"{gate}_bias")
        bias = self._total(m, bias + product, seen + unit.rounded["bias"], name=f"{gate}_seen")
        biases = seen + unit.biases["bias"]
        return self._normaliser.pre(
            m, sums, row, unit.row_scales, bias, biases, name=gate, late=late
        )
