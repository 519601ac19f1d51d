"""A design in a simulator: generated, built, run on sequences, and compared with golden."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pascaline.measure.samples import Samples, check_samples
from pascaline.measure.verilog import make_verilog
from pascaline.sim.hierarchy import Hierarchy
from pascaline.sim.job import Episode, Job, Outcome, Pauses, Sequence
from pascaline.sim.meaning import meaning
from pascaline.sim.model import symbols_of
from pascaline.sim.runner import bench, build, run
from pascaline.sim.signals import parts
from pascaline.sim.simulator import Simulator
from pascaline.sim.viewers import gtkwave, surfer
from pascaline.spec import cycles
from pascaline.spec.classes import class_names
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.files import beside, replacing, write_atomic
from pascaline.spec.folders import build_folder
from pascaline.spec.progress import Progress, silent, stage_of
from pascaline.spec.schedule import interleaved

__all__ = ["Simulation", "run_design", "simulate_samples"]

SHOWN = 3
"""Steps of a waveform that are seen at first."""


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What came out of a simulation, beside what the golden model and the formula say.

    Attributes
    ----------
    model, simulator, source : str
        Names of the model and of the simulator; where the sequences are from.
    samples, steps : int
        Sequences that were completed, and steps of all of them.
    results : list
        Of each sequence, in the order in which they end: its class, or a list of integers.
    order : list of int
        Which sequence each of the results belongs to.
    correct : int or None
        Sequences that got their class, if classes are known and asked for.
    values, mismatches : int
        Output values that were compared with golden, and how many of them differ.
    cycles : int
        From the first beat that is taken to the last result, both included.
    cycles_formula : int or None
        The same by `spec.cycles.sequence_cycles`; ``None`` on a bus, or with pauses.
    cycles_per_step, utilisation : float
        Cycles over steps; part of the places of the lanes that did a weight operation.
    faults : list of str
        What is wrong, a line each.
    seed : int
        Of pauses and random inputs.
    classes : list of str
        Names of the classes that results are, in the order of their numbers; empty without any.
    cut : dict or None
        How many inputs are beyond x, if any are, as `data.excess.Excess.card` has it.
    waves : str or None
        File of the waveform, if there is one.
    """

    model: str
    simulator: str
    source: str
    samples: int
    results: list[Any]
    order: list[int]
    correct: int | None
    steps: int
    values: int
    mismatches: int
    cycles: int
    cycles_formula: int | None
    cycles_per_step: float
    utilisation: float
    faults: list[str]
    seed: int
    classes: list[str] = field(default_factory=list)
    cut: dict[str, Any] | None = None
    waves: str | None = None

    @property
    def good(self) -> bool:
        """Whether something was compared and nothing was wrong."""
        return not self.faults and not self.mismatches and self.values > 0

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        found = asdict(self)
        return {key: value for key, value in found.items() if key != "waves" or value}


def simulate_samples(
    design: Design,
    tool: Simulator,
    samples: Samples,
    *,
    pause: float = 0.0,
    seed: int = 0,
    waves: Path | None = None,
    progress: Progress = silent,
) -> Simulation:
    """Simulate sequences and compare every output value with the golden model.

    Parameters
    ----------
    design : Design
        The design.
    tool : Simulator
        The simulator.
    samples : Samples
        The sequences.
    pause : float
        How likely each side of the machine pauses in a cycle, 0 to 0.95.
    seed : int
        Of the pauses.
    waves : Path, optional
        FST file for the waveform of all signals; layouts for GTKWave and Surfer come beside it.
    progress : Progress
        Told how far the work is.

    Raises
    ------
    InputError
        If a sequence is too long for the machine, or if the simulator is missing or fails.
    """
    check_samples(design, samples)
    sequences = tuple(Sequence(x=x) for x in samples.sequences)
    job = Job(
        design=design,
        episodes=(Episode(sequences=sequences),),
        pauses=Pauses(i_x=pause, o=pause),
        seed=seed,
    )
    with nullcontext() if waves is None else _recording(waves) as fst:
        verilog, outcome = run_design(design, tool, job, waves=fst, progress=progress)
    if waves is not None:
        shown = meaning(design, verilog).parts + parts(design, Hierarchy(verilog, design.name))
        shown_cycles = SHOWN * cycles.step_cycles(design)
        write_atomic(beside(waves, ".gtkw"), gtkwave(waves.name, shown, shown_cycles))
        write_atomic(beside(waves, ".sucl"), surfer(shown))
    return _summary(design, tool.name, samples, outcome, job, waves)


def run_design(
    design: Design,
    tool: Simulator,
    job: Job,
    *,
    waves: Path | None = None,
    progress: Progress = silent,
) -> tuple[str, Outcome]:
    """Generate a design, build it for a simulator and run a job; the Verilog, and what came out."""
    bench(job)  # What it lacks is said before all the work.
    verilog = make_verilog(design, progress).text
    progress(f"building {design.name} for {tool.name}", 0, 0)
    built = verilog if waves is None else meaning(design, verilog).verilog
    folder = build(built, design.name, tool, build_folder() / "sim", waves=waves is not None)
    sequences = sum(len(episode.sequences) for episode in job.episodes)
    told = stage_of(progress, f"simulating {sequences} sequences")
    return verilog, run(job, folder, design.name, tool, waves=waves, progress=told)


def _recording(waves: Path) -> AbstractContextManager[Path]:
    """A place for a waveform that becomes the file ``waves`` at the end."""
    if waves.suffix != ".fst":
        raise InputError("--waves", "must end in .fst", str(waves))
    return replacing(waves)


def _summary(
    design: Design, sim: str, samples: Samples, outcome: Outcome, job: Job, waves: Path | None
) -> Simulation:
    lengths = [len(sequence) for sequence in samples.sequences]
    correct = None
    head, single = design.head, design.network.single
    if samples.labels is not None and head is not None and head.output == "class" and single:
        labels = [samples.labels[k] for k in _completed(lengths, design)]
        pairs = zip(outcome.results, labels, strict=False)
        correct = sum(result == label for result, label in pairs)
    plain = not design.machine.on_bus and not job.pauses.any
    formula = None
    if plain:
        vectors = [one.x for episode in job.episodes for one in episode.sequences]
        formula = cycles.sequence_cycles(design, lengths, symbols_of(design, vectors))
    return Simulation(
        model=design.model.name,
        simulator=sim,
        source=samples.source,
        samples=outcome.sequences,
        results=outcome.results,
        order=_completed(lengths, design),
        correct=correct,
        steps=outcome.steps,
        values=outcome.values,
        mismatches=outcome.mismatches,
        cycles=outcome.cycles,
        cycles_formula=formula,
        cycles_per_step=outcome.cycles / max(outcome.steps, 1),
        utilisation=cycles.utilisation(design, outcome.steps, max(outcome.cycles, 1)),
        faults=outcome.faults,
        seed=job.seed,
        classes=list(class_names(design.model)) if head and head.output == "class" else [],
        cut=samples.beyond.card() if samples.beyond and samples.beyond.cut else None,
        waves=None if waves is None else str(waves),
    )


def _completed(lengths: list[int], design: Design) -> list[int]:
    """Sequences in the order of their results: that in which they end; on a bus, as they were."""
    if design.machine.on_bus:
        return list(range(len(lengths)))
    steps = interleaved(lengths, design.machine.streams)
    return [number for _, number, step in steps if step == lengths[number] - 1]
