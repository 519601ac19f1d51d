"""Networks that the golden model is compared on, and what they are fed with."""

import json

import numpy as np

from pascaline.spec.network import Network
from pascaline.spec.synthetic import synthetic_model


def q(width, frac, signed=True):
    return {"width": width, "frac": frac, "signed": signed}


WIDE = {
    # Sums and products that need 64 bits.
    "h": q(16, 15),
    "pre": q(16, 12),
    "normaliser": {"scale_width": 24, "bias_width": 40, "shift": 30},
}

MAD = {"kind": "layernorm", "spread": "mad"}
RMS = {"kind": "layernorm", "spread": "rms"}

CELLS = {
    "lstm": {},
    "lstm-affine": {"weights": "binary", "cell_affine": {}},
    "lstm-pwl": {"weights": "fixed12", "activation": {"form": "pwl"}},
    "lstm-pieces": {"activation": {"form": "pieces"}},
    "lstm-wide": {
        "weights": "fixed16",
        **WIDE,
        "sigmoid": q(17, 15),
        "tanh": q(16, 15),
        "cell": q(26, 20),
        "cell_affine": {"scale_width": 16},
    },
    "lstm-peephole": {"peephole": True},
    "lstm-peephole-affine": {"peephole": True, "cell_affine": {}, "weights": "binary"},
    "lstm-unsigned-gates": {"sigmoid": q(9, 8, False)},
    "gru": {"kind": "gru"},
    "gru-before": {"kind": "gru", "reset": "before", "weights": "binary"},
    "gru-pwl": {"kind": "gru", "weights": "exp4", "activation": {"form": "pwl"}},
    "gru-pieces": {"kind": "gru", "activation": {"form": "pieces", "slope_bits": 4}},
    "gru-narrow": {"kind": "gru", "reset": "before", "state": q(9, 8), "h": q(6, 4)},
    "gru-wide": {
        "kind": "gru",
        "weights": "fixed16",
        **WIDE,
        "sigmoid": q(17, 15),
        "tanh": q(16, 15),
        "state": q(26, 24),
    },
    "gru-wide-before": {
        "kind": "gru",
        "reset": "before",
        "weights": "fixed16",
        **WIDE,
        "sigmoid": q(17, 16, False),
        "tanh": q(16, 15),
        "state": q(26, 25),
    },
    "rnn": {"kind": "rnn"},
    "rnn-pwl": {"kind": "rnn", "weights": "pow2i1f2", "activation": {"form": "pwl"}},
    "rnn-pieces": {"kind": "rnn", "activation": {"form": "pieces", "slope_bits": 3}},
    "rnn-relu": {"kind": "rnn", "function": "relu", "h": q(8, 5)},
    "rnn-wide": {"kind": "rnn", "function": "relu", "weights": "fixed16", **WIDE, "h": q(16, 12)},
    "hadamard": {"kind": "rnn", "function": "linear", "recurrent": "walsh", "h": q(12, 6)},
    "hadamard-blocks": {
        "kind": "rnn",
        "function": "relu",
        "recurrent": "walsh",
        "block": 2,
        "h": q(8, 5),
    },
    "hadamard-wide": {
        "kind": "rnn",
        "function": "linear",
        "recurrent": "walsh",
        "weights": "fixed16",
        **(WIDE | {"h": q(16, 12), "pre": q(16, 12)}),
    },
    "lstm-hadamard": {"recurrent": "walsh", "weights": "fixed4"},
    "gru-hadamard": {"kind": "gru", "recurrent": "walsh", "block": 2},
    "lstm-norm": {"normaliser": MAD},
    "lstm-norm-cell": {"normaliser": RMS, "cell_affine": MAD},
    "lstm-cell-norm": {"cell_affine": RMS | {"mean_frac": 0}, "weights": "binary"},
    "lstm-norm-peephole": {"normaliser": RMS, "peephole": True},
    "lstm-norm-wide": {
        "weights": "fixed16",
        **(WIDE | {"normaliser": RMS | {"normal": q(24, 16), "mantissa": 12, "mean_frac": 4}}),
        "cell": q(26, 20),
        "tanh": q(16, 15),
    },
    "gru-norm": {"kind": "gru", "normaliser": RMS | {"mantissa": 4, "mean_frac": 0}},
    "gru-norm-before": {
        "kind": "gru",
        "reset": "before",
        "normaliser": MAD | {"normal": q(6, 4)},
    },
    "rnn-norm": {"kind": "rnn", "normaliser": MAD, "function": "relu", "h": q(8, 5)},
    "mixed": {"weights_x": "fixed8", "weights_h": "binary"},
    "lstm-zeros": {"weights": "fixed8", "zero_points": True},
    "gru-zeros": {"kind": "gru", "weights_x": "fixed8", "weights_h": "fixed4", "zero_points": True},
    "gru-zeros-before": {
        "kind": "gru",
        "reset": "before",
        "weights": "fixed4",
        "zero_points": True,
    },
    "zeros-wide": {
        "kind": "rnn",
        "function": "relu",
        "weights": "fixed16",
        "zero_points": True,
        **(WIDE | {"h": q(16, 12)}),
    },
    "hadamard-zeros": {
        "kind": "rnn",
        "function": "relu",
        "recurrent": "walsh",
        "weights": "fixed8",
        "zero_points": True,
        "h": q(8, 5),
    },
    "gru-mixed": {"kind": "gru", "weights_x": "exp5", "weights_h": "ternary"},
}
"""Layers of all kinds, each with what makes it take another way."""

