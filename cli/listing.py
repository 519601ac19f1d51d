"""``list``: the shipped models, and the named configurations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pascaline import models
from pascaline.cli.command import command, output_options
from pascaline.console import print_json, table

if TYPE_CHECKING:
    from pascaline.spec.network import Network

__all__ = ["list_"]


@command("list", example="pascaline list")
@output_options
def list_(*, as_json: bool) -> None:
    """List shipped models and named configurations."""
    from pascaline.measure.words import score_words
    from pascaline.spec.configs import configs
    from pascaline.spec.modelfile import read_header

    shipped = [read_header(models.path(name)) for name in models.names()]
    named = {name: config for name, config in configs().items() if config.network is not None}
    result: dict[str, list[dict[str, Any]]] = {
        "models": [
            {
                "name": model.name,
                "inputs": model.network.inputs,
                **_layers(model.network),
                "accuracy": model.card.get("accuracy"),
            }
            for model in shipped
        ],
        "configurations": [
            {
                "name": name,
                "inputs": config.network.inputs,
                **_layers(config.network),
                "machine": config.machine.model_dump(mode="json", exclude_none=True),
            }
            for name, config in named.items()
            if config.network is not None
        ],
    }
    if as_json:
        print_json(result)
        return
    columns = ["name", "inputs", "layers", "weights"]
    table(
        "Shipped models",
        [*columns, "held-out accuracy (integer)"],
        [
            [*(entry[column] for column in columns), score_words(entry["accuracy"])]
            for entry in result["models"]
        ],
    )
    table(
        "Configurations with random weights",
        [*columns, "units x simd"],
        [
            [
                *(entry[column] for column in columns),
                f"{entry['machine']['units']} x {entry['machine']['simd']}",
            ]
            for entry in result["configurations"]
        ],
    )


def _layers(network: Network) -> dict[str, Any]:
    """What ``list`` says of a network beside its inputs."""
    from pascaline.measure.words import network_words

    weights = dict.fromkeys(layer.weights.name for layer in network.layers)
    return {"layers": network_words(network), "weights": ", ".join(weights)}
