"""Layer norm by itself in Amaranth's simulator: every number, and exact cycles."""

import math

import numpy as np
import pytest

from pascaline.hdl.norm.norm import LayerNorm
from pascaline.hdl.norm.reciprocal import Reciprocal
from pascaline.spec.formats import Format, Interval
from pascaline.spec.standard import Standard
from tests.golden.oracle import standardised
from tests.hdl.bench import run
from tests.models import make_design, make_model
from tests.tiers import tiers

BEFORE = {"kind": "gru", "reset": "before"}
RMS = {"spread": "rms"}

CASES = {
    # hidden, units, cell units, pipelined, layer, norm
    "one unit": (1, 1, 1, False, {}, {}),
    "one group": (4, 4, 4, True, {}, {}),
    "one group, part of it": (3, 4, 4, False, {}, {}),
    "one unit a group": (9, 3, 1, False, {"kind": "rnn"}, {}),
    "a part of a group": (11, 4, 4, False, {}, RMS),
    "a part of a tile": (11, 6, 2, True, {"kind": "gru"}, RMS),
    "two phases": (7, 2, 2, True, BEFORE, {"mean_frac": 0}),
    "binary": (16, 4, 2, False, {"weights": "binary"}, {"mantissa": 12, "mean_frac": 4}),
    "narrow": (13, 4, 2, True, {}, {"normal": {"width": 5, "frac": 4}, "mantissa": 4}),
    "wide": (24, 8, 4, False, {"weights": "fixed8"}, RMS | {"normal": {"width": 20, "frac": 12}}),
    "wide and pipelined": (24, 8, 4, True, {"weights": "fixed8"}, RMS),
}


def make_core(hidden, units, cell_units, pipelined, layer, norm):
    model = make_model(hidden=hidden, layer=layer | {"normaliser": {"kind": "layernorm"} | norm})
    design = make_design(
        model,
        units=units,
        simd=cell_units,
        cell_units=cell_units,
        pipelined=pipelined,
        parity=True,
        streams=2,
    )
    return design.cores[0]


def draw_sums(core, rng, passes):
    """Of each pass: (operands, gates, padded units); spreads of all sizes, and none at all."""
    norm, drain = core.norm, core.norm.drain
    padded = drain.groups * drain.cell_units
    found = []
    for number in range(passes):
        one = []
        for sums in norm.sums:
            size = drain.gates, padded
            apart = int(sums.magnitude ** rng.uniform())
            drawn = rng.integers(-apart, apart, size, endpoint=True)
            moved = drawn + rng.integers(-sums.magnitude, sums.magnitude, endpoint=True)
            ends = rng.choice([sums.lo, sums.hi], size)
            choices = moved, drawn, np.full(size, sums.lo), np.full(size, sums.hi), ends
            drawn = choices[number % len(choices)]
            one.append(np.clip(drawn, sums.lo, sums.hi))
        found.append(one)
    return found


QUICK = ("one unit", "a part of a tile", "narrow", "binary", "two phases", "one unit a group")


