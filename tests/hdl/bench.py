"""Running hardware in Amaranth's own simulator."""

import random

from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from pascaline.hdl.accelerator import accelerator
from pascaline.sim.job import Outcome
from pascaline.sim.model import checked_model
from pascaline.sim.stimulus import stimulus
from pascaline.spec.ports import ports


class Function(wiring.Component):
    """A combinational function of some numbers."""

    def __init__(self, build, result, **inputs):
        self._build = build
        super().__init__({**{k: In(v) for k, v in inputs.items()}, "y": Out(result)})

    def elaborate(self, platform):
        m = Module()
        m.d.comb += self.y.eq(self._build(m, self))
        return m


def run(component, *testbenches, cycles=None):
    """Simulate a component with testbenches; fail if they have not ended after ``cycles``."""
    simulator = Simulator(component)
    simulator.add_clock(1e-6, if_exists=True)
    for testbench in testbenches:
        simulator.add_testbench(testbench)
    if cycles is None:
        simulator.run()
        return
    # Not `run_until`, which goes on when the testbenches have ended.
    for _ in range(2 * cycles):
        if not simulator.advance():
            return
    raise AssertionError(f"still running after {cycles} cycles")


def run_job(job, *, deadline=200_000):
    """Run the episodes of a job that are not cut, as `sim.tb_accelerator` does for Verilog."""
    outcome = Outcome()
    design = job.design
    for episode in job.episodes:
        if episode.cut is None:
            _run_episode(job, design, episode, outcome, deadline)
    return outcome


def _run_episode(job, design, episode, outcome, deadline):
    dut = accelerator(design)
    rng = random.Random(job.seed)
    layouts = {name: port.layout for name, port in ports(design).items()}
    model, checkers = checked_model(design, outcome)
    steps = sum(len(sequence.x) for sequence in episode.sequences)
    pauses = episode.pauses or job.pauses
    times, inputs = [], 0
    listeners = model.inputs | {name: checker.actual for name, checker in checkers.items()}
    listeners["i_load"] = lambda _: None
    beats = stimulus(design, episode, rng)

    def over():
        return model.steps == steps and not any(checker.missing for checker in checkers.values())

    async def everything(ctx):
        nonlocal inputs
        streams = {name: getattr(dut, name) for name in layouts}
        queues = {name: list(reversed(queue)) for name, queue in beats.items()}
        offered = dict.fromkeys(queues)
        for cycle in range(deadline):
            for name, queue in queues.items():
                if offered[name] is None and queue and rng.random() >= pauses.of(name):
                    offered[name] = layouts[name].pack(queue.pop())
                ctx.set(streams[name].valid, offered[name] is not None)
                ctx.set(streams[name].payload.as_value(), offered[name] or 0)
            for name in checkers:
                ctx.set(streams[name].ready, rng.random() >= pauses.of(name))
            taken = {}
            for name, stream in streams.items():
                if ctx.get(stream.valid) and ctx.get(stream.ready):
                    taken[name] = ctx.get(stream.payload.as_value())
            await ctx.tick()
            for name, payload in taken.items():
                if name in offered:
                    offered[name] = None
                listeners[name](layouts[name].unpack(payload))
                if name in ("i_x", "o"):
                    times.append(cycle)
                    inputs = cycle if name == "i_x" else inputs
            if over():
                break
        if not over():
            outcome.fault(f"timeout after {model.steps} of {steps} steps")

    run(dut, everything)
    for checker in checkers.values():
        checker.settle()
    outcome.sequences += len(episode.sequences)
    outcome.steps += model.steps
    outcome.spans.append(times[-1] - times[0] + 1)
    outcome.taken.append(inputs - times[0] + 1)


def play(dut, given, wanted, pauses, rng):
    """All beats through a component from ``i_x`` to ``o``; cycles of beats taken, and given.

    Parameters
    ----------
    dut : Component
        The component.
    given, wanted : list of dict
        Fields of the beats for ``i_x``, and of those that must come on ``o``.
    pauses : tuple of float
        Probability that either side pauses in a cycle.
    rng : numpy.random.Generator
        For the pauses.
    """
    taken, got = [], []

    def value_of(ctx, name, like):
        field = getattr(dut.o.p, name)
        if isinstance(like, list):
            return [ctx.get(field[k]) for k in range(len(like))]
        return ctx.get(field)

    async def testbench(ctx):
        queue, offered = list(given), False
        for cycle in range(200_000):
            offered = offered or (bool(queue) and rng.random() >= pauses[0])
            ctx.set(dut.i_x.valid, offered)
            for name, value in queue[0].items() if offered else ():
                ctx.set(getattr(dut.i_x.p, name), value)
            ctx.set(dut.o.ready, rng.random() >= pauses[1])
            if offered and ctx.get(dut.i_x.ready):
                taken.append(cycle)
                queue.pop(0)
                offered = False
            if ctx.get(dut.o.valid) and ctx.get(dut.o.ready):
                beat = wanted[len(got)]
                assert {name: value_of(ctx, name, like) for name, like in beat.items()} == beat
                got.append(cycle)
            if not queue and len(got) == len(wanted):
                return
            await ctx.tick()
        raise AssertionError(f"{len(taken)} of {len(given)}, {len(got)} of {len(wanted)}")

    run(dut, testbench)
    return taken, got
