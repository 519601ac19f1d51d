"""A case of fuzzing, in plain values: small enough to be read, changed and kept in a file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from operator import not_
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import AliasChoices, Field, model_validator

from pascaline.golden.cells import State
from pascaline.golden.rounding import Integers
from pascaline.sim.far import far_states, far_vectors
from pascaline.sim.job import Episode, Job, Pauses, Sequence
from pascaline.sim.model import symbols_of
from pascaline.spec import cycles
from pascaline.spec.cells.layer import Layer
from pascaline.spec.checked import Checked
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.files import write_atomic
from pascaline.spec.formats import Interval
from pascaline.spec.machine import Machine
from pascaline.spec.network import Network
from pascaline.spec.outside import text_of
from pascaline.spec.ports import FROM_GIVEN, FROM_PREVIOUS, FROM_ZERO
from pascaline.spec.synthetic import synthetic_model

__all__ = ["Case", "CaseEpisode", "CaseSequence", "Traffic"]


class CaseSequence(Checked):
    """A sequence: its length, what it starts from, and the seed of its numbers.

    Parameters
    ----------
    steps : int
        Vectors.
    state : int
        What it starts from: a value of the field ``state`` in `spec.ports`.
    dump : bool
        Whether its final state is wanted.
    seed : int
        Of its inputs, and of the state that it is given.
    far : bool
        Whether these are drawn as `sim.far` does; else they are uniform.
    """

    steps: int = Field(ge=1, le=100_000)
    state: int = Field(default=FROM_ZERO, ge=FROM_ZERO, le=FROM_GIVEN)
    dump: bool = False
    seed: int = Field(default=0, ge=0)
    far: bool = Field(default=False, exclude_if=not_)


class CaseEpisode(Checked):
    """What happens between two resets; `sim.job.Episode` without the numbers."""

    # Older files say ``walks``, and ``bursts`` below.
    sequences: tuple[CaseSequence, ...] = Field(
        min_length=1, validation_alias=AliasChoices("sequences", "walks")
    )
    shuffled: bool = False
    cut: int | None = Field(default=None, ge=1)


class Traffic(Checked):
    """Episodes that have their pauses in common, one after the other.

    Parameters
    ----------
    episodes : tuple of CaseEpisode
        Between resets.
    pauses : dict
        How likely each side is to pause.
    accesses : int
        Of registers, in each episode; only on a bus.
    """

    episodes: tuple[CaseEpisode, ...] = Field(
        min_length=1, validation_alias=AliasChoices("episodes", "bursts")
    )
    pauses: dict[str, float] = Field(default_factory=dict)
    accesses: int = Field(default=0, ge=0, le=100_000)

    @property
    def plain(self) -> bool:
        """Whether its cycles are those of the formula: from zero, in turn, without any pause."""
        return not any(self.pauses.values()) and all(
            episode.cut is None
            and not episode.shuffled
            and all(one.state == FROM_ZERO and not one.dump for one in episode.sequences)
            for episode in self.episodes
        )


class Case(Checked):
    """A network with random weights, a machine, and traffic.

    Parameters
    ----------
    seed : int
        Of the weights, and of the pauses.
    network : Network
        The network.
    shared_scale : bool
        Whether x and h have the same random scales.
    orthogonal, even : bool
        As in `spec.synthetic.synthetic_model`.
    machine : Machine
        The machine.
    traffic : tuple of Traffic
        Simulated one after the other.
    faults : int
        On a bus: how many faults of each kind are injected instead, as `sim.tb_faults` does.
    unknown : bool
        As in `sim.job.Job`.
    """

    seed: int = Field(ge=0)
    network: Network
    shared_scale: bool = False
    orthogonal: bool = Field(default=False, exclude_if=not_)
    even: bool = Field(default=False, exclude_if=not_)
    machine: Machine = Machine()
    traffic: tuple[Traffic, ...] = ()
    faults: int = Field(default=0, ge=0, le=1000, exclude_if=not_)
    unknown: bool = Field(default=False, exclude_if=not_)

    @model_validator(mode="after")
    def _check_lengths(self) -> Case:
        """Where a machine holds or counts the steps of a sequence, none is longer than that."""
        episodes = (episode for traffic in self.traffic for episode in traffic.episodes)
        lengths = (sequence.steps for episode in episodes for sequence in episode.sequences)
        longest = max(lengths, default=0)
        if (self.machine.on_bus or self.network.bounded) and longest > self.machine.longest:
            raise ValueError(f"steps must be at most {self.machine.longest} (machine: longest)")
        return self

    @model_validator(mode="after")
    def _check_faults(self) -> Case:
        if self.faults and not self.machine.on_bus:
            raise ValueError("faults must be 0 unless the machine is on a bus")
        return self

    @cached_property
    def design(self) -> Design:
        """The design.

        Raises
        ------
        InputError
            If the machine cannot be built for this network.
        """
        rng = np.random.default_rng(self.seed)
        name = f"case-{self.seed}"
        model = synthetic_model(
            name,
            self.network,
            rng,
            shared_scale=self.shared_scale,
            orthogonal=self.orthogonal,
            even=self.even,
        )
        return Design(model=model, machine=self.machine)

    @cached_property
    def jobs(self) -> tuple[Job, ...]:
        """A job for each traffic."""
        return tuple(self._job([traffic]) for traffic in self.traffic)

    @cached_property
    def job(self) -> Job:
        """All traffics in one simulation."""
        return self._job(self.traffic)

    @property
    def formulas(self) -> list[tuple[int, int] | None]:
        """For each episode that is not cut what its cycles must be, if there are formulas.

        Until the last beat is taken, and until the last one is given.
        """
        return [
            self._formula(episode) if traffic.plain and not self.machine.on_bus else None
            for traffic in self.traffic
            for episode in traffic.episodes
            if episode.cut is None
        ]

    def _formula(self, episode: CaseEpisode) -> tuple[int, int]:
        vectors = [self._sequence(one).x for one in episode.sequences]
        lengths = [one.steps for one in episode.sequences]
        told = self.design, lengths, symbols_of(self.design, vectors)
        return cycles.input_cycles(*told), cycles.sequence_cycles(*told)

    def _job(self, traffics: Iterable[Traffic]) -> Job:
        return Job(
            design=self.design,
            episodes=tuple(
                self._episode(traffic, episode)
                for traffic in traffics
                for episode in traffic.episodes
            ),
            seed=self.seed,
            faults=self.faults,
            unknown=self.unknown,
        )

    def _episode(self, traffic: Traffic, episode: CaseEpisode) -> Episode:
        return Episode(
            sequences=tuple(self._sequence(one) for one in episode.sequences),
            shuffled=episode.shuffled,
            cut=episode.cut,
            pauses=Pauses(**traffic.pauses),
            accesses=traffic.accesses,
        )

    def _sequence(self, sequence: CaseSequence) -> Sequence:
        rng = np.random.default_rng(sequence.seed)
        network = self.network
        if sequence.far:
            x = far_vectors(sequence.seed, self.design, sequence.steps)
        else:
            x = self.design.entry.draw(rng, sequence.steps)
        if network.whole:
            return Sequence(x=x)
        if self.machine.bus_states:  # A given state is that in the memory of states.
            return Sequence(x=x, state=sequence.state, dump=sequence.dump)
        if self.machine.on_bus:  # States are kept, but can neither be restored nor read out.
            return Sequence(x=x, state=min(sequence.state, FROM_PREVIOUS))
        given: tuple[State, ...] = ()
        if sequence.state == FROM_GIVEN:
            if sequence.far:
                given = far_states(sequence.seed, self.design)
            else:
                given = tuple(_state(rng, layer) for layer in network.layers)
        return Sequence(x=x, state=sequence.state, given=given, dump=sequence.dump)

    def write(self, path: Path) -> None:
        """Write the file that `read` reads."""
        write_atomic(path, self.model_dump_json(indent=1) + "\n")

    @staticmethod
    def read(path: Path) -> Case:
        """Read a case whose machine can be built.

        Raises
        ------
        InputError
            One line that names the file, the field, the rule and the value.
        """
        case = Case.parse(text_of(path), thing=str(path))
        known = set(Pauses.__dataclass_fields__)
        for name in (name for traffic in case.traffic for name in traffic.pauses):
            if name not in known:
                raise InputError(
                    f"{path}: pauses", f"must be one of {', '.join(sorted(known))}", name
                )
        assert case.design
        return case


def _state(rng: np.random.Generator, layer: Layer) -> State:
    shape, carried = (1, layer.hidden), layer.carried
    h = _values(rng, layer.h.interval, shape)
    c = h[:, :0] if carried is None else _values(rng, carried.interval, shape)
    return State(h, c)


def _values(rng: np.random.Generator, interval: Interval, shape: tuple[int, int]) -> Integers:
    """Random numbers, or one of the corners everywhere, or corners at random."""
    corners = np.array([interval.lo, interval.hi, 0])
    kind = rng.random()
    if kind < 0.6:
        return rng.integers(interval.lo, interval.hi, shape, endpoint=True)
    if kind < 0.8:
        return np.full(shape, rng.choice(corners), dtype=np.int64)
    chosen: Any = rng.choice(corners, shape)
    return np.asarray(chosen, dtype=np.int64)
