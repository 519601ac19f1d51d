"""From sequences to the beats of the machine's inputs."""

from __future__ import annotations

import random

from golden.lstm import State
from sim.bench import Values
from sim.job import Episode, Sequence
from spec.design import Design
from spec.formats import Interval
from spec.schedule import interleaved

__all__ = ["stimulus"]


def stimulus(design: Design, episode: Episode, rng: random.Random) -> dict[str, list[Values]]:
    """Beats of ``i_x`` and ``i_state``. Whatever the machine must not look at is random."""
    sequences = episode.sequences
    lengths = [len(sequence.x) for sequence in sequences]
    draw = rng if episode.shuffled else None
    beats: dict[str, list[Values]] = {"i_x": [], "i_state": []}
    for stream, number, step in interleaved(lengths, design.machine.streams, draw):
        sequence = sequences[number]
        if step == 0 and sequence.load is not None:
            beats["i_state"] += _state_beats(design, sequence.load, rng)
        beats["i_x"] += _x_beats(design, sequence, stream, step, rng)
    return beats


def _x_beats(
    design: Design, sequence: Sequence, stream: int, step: int, rng: random.Random
) -> list[Values]:
    """Beats of one vector."""
    simd, chunks = design.machine.simd, design.x_product.chunks
    vector = sequence.x[step].tolist()
    vector += _random(design.network.x.interval, chunks * simd - len(vector), rng)
    beats: list[Values] = []
    for chunk in range(chunks):
        beat = {
            "data": vector[chunk * simd : (chunk + 1) * simd],
            "last": rng.getrandbits(1),
            "dump": rng.getrandbits(1),
            "state": rng.randrange(3),
            "stream": rng.getrandbits(design.stream_bits) if design.stream_bits else 0,
        }
        if chunk == 0:
            beat["stream"] = stream
            if step == 0:
                beat["state"] = sequence.state
        if chunk == chunks - 1:
            beat["last"] = int(step == len(sequence.x) - 1)
            if beat["last"]:
                beat["dump"] = int(sequence.dump)
        beats.append(beat)
    return beats


def _state_beats(design: Design, state: State, rng: random.Random) -> list[Values]:
    """Beats of a state to be loaded."""
    units = design.cell_units
    h, c = state.h[0].tolist(), state.c[0].tolist()
    missing = design.groups * units - len(h)
    h += _random(design.layer.h.interval, missing, rng)
    c += _random(design.layer.cell.interval, missing, rng)
    return [{"h": h[k : k + units], "c": c[k : k + units]} for k in range(0, len(h), units)]


def _random(interval: Interval, count: int, rng: random.Random) -> list[int]:
    return [rng.randint(interval.lo, interval.hi) for _ in range(count)]
