# amaranth: UnusedElaboratable=no
"""Weights that are wires: the graph in both forms, its Verilog, and the product around it."""

import re

import numpy as np
import pytest

from pascaline.adders.optimise import optimise
from pascaline.hdl.verilog import generate
from pascaline.hdl.wired.graphs import column_ranges, core_graph
from pascaline.hdl.wired.parallel import ParallelGraph
from pascaline.hdl.wired.product import WiredProduct
from pascaline.hdl.wired.schedule import Schedule
from pascaline.hdl.wired.serial import SerialGraph
from pascaline.models.catalogue import find_model
from pascaline.spec.design import Design
from pascaline.spec.formats import Interval
from pascaline.spec.image import gate_matrix
from pascaline.spec.machine import Machine
from pascaline.spec.product import Product
from tests.hdl.bench import run
from tests.hdl.wiretext import Reading, serial_matrix
from tests.models import make_design

GRAPH = re.compile(r"^module \w+_(?:graph|serial)_[0-9a-f]{8}(\(.*?^endmodule\n)", re.M | re.S)

MATRICES = {
    "signs": lambda rng: rng.integers(0, 2, (9, 7)) * 2 - 1,
    "trits": lambda rng: rng.integers(-1, 2, (12, 8)),
    "numbers": lambda rng: rng.integers(-37, 38, (6, 5)),
    "powers": lambda rng: (1 << rng.integers(0, 5, (6, 4))) * rng.integers(-1, 2, (6, 4)),
    "one element a row": lambda rng: np.diag([1, -1, 4, -8, 0]),
    "zeros": lambda rng: np.zeros((2, 3), np.int64),
    "zero columns": lambda rng: rng.integers(-3, 4, (5, 6)) * np.array([1, 0, 1, 1, 0, 1]),
}

ELEMENTS = (Interval(-8, 7), Interval(0, 15), Interval(-128, 127), Interval(0, 1))


def make(kind, rng):
    """A matrix, ranges of its elements, of its rows, and its graph."""
    matrix = MATRICES[kind](rng)
    elements = [ELEMENTS[k % len(ELEMENTS)] for k in range(matrix.shape[1])]
    graph = optimise(matrix, elements, effort=0)
    rows = []
    for row in matrix.tolist():
        ends = [sorted((c * e.lo, c * e.hi)) for c, e in zip(row, elements, strict=True)]
        rows.append(Interval(sum(lo for lo, _ in ends), sum(hi for _, hi in ends)))
    return matrix, elements, rows, graph


