"""Time and text that Verilog takes."""

from __future__ import annotations

import time
from typing import Any

from pascaline.models.catalogue import find_model
from pascaline.spec.configs import configs
from pascaline.spec.design import Design
from pascaline.spec.progress import Progress, each, silent
from pascaline.spec.scratch import temporary
from pascaline.synth.memories import black_boxes
from pascaline.synth.report import report
from pascaline.synth.targets import target

__all__ = ["time_generation"]

LANES = (16, 64, 256)


def time_generation(*, synthesise: bool = False, progress: Progress = silent) -> dict[str, Any]:
    """Time and text that Verilog takes: hidden 512, 16 to 256 lanes of 16 inputs.

    Parameters
    ----------
    synthesise : bool
        Whether the report for generic gates is timed, too.
    progress : Progress
        Told what is going on.

    Returns
    -------
    dict
        ``machines``, a dict each, in seconds and bytes, and ratios of the last to the first.
    """
    from pascaline.hdl.verilog import generate

    model = find_model("large-ternary")
    machines: list[dict[str, float]] = []
    for count in each(LANES, progress, "numbers of lanes"):
        machine = configs()["large-ternary"].machine.model_copy(update={"units": count // 4})
        design = Design(model=model, machine=machine)
        progress(f"generating {count} lanes", 0, 0)
        start = time.perf_counter()
        made = generate(design)
        seconds = time.perf_counter() - start
        size, (_, roms) = len(made.text), black_boxes(made.text)
        machines.append(
            {
                "lanes": count,
                "seconds": seconds,
                "bytes": size,
                "bytes_without_memories": size - len(roms.verilog),
            }
        )
        if synthesise:
            progress(f"synthesising {count} lanes", 0, 0)
            with temporary() as cache:
                start = time.perf_counter()
                report(made.text, made.description, target("generic"), cache)
                machines[-1]["report_seconds"] = time.perf_counter() - start
    keys = list(machines[0])
    return {
        "machines": machines,
        **{f"{key}_ratio": machines[-1][key] / machines[0][key] for key in keys},
    }
