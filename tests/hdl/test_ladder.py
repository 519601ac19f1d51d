"""A product as a ladder of adders, for all numbers of some widths."""

import pytest
from amaranth.hdl import Shape

from pascaline.hdl.ladder import ladder
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval
from tests.hdl.bench import Function, run


@pytest.mark.parametrize("factor", [Interval(0, 1), Interval(0, 15), Interval(-8, 7)], ids=str)
@pytest.mark.parametrize("value", [Interval(-2, 1), Interval(-16, 15), Interval(0, 7)], ids=str)
@pytest.mark.parametrize("plus", [0, 1, 8, 27])
def test_product(factor, value, plus):
    result = factor * value + Interval(plus, plus)
    dut = Function(
        lambda m, f: ladder(m, f.a, f.b, plus, result, name="product"),
        shape(result),
        a=Shape.cast(shape(factor)),
        b=Shape.cast(shape(value)),
    )

    async def testbench(ctx):
        for a in range(factor.lo, factor.hi + 1):
            for b in range(value.lo, value.hi + 1):
                ctx.set(dut.a, a)
                ctx.set(dut.b, b)
                await ctx.delay(1e-9)
                assert ctx.get(dut.y) == a * b + plus, (a, b)

    run(dut, testbench)
