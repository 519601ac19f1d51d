# amaranth: UnusedElaboratable=no
"""What the cells' units have in common: members, and how sums become pre-activations and gates."""

import hashlib

from amaranth.hdl import Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.activation import ActivationFunction
from pascaline.hdl.kinds import place
from pascaline.hdl.rounding import narrow
from pascaline.hdl.scaling import scaled
from pascaline.hdl.shapes import delayed, shape, struct, sums_struct
from pascaline.spec.core import Core
from pascaline.spec.formats import Interval, half
from pascaline.spec.image import row_layout, unit_layout

__all__ = ["Unit", "carried_layout"]


def carried_layout(core: Core):
    """What a unit keeps: ``c``, and ``scratch`` that one phase of a step leaves for the next."""
    layer = core.layer
    kept = {"c": layer.carried, "scratch": layer.scratch}
    return data.StructLayout({name: shape(of) for name, of in kept.items() if of is not None})


class Unit(wiring.Component):
    """From the sums of a unit's gate rows to its new h, and c if it has one (`spec.cells`).

    A pipeline that never waits: one unit a cycle, with the latencies of ``core.pipeline``. With the
    sums in cycle 0, ``rows`` are wanted in cycle ``rows``, ``unit`` in cycle ``unit`` and ``old``
    in cycle ``carried``; ``new`` is there in cycle ``made`` and ``h_next`` in cycle ``whole - 1``.
    Range arguments are those of `Core` and of the formats.

    Parameters
    ----------
    core : Core
        The core.

    Members
    -------
    sums : In
        Sums of the gates, one each or two, see `Core.row_sums`.
    rows : In
        Scales and biases of the gates.
    unit : In
        Tensors of the unit (if there are any).
    phase : In
        Phase of the step (if there are several), with the sums.
    old, new : In, Out
        What it keeps (if anything), see `carried_layout`.
    h_next : Out
        The new h.
    """

    def __init__(self, core: Core):
        self._core = core
        self._layer = core.layer
        self._pipeline = core.pipeline
        self._long = core.pipeline.long
        self._row = struct(row_layout(core))
        members = {
            "sums": In(data.ArrayLayout(sums_struct(core.row_sums), core.gates)),
            "rows": In(data.ArrayLayout(self._row, core.gates)),
            "h_next": Out(shape(core.layer.h)),
        }
        if core.layer.unit_tensors:
            members["unit"] = In(struct(unit_layout(core)))
        if len(core.layer.phases) > 1:
            members["phase"] = In(range(len(core.layer.phases)))
        if core.layer.carried is not None:
            members |= {"old": In(carried_layout(core)), "new": Out(carried_layout(core))}
        super().__init__(members)

    @property
    def kind(self) -> str:
        """Module name: one for each layer description with its ranges."""
        core = self._core
        tensors = [core.row_scales, core.unit_scales, core.row_sums, core.biases]
        tensors += [core.range_of(name) for name in core.layer.unit_tensors]
        layer = core.layer.model_dump_json(exclude={"hidden", "bidirectional"})
        digest = hashlib.sha256(f"{layer} {tensors} {core.pipeline}".encode()).hexdigest()
        return f"{core.layer.kind}_unit_{digest[:8]}"

    def _function(self, function, out):
        """An activation function to be placed."""
        form, pre = self._layer.activation, self._layer.pre
        return ActivationFunction(form, function, pre, out, long=self._long)

    def _total(self, m, value, reach, *, name):
        """A sum, ``pipeline.sum`` cycles later."""
        total = Signal(shape(reach), name=name, reset_less=True)
        m.d["sync" if self._long else "comb"] += total.eq(value)
        return total

    def _narrow(self, m, *args, name, halved=False):
        return narrow(m, *args, name=name, registered=self._long, halved=halved)

    def _delayed(self, m, value, cycles, *, name):
        return delayed(m, value, cycles, name=name, reset_less=True)

    def _inputs(self, m, index, name):
        """Sums and parameters of a gate row, as its products want them."""
        core, pipeline = self._core, self._pipeline
        row = self._delayed(m, self.rows[index].as_value(), self._long, name=f"{name}_row")
        sums = self._delayed(m, self.sums[index].as_value(), pipeline.front, name=f"{name}_sums")
        return data.View(sums_struct(core.row_sums), sums), data.View(self._row, row)

    def _normalised(self, m, sums, row, scales, bias, biases, *, name):
        """Pre-activation: products with some of the row's scales, and a bias, rounded.

        Parameters
        ----------
        sums, row : View
            From `_inputs`.
        scales : sequence of str
            Of the sums that count.
        bias : Value
            When the products have been added; the half that rounds is in it.
        biases : Interval
            Its range without the half.
        name : str
            Prefix of the signals.
        """
        core, affine = self._core, self._layer.normaliser
        products, reach = [], Interval(0, 0)
        for k, scale_name in enumerate(scales):
            scale, place_ = core.row_scales[scale_name], core.place(scale_name)
            range_ = scale.interval * core.row_sums[place_]
            reach += range_
            signal = Signal(shape(range_), name=f"{name}_product_{k}", reset_less=True)
            m.d.sync += signal.eq(scaled(sums[f"s{place_}"], row, scale_name, scale))
            products.append(signal)
        added = sum(products[1:], start=products[0])
        product = self._total(m, added, reach, name=f"{name}_products")
        ends = Interval(half(affine.shift), half(affine.shift))
        total = Signal(shape(reach + biases + ends), name=f"{name}_total")
        m.d.comb += total.eq(product + bias)
        pre = self._layer.pre
        z = Signal(shape(pre), name=f"{name}_pre", reset_less=True)
        narrowed = self._narrow(
            m, total, reach + biases, affine.shift, pre, name=f"{name}_z", halved=True
        )
        m.d.sync += z.eq(narrowed)
        return z

    def _pre(self, m, index, name):
        """Pre-activation of a gate row from all its sums."""
        sums, row = self._inputs(m, index, name)
        wait = 1 + self._pipeline.sum
        bias = self._delayed(m, row.bias, wait, name=f"{name}_bias")
        core = self._core
        return self._normalised(m, sums, row, core.row_scales, bias, core.biases, name=name)

    def _place(self, m, platform, name, function, out, z):
        """The value of an activation function."""
        return place(m, platform, name, self._function(function, out), z=z).y
