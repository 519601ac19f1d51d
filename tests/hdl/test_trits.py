"""Five ternary weights in a byte."""

import itertools

import numpy as np

from pascaline.hdl.trits import TritDecoder
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.trits import GROUP, pack_trits
from tests.hdl.bench import run


def test_trit_decoder():
    dut, ternary = TritDecoder(), arithmetic("ternary")
    groups = list(itertools.product((-1, 0, 1), repeat=GROUP))

    async def testbench(ctx):
        for group in groups:
            ctx.set(dut.packed, int(pack_trits(np.array(group))))
            await ctx.delay(1e-6)
            codes = [ctx.get(dut.codes) >> (2 * k) & 3 for k in range(GROUP)]
            assert tuple(ternary.decode(codes)) == group

    run(dut, testbench)
