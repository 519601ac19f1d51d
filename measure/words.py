"""Networks, machines and scores in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pascaline.spec.network import Network  # NumPy, which a help can do without.

__all__ = ["adder_words", "lead_words", "machine_words", "network_words", "score_words"]


def network_words(network: Network) -> str:
    """A network in a line: its layers from input to output."""
    sizes = []
    for layer in network.layers:
        both = "bidirectional " if layer.bidirectional else ""
        sizes.append(f"{both}{layer.title} {layer.hidden:,}")
    pooling = [] if network.pooling == "none" else [f"{network.pooling} pooling"]
    decoder = network.decoder
    if decoder is not None:
        pooling.append(f"decoder {decoder.layer.title} {decoder.layer.hidden:,}")
    head = [] if network.head is None else [f"head {network.head.classes:,}"]
    return ", ".join([*sizes, *pooling, *head])


def machine_words(machine: dict[str, Any]) -> str:
    """How much is side by side in a machine, of its parameters as plain values."""
    if machine["weights"] == "wired":
        adders = machine.get("adders", "parallel")
        return f"all units, {machine['simd']} inputs a cycle, wired weights, {adders} adders"
    return f"{machine['units']} units x {machine['simd']} inputs, {machine['lane']} lanes"


def adder_words(found: dict[str, Any]) -> str:
    """What a graph of adders amounts to, of its figures as `hdl.wired.graphs.figures` has them."""
    words = [
        f"{found['adders']:,} adders, {found['unshared']:,} without sharing",
        f"{found['bits']:,} bits",
        f"{found['depth']} in a row",
        *([f"{found['cycles']} cycles, a bit each"] if found["cycles"] > 1 else []),
        f"effort {found['effort']}",
    ]
    return ", ".join(words)


WHERE = {"rom": "weights in ROM", "ram": "loaded weights", "wired": "weights that are wires"}


def lead_words(leads: list[dict[str, Any]]) -> str:
    """At which paces weights in which home have the smallest machine, of `synth.explore.Lead`."""
    return ", ".join(
        f"{WHERE[one['weights']]} from {one['since']:,.4g} {one['unit']} a step on" for one in leads
    )


def score_words(accuracy: Any) -> str:
    """The integer score of a card's ``accuracy``, or a dash if it has none."""
    if not accuracy:
        return "-"
    score = accuracy["integer"]
    if "bits" in score:
        return f"{score['bits']:.4f} bits a character"
    if "edits" in score:
        return f"{100 * score['edits'] / score['total']:.2f} % edits of {score['total']:,}"
    return f"{100 * score['correct'] / score['total']:.2f} % of {score['total']:,}"
