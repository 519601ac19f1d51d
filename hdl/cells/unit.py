# amaranth: UnusedElaboratable=no
"""The base classes of cell units: members, and how sums become pre-activations and gates."""

import hashlib

from amaranth.hdl import Cat, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from pascaline.hdl.activation import ActivationFunction
from pascaline.hdl.delay import delayed
from pascaline.hdl.kinds import place
from pascaline.hdl.ladder import ladder
from pascaline.hdl.normalisers import NORMALISERS
from pascaline.hdl.rounding import narrow
from pascaline.hdl.shapes import shape, struct, sums_struct
from pascaline.spec.cells.layer import Layer
from pascaline.spec.formats import Interval, half
from pascaline.spec.unit import UnitSpec

__all__ = ["Block", "Finish", "Unit", "carried_layout"]


def carried_layout(layer: Layer):
    """State of a unit: ``c``, and ``scratch``, which one phase of a step leaves for the next."""
    kept = {"c": layer.carried, "scratch": layer.scratch}
    return data.StructLayout({name: shape(of) for name, of in kept.items() if of is not None})


class Block(wiring.Component):
    """A pipeline that computes something of a unit, one unit a cycle.

    Parameters
    ----------
    unit : UnitSpec
        What the unit is like.
    members : dict of str to Member
        Ports.
    """

    part = "unit"
    """What of a unit is computed; a part of the module's name."""

    def __init__(self, unit: UnitSpec, members):
        self._unit = unit
        self._layer = unit.layer
        self._pipeline = unit.pipeline
        self._pipelined = unit.pipeline.pipelined
        super().__init__(members)

    @property
    def kind(self) -> str:
        """Module name: one for each layer description with its ranges."""
        unit = self._unit
        tensors = [unit.row_scales, unit.unit_scales, unit.sums, unit.biases]
        layer = unit.layer.model_dump_json(exclude={"hidden", "bidirectional", "initial"})
        text = f"{layer} {tensors} {unit.pipeline}" + " ladders" * unit.ladders
        digest = hashlib.sha256(text.encode()).hexdigest()
        return f"{unit.layer.kind}_{self.part}_{digest[:8]}"

    def _function(self, function, out):
        """An activation function to be placed."""
        form, pre, full = self._layer.activation, self._layer.pre, self._unit.full_tables
        return ActivationFunction(form, function, pre, out, pipelined=self._pipelined, full=full)

    def _total(self, m, value, reach, *, name):
        """A sum, ``pipeline.sum`` cycles later."""
        total = Signal(shape(reach), name=name, reset_less=True)
        m.d["sync" if self._pipelined else "comb"] += total.eq(value)
        return total

    def _product(self, m, gate, value, reach, *, name, shift=0):
        """A gate times a value, a cycle later, and its range.

        If it is made of adders, with the half that rounds when so many bits are dropped: that costs
        none.
        """
        plus = half(shift) if self._unit.ladders else 0
        reach += Interval(plus, plus)
        product = Signal(shape(reach), name=name, reset_less=True)
        if self._unit.ladders:
            m.d.sync += product.eq(ladder(m, gate, value, plus, reach, name=f"{name}_ladder"))
        else:
            m.d.sync += product.eq(gate * value)
        return product, reach

    def _narrow(self, m, *args, name, halved=False):
        return narrow(m, *args, name=name, registered=self._pipelined, halved=halved)

    def _delayed(self, m, value, cycles, *, name):
        return delayed(m, value, cycles, name=name, reset_less=True)

    def _place(self, m, platform, name, function, out, z):
        """The value of an activation function."""
        return place(m, platform, name, self._function(function, out), z=z).y


class Finish(Block):
    """From the standardised state of a unit to its new h, for cells that have that.

    With the state in cycle 0, ``unit`` is wanted in cycle ``rows`` and ``held`` in cycle ``meets``
    of ``unit.pipeline``; ``h_next`` is there in cycle ``finish - 1``.

    Parameters
    ----------
    unit : UnitSpec
        What the unit is like.

    Members
    -------
    normal : In(shape(layer.state_standard.normal))
        The standardised state.
    held : In(shape(layer.held))
        What the unit has given for it.
    unit : In(struct(unit.unit_layout))
        Tensors of the unit; only there if it has any.
    h_next : Out(shape(layer.h))
        The new h.
    """

    part = "finish"

    def __init__(self, unit: UnitSpec):
        layer = unit.layer
        members = {
            "normal": In(shape(layer.state_standard.normal)),
            "held": In(shape(layer.held)),
            "h_next": Out(shape(layer.h)),
        }
        if unit.unit_layout.bits:
            members["unit"] = In(struct(unit.unit_layout))
        super().__init__(unit, members)


