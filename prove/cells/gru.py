"""Units of GRUs."""

from amaranth.hdl import Mux

from pascaline.spec.formats import half

__all__ = ["CASES", "formula"]

AFTER = {"kind": "gru"}
BEFORE = {"kind": "gru", "reset": "before"}

CASES = {
    "GRU, reset after": (AFTER, {"hidden": 1}),
    "GRU, reset after, pipelined": (AFTER, {"hidden": 1, "pipelined": True}),
    "GRU, reset before": (BEFORE, {"hidden": 1, "shared": True}),
    "GRU, reset before, pipelined": (BEFORE, {"hidden": 1, "shared": True, "pipelined": True}),
}
"""What is claimed: layers and machines."""


def formula(given):
    """New c and h of a GRU unit; with the reset gate before the product, of both phases."""
    layer = given.layer
    frac, align = layer.sigmoid.frac, layer.state.frac - layer.tanh.frac
    c, to_h = given.old.c, layer.state.frac - layer.h.frac

    def update(z, n):
        w = n << align
        return given.narrow((w << frac) + z * (c - w), frac, layer.state)

    if layer.reset == "after":
        r, z = (given.look("sigmoid", given.pre(index)) for index in range(2))
        bias = given.bias(given.tensors, "bias_h", given.range_of("bias_h"), layer.normaliser.shift)
        q, p = given.pre(2, ["scale_h"], bias), given.pre(2, ["scale_x"])
        # The sum is wide: only what is narrow in the formula is narrow here.
        rounded = (given.number(r * q) + half(frac)) >> frac
        n = given.look("tanh", given.narrow(p + rounded, 0, layer.pre))
        new = update(z, n)
        return {"c": new}, given.narrow(new, to_h, layer.h)

    r, z = (given.look("sigmoid", given.pre(index)) for index in range(2))
    q = given.narrow(r * c, frac, layer.state)
    new = update(given.old.scratch, given.look("tanh", given.pre(0)))
    first = {"c": c, "scratch": z}
    second = {"c": new, "scratch": None}
    h = given.narrow(Mux(given.phase, new, q), to_h, layer.h)
    return {name: (first[name], second[name]) for name in first}, h
