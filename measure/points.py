"""One point of an exploration: a machine is generated, synthesised and timed; anywhere."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path

from pascaline.host.cache import recalled, remembered
from pascaline.measure.designs import make_design
from pascaline.measure.synthesis import Synthesis, make_placement, make_report
from pascaline.measure.timing import CLOCK, make_timing
from pascaline.spec import cycles
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.modelfile import model_hash
from pascaline.synth.devices import family
from pascaline.synth.explore import Point
from pascaline.synth.nextpnr import nextpnr_version
from pascaline.synth.timing import opensta_version
from pascaline.synth.yosys import yosys_version

__all__ = ["Survey", "keep", "kept", "measure", "try_to_measure"]

PACKAGES = (
    "adders",
    "data",
    "golden",
    "hdl",
    "host",
    "importers",
    "measure",
    "sim",
    "spec",
    "synth",
)
"""Code that results depend on."""


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What all points of an exploration have in common.

    Attributes
    ----------
    model : Model
        What runs on the machines.
    synthesis : Synthesis
        How these are synthesised.
    tools : dict of str to str
        Versions of the tools that this takes, here.
    code : str
        Which Pascaline this is.
    """

    model: Model
    synthesis: Synthesis
    tools: dict[str, str]
    code: str

    @classmethod
    def here(cls, model: Model, synthesis: Synthesis) -> Survey:
        """A survey for the tools that are installed here.

        Raises
        ------
        InputError
            If one is missing, or if the target cannot be placed and routed.
        """
        tools = tool_versions(synthesis)
        return cls(model=model, synthesis=synthesis, tools=tools, code=code_digest())

    @cached_property
    def identity(self) -> list[str]:
        """All that the points depend on, but for the machine."""
        options = vars(self.synthesis).copy()
        target = options.pop("target")
        return [
            self.code,
            json.dumps(self.tools, sort_keys=True),
            model_hash(self.model),
            target.name,
            target.script,
            *(hashlib.sha256(content).hexdigest() for content in target.files.values()),
            json.dumps(options, sort_keys=True),
        ]


def tool_versions(synthesis: Synthesis) -> dict[str, str]:
    """Versions of what synthesis takes."""
    versions = {"pascaline": version("pascaline"), "amaranth": version("amaranth")}
    versions["yosys"] = yosys_version()
    if synthesis.pnr:
        versions["nextpnr"] = nextpnr_version(family(synthesis.target.name))
    if synthesis.cells:
        versions["opensta"] = opensta_version() or "none"
    return versions


@cache
def code_digest() -> str:
    """Start of a hash of the code that results depend on."""
    total = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((Path(__file__).parents[1] / package).rglob("*.py")):
            total.update(path.read_bytes())
    return total.hexdigest()[:16]


def kept(survey: Survey, machine: Machine) -> Point | None:
    """The point of an earlier exploration, if there is one."""
    found = recalled(_cache(), _identity(survey, machine))
    return Point(**found) if found is not None else None


def keep(survey: Survey, machine: Machine, point: Point) -> None:
    """Keep a point for later explorations."""
    remembered(_cache(), _identity(survey, machine), lambda: asdict(point))


def _cache() -> Path:
    return build_folder() / "explore" / "points"


def _identity(survey: Survey, machine: Machine) -> list[str]:
    return [*survey.identity, json.dumps(machine.model_dump(mode="json"), sort_keys=True)]


def measure(survey: Survey, machine: Machine) -> Point:
    """Generate, synthesise and time a machine.

    Raises
    ------
    InputError
        If a tool fails, if the machine is too large for a device, or if this is another Pascaline
        or another tool than where the survey was made.
    """
    if survey.code != code_digest() or survey.tools != tool_versions(survey.synthesis):
        raise InputError("worker", "must have the same code and tools as the process that explores")
    design, synthesis = make_design(survey.model, machine.model_dump()), survey.synthesis
    made = make_report(design, synthesis.target, dsp=synthesis.dsp)
    clock = energy = None
    if synthesis.pnr:
        # Many points are measured at once: one core is enough for each.
        clock = make_placement(design, synthesis, at_once=1).fmax_mhz
    elif synthesis.cells:
        aim, steps = synthesis.clock or CLOCK, synthesis.power_steps
        timing = make_timing(design, made, synthesis.cells, aim, steps)
        path = timing["critical_path"]
        clock = None if path is None else round(1000 / path["ns"], 2)
        energy = timing["energy_per_step_nj"]
    return Point(
        machine=machine.model_dump(mode="json"),
        area=synthesis.target.price(made.area),
        counts=made.area,
        memory_bits=made.area["memory_bits"],
        cycles_per_step=cycles.step_cycles(design),
        clock_mhz=clock,
        energy_per_step_nj=energy,
    )


def try_to_measure(survey: Survey, machine: Machine) -> Point | str:
    """The point, or in one line why there is none.

    Raises
    ------
    OSError
        If a disk is full, or the like: no other machine would fare better.
    """
    try:
        return measure(survey, machine)
    except InputError as error:
        return str(error)
    except OSError:
        raise
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split())
