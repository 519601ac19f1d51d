"""Units of vanilla RNNs."""

from amaranth.hdl import Mux

__all__ = ["CASES", "formula"]

RELU = {"kind": "rnn", "function": "relu"}

CASES = {
    "RNN, tanh": ({"kind": "rnn"}, {"hidden": 1}),
    "RNN, relu": (RELU, {"hidden": 1}),
    "RNN, relu, pipelined": (RELU, {"hidden": 1, "pipelined": True}),
}
"""What is claimed: layers and machines."""


def formula(given):
    """New h of a vanilla RNN's unit."""
    layer, z = given.layer, given.pre(0)
    if layer.function == "tanh":
        return {}, given.look("tanh", z)
    shift = layer.pre.frac - layer.h.frac
    return {}, given.narrow(Mux(z > 0, z, 0), shift, layer.h)
