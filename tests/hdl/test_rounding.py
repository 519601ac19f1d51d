"""Rounding and saturation against the golden model."""

import numpy as np
import pytest

from pascaline.golden import rounding
from pascaline.hdl.rounding import narrow
from pascaline.hdl.shapes import shape
from pascaline.spec.formats import Format, Interval
from tests.hdl.bench import Function, run


@pytest.mark.parametrize("interval", [Interval(-200, 170), Interval(0, 300), Interval(-9, 5)])
@pytest.mark.parametrize("shift", [0, 1, 3])
@pytest.mark.parametrize("width", [4, 6, 9])
@pytest.mark.parametrize("signed", [True, False])
def test_narrow(interval, shift, width, signed):
    to = Format(width=width, frac=0, signed=signed)
    dut = Function(
        lambda m, f: narrow(m, f.a, interval, shift, to, name="n"), shape(to), a=shape(interval)
    )
    values = np.arange(interval.lo, interval.hi + 1)

    async def testbench(ctx):
        for value, wanted in zip(values, rounding.narrow(values, shift, to), strict=True):
            ctx.set(dut.a, int(value))
            await ctx.delay(1e-9)
            assert ctx.get(dut.y) == wanted, value

    run(dut, testbench)
