"""From c to h with layer norm between, in Amaranth's simulator: every number, and exact cycles."""

import pytest

from pascaline.hdl.core import finishing
from tests.golden.oracle import down, function, standardised
from tests.hdl.bench import run
from tests.hdl.elements import SMALL
from tests.models import make_design, make_model

RMS = {"spread": "rms"}

CASES = {
    # hidden, units, cell units, pipelined, layer norm of the cell, of the sums, streams
    "one group": (4, 4, 4, True, {"mantissa": 4}, None, 2),
    "one group behind sums": (3, 4, 4, True, RMS, {}, 2),
    "one unit a group": (7, 3, 1, False, RMS, None, 2),
    "a part of a tile": (7, 6, 2, True, {}, None, 1),
    "behind sums": (7, 4, 2, False, {"mean_frac": 0}, RMS, 2),
    "slower than sums": (5, 4, 4, False, RMS | {"mantissa": 12}, {"mantissa": 4}, 2),
    "narrow": (9, 2, 2, True, {"normal": {"width": 5, "frac": 4}}, {}, 1),
}

NEVER = -(10**9)


def make_core(hidden, units, cell_units, pipelined, norm, sums, streams):
    layer = SMALL | {"cell_affine": {"kind": "layernorm"} | norm}
    if sums is not None:
        layer["normaliser"] = {"kind": "layernorm"} | sums
    machine = {"units": units, "simd": cell_units, "cell_units": cell_units, "streams": streams}
    model = make_model(hidden=hidden, layer=layer)
    design = make_design(model, pipelined=pipelined, parity=True, **machine)
    return design.cores[0]


def h_of(core, c, o):
    """What units make of their c and o."""
    layer, [[tensors]] = core.layer, core.tensors
    found = []
    for unit, normal in enumerate(standardised(layer.cell_affine, c)):
        total = int(tensors["scale_c"][unit]) * normal + int(tensors["bias_c"][unit])
        u = down(total, layer.cell_affine.shift, layer.pre)
        product = o[unit] * function(layer, "tanh", u, layer.tanh)
        found.append(down(product, layer.sigmoid.frac + layer.tanh.frac - layer.h.frac, layer.h))
    return found


def draw_passes(core, rng, count):
    """c of spreads of all sizes, and none at all; any o. Places without a unit have noise."""
    cell, gate = core.layer.cell.interval, core.layer.sigmoid.interval
    padded = core.state_norm.groups * core.cell_units
    found = []
    for number in range(count):
        apart = 0 if number == 1 else int(cell.magnitude ** rng.uniform())
        c = rng.integers(-apart, apart, padded, endpoint=True)
        c = (c + rng.integers(cell.lo, cell.hi, endpoint=True)).clip(cell.lo, cell.hi)
        found.append((c.tolist(), rng.integers(gate.lo, gate.hi, padded, endpoint=True).tolist()))
    return found


@pytest.mark.parametrize("name", CASES)
def test_numbers_and_cycles(name, rng):
    core = make_core(*CASES[name])
    norm, program, fed, units = core.state_norm, core.state_program, core.fed, core.cell_units
    made, passes = core.pipeline.made, 6
    drawn = draw_passes(core, rng, passes)
    component = finishing(core)
    arrived, freed, met, written = [], [], [], []
    tiles = -(-fed.hidden // fed.units)

    async def groups(ctx):
        """Tiles as soon as there may be one, or later; c and o when they have been made."""
        number, tile, free, cycle, given = 0, 0, 0, 0, {}
        while len(written) < passes * norm.groups or len(met) < passes:
            arrives = number < passes and cycle >= free
            if core.norm is None and arrives and not tile:
                # A pass waits for the buffer; the sums of its first tile come this much later.
                at = [NEVER, NEVER, *freed][number : number + 1]
                arrives = bool(at) and cycle + 1 >= at[0] + program.lane_latency
            arrives = arrives and rng.random() < (1 if number < 4 else 0.3)
            last = tile == tiles - 1
            ctx.set(component.arrives, arrives)
            ctx.set(component.last_tile, last)
            ctx.set(component.token.stream, number % core.streams)
            if arrives:
                count = fed.last_groups if last else fed.tile_groups
                for group in range(count):
                    given[cycle + 1 + made + group] = number, tile * fed.tile_groups + group
                free = cycle + (count if core.norm is None else core.norm.cycles)
                if last:
                    arrived.append(cycle + count + made)
                number, tile = (number + 1, 0) if last else (number, tile + 1)
            if cycle in given:
                at, group = given[cycle]
                c, o = (values[group * units :][:units] for values in drawn[at])
                for k in range(units):
                    ctx.set(component.made[k].c, c[k])
                    ctx.set(component.made[k].held, o[k])
            if ctx.get(component.freed):
                freed.append(cycle)
            if ctx.get(component.met):
                met.append((cycle, ctx.get(component.met_token.stream)))
            if ctx.get(component.write):
                h = [ctx.get(component.h[k]) for k in range(units)]
                written.append((cycle, ctx.get(component.write_token.stream), h))
            assert not ctx.get(component.fault)
            await ctx.tick()
            cycle += 1

    run(component, groups, cycles=20_000)
    engine = NEVER
    for number, (c, o) in enumerate(drawn):
        stream = number % core.streams
        ready = arrived[number] + norm.fill
        engine = max(ready, engine)
        assert core.norm is None or engine == ready
        assert freed[number] == engine + program.freed_latency
        assert met[number] == (engine + program.met_latency, stream)
        h = h_of(core, c[: fed.hidden], o)
        for group in range(norm.groups):
            at, token, values = written[number * norm.groups + group]
            assert at == engine + norm.front + core.pipeline.finish - 1 + group
            assert token == stream
            wanted = h[group * units :][:units]
            assert values[: len(wanted)] == wanted, (number, group)
        engine += norm.cycles