def levels(graph):
    return sorted({0, 1, graph.deepest // 2, graph.deepest} & set(range(graph.deepest + 1)))


@pytest.mark.parametrize("kind", MATRICES)
def test_parallel_graph(kind, rng):
    matrix, elements, rows, graph = make(kind, rng)
    for registers in levels(graph):
        dut = ParallelGraph(graph, elements, rows, registers)
        vectors = [[int(rng.integers(e.lo, e.hi + 1)) for e in elements] for _ in range(20)]
        vectors += [[e.lo for e in elements], [e.hi for e in elements]]
        results = []

        async def drive(ctx, dut=dut, vectors=vectors, registers=registers, results=results):
            for vector in [*vectors, *[vectors[0]] * registers]:
                word = place = 0
                for k in dut.taken:
                    word |= (vector[k] & (1 << elements[k].width) - 1) << place
                    place += elements[k].width
                ctx.set(dut.x, word)
                await ctx.delay(1e-8)
                results.append(ctx.get(dut.rows))
                if registers:
                    await ctx.tick()

        run(dut, drive)
        for vector, word in zip(vectors, results[registers:], strict=True):
            for row, wanted in zip(rows, matrix @ vector, strict=True):
                assert word & (1 << row.width) - 1 == int(wanted) & (1 << row.width) - 1
                word >>= row.width


@pytest.mark.parametrize("kind", MATRICES)
def test_parallel_verilog_has_the_matrix(kind, rng):
    matrix, elements, rows, graph = make(kind, rng)
    for registers in levels(graph):
        dut = ParallelGraph(graph, elements, rows, registers)
        found = Reading(dut.verilog(), [elements[k] for k in dut.taken], rows)
        assert found.registers <= {registers}
        assert np.array_equal(np.array(found.rows), matrix[:, dut.taken])


def _has(matrix, read, *given):
    """Whether the matrix can be read in a text."""
    try:
        found = read(*given)
    except AssertionError:
        return False
    return np.array_equal(np.array(getattr(found, "rows", found)), matrix)


def test_a_fault_in_the_verilog_is_seen(rng):
    matrix, elements, rows, graph = make("trits", rng)
    dut = ParallelGraph(graph, elements, rows, 0)
    taken = [elements[k] for k in dut.taken]
    text = dut.verilog()
    for old, new in ((" + ", " - "), (" - ", " + "), ("v9", "v10")):
        spoilt = text.replace(old, new, 1)
        assert spoilt != text
        assert not _has(matrix[:, dut.taken], Reading, spoilt, taken, rows)


@pytest.mark.parametrize("kind", MATRICES)
def test_serial_graph(kind, rng):
    matrix, elements, rows, graph = make(kind, rng)
    if not matrix.any():
        return  # There is no register, and no clock.
    width = max(row.width for row in rows)
    for registers in levels(graph):
        dut = SerialGraph(graph, registers)
        vectors = [[int(rng.integers(e.lo, e.hi + 1)) for e in elements] for _ in range(6)]
        streams = []

        async def drive(ctx, dut=dut, vectors=vectors, registers=registers, streams=streams):
            for vector in vectors:
                ctx.set(dut.clear, 1)
                await ctx.tick()
                ctx.set(dut.clear, 0)
                bits = []
                for bit in range(width + registers):
                    ctx.set(
                        dut.x, sum((vector[k] >> bit & 1) << i for i, k in enumerate(dut.taken))
                    )
                    await ctx.delay(1e-8)
                    bits.append(ctx.get(dut.rows))
                    await ctx.tick()
                streams.append(bits[registers:])

        run(dut, drive)
        for vector, bits in zip(vectors, streams, strict=True):
            for index, wanted in enumerate(matrix @ vector):
                number = sum((word >> index & 1) << bit for bit, word in enumerate(bits))
                assert number == int(wanted) & (1 << width) - 1


@pytest.mark.parametrize("kind", MATRICES)
def test_serial_verilog_has_the_matrix(kind, rng):
    matrix, *_, graph = make(kind, rng)
    for registers in levels(graph):
        dut = SerialGraph(graph, registers)
        found = serial_matrix(dut.verilog(), len(dut.taken), len(matrix))
        assert np.array_equal(np.array(found), matrix[:, dut.taken])


def test_a_fault_in_the_serial_verilog_is_seen(rng):
    matrix, *_, graph = make("numbers", rng)
    dut = SerialGraph(graph, 1)
    text = dut.verilog()
    for old, new in (("clear ? 1'b1", "clear ? 1'b0"), (" ^ ~", " ^ "), ("x[0]", "x[1]")):
        spoilt = text.replace(old, new, 1)
        assert spoilt != text
        assert not _has(matrix[:, dut.taken], serial_matrix, spoilt, len(dut.taken), len(matrix))


@pytest.mark.parametrize("adders", ["parallel", "serial"])
def test_a_whole_machine_has_its_matrix(adders):
    """The graph in the Verilog of all of `digits-ternary`: 400 rows of 113 weights."""
    machine = Machine(simd=10, weights="wired", adders=adders, effort=0)
    design = Design(model=find_model("digits-ternary"), machine=machine)
    [core] = design.cores
    matrix = gate_matrix(core)
    [body] = GRAPH.findall(generate(design).text)
    taken = matrix.any(axis=0)
    if adders == "parallel":
        columns = zip(column_ranges(core), taken, strict=True)
        elements = [one for one, used in columns if used]
        rows = list(core.lane_sums) * (len(matrix) // len(core.lane_sums))
        found = Reading(body, elements, rows).rows
    else:
        found = serial_matrix(body, int(taken.sum()), len(matrix))
    assert matrix.shape == (400, 113)
    assert np.array_equal(np.array(found), matrix[:, taken])


def test_a_graph_of_another_matrix_is_not_built(monkeypatch):
    def wrong(matrix, *given, **options):
        return optimise(np.where(np.arange(matrix.size).reshape(matrix.shape) == 5, 2, matrix))

    monkeypatch.setattr("pascaline.hdl.wired.graphs.optimise", wrong)
    [core] = make_design(weights="wired", effort=0).cores
    with pytest.raises(AssertionError, match="another matrix than the gates"):
        core_graph(core)


@pytest.mark.parametrize("kind", MATRICES)
def test_stages_hold_for_every_path(kind, rng):
    _, elements, _, graph = make(kind, rng)
    for registers in levels(graph):
        operands = list(zip(graph.left.tolist(), graph.right.tolist(), strict=True))
        outputs, widths = graph.output.tolist(), graph.widths(elements)
        schedule = Schedule(graph.inputs, operands, outputs, widths, registers)
        for place in schedule.nodes:
            for operand in (graph.left, graph.right):
                of = operand[place - graph.inputs]
                assert schedule.stage[of] <= schedule.stage[place] <= schedule.last[of]
        assert max(schedule.stage) <= registers


def test_each_value_is_where_it_takes_few_registers():
    """One sum of two elements is made early; two sums of two others, which are wider, late."""
    early, chain, late = (0, 1), [(2, 3), (7, 2), (8, 6)], [(4, 5), (4, 5)]
    widths = [8] * 6 + [9, 9, 10, 11, 9, 9]
    schedule = Schedule(6, [early, *chain, *late], [9, 10, 11], widths, 2)
    assert [schedule.stage[place] for place in (6, 9, 10, 11)] == [0, 2, 2, 2]
    # The sum, an element and what it is added to, for a stage each; two elements for two.
    assert schedule.bits == 2 * 9 + (9 + 8) + 10 + 2 * 16


@pytest.mark.parametrize("serial", [False, True])
@pytest.mark.parametrize(("operands", "tree"), [(0, 0), (1, 1)])
def test_product(serial, operands, tree, rng):
    """Vectors of unlike lengths come chunk by chunk, passes in turn have rows of their own."""
    simd, lanes, sizes, turns = 2, 4, {"x": 3, "h": 5}, 2
    elements = {"x": Interval(0, 15), "h": Interval(-8, 7)}
    matrix = rng.integers(-2, 3, (turns * lanes * 2, 8))
    matrix[0::2, :3] = 0
    matrix[1::2, 3:] = 0
    sums = (Interval(-2 * 5 * 8, 2 * 5 * 8), Interval(-2 * 3 * 15, 2 * 3 * 15))
    bits = max(one.width for one in sums) if serial else 0
    shape = {"lanes": lanes, "simd": simd, "operand_registers": operands, "tree_registers": tree}
    vectors = {
        name: (elements[name], Product(rows=lanes, columns=size, bits=bits, **shape))
        for name, size in sizes.items()
    }
    ranges = [elements["x"]] * 3 + [elements["h"]] * 5
    graph = optimise(matrix, ranges, effort=0)
    dut = WiredProduct(graph=graph, vectors=vectors, sums=sums, front=2)
    given = [
        {
            name: rng.integers(elements[name].lo, elements[name].hi + 1, size)
            for name, size in sizes.items()
        }
        for _ in range(5)
    ]
    found, latency = [], operands + tree + bits

    async def drive(ctx):
        for number, one in enumerate(given):
            for chunk in range(3):
                for name, values in one.items():
                    part = values[chunk * simd :][:simd]
                    for k in range(simd):
                        ctx.set(getattr(dut, name)[k], int(part[k]) if k < len(part) else 0)
                ctx.set(dut.chunk, chunk)
                ctx.set(dut.read, 1)
                ctx.set(dut.ends_tile, chunk == 2)
                ctx.set(dut.turn, number % turns)
                await ctx.tick()
                ctx.set(dut.read, 0)
                ctx.set(dut.ends_tile, 0)
                if chunk == 0:
                    await ctx.tick()  # What comes is held up.
            for _ in range(max(bits - 1, 0)):
                await ctx.tick()
        for _ in range(latency + 4):
            await ctx.tick()

    async def drain(ctx):
        for _ in given:
            await ctx.tick().until(dut.arrives)
            for _ in range(lanes // 2):
                fronts = [dut.sums[place] for place in range(2)]
                found.extend([ctx.get(row.s0), ctx.get(row.s1)] for row in fronts)
                ctx.set(dut.shift, 1)
                await ctx.tick()
            ctx.set(dut.shift, 0)

    run(dut, drive, drain, cycles=400)
    wanted = []
    for number, one in enumerate(given):
        rows = matrix[number % turns * lanes * 2 :][: lanes * 2]
        wanted += (rows @ np.concatenate([one["x"], one["h"]])).reshape(-1, 2).tolist()
    assert found == wanted
