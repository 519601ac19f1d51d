"""Attention by itself, with streams and back pressure, and the cycles that it takes."""

import numpy as np
import pytest

from pascaline.golden.attention import Attend as Golden
from pascaline.golden.attention import Weighed
from pascaline.hdl.attention.attend import AttendUnit
from pascaline.spec.flow import End
from tests.hdl.bench import play
from tests.models import make_design, make_model

FORMATS = {
    "usual": {},
    "narrow": {
        "query": {"width": 3, "frac": 1},
        "score": {"width": 4, "frac": 2},
        "bits": 4,
    },
    "wide": {
        "query": {"width": 16, "frac": 12},
        "score": {"width": 19, "frac": 10},
        "bits": 16,
    },
}


def stage(formats, *, hidden=5, simd=2, h=None, both=False, **machine):
    layer = {"hidden": hidden, "bidirectional": both}
    layer |= {} if h is None else {"h": h}
    model = make_model(layer=layer, pooling="attention", attention=FORMATS[formats])
    return make_design(model, simd=simd, **machine).stages[-1]


def drawn(attend, rng, count):
    """Sequences: of each its stream, and its vectors, often of extreme elements."""
    h = attend.h.interval
    for _ in range(count):
        steps = int(rng.integers(1, attend.machine.longest + 1))
        shape = (steps, sum(attend.inputs))
        extreme = rng.choice([h.lo, h.hi], shape)
        vectors = rng.integers(h.lo, h.hi, shape, endpoint=True)
        yield int(rng.integers(attend.machine.streams)), extreme if rng.random() < 0.3 else vectors


def chunks(attend, vector, rng=None):
    """A vector as it is given; with ``rng``, with anything beyond its ends."""
    found = []
    for part in np.split(vector, len(attend.inputs)):
        beyond = -len(part) % attend.machine.simd
        h = attend.h.interval
        more = np.zeros(beyond, int) if rng is None else rng.integers(h.lo, h.hi, beyond)
        found += np.concatenate([part, more]).reshape(-1, attend.machine.simd).tolist()
    return found


def beat(attend, data, stream, last):
    """Fields of a beat."""
    tag = {"stream": stream} if attend.stream_bits else {}
    return {"data": data, "last": last} | tag


def beats(attend, sequences, rng):
    """Beats, with vectors of different streams in any order, and the results that must come."""
    waiting = {}
    for stream, vectors in sequences:
        waiting.setdefault(stream, []).append(vectors)
    places, given, wanted = dict.fromkeys(waiting, 0), [], []
    while waiting:
        stream = int(rng.choice(sorted(waiting)))
        vectors = waiting[stream][0]
        step = places[stream]
        last = step == len(vectors) - 1
        found = chunks(attend, vectors[step], rng)
        given += [
            beat(attend, data, stream, last and number == len(found) - 1)
            for number, data in enumerate(found)
        ]
        places[stream] = 0 if last else step + 1
        if not last:
            continue
        pool = Golden(Weighed(attend.attention, attend.h, 1, len(attend.query)), attend.query)
        for vector in vectors:
            pool.add(vector[None], np.array([True]))
        result = chunks(attend, pool.pooled[0])
        wanted += [
            beat(attend, data, stream, number == len(result) - 1)
            for number, data in enumerate(result)
        ]
        waiting[stream].pop(0)
        if not waiting[stream]:
            del waiting[stream]
    return given, wanted


class Room(End):
    """Always room; the cycles in which results ended."""

    def __init__(self):
        super().__init__()
        self.all = []

    def push(self, taken, stream, *, first, last):
        super().push(taken, stream, first=first, last=last)
        self.all.append(taken)


@pytest.mark.parametrize("formats", FORMATS)
@pytest.mark.parametrize("pipelined", [False, True])
@pytest.mark.parametrize(
    ("shape", "machine"),
    [
        ({"hidden": 5, "simd": 2}, {"streams": 3, "longest": 4}),
        ({"hidden": 2, "simd": 2}, {"streams": 3, "longest": 4}),
        ({"hidden": 3, "simd": 4, "both": True}, {"longest": 5, "tree_registers": 2}),
        ({"hidden": 2, "simd": 2, "h": {"width": 2, "frac": 6}}, {"longest": 1}),
        ({"hidden": 7, "simd": 1, "h": {"width": 12, "frac": 11}}, {"longest": 40, "parity": True}),
    ],
)
def test_equals_the_formulas(formats, pipelined, shape, machine, rng):
    attend = stage(formats, pipelined=pipelined, **shape, **machine)
    for pauses in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.8)):
        given, wanted = beats(attend, drawn(attend, rng, 8), rng)
        taken, got = play(AttendUnit(attend), given, wanted, pauses, rng)
        if any(pauses):
            continue
        # Each vector as soon as there is room for it.
        end = Room()
        clock, at = attend.clock(end, end), 0
        for number in range(0, len(given), attend.chunks):
            final = given[number + attend.chunks - 1]
            stream, last = final.get("stream", 0), final["last"]
            at = max(at, clock.room(stream))
            assert taken[number] == at
            at += attend.chunks
            assert taken[number + attend.chunks - 1] == at - 1
            clock.push(at - 1, stream, first=False, last=last)
        assert got[attend.chunks - 1 :: attend.chunks] == end.all


def test_pace():
    attend = stage("usual", longest=9)
    vector = np.zeros(5, int)
    rng = np.random.default_rng(0)
    given, wanted = beats(attend, [(0, np.tile(vector, (9, 1)))], rng)
    taken, _ = play(AttendUnit(attend), given, wanted, (0.0, 0.0), rng)
    firsts = taken[:: attend.chunks]
    assert set(np.diff(firsts)) == {attend.pace}
