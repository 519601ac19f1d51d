"""Designs in simulators and synthesis."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from pascaline._golden import checked
from pascaline.measure.exploration import Exploration
from pascaline.measure.exploration import explore as measure_all
from pascaline.measure.result import make_result
from pascaline.measure.samples import Samples, take_samples
from pascaline.measure.simulation import Simulation, simulate_samples
from pascaline.measure.synthesis import Synthesis, find_target, synthesise
from pascaline.sim.simulators import simulator
from pascaline.spec.design import Design
from pascaline.spec.machine import Machine
from pascaline.spec.model import Model
from pascaline.spec.progress import Progress, silent

__all__ = ["explore", "report", "simulate"]


def simulate(
    design: Design,
    sequences: Sequence[ArrayLike] | None = None,
    *,
    sim: str = "verilator",
    samples: int = 20,
    inputs: str | Path | None = None,
    pause: float = 0.0,
    seed: int = 0,
    waves: str | Path | None = None,
    progress: Progress = silent,
) -> Simulation:
    """Simulate the Verilog of a design and compare every output value with the golden model.

    Builds are kept, so that the same design is compiled once.

    Parameters
    ----------
    design : Design
        The design.
    sequences : sequence of array_like, optional
        Integers of shape (steps, inputs). By default held-out sequences of the data that the model
        was trained on, or random ones where none are known or they are not there.
    sim : {"verilator", "icarus"}
        The simulator.
    samples : int
        How many sequences, unless they are given.
    inputs : str or Path, optional
        What to take them from: an ``.npz`` file of recordings (``features``, ``lengths``,
        ``labels``), or a folder, a ``.csv`` or ``.npy`` file or a text as `evaluate` takes them.
    pause : float
        How likely each side of the machine pauses in a cycle, 0 to 0.95.
    seed : int
        Of pauses and random sequences.
    waves : str or Path, optional
        FST file for the waveform of all signals; layouts for GTKWave and Surfer come beside it.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    Simulation
        Results, what was compared, cycles and what the formula says; ``good`` if nothing is wrong.

    Raises
    ------
    InputError
        If a sequence does not fit the model or the machine, or if the simulator is missing.

    Examples
    --------
    >>> design = pascaline.make_design("tiny-ternary")
    >>> found = pascaline.simulate(design, [np.ones((3, 5), int), np.ones((5, 5), int)])
    >>> found.good, found.cycles == found.cycles_formula == pascaline.cycles(design, [3, 5])
    (True, True)
    """
    tool = simulator(sim)
    if sequences is None:
        chosen = take_samples(design, samples, seed, None if inputs is None else Path(inputs))
    else:
        taken = [checked(design.model, index, one) for index, one in enumerate(sequences)]
        chosen = Samples(taken, None, "given")
    return simulate_samples(
        design,
        tool,
        chosen,
        pause=pause,
        seed=seed,
        waves=None if waves is None else Path(waves),
        progress=progress,
    )


def report(
    design: Design,
    *,
    target: str = "generic",
    synthesis: Synthesis | None = None,
    command: str = "",
    progress: Progress = silent,
    **options: Any,
) -> dict[str, Any]:
    """Synthesise a design and count, part by part; or place and route it.

    What was synthesised before is not synthesised again.

    Parameters
    ----------
    design : Design
        The design.
    target : {"generic", "ecp5", "ice40", "xilinx", "asic"}
        For what; ``asic`` needs ``liberty``.
    synthesis : Synthesis, optional
        Instead of a target and options.
    command : str
        What makes the report again, for its readers.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    **options
        ``liberty`` (a cell library) and ``dont_use`` (patterns of its cells); ``dsp`` (use hard
        multipliers); ``lut_rams`` and ``block_rams`` (whether LUTs, whether blocks may be
        memories); ``pnr`` (place and route), ``device``, ``seeds``; ``clock`` in MHz;
        ``power_steps`` (steps on the gates, for power).

    Returns
    -------
    dict
        Plain values, as ``pascaline report --json`` prints them: ``area``, ``by_part``,
        ``cycles_per_step``, ``network``, ``machine`` and more.

    Raises
    ------
    InputError
        If options do not go together, if a tool is missing, or if the design does not fit.

    Examples
    --------
    >>> found = pascaline.report(pascaline.make_design("tiny-rnn"), target="generic")
    >>> found["cycles_per_step"], found["area"]["gates"] > 0
    (26, True)
    """
    how = synthesis or _synthesis(target, options)
    return make_result(design, how.target, command, synthesise(design, how, progress))


def explore(
    model: Model,
    values: Mapping[str, Sequence[Any]] | None = None,
    *,
    target: str = "generic",
    synthesis: Synthesis | None = None,
    base: Machine | None = None,
    operations: int | None = None,
    limit: int = 200,
    jobs: int | None = None,
    dask: str | None = None,
    progress: Progress = silent,
    failing: Callable[[str], None] = lambda line: None,
    **options: Any,
) -> Exploration:
    """Measure many machines for a model, and find those that are worth building.

    Parameters
    ----------
    model : Model
        The model.
    values : mapping of str to sequence, optional
        Values of parameters of `Machine`, which are combined. Without them ``units`` and ``simd``
        are powers of two.
    target, synthesis, **options
        As in `report`.
    base : Machine, optional
        Has the other parameters.
    operations : int, optional
        Weight operations a cycle at most.
    limit : int
        Machines at most.
    jobs : int, optional
        Processes; by default one a core. A script that explores must have an
        ``if __name__ == "__main__"``, as with everything that starts processes.
    dask : str, optional
        Address of a Dask scheduler whose workers measure instead.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    failing : callable, optional
        Called with a line for each machine that cannot be measured.

    Returns
    -------
    Exploration
        ``points``, each with ``machine``, ``area``, ``cycles_per_step`` and more, and ``front``,
        the points that no other beats.

    Raises
    ------
    InputError
        If there are too many machines or none, or if a tool is missing.

    Examples
    --------
    >>> model = pascaline.load("tiny-rnn")
    >>> found = pascaline.explore(model, {"units": [1, 2], "simd": [2]}, jobs=1)
    >>> [point.cycles_per_step for point in found.points]
    [72, 40.5]
    """
    return measure_all(
        model,
        synthesis or _synthesis(target, options),
        values or {},
        base=base,
        operations=operations,
        limit=limit,
        jobs=jobs,
        dask=dask,
        progress=progress,
        failing=failing,
    )


def _synthesis(target: str, options: dict[str, Any]) -> Synthesis:
    liberty, dont_use = options.pop("liberty", None), tuple(options.pop("dont_use", ()))
    memories = {name: options.pop(name, True) for name in ("lut_rams", "block_rams")}
    path = None if liberty is None else Path(liberty)
    return Synthesis(
        target=find_target(target, liberty=path, dont_use=dont_use, **memories), **options
    )
