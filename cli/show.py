"""``list`` and ``show``: what there is, and what a model on its machine looks like."""

from __future__ import annotations

from typing import Any

import click

import models
from cli.catalogue import find_design, machine_options, target_option
from cli.console import json_option, print_json, table
from spec import cycles
from spec.arithmetic import Arithmetic
from spec.configs import configs
from spec.design import Design
from spec.modelfile import read_model
from spec.storage import BASELINE, baseline, storage
from spec.tensors import tensor_specs

__all__ = ["list_", "show"]


@click.command("list")
@json_option
def list_(*, as_json: bool) -> None:
    """List shipped models and named configurations."""
    shipped = [read_model(models.path(name)) for name in models.names()]
    named = {name: config for name, config in configs().items() if config.network is not None}
    result: dict[str, list[dict[str, Any]]] = {
        "models": [
            {
                "name": model.name,
                "inputs": model.network.inputs,
                "hidden": model.network.layers[0].hidden,
                "weights": model.network.layers[0].weights.name,
                "accuracy": model.card.get("accuracy"),
            }
            for model in shipped
        ],
        "configurations": [
            {
                "name": name,
                "inputs": config.network.inputs,
                "hidden": config.network.layers[0].hidden,
                "weights": config.network.layers[0].weights.name,
                "machine": config.machine.model_dump(mode="json", exclude_none=True),
            }
            for name, config in named.items()
            if config.network is not None
        ],
    }
    if as_json:
        print_json(result)
        return
    columns = ["name", "inputs", "hidden", "weights"]
    table(
        "Shipped models",
        [*columns, "held-out accuracy (integer)"],
        [
            [*(entry[column] for column in columns), _score(entry["accuracy"])]
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


@click.command()
@click.argument("model")
@target_option
@machine_options
@click.option("--storage", "bits_only", is_flag=True, help="Show the bits of its parts instead.")
@json_option
def show(model: str, *, target: str, bits_only: bool, as_json: bool, **machine: Any) -> None:
    """Describe a MODEL and the machine it would run on."""
    design = find_design(model, machine, target)
    result = describe(design)
    if as_json:
        print_json(result)
        return
    if bits_only:
        _show_storage(design, result["storage"])
        return
    layer, network = design.layer, design.network
    formats = {name: str(getattr(layer, name)) for name in ("h", "pre", "sigmoid", "tanh", "cell")}
    head = design.head
    rows: list[list[Any]] = [
        ["network", f"{network.inputs} inputs, {layer.hidden} hidden units, {layer.kind}"],
        ["weights", f"{layer.weights.name}, {result['weight_bits']:,} bits"],
        ["scales", "one a row" if design.shared_scale else "two a row"],
        ["formats", ", ".join(f"{k} {v}" for k, v in ({"x": str(network.x)} | formats).items())],
        ["activation", layer.activation.form],
        ["head", f"{head.classes} x {head.weights.name}, {head.output}" if head else "none"],
        ["results", network.results],
        ["machine", f"{design.machine.units} units x {design.machine.simd} inputs"],
        [
            "lanes",
            f"{result['lanes']}, {result['operations_per_cycle']:,} weight operations a cycle",
        ],
        ["lane design", design.machine.lane],
        ["cell units", design.cell_units],
        ["cycles a step", f"{result['cycles_per_step']:,}"],
        ["utilisation", f"{result['utilisation']:.3f} of the lanes in a long sequence"],
    ]
    if accuracy := design.model.card.get("accuracy"):
        rows.append(["accuracy", f"{_score(accuracy)} held out"])
    table(design.model.name, ["what", "value"], rows)


def describe(design: Design) -> dict[str, Any]:
    """Plain values for JSON."""
    weight_bits = sum(
        spec.shape[0] * spec.shape[1] * spec.values.bits
        for spec in tensor_specs(design.network).values()
        if isinstance(spec.values, Arithmetic)
    )
    product, step = design.x_product, cycles.step_cycles(design)
    return {
        "name": design.model.name,
        "network": design.network.model_dump(mode="json"),
        "machine": design.machine.model_dump(mode="json"),
        "card": design.model.card,
        "weight_bits": weight_bits,
        "storage": _storage(design),
        "lanes": product.lanes,
        "operations_per_cycle": product.lanes * product.simd,
        "cell_units": design.cell_units,
        "shared_scale": design.shared_scale,
        "cycles_per_step": step,
        "utilisation": cycles.useful_operations(design) / (product.lanes * product.simd * step),
    }


def _storage(design: Design) -> dict[str, Any]:
    """Bits of the model, and of the one with 12-bit weights that it is compared with."""
    bits = storage(design.model, dense=design.dense).as_dict()
    compared = baseline(design.model).as_dict()
    ratio = {part: compared[part] / bits[part] for part in ("weights", "layer", "total")}
    return {"bits": bits, BASELINE.name: compared, "ratio": ratio}


def _show_storage(design: Design, found: dict[str, Any]) -> None:
    bits, compared, ratio = found["bits"], found[BASELINE.name], found["ratio"]
    weights = design.layer.weights.name + (", five in a byte" if design.dense else "")
    table(
        f"Bits of {design.model.name}: each number once",
        ["part", weights, BASELINE.name, "ratio"],
        [
            [part, bits[part], compared[part], f"{ratio[part]:.2f}" if part in ratio else ""]
            for part in bits
        ],
    )


def _score(accuracy: Any) -> str:
    if not accuracy:
        return "-"
    score = accuracy["integer"]
    if "bits" in score:
        return f"{score['bits']:.4f} bits a character"
    return f"{100 * score['correct'] / score['total']:.2f} % of {score['total']:,}"
