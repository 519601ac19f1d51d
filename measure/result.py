"""The result of ``report``: one object, from which JSON, tables and the page are made."""

from __future__ import annotations

import json
from typing import Any

from pascaline.measure.known import accuracy, others
from pascaline.measure.layers import core_step, layer_list, totals
from pascaline.measure.verilog import make_verilog
from pascaline.measure.words import network_words
from pascaline.spec.core import Core
from pascaline.spec.cycles import step_cycles
from pascaline.spec.design import Design
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.stage import Stage
from pascaline.spec.timeline import timeline
from pascaline.synth.targets import Target

__all__ = ["make_result"]


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
        "network": network_words(design.network),
        "layers": layer_list(design),
        "results": design.network.results,
        "machine": design.machine.model_dump(mode="json"),
        "command": command,
        "generator": {"pascaline": described["pascaline"], **described["tools"]},
        "verilog_sha256": described["verilog_sha256"],
        "target_title": target.title,
        "cost": target.cost,
        **found,
        "cycles_per_step": step_cycles(design),
        "totals": totals(design),
        "stages": [_stage(stage) for stage in design.stages],
        "cores": [_core(core) for core in design.cores],
        "head": design.head_unit and _head(design.head_unit),
        "precision": design.model.card.get("precision"),
        "accuracy": accuracy(design.model),
        "beside": others(design, target.name),
    }
    # As a reader of the JSON has it: names of fields are text there, even those of seeds.
    plain: dict[str, Any] = json.loads(json.dumps(result))
    return plain


def _core(core: Core) -> dict[str, Any]:
    """What the cycles of a core's step follow from, and what goes on in it."""
    found = timeline(core)
    return {"step": core_step(core, found), "timeline": found.as_dict()}


def _stage(stage: Stage) -> dict[str, Any]:
    """What a stage is."""
    found = {"name": stage.name, "kind": stage.kind, "title": stage.title}
    return found | {"lines": list(stage.lines)}


def _head(head_unit: HeadUnit) -> dict[str, Any]:
    """The head on its lanes."""
    product = head_unit.product
    return {"rows": product.rows, "columns": sum(head_unit.inputs), "lanes": product.lanes}
