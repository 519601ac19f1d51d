# amaranth: UnusedElaboratable=no
"""Lanes side by side and their drain against NumPy."""

import numpy as np
import pytest

from pascaline.hdl.lane import Lane
from pascaline.hdl.lanes import Lanes
from pascaline.hdl.terms import terms_of
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.formats import Interval
from pascaline.spec.lanes import lane_designs
from pascaline.spec.product import Product
from pascaline.spec.zeros import ZeroPoints
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
    check(name, lane, registers, lanes, simd, front, two, rng)


@pytest.mark.parametrize(
    ("name", "lane"),
    [
        (name, lane)
        for name in ("binary", "exp3", "fixed6")
        for lane in lane_designs(arithmetic(name))
    ],
)
@pytest.mark.parametrize("registers", [(0, 0), (1, 1), (2, 3)])
@pytest.mark.parametrize("two", [False, True])
def test_zero_points(name, lane, registers, two, rng):
    """The same sums, less a zero point of each source times the sum of its elements."""
    check(name, lane, registers, 4, 5, 2, two, rng, zeros=True)


@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("lane", lane_designs(arithmetic("binary")))
def test_waiting_changes_no_sum(lane, zeros, rng):
    """However long: what lanes have in common runs on meanwhile, and wraps round."""
    for idle in (9, 17, 33, 70):
        check("binary", lane, (1, 1), 4, 5, 2, True, rng, zeros=zeros, idle=idle)


@pytest.mark.parametrize("lane", lane_designs(arithmetic("binary")))
def test_weights_that_are_late(lane, rng):
    """Sums stay 0 until an operand is used, which those of the first chunk are not."""
    for idle in (0, 3):
        check("binary", lane, (2, 1), 4, 5, 2, True, rng, zeros=idle > 0, idle=idle, late=True)


@pytest.mark.parametrize(("lane", "zeros"), [("tree", False), ("pairs", True), ("subsets", True)])
@pytest.mark.parametrize(("lanes", "front"), [(3, 1), (4, 2)])
def test_sums_that_stay_in_their_lanes(lane, zeros, lanes, front, rng):
    """They come out in the same order."""
    check("binary", lane, (1, 1), lanes, 2, front, True, rng, zeros=zeros, chained=False)


def test_extreme_zero_points(rng):
    """The largest sums there can be, of both signs, in every difference."""
    for extreme in (-8, 7):
        check("fixed6", "tree", (0, 0), 4, 5, 2, False, rng, zeros=True, extreme=extreme)


def zero_points(kind, element, columns, two):
    """Any of a matrix, of two sources or of one."""
    part = (kind.weights * element).times(columns)
    return ZeroPoints(
        ranges=(kind.weights, kind.weights),
        lanes=(part, part) if two else (part,),
        shared=(part, part) if two else (part,),
        rows=(),
        loaded=True,
    )


def check(
    name,
    lane,
    registers,
    lanes,
    simd,
    front,
    two,
    rng,
    *,
    zeros=False,
    extreme=0,
    idle=0,
    late=False,
    chained=True,
):
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
    found_zeros = zero_points(kind, element, chunks * simd, two) if zeros else None
    dut = Lanes(
        product=geometry,
        arithmetic=kind,
        element=element,
        sums=sums if found_zeros is None else found_zeros.sums,
        front=front,
        zeros=found_zeros,
        late=late,
        chained=chained,
    )
    weights = rng.choice(kind.values, (3, chunks, lanes, simd))
    vectors = rng.integers(-8, 7, (3, chunks, simd), endpoint=True)
    # A zero point of each source of each tile.
    points = rng.choice(kind.values, (3, 2)) if zeros else np.zeros((3, 2), np.int64)
    if extreme:
        weights[:], points[:], vectors[:] = kind.weights.hi, kind.weights.lo, extreme
    if late:
        vectors[0, 0] = 0
    of_chunk = points[:, [int(chunk > 0) for chunk in range(chunks)]] if two else points[:, :1]
    met = weights - of_chunk[:, :, None, None]
    terms = np.einsum("tcls,tcs->tcl", met, vectors)
    found = []

    def join(values, bits):
        return sum((int(v) & ((1 << bits) - 1)) << (bits * k) for k, v in enumerate(values))

    async def drive(ctx):
        await ctx.tick()
        for tile in range(3):
            for chunk in range(chunks):
                if idle:
                    strobes = [dut.use] if late else []
                    for signal in (dut.x, dut.ends_source, dut.ends_tile, *strobes):
                        ctx.set(signal, 0)
                    ctx.set(dut.codes, int(rng.integers(1 << min(len(dut.codes), 32))))
                    await ctx.tick().repeat(idle)
                ctx.set(dut.x, join(vectors[tile, chunk], element.width))
                ctx.set(dut.codes, join(kind.encode(weights[tile, chunk]).ravel(), kind.bits))
                if late:
                    ctx.set(dut.use, int(vectors[tile, chunk].any()))
                if zeros:
                    ctx.set(dut.zero, int(points[tile, int(two and chunk > 0)]))
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


def test_a_sign_makes_another_kind():
    """Two cores of a chain may read operands of one width, with a sign and without."""
    kinds = set()
    for element in (Interval(-128, 127), Interval(0, 255)):
        terms = terms_of("tree", arithmetic("binary"), 2, element)
        sums = (Interval(-512, 511),)
        kinds.add(Lane(terms=terms, code_bits=2, sums=sums, tree_registers=0).kind)
    assert len(kinds) == 2