class Unit(Block):
    """From the sums of a unit's gate rows to its new h, and c if it has one (`spec.cells`).

    A pipeline that never waits: one unit a cycle, with the latencies of ``unit.pipeline``. With the
    sums in cycle 0, ``rows`` are wanted in cycle ``rows``, ``unit`` in cycle ``unit`` and ``old``
    in cycle ``carried``; ``new`` is there in cycle ``made`` and ``h_next`` in cycle ``whole - 1``.
    Range arguments are those of `UnitSpec` and of the formats. Where the state is standardised
    before h is made of it, the rest is done by its `finish`, and so ``unit`` is not there.

    Parameters
    ----------
    unit : UnitSpec
        What it is like.

    Members
    -------
    sums : In(data.ArrayLayout(sums_struct(unit.lane_sums), unit.gates))
        Sums of the gate rows, from the lanes.
    transformed : In(shape(unit.sums[-1]))
        The sum of all of them that comes from a transform, in cycle ``rows``; only there if there
        is one.
    rows : In(data.ArrayLayout(struct(unit.row_layout), unit.gates))
        Scales and biases of the gate rows.
    unit : In(struct(unit.unit_layout))
        Tensors of the unit; only there if it has any.
    phase : In(range(phases))
        Phase of the step, with the sums; only there if a step has several.
    old : In(carried_layout(layer))
        What it kept; only there if it keeps anything.
    new : Out(carried_layout(layer))
        What it keeps; only there if it keeps anything.
    h_next : Out(shape(layer.h))
        The new h; only there if the state is not standardised.
    held : Out(shape(layer.held))
        With ``new``: what ``finish`` gets, too; only there if the state is standardised.
    """

    finish = None
    """The `Finish` that makes h where the state is standardised, of cells that can have that."""

    def __init__(self, unit: UnitSpec):
        layer = unit.layer
        self._row = struct(unit.row_layout)
        self._normaliser = NORMALISERS[layer.normaliser.kind](unit)
        members = {
            "sums": In(data.ArrayLayout(sums_struct(unit.lane_sums), unit.gates)),
            "rows": In(data.ArrayLayout(self._row, unit.gates)),
        }
        if layer.held is None:
            members["h_next"] = Out(shape(layer.h))
        else:
            members["held"] = Out(shape(layer.held))
        if unit.transformed:
            members["transformed"] = In(shape(unit.sums[-1]))
        if unit.unit_layout.bits and layer.held is None:
            members["unit"] = In(struct(unit.unit_layout))
        if len(layer.phases) > 1:
            members["phase"] = In(range(len(layer.phases)))
        if layer.carried is not None:
            members |= {"old": In(carried_layout(layer)), "new": Out(carried_layout(layer))}
        super().__init__(unit, members)

    def _inputs(self, m, index, name):
        """Sums and parameters of a gate row, as its products want them."""
        unit, pipeline = self._unit, self._pipeline
        wait = pipeline.front - pipeline.rows
        row = self._delayed(m, self.rows[index].as_value(), wait, name=f"{name}_row")
        sums = self._delayed(m, self.sums[index].as_value(), pipeline.front, name=f"{name}_sums")
        if unit.transformed:
            last = self._delayed(m, self.transformed, wait, name=f"{name}_transformed")
            sums = Cat(sums, last)
        return data.View(sums_struct(unit.sums), sums), data.View(self._row, row)

    def _pre(self, m, index, name):
        """Pre-activation of a gate row from all its sums."""
        sums, row = self._inputs(m, index, name)
        bias = self._delayed(m, row.bias, self._pipeline.bias, name=f"{name}_bias")
        unit = self._unit
        return self._normaliser.pre(
            m, sums, row, unit.row_scales, bias, unit.biases["bias"], name=name
        )
