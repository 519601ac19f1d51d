# amaranth: UnusedElaboratable=no
"""A unit of a vanilla RNN."""

from amaranth.hdl import Module, Mux, Signal

from pascaline.hdl.cells.unit import Unit
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval

__all__ = ["RnnUnit"]


class RnnUnit(Unit):
    """Formulas of `spec.cells.rnn`; members of `Unit`."""

    def elaborate(self, platform):
        m = Module()
        layer = self._layer
        z = self._pre(m, 0, "z")
        if layer.function == "linear":
            h = z
        elif layer.function == "tanh":
            h = self._place(m, platform, "tanh", "tanh", layer.h, z)
        else:
            positive = Mux(z < 0, 0, z[: layer.pre.width - 1])
            reach = Interval(0, layer.pre.interval.hi)
            shift = layer.pre.frac - layer.h.frac
            h = Signal(shape(layer.h), reset_less=True)
            m.d.sync += h.eq(self._narrow(m, positive, reach, shift, layer.h, name="h_new"))
        m.d.comb += self.h_next.eq(self._delayed(m, h, self._pipelined, name="h_kept"))
        return m
