"""Cycle counts: exact, from the design alone.

`spec.clock` has the rules of a core, `spec.flow` those of a chain of stages.
"""

from __future__ import annotations

from collections.abc import Sequence

from pascaline.spec.design import Design
from pascaline.spec.flow import End, StageClock
from pascaline.spec.schedule import interleaved

__all__ = ["input_cycles", "sequence_cycles", "step_cycles", "utilisation"]


def sequence_cycles(
    design: Design, lengths: Sequence[int], symbols: Sequence[int] | None = None
) -> int:
    """Cycles of sequences back to back, if neither input nor output pauses.

    Counted from the cycle in which the first beat is taken to the one in which the last result is,
    both included. The state of each sequence starts from zero; with several streams, vectors come
    in the order of `spec.schedule.interleaved`.

    Parameters
    ----------
    design : Design
        The design.
    lengths : sequence of int
        Steps of each sequence.
    symbols : sequence of int, optional
        Symbols that a decoder gives for each; by default as many as it may.
    """
    return _ends(design, lengths, symbols)[1] + 1


def input_cycles(
    design: Design, lengths: Sequence[int], symbols: Sequence[int] | None = None
) -> int:
    """The same until the last beat is taken."""
    return _ends(design, lengths, symbols)[0] + 1


def _ends(design: Design, lengths: Sequence[int], symbols: Sequence[int] | None) -> tuple[int, int]:
    """Cycles of the last beat that is taken, and of the last one that is given."""
    decoder = design.network.decoder
    if decoder is not None and symbols is None:
        symbols = [decoder.most] * len(lengths)
    end = End(symbols or ())
    first: StageClock = end
    for stage in reversed(design.stages):
        first = stage.clock(first, end)
    beats, taken = design.entry.beats, -1
    for stream, sequence, position in interleaved(lengths, design.machine.streams):
        taken = max(taken + 1, first.room(stream)) + beats - 1
        last = position == lengths[sequence] - 1
        first.push(taken, stream, first=position == 0, last=last)
    return taken, end.last


def step_cycles(design: Design) -> float:
    """Cycles a step in the middle of long sequences, if neither input nor output pauses.

    The slowest stage sets the pace: a core, or a head that needs longer for a result of each step.
    With ``rest = (tiles - 1) * max(C, g)``, a core of one pass takes ``rest + C`` where the lanes
    set the pace. With ``n`` streams, a step of each in turn, a stream's next step comes after ``n``
    steps, which take ``rest + h_latency`` or more. With results every step, reading them may set
    the pace: one reader serves all steps, and each of the two banks of a stream goes round through
    lanes, cell units and reader in two of its steps.
    """
    pace = max(stage.pace for stage in design.stages)
    return int(pace) if pace == int(pace) else pace


def utilisation(design: Design, steps: int, cycles: int) -> float:
    """Useful weight operations per place for one: lanes x simd x cycles."""
    return float(steps * design.operations / (design.places * cycles))
