"""The affine of `spec.normalisers.affine`: products with the scales, their sum, and a bias."""

from amaranth.hdl import Signal

from pascaline.hdl.delay import delayed
from pascaline.hdl.rounding import narrow
from pascaline.hdl.scaling import scaled
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval, half
from pascaline.spec.unit import UnitSpec

__all__ = ["RowAffine"]


class RowAffine:
    """A row a cycle, in a pipeline that never waits.

    Parameters
    ----------
    unit : UnitSpec
        The unit whose rows it normalises.
    """

    def __init__(self, unit: UnitSpec):
        self._unit = unit

    def pre(self, m, sums, row, scales, bias, biases, *, name, late=0):
        """Pre-activation: products with some of the row's scales, and a bias, rounded.

        Parameters
        ----------
        m : Module
            Where the logic goes.
        sums, row : View
            Sums ``s0``, ``s1``, ... of a gate row; its scales, `UnitSpec.row_layout`.
        scales : sequence of str
            Of the sums that count.
        bias : Value
            When the products have been added, or ``late`` cycles later; the half that rounds is in
            it.
        biases : Interval
            Its range without the half.
        name : str
            Prefix of the signals.
        late : int
            Cycles for which the sum of the products waits for the bias.

        Returns
        -------
        Signal
            The pre-activation, of ``layer.pre``.
        """
        unit, layer = self._unit, self._unit.layer
        pipelined, shift = unit.pipeline.pipelined, layer.normaliser.shift
        products, reach = [], Interval(0, 0)
        for k, scale_name in enumerate(scales):
            scale, place = unit.row_scales[scale_name], unit.place(scale_name)
            range_ = scale.interval * unit.sums[place]
            reach += range_
            signal = Signal(shape(range_), name=f"{name}_product_{k}", reset_less=True)
            m.d.sync += signal.eq(scaled(sums[f"s{place}"], row, scale_name, scale))
            products.append(signal)
        product = Signal(shape(reach), name=f"{name}_products", reset_less=True)
        m.d["sync" if pipelined else "comb"] += product.eq(sum(products[1:], start=products[0]))
        product = delayed(m, product, late, name=f"{name}_kept", reset_less=True)
        ends = Interval(half(shift), half(shift))
        total = Signal(shape(reach + biases + ends), name=f"{name}_total")
        m.d.comb += total.eq(product + bias)
        z = Signal(shape(layer.pre), name=f"{name}_pre", reset_less=True)
        narrowed = narrow(
            m,
            total,
            reach + biases,
            shift,
            layer.pre,
            name=f"{name}_z",
            registered=pipelined,
            halved=True,
        )
        m.d.sync += z.eq(narrowed)
        return z
