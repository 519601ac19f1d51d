"""The area of a component of `hdl` by itself, without its memories."""

from __future__ import annotations

from typing import Any

from pascaline.spec.folders import build_folder
from pascaline.spec.progress import Progress
from pascaline.synth.report import report
from pascaline.synth.targets import Target

__all__ = ["component_area", "component_price"]


def component_area(component: Any, found: Target) -> dict[str, int]:
    """Columns of a target for an Amaranth component, as `synth.report.Report.area`."""
    from pascaline.hdl.verilog import emit  # Amaranth takes a while to import.

    text, kinds, _ = emit(component, "alone")
    whole = {"module": "alone", "stage": "", "part": "alone"}
    description = {"name": "alone", "kinds": kinds, "parts": ["alone"], "instances": {"": whole}}
    return report(text, description, found, build_folder() / "synth").area


def component_price(component: Any, what: str, found: Target, progress: Progress) -> float:
    """Its cost in the unit of the target."""
    progress(f"synthesising {what} for {found.name}", 0, 0)
    return found.price(component_area(component, found))
