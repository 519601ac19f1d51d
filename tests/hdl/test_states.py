"""The memory of states by itself, in Amaranth's simulator."""

import random

import pytest

from pascaline.hdl.bus.states import States
from pascaline.spec.errors import InputError
from pascaline.spec.ports import ports
from pascaline.spec.states import spans, state_size
from tests.hdl.bench import run
from tests.models import make_design, make_model

LSTM = {"hidden": 5, "weights": "ternary"}
GRU = {"kind": "gru", "hidden": 3, "weights": "ternary"}
RNN = {"kind": "rnn", "hidden": 4, "weights": "ternary"}

MACHINES = {
    "one stream": ([LSTM], {"simd": 4, "units": 4, "cell_units": 2}),
    "no c": ([RNN], {"streams": 3}),
    "stack": ([LSTM, GRU], {"streams": 2, "simd": 2, "units": 2, "cell_units": 2}),
    "shared": ([GRU, GRU], {"stack": "shared", "simd": 2, "units": 2, "cell_units": 1}),
}


class Registers:
    """Accesses of the registers, a cycle each."""

    def __init__(self, ctx, dut):
        self.ctx, self.dut = ctx, dut

    async def index(self, stream, element):
        ctx, dut = self.ctx, self.dut
        ctx.set(dut.index_stream.payload, stream)
        ctx.set(dut.index_element.payload, element)
        ctx.set(dut.index_stream.valid, 1)
        ctx.set(dut.index_element.valid, 1)
        taken = ctx.get(dut.index_element.ready)
        assert taken == ctx.get(dut.index_stream.ready)
        await ctx.tick()
        ctx.set(dut.index_stream.valid, 0)
        ctx.set(dut.index_element.valid, 0)
        return taken

    async def write(self, value):
        ctx, dut = self.ctx, self.dut
        ctx.set(dut.w_element.payload, value & 0xFFFFFFFF)
        ctx.set(dut.w_element.valid, 1)
        taken = ctx.get(dut.w_element.ready)
        await ctx.tick()
        ctx.set(dut.w_element.valid, 0)
        return taken

    def read(self):
        return self.ctx.get(self.dut.r_element)

    async def wait(self):
        for _ in range(1000):
            if self.ctx.get(self.dut.ready):
                return
            await self.ctx.tick()
        raise AssertionError("status.states stays 0")

    async def state(self, stream, size):
        found = []
        for element in range(size):
            assert await self.index(stream, element)
            found.append(self.read())
        return found


def groups_of(core, first):
    """Numbers of the elements of each group: those of h, and of c; None beyond the state."""
    units, hidden = core.cell_units, core.layer.hidden
    kinds = 1 if core.layer.carried is None else 2
    for _ in core.layers:
        for group in range(core.drain.groups):
            places = [group * units + k for k in range(units)]
            yield [
                [first + kind * hidden + place if place < hidden else None for place in places]
                for kind in range(kinds)
            ]
        first += kinds * hidden


def kinds_of(beat):
    return [beat.h, beat.c] if "c" in beat.shape().members else [beat.h]


