# amaranth: UnusedElaboratable=no
"""An LSTM unit."""

from amaranth.hdl import Module, Signal

from pascaline.hdl.cells.unit import Unit
from pascaline.hdl.scaling import scaled
from pascaline.hdl.shapes import shape
from pascaline.spec.cells.lstm import GATES
from pascaline.spec.formats import Interval, half

__all__ = ["LstmUnit"]


class LstmUnit(Unit):
    """Formulas of `spec.cells.lstm`; members of `Unit`."""

    def elaborate(self, platform):
        m = Module()
        layer = self._layer
        gates = {}
        for index, gate in enumerate(GATES):
            function, out = ("tanh", layer.tanh) if gate == "g" else ("sigmoid", layer.sigmoid)
            z = self._pre(m, index, gate)
            gates[gate] = self._place(m, platform, f"{function}_{gate}", function, out, z)

        # New cell: f * c + i * g.
        align = layer.cell.frac - layer.tanh.frac
        kept = layer.sigmoid.interval * layer.cell.interval
        gated = layer.sigmoid.interval * layer.tanh.interval
        fc = Signal(shape(kept), reset_less=True)
        ig = Signal(shape(gated), reset_less=True)
        m.d.sync += [fc.eq(gates["f"] * self.old.c), ig.eq(gates["i"] * gates["g"])]
        reach = kept + (gated << align)
        total = self._total(m, fc + (ig << align), reach, name="c_total")
        c = Signal(shape(layer.cell), reset_less=True)
        m.d.sync += c.eq(self._narrow(m, total, reach, layer.sigmoid.frac, layer.cell, name="c_"))
        m.d.comb += self.new.c.eq(c)

        # New h: o * tanh(c).
        tanh = self._place(m, platform, "tanh_c", "tanh", layer.tanh, self._cell_to_pre(m, c))
        pipeline = self._pipeline
        wait = pipeline.update + pipeline.scale + pipeline.activate
        o = self._delayed(m, gates["o"], wait, name="o")
        out = Signal(shape(gated), reset_less=True)
        m.d.sync += out.eq(o * tanh)
        shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
        h = self._narrow(m, out, gated, shift, layer.h, name="h_")
        m.d.comb += self.h_next.eq(self._delayed(m, h, self._pipelined, name="h_kept"))
        return m

    def _cell_to_pre(self, m, c):
        """The cell in the format that its tanh is taken of."""
        layer = self._layer
        affine, pre, cell = layer.cell_affine, layer.pre, layer.cell.interval
        u = Signal(shape(pre), reset_less=True)
        if affine is None:
            shift = layer.cell.frac - pre.frac
            m.d.sync += u.eq(self._narrow(m, c, cell, shift, pre, name="u_"))
            return u
        scale = self._unit.unit_scales["scale_c"]
        product = Signal(shape(scale.interval * cell), name="u_product", reset_less=True)
        bias = Signal(self.unit.bias_c.shape(), name="u_bias", reset_less=True)
        m.d.sync += [
            product.eq(scaled(c, self.unit, "scale_c", scale)),
            bias.eq(self.unit.bias_c),
        ]
        reach = scale.interval * cell + self._unit.biases["bias_c"]
        ends = Interval(half(affine.shift), half(affine.shift))
        total = self._total(m, product + bias, reach + ends, name="u_total")
        m.d.sync += u.eq(self._narrow(m, total, reach, affine.shift, pre, name="u_", halved=True))
        return u
