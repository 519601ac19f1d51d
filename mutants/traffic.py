"""What all mutants of a machine go through in the ordinary bench."""

from __future__ import annotations

import numpy as np

from pascaline.sim.case import Case, CaseEpisode, CaseSequence, Traffic
from pascaline.sim.draw_cases import draw_traffic
from pascaline.sim.far import farthest
from pascaline.spec.design import Design
from pascaline.spec.ports import FROM_GIVEN, FROM_ZERO

__all__ = ["with_faults", "with_rare", "with_traffic"]

ROUNDS, ON_BUS = 12, 6
"""Pairs of traffics, each with a reset in the middle: many short ones, so that what hangs is soon
found; fewer on a bus, whose models take longer."""

FAR = 0.7
"""How many of the sequences have numbers that reach far, see `sim.far`."""

STALLED = {"o": 0.95, "o_state": 0.95}, {"o": 0.995, "o_state": 0.995}
"""Pauses of outputs that wait until all queues are full, in turn in every second round; on a bus,
where the other channels pause as long, the first ones alone."""

LONGER, FILLING, ACCESSES = 2, 6, 60
"""On a bus, where draws have fewer cycles, so many times those of others; of those in which outputs
wait, so that packets fill all buffers; and so many accesses more."""

CUTS = 6
"""Resets at odd moments, each soon after the one before."""

STEPS = 400
"""Single steps from states that are restored, each read out again: all that a step computes from
and makes is seen."""

FAULTS = 12
"""Of each kind, on a bus."""

CANDIDATES, WAY = 4000, 12
"""Sequences of which those that go farthest are kept, and their vectors, where no state is given: a
sum that goes over its range by little needs x and h to be near their ends together."""

CROWD, CROWDED = 150, (0.8, 0.9, 0.95)
"""Sequences of one vector, none of which is dumped, and pauses of their results: several are under
way at a time, and one is done in the very cycle in which another one leaves."""


def with_traffic(case: Case, seed: int, cycles: int) -> Case:
    """A machine with the traffic of a seed; each part of it takes about so many cycles."""
    rng, design = np.random.default_rng(seed), case.design
    on_bus = design.machine.on_bus
    rounds, stalls = (ON_BUS, STALLED[:1]) if on_bus else (ROUNDS, STALLED)
    drawn: list[Traffic] = []
    for number in range(rounds):
        waits = number % 2
        times = (LONGER, FILLING)[waits] if on_bus else 1
        plain, rough = draw_traffic(rng, design, cycles * times)
        pauses = rough.pauses | (stalls[number // 2 % len(stalls)] if waits else {})
        drawn += [plain, rough.model_copy(update={"pauses": pauses})]
    if on_bus:
        drawn = [one.model_copy(update={"accesses": one.accesses + ACCESSES}) for one in drawn]
    drawn.append(_interrupted(rng, design, cycles))
    if not (on_bus or case.network.whole):
        drawn.append(_single_steps(rng))
    longest = design.machine.longest
    return case.model_copy(update={"traffic": tuple(_far(rng, one, longest) for one in drawn)})


def with_faults(case: Case) -> Case:
    """A machine on a bus with packets that are wrong, and resets, among right ones."""
    return Case.model_validate(case.model_dump() | {"faults": FAULTS})


def with_rare(case: Case, seed: int) -> Case:
    """A machine with what is rare: sums that go as far as they can, and crowds of results."""
    rng, design = np.random.default_rng(seed), case.design
    given = not (design.machine.on_bus or case.network.whole)
    steps = 1 if given else min(WAY, design.machine.longest)
    seeds = rng.integers(1 << 32, size=CANDIDATES).tolist()
    chosen = farthest(design, seeds, steps, given=given)
    state = FROM_GIVEN if given else FROM_ZERO
    far = [CaseSequence(steps=steps, state=state, dump=given, seed=one, far=True) for one in chosen]
    crowd = [CaseSequence(steps=1, seed=one) for one in seeds[:CROWD]]
    traffic = [_episode(far), *(_episode(crowd, {"o": pause}) for pause in CROWDED)]
    return case.model_copy(update={"traffic": tuple(traffic)})


def _episode(sequences: list[CaseSequence], pauses: dict[str, float] | None = None) -> Traffic:
    return Traffic(episodes=(CaseEpisode(sequences=tuple(sequences)),), pauses=pauses or {})


def _interrupted(rng: np.random.Generator, design: Design, cycles: int) -> Traffic:
    """One reset after the other."""
    _, rough = draw_traffic(rng, design, cycles)
    cut, whole = rough.episodes
    cuts = [cut.model_copy(update={"cut": int(rng.integers(1, 150))}) for _ in range(CUTS)]
    short = whole.model_copy(update={"sequences": whole.sequences[:4]})
    return rough.model_copy(update={"episodes": (*cuts, short)})


def _single_steps(rng: np.random.Generator) -> Traffic:
    seeds = rng.integers(1 << 32, size=STEPS).tolist()
    steps = [CaseSequence(steps=1, state=FROM_GIVEN, dump=True, seed=seed) for seed in seeds]
    return _episode(steps)


def _far(rng: np.random.Generator, traffic: Traffic, longest: int) -> Traffic:
    """The same with numbers that reach far, and no sequence longer than that."""

    def sequence(one: CaseSequence) -> CaseSequence:
        far = bool(rng.random() < FAR)
        return one.model_copy(update={"far": far, "steps": min(one.steps, longest)})

    def episode(one: CaseEpisode) -> CaseEpisode:
        return one.model_copy(update={"sequences": tuple(map(sequence, one.sequences))})

    return traffic.model_copy(update={"episodes": tuple(map(episode, traffic.episodes))})
