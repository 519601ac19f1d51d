"""Masters of the control port: AXI4-Lite by a model that others wrote, and Wishbone."""

from __future__ import annotations

import random
import warnings
from abc import ABC, abstractmethod
from typing import Any

from cocotb.triggers import RisingEdge

from sim.handshake import Rules, pause, pausing
from sim.job import Outcome
from spec.bus import pins
from spec.design import Design

# Written for cocotb 1 as well, they use names that cocotb 2 calls old.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from cocotbext.axi import AxiLiteBus, AxiLiteMaster

__all__ = ["CONTROLS", "AxiLiteControl", "Control", "WishboneControl"]


class Control(ABC):
    """A master of registers.

    Parameters
    ----------
    dut : handle
        The top.
    design : Design
        The design.
    """

    @abstractmethod
    def __init__(self, dut: Any, design: Design) -> None: ...

    @abstractmethod
    async def read(self, address: int) -> int | None:
        """32 bits; None if the machine answers with an error."""

    @abstractmethod
    async def write(self, address: int, value: int) -> bool:
        """Write 32 bits; whether the machine has taken them."""

    @abstractmethod
    def pause(self, likely: float, rng: random.Random) -> None:
        """Pause every channel in a cycle with this probability."""

    @abstractmethod
    def rules(self, outcome: Outcome) -> list[Rules]:
        """Checks of what the machine drives."""


class AxiLiteControl(Control):
    """AXI4-Lite, by cocotbext-axi."""

    def __init__(self, dut: Any, design: Design) -> None:
        self._dut, self._design = dut, design
        bus = AxiLiteBus.from_prefix(dut, "s_axi")
        self._master = AxiLiteMaster(bus, dut.aclk, dut.aresetn, False)

    async def read(self, address: int) -> int | None:
        answer = await self._master.read(address, 4)
        return None if answer.resp else int.from_bytes(answer.data, "little")

    async def write(self, address: int, value: int) -> bool:
        answer = await self._master.write(address, value.to_bytes(4, "little"))
        return not answer.resp

    def pause(self, likely: float, rng: random.Random) -> None:
        write, read = self._master.write_if, self._master.read_if
        channels = (write.aw_channel, write.w_channel, write.b_channel)
        pause((*channels, read.ar_channel, read.r_channel), likely, rng)

    def rules(self, outcome: Outcome) -> list[Rules]:
        return [
            Rules(self._dut, f"s_axi_{channel}", _names(self._design, f"s_axi_{channel}"), outcome)
            for channel in ("b", "r")
        ]


class WishboneControl(Control):
    """Pipelined Wishbone B4, and what the standard asks of replies.

    One of ``ack`` and ``err`` must come for each request, and none without one.
    """

    patience = 100

    def __init__(self, dut: Any, design: Design) -> None:
        self._dut = dut
        self._pauses = pausing(0, random.Random())
        for name in ("cyc", "stb", "we", "adr", "sel", "dat"):
            self._drive(name, 0)

    async def read(self, address: int) -> int | None:
        return await self._transfer(address, None)

    async def write(self, address: int, value: int) -> bool:
        return await self._transfer(address, value) is not None

    def pause(self, likely: float, rng: random.Random) -> None:
        self._pauses = pausing(likely, rng)

    def rules(self, outcome: Outcome) -> list[Rules]:
        return []

    async def _transfer(self, address: int, value: int | None) -> int | None:
        """What was read, 0 after a write; None after an error."""
        edge = RisingEdge(self._dut.aclk)
        await edge
        self._drive("cyc", 1)
        while next(self._pauses):
            await edge
            assert not self._replies(), "a reply without a request"
        self._drive("stb", 1)
        self._drive("adr", address)
        self._drive("sel", 0xF)
        self._drive("we", int(value is not None))
        self._drive("dat", value or 0)
        await edge
        while self._dut.wbs_stall_o.value:
            await edge
        self._drive("stb", 0)
        for _ in range(self.patience):
            await edge
            if self._replies():
                break
        else:
            raise AssertionError("no reply to a request")
        assert self._replies() == 1, "ack and err at once"
        failed = bool(self._dut.wbs_err_o.value)
        data = 0 if failed or value is not None else int(self._dut.wbs_dat_o.value)
        await edge
        assert not self._replies(), "two replies to a request"
        self._drive("cyc", 0)
        return None if failed else data

    def _replies(self) -> int:
        return int(self._dut.wbs_ack_o.value) + int(self._dut.wbs_err_o.value)

    def _drive(self, name: str, value: int) -> None:
        getattr(self._dut, f"wbs_{name}_i").value = value


CONTROLS: dict[str, type[Control]] = {"axi": AxiLiteControl, "wishbone": WishboneControl}
"""The master for each style of ports."""


def _names(design: Design, prefix: str) -> list[str]:
    return [pin.name for pin in pins(design) if pin.name.startswith(prefix)]
