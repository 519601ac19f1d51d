"""Blocks of the machine on a bus, in Amaranth's simulator."""

import itertools
import random

import pytest
from amaranth.hdl import Module
from amaranth.sim import Simulator

from pascaline.hdl.bus.axi_lite import AxiLite
from pascaline.hdl.bus.ending import Ending
from pascaline.hdl.bus.framing import Framing
from pascaline.hdl.bus.loading import LoadPort
from pascaline.hdl.bus.packets import PacketBuffer, Queue
from pascaline.hdl.bus.registers import RegisterFile
from pascaline.hdl.bus.wishbone import Wishbone
from pascaline.hdl.shapes import struct
from pascaline.spec.bus import Bytes, input_bytes
from pascaline.spec.fields import Constant, Control, Counter, Sticky, Word
from pascaline.spec.ports import ports
from pascaline.spec.register import Register
from tests.hdl.bench import run
from tests.models import make_design, make_model


def test_queue_is_a_list_that_can_be_taken_back(seed):
    rng = random.Random(seed)
    dut = Queue(3, 5)

    async def everything(ctx):
        closed, opened = [], []
        written = itertools.count()
        memory = {}
        for _ in range(2000):
            full = len(closed) + len(opened) == 5
            assert ctx.get(dut.full) == full
            assert ctx.get(dut.available) == bool(closed)
            write = not full and rng.random() < 0.6
            commit = write and rng.random() < 0.4
            drop = not commit and rng.random() < 0.1
            read = bool(closed) and rng.random() < 0.5
            for name, value in (("write", write), ("commit", commit), ("drop", drop)):
                ctx.set(getattr(dut, name), value)
            ctx.set(dut.read, read)
            if read:
                assert memory[ctx.get(dut.r_addr)] == closed.pop(0)
            if write:
                address = ctx.get(dut.w_addr)
                assert 3 <= address < 8
                memory[address] = number = next(written)
                opened.append(number)
            if drop:
                opened.clear()
            if commit:
                closed, opened = closed + opened, []
            await ctx.tick()

    run(dut, everything)


def packet_of(design, rng, steps):
    """Beats of a packet: their elements."""
    ends, count = design.network.x.interval, input_bytes(design).count
    beats = range(steps * input_bytes(design).beats)
    return [[rng.randint(ends.lo, ends.hi) for _ in range(count)] for _ in beats]


@pytest.mark.parametrize("streams", [1, 3])
def test_packets_come_whole_and_beat_by_beat(streams, seed):
    rng = random.Random(seed)
    design = make_design(make_model(inputs=5), simd=2, streams=streams, longest=4, ports="axi")
    chunks = input_bytes(design).beats
    lanes = input_bytes(design)
    waiting = {tid: [] for tid in range(streams)}
    wanted = {tid: [] for tid in range(streams)}
    dropped = 0
    for _ in range(30):
        tid = rng.randrange(streams)
        steps = rng.choice([1, 2, 4, 5])
        packet = packet_of(design, rng, steps)
        if steps <= 4 and rng.random() < 0.3:
            packet = packet[: -rng.randrange(1, chunks)]
        right = len(packet) % chunks == 0 and steps <= 4
        dropped += not right
        for place, elements in enumerate(packet):
            last = place == len(packet) - 1
            waiting[tid].append((elements, last))
            if right:
                wanted[tid].append((elements, last))
    framing, buffer = Framing(design), PacketBuffer(design)
    m = Module()
    m.submodules.framing, m.submodules.buffer = framing, buffer
    for name in ("word", "stream", "write", "commit", "drop"):
        m.d.comb += getattr(buffer, name).eq(getattr(framing, name))
    m.d.comb += [framing.full.eq(buffer.full), framing.enabled.eq(1)]
    found = {tid: [] for tid in range(streams)}
    counted = 0

    async def send(ctx):
        nonlocal counted
        while any(waiting.values()):
            tid = rng.choice([tid for tid in waiting if waiting[tid]])
            elements, last = waiting[tid][0]
            ctx.set(framing.tdata, int.from_bytes(lanes.encode(elements), "little"))
            ctx.set(framing.tkeep, -1)
            ctx.set(framing.tlast, last)
            ctx.set(framing.tid, tid)
            ctx.set(framing.tvalid, 1)
            ready = ctx.get(framing.tready)
            counted += ctx.get(framing.dropped)
            await ctx.tick()
            if ready:
                waiting[tid].pop(0)
        ctx.set(framing.tvalid, 0)
        for _ in range(400):
            await ctx.tick()

    async def take(ctx):
        vector = []
        while True:
            ready = rng.random() < 0.7
            ctx.set(buffer.o_ready, ready)
            if ctx.get(buffer.o_valid) and ready:
                word, tid = ctx.get(buffer.o_word), ctx.get(buffer.o_stream)
                vector.append(tid)
                if len(vector) == chunks:
                    assert len(set(vector)) == 1, "the words of a vector stay together"
                    vector = []
                found[tid].append(([word.data[k] for k in range(lanes.count)], bool(word.last)))
            await ctx.tick()

    simulator = Simulator(m)
    simulator.add_clock(1e-6)
    simulator.add_testbench(send)
    simulator.add_testbench(take, background=True)
    simulator.run()
    assert found == wanted
    assert counted == dropped


