"""Random accesses of registers, whose answers must be those of the model of the register file."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence

from cocotb.triggers import with_timeout

from pascaline.sim.control import Access, Control
from pascaline.sim.job import Outcome
from pascaline.sim.registers import RegisterModel
from pascaline.sim.seen import Seen
from pascaline.spec.fields import Word
from pascaline.spec.register import ADDRESS_BITS, WORD, Register
from pascaline.spec.registers import LOAD

__all__ = ["ENABLE", "Registers"]

GROUPS = (1, 1, 2, 3, 8)
"""Accesses back to back."""
GAP = 20
"""Cycles between groups, at most."""
PATIENCE = 10_000
"""Nanoseconds in which all must be answered, whatever pauses."""
OF_WRITABLE = 0.75
"""How many of the writes go to registers that have something to write."""
ENABLE = 1
"""In ``control``."""


class Registers:
    """Accesses of the registers of a machine between two resets, all of which are checked.

    Parameters
    ----------
    control : Control
        The master.
    table : dict of Register
        The registers by name.
    seen : callable
        What went over the pins so far.
    outcome : Outcome
        Where accesses are counted and wrong answers noted.
    rng : random.Random
        Of what is accessed.
    """

    def __init__(
        self,
        control: Control,
        table: dict[str, Register],
        seen: Callable[[], Seen],
        outcome: Outcome,
        rng: random.Random,
    ) -> None:
        self._control, self._table = control, table
        self._seen, self._outcome, self._rng = seen, outcome, rng
        self._model = RegisterModel(list(table.values()))
        self._words = [
            register.offset
            for register in table.values()
            if any(isinstance(field, Word) for field in register.fields)
        ]

    async def set(self, name: str, value: int) -> None:
        """Write a register."""
        await self._transfer([Access(self._table[name].offset, value)])

    def preset(self, counts: Mapping[str, int]) -> None:
        """Counters were set to these values, see `RegisterModel.preset`."""
        self._model.preset(counts)

    async def random(self, count: int, tick: Callable[[], Awaitable[None]], *, on: bool) -> None:
        """Make random accesses; with ``on`` the machine stays enabled."""
        rng = self._rng
        while count > 0:
            size = min(rng.choice(GROUPS), count)
            await self._transfer([self._draw(on=on) for _ in range(size)])
            count -= size
            for _ in range(rng.choice((0, rng.randrange(GAP)))):
                await tick()

    async def settle(self, irq: int) -> None:
        """While nothing goes on: what ``irq`` is, and all registers."""
        if self._model.irq(self._seen()) is (not irq):
            self._outcome.fault(f"irq is {irq}")
        await self._transfer([Access(register.offset) for register in self._table.values()])

    async def _transfer(self, accesses: Sequence[Access]) -> None:
        before = self._seen()
        answers = await with_timeout(self._control.transfer(accesses), PATIENCE, "ns")
        window = before, self._seen()
        ordered = self._control.ordered
        for fault in self._model.judge(accesses, answers, window, ordered=ordered):
            self._outcome.mismatches += 1
            self._outcome.fault(fault)
        self._outcome.accesses += len(accesses)

    def _draw(self, *, on: bool) -> Access:
        """A read or a write; mostly of what can be written, and sometimes where a bit is wrong."""
        rng, table = self._rng, list(self._table.values())
        writes = bool(rng.getrandbits(1))
        if writes and rng.random() < OF_WRITABLE:
            table = [register for register in table if register.writable]
        offset = rng.choice(table).offset
        alias = offset ^ 1 << rng.randrange(2, ADDRESS_BITS)
        address = rng.choice((offset + rng.randrange(4), offset, alias, None))
        if address is None:
            address = rng.getrandbits(ADDRESS_BITS)
        if not writes:
            return Access(address)
        value = rng.choice((rng.getrandbits(WORD), 1 << rng.randrange(WORD), 0, 3))
        if on and address & ~3 == self._table["control"].offset:
            value |= ENABLE
        strobe = rng.choice((0xF, rng.getrandbits(4)))
        # A whole word would begin an image, or change a state.
        taken = address in LOAD or address & ~3 in self._words
        return Access(address, value, strobe & 0x7 if taken else strobe)
