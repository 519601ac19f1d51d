"""The machines of the campaigns: named configurations, with numbers that reach all that they can.

In a tiny network the scales of 16 bits that a configuration has would all be as large as they can
be, a cell would need dozens of steps to saturate, and one class of a head would nearly always win.
What a fault in such a place does would hardly ever be seen, and just as hardly be proven.
"""

from __future__ import annotations

from typing import Any

from pascaline.sim.case import Case
from pascaline.spec.cells.layer import Layer
from pascaline.spec.configs import configs
from pascaline.spec.errors import InputError
from pascaline.spec.network import Network

__all__ = ["COUNTS", "machine"]

COUNTS = {
    "tiny-binary": 1000,
    "tiny-ternary": 1000,
    "tiny-binary:axi": 1000,
    "tiny-gru": 400,
    "tiny-bilstm": 400,
    "tiny-binary:wishbone": 400,
}
"""Mutants of each machine that is tried by default; behind a colon the ports, if not streams."""

LONGEST, HELD = 16, 4
"""Vectors of a packet on a bus: as many as fill the buffers in a short time; and of a sequence,
where a machine holds all of it."""

SCALING = {"scale_width": 8, "bias_width": 16, "shift": 5}
"""Scales of about 64, so that pre-activations have unit variance without any scale at its limit."""

CELL = {"width": 13, "frac": 11}
"""Saturates at 2."""

HEAD = {"scale_width": 6, "bias_width": 16}
"""Logits so narrow that two of them are sometimes equal."""


def machine(name: str) -> Case:
    """The machine of a campaign, without any traffic.

    Parameters
    ----------
    name : str
        Of the configuration; behind a colon the ports, if not streams: ``tiny-ternary:axi``.

    Raises
    ------
    InputError
        If there is no such configuration, or no such ports.
    """
    known, colon, style = name.partition(":")
    named = {key: config for key, config in configs().items() if config.network is not None}
    if known not in named or (colon and style not in ("axi", "wishbone")):
        rule = f"must be one of {', '.join(named)}, followed by :axi or :wishbone for a bus"
        raise InputError("mutants", rule, name)
    config = named[known]
    assert config.network is not None
    # The numbers of mutants in `mutants.known` are those of netlists with full tables.
    changed: dict[str, Any] = {"full_tables": True}
    changed |= {"ports": style, "longest": LONGEST} if style else {}
    changed |= {"longest": HELD} if config.network.bidirectional else {}
    return Case(
        seed=config.seed,
        network=_reaching(config.network),
        shared_scale=config.shared_scale,
        orthogonal=config.orthogonal,
        even=True,
        machine=config.machine.model_copy(update=changed),
    )


def _reaching(network: Network) -> Network:
    """With formats that numbers fill, and one layer where that has two directions."""
    plain = network.model_dump()
    layers = network.layers[:1] if network.bidirectional else network.layers
    plain["layers"] = tuple(_layer(layer) for layer in layers)
    if network.head is not None:
        plain["head"] = network.head.model_dump() | HEAD
        if network.pooling != "none":  # All that comes to the head is positive: one class wins.
            plain["head"]["output"] = "logits"
    return Network.parse(plain, thing="mutants")


def _layer(layer: Layer) -> dict[str, Any]:
    plain = layer.model_dump()
    plain["normaliser"] = layer.normaliser.model_dump() | SCALING
    return plain | ({"cell": CELL} if "cell" in plain else {})
