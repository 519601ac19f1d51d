"""Lanes side by side and their drain against NumPy."""

import numpy as np
import pytest

from pascaline.hdl.lanes import Lanes
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.formats import Interval
from pascaline.spec.lanes import lane_designs
from pascaline.spec.product import Product
from tests.hdl.bench import run


@pytest.mark.parametrize(
    ("name", "lane"),
    [
        (name, lane)
        for name in ("binary", "ternary", "exp3", "fixed6")
        for lane in lane_designs(arithmetic(name))
    ],
)
@pytest.mark.parametrize("registers", [(0, 0), (1, 1), (2, 1)])
@pytest.mark.parametrize(("lanes", "simd", "front"), [(4, 1, 2), (3, 4, 1), (8, 3, 8)])
@pytest.mark.parametrize("two", [False, True])
def test_lanes(name, lane, registers, lanes, simd, front, two, rng):
    """Tiles back to back: sums come out in order, and loading a tile does not disturb draining."""
    kind, element = arithmetic(name), Interval(-8, 7)
    chunks = max(2, lanes // front)
    geometry = Product(
        rows=3 * lanes,
        columns=chunks * simd,
        lanes=lanes,
        simd=simd,
        lane=lane,
        operand_registers=registers[0],
        tree_registers=registers[1],
    )
    whole = (kind.weights * element).times(chunks * simd)
    sums = (whole, whole) if two else (whole,)
    dut = Lanes(
        product=geometry,
        arithmetic=kind,
        element=element,
        sums=sums,
        front=front,
    )
    weights = rng.choice(kind.values, (3, chunks, lanes, simd))
    vectors = rng.integers(-8, 7, (3, chunks, simd), endpoint=True)
    terms = np.einsum("tcls,tcs->tcl", weights, vectors)
    found = []

    def join(values, bits):
        return sum((int(v) & ((1 << bits) - 1)) << (bits * k) for k, v in enumerate(values))

    async def drive(ctx):
        await ctx.tick()
        for tile in range(3):
            for chunk in range(chunks):
                ctx.set(dut.x, join(vectors[tile, chunk], element.width))
                ctx.set(dut.codes, join(kind.encode(weights[tile, chunk]).ravel(), kind.bits))
                ctx.set(dut.ends_source, chunk == 0)
                ctx.set(dut.ends_tile, chunk == chunks - 1)
                await ctx.tick()
        ctx.set(dut.ends_tile, 0)
        ctx.set(dut.x, 0)
        await ctx.tick().repeat(chunks + 5)

    async def drain(ctx):
        for _ in range(3):
            await ctx.tick().until(dut.arrives)
            for _ in range(lanes // front):
                for place in range(front):
                    row = dut.sums[place]
                    found.append([ctx.get(row[f"s{k}"]) for k in range(len(sums))])
                ctx.set(dut.shift, 1)
                if len(found) % lanes:
                    await ctx.tick()

    run(dut, drive, drain)
    for tile in range(3):
        for row in range(lanes):
            if two:
                wanted = [terms[tile, 1:, row].sum(), terms[tile, 0, row]]
            else:
                wanted = [terms[tile, :, row].sum()]
            assert found[tile * lanes + row] == wanted, (tile, row)
