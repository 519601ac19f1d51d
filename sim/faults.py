"""Faults on a bus: all kinds, and the wrong packets among them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from pascaline.sim.images import WRONG
from pascaline.spec.bus import TID_BITS, input_bytes
from pascaline.spec.design import Design
from pascaline.spec.registers import packet_errors

__all__ = ["FAULTS", "FLIP", "IMAGE", "LOADING", "RESET", "Wrong", "kinds"]

RESET, FLIP, LOADING, IMAGE = "reset", "flip", "loading", "image "
"""Faults that are not wrong packets alone: a reset in any cycle; a bit of a memory that changes; a
packet while weights are loaded; a wrong image, before what is wrong with it."""


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """A wrong packet.

    Attributes
    ----------
    data : bytes
        What is sent.
    tid : int
        TID of all its beats.
    enabled : bool
        Whether the machine is enabled while it comes.
    keep : bytes or None
        TKEEP of each byte, if not all are kept.
    """

    data: bytes
    tid: int = 0
    enabled: bool = True
    keep: bytes | None = None


def kinds(design: Design, *, flips: bool) -> list[str]:
    """The faults that there can be on a design.

    A number that fills its bytes cannot be out of range, and a vector of one byte cannot be cut.

    Parameters
    ----------
    design : Design
        The design.
    flips : bool
        Whether its memories can be reached.
    """
    lanes, machine = input_bytes(design), design.machine
    never = {"range"} if lanes.width == 8 * lanes.size else set()
    never |= {"cut"} if _vector(design)[1] == 1 else set()
    found = [name for name in packet_errors(design) if name not in never]
    if machine.home.loaded:
        found += [IMAGE + what for what in WRONG]
    return [*found, *[FLIP] * (flips and machine.parity), RESET]


def _packet(design: Design, rng: random.Random, steps: int) -> bytearray:
    """A right packet of random numbers; whole beats."""
    lanes, interval = input_bytes(design), design.entry.element.interval
    count = steps * lanes.beats * lanes.count
    return bytearray(lanes.encode([rng.randint(interval.lo, interval.hi) for _ in range(count)]))


def _steps(design: Design, rng: random.Random) -> int:
    return rng.randint(1, design.machine.longest)


def _tid(design: Design, rng: random.Random) -> int:
    return rng.randrange(design.machine.streams)


def _vector(design: Design) -> tuple[int, int]:
    """Bytes of a vector with and without those beyond its end."""
    lanes = input_bytes(design)
    return lanes.beats * lanes.beat, lanes.numbers * lanes.size


def _cut(design: Design, rng: random.Random) -> Wrong:
    """Ends anywhere but between two vectors, or lacks any byte of one."""
    whole, used = _vector(design)
    packet = bytes(_packet(design, rng, _steps(design, rng)))
    start, tid = rng.randrange(len(packet) // whole) * whole, _tid(design, rng)
    if rng.getrandbits(1):
        return Wrong(data=packet[: start + rng.randrange(1, used)], tid=tid)
    keep = bytearray(b"\1" * len(packet))
    keep[start + rng.randrange(used)] = 0
    return Wrong(data=packet, tid=tid, keep=bytes(keep))


def _long(design: Design, rng: random.Random) -> Wrong:
    steps = design.machine.longest + rng.randint(1, 4)
    return Wrong(data=bytes(_packet(design, rng, steps)), tid=_tid(design, rng))


def _unknown(design: Design, rng: random.Random) -> Wrong:
    tid = rng.randrange(design.machine.streams, 1 << TID_BITS)
    return Wrong(data=bytes(_packet(design, rng, _steps(design, rng))), tid=tid)


def _early(design: Design, rng: random.Random) -> Wrong:
    packet = _packet(design, rng, _steps(design, rng))
    return Wrong(data=bytes(packet), tid=_tid(design, rng), enabled=False)


def _while_loading(design: Design, rng: random.Random) -> Wrong:
    packet = _packet(design, rng, design.machine.longest)
    return Wrong(data=bytes(packet), tid=_tid(design, rng))


def _range(design: Design, rng: random.Random) -> Wrong:
    """One element anywhere has a wrong bit above its format."""
    lanes, (whole, used) = input_bytes(design), _vector(design)
    packet = _packet(design, rng, _steps(design, rng))
    place = (
        rng.randrange(len(packet) // whole) * whole + rng.randrange(used // lanes.size) * lanes.size
    )
    raw = int.from_bytes(packet[place : place + lanes.size], "little")
    raw ^= 1 << rng.randrange(lanes.width, 8 * lanes.size)
    packet[place : place + lanes.size] = raw.to_bytes(lanes.size, "little")
    return Wrong(data=bytes(packet), tid=_tid(design, rng))


FAULTS: dict[str, Callable[[Design, random.Random], Wrong]] = {
    "cut": _cut,
    "long": _long,
    "tid": _unknown,
    "early": _early,
    "range": _range,
    LOADING: _while_loading,
}
"""What makes a wrong packet for each bit of `spec.registers.ERRORS`."""
