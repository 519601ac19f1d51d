# amaranth: UnusedElaboratable=no
"""The element-wise part of an LSTM step for one hidden unit."""

from amaranth.hdl import Module, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hdl.activation import ActivationFunction
from hdl.kinds import place
from hdl.rounding import narrow
from hdl.scaling import scaled
from hdl.shapes import delayed, shape, struct, sums_struct
from spec.design import Design
from spec.formats import Interval, half
from spec.image import cell_layout, row_layout
from spec.network import GATES

__all__ = ["LstmUnit"]


class LstmUnit(wiring.Component):
    """From the sums of a unit's four gate rows to its new c and h (formulas in `spec.network`).

    A pipeline that never waits: one unit a cycle, with the latencies of `spec.pipeline`. With the
    sums in cycle 0, ``rows`` are wanted in cycle ``rows`` and ``c`` in cycle ``old_cell``;
    ``c_next`` is there ``update`` cycles later and ``h_next`` in cycle ``whole - 1``. Range
    arguments are those of `Design` and of the formats.

    Parameters
    ----------
    design : Design
        The design.

    Members
    -------
    sums : In
        Sums of the four gates, one each or (``s0`` of h, ``s1`` of x) two.
    rows : In
        Scales and biases of the four gates.
    affine : In
        Scale and bias of the affine on the cell (if there is one), with ``c_next``.
    c : In
        The cell state.
    c_next, h_next : Out
        The new state.
    """

    def __init__(self, design: Design):
        self._design = design
        self._long = design.pipeline.long
        layer = design.layer
        members = {
            "sums": In(data.ArrayLayout(sums_struct(design.row_sums), len(GATES))),
            "rows": In(data.ArrayLayout(struct(row_layout(design)), len(GATES))),
            "c": In(shape(layer.cell)),
            "c_next": Out(shape(layer.cell)),
            "h_next": Out(shape(layer.h)),
        }
        if layer.cell_affine is not None:
            members["affine"] = In(struct(cell_layout(design)))
        super().__init__(members)

    @property
    def kind(self) -> str:
        """Module name; a machine has one kind."""
        return "lstm_unit"

    def elaborate(self, platform):
        m = Module()
        layer = self._design.layer
        gates = {gate: self._gate(m, platform, index) for index, gate in enumerate(GATES)}

        # New cell: f * c + i * g.
        kept = layer.sigmoid.interval * layer.cell.interval
        fresh = (layer.sigmoid.interval * layer.tanh.interval) << self._align
        fc = Signal(shape(kept), reset_less=True)
        ig = Signal(shape(layer.sigmoid.interval * layer.tanh.interval), reset_less=True)
        m.d.sync += [fc.eq(gates["f"] * self.c), ig.eq(gates["i"] * gates["g"])]
        total = self._total(m, fc + (ig << self._align), kept + fresh, name="c_total")
        c = Signal(shape(layer.cell), reset_less=True)
        reach = kept + fresh
        m.d.sync += c.eq(self._narrow(m, total, reach, layer.sigmoid.frac, layer.cell, name="c_"))
        m.d.comb += self.c_next.eq(c)

        # New h: o * tanh(c).
        u = self._cell_to_pre(m, c)
        tanh = place(m, platform, "tanh_c", self._function("tanh"), z=u)
        pipeline = self._design.pipeline
        wait = pipeline.update + pipeline.scale + pipeline.activate
        o = delayed(m, gates["o"], wait, name="o", reset_less=True)
        reach = layer.sigmoid.interval * layer.tanh.interval
        out = Signal(shape(reach), reset_less=True)
        m.d.sync += out.eq(o * tanh.y)
        shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
        h = self._narrow(m, out, reach, shift, layer.h, name="h_")
        m.d.comb += self.h_next.eq(delayed(m, h, self._long, name="h_kept", reset_less=True))
        return m

    @property
    def _align(self) -> int:
        return self._design.layer.cell.frac - self._design.layer.tanh.frac

    def _function(self, function):
        layer = self._design.layer
        out = layer.sigmoid if function == "sigmoid" else layer.tanh
        return ActivationFunction(layer.activation, function, layer.pre, out, long=self._long)

    def _total(self, m, value, reach, *, name):
        """A sum, ``pipeline.sum`` cycles later."""
        total = Signal(shape(reach), name=name, reset_less=True)
        m.d["sync" if self._long else "comb"] += total.eq(value)
        return total

    def _narrow(self, m, *args, name, halved=False):
        return narrow(m, *args, name=name, registered=self._long, halved=halved)

    def _gate(self, m, platform, index):
        """Normalise the sums of a gate row, and its activation function."""
        design, gate, pipeline = self._design, GATES[index], self._design.pipeline
        affine = design.layer.normaliser
        record = struct(row_layout(design))
        row = delayed(
            m, self.rows[index].as_value(), self._long, name=f"{gate}_row", reset_less=True
        )
        row = data.View(record, row)
        sums = delayed(
            m, self.sums[index].as_value(), pipeline.front, name=f"{gate}_sums", reset_less=True
        )
        row_sums = data.View(sums_struct(design.row_sums), sums)

        # Products, then their sum with the bias, rounded.
        products = []
        scales = design.row_scales.items()
        for k, ((name, scale), row_sum) in enumerate(zip(scales, design.row_sums, strict=True)):
            reach = scale.interval * row_sum
            signal = Signal(shape(reach), name=f"{gate}_product_{k}", reset_less=True)
            m.d.sync += signal.eq(scaled(row_sums[f"s{k}"], row, name, scale))
            products.append(signal)
        # The half that rounds is in the bias.
        ends = Interval(half(affine.shift), half(affine.shift))
        bias = delayed(m, row.bias, 1 + pipeline.sum, name=f"{gate}_bias", reset_less=True)
        product = self._total(
            m,
            sum(products[1:], start=products[0]),
            design.row_product,
            name=f"{gate}_products",
        )
        total = Signal(shape(design.row_total + ends), name=f"{gate}_total")
        m.d.comb += total.eq(product + bias)
        pre = design.layer.pre
        z = Signal(shape(pre), name=f"{gate}_pre", reset_less=True)
        narrowed = narrow(
            m,
            total,
            design.row_total,
            affine.shift,
            pre,
            name=f"{gate}_z",
            registered=self._long,
            halved=True,
        )
        m.d.sync += z.eq(narrowed)

        function = "tanh" if gate == "g" else "sigmoid"
        return place(m, platform, f"{function}_{gate}", self._function(function), z=z).y

    def _cell_to_pre(self, m, c):
        """The cell in the format that its tanh is taken of."""
        layer = self._design.layer
        affine, pre, cell = layer.cell_affine, layer.pre, layer.cell.interval
        u = Signal(shape(pre), reset_less=True)
        if affine is None:
            shift = layer.cell.frac - pre.frac
            m.d.sync += u.eq(self._narrow(m, c, cell, shift, pre, name="u_"))
            return u
        scale = self._design.cell_scale
        product = Signal(shape(scale.interval * cell), name="u_product", reset_less=True)
        ends = Interval(half(affine.shift), half(affine.shift))
        bias = Signal(self.affine.bias_c.shape(), name="u_bias", reset_less=True)
        m.d.sync += [
            product.eq(scaled(c, self.affine, "scale_c", scale)),
            bias.eq(self.affine.bias_c),
        ]
        reach = self._design.cell_total
        total = self._total(m, product + bias, reach + ends, name="u_total")
        m.d.sync += u.eq(self._narrow(m, total, reach, affine.shift, pre, name="u_", halved=True))
        return u
