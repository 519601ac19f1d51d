"""The register file as a part of a bench: what reads must give, from what went over the pins.

It knows no pipeline: between the request of an access and its answer lies a window, and what was
counted in that window may be in the answer or not. While nothing goes on, windows are points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pascaline.sim.control import Access
from pascaline.spec.register import Bits, Register

__all__ = ["RegisterModel", "Seen"]

STEADY = {"loaded": 1, "loading": 0, "load_ready": 1, "fault": 0}
"""What some status bits are while there are good weights and no fault."""

CLEARS = ("control", "clear")
"""Register and bit by which all counters are cleared."""


@dataclass
class Seen:
    """Events so far by the names of registers or of their bits: surely, and at most.

    ``cycles`` counts all cycles, ``busy_cycles`` those in which packets were under way.
    """

    least: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, count: int = 1) -> None:
        """Something that is known to the cycle."""
        self.least[name] += count
        self.most[name] += count

    def copy(self) -> Seen:
        """As it is now."""
        return Seen(self.least.copy(), self.most.copy())


class RegisterModel:
    """What the registers of a machine read.

    Parameters
    ----------
    table : sequence of Register
        The registers.
    """

    def __init__(self, table: Sequence[Register]) -> None:
        self._registers = {register.offset: register for register in table}
        self._values = {register.offset: _reset(register) for register in table}
        self._cleared: dict[str, tuple[int, int]] = {}

    def judge(
        self,
        accesses: Sequence[Access],
        answers: Sequence[int | None],
        window: tuple[Seen, Seen],
        *,
        ordered: bool,
    ) -> list[str]:
        """What is wrong with the answers to accesses that were made back to back.

        Parameters
        ----------
        accesses, answers
            See `sim.control.Control.transfer`.
        window : tuple of Seen
            What had been seen before the first request, and after the last answer.
        ordered : bool
            Whether reads and writes came in this order, or only the reads and the writes each.
        """
        faults = []
        for place, (access, answer) in enumerate(zip(accesses, answers, strict=True)):
            register = self._registers.get(access.address & ~3)
            if access.value is not None:
                found = answer == (0 if _takes(register) else None)
            elif register is None:
                found = answer is None
            else:
                writes = [other for other in accesses if other.value is not None]
                before = [other for other in accesses[:place] if other.value is not None]
                orders = [before] if ordered else [writes[:k] for k in range(len(writes) + 1)]
                found = answer is not None and any(
                    self._may_read(register, answer, order, window) for order in orders
                )
            if not found:
                given = "an error" if answer is None else f"{answer:#x}"
                earlier = "; ".join(str(other) for other in accesses[max(0, place - 2) : place])
                faults.append(f"{access} was answered by {given}, after {earlier or 'nothing'}")
        self._take([access for access in accesses if access.value is not None], window)
        return faults

    def irq(self, seen: Seen) -> bool | None:
        """Whether an event is enabled and set; None if that is not sure."""
        [status] = [r for r in self._registers.values() if r.name == "interrupt_status"]
        [enable] = [r for r in self._registers.values() if r.name == "interrupt_enable"]
        enabled = self._values[enable.offset]
        ranges = [
            self._since(status, bits, [], (seen, seen))
            for bits in status.fields
            if enabled & bits.mask
        ]
        if any(least for least, _ in ranges):
            return True
        return None if any(most for _, most in ranges) else False

    def _may_read(
        self, register: Register, answer: int, writes: Sequence[Access], window: tuple[Seen, Seen]
    ) -> bool:
        """Whether that can be read, with these writes of the same accesses before it."""
        value = self._values[register.offset]
        for write in writes:
            if write.address & ~3 == register.offset:
                value = write.merged(value)
        known = 0
        for bits in register.fields:
            known |= bits.mask
            given = (answer & bits.mask) >> bits.place
            if given not in self._range(register, bits, value, writes, window):
                return False
        return answer & ~known == 0

    def _range(
        self,
        register: Register,
        bits: Bits,
        value: int,
        writes: Sequence[Access],
        window: tuple[Seen, Seen],
    ) -> Sequence[int]:
        match bits.kind:
            case "constant":
                return [bits.value]
            case "control":
                return [(value & bits.mask) >> bits.place]
            case "sticky":
                least, most = self._since(register, bits, writes, window)
                return range(int(least > 0), int(most > 0) + 1)
            case "counter":
                least, most = self._since(register, bits, writes, window)
                return range(least, most + 1)
            case "status" if bits.name == "busy":
                # A cycle more: what is read at once is of the cycle before.
                cycles = window[1].least["cycles"] - window[0].least["cycles"]
                busy = window[1].least["busy_cycles"] - window[0].least["busy_cycles"]
                return range(int(busy == cycles > 0), int(busy > 0) + 1)
            case "status":
                steady = STEADY.get(bits.name)
                return range(1 << bits.width) if steady is None else [steady]
            case _:
                return [0]

    def _since(
        self,
        register: Register,
        bits: Bits,
        writes: Sequence[Access],
        window: tuple[Seen, Seen],
    ) -> tuple[int, int]:
        """Events since the last clear: surely, and at most."""
        before, after = window
        name = _event(register, bits)
        gone = self._cleared.get(name, (0, 0))
        if any(self._clears(write, register, bits) for write in writes):
            gone = before.least[name], after.most[name]
        return max(0, before.least[name] - gone[1]), after.most[name] - gone[0]

    def _clears(self, write: Access, register: Register, bits: Bits) -> bool:
        target = self._registers.get(write.address & ~3)
        if target is None:
            return False
        if bits.kind == "sticky":
            return target is register and bool(write.merged(0) & bits.mask)
        if bits.kind != "counter":
            return False
        places = [one.mask for one in target.fields if (target.name, one.name) == CLEARS]
        return any(write.merged(0) & mask for mask in places)

    def _take(self, writes: Sequence[Access], window: tuple[Seen, Seen]) -> None:
        """What writes leave behind."""
        for register in self._registers.values():
            for bits in register.fields:
                if any(self._clears(write, register, bits) for write in writes):
                    name = _event(register, bits)
                    self._cleared[name] = window[0].least[name], window[1].most[name]
        for write in writes:
            if (at := write.address & ~3) in self._values:
                self._values[at] = write.merged(self._values[at])


def _event(register: Register, bits: Bits) -> str:
    """Name of what a counter or a sticky bit is about, in `Seen`."""
    return register.name if bits.kind == "counter" else bits.name


def _takes(register: Register | None) -> bool:
    """Whether it takes what is written; words of images are never all there, see `sim.accesses`."""
    fields = () if register is None else register.fields
    return any(bits.writable and bits.kind != "word" for bits in fields)


def _reset(register: Register) -> int:
    return sum(bits.value << bits.place for bits in register.fields)
