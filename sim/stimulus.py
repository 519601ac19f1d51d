"""From sequences to the beats of the machine's inputs."""

from __future__ import annotations

import random
from collections.abc import Iterable

from sim.bench import Values
from sim.job import Sequence
from spec.design import Design
from spec.formats import Interval

__all__ = ["state_beats", "x_beats"]


def x_beats(design: Design, sequences: Iterable[Sequence], rng: random.Random) -> list[Values]:
    """Beats of ``i_x``. Whatever the machine must not look at is random."""
    simd, beats = design.machine.simd, []
    chunks, x_range = design.x_product.chunks, design.network.x.interval
    for sequence in sequences:
        for step, vector in enumerate(sequence.x.tolist()):
            vector += _random(x_range, chunks * simd - len(vector), rng)
            for chunk in range(chunks):
                beat = {
                    "data": vector[chunk * simd : (chunk + 1) * simd],
                    "last": rng.getrandbits(1),
                    "dump": rng.getrandbits(1),
                    "state": rng.randrange(3),
                }
                if step == 0 and chunk == 0:
                    beat["state"] = sequence.state
                if chunk == chunks - 1:
                    beat["last"] = int(step == len(sequence.x) - 1)
                    if beat["last"]:
                        beat["dump"] = int(sequence.dump)
                beats.append(beat)
    return beats


def state_beats(design: Design, sequences: Iterable[Sequence], rng: random.Random) -> list[Values]:
    """Beats of ``i_state`` for the sequences that load a state."""
    units = design.cell_units
    beats: list[Values] = []
    for sequence in sequences:
        if sequence.load is None:
            continue
        h, c = sequence.load.h[0].tolist(), sequence.load.c[0].tolist()
        missing = design.groups * units - len(h)
        h += _random(design.layer.h.interval, missing, rng)
        c += _random(design.layer.cell.interval, missing, rng)
        starts = range(0, len(h), units)
        beats += [{"h": h[k : k + units], "c": c[k : k + units]} for k in starts]
    return beats


def _random(interval: Interval, count: int, rng: random.Random) -> list[int]:
    return [rng.randint(interval.lo, interval.hi) for _ in range(count)]
