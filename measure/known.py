"""What is known of a model and its machine without measuring them: accuracy, and its like."""

from __future__ import annotations

from typing import Any

from pascaline.data.confusion import confusion
from pascaline.measure.peers import PEERS
from pascaline.spec.classes import class_names
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.model import Model
from pascaline.synth.choice import multiplier

__all__ = ["accuracy", "others"]


def accuracy(model: Model) -> dict[str, Any]:
    """What a model's card says of its accuracy, and which classes it takes for which.

    Returns
    -------
    dict
        ``part``, ``float`` and ``integer`` as in the card, or None; ``classes``, their names;
        ``confusion`` as `data.confusion.confusion` has it, or None, and then ``unknown``: why.
    """
    recorded: Any = model.card.get("accuracy") or {}
    found = {key: recorded.get(key) for key in ("part", "float", "integer")}
    for key in ("float", "integer"):  # Which sequences are wrong is of no use without them.
        score = found[key]
        found[key] = score and {name: value for name, value in score.items() if name != "wrong"}
    try:
        rows, unknown = confusion(model), None
    except InputError as error:
        rows, unknown = None, str(error)
    return found | {"classes": list(class_names(model)), "confusion": rows, "unknown": unknown}


def others(design: Design, target: str) -> dict[str, Any]:
    """A weight operation beside a 12-bit multiplier, and other generators with the same network.

    Returns
    -------
    dict
        ``multiplier``: None, as for weights that are wires, or ``weights``, ``lane``, ``ratio`` and
        ``measured_on``; ``peers``: of each its ``name``, ``cycles``, ``luts``, ``multipliers`` and
        ``exact``.
    """
    layer, lane = design.network.layers[0], design.machine.lane
    wired = design.machine.home.wired
    found = None if wired else multiplier(target, layer.weights.name, lane)
    ratio = found and {
        "weights": layer.weights.name,
        "lane": lane,
        "ratio": found[1],
        "measured_on": found[0],
    }
    fields = ("name", "cycles", "luts", "multipliers", "exact")
    peers = [
        {field: getattr(peer, field) for field in fields}
        for peer in PEERS
        if peer.config == design.model.name
    ]
    return {"multiplier": ratio, "peers": peers}
