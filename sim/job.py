"""What a simulation is to do, and what came out of it.

A job goes to the simulator's process in a file, and its outcome comes back in another.
"""

from __future__ import annotations

import json
import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from pascaline.golden.cells import State
from pascaline.golden.rounding import Integers
from pascaline.spec.design import Design
from pascaline.spec.files import write_atomic
from pascaline.spec.model import Model
from pascaline.spec.ports import FROM_ZERO

__all__ = ["Episode", "Flip", "Job", "Outcome", "Pauses", "Sequence"]


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """One sequence to be fed.

    Attributes
    ----------
    x : Integers
        Inputs, shape (steps, inputs).
    state : int
        What it starts from, of its stream: a value of the field ``state`` in `spec.ports`.
    given : tuple of State
        The state of each layer for `FROM_GIVEN`, shape (1, hidden).
    dump : bool
        Whether the final state is wanted.
    """

    x: Integers
    state: int = FROM_ZERO
    given: tuple[State, ...] = ()
    dump: bool = False


@dataclass(frozen=True, kw_only=True)
class Pauses:
    """How likely each side is to pause in a cycle: 0 never, 1 always."""

    i_x: float = 0.0
    i_state: float = 0.0
    i_load: float = 0.0
    o: float = 0.0
    o_state: float = 0.0

    def of(self, port: str) -> float:
        """That of a port; the cores of a design have their state ports alike."""
        pause: float = getattr(self, port.rstrip("0123456789").rstrip("_"))
        return pause

    @property
    def any(self) -> bool:
        """Whether any side pauses at all."""
        return any(asdict(self).values())


@dataclass(frozen=True, kw_only=True)
class Episode:
    """What happens between two resets.

    Attributes
    ----------
    sequences : tuple of Sequence
        Fed back to back.
    shuffled : bool
        Whether it is random which stream's vector comes next, or each has its turn; only on a
        machine with several streams.
    cut : int or None
        Reset after this many cycles, whatever is under way; None: when all results are there.
    pauses : Pauses or None
        On each stream; None: those of the job.
    accesses : int
        On a bus: how many random accesses of registers there are beside the packets.
    """

    sequences: tuple[Sequence, ...]
    shuffled: bool = False
    cut: int | None = None
    pauses: Pauses | None = None
    accesses: int = 0


@dataclass(frozen=True, kw_only=True)
class Flip:
    """A bit that changes by itself.

    Attributes
    ----------
    memory : tuple of str
        Instances below the top, and the name of the memory.
    word, bit : int
        Which bit.
    when : float
        When, as a share of the time that the episode takes.
    episode : int
        The episode of the job in which it does.
    """

    memory: tuple[str, ...]
    word: int
    bit: int
    when: float
    episode: int


@dataclass(frozen=True, kw_only=True)
class Job:
    """A simulation.

    Attributes
    ----------
    design : Design
        What is simulated.
    episodes : tuple of Episode
        One after the other, with a reset before each.
    pauses : Pauses
        On each stream.
    seed : int
        Of the pauses.
    faults : int
        For a machine on a bus: instead of the episodes, inject this many faults of each kind.
    loads : int
        For a machine whose weights are loaded: instead of the episodes, load this many images,
        every second one right.
    others : tuple of Model
        Models of the same shape, whose images are loaded, too.
    flips : tuple of Flip
        For a machine with parity: instead of all episodes after each other, one for each flip; on a
        bus, a fault of its own kind, and as many as there are of each.
    unknown : bool
        Of episodes: whether all starts unknown, see `sim.unknown`. Resets take one cycle then,
        inputs are unknown while they do not count, and no output may be.
    """

    design: Design
    episodes: tuple[Episode, ...]
    pauses: Pauses = field(default_factory=Pauses)
    seed: int = 0
    faults: int = 0
    loads: int = 0
    others: tuple[Model, ...] = ()
    flips: tuple[Flip, ...] = ()
    unknown: bool = False

    def write(self, path: Path) -> None:
        """Write the job for the simulator's process."""
        path.write_bytes(pickle.dumps(self))

    @staticmethod
    def read(path: Path) -> Job:
        """Read what `write` wrote."""
        job = pickle.loads(path.read_bytes())
        assert isinstance(job, Job)
        return job


@dataclass(kw_only=True)
class Outcome:
    """What came out.

    Attributes
    ----------
    sequences, steps : int
        Fed in episodes that were not cut.
    values : int
        Numbers compared with the golden model: results, and elements of states.
    mismatches : int
        Of these, how many differ.
    hangs : int
        Episodes that were not over after several times the cycles that they need.
    unknown : int
        Outputs that were unknown; a simulation ends with the first cycle in which there are some.
    faults : list of str
        What was wrong, a line each: the first mismatches, broken stream rules, missing output.
    spans, taken : list of int
        Cycles of each uncut episode: from the first beat in to the last one out, both included; and
        to the last one in, on streams.
    accesses : int
        Accesses of registers whose answers were compared with the model of the register file.
    results : list
        Results that came out of uncut episodes, in order: a class, or a list of numbers.
    injected, recovered : dict of str to int
        Faults by kind, wrong images by what was wrong, flips by what came of them; after how many
        faults all was right again.
    """

    sequences: int = 0
    steps: int = 0
    values: int = 0
    mismatches: int = 0
    hangs: int = 0
    unknown: int = 0
    faults: list[str] = field(default_factory=list)
    spans: list[int] = field(default_factory=list)
    taken: list[int] = field(default_factory=list)
    accesses: int = 0
    results: list[int | list[int]] = field(default_factory=list)
    injected: dict[str, int] = field(default_factory=dict)
    recovered: dict[str, int] = field(default_factory=dict)

    @property
    def cycles(self) -> int:
        """Those of all uncut episodes."""
        return sum(self.spans)

    @property
    def good(self) -> bool:
        """Nothing was wrong, and something was compared."""
        return not self.faults and not self.mismatches and self.values > 0

    def write(self, path: Path) -> None:
        """Write the outcome for the process that waits for it."""
        write_atomic(path, json.dumps(asdict(self)))

    @staticmethod
    def read(path: Path) -> Outcome:
        """Read what `write` wrote."""
        return Outcome(**json.loads(path.read_text(encoding="utf-8")))

    def fault(self, text: str, *, most: int = 20) -> None:
        """Note what was wrong; beyond ``most`` notes only a count is kept."""
        if len(self.faults) < most:
            self.faults.append(text)

    def results_array(self) -> Integers:
        """Results as an array, one row each."""
        return np.array(self.results, dtype=np.int64)
