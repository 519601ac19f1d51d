"""The class of the largest logit."""

import numpy as np
import pytest

from pascaline.hdl.head.argmax import ArgMax
from pascaline.spec.ports import ports
from tests.hdl.bench import run
from tests.models import make_design, make_model


@pytest.mark.parametrize("logits", [[5], [1, 2, 3], [3, 2, 3], [-4, -4, -5], [0, 0, 0, 9]])
def test_argmax(logits):
    head = {"classes": len(logits), "weights": "binary"}
    design = make_design(make_model(head=head))
    dut = ArgMax(design.head_unit, ports(design)["o"].layout)

    async def testbench(ctx):
        for _ in range(2):  # The second time it must not remember the first.
            for index, value in enumerate(logits):
                ctx.set(dut.i.valid, 1)
                ctx.set(dut.i.p.value, value)
                ctx.set(dut.i.p.last_row, index == len(logits) - 1)
                ctx.set(dut.i.p.mark.last, 1)
                assert ctx.get(dut.i.ready)
                await ctx.tick()
            ctx.set(dut.i.valid, 0)
            assert ctx.get(dut.o.valid)
            assert ctx.get(dut.o.p.data) == int(np.argmax(logits))
            ctx.set(dut.o.ready, 1)
            await ctx.tick()
            assert not ctx.get(dut.o.valid)
            ctx.set(dut.o.ready, 0)

    run(dut, testbench)
