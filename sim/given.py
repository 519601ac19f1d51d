"""What the runner gives to a bench, by the environment: its job, and where its outcome goes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from pascaline.sim.job import Episode, Job, Outcome
from pascaline.sim.known import expect_known

__all__ = ["conclude", "given_job", "run_episodes"]


class Bench(Protocol):
    """What runs one episode after the other."""

    async def run(self, number: int, episode: Episode) -> None:
        """Reset, then feed the episode with this number until it is over or cut."""


def given_job() -> Job:
    """The job of the environment."""
    return Job.read(Path(os.environ["PASCALINE_JOB"]))


def conclude(job: Job, outcome: Outcome) -> None:
    """Write the outcome of a job; raise `AssertionError` if there was a fault."""
    outcome.write(Path(os.environ["PASCALINE_OUTCOME"]))
    assert outcome.good, f"seed {job.seed}: {outcome.faults}"


async def run_episodes(dut: Any, bench: Callable[[Any, Job, Outcome], Bench]) -> None:
    """Run all episodes of the job of the environment; fail unless all is as expected.

    Parameters
    ----------
    dut : handle
        The top.
    bench : callable
        Makes the bench, of the top, the job, and where it is noted what came out.
    """
    job, outcome = given_job(), Outcome()
    if job.unknown:
        expect_known(dut, job, outcome)
    around = bench(dut, job, outcome)
    for number, episode in enumerate(job.episodes):
        await around.run(number, episode)
    conclude(job, outcome)
