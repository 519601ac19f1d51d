"""The sequencer against a walk through its program, cycle by cycle."""

import random
from collections import deque
from dataclasses import dataclass

import pytest

from pascaline.hdl.sequencer import Sequencer
from pascaline.spec.ports import FROM_GIVEN, FROM_PREVIOUS, FROM_ZERO
from tests.hdl.bench import run
from tests.hdl.walk import follow, has_result, make_bank
from tests.programs import make_program

INPUT, STATE = "input", "state"

PIPELINED = {"issue": 1, "registers": 5, "whole": 17}

SLOW_DRAIN = {"hidden": 11, "units": 5, "simd": 4, "cell_units": 1}

PROGRAMS = {
    "one layer": {},
    "one layer, pipelined": {**PIPELINED, "hidden": 9, "simd": 4, "cell_units": 2, "units": 4},
    "one tile": {"hidden": 2, "units": 2, "inputs": 9},
    "one chunk each": {"hidden": 2, "units": 1, "inputs": 2, "whole": 2, "registers": 1},
    "slow drain": SLOW_DRAIN,
    "slow drain, serial": SLOW_DRAIN | {"serial": True, "whole": 12},
    "many chunks hide all latency": {"hidden": 40, "units": 40, "cell_units": 2, "inputs": 90},
    "every result": {"results": "every"},
    "streams": {"streams": 3, "results": "every"},
    "streams, pipelined": {**PIPELINED, "streams": 4, "hidden": 4},
    "streams, last result": {"streams": 2, "hidden": 3},
    "shared stack": {"layers": 3, "results": "every"},
    "shared stack, pipelined": {**PIPELINED, "layers": 3, "inputs": 7},
    "shared stack, streams": {"layers": 2, "streams": 2, "results": "every"},
    "two phases": {"phases": 2, "results": "every"},
    "two phases, pipelined": {**PIPELINED, "phases": 2, "hidden": 8, "units": 4, "simd": 4},
    "two phases, streams": {"phases": 2, "streams": 3},
    "two inputs": {"operands": (INPUT, STATE, INPUT), "results": "every"},
    "two inputs, stack": {"operands": (STATE, INPUT, INPUT), "layers": 2},
    "two states": {"operands": (STATE, INPUT, STATE), "hidden": 7, **PIPELINED},
    "two states, phases": {"operands": (INPUT, STATE, STATE), "phases": 2, "streams": 2},
    "four operands": {"operands": (INPUT, STATE, STATE, INPUT)},
    "no state": {"operands": (INPUT, INPUT)},
    "directions": {"streams": 2, "directions": 2, "stateful": False, "results": "every"},
    "directions, pipelined": {
        **PIPELINED,
        "streams": 2,
        "directions": 2,
        "stateful": False,
        "inputs": 6,
    },
    "directions, last step": {
        "streams": 2,
        "directions": 2,
        "stateful": False,
        "results": "first-of-backward",
    },
    "symbols": {"symbols": True, "inputs": 9, "results": "every"},
    "symbols, pipelined": {**PIPELINED, "symbols": True, "inputs": 7, "hidden": 8, "streams": 2},
    "symbols alone": {"symbols": True, "inputs": 8, "operands": (INPUT,)},
    "symbols, shared stack": {"symbols": True, "inputs": 7, "layers": 2},
    "symbols, two phases": {"symbols": True, "inputs": 7, "phases": 2, "issue": 1},
    "symbols, directions": {
        "symbols": True,
        "inputs": 5,
        "streams": 2,
        "directions": 2,
        "stateful": False,
    },
    "onward": {"onward": True, "results": "every"},
    "onward, directions": {"onward": True, "streams": 2, "directions": 2, "stateful": False},
}


@dataclass
class Step:
    """A vector that is offered: its stream, its flags, and cycles that it comes late.

    ``read_after`` and ``handshake`` are how long its result, and states, take beyond the least;
    ``picked`` is the chunk of its symbol.
    """

    stream: int
    start: bool
    last: bool
    state: int = FROM_ZERO
    dump: bool = False
    late: int = 0
    read_after: int = 0
    handshake: int = 1
    picked: int = 0


