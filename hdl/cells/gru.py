# amaranth: UnusedElaboratable=no
"""A GRU unit, in both forms."""

from amaranth.hdl import Module, Mux, Signal

from pascaline.hdl.cells.unit import Unit
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval

__all__ = ["GruUnit"]


class GruUnit(Unit):
    """Formulas of `spec.cells.gru`; members of `Unit`.

    With the reset gate before the product, the first of two phases makes ``r * c`` with what in
    the second one makes ``z * (c - w) + w``.
    """

    def elaborate(self, platform):
        m = Module()
        if self._layer.reset == "after":
            factor, n = self._after(m, platform)
            self._update(m, factor, n, update=1)
        else:
            self._before(m, platform)
        return m

    def _after(self, m, platform):
        """All gates at once: z and n."""
        unit, layer, pipeline = self._unit, self._layer, self._pipeline
        r, z = (
            self._place(
                m, platform, f"sigmoid_{gate}", "sigmoid", layer.sigmoid, self._pre(m, index, gate)
            )
            for index, gate in enumerate("rz")
        )
        sums, row = self._inputs(m, 2, "n")
        biases = unit.biases["bias_h"]
        # The unit's tensors are there when the products have been added.
        q = self._normaliser.pre(m, sums, row, ["scale_h"], self.unit.bias_h, biases, name="q")
        bias = self._delayed(m, row.bias, pipeline.bias, name="p_bias")
        p = self._normaliser.pre(m, sums, row, ["scale_x"], bias, unit.biases["bias"], name="p")

        # saturate(p + round_shift(r * q)): nothing of p is lost where it is shifted up first.
        gated = layer.sigmoid.interval * layer.pre.interval
        shifted = layer.pre.interval << layer.sigmoid.frac
        wait = pipeline.activate
        q = self._delayed(m, q, wait, name="q")
        rq, gated = self._product(m, r, q, gated, name="rq")
        p = self._delayed(m, p, wait + 1, name="p")
        reach = gated + shifted
        total = self._total(m, rq + (p << layer.sigmoid.frac), reach, name="u_total")
        u = Signal(shape(layer.pre), reset_less=True)
        m.d.sync += u.eq(self._narrow(m, total, reach, layer.sigmoid.frac, layer.pre, name="u_"))
        n = self._place(m, platform, "tanh_n", "tanh", layer.tanh, u)
        return self._delayed(m, z, pipeline.candidate, name="z"), n

    def _before(self, m, platform):
        """Phase 0: r and z. Phase 1: n, with the z that was left."""
        layer, pipeline = self._layer, self._pipeline
        first = self._pre(m, 0, "first")
        second = self._pre(m, 1, "second")
        r = self._place(m, platform, "sigmoid_r", "sigmoid", layer.sigmoid, first)
        n = self._place(m, platform, "tanh_n", "tanh", layer.tanh, first)
        z = self._place(m, platform, "sigmoid_z", "sigmoid", layer.sigmoid, second)
        update = self._delayed(m, self.phase, pipeline.gate, name="update")
        m.d.comb += self.new.scratch.eq(self._delayed(m, z, pipeline.update, name="z"))
        self._update(m, Mux(update, self.old.scratch, r), n, update=update)

    def _update(self, m, factor, n, *, update):
        """``w + factor * (c - w)``, or without ``update`` only ``factor * c``; then h.

        In the first phase of two, c itself stays as it is.
        """
        layer, pipeline = self._layer, self._pipeline
        both = len(layer.phases) > 1
        state, frac = layer.state, layer.sigmoid.frac
        align = state.frac - layer.tanh.frac
        wide = layer.tanh.interval << align
        w = Signal(shape(wide))
        m.d.comb += w.eq(Mux(update, n << align, 0) if both else n << align)
        reach = state.interval | (state.interval + Interval(-wide.hi, -wide.lo))
        difference = Signal(shape(reach), reset_less=True)
        gate = Signal(shape(layer.sigmoid), reset_less=True)
        m.d.sync += [difference.eq(self.old.c - w), gate.eq(factor)]
        product_range = layer.sigmoid.interval * reach
        product, product_range = self._product(m, gate, difference, product_range, name="product")
        w = self._delayed(m, w, 2, name="w")
        reach = product_range + ((wide | Interval(0, 0)) << frac)
        total = self._total(m, product + (w << frac), reach, name="c_total")
        c = Signal(shape(state), name="c", reset_less=True)
        m.d.sync += c.eq(self._narrow(m, total, reach, frac, state, name="c_"))
        new = c
        if both:
            old = self._delayed(m, self.old.c, pipeline.update, name="old")
            new = Mux(self._delayed(m, update, pipeline.update, name="updated"), c, old)
        m.d.comb += self.new.c.eq(new)
        shift = state.frac - layer.h.frac
        h = self._narrow(m, c, state.interval, shift, layer.h, name="h_")
        m.d.comb += self.h_next.eq(self._delayed(m, h, self._pipelined, name="h_kept"))
