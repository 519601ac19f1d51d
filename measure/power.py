"""Power of a machine of library cells: its gates at work on real inputs."""

from __future__ import annotations

from typing import Any

from pascaline.host.cache import remembered
from pascaline.measure.samples import take_samples
from pascaline.sim.job import Episode, Job, Sequence
from pascaline.sim.simulators import simulator
from pascaline.sim.waveform import record
from pascaline.spec import cycles
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.spec.scratch import temporary
from pascaline.synth.activity import toggles
from pascaline.synth.liberty import Library
from pascaline.synth.power import cell_models, known_start, power
from pascaline.synth.timing import CLOCK, PREFIX, Gates

__all__ = ["POWER", "measure_power"]

POWER = ("power_mw", "energy_per_step_nj", "energy_per_inference_nj", "gate_level")
"""What is measured."""

SAMPLES = 20
"""Recordings whose mean length is that of an inference."""


def measure_power(
    design: Design, machine: Gates, library: Library, clock: float, steps: int
) -> dict[str, Any]:
    """Simulate the gates on the first steps of a recording and give power and energy.

    Parameters
    ----------
    design, machine, library
        What was made of what.
    clock : float
        MHz.
    steps : int
        How many steps.

    Raises
    ------
    InputError
        If a tool is missing or fails, or if an output is not what the golden model says.
    """
    samples = take_samples(design, SAMPLES, 0, None)
    x = samples.sequences[0][:steps]
    cache = build_folder() / "synth"
    verilog = machine.whole + known_start(cell_models(library, cache))
    pins = frozenset(pin for outputs in library.outputs.values() for pin in outputs)
    episode = Episode(sequences=(Sequence(x=x, dump=True),))
    job = Job(design=design, episodes=(episode,))

    def simulate() -> dict[str, Any]:
        with temporary() as folder:
            outcome, waveform = record(verilog, design.name, job, folder)
            if not outcome.good:
                raise InputError(f"the gates of {design.name}", f"fail: {outcome.faults[0]}")
            activity = toggles(waveform, clock=CLOCK, prefix=PREFIX, pins=pins)
            return {"values": outcome.values, "activity": activity}

    identity: list[str | bytes] = ["activity", simulator("icarus").identity, verilog, x.tobytes()]
    found = remembered(cache, identity, simulate)
    milliwatts = power(machine, library, clock, found["activity"])
    step = milliwatts * cycles.step_cycles(design) / clock
    lengths = [len(sequence) for sequence in samples.sequences]
    inference = step * sum(lengths) / len(lengths) if samples.labels else None
    run = {
        "steps": len(x),
        "source": samples.source,
        "values": found["values"],
        "mismatches": 0,
    }
    return dict(zip(POWER, (milliwatts, step, inference, run), strict=True))
