"""Many sequences through a model, on all cores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_limits

from pascaline.golden.network import Golden
from pascaline.golden.rounding import Integers
from pascaline.host.tools import cores

__all__ = ["run_all"]

BATCH = 256
"""Sequences that a thread takes at once: more share a product, fewer stay in its cache."""


def run_all(
    golden: Golden,
    sequences: Sequence[Integers],
    *,
    threads: int | None = None,
    done: Callable[[int], None] = lambda count: None,
) -> list[Integers]:
    """The results of each sequence, as `golden.network.Run` has them.

    Sequences know nothing of each other, so each thread runs a batch of its own: all of a step is
    done on all cores, not only its products.

    Parameters
    ----------
    golden : Golden
        The model.
    sequences : sequence of Integers
        Each (steps, inputs).
    threads : int, optional
        By default as many as there are cores.
    done : callable
        Gets the number of sequences that are finished, after every batch.
    """
    threads = threads or cores()
    size = min(BATCH, -(-len(sequences) // threads)) or 1
    batches = [sequences[first : first + size] for first in range(0, len(sequences), size)]
    results: list[Integers] = []
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        for run in pool.map(golden.run, batches):
            results += run.results
            done(len(results))
    return results