@pytest.mark.parametrize("streams", [1, 3])
def test_each_packet_ends_though_there_is_a_fault(streams, seed):
    """Before it all beats pass; after it one that waits does, and each packet ends, broken."""
    rng = random.Random(seed)
    design = make_design(streams=streams, simd=2, longest=4, ports="axi", parity=True)
    dut = Ending(design, struct(ports(design)["o"].layout))

    def beat_of(unended):
        tid = rng.choice([tid for tid in range(streams) if unended[tid]])
        beat = {"data": [rng.randrange(8), rng.randrange(8)], "last": rng.getrandbits(1)}
        return beat | ({"stream": tid} if streams > 1 else {})

    async def everything(ctx):
        unended, given, waits, broken = [0] * streams, None, None, 0
        for cycle in range(400):
            fault = cycle >= 200
            tid, commit = rng.randrange(streams), not fault and rng.random() < 0.2
            if given is None and any(unended) and rng.random() < 0.5:
                given = beat_of(unended)
            ready = rng.random() < 0.4
            ctx.set(dut.fault, fault)
            ctx.set(dut.stream, tid)
            ctx.set(dut.commit, commit)
            ctx.set(dut.i.valid, given is not None)
            ctx.set(dut.i.p, given or {})
            ctx.set(dut.o.ready, ready)
            valid, beat = ctx.get(dut.o.valid), ctx.get(dut.o.p)
            passes = not fault or (waits is not None and not waits.broken)
            assert valid == (given is not None if passes else any(unended))
            assert ctx.get(dut.i.ready) == (ready and passes)
            assert waits is None or (valid and beat == waits)
            if valid:
                assert (beat.broken, beat.last) == ((0, given["last"]) if passes else (1, 1))
            if valid and ready:
                broken += beat.broken
                unended[beat.stream if streams > 1 else 0] -= beat.last
                given = None if passes else given
            waits = beat if valid and not ready else None
            unended[tid] += commit
            await ctx.tick()
        assert not any(unended)
        assert broken

    run(dut, everything)


TABLE = (
    Register(
        name="a",
        offset=0x10,
        doc="",
        fields=(
            Control(name="x", width=12, doc=""),
            Sticky(name="y", place=12, doc=""),
            Constant(name="z", place=16, width=4, value=9, doc=""),
        ),
    ),
    Register(
        name="b",
        offset=0x20,
        doc="",
        fields=(Counter(name="n", width=32, doc=""),),
    ),
    Register(
        name="c",
        offset=0x24,
        doc="",
        fields=(Word(name="w", width=32, doc=""),),
    ),
)


def test_register_file():
    dut = RegisterFile(TABLE)

    async def everything(ctx):
        bus = dut.bus

        def read(address):
            ctx.set(bus.r_addr, address)
            return ctx.get(bus.r_data), ctx.get(bus.r_error)

        async def write(address, value, strobe=0xF):
            ctx.set(bus.w_addr, address)
            ctx.set(bus.w_data, value)
            ctx.set(bus.w_strobe, strobe)
            ctx.set(bus.w_en, 1)
            error = ctx.get(bus.w_error)
            await ctx.tick()
            ctx.set(bus.w_en, 0)
            return error

        assert read(0x10) == (9 << 16, 0)
        assert read(0x14) == (0, 1)
        assert await write(0x10, 0xFFFF_FFFF, strobe=0b0001) == 0
        assert read(0x10) == (9 << 16 | 0xFF, 0)
        assert ctx.get(dut.a_x) == 0xFF
        assert await write(0x20, 1) == 1
        ctx.set(dut.a_y, 1)
        ctx.set(dut.b_n, 1)
        await ctx.tick()
        # Setting wins over clearing.
        assert await write(0x10, 1 << 12 | 0x345) == 0
        ctx.set(dut.a_y, 0)
        assert read(0x10) == (9 << 16 | 1 << 12 | 0x345, 0)
        assert await write(0x10, 1 << 12) == 0
        assert read(0x10) == (9 << 16, 0)
        # Words go on whole, and where they are taken.
        assert await write(0x24, 1) == 1
        ctx.set(dut.c_w.ready, 1)
        assert await write(0x24, 1, strobe=0b0111) == 1
        ctx.set(bus.w_addr, 0x24)
        ctx.set(bus.w_data, 0x12345678)
        ctx.set(bus.w_strobe, 0xF)
        assert not ctx.get(dut.c_w.valid)
        ctx.set(bus.w_en, 1)
        assert (ctx.get(dut.c_w.valid), ctx.get(dut.c_w.payload)) == (1, 0x12345678)
        assert not ctx.get(bus.w_error)
        ctx.set(bus.w_en, 0)
        assert read(0x24) == (0, 0)
        assert read(0x20) == (5, 0)
        ctx.set(dut.clear, 1)
        await ctx.tick()
        assert read(0x20) == (0, 0)

    run(dut, everything)


