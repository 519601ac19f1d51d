"""Each block against its golden twin, in Amaranth's simulator."""

import itertools

import numpy as np
import pytest
from amaranth.hdl import C, Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from pascaline.golden import rounding
from pascaline.golden.activation import ActivationFunction as GoldenActivation
from pascaline.golden.cells import State, cell_of
from pascaline.hdl.activation import ActivationFunction
from pascaline.hdl.cells import CELLS as UNITS
from pascaline.hdl.dense import ArgMax
from pascaline.hdl.lanes import Lanes
from pascaline.hdl.rounding import narrow
from pascaline.hdl.shapes import shape
from pascaline.hdl.terms import terms_of
from pascaline.hdl.tree import tree_sum
from pascaline.hdl.trits import TritDecoder
from pascaline.hdl.vector import GroupPointer, VectorMemory
from pascaline.spec.activation import PiecewiseLinear, Table
from pascaline.spec.arithmetic import arithmetic
from pascaline.spec.cells.rnn import RnnPipeline
from pascaline.spec.formats import Format, Interval, half
from pascaline.spec.lanes import lane_designs, lane_terms
from pascaline.spec.ports import ports
from pascaline.spec.product import Product
from pascaline.spec.trits import GROUP, pack_trits
from tests.hdl.bench import run
from tests.models import make_design, make_model

ARITHMETICS = ("binary", "ternary", "pow2", "pow2i1f1", "exp3", "exp4", "fixed3", "fixed4")


class Function(wiring.Component):
    """A combinational function of some numbers."""

    def __init__(self, build, result, **inputs):
        self._build = build
        super().__init__({**{k: In(v) for k, v in inputs.items()}, "y": Out(result)})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.y.eq(self._build(m, self))
        return m


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


@pytest.mark.parametrize("interval", [Interval(-8, 7), Interval(0, 7), Interval(-8, 15)])
@pytest.mark.parametrize("simd", [1, 2, 3])
@pytest.mark.parametrize(
    ("name", "lane"),
    [(name, lane) for name in ARITHMETICS for lane in lane_designs(arithmetic(name))],
)
def test_terms(name, lane, simd, interval, rng):
    """Terms and carries of every combination of weights add up, in their range."""
    kind = arithmetic(name)
    terms = terms_of(lane, kind, simd, interval)
    reach = terms.term.times(lane_terms(lane, simd)) + Interval(0, simd)

    def add_up(m, f):
        shared = []
        for k, value in enumerate(terms.share([getattr(f, f"x{k}") for k in range(simd)])):
            shared.append(Signal(shape(terms.shared[k]), name=f"shared_{k}"))
            m.d.comb += shared[-1].eq(value)
        total = C(0)
        for k, (value, carry) in enumerate(terms.terms(shared, f.code)):
            kept = Signal(shape(terms.term), name=f"term_{k}")
            m.d.comb += kept.eq(value)
            total = total + kept + (0 if carry is None else carry)
        if terms.total is not None:
            total = total << 1
            for k, (value, _) in enumerate(terms.total.terms(shared, None)):
                kept = Signal(shape(terms.total.term), name=f"other_{k}")
                m.d.comb += kept.eq(value)
                total = total + kept
        return total

    names = {f"x{k}": shape(interval) for k in range(simd)}
    wide = Interval(2 * reach.lo - 200, 2 * reach.hi + 200)
    dut = Function(add_up, shape(wide), code=kind.bits * simd, **names)
    # Exhaustive up to 100 combinations.
    every = rng.permutation(list(itertools.product(kind.values.tolist(), repeat=simd)))[:100]

    async def testbench(ctx):
        for weights in every:
            code = sum(int(kind.encode(w)) << (kind.bits * k) for k, w in enumerate(weights))
            ctx.set(dut.code, code)
            corners = itertools.product((interval.lo, interval.hi, 0), repeat=simd)
            drawn = rng.integers(interval.lo, interval.hi, (4, simd), endpoint=True)
            for x in [*corners, *drawn.tolist()]:
                for k in range(simd):
                    ctx.set(getattr(dut, f"x{k}"), x[k])
                await ctx.delay(1e-9)
                wanted = sum(w * v for w, v in zip(weights, x, strict=True))
                assert ctx.get(dut.y) == wanted, (weights, x)

    run(dut, testbench)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 7, 8, 9, 16])
