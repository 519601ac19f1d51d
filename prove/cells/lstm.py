"""Units of LSTMs."""

from pascaline.spec.cells.lstm import GATES

__all__ = ["CASES", "formula"]

AFFINE = {"cell_affine": {"scale_width": 3, "bias_width": 4, "shift": 2}}
PEEPHOLES = {"peephole": True}
LINES = {"activation": {"form": "pwl", "segments": 4}}

CASES = {
    "LSTM, one sum": ({}, {"hidden": 1, "shared": True}),
    "LSTM, two sums": ({}, {"hidden": 1}),
    "LSTM, pipelined": ({}, {"hidden": 1, "shared": True, "pipelined": True}),
    "LSTM, normalised cell": (AFFINE, {"shared": True}),
    "LSTM, peepholes": (PEEPHOLES, {"hidden": 1, "shared": True}),
    "LSTM, lines for functions": (LINES, {"hidden": 1, "shared": True}),
}
"""What is claimed: layers and machines."""


def formula(given):
    """New c and h of an LSTM unit."""
    layer = given.layer

    def gate(name, c):
        seen = given.scale(layer.peepholes[name]) * c if name in layer.peepholes else 0
        z = given.pre(GATES.index(name), seen=seen)
        return given.look("tanh" if name == "g" else "sigmoid", z)

    i, f, g = (gate(name, given.old.c) for name in "ifg")
    kept, gated = f * given.old.c, (i * g) << (layer.cell.frac - layer.tanh.frac)
    c = given.narrow(kept + gated, layer.sigmoid.frac, layer.cell)
    affine, total, shift = layer.cell_affine, c, layer.cell.frac - layer.pre.frac
    if affine is not None:
        bias = given.bias(given.tensors, "bias_c", given.range_of("bias_c"), affine.shift)
        total, shift = given.scale("scale_c") * c + bias, affine.shift
    u = given.narrow(total, shift, layer.pre)
    shift = layer.sigmoid.frac + layer.tanh.frac - layer.h.frac
    return {"c": c}, given.narrow(gate("o", c) * given.look("tanh", u), shift, layer.h)