def test_wishbone_answers_a_request_a_cycle(seed):
    rng = random.Random(seed)
    dut = Wishbone()

    async def everything(ctx):
        asked = None
        ctx.set(dut.cyc_i, 1)
        for _ in range(300):
            replies = ctx.get(dut.ack_o), ctx.get(dut.err_o)
            assert replies == ((0, 0) if asked is None else ((0, 1) if asked[0] else (1, 0)))
            if asked is not None and not asked[0] and asked[1] is not None:
                assert ctx.get(dut.dat_o) == asked[1]
            assert ctx.get(dut.stall_o) == 0
            request, write, error = rng.random() < 0.7, rng.getrandbits(1), rng.getrandbits(1)
            data = rng.getrandbits(32)
            ctx.set(dut.stb_i, request)
            ctx.set(dut.we_i, write)
            ctx.set(dut.bus.r_error, error)
            ctx.set(dut.bus.w_error, error)
            ctx.set(dut.bus.r_data, data)
            assert ctx.get(dut.bus.w_en) == (request and write)
            await ctx.tick()
            asked = (error, None if write else data) if request else None
        ctx.set(dut.stb_i, 1)
        await ctx.tick()
        ctx.set(dut.cyc_i, 0)
        assert not ctx.get(dut.ack_o)
        assert not ctx.get(dut.err_o)

    run(dut, everything)


def test_load_port_passes_images_on(seed):
    """No word is lost or doubled; an image begins while all is idle, and its end is told."""
    rng = random.Random(seed)
    dut = LoadPort(make_design(weights="ram", ports="axi"))

    async def everything(ctx):
        given, taken, refused = [], [], []
        begun, good, ended = False, False, None
        for _ in range(3000):
            valid, last = rng.random() < 0.6, rng.random() < 0.1
            idle, ready = rng.random() < 0.3, rng.random() < 0.7
            word = rng.getrandbits(32)
            ctx.set(dut.i.valid, valid)
            ctx.set(dut.i.p, {"data": word, "last": last})
            ctx.set(dut.idle, idle)
            ctx.set(dut.o.ready, ready)
            ctx.set(dut.loaded, good)
            assert ctx.get(dut.loading) == (len(given) > len(taken) or begun or ended is not None)
            assert ctx.get(dut.refused) == (ended is False)
            if len(given) > len(taken):
                assert ctx.get(dut.o.valid) == (begun or idle)
            else:
                assert not ctx.get(dut.o.valid)
            ended = None
            if ctx.get(dut.i.ready) and valid:
                given.append((word, last))
            if ctx.get(dut.o.valid) and ready:
                taken.append((ctx.get(dut.o.p.data), bool(ctx.get(dut.o.p.last))))
                begun = not taken[-1][1]
                if not begun:
                    good = ended = rng.random() < 0.5
                    refused.append(not good)
            await ctx.tick()
        assert given[: len(taken)] == taken
        assert len(taken) > 300
        assert True in refused

    run(dut, everything)


@pytest.mark.parametrize("order", ["address", "data", "both"])
def test_axi_lite_takes_address_and_data_in_any_order(order):
    dut = AxiLite()

    async def everything(ctx):
        writes = []

        async def tick():
            if ctx.get(dut.bus.w_en):
                writes.append((ctx.get(dut.bus.w_addr), ctx.get(dut.bus.w_data)))
            await ctx.tick()

        ctx.set(dut.awaddr, 0x40)
        ctx.set(dut.wdata, 7)
        ctx.set(dut.wstrb, 0xF)
        ctx.set(dut.awvalid, order != "data")
        ctx.set(dut.wvalid, order != "address")
        await tick()
        ctx.set(dut.awvalid, order == "data")
        ctx.set(dut.wvalid, order == "address")
        await tick()
        ctx.set(dut.awvalid, 0)
        ctx.set(dut.wvalid, 0)
        for _ in range(4):
            await tick()
        assert ctx.get(dut.bvalid)
        assert writes == [(0x40, 7)]
        ctx.set(dut.bready, 1)
        await tick()
        assert not ctx.get(dut.bvalid)

    run(dut, everything)


@pytest.mark.parametrize(
    ("width", "size"), [(1, 1), (8, 1), (9, 2), (16, 2), (17, 4), (32, 4), (33, 8)]
)
def test_numbers_take_whole_bytes(width, size):
    lanes = Bytes(width=width, signed=False, count=3, numbers=4)
    assert lanes.size == size
    values = [0, 1, (1 << width) - 1]
    assert lanes.decode(lanes.encode(values)) == values
