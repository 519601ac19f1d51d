"""Folded tables, for every argument."""

import pytest

from pascaline.hdl.activation import ActivationFunction
from pascaline.hdl.folded import FoldedTable
from pascaline.spec.activation import Table, table
from pascaline.spec.folded import find_fold, fold
from pascaline.spec.formats import Format
from tests.hdl.bench import run

Q0_7 = Format(width=8, frac=7)
FORMATS = [
    (Format(width=8, frac=4), Q0_7),  # Rises of several bits, one argument a word.
    (Format(width=9, frac=6), Q0_7),
    (Format(width=9, frac=6), Format(width=7, frac=4)),
    (Format(width=6, frac=5), Q0_7),  # Flat nowhere.
]


def values(dut, arguments, latency):
    seen = []

    async def testbench(ctx):
        for z in [*arguments, *[0] * latency]:
            ctx.set(dut.z, z)
            seen.append(ctx.get(dut.y))
            await ctx.tick()

    run(dut, testbench)
    return seen[latency:]


@pytest.mark.parametrize("function", ["sigmoid", "tanh", "softplus"])
@pytest.mark.parametrize(("pre", "out"), FORMATS, ids=str)
@pytest.mark.parametrize("pipelined", [False, True])
def test_every_argument(function, pre, out, pipelined):
    entries = table(function, pre, out)
    dut = FoldedTable(fold(entries, pre), pre, out, pipelined=pipelined)
    arguments = range(pre.interval.lo, pre.interval.hi + 1)
    assert values(dut, arguments, 2 + pipelined) == entries[list(arguments)].tolist()


@pytest.mark.parametrize("function", ["sigmoid", "tanh"])
def test_usual_formats(function, rng):
    pre = Format(width=12, frac=8)
    assert find_fold(function, pre, Q0_7) is not None
    dut = ActivationFunction(Table(), function, pre, Q0_7, pipelined=False)
    arguments = rng.permutation(1 << pre.width) + pre.interval.lo
    entries = table(function, pre, Q0_7)
    assert values(dut, arguments.tolist(), 2) == entries[arguments].tolist()
