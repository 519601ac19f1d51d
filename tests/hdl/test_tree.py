"""The adder tree, with and without carries and registers."""

import pytest

from pascaline.hdl.shapes import shape
from pascaline.hdl.tree import tree_sum
from pascaline.spec.formats import Interval
from tests.hdl.bench import Function, run


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 8, 9, 16])
@pytest.mark.parametrize("registers", [0, 1, 2, 5])
@pytest.mark.parametrize("carries", [False, True])
def test_tree(count, registers, carries, rng):
    term = Interval(-5, 4)
    registers = min(registers, 1 + (count - 1).bit_length())

    def total(m, f):
        terms = [(getattr(f, f"t{k}"), f.carries[k] if carries else None) for k in range(count)]
        value, carry = tree_sum(m, terms, term, registers, name="s")
        assert (carry is not None) == carries
        return value if carry is None else value + carry

    dut = Function(
        total,
        shape(term.times(count) + Interval(0, count)),
        carries=count,
        **{f"t{k}": shape(term) for k in range(count)},
    )
    added = rng.integers(0, 1 << count, 30)
    added[:2] = [0, (1 << count) - 1]
    drawn = rng.integers(-5, 4, (30, count), endpoint=True)
    drawn[:2] = [[-5] * count, [4] * count]

    async def testbench(ctx):
        seen = []
        for row, bits in [*zip(drawn, added, strict=True), *zip(drawn, added, strict=True)][
            : 30 + registers
        ]:
            ctx.set(dut.carries, int(bits))
            for k in range(count):
                ctx.set(getattr(dut, f"t{k}"), int(row[k]))
            if registers == 0:
                await ctx.delay(1e-9)
                seen.append(ctx.get(dut.y))
            else:
                seen.append(ctx.get(dut.y))
                await ctx.tick()
        ones = [int(bits).bit_count() if carries else 0 for bits in added]
        assert seen[registers:] == (drawn.sum(axis=1) + ones).tolist()

    run(dut, testbench)
