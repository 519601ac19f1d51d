"""From sequences to the beats of the machine's inputs."""

from __future__ import annotations

import random
from itertools import islice

from pascaline.golden.cells import State
from pascaline.sim.bench import Values
from pascaline.sim.job import Episode, Sequence
from pascaline.spec.core import Core
from pascaline.spec.design import Design
from pascaline.spec.formats import Interval
from pascaline.spec.loading import image_words
from pascaline.spec.ports import ports
from pascaline.spec.schedule import interleaved

__all__ = ["load_beats", "stimulus"]


def stimulus(design: Design, episode: Episode, rng: random.Random) -> dict[str, list[Values]]:
    """Beats of all inputs by port. Whatever the machine must not look at is random."""
    sequences = episode.sequences
    lengths = [len(sequence.x) for sequence in sequences]
    draw = rng if episode.shuffled else None
    names = [name for name, port in ports(design).items() if port.direction == "in"]
    beats: dict[str, list[Values]] = {name: [] for name in names}
    restored = [name for name in names if name.startswith("i_state")]
    if design.machine.home.loaded:
        beats["i_load"] = load_beats(image_words(design))
    for stream, number, step in interleaved(lengths, design.machine.streams, draw):
        sequence = sequences[number]
        if step == 0 and sequence.given:
            states = iter(sequence.given)
            for core, name in zip(design.cores, restored, strict=True):
                for state in islice(states, len(core.layers)):
                    beats[name] += _state_beats(core, state, rng)
        beats["i_x"] += _x_beats(design, sequence, stream, step, rng)
    return beats


def load_beats(image: list[int]) -> list[Values]:
    """Beats of an image."""
    ends = len(image) - 1
    return [{"data": word, "last": int(place == ends)} for place, word in enumerate(image)]


def _x_beats(
    design: Design, sequence: Sequence, stream: int, step: int, rng: random.Random
) -> list[Values]:
    """Beats of one vector."""
    entry = design.entry
    simd, chunks = entry.simd, entry.beats
    vector = entry.numbers(sequence.x[step].tolist())
    vector += _random(entry.element.interval, chunks * simd - len(vector), rng)
    beats: list[Values] = []
    for chunk in range(chunks):
        beat = {
            "data": vector[chunk * simd : (chunk + 1) * simd],
            "last": rng.getrandbits(1),
            "stream": rng.getrandbits(design.stream_bits) if design.stream_bits else 0,
        }
        if design.cores[0].stateful:
            beat |= {"dump": rng.getrandbits(1), "state": rng.randrange(3)}
        if chunk == 0:
            beat["stream"] = stream
            if step == 0 and "state" in beat:
                beat["state"] = sequence.state
        if chunk == chunks - 1:
            beat["last"] = int(step == len(sequence.x) - 1)
            if beat["last"] and "dump" in beat:
                beat["dump"] = int(sequence.dump)
        beats.append(beat)
    return beats


def _state_beats(core: Core, state: State, rng: random.Random) -> list[Values]:
    """Beats of a layer's state to be restored."""
    units, layer = core.cell_units, core.layer
    missing = core.drain.groups * units - layer.hidden
    kept = {"h": state.h[0].tolist() + _random(layer.h.interval, missing, rng)}
    if layer.carried is not None:
        kept["c"] = state.c[0].tolist() + _random(layer.carried.interval, missing, rng)
    return [
        {name: values[k : k + units] for name, values in kept.items()}
        for k in range(0, core.drain.groups * units, units)
    ]


def _random(interval: Interval, count: int, rng: random.Random) -> list[int]:
    return [rng.randint(interval.lo, interval.hi) for _ in range(count)]