HADAMARD = {"kind": "rnn", "function": "linear", "recurrent": "walsh", "h": q(10, 5)}
LSTM, GRU, RNN = {}, {"kind": "gru", "hidden": 3}, {"kind": "rnn", "hidden": 5}
BEFORE = {"kind": "gru", "reset": "before", "weights": "binary"}
BOTH = {"bidirectional": True}
INITIAL = {"initial": True}
PEEPHOLE = {"peephole": True}
ZEROS = {"zero_points": True, "weights": "fixed8"}

STACKS = {
    "lstm": [LSTM],
    "three-cells": [GRU, LSTM, RNN],
    "norm-both": [GRU | {"normaliser": MAD}, LSTM | {"normaliser": RMS} | BOTH],
    "norm-cell-both": [LSTM | {"normaliser": MAD, "cell_affine": RMS} | BOTH, LSTM],
    "initial": [GRU | INITIAL, LSTM | INITIAL, RNN | INITIAL],
    "initial-both": [BEFORE | INITIAL | BOTH, LSTM, LSTM | INITIAL | BOTH],
    "peephole-both": [LSTM | PEEPHOLE, LSTM | PEEPHOLE | BOTH],
    "formats": [
        RNN | {"function": "relu", "h": {"width": 6, "frac": 2}},
        GRU | {"h": {"width": 12, "frac": 11}, "weights": "fixed4"},
    ],
    "wide-below": [GRU | {"h": {"width": 12, "frac": 11}}, RNN],
    "hadamard-below": [HADAMARD, GRU],
    "hadamard-both": [HADAMARD | BOTH, HADAMARD],
    "zeros-both": [LSTM | ZEROS | BOTH],
    "zeros-above": [RNN | BOTH, LSTM | ZEROS],
    "lstm-both": [LSTM | BOTH],
    "gru-both": [GRU | BOTH],
    "before-both": [BEFORE | BOTH],
    "rnn-both": [RNN | BOTH],
    "both-first": [LSTM | BOTH, GRU],
    "both-last": [GRU, RNN, LSTM | BOTH],
    "both-both": [GRU | BOTH, LSTM | BOTH, RNN],
}
"""Layers on layers, in one direction and in both."""

ENDS = {
    "outputs": {},
    "every": {"results": "every"},
    "pooled": {"pooling": "max"},
    "mean": {"pooling": "mean"},
    "class": {"head": {"classes": 3, "weights": "ternary", "scaled": True}},
    "logits": {
        "head": {"classes": 3, "weights": "binary", "output": "logits"},
        "results": "every",
    },
    "rectified": {"head": {"classes": 3, "weights": "fixed4", "rectified": True}},
    "zero-point": {"head": {"classes": 3, "weights": "fixed8", "zero_point": True}},
    "pooled-logits": {
        "head": {"classes": 2, "weights": "fixed8", "output": "logits"},
        "pooling": "max",
    },
    "attention": {"pooling": "attention", "attention": {}},
    "attention-class": {
        "head": {"classes": 3, "weights": "ternary"},
        "pooling": "attention",
        "attention": {"query": {"width": 8, "frac": 4}, "score": {"width": 10, "frac": 5}},
    },
    "mean-class": {"head": {"classes": 3, "weights": "ternary"}, "pooling": "mean"},
}
"""What networks may end in."""


def sized(layer, hidden):
    """The layer with so many units, or twice as many where an odd number cannot be."""
    return layer | {"hidden": hidden * (2 if "recurrent" in layer and hidden % 2 else 1)}


def network(layers, *, inputs=3, **rest):
    """Layers without a size have 4 units, those without weights are ternary."""
    full = [
        {"hidden": 4, **({} if {"weights", "weights_x"} & one.keys() else {"weights": "ternary"})}
        | one
        for one in layers
    ]
    return Network.parse(json.dumps({"inputs": inputs, "layers": full, **rest}), thing="network")


def model(layers, *, seed=0, shared_scale=False, **rest):
    rng = np.random.default_rng(seed)
    return synthetic_model("test", network(layers, **rest), rng, shared_scale=shared_scale)


def draw(made, rng, *lengths):
    """A sequence of each length, over the whole range of x."""
    x, inputs = made.network.x.interval, made.network.inputs
    return [rng.integers(x.lo, x.hi, (steps, inputs), endpoint=True) for steps in lengths]
