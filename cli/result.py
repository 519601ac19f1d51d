"""The result of ``report``: one object, from which JSON, tables and the page are made."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from cli.generate import make_verilog
from spec import cycles
from spec.design import Design
from spec.timeline import timeline
from synth.targets import Target

__all__ = ["command_line", "make_result"]


def make_result(
    design: Design, target: Target, command: str, found: dict[str, Any]
) -> dict[str, Any]:
    """All that a report says, as plain values.

    Parameters
    ----------
    design : Design
        The machine.
    target : Target
        For what.
    command : str
        What makes the report again.
    found : dict
        What synthesis, place and route, or timing found; with ``target_title`` if that is not the
        target's.
    """
    described = make_verilog(design).description
    result = {
        "model": design.model.name,
        "machine": design.machine.model_dump(mode="json"),
        "command": command,
        "generator": {"pascaline": described["pascaline"], **described["tools"]},
        "verilog_sha256": described["verilog_sha256"],
        "target_title": target.title,
        "cost": target.cost,
        **found,
        "cycles_per_step": cycles.step_cycles(design),
        "step": _step(design),
        "timeline": timeline(design).as_dict(),
    }
    # As a reader of the JSON has it: names of fields are text there, even those of seeds.
    plain: dict[str, Any] = json.loads(json.dumps(result))
    return plain


def _step(design: Design) -> dict[str, Any]:
    """What the cycles of a step follow from."""
    product = design.x_product
    head = design.head_product
    return {
        "inputs": design.network.inputs,
        "hidden": design.layer.hidden,
        "weights": design.layer.weights.name,
        "results": design.network.results,
        "lanes": product.lanes,
        "simd": product.simd,
        "cell_units": design.cell_units,
        "head": None if head is None else {"rows": head.rows, "lanes": head.lanes},
        "tiles": design.tiles,
        "x_chunks": design.x_product.chunks,
        "h_chunks": design.h_product.chunks,
        "tile_groups": design.tile_groups,
        "last_groups": design.last_groups,
        "group_cycles": design.group_cycles,
        "tile_drain": design.tile_drain,
        "last_drain": design.last_drain,
        "streams": design.machine.streams,
        "lane_latency": cycles.lane_latency(design),
        "cell_latency": design.pipeline.whole,
        "h_latency": cycles.h_latency(design),
        "utilisation": cycles.useful_operations(design)
        / (product.lanes * product.simd * cycles.step_cycles(design)),
    }


def command_line(context: click.Context, *, without: tuple[str, ...]) -> str:
    """The command that is running, with the options that were given; files without their folders.

    Parameters
    ----------
    context : click.Context
        Of the command.
    without : tuple of str
        Names of parameters that are left out.
    """
    words = ["pascaline", str(context.info_name)]
    for parameter in context.command.params:
        name = str(parameter.name)
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if not given or name in without:
            continue
        value = context.params[name]
        if isinstance(value, bool):
            words.append((parameter.opts if value else parameter.secondary_opts)[0])
            continue
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(parameter, click.Option):
                words.append(parameter.opts[0])
            words.append(_word(one))
    return shlex.join(words)


def _word(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return Path(text).name if Path(text).is_absolute() else text
