"""Means of steps against fractions, and their latency."""

import math
from fractions import Fraction

import pytest

from pascaline.hdl.mean import Means
from tests.hdl.bench import run
from tests.models import make_design, make_model


@pytest.mark.parametrize("width", [2, 8])
@pytest.mark.parametrize("longest", [1, 4, 5])
@pytest.mark.parametrize("streams", [1, 3])
def test_means(width, longest, streams, rng):
    layer = {"hidden": 5, "h": {"width": width, "frac": 1}}
    model = make_model(layer=layer, pooling="mean")
    gather = make_design(model, simd=2, longest=longest, streams=streams).stages[-1]
    dut, h = Means(gather), gather.h.interval

    async def testbench(ctx):
        for _ in range(12):
            # Of each stream a sequence, or the beginning of one; the last one ends in any case.
            lengths = {stream: int(rng.integers(1, longest + 1)) for stream in range(streams)}
            given = {stream: [] for stream in lengths}
            order = [stream for stream, steps in lengths.items() for _ in range(steps)]
            rng.shuffle(order)
            for stream in order:
                extreme = rng.choice([h.lo, h.hi], (gather.chunks, 2))
                drawn = rng.integers(h.lo, h.hi, (gather.chunks, 2), endpoint=True)
                vector = extreme if rng.random() < 0.5 else drawn
                given[stream].append(vector)
                last = len(given[stream]) == lengths[stream]
                for chunk, values in enumerate(vector.tolist()):
                    final = chunk == gather.chunks - 1
                    ctx.set(dut.given, values)
                    ctx.set(dut.place, chunk)
                    ctx.set(dut.stream, stream)
                    ctx.set(dut.taken, 1)
                    ctx.set(dut.ends, final)
                    ctx.set(dut.last, last)
                    await ctx.tick()
                ctx.set(dut.taken, 0)
                ctx.set(dut.ends, 0)
                if last:
                    assert await taken_out(ctx, given[stream])

    async def taken_out(ctx, vectors):
        """All chunks, the last one ``latency - 1`` cycles after the last that was given."""
        found, cycle = {}, 1
        while ctx.get(dut.busy):
            if ctx.get(dut.write):
                found[ctx.get(dut.chunk)] = [ctx.get(dut.means[k]) for k in range(2)]
            assert ctx.get(dut.done) == (cycle == gather.latency - 1)
            cycle += 1
            await ctx.tick()
        wanted = [
            [mean([vector[chunk, k] for vector in vectors]) for k in range(2)]
            for chunk in range(gather.chunks)
        ]
        assert [found[chunk] for chunk in range(gather.chunks)] == wanted
        return cycle == gather.latency

    run(dut, testbench)


def mean(values):
    return math.floor(Fraction(sum(map(int, values)), len(values)) + Fraction(1, 2))
