"""A width converter: every number in its place, flags on their beats, cycles by the formula."""

import itertools
import random
from collections import deque

import pytest
from amaranth.hdl import signed

from pascaline.hdl.bus.converter import Converter
from pascaline.spec.conversion import Conversion
from tests.hdl.bench import run

WIDTHS = [
    Conversion(numbers, given, taken)
    for numbers, given, taken in itertools.product(
        (1, 5, 10, 17), (1, 2, 3, 4, 10), (1, 2, 3, 4, 10, 16)
    )
]
NEEDED = [one for one in WIDTHS if one.needed]
VECTORS = 6


@pytest.mark.parametrize("likely", [0, 0.5])
@pytest.mark.parametrize("part", range(4))
def test_vectors_come_through(seed, part, likely):
    for conversion in NEEDED[part::4]:
        check(conversion, random.Random(seed), likely)


def check(conversion, rng, likely):
    dut = Converter(
        conversion, signed(5), first={"go_on": 1}, steady={"stream": 2}, last={"last": 1}
    )
    vectors = [[rng.randrange(-16, 16) for _ in range(conversion.numbers)] for _ in range(VECTORS)]
    flags = [(rng.randrange(2), rng.randrange(4), rng.randrange(2)) for _ in range(VECTORS)]
    starts, ends = [], []

    async def bench(ctx):
        coming = deque(beats_in(conversion, vectors, flags, rng))
        leaving = deque(beats_out(conversion, vectors, flags))
        offered = False
        for cycle in itertools.count():
            if not leaving:
                return
            offered = bool(coming) and (offered or rng.random() >= likely)
            ready = rng.random() >= likely
            ctx.set(dut.i.valid, offered)
            if offered:
                ctx.set(dut.i.p, coming[0][1])
            ctx.set(dut.o.ready, ready)
            if offered and ctx.get(dut.i.ready):
                first, _ = coming.popleft()
                starts.extend([cycle] * first)
                offered = False
            if ready and ctx.get(dut.o.valid):
                beat = ctx.get(dut.o.p)
                final, wanted = leaving.popleft()
                assert (list(beat.data), beat.go_on, beat.stream, beat.last) == wanted, conversion
                ends.extend([cycle] * final)
            await ctx.tick()

    run(dut, bench, cycles=VECTORS * 40 * (conversion.cycles + 2))
    if not likely:
        spans = [end - start + 1 for start, end in zip(starts, ends, strict=True)]
        assert spans == [conversion.cycles] * VECTORS, conversion
        periods = [after - before for before, after in itertools.pairwise(starts)]
        assert periods == [conversion.cycles] * (VECTORS - 1), conversion


def beats_in(conversion, vectors, flags, rng):
    """Beats, and whether they start a vector; what does not count is random."""
    given = conversion.given
    for vector, (go_on, stream, last) in zip(vectors, flags, strict=True):
        for k in range(0, len(vector), given):
            numbers = vector[k : k + given]
            numbers += [rng.randrange(-16, 16) for _ in range(given - len(numbers))]
            yield (
                k == 0,
                {
                    "data": numbers,
                    "go_on": go_on if k == 0 else rng.randrange(2),
                    "stream": stream if k == 0 else rng.randrange(4),
                    "last": last if k + given >= len(vector) else rng.randrange(2),
                },
            )


def beats_out(conversion, vectors, flags):
    """Beats, and whether they end a vector."""
    taken = conversion.taken
    for vector, (go_on, stream, last) in zip(vectors, flags, strict=True):
        for k in range(0, len(vector), taken):
            numbers = vector[k : k + taken]
            final = k + taken >= len(vector)
            yield (
                final,
                (numbers + [0] * (taken - len(numbers)), go_on * (k == 0), stream, last * final),
            )