@pytest.mark.parametrize("name", tiers(CASES, *QUICK))
def test_numbers_and_cycles(name, rng):
    core = make_core(*CASES[name])
    norm, program = core.norm, core.program
    drain, passes = norm.drain, 8
    component = LayerNorm(program, parity=True)
    drawn = draw_sums(core, rng, passes)
    arrived, freed, met, given, begins = [], [], [], [], []
    front = {}
    cycle = 0

    async def lanes(ctx):
        """Tiles one after the other, in groups, as soon as there may be one, or later."""
        nonlocal cycle
        tiles = -(-drain.hidden // drain.units)
        number, tile, free, busy = 0, 0, 0, 0
        while len(given) < passes * drain.groups or len(met) < passes:
            arrives = False
            if number < passes and cycle >= free:
                # A pass waits for the buffer; the sums of its first tile come this much later.
                known = [NEVER, NEVER, *freed]
                at = known[number] if len(known) > number else None
                if at is not None and (tile or cycle + 1 >= at + program.lane_latency):
                    arrives = rng.random() < (1 if number < 5 else 0.3)
            ctx.set(component.i_arrives, arrives)
            last = tile == tiles - 1
            ctx.set(component.i_last_tile, last)
            ctx.set(component.i_token.stream, number % 2)
            ctx.set(component.i_token.index, number % len(program.passes))
            if arrives:
                groups = drain.last_groups if last else drain.tile_groups
                first = tile * drain.tile_groups
                for group in range(groups):
                    front[cycle + 1 + group] = number, first + group
                free = cycle + groups
                if last:
                    arrived.append(cycle + groups)
                number, tile = (number + 1, 0) if last else (number, tile + 1)
            if cycle in front:
                at, group = front[cycle]
                for unit in range(drain.cell_units):
                    for gate in range(drain.gates):
                        for k in range(len(norm.sums)):
                            value = int(drawn[at][k][gate, group * drain.cell_units + unit])
                            lane = component.i_sums[unit * drain.gates + gate]
                            ctx.set(lane[f"s{k}"], value)
            assert ctx.get(component.shift) == (cycle in front)
            if ctx.get(component.freed):
                freed.append(cycle)
            if ctx.get(component.met):
                token = ctx.get(component.met_token)
                met.append((cycle, token.stream, token.index))
            if busy:
                see(ctx)
                busy -= 1
            if ctx.get(component.arrives):
                begins.append((cycle + 1, ctx.get(component.token).stream))
                busy = drain.groups
            assert not ctx.get(component.fault)
            await ctx.tick()
            cycle += 1

    def see(ctx):
        at, group = divmod(len(given), drain.groups)
        given.append(cycle)
        for unit in range(drain.cell_units):
            row = group * drain.cell_units + unit
            if row >= drain.hidden:
                continue
            for gate in range(drain.gates):
                for k in range(len(norm.sums)):
                    lane = component.sums[unit * drain.gates + gate]
                    assert ctx.get(lane[f"s{k}"]) == wanted[at][k][gate][row], (at, k, gate, row)

    normaliser = core.layer.normaliser
    wanted = [
        [
            [standardised(normaliser, gate[: drain.hidden].tolist()) for gate in gates]
            for gates in one
        ]
        for one in drawn
    ]
    run(component, lanes, cycles=100_000)
    engine = NEVER
    for number in range(passes):
        # The last group is at the front in the cycle in which it has arrived.
        engine = max(arrived[number] + norm.fill, engine)
        assert begins[number] == (engine + norm.front, number % 2)
        assert given[number * drain.groups] == engine + norm.front
        assert given[(number + 1) * drain.groups - 1] == engine + norm.front + drain.groups - 1
        assert freed[number] == engine + program.freed_latency
        index = number % len(program.passes)
        assert met[number] == (engine + program.met_latency, number % 2, index)
        engine += norm.cycles


NEVER = -(10**9)


@pytest.mark.parametrize("spread", ["mad", "rms"])
def test_reciprocals_of_all_spreads(spread):
    standard = Standard(
        hidden=4,
        spread=spread,
        normal=Format(width=6, frac=4),
        mean_frac=0,
        mantissa=4,
    )
    sums = Interval(-40, 40)
    precision = standard.precision
    turn = -(-(precision if spread == "rms" else standard.mantissa) // 2)
    late = 2 if spread == "rms" else 1
    component = Reciprocal(standard, sums, turn)
    values = range(0, standard.spread_total(sums).hi + 1, 1 if spread == "mad" else 7)

    async def bench(ctx):
        for number in range(len(values) + late):
            if number >= late:
                value = values[number - late]
                bits, leading = spread_of(standard, value)
                assert ctx.get(component.shift) == bits - standard.least, value
                wanted = ((1 << (precision + standard.mantissa)) - 1) // leading
                assert ctx.get(component.reciprocal) == wanted - (1 << standard.mantissa), value
            ctx.set(component.take, 1)
            ctx.set(component.spread, values[min(number, len(values) - 1)])
            await ctx.tick()
            ctx.set(component.take, 0)
            await ctx.tick().repeat(turn - 1)

    run(component, bench)


def spread_of(standard, value):
    """b and Dt of `spec.normalisers.layernorm`."""
    precision = standard.precision
    bits = value.bit_length()
    if standard.spread == "rms":
        bits = (bits + 1) // 2
    if bits < standard.least:
        return standard.least, 1 << (precision - 1)
    if standard.spread == "mad":
        return bits, (value << precision) >> bits
    return bits, math.isqrt((value << 2 * precision) >> 2 * bits)
