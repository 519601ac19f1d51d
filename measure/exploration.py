"""Many machines for a model, each measured, and which of them are worth building."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from pascaline.host.tools import cores
from pascaline.measure.points import Survey, keep, kept
from pascaline.measure.synthesis import Synthesis
from pascaline.measure.workers import Outcomes, in_processes, on_dask
from pascaline.spec.homes import HOMES
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.progress import Progress, silent
from pascaline.synth.choice import best_lane
from pascaline.synth.explore import Point, Sweep, front, leads, powers, sweep

__all__ = ["OPERATIONS", "Exploration", "explore", "value_of", "varying"]

OPERATIONS = 256
"""Weight operations a cycle at most, where ``units`` or ``simd`` is not given."""

NOTHING = "\N{EN DASH}"
"""Stands for the value of a parameter that says nothing."""

UNITS = {
    "memory_bits": "bits",
    "cycles_per_step": "cycles",
    "clock_mhz": "MHz",
    "steps_per_second": "1/s",
    "energy_per_step_nj": "nJ",
}
"""What the numbers of a point are, beside its area."""


@dataclass(frozen=True, kw_only=True)
class Exploration:
    """The machines that were tried.

    Attributes
    ----------
    model : str
        Name of the model.
    synthesis : Synthesis
        How they were synthesised.
    points : list of Point
        What each costs, in the order of the parameters' values.
    failed : list of dict
        Machines that could not be measured, as ``machine`` and ``error``.
    skipped : int
        Combinations that cannot be built.
    reason : str
        Why the first of them cannot.
    tools : dict of str to str
        Versions.
    cached : int
        How many points an earlier exploration had found.
    """

    model: str
    synthesis: Synthesis
    points: list[Point]
    failed: list[dict[str, Any]]
    skipped: int
    reason: str
    tools: dict[str, str]
    cached: int

    @property
    def front(self) -> list[Point]:
        """The points that no other beats in area, time and energy at once."""
        return [
            point for point, on_it in zip(self.points, front(self.points), strict=True) if on_it
        ]

    def as_dict(self, command: str = "") -> dict[str, Any]:
        """Plain values for JSON; ``command`` is what makes the same again."""
        target = self.synthesis.target
        return {
            "model": self.model,
            "target": target.name,
            "columns": {"area": target.unit} | UNITS,
            "command": command,
            "tool_versions": self.tools,
            "points": [
                asdict(point) | {"steps_per_second": point.steps_per_second, "pareto": pareto}
                for point, pareto in zip(self.points, front(self.points), strict=True)
            ],
            "leads": [asdict(lead) for lead in leads(self.points)],
            "failed": self.failed,
            "skipped": self.skipped,
        }


def explore(
    model: Model,
    synthesis: Synthesis,
    values: Mapping[str, Sequence[Any]],
    *,
    base: Machine | None = None,
    operations: int | None = None,
    limit: int = 200,
    jobs: int | None = None,
    dask: str | None = None,
    progress: Progress = silent,
    failing: Callable[[str], None] = lambda line: None,
) -> Exploration:
    """Measure all machines of a grid; what was measured before is not measured again.

    Parameters
    ----------
    model : Model
        The model.
    synthesis : Synthesis
        How its machines are synthesised.
    values : mapping of str to sequence
        Values of parameters of `spec.machine.Machine`, which are combined. Without them ``units``
        and ``simd`` are powers of two.
    base : Machine, optional
        Has the other parameters; by default of the smallest machine, with the lanes that cost
        least on the target.
    operations : int, optional
        Weight operations a cycle at most; by default `OPERATIONS` unless ``values`` has both
        ``units`` and ``simd``.
    limit : int
        Machines at most.
    jobs : int, optional
        Processes; by default one a core.
    dask : str, optional
        Address of a Dask scheduler whose workers measure instead.
    progress : Progress
        Told how many machines are measured.
    failing : callable
        Told of each machine that cannot be measured, in a line.

    Raises
    ------
    InputError
        If there are too many machines or none, or if a tool is missing.
    """
    values = dict(values)
    if base is None:
        base = Machine()
        values.setdefault("lane", [best_lane(synthesis.target.name, model.network)])
    if operations is None and not {"units", "simd"} <= values.keys():
        operations = OPERATIONS
    values |= powers(model, values, operations or OPERATIONS)
    grid = sweep(model, base, values, limit=limit, operations=operations)
    survey = Survey.here(model, synthesis)

    def compute(machines: Sequence[Machine]) -> Outcomes:
        if dask is not None:
            return on_dask(survey, machines, dask)
        return in_processes(survey, machines, jobs or cores())

    return _collect(survey, grid, compute, progress, failing)


def _collect(
    survey: Survey,
    grid: Sweep,
    compute: Callable[[Sequence[Machine]], Outcomes],
    progress: Progress,
    failing: Callable[[str], None],
) -> Exploration:
    machines = [design.machine for design in grid.designs]
    points = {machine: point for machine in machines if (point := kept(survey, machine))}
    missing = [machine for machine in machines if machine not in points]
    old = len(points)
    failed: list[dict[str, Any]] = []
    names = varying([machine.model_dump(mode="json") for machine in machines])
    stage = f"exploring {survey.model.name}"
    progress(stage, old, len(machines))
    if missing:
        with closing(compute(missing)) as outcomes:
            for machine, outcome in outcomes:
                if isinstance(outcome, Point):
                    keep(survey, machine, outcome)
                    points[machine] = outcome
                else:
                    plain = machine.model_dump(mode="json")
                    failed.append({"machine": plain, "error": outcome})
                    which = " ".join(f"{key}={plain.get(key)}" for key in names or plain)
                    failing(f"{which}: {outcome}")
                progress(stage, len(points) + len(failed), len(machines))
    return Exploration(
        model=survey.model.name,
        synthesis=survey.synthesis,
        points=[points[machine] for machine in machines if machine in points],
        failed=failed,
        skipped=grid.skipped,
        reason=grid.reason,
        tools=survey.tools,
        cached=old,
    )


def varying(machines: Sequence[dict[str, Any]]) -> list[str]:
    """Parameters in which these machines differ, where they say anything."""
    return [
        key
        for key in Machine.model_fields
        if len({value_of(each, key) for each in machines} - {NOTHING}) > 1
    ]


def value_of(machine: Mapping[str, Any], key: str) -> Any:
    """The value of a parameter; a dash where it says nothing, None if it follows from others."""
    value = machine.get(key, Machine.model_fields[key].default)
    unread = HOMES[machine.get("weights", "rom")].unread
    return NOTHING if key in unread else tuple(value) if isinstance(value, list) else value