@pytest.mark.parametrize("registers", [0, 1, 2, 5])
@pytest.mark.parametrize("carries", [False, True])
def test_tree(count, registers, carries, rng):
    term = Interval(-5, 4)
    registers = min(registers, 1 + (count - 1).bit_length())

    def total(m, f):
        terms = [(getattr(f, f"t{k}"), f.carries[k] if carries else None) for k in range(count)]
        value, carry = tree_sum(m, terms, term, registers, name="s")
        assert (carry is not None) == carries
        return value if carry is None else value + carry

    dut = Function(
        total,
        shape(term.times(count) + Interval(0, count)),
        carries=count,
        **{f"t{k}": shape(term) for k in range(count)},
    )
    added = rng.integers(0, 1 << count, 30)
    added[:2] = [0, (1 << count) - 1]
    drawn = rng.integers(-5, 4, (30, count), endpoint=True)
    drawn[:2] = [[-5] * count, [4] * count]

    async def testbench(ctx):
        seen = []
        for row, bits in [*zip(drawn, added, strict=True), *zip(drawn, added, strict=True)][
            : 30 + registers
        ]:
            ctx.set(dut.carries, int(bits))
            for k in range(count):
                ctx.set(getattr(dut, f"t{k}"), int(row[k]))
            if registers == 0:
                await ctx.delay(1e-9)
                seen.append(ctx.get(dut.y))
            else:
                seen.append(ctx.get(dut.y))
                await ctx.tick()
        ones = [int(bits).bit_count() if carries else 0 for bits in added]
        assert seen[registers:] == (drawn.sum(axis=1) + ones).tolist()

    run(dut, testbench)


