"""Layers and cores as plain values and in words, for commands and pages."""

from __future__ import annotations

from math import ceil
from typing import Any

from pascaline.spec import cycles
from pascaline.spec.activation import Table
from pascaline.spec.cells.layer import Layer
from pascaline.spec.core import Core
from pascaline.spec.design import Design
from pascaline.spec.folded import find_fold
from pascaline.spec.formats import Format
from pascaline.spec.stages.decode import Decode
from pascaline.spec.storage import function_bits
from pascaline.spec.timeline import Timeline, timeline

__all__ = ["core_step", "layer_list", "totals"]


def layer_list(design: Design) -> list[dict[str, Any]]:
    """Each layer of a network: its cell, sizes, weights, formats and functions."""
    network, full = design.network, design.machine.full_tables
    return [
        {
            "cell": layer.full_title,
            "inputs": network.layer_inputs(index),
            "hidden": layer.hidden,
            "directions": layer.directions,
            "weights_x": layer.weights_x.name,
            "weights_h": layer.weights_h.name,
            "normaliser": layer.norm_title,
            "zero_points": layer.zero_points,
            "activation": str(layer.activation),
            "functions": _functions(layer, full=full),
            "formats": {"x": str(network.layer_x(index))}
            | {name: str(value) for name, value in layer if isinstance(value, Format)},
        }
        for index, layer in enumerate(network.layers)
    ]


def _functions(layer: Layer, *, full: bool) -> dict[str, dict[str, Any]]:
    """Activation functions: how machines have each, its bits, and those of a full table."""
    found = {}
    for name, out in layer.functions.items():
        form = str(layer.activation)
        full_bits = out.width << layer.pre.width
        bits = function_bits(layer.activation, name, layer.pre, out)
        if isinstance(layer.activation, Table):
            folded = not full and find_fold(name, layer.pre, out) is not None
            form, bits = ("folded table", bits) if folded else ("full table", full_bits)
        found[name] = {"form": form, "bits": bits, "full_bits": full_bits}
    return found


def totals(design: Design) -> dict[str, Any]:
    """What all cores have together; of a decoder, whose steps are symbols, apart as ``decoder``."""
    step = cycles.step_cycles(design)
    decoders = [_decoder(stage) for stage in design.stages if isinstance(stage, Decode)]
    return {
        "lanes": sum(core.x_product.lanes for core in design.cores),
        "operations_per_cycle": ceil(design.places),
        "operations_per_step": design.operations,
        "cycles_per_step": step,
        "utilisation": float(design.operations / (design.places * step)),
        "decoder": decoders[0] if decoders else None,
    }


def _decoder(stage: Decode) -> dict[str, Any]:
    """The lanes of a decoder, and what they do for a symbol."""
    product, layer = stage.core.x_product, stage.core.layer
    return {
        **_adders(stage.core),
        "lanes": product.lanes,
        "operations_per_cycle": ceil(stage.core.places),
        "operations_per_symbol": layer.rows * (sum(stage.core.inputs) + layer.hidden),
    }


def core_step(core: Core, found: Timeline | None = None) -> dict[str, Any]:
    """What the cycles of a core follow from.

    Parameters
    ----------
    core : Core
        The core.
    found : Timeline, optional
        Its timeline, if that is known.
    """
    found = found or timeline(core)
    layer, product, head_unit = core.layer, core.x_product, core.head_unit
    paces = core.directions * found.period / found.steps
    pace = int(paces) if paces == int(paces) else paces
    columns = [sum(core.inputs)] + [layer.hidden] * (len(core.layers) - 1)
    weights = [one + (layer.hidden if core.reads_h else 0) for one in columns]
    operations = layer.directions * layer.rows * sum(weights)
    norm = core.program.norm
    return {
        "cell": layer.full_title,
        "layers": len(core.layers),
        "directions": core.directions,
        "inputs": sum(core.inputs),
        "hidden": layer.hidden,
        "weights": layer.weights.name,
        "results": core.results,
        "lanes": product.lanes,
        "simd": product.simd,
        "cell_units": core.cell_units,
        "head": None
        if head_unit is None
        else {"rows": head_unit.product.rows, "lanes": head_unit.product.lanes},
        "tiles": core.program.tiles,
        **_transform(core),
        **_adders(core),
        **({} if norm is None else {"layer_norm": {"cycles": norm.cycles}}),
        "x_chunks": core.x_product.chunks,
        "h_chunks": core.h_product.chunks,
        "passes": [
            {
                "layer": one.layer,
                "phase": one.phase,
                "chunks": one.chunks,
                "waits": _waits(core, index),
            }
            for index, one in enumerate(core.passes)
        ],
        "tile_groups": core.drain.tile_groups,
        "last_groups": core.drain.last_groups,
        "group_cycles": core.drain.group_cycles,
        "tile_drain": core.drain.tile_cycles,
        "last_drain": core.drain.last_cycles,
        "streams": core.streams,
        "lane_latency": core.program.lane_latency,
        "cell_latency": core.pipeline.whole,
        "h_latency": core.program.h_latency,
        "cycles_per_step": pace,
        "utilisation": float(operations / (core.places * pace)),
    }


def _transform(core: Core) -> dict[str, Any]:
    """What transforms h, if anything does."""
    walsh = core.walsh
    if walsh is None:
        return {}
    return {
        "transform": {
            "block": walsh.block,
            "butterflies": walsh.butterflies,
            "adders": walsh.adders,
            "cycles": walsh.cycles,
        }
    }


def _adders(core: Core) -> dict[str, Any]:
    """The graph of adders, where weights are wires."""
    if not core.wired:
        return {}
    from pascaline.hdl.wired.graphs import figures

    return {"adders": figures(core)}


def _waits(core: Core, index: int) -> bool:
    """Whether a pass needs the h that the pass just before it makes."""
    if index == 0 and core.streams > 1:
        return False
    now, before = core.passes[index], core.passes[index - 1]
    return before.to in now.reads
