"""Masters of the control port: AXI4-Lite by models that others wrote, and Wishbone."""

from __future__ import annotations

import random
import warnings
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from cocotb.triggers import RisingEdge

from pascaline.sim.handshake import Rules, pause, pausing
from pascaline.sim.job import Outcome
from pascaline.spec.bus import pins
from pascaline.spec.design import Design

# Written for cocotb 1 as well, they use names that cocotb 2 calls old.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from cocotbext.axi import AxiLiteBus
    from cocotbext.axi.axil_channels import (
        AxiLiteARSource,
        AxiLiteARTransaction,
        AxiLiteAWSource,
        AxiLiteAWTransaction,
        AxiLiteBSink,
        AxiLiteRSink,
        AxiLiteWSource,
        AxiLiteWTransaction,
    )

__all__ = ["CONTROLS", "Access", "AxiLiteControl", "Control", "WishboneControl"]

ALL_BYTES = 0xF


@dataclass(frozen=True)
class Access:
    """An access of a register.

    Attributes
    ----------
    address : int
        In bytes; the two lowest bits do not count.
    value : int or None
        What is written; None: it is a read.
    strobe : int
        Which bytes are written, a bit each.
    """

    address: int
    value: int | None = None
    strobe: int = ALL_BYTES

    def __str__(self) -> str:
        if self.value is None:
            return f"a read of {self.address:#05x}"
        return f"a write of {self.value:#010x} to {self.address:#05x} (bytes {self.strobe:04b})"

    def merged(self, before: int) -> int:
        """The value of 32 bits that a write makes of another one."""
        mask = sum(0xFF << 8 * byte for byte in range(4) if self.strobe >> byte & 1)
        return (self.value or 0) & mask | before & ~mask


class Control(ABC):
    """A master of registers.

    Parameters
    ----------
    dut : handle
        The top.
    design : Design
        The design.

    Attributes
    ----------
    ordered : bool
        Whether reads and writes of a transfer come in one order, or may overtake each other.
    """

    ordered: ClassVar[bool]

    @abstractmethod
    def __init__(self, dut: Any, design: Design) -> None: ...

    @abstractmethod
    async def transfer(self, accesses: Sequence[Access]) -> list[int | None]:
        """Make accesses back to back; what was read, 0 after a write, None after an error."""

    @abstractmethod
    def clear(self) -> None:
        """Forget all accesses, in a reset."""

    @abstractmethod
    def pause(self, likely: float, rng: random.Random) -> None:
        """Pause every channel in a cycle with this probability."""

    @abstractmethod
    def rules(self, outcome: Outcome) -> list[Rules]:
        """Checks of what the machine drives."""

    async def read(self, address: int) -> int | None:
        """32 bits; None if the machine answers with an error."""
        [answer] = await self.transfer([Access(address)])
        return answer

    async def write(self, address: int, value: int) -> bool:
        """Write 32 bits; whether the machine has taken them."""
        [answer] = await self.transfer([Access(address, value)])
        return answer is not None


class AxiLiteControl(Control):
    """AXI4-Lite: a model of each channel, by cocotbext-axi.

    Reads and writes go side by side; the address of a write may come before or after its data.
    """

    ordered = False

    def __init__(self, dut: Any, design: Design) -> None:
        self._dut, self._design = dut, design
        bus, clocked = AxiLiteBus.from_prefix(dut, "s_axi"), (dut.aclk, dut.aresetn, False)
        self._aw = AxiLiteAWSource(bus.write.aw, *clocked)
        self._w = AxiLiteWSource(bus.write.w, *clocked)
        self._b = AxiLiteBSink(bus.write.b, *clocked)
        self._ar = AxiLiteARSource(bus.read.ar, *clocked)
        self._r = AxiLiteRSink(bus.read.r, *clocked)

    async def transfer(self, accesses: Sequence[Access]) -> list[int | None]:
        for access in accesses:
            if access.value is None:
                self._ar.send_nowait(AxiLiteARTransaction(araddr=access.address))
            else:
                self._aw.send_nowait(AxiLiteAWTransaction(awaddr=access.address))
                self._w.send_nowait(AxiLiteWTransaction(wdata=access.value, wstrb=access.strobe))
        return [await self._answer(access) for access in accesses]

    async def _answer(self, access: Access) -> int | None:
        if access.value is None:
            read = await self._r.recv()
            return None if int(read.rresp) else int(read.rdata)
        written = await self._b.recv()
        return None if int(written.bresp) else 0

    def clear(self) -> None:
        for channel in self._channels:
            channel.clear()

    def pause(self, likely: float, rng: random.Random) -> None:
        pause(self._channels, likely, rng)

    def rules(self, outcome: Outcome) -> list[Rules]:
        return [
            Rules(self._dut, f"s_axi_{channel}", _names(self._design, f"s_axi_{channel}"), outcome)
            for channel in ("b", "r")
        ]

    @property
    def _channels(self) -> tuple[Any, ...]:
        return self._aw, self._w, self._b, self._ar, self._r


class WishboneControl(Control):
    """Pipelined Wishbone B4, and what the standard asks of replies.

    One of ``ack`` and ``err`` must come for each request, and none without one.
    """

    ordered = True
    patience = 100

    def __init__(self, dut: Any, design: Design) -> None:
        self._dut = dut
        self._pauses = pausing(0, random.Random())
        self.clear()

    async def transfer(self, accesses: Sequence[Access]) -> list[int | None]:
        left, asked = deque(accesses), deque[Access]()
        answers: list[int | None] = []
        offered: Access | None = None
        edge, waited = RisingEdge(self._dut.aclk), 0
        await edge
        self._drive("cyc", 1)
        while len(answers) < len(accesses):
            if offered is None and left and not next(self._pauses):
                offered = left.popleft()
                self._offer(offered)
            await edge
            waited = 0 if self._replies() or not asked else waited + 1
            assert waited < self.patience, "no reply to a request"
            if self._replies():
                answers.append(self._reply(asked))
            if offered is not None and not self._dut.wbs_stall_o.value:
                asked.append(offered)
                offered = None
                self._drive("stb", 0)
        await edge
        assert not self._replies(), "two replies to a request"
        self._drive("cyc", 0)
        return answers

    def _offer(self, access: Access) -> None:
        self._drive("stb", 1)
        self._drive("adr", access.address)
        self._drive("sel", access.strobe)
        self._drive("we", int(access.value is not None))
        self._drive("dat", access.value or 0)

    def _reply(self, asked: deque[Access]) -> int | None:
        """The answer to the oldest request."""
        assert asked, "a reply without a request"
        assert self._replies() == 1, "ack and err at once"
        access = asked.popleft()
        if self._dut.wbs_err_o.value:
            return None
        return 0 if access.value is not None else int(self._dut.wbs_dat_o.value)

    def clear(self) -> None:
        for name in ("cyc", "stb", "we", "adr", "sel", "dat"):
            self._drive(name, 0)

    def pause(self, likely: float, rng: random.Random) -> None:
        self._pauses = pausing(likely, rng)

    def rules(self, outcome: Outcome) -> list[Rules]:
        return []

    def _replies(self) -> int:
        return int(self._dut.wbs_ack_o.value) + int(self._dut.wbs_err_o.value)

    def _drive(self, name: str, value: int) -> None:
        getattr(self._dut, f"wbs_{name}_i").value = value


CONTROLS: dict[str, type[Control]] = {"axi": AxiLiteControl, "wishbone": WishboneControl}
"""The master for each style of ports."""


def _names(design: Design, prefix: str) -> list[str]:
    return [pin.name for pin in pins(design) if pin.name.startswith(prefix)]
