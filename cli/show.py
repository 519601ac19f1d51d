"""``show``: what a model on its machine looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pascaline.cli.catalogue import find_design, machine_options, target_option
from pascaline.cli.command import command, output_options
from pascaline.cli.completion import model_argument
from pascaline.console import bars, print_json, table
from pascaline.pages.precision import precision_tables
from pascaline.spec.machine import Machine

if TYPE_CHECKING:
    from pascaline.spec.design import Design

__all__ = ["show"]


@command(example="pascaline show digits-ternary --units 8 --simd 16")
@model_argument
@target_option
@machine_options
@click.option("--storage", "bits_only", is_flag=True, help="Show the bits of its parts instead.")
@output_options
def show(model: str, *, target: str, bits_only: bool, as_json: bool, **machine: Any) -> None:
    """Describe a MODEL and the machine it would run on."""
    from pascaline.measure.words import network_words, score_words

    design = find_design(model, machine, target)
    if design.machine.home.wired:
        from pascaline.hdl.wired.graphs import find_graphs

        with bars() as progress:
            find_graphs(design, progress)
    result = describe(design)
    if as_json:
        print_json(result)
        return
    if bits_only:
        _show_storage(design, result["storage"])
        return
    network, head, parameters = design.network, design.head, design.machine
    rows: list[list[Any]] = [
        ["network", f"{network.inputs} inputs: {network_words(network)}"],
        ["weights", _weight_words(result["weight_bits"], design)],
        *_layer_rows(result["layers"]),
        ["head", f"{head.classes} x {head.weights.name}, {head.output}" if head else "none"],
        *([["classes", _class_words(result["classes"])]] if result["classes"] else []),
        ["results", network.results],
        ["machine", _machine_words(parameters)],
        [
            "lanes",
            f"{result['lanes']}, {result['operations_per_cycle']:,} weight operations a cycle",
        ],
        *_core_rows(result["cores"]),
        ["cycles a step", f"{result['cycles_per_step']:,}"],
        ["utilisation", f"{result['utilisation']:.3f} of the lanes in a long sequence"],
    ]
    if accuracy := design.model.card.get("accuracy"):
        changed = design.model.card.get("activation")
        before = ", before its activations were changed" if changed else ""
        rows.append(["accuracy", f"{score_words(accuracy)} held out{before}"])
    table(design.model.name, ["what", "value"], rows)
    if found := design.model.card.get("precision"):
        for one in precision_tables(found):
            table(one.title, one.columns, one.rows)


def _class_words(names: list[str]) -> str:
    """Names with their numbers, in quotes where they would not be seen."""
    shown = [name if name.isprintable() and name.strip() else repr(name) for name in names]
    return ", ".join(f"{number} {name}" for number, name in enumerate(shown))


def _layer_rows(layers: list[dict[str, Any]]) -> list[list[Any]]:
    """Of each layer what it computes, and its formats."""
    rows: list[list[Any]] = []
    for index, layer in enumerate(layers):
        at = f" {index}" if len(layers) > 1 else ""
        x, h = layer["weights_x"], layer["weights_h"]
        words = [
            layer["cell"],
            f"{layer['inputs']} inputs",
            f"{layer['hidden']} hidden units",
            *(["two directions"] if layer["directions"] > 1 else []),
            f"{x} weights" if x == h else f"{x} input and {h} recurrent weights",
            *(["zero points"] if layer["zero_points"] else []),
            *([layer["normaliser"]] if layer["normaliser"] else []),
        ]
        rows.append([f"layer{at}", ", ".join(words)])
        formats = ", ".join(f"{name} {text}" for name, text in layer["formats"].items())
        rows.append([f"formats{at}", formats])
        functions = "; ".join(
            f"{name}: {one['form']}, {one['bits']:,} bits"
            + (f" (full: {one['full_bits']:,})" if one["form"] == "folded table" else "")
            for name, one in layer["functions"].items()
        )
        rows += [[f"functions{at}", functions]] if functions else []
    return rows


def _core_rows(cores: list[dict[str, Any]]) -> list[list[Any]]:
    """Of each core what is on it, and how busy it is at its own pace."""
    from pascaline.measure.words import adder_words

    rows: list[list[Any]] = []
    for index, core in enumerate(cores):
        count = core["layers"]
        words = [
            *([f"{count} layers in turn"] if count > 1 else []),
            f"{core['lanes']} lanes",
            f"{core['cell_units']} cell unit{'s' if core['cell_units'] > 1 else ''}",
            f"{'one scale' if core['shared_scale'] else 'two scales'} a row",
            *([f"{len(core['passes'])} passes"] if len(core["passes"]) > 1 else []),
            *([f"{core['directions']} directions in turn"] if core["directions"] > 1 else []),
            f"{core['cycles_per_step']:,} cycles a step",
        ]
        at = f" {index}" if len(cores) > 1 else ""
        rows.append([f"core{at}", ", ".join(words)])
        if found := core.get("adders"):
            rows.append([f"adders{at}", adder_words(found)])
    return rows


def _weight_words(bits: int, design: Design) -> str:
    words = f"{bits:,} bits"
    if not design.machine.home.wired:
        return words
    return f"{words}, none of them stored but those of the head" if design.head else words


def describe(design: Design) -> dict[str, Any]:
    """Plain values for JSON."""
    from pascaline.measure.layers import core_step, layer_list, totals
    from pascaline.spec.arithmetic import Arithmetic
    from pascaline.spec.classes import class_names
    from pascaline.spec.tensors import tensor_specs

    weight_bits = sum(
        spec.shape[0] * spec.shape[1] * spec.values.bits
        for spec in tensor_specs(design.network).values()
        if isinstance(spec.values, Arithmetic)
    )
    return {
        "name": design.model.name,
        "network": design.network.model_dump(mode="json"),
        "layers": layer_list(design),
        "machine": design.machine.model_dump(mode="json"),
        "card": design.model.card,
        "classes": list(class_names(design.model)),
        "weight_bits": weight_bits,
        "storage": _storage(design),
        "cores": [core_step(core) | {"shared_scale": core.shared_scale} for core in design.cores],
        **totals(design),
    }


def _storage(design: Design) -> dict[str, Any]:
    """Bits of the model, and of the one with 12-bit weights that it is compared with."""
    from pascaline.spec.storage import BASELINE, baseline, storage

    bits = storage(design.model, packed=_packed(design)).as_dict()
    compared = baseline(design.model).as_dict()
    ratio = {part: compared[part] / bits[part] for part in ("weights", "layer", "total")}
    return {"bits": bits, BASELINE.name: compared, "ratio": ratio}


def _show_storage(design: Design, found: dict[str, Any]) -> None:
    from pascaline.spec.storage import BASELINE

    bits, compared, ratio = found["bits"], found[BASELINE.name], found["ratio"]
    names = dict.fromkeys(layer.weights.name for layer in design.network.layers)
    weights = ", ".join(names) + (", five in a byte" if _packed(design) else "")
    table(
        f"Bits of {design.model.name}: each number once",
        ["part", weights, BASELINE.name, "ratio"],
        [
            [part, bits[part], compared[part], f"{ratio[part]:.2f}" if part in ratio else ""]
            for part in bits
        ],
    )


def _packed(design: Design) -> bool:
    return design.machine.weight_code == "packed"


def _machine_words(machine: Machine) -> str:
    from pascaline.measure.words import machine_words

    words = machine_words(machine.model_dump(mode="json"))
    return f"{words}; symbols come as numbers" if machine.symbols else words
