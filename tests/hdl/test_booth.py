"""Products and squares of few addends, for all numbers of some widths."""

import pytest
from amaranth.hdl import C, Cat, signed

from pascaline.hdl.booth import booth
from pascaline.hdl.norm.square import square
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Interval
from tests.hdl.bench import Function, run


@pytest.mark.parametrize("width", [2, 5])
@pytest.mark.parametrize("bits", [1, 4, 5])
@pytest.mark.parametrize("leads", [False, True], ids=["any", "first bit is 1"])
@pytest.mark.parametrize("plus", [0, 13, -6])
def test_product(width, bits, leads, plus):
    values, first = Interval.signed_bits(width), leads << bits
    factors = Interval(first, first + (1 << bits) - 1)
    result = values * factors + Interval(plus, plus)

    def build(m, f):
        factor = Cat(f.b, C(1, 1)) if leads else f.b
        return booth(m, f.a, factor, plus, result, name="product")

    dut = Function(build, shape(result), a=signed(width), b=bits)

    async def testbench(ctx):
        for value in range(values.lo, values.hi + 1):
            for factor in range(1 << bits):
                ctx.set(dut.a, value)
                ctx.set(dut.b, factor)
                await ctx.delay(1e-9)
                assert ctx.get(dut.y) == value * (first + factor) + plus, (value, factor)

    run(dut, testbench)


@pytest.mark.parametrize("width", [1, 2, 5, 6])
def test_square(width):
    dut = Function(lambda m, f: square(m, f.a, f.b, name="square"), 2 * width + 2, a=width, b=1)

    async def testbench(ctx):
        for value in range(1 << width):
            for plus in (0, 1):
                ctx.set(dut.a, value)
                ctx.set(dut.b, plus)
                await ctx.delay(1e-9)
                assert ctx.get(dut.y) == (value + plus) ** 2, (value, plus)

    run(dut, testbench)
