"""The area of a component by itself."""

from __future__ import annotations

from typing import Any

from pascaline.spec.folders import build_folder
from pascaline.synth.report import report
from pascaline.synth.targets import Target

__all__ = ["price"]


def price(component: Any, found: Target) -> dict[str, int]:
    """Columns of a target for an Amaranth component, as `synth.report.Report.area`."""
    from pascaline.hdl.verilog import emit  # Amaranth takes a while to import.

    text, kinds, _ = emit(component, "alone")
    whole = {"module": "alone", "stage": "", "part": "alone"}
    description = {"name": "alone", "kinds": kinds, "parts": ["alone"], "instances": {"": whole}}
    return report(text, description, found, build_folder() / "synth").area
