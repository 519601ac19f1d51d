"""Vector memories, and the pointer that walks through their groups."""

import pytest

from pascaline.hdl.shapes import shape
from pascaline.hdl.vector import GroupPointer, VectorMemory
from pascaline.spec.formats import Interval
from tests.hdl.bench import run


def test_vector_memory_reads_what_was_written(rng):
    dut = VectorMemory(shape(Interval(-8, 7)), chunks=3, simd=4, units=2, reads=2)
    vectors = rng.integers(-8, 7, (2, 12), endpoint=True)

    async def testbench(ctx):
        for bank in range(2):
            for group in range(6):
                ctx.set(dut.write.en, 1)
                ctx.set(dut.write.bank, bank)
                ctx.set(dut.write.chunk, group // 2)
                ctx.set(dut.write.slot, group % 2)
                ctx.set(dut.write.data, vectors[bank, 2 * group : 2 * group + 2].tolist())
                await ctx.tick()
        ctx.set(dut.write.en, 0)
        for bank in range(2):
            for chunk in range(3):
                for port, other in ((dut.read_0, 0), (dut.read_1, 1)):
                    ctx.set(port.en, 1)
                    ctx.set(port.bank, bank ^ other)
                    ctx.set(port.chunk, chunk)
                await ctx.tick()
                for port, other in ((dut.read_0, 0), (dut.read_1, 1)):
                    found = [ctx.get(port.data[k]) for k in range(4)]
                    assert found == vectors[bank ^ other, 4 * chunk : 4 * chunk + 4].tolist()

    run(dut, testbench)


@pytest.mark.parametrize(("groups", "slots"), [(1, 1), (5, 2), (6, 3), (4, 4)])
def test_pointer(groups, slots):
    dut = GroupPointer(groups, slots)

    async def testbench(ctx):
        ctx.set(dut.advance, 1)
        for count in range(2 * groups + 1):
            group = count % groups
            assert ctx.get(dut.group) == group
            assert (ctx.get(dut.chunk), ctx.get(dut.slot)) == divmod(group, slots)
            assert ctx.get(dut.last) == (group == groups - 1)
            await ctx.tick()

    run(dut, testbench)
