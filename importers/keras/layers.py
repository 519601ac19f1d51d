"""What each layer of Keras does to a chain: a row of `LAYERS` for each class."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pascaline.importers.keras.chain import Chain
from pascaline.importers.keras.dense import (
    add_activation,
    add_batch_normalization,
    add_dense,
    add_embedding,
    add_normalization,
    add_rescaling,
)
from pascaline.importers.keras.entry import Entry
from pascaline.importers.keras.recurrent import add_bidirectional, add_recurrent
from pascaline.importers.network import Result
from pascaline.spec.errors import brief

__all__ = ["LAYERS", "add", "add_input"]

FRONT = "compute it before the machine, and import the layers from the recurrent ones on"
ONE = "a machine has one chain of layers"
LAST = "return_sequences=False gives the last step without it"
STEPS = "a machine has an output for each step that it gets"

WHOLE = tuple(f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64))
"""Types of inputs that are no real numbers."""


def add(chain: Chain, entry: Entry) -> None:
    """Put a layer behind a chain; raises `InputError` for one that no model can have."""
    if not entry.known:
        entry.refuse("is not a layer of Keras: what it computes is in its code, not in the file")
    # Symbols and pixels come as whole numbers, which the layer behind the input makes reals of.
    whole = entry.kind == "InputLayer" and entry.settings.get("dtype") in WHOLE
    precision = "float32" if whole else entry.precision
    if entry.kind in REFUSED:
        entry.refuse(f"is not supported: {REFUSED[entry.kind]}")
    if entry.kind not in LAYERS:
        entry.refuse(f"is not supported; known are {', '.join(LAYERS)}")
    if chain.ended and entry.kind not in IDLE:
        entry.refuse(f"is not supported behind {chain.ended}")
    if entry.arguments and entry.kind != "GetItem":
        entry.refuse("must have one input: branches are not supported")
    LAYERS[entry.kind](chain, entry)
    if rest := entry.variables.rest():
        entry.refuse("has a variable that is not understood", brief(rest[0]))
    if entry.kind in TRAINED and precision.endswith("float16"):
        chain.assumed.append(
            entry.said(f"computes in {precision}: its numbers are taken over as they are stored")
        )


def add_input(chain: Chain, entry: Entry) -> None:
    """The shape of an input: sequences of vectors, or of numbers."""
    if chain.layers or chain.affine is not None or chain.scalars is not None:
        entry.refuse("must come first")
    shape = next(
        (entry.settings[key] for key in SHAPES if entry.settings.get(key) is not None), None
    )
    if not isinstance(shape, list) or len(shape) not in (2, 3):
        rule = "must be sequences: shape must be [batch, steps] or [batch, steps, features]"
        entry.refuse(rule, brief(repr(shape)))
    chain.scalars = len(shape) == 2
    if not chain.scalars and shape[2] is not None:
        if not isinstance(shape[2], int) or isinstance(shape[2], bool):
            entry.refuse("features must be a number", brief(repr(shape[2])))
        chain.widen(entry, shape[2])


def _leave(chain: Chain, entry: Entry) -> None:
    chain.left_out.append(entry.said("it does nothing at inference"))


def _add_masking(chain: Chain, entry: Entry) -> None:
    chain.needs_steps(entry)
    if entry.real("mask_value", 0.0):
        entry.refuse("mask_value must be 0: others are made 0", entry.real("mask_value", 0.0))
    chain.masked = entry


def _pool(result: Result) -> Callable[[Chain, Entry], None]:
    def add_pooling(chain: Chain, entry: Entry) -> None:
        chain.needs_steps(entry)
        if not chain.layers:
            entry.refuse("must come behind a recurrent layer")
        entry.only("keepdims", False)
        entry.only("data_format", "channels_last", None)
        if chain.masked is not None:
            chain.masked.refuse("is not supported before pooling: every step counts there")
        gain = None if chain.affine is None else chain.affine.gain
        if result == "max" and chain.affine is not None and (gain is None or gain.min() <= 0):
            entry.refuse(
                "must come before dense layers and negative gains: a machine takes the largest"
                " values of outputs of recurrent layers"
            )
        chain.result = result

    return add_pooling


def _add_item(chain: Chain, entry: Entry) -> None:
    """``outputs[:, -1]``: the last step."""
    chain.needs_steps(entry)
    chosen = entry.arguments[0] if len(entry.arguments) == 1 else None
    every = {"start": None, "stop": None, "step": None}
    parts: list[Any] = [
        "all" if isinstance(one, dict) and one.get("config") == every else one
        for one in (chosen if isinstance(chosen, list) else [])
    ]
    if parts not in (["all", -1], ["all", -1, "all"]) or not chain.layers:
        entry.refuse("must be [:, -1] or [:, -1, :] behind a recurrent layer")
    chain.result = "first-of-backward" if chain.layers[-1].bidirectional else "last"


def _add_reshape(chain: Chain, entry: Entry) -> None:
    """A shape that keeps steps as they are, and gives numbers an axis of their own."""
    target = entry.settings.get("target_shape")
    width = 1 if chain.scalars else chain.width
    good = isinstance(target, list) and len(target) == 2 and chain.result is None
    if not good or width is None or target is None or target[1:] != [width]:
        entry.refuse("must keep steps and features as they are", brief(repr(target)))
    chain.scalars = False
    chain.widen(entry, width)
    chain.left_out.append(entry.said("steps and features are as before"))


def _add_distributed(chain: Chain, entry: Entry) -> None:
    """A layer for each step by itself, as all these are anyway."""
    inner = entry.inside("layer", "layer")
    if inner.kind not in EACH or not inner.known:
        inner.refuse(f"within TimeDistributed must be {', '.join(EACH)}")
    chain.needs_steps(entry)
    LAYERS[inner.kind](chain, inner)


SHAPES = ("batch_shape", "batch_input_shape")
"""What the shape of an input is called in Keras 3 and in Keras 2."""

LAYERS: dict[str, Callable[[Chain, Entry], None]] = {
    "InputLayer": add_input,
    "LSTM": add_recurrent,
    "GRU": add_recurrent,
    "SimpleRNN": add_recurrent,
    "RNN": add_recurrent,
    "Bidirectional": add_bidirectional,
    "TimeDistributed": _add_distributed,
    "Dense": add_dense,
    "Activation": add_activation,
    "Softmax": add_activation,
    "Embedding": add_embedding,
    "Normalization": add_normalization,
    "BatchNormalization": add_batch_normalization,
    "Rescaling": add_rescaling,
    "GlobalMaxPooling1D": _pool("max"),
    "GlobalAveragePooling1D": _pool("mean"),
    "GetItem": _add_item,
    "Reshape": _add_reshape,
    "Masking": _add_masking,
    "Dropout": _leave,
    "SpatialDropout1D": _leave,
    "GaussianNoise": _leave,
    "GaussianDropout": _leave,
    "AlphaDropout": _leave,
    "ActivityRegularization": _leave,
    "Identity": _leave,
}
"""By class, what is done for a layer."""

IDLE = tuple(kind for kind, handler in LAYERS.items() if handler is _leave)
"""Layers that do nothing at inference."""

EACH = ("Dense", "Activation", "Softmax", "BatchNormalization", "Rescaling", *IDLE)
"""Layers that treat each step by itself."""

TRAINED = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "TimeDistributed", "Dense")
"""Layers of whose precision something is said."""

REFUSED = {
    **dict.fromkeys(("Conv1D", "SeparableConv1D", "DepthwiseConv1D", "Conv2D", "Conv3D"), FRONT),
    **dict.fromkeys(("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), "its products are convolutions"),
    **dict.fromkeys(("MaxPooling1D", "AveragePooling1D", "UpSampling1D"), STEPS),
    **dict.fromkeys(("ZeroPadding1D", "Cropping1D", "RepeatVector", "Permute"), STEPS),
    **dict.fromkeys(("Add", "Subtract", "Multiply", "Average", "Concatenate", "Dot"), ONE),
    **dict.fromkeys(("Attention", "AdditiveAttention", "MultiHeadAttention"), ONE),
    **dict.fromkeys(("LayerNormalization", "GroupNormalization"), "it needs all values of a step"),
    **dict.fromkeys(("TextVectorization", "StringLookup", "IntegerLookup", "Hashing"), FRONT),
    **dict.fromkeys(
        ("CategoryEncoding", "Discretization", "MelSpectrogram", "STFTSpectrogram"), FRONT
    ),
    **dict.fromkeys(("Lambda", "TFOpLambda", "SlicingOpLambda"), f"it is code; {LAST}"),
    **dict.fromkeys(("CuDNNLSTM", "CuDNNGRU"), "save the model with LSTM or GRU, which load it"),
    **dict.fromkeys(("ReLU", "LeakyReLU", "PReLU", "ELU"), "a machine has linear heads only"),
    **dict.fromkeys(("Sequential", "Functional", "Model"), "put its layers into the model itself"),
    "Flatten": f"a head sees one vector, not those of all steps; {LAST}",
}
"""Layers that are not in the table, and what to do instead."""
