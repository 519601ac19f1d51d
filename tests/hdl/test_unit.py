"""The units of all cells against the golden model."""

import pytest

from pascaline.golden.cells import State, cell_of
from pascaline.hdl.cells import CELLS as UNITS
from pascaline.spec.formats import Interval, half
from tests.hdl.bench import run
from tests.hdl.elements import CELLS
from tests.models import make_design, make_model


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("pipelined", [False, True])
def test_unit(cell, shared, pipelined, rng):
    """The whole pipeline, a new unit every cycle, with the latencies that its layer has."""
    count = 40
    model = make_model(hidden=count, inputs=9, shared_scale=shared, layer=CELLS[cell])
    [core] = make_design(model, pipelined=pipelined).cores
    layer, pipeline, tensors = core.layer, core.pipeline, model.layers[0]
    golden = cell_of(layer, tensors, model.network.x)
    ends = layer.carried.interval if layer.carried else Interval(0, 0)
    carried = rng.integers(ends.lo, ends.hi, (1, count), endpoint=True)
    state = State(rng.integers(-128, 127, (1, count)), carried if layer.carried else carried[:, :0])
    step = golden.step(rng.integers(-128, 127, (1, 9)), state)
    rounds = {"bias": half(layer.normaliser.shift)}
    rounds |= {name: half(shift) for name, shift in layer.unit_shifts.items()}
    values = dict(tensors)

    def fields(layout, index):
        return {f.name: int(values[f.name][index]) + rounds.get(f.name, 0) for f in layout.fields}

    for phase, gates in enumerate(layer.phases):
        dut, last, news = UNITS[layer.kind](core.unit), phase == len(layer.phases) - 1, []
        rows = [layer.gates.index(gate) * count for gate in gates]

        async def testbench(ctx, dut=dut, rows=rows, phase=phase, last=last, news=news):
            for cycle in range(count + pipeline.whole):
                if cycle < count:
                    if len(layer.phases) > 1:
                        ctx.set(dut.phase, phase)
                    for lane, row in enumerate(rows):
                        sums = {
                            "h": step.sums["h"][0, row + cycle],
                            "x": step.sums["x"][0, row + cycle],
                        }
                        if core.shared_scale:
                            ctx.set(dut.sums[lane].s0, int(sum(sums.values())))
                        else:
                            for part, value in sums.items():
                                place = core.unit.place(f"scale_{part}")
                                ctx.set(dut.sums[lane][f"s{place}"], int(value))
                at = cycle - pipeline.rows
                if 0 <= at < count:
                    for lane, row in enumerate(rows):
                        ctx.set(dut.rows[lane], fields(core.unit.row_layout, row + at))
                at = cycle - pipeline.unit
                if 0 <= at < count and core.unit.unit_layout.bits:
                    ctx.set(dut.unit, fields(core.unit.unit_layout, at))
                at = cycle - pipeline.carried
                if 0 <= at < count and layer.carried:
                    ctx.set(dut.old.c, int(state.c[0, at]))
                    if layer.scratch and last:
                        ctx.set(dut.old.scratch, int(step.z[0, at]))
                at = cycle - pipeline.made
                if 0 <= at < count and layer.carried:
                    assert ctx.get(dut.new.c) == (step.state if last else state).c[0, at]
                    if layer.scratch and not last:
                        assert ctx.get(dut.new.scratch) == step.z[0, at]
                if cycle >= pipeline.whole - 1:
                    news.append(ctx.get(dut.h_next))
                await ctx.tick()

        run(dut, testbench)
        assert news[:count] == (step.h if last else step.k)[0].tolist()