def make_steps(program, rng, *, pauses, count=10):
    """Sequences of 1 to 4 steps on all streams, which take turns at random."""
    most = 12 if pauses else 0
    left, found = dict.fromkeys(range(program.streams), 0), []
    while len(found) < count or any(left.values()):
        # Late ones only finish what they have begun; two directions take strict turns.
        able = [stream for stream, steps in left.items() if steps or len(found) < count]
        stream = rng.choice(able)
        if program.directions > 1 and pauses == 0:
            stream = len(found) % 2 if len(found) % 2 in able else able[0]
        start = left[stream] == 0
        if start:
            left[stream] = rng.randint(1, 4)
        left[stream] -= 1
        last = left[stream] == 0
        found.append(
            Step(
                stream,
                start,
                last,
                state=rng.choice((FROM_ZERO, FROM_PREVIOUS, FROM_GIVEN)) * program.stateful,
                dump=program.stateful and last and rng.random() < 0.4,
                late=rng.randint(0, most),
                read_after=rng.randint(0, 2 * most),
                handshake=rng.randint(1, 1 + most),
                picked=rng.randrange(program.picks.words) if program.picks else 0,
            )
        )
    return found


class Bench:
    """What stands around a sequencer, and a record of what the two did.

    The input side offers a vector after the other; results are read in order once they are there.

    Attributes
    ----------
    reads : list of (cycle, dict)
        Cycles in which a chunk was read, and all that describes it.
    frees : list of cycle
        Strobes of ``free``.
    offered, released, restored, dumped : dict of int to cycle
        By step: its vector's first cycle, when its result was read, its states restored or dumped.
    asks : dict of str to list of cycle
        Cycles in which ``restore`` and ``dump`` were up.
    """

    def __init__(self, program, steps, rng):
        self.program, self.steps, self._rng = program, steps, rng
        self.reads, self.frees, self.held = [], [], set()
        self.offered, self.released, self.restored, self.dumped = {}, {}, {}, {}
        self.asks = {"restore": [], "dump": []}
        self._results = deque()

    async def _testbench(self, ctx):
        dut, program = self.dut, self.program
        number, offer, ended, quiet, asked = 0, None, 0, 0, 0
        for cycle in range(4000):
            step = self.steps[number] if number < len(self.steps) else None
            if step is not None and offer is None:
                offer = cycle + step.late
            full = step is not None and cycle >= offer
            ctx.set(dut.full, full)
            if full:
                self.offered.setdefault(number, cycle)
                flags = {name: getattr(step, name) for name in ("start", "last", "stream")}
                if program.stateful:
                    flags |= {"state": step.state, "dump": step.dump}
                ctx.set(dut.flags, flags)
                if program.picks:
                    ctx.set(dut.picked, step.picked)
            released = self._results and cycle >= self._results[0][1]
            ctx.set(dut.released, bool(released))
            if released:
                index, _, bank = self._results.popleft()
                ctx.set(dut.released_bank, bank)
                self.released[index] = cycle
            holding = self._rng.random() < 0.3
            ctx.set(dut.holding, holding)
            if holding:
                self.held.add(cycle)
            asked = asked + 1 if self._asks(ctx, cycle) else 0
            self._answer(ctx, cycle, number, ended, asked)

            if ctx.get(dut.read):
                now = self._described(ctx)
                self.reads.append((cycle, now))
                if is_last(program, now):
                    quiet = cycle
                    if has_result(program, self.steps[ended]):
                        self._finish(ended, cycle)
                    ended += 1
            if ctx.get(dut.free):
                self.frees.append(cycle)
                number, offer = number + 1, None
            await ctx.tick()
            dumps = sum(step.dump for step in self.steps)
            done = ended == len(self.steps) and not self._results and len(self.dumped) == dumps
            if done and cycle > quiet + 20:
                return
        raise AssertionError(f"only {ended} of {len(self.steps)} steps came to their end")

    def _asks(self, ctx, cycle):
        up = [name for name, cycles in self.asks.items() if ctx.get(getattr(self.dut, name))]
        for name in up:
            self.asks[name].append(cycle)
        return bool(up)

    def _answer(self, ctx, cycle, number, ended, asked):
        """Restore or dump a state some cycles after it was asked for."""
        dut, before = self.dut, ended - 1
        restore = self.asks["restore"][-1:] == [cycle] and asked > self.steps[number].handshake
        dump = self.asks["dump"][-1:] == [cycle] and asked > self.steps[before].handshake
        ctx.set(dut.restored, restore)
        ctx.set(dut.dumped, dump)
        for answer, step, times in ((restore, number, self.restored), (dump, before, self.dumped)):
            if answer:
                times[step] = cycle
                stream = self.steps[step].stream
                assert ctx.get(dut.stream) == stream
                # What is restored is read by the stream's next step; what is dumped, too.
                earlier = sum(one.stream == stream for one in self.steps[:ended])
                assert ctx.get(dut.side) == (earlier + 1) % 2

    def _described(self, ctx):
        names = "from_h zero chunk weight bank ends_source ends_tile last_tile stream side".split()
        now = {name: ctx.get(getattr(self.dut, name)) for name in names}
        fields = self.dut.token.shape().members
        return now | {"token": {name: ctx.get(self.dut.token[name]) for name in fields}}

    def _finish(self, index, cycle):
        """The step's result can be read, once it is written and earlier ones have been read."""
        program, step = self.program, self.steps[index]
        ready = cycle - program.issue + program.written_latency
        before = self._results[-1][1] if self._results else -1
        turn = sum(one.stream == step.stream for one in self.steps[:index]) % 2
        bank = make_bank(program, step.stream, program.result_vector, turn)
        self._results.append((index, max(ready, before + 1) + step.read_after, bank))

    def run(self):
        self.dut = Sequencer(self.program)
        run(self.dut, self._testbench)