@pytest.mark.parametrize(
    ("name", "lane"),
    [
        (name, lane)
        for name in ("binary", "ternary", "exp3", "fixed6")
        for lane in lane_designs(arithmetic(name))
    ],
)
@pytest.mark.parametrize("registers", [(0, 0), (1, 1), (2, 1)])
@pytest.mark.parametrize(("lanes", "simd", "front"), [(4, 1, 2), (3, 4, 1), (8, 3, 8)])
@pytest.mark.parametrize("two", [False, True])
def test_lanes(name, lane, registers, lanes, simd, front, two, rng):
    """Tiles back to back: sums come out in order, and loading a tile does not disturb draining."""
    kind, element = arithmetic(name), Interval(-8, 7)
    chunks = max(2, lanes // front)
    geometry = Product(
        rows=3 * lanes,
        columns=chunks * simd,
        lanes=lanes,
        simd=simd,
        lane=lane,
        operand_registers=registers[0],
        tree_registers=registers[1],
    )
    whole = (kind.weights * element).times(chunks * simd)
    sums = (whole, whole) if two else (whole,)
    dut = Lanes(
        product=geometry,
        arithmetic=kind,
        element=element,
        sums=sums,
        front=front,
    )
    weights = rng.choice(kind.values, (3, chunks, lanes, simd))
    vectors = rng.integers(-8, 7, (3, chunks, simd), endpoint=True)
    terms = np.einsum("tcls,tcs->tcl", weights, vectors)
    found = []

    def join(values, bits):
        return sum((int(v) & ((1 << bits) - 1)) << (bits * k) for k, v in enumerate(values))

    async def drive(ctx):
        await ctx.tick()
        for tile in range(3):
            for chunk in range(chunks):
                ctx.set(dut.x, join(vectors[tile, chunk], element.width))
                ctx.set(dut.codes, join(kind.encode(weights[tile, chunk]).ravel(), kind.bits))
                ctx.set(dut.split, chunk == 0)
                ctx.set(dut.load, chunk == chunks - 1)
                await ctx.tick()
        ctx.set(dut.load, 0)
        ctx.set(dut.x, 0)
        await ctx.tick().repeat(chunks + 5)

    async def drain(ctx):
        for _ in range(3):
            await ctx.tick().until(dut.loaded)
            for _ in range(lanes // front):
                for place in range(front):
                    row = dut.sums[place]
                    found.append([ctx.get(row[f"s{k}"]) for k in range(len(sums))])
                ctx.set(dut.shift, 1)
                if len(found) % lanes:
                    await ctx.tick()

    run(dut, drive, drain)
    for tile in range(3):
        for row in range(lanes):
            if two:
                wanted = [terms[tile, 1:, row].sum(), terms[tile, 0, row]]
            else:
                wanted = [terms[tile, :, row].sum()]
            assert found[tile * lanes + row] == wanted, (tile, row)


@pytest.mark.parametrize("form", [Table(), PiecewiseLinear(segments=4), PiecewiseLinear()])
@pytest.mark.parametrize("function", ["sigmoid", "tanh"])
@pytest.mark.parametrize("out", [Format(width=8, frac=7), Format(width=9, frac=8, signed=False)])
@pytest.mark.parametrize("long", [False, True])
def test_activation(form, function, out, long):
    if function == "tanh" and not out.signed:
        out = Format(width=5, frac=4)
    pre = Format(width=10, frac=6)
    dut = ActivationFunction(form, function, pre, out, long=long)
    latency = RnnPipeline(long=long, activation=form, relu=False).activate
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


CELLS = {
    "lstm": {},
    "lstm, affine": {"cell_affine": {}},
    "gru": {"kind": "gru"},
    "gru, before": {"kind": "gru", "reset": "before"},
    "rnn": {"kind": "rnn"},
    "rnn, relu": {"kind": "rnn", "function": "relu", "h": {"width": 8, "frac": 4}},
}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("long", [False, True])
def test_unit(cell, shared, long, rng):
    """The whole pipeline, a new unit every cycle, with the latencies that its layer has."""
    count = 40
    model = make_model(hidden=count, inputs=9, shared_scale=shared, layer=CELLS[cell])
    [core] = make_design(model, pipelined=long).cores
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
                if 0 <= at < count and layer.unit_tensors:
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


def test_vector_memory_reads_what_was_written(rng):
    dut = VectorMemory(shape(Interval(-8, 7)), chunks=3, simd=4, units=2, reads=2)
    vectors = rng.integers(-8, 7, (2, 12), endpoint=True)

    async def testbench(ctx):
        for bank in range(2):
            for group in range(6):
                ctx.set(dut.write.en, 1)
                ctx.set(dut.write.bank, bank)
                ctx.set(dut.write.chunk, group // 2)
                ctx.set(dut.write.slot, group % 2)
                ctx.set(dut.write.data, vectors[bank, 2 * group : 2 * group + 2].tolist())
                await ctx.tick()
        ctx.set(dut.write.en, 0)
        for bank in range(2):
            for chunk in range(3):
                for port, other in ((dut.read_0, 0), (dut.read_1, 1)):
                    ctx.set(port.en, 1)
                    ctx.set(port.bank, bank ^ other)
                    ctx.set(port.chunk, chunk)
                await ctx.tick()
                for port, other in ((dut.read_0, 0), (dut.read_1, 1)):
                    found = [ctx.get(port.data[k]) for k in range(4)]
                    assert found == vectors[bank ^ other, 4 * chunk : 4 * chunk + 4].tolist()

    run(dut, testbench)


@pytest.mark.parametrize(("groups", "slots"), [(1, 1), (5, 2), (6, 3), (4, 4)])
def test_pointer(groups, slots):
    dut = GroupPointer(groups, slots)

    async def testbench(ctx):
        ctx.set(dut.advance, 1)
        for count in range(2 * groups + 1):
            group = count % groups
            assert ctx.get(dut.group) == group
            assert (ctx.get(dut.chunk), ctx.get(dut.slot)) == divmod(group, slots)
            assert ctx.get(dut.last) == (group == groups - 1)
            await ctx.tick()

    run(dut, testbench)


@pytest.mark.parametrize("logits", [[5], [1, 2, 3], [3, 2, 3], [-4, -4, -5], [0, 0, 0, 9]])
def test_argmax(logits):
    head = {"classes": len(logits), "weights": "binary"}
    design = make_design(make_model(head=head))
    dut = ArgMax(design.dense, ports(design)["o"].layout)

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
