"""Where the state is standardised: h is the formula of what comes of that, and of what is held."""

from amaranth.hdl import Value

from pascaline.hdl.cells import CELLS
from prove.cells.unit import Formulas, anything
from prove.claim import Claim
from prove.designs import small_core
from prove.harness import Harness

__all__ = ["claims"]

NORMAL = {"normal": {"width": 6, "frac": 4}, "mantissa": 4}
AFFINE = {"kind": "layernorm", "scale_width": 3, "bias_width": 4, "shift": 3, **NORMAL}
LINES = {"activation": {"form": "pwl", "segments": 4}}

CASES = {
    "LSTM, behind layer norm": ({}, {}),
    "LSTM, behind layer norm, pipelined": ({}, {"pipelined": True}),
    "LSTM, behind layer norm, lines": (LINES, {}),
}
"""What is claimed: more about the layer, and the machine."""


def _formula(given, normal, held):
    """New h of an LSTM unit."""
    layer = given.layer
    affine = layer.cell_affine
    bias = given.bias(given.tensors, "bias_c", given.range_of("bias_c"), affine.shift)
    u = given.narrow(given.scale("scale_c") * normal + bias, affine.shift, layer.pre)
    shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
    return given.narrow(held * given.look("tanh", u), shift, layer.h)


def finishing(layer, options):
    """Any standardised state, tensors and output gate, in every cycle another unit's."""

    def build(harness: Harness):
        core = _core(layer, options)
        pipeline, unit = core.pipeline, CELLS[core.layer.kind].finish(core.unit)
        dut = harness.place(unit, "finish")
        given = Formulas(harness, core)
        given.tensors = anything(harness, dut.unit, "tensors", late=pipeline.rows)
        given.suppose_within(given.scale("scale_c"), core.unit.unit_scales["scale_c"].interval)
        normal = harness.free(dut.normal.shape(), "normal")
        held = harness.free(Value.cast(dut.held).shape(), "held")
        harness.m.d.comb += [
            dut.normal.eq(normal),
            dut.held.eq(harness.past(held, pipeline.meets)),
        ]
        cycles = pipeline.finish - 1
        wanted = harness.past(_formula(given, normal, held), cycles)
        harness.always(~harness.past(1, cycles) | (dut.h_next == wanted))

    return build


def _core(layer, options):
    return small_core(hidden=2, inputs=1, layer={"cell_affine": AFFINE, **layer}, **options)


def claims():
    """All claims about second halves of units."""
    return [
        Claim(f"cells: {name}", finishing(*case), _core(*case).pipeline.finish + 2)
        for name, case in CASES.items()
    ]