@pytest.mark.parametrize("name", MACHINES)
def test_states_are_kept_for_each_stream(name, seed):
    layers, machine = MACHINES[name]
    rng = random.Random(seed)
    design = make_design(make_model(layers=layers), ports="axi", bus_states=True, **machine)
    dut, size, streams = States(design), state_size(design), design.machine.streams
    names = [one for one in ports(design) if one.startswith("i_state")]
    firsts = [sum(map(_size, design.cores[:k])) for k in range(len(names))]
    fits = [span.element.interval for span in spans(design) for _ in range(span.count)]

    def draw():
        return [rng.choice((one.lo, one.hi, rng.randint(one.lo, one.hi))) for one in fits]

    async def give(ctx, core, first, name, stream, state):
        """The core gives a final state, with pauses."""
        port = getattr(dut, name)
        for group in groups_of(core, first):
            while rng.random() < 0.3:
                await ctx.tick()
            ctx.set(port.valid, 1)
            for kind, elements in zip(kinds_of(port.p), group, strict=True):
                for k, element in enumerate(elements):
                    ctx.set(kind[k], 0 if element is None else state[element])
            if streams > 1:
                ctx.set(port.p.stream, stream)
            while not ctx.get(port.ready):
                await ctx.tick()
            await ctx.tick()
            ctx.set(port.valid, 0)

    async def take(ctx, core, first, name):
        """The core asks for a state; its elements by their numbers."""
        port, found = getattr(dut, name), {}
        for group in groups_of(core, first):
            ctx.set(port.ready, 1)
            while not ctx.get(port.valid):
                await ctx.tick()
            for kind, elements in zip(kinds_of(port.p), group, strict=True):
                for k, element in enumerate(elements):
                    if element is not None:
                        found[element] = ctx.get(kind[k])
            await ctx.tick()
        ctx.set(port.ready, 0)
        return found

    async def everything(ctx):
        registers = Registers(ctx, dut)
        assert not ctx.get(dut.ready)
        await registers.wait()
        kept = [[0] * size for _ in range(streams)]
        for _ in range(12):
            for stream in range(streams):
                assert await registers.state(stream, size) == kept[stream]
            stream, what = rng.randrange(streams), rng.choice(("write", "dump", "restore"))
            if what == "write":
                kept[stream] = draw()
                assert await registers.index(stream, 0)
                for value in kept[stream]:
                    assert await registers.write(value)
                assert registers.read() == 0
                assert not await registers.write(0)
            elif what == "dump":
                kept[stream] = draw()
                ctx.set(dut.dump, 1)
                await ctx.tick()
                ctx.set(dut.dump, 0)
                for core, first, given in zip(design.cores, firsts, names, strict=True):
                    # Until all have given theirs, nothing can be read or written.
                    assert not ctx.get(dut.ready)
                    assert registers.read() == 0
                    assert not await registers.write(0)
                    await give(ctx, core, first, f"o{given[1:]}", stream, kept[stream])
            else:
                ctx.set(dut.restore, 1)
                ctx.set(dut.stream, stream)
                await ctx.tick()
                ctx.set(dut.restore, 0)
                ctx.set(dut.stream, 0)
                found = {}
                for core, first, taken in zip(design.cores, firsts, names, strict=True):
                    assert ctx.get(dut.hold)
                    assert not ctx.get(dut.ready)
                    found |= await take(ctx, core, first, taken)
                assert not ctx.get(dut.hold)
                assert found == dict(enumerate(kept[stream]))
            await registers.wait()

    run(dut, everything)


def _size(core):
    kinds = 1 if core.layer.carried is None else 2
    return len(core.layers) * kinds * core.layer.hidden


def test_what_is_not_there_or_does_not_fit_is_refused():
    design = make_design(make_model(), ports="axi", bus_states=True, streams=3)
    dut, size = States(design), state_size(design)
    h, *_, c = spans(design)

    async def everything(ctx):
        registers = Registers(ctx, dut)
        assert await registers.index(2, 0)
        assert not await registers.write(1)  # The memory is still cleared.
        await registers.wait()
        for stream, element in ((3, 0), (0, size), (255, 0), (0, (1 << 24) - 1)):
            assert not await registers.index(stream, element)
        for value in (h.element.interval.lo - 1, h.element.interval.hi + 1, 1 << 30):
            assert not await registers.write(value)
        assert await registers.write(h.element.interval.lo)
        assert await registers.index(2, c.first)
        assert not await registers.write(c.element.interval.hi + 1)
        assert await registers.write(c.element.interval.hi)
        ctx.set(dut.busy, 1)
        assert not await registers.write(0)
        assert registers.read() == 0
        ctx.set(dut.busy, 0)
        await registers.wait()
        state = await registers.state(2, size)
        assert (state[0], state[c.first]) == (h.element.interval.lo, c.element.interval.hi)
        assert sum(value != 0 for value in state) == 2
        assert not any(await registers.state(0, size))

    run(dut, everything)


@pytest.mark.parametrize(
    ("network", "machine", "message"),
    [
        ({}, {}, "must be false with plain streams, which take and give states themselves"),
        (
            {"layer": {"bidirectional": True}},
            {"ports": "axi"},
            "must be false with bidirectional layers or a decoder, which keep no states",
        ),
    ],
)
def test_machines_that_cannot_have_it(network, machine, message):
    with pytest.raises(InputError, match=f"^machine: bus_states: {message}, not True$"):
        make_design(make_model(**network), bus_states=True, **machine)
