"""Activation functions against the golden model, for every pre-activation."""

import numpy as np
import pytest

from pascaline.golden.activation import ActivationFunction as GoldenActivation
from pascaline.hdl.activation import ActivationFunction
from pascaline.spec.activation import AdaptivePieces, PiecewiseLinear, Table
from pascaline.spec.cells.rnn import RnnPipeline
from pascaline.spec.formats import Format
from pascaline.spec.functions import FUNCTIONS
from pascaline.spec.normalisers.affine import Affine
from tests.hdl.bench import run

FORMS = [
    Table(),
    PiecewiseLinear(segments=4),
    PiecewiseLinear(),
    AdaptivePieces(pieces=2),
    AdaptivePieces(),
    AdaptivePieces(pieces=11, slope_bits=3),
    AdaptivePieces(pieces=64, slope_bits=8),
]


@pytest.mark.parametrize("form", FORMS, ids=str)
@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("out", [Format(width=8, frac=7), Format(width=9, frac=8, signed=False)])
@pytest.mark.parametrize("pipelined", [False, True])
def test_activation(form, function, out, pipelined):
    if function == "tanh" and not out.signed:
        out = Format(width=5, frac=4)
    pre = Format(width=10, frac=6)
    dut = ActivationFunction(form, function, pre, out, pipelined=pipelined)
    latency = RnnPipeline(
        pipelined=pipelined, activation=form, normaliser=Affine(), relu=False
    ).activate
    values = np.arange(pre.interval.lo, pre.interval.hi + 1)
    wanted = GoldenActivation(form, function, pre, out)(values)

    async def testbench(ctx):
        seen = []
        for value in [*values, *[0] * latency]:
            ctx.set(dut.z, int(value))
            seen.append(ctx.get(dut.y))
            await ctx.tick()
        assert seen[latency:] == wanted.tolist()

    run(dut, testbench)
