"""The order in which the vectors of many sequences go into a machine."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

__all__ = ["interleaved"]


def interleaved(
    lengths: Sequence[int], streams: int, rng: random.Random | None = None
) -> Iterator[tuple[int, int, int]]:
    """Sequences on streams, a step of each stream in turn.

    A stream whose sequence is over takes the next one that waits, so all are busy to the end.

    Parameters
    ----------
    lengths : sequence of int
        Steps of each sequence, at least one.
    streams : int
        How many sequences are under way at a time.
    rng : random.Random, optional
        Draws the stream whose turn it is.

    Yields
    ------
    stream, sequence, step : int
        What comes next.

    Examples
    --------
    >>> list(interleaved([2, 1, 1], 2))
    [(0, 0, 0), (1, 1, 0), (0, 0, 1), (1, 2, 0)]
    """
    waiting = iter(range(len(lengths)))
    busy = [
        [stream, sequence, 0] for stream, sequence in zip(range(streams), waiting, strict=False)
    ]
    while busy:
        for turn in [rng.choice(busy)] if rng else list(busy):
            stream, sequence, step = turn
            yield stream, sequence, step
            turn[2] += 1
            if turn[2] == lengths[sequence]:
                following = next(waiting, None)
                if following is None:
                    busy.remove(turn)
                else:
                    turn[1:] = [following, 0]
