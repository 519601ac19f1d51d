"""Random cases, each judged: RTL against golden, many at a time."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import Any

from pascaline.measure.verdict import Verdict, judge_seed
from pascaline.measure.workers import workers

__all__ = ["judge_seeds"]


def judge_seeds(
    first: int,
    more: Callable[[int], bool],
    collect: Callable[[int, Verdict], None],
    arguments: tuple[Any, ...],
    tries: int,
    jobs: int,
) -> None:
    """Judge seed after seed.

    Parameters
    ----------
    first : int
        The first seed.
    more : callable
        Whether that seed is wanted, too.
    collect : callable
        Gets each seed and its verdict.
    arguments : tuple
        Simulator, and options of `sim.draw_cases.draw`.
    tries : int
        Smaller cases to try where one fails.
    jobs : int
        Cases at a time.
    """
    running: dict[Future[Verdict], int] = {}
    numbers = itertools.count(first)
    number = next(numbers)
    with workers(jobs) as pool:
        while True:
            while len(running) < jobs and more(number):
                running[pool.submit(judge_seed, number, *arguments, tries=tries)] = number
                number = next(numbers)
            if not running:
                return
            done, _ = wait(running, timeout=1, return_when=FIRST_COMPLETED)
            for future in done:
                collect(running.pop(future), future.result())
            more(number)
