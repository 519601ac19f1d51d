"""The transform of h by itself in Amaranth's simulator: sums, and exact cycles."""

import numpy as np
import pytest
from amaranth.sim import Simulator

from pascaline.hdl.walsh.transform import Transform
from pascaline.spec.design import Design
from pascaline.spec.machine import Machine
from pascaline.spec.synthetic import synthetic_model
from tests.models import make_network

LINEAR = {"kind": "rnn", "function": "linear", "recurrent": "walsh"}
STATE = {"h": {"width": 9, "frac": 4}}

CASES = {
    # hidden, block, butterflies, streams, pipelined, cell units
    "one butterfly": (16, 16, 1, 1, False, 1),
    "one butterfly, small blocks": (24, 4, 1, 1, False, 1),
    "two banks, turned": (32, 32, 2, 2, False, 2),
    "a register behind memories": (32, 32, 2, 2, True, 2),
    "half a block": (24, 8, 4, 2, False, 4),
    "two blocks side by side": (32, 8, 8, 1, True, 4),
    "a block a cycle": (24, 8, 12, 2, True, 2),
    "groups of whole blocks": (24, 4, 8, 2, False, 8),
    "the whole vector": (32, 32, 80, 3, False, 8),
    "blocks of two": (12, 2, 2, 2, True, 4),
}


def make_core(hidden, block, butterflies, streams, pipelined, cell_units):
    network = make_network(hidden=hidden, layer=LINEAR | STATE | {"block": block})
    machine = Machine(
        units=cell_units,
        simd=cell_units,
        cell_units=cell_units,
        butterflies=butterflies,
        streams=streams,
        pipelined=pipelined,
    )
    model = synthetic_model("test", network, np.random.default_rng(0))
    return Design(model=model, machine=machine).cores[0]


def dense(block):
    """Sylvester's matrix, from its definition."""
    index = np.arange(block)
    return 1 - 2 * (np.bitwise_count(index[:, None] & index) % 2).astype(np.int64)


@pytest.mark.parametrize("name", CASES)
def test_sums_and_cycles(name):
    core = make_core(*CASES[name])
    walsh, program = core.walsh, core.program
    assert walsh.butterflies == CASES[name][2]
    transform = Transform(program, parity=True)
    rng = np.random.default_rng(1)
    interval = core.layer.h.interval
    vectors = rng.integers(
        interval.lo, interval.hi, (2 * core.streams + 2, core.layer.hidden), endpoint=True
    )
    vectors[0] = interval.lo  # The largest sums.
    vectors[1] = np.where(
        dense(walsh.block)[1, np.arange(core.layer.hidden) % walsh.block] > 0,
        interval.hi,
        interval.lo,
    )
    matrix = np.kron(np.eye(core.layer.hidden // walsh.block, dtype=np.int64), dense(walsh.block))
    groups, size = program.drain.groups, walsh.group

    async def bench(ctx):
        async def write(vector, stream):
            for group in range(groups):
                numbers = vector[group * size : (group + 1) * size].tolist()
                bits = walsh.element.width
                word = sum((n & ((1 << bits) - 1)) << (bits * k) for k, n in enumerate(numbers))
                ctx.set(transform.write, 1)
                ctx.set(transform.write_group, group)
                ctx.set(transform.write_stream, stream)
                ctx.set(transform.write_data, word)
                ctx.set(transform.wanted, group == groups - 1)
                await ctx.tick()
            ctx.set(transform.write, 0)
            ctx.set(transform.wanted, 0)

        async def until_met(stream):
            cycles = 0
            while not (ctx.get(transform.met) and ctx.get(transform.met_stream) == stream):
                await ctx.tick()
                cycles += 1
                assert cycles < 1000
            return cycles

        async def read(vector, stream):
            expected = (matrix @ vector).tolist()
            for _ in range(program.lane_latency - 1):
                await ctx.tick()
            found = []
            for group in range(groups + walsh.read):
                ctx.set(transform.sums.group, min(group, groups - 1))
                ctx.set(transform.sums.stream, stream)
                ctx.set(transform.sums.counts, group < groups)
                if group >= walsh.read:
                    found += [ctx.get(transform.sums.data[k]) for k in range(size)]
                assert ctx.get(transform.fault) == 0
                await ctx.tick()
            ctx.set(transform.sums.counts, 0)
            assert found == expected

        for turn, vector in enumerate(vectors):
            stream = turn % core.streams
            await write(vector, stream)
            assert await until_met(stream) == program.transform_latency
            await read(vector, stream)

    simulator = Simulator(transform)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