def is_last(program, now):
    """Whether a read ends its step."""
    return (
        now["ends_tile"] and now["last_tile"] and now["token"]["index"] == len(program.passes) - 1
    )


def check_latencies(bench):
    """What holds whatever `spec.clock` says, from the latencies alone.

    Nothing is read before it is written, the drain is empty when a tile comes to it, and no result
    is written over before it has been read.
    """
    program, drain = bench.program, bench.program.drain
    slots = bench.program.passes[0].sources[0].product.simd // drain.cell_units
    readable, released, groups, front_free, step = {}, {}, 0, -1, 0
    for number, (cycle, now) in enumerate(bench.reads):
        made_by = program.passes[now["token"]["index"]]
        if now["from_h"] and not now["zero"]:
            at = readable.get((now["bank"], now["chunk"]))
            assert at is None or at <= cycle, (number, "h is not there yet")
        if not now["ends_tile"]:
            continue
        front = cycle - program.issue + program.lane_latency
        assert front >= front_free, (number, "the drain is not empty")
        left = drain.last_groups if now["last_tile"] else drain.tile_groups
        front_free = front + left * drain.group_cycles
        bank = make_bank(program, now["stream"], made_by.to, 1 - now["side"])
        first_write = front + program.whole - 1
        assert first_write > released.get(bank, -1), (number, "a result was written over")
        for group in range(groups, groups + left):
            at = front + (group - groups) * drain.group_cycles + program.whole
            readable[bank, group // slots] = at
        groups += left
        if now["last_tile"]:
            groups = 0
        if is_last(program, now):
            if step in bench.released:
                released[bank] = bench.released[step]
            step += 1


def check(bench):
    bench.run()
    reads, frees, asks = follow(bench)
    found = [
        (cycle, {name: now[name] for name in due})
        for (cycle, now), (_, due) in zip(bench.reads, reads, strict=False)
    ]
    for number, (have, due) in enumerate(zip(found, reads, strict=False)):
        assert have == due, number
    assert len(bench.reads) == len(reads)
    assert bench.frees == frees
    assert bench.asks == asks
    check_latencies(bench)


@pytest.mark.parametrize("pauses", [False, True])
@pytest.mark.parametrize("name", PROGRAMS)
def test_walks_through_its_program(name, pauses, seed):
    rng, program = random.Random(seed), make_program(**PROGRAMS[name])
    check(Bench(program, make_steps(program, rng, pauses=pauses), rng))
