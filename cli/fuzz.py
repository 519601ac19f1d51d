"""``fuzz``: random networks on random machines with random traffic, and hostile inputs."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from pascaline.cli import known
from pascaline.cli.command import command, options, output_options
from pascaline.cli.guard import Stopped
from pascaline.cli.numbers import COUNT, JOBS, SEED, Real, Whole
from pascaline.cli.paths import PATH
from pascaline.console import bars, print_json, table
from pascaline.host.tools import cores
from pascaline.spec.errors import InputError
from pascaline.spec.folders import build_folder
from pascaline.spec.progress import stage_of

__all__ = ["fuzz"]

INTERRUPTED = 130
"""The exit status that shells give to what a user has ended."""


@command(example="pascaline fuzz --cases 20")
@options(
    "Cases",
    click.option("--cases", type=COUNT, help="How many.", show_default="5 without --minutes"),
    click.option("--minutes", type=Real(above=0), help="How long to run."),
    click.option(
        "--seed",
        type=SEED,
        default=0,
        help="Seed of the first case.",
    ),
    click.option(
        "--sim", type=click.Choice(known.SIMULATORS), default="verilator", help="Simulator."
    ),
    click.option("--jobs", type=JOBS, help="Cases at a time.", show_default="one a core"),
    click.option(
        "--shrink",
        "tries",
        type=Whole(0),
        default=100,
        help="Smaller cases to try when one fails.",
    ),
    click.option("--replay", type=PATH, help="Run only the failed case in this file."),
)
@options(
    "What is drawn",
    click.option(
        "--with",
        "features",
        type=click.Choice(known.FEATURES),
        multiple=True,
        help="Only networks that have this; may be given several times.",
    ),
    click.option(
        "--largest",
        type=COUNT,
        default=65,
        help="Largest size of a vector.",
    ),
    click.option(
        "--cycles",
        type=COUNT,
        default=5000,
        help="Cycles of a traffic, about; fast machines get more steps.",
    ),
    click.option(
        "--values",
        type=Whole(0),
        default=2000,
        help="Values of a traffic, about, on machines with many a cycle.",
    ),
    click.option(
        "--unknown",
        is_flag=True,
        help="All but ROMs starts unknown, and resets take one cycle; needs --sim icarus.",
    ),
)
@options(
    "Hostile inputs",
    click.option(
        "--files", type=COUNT, help="Try this many hostile inputs of each format instead."
    ),
    click.option(
        "--format",
        "formats",
        type=click.Choice([*known.FORMATS, "all"]),
        multiple=True,
        help="With --files: what is tried; may be given several times.",
        show_default="model",
    ),
)
@output_options
def fuzz(
    *,
    cases: int | None,
    minutes: float | None,
    seed: int,
    sim: str,
    cycles: int,
    values: int,
    largest: int,
    features: tuple[str, ...],
    unknown: bool,
    tries: int,
    jobs: int | None,
    replay: Path | None,
    files: int | None,
    formats: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare RTL and golden on random cases: network, arithmetic, machine, ports, traffic.

    Each case is simulated without pauses, where its cycles must be those of the formula, and with
    pauses, restored and kept states, dumps, and a reset in the middle. On a bus registers are read
    and written at random beside the packets. A case that fails is shrunk and kept in a file.
    Interrupting the command prints its results so far.

    With --unknown, nothing but ROMs is known at the start, nor inputs while they do not count; then
    no output may be unknown.

    With --files, hostile inputs are tried instead: files of each format that can be read, cards of
    models, names of files, options of all commands. Each must be refused with one line, in bounded
    time and memory, or be right; of model files that are still good some are simulated.
    """
    from pascaline.cli.fuzz_files import fuzz_files
    from pascaline.measure.fuzz import judge_seeds
    from pascaline.measure.verdict import Verdict, judge
    from pascaline.sim.case import Case

    _check_unknown(unknown, sim)
    if files is not None and unknown:
        raise InputError("--unknown", "must not be given with --files")
    if files is not None:
        good = fuzz_files(
            files,
            seed,
            formats or ("model",),
            sim=sim,
            jobs=jobs or cores(),
            as_json=as_json,
        )
        sys.exit(0 if good else 1)
    if formats:
        raise InputError("--format", "needs --files")
    whole, failures = Verdict(), []

    def collect(number: int | None, verdict: Verdict) -> None:
        whole.add(verdict)
        if verdict.case is None:
            return
        path = replay or build_folder() / "fuzz" / f"{verdict.case.design.name}-{sim}.json"
        verdict.case.write(path)
        again = f"pascaline fuzz --replay {path} --sim {sim}"
        failures.append({"seed": number, "faults": verdict.faults, "again": again})

    interrupted = False
    if replay is not None:
        case = Case.read(replay)
        case = case.model_copy(update={"unknown": case.unknown or unknown})
        _check_unknown(case.unknown, sim)
        collect(None, judge(case, sim))
    else:
        drawn: dict[str, Any] = {"cycles": cycles, "values": values, "largest": largest}
        drawn |= {"features": features, "unknown": unknown}
        start = time.monotonic()
        count = cases or (5 if minutes is None else None)
        with bars() as shown:
            told = stage_of(shown, f"fuzzing in {sim}")

            def more(number: int) -> bool:
                spent = time.monotonic() - start
                if count is not None:
                    told(min(whole.cases, count), count)
                elif minutes is not None:
                    told(min(int(spent), int(60 * minutes)), int(60 * minutes))
                late = minutes is not None and spent > 60 * minutes
                return not late and (count is None or number < seed + count)

            try:
                judge_seeds(seed, more, collect, (sim, drawn), tries, jobs or cores())
            except Stopped:  # The results so far are printed.
                interrupted = True
    result: dict[str, Any] = {"simulator": sim, "seed": seed, **whole.counts}
    result |= {"interrupted": interrupted, "failures": failures}
    _print(result, as_json=as_json)
    sys.exit(1 if failures else INTERRUPTED if interrupted else 0)


def _check_unknown(unknown: bool, sim: str) -> None:
    """Raise `InputError` if a simulator is not installed, or knows no unknown values."""
    from pascaline.sim.simulators import simulator

    tool = simulator(sim)
    if unknown and not tool.unknowns:
        raise InputError("--unknown", "needs --sim icarus", sim)


def _print(result: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(result)
    else:
        left_out = ("failures", "interrupted")
        counts = {key: value for key, value in result.items() if key not in left_out}
        rows = [[key.replace("_", " "), value] for key, value in counts.items()]
        table(
            "Fuzzing, interrupted" if result["interrupted"] else "Fuzzing", ["what", "count"], rows
        )
    for failure in result["failures"]:
        which = "case" if failure["seed"] is None else f"seed {failure['seed']}"
        click.echo(f"{which}: {failure['faults'][0]} (again: {failure['again']})", err=True)
