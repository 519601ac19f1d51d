"""How a machine is connected: a record for each style of ports.

What is built for a control port is chosen in `hdl.bus.machine`, what drives it in a bench in
`sim.control`, by the same names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pascaline.spec.register import ADDRESS_BITS, WORD

__all__ = ["STYLES", "ControlPort", "Pin", "PortStyle", "StyleName"]

StyleName = Literal["stream", "axi", "wishbone"]


@dataclass(frozen=True)
class Pin:
    """A port of the top's module."""

    name: str
    direction: Literal["in", "out"]
    width: int = 1


@dataclass(frozen=True, kw_only=True)
class ControlPort:
    """The port of a bus on which registers are reached.

    Parameters
    ----------
    prefix : str
        Of the names of its pins.
    bus, protocol : str
        The bus, by its short name and with what of it is meant.
    pins : tuple of Pin
        Its pins, without the prefix.
    """

    prefix: str
    bus: str
    protocol: str
    pins: tuple[Pin, ...]


@dataclass(frozen=True, kw_only=True)
class PortStyle:
    """A style of ports.

    Parameters
    ----------
    clock, reset : str
        Pins of the one clock, and of its synchronous reset.
    active : {"high", "low"}
        The level at which there is a reset.
    control : ControlPort or None
        With a control port data goes over AXI4-Stream, see `spec.bus`; without, the machine has the
        plain streams of `spec.ports` and no registers.
    """

    clock: str
    reset: str
    active: Literal["high", "low"]
    control: ControlPort | None = None


AXI_LITE = ControlPort(
    prefix="s_axi",
    bus="AXI4-Lite",
    protocol="AXI4-Lite",
    pins=(
        Pin("awaddr", "in", ADDRESS_BITS),
        Pin("awprot", "in", 3),
        Pin("awvalid", "in"),
        Pin("awready", "out"),
        Pin("wdata", "in", WORD),
        Pin("wstrb", "in", WORD // 8),
        Pin("wvalid", "in"),
        Pin("wready", "out"),
        Pin("bresp", "out", 2),
        Pin("bvalid", "out"),
        Pin("bready", "in"),
        Pin("araddr", "in", ADDRESS_BITS),
        Pin("arprot", "in", 3),
        Pin("arvalid", "in"),
        Pin("arready", "out"),
        Pin("rdata", "out", WORD),
        Pin("rresp", "out", 2),
        Pin("rvalid", "out"),
        Pin("rready", "in"),
    ),
)

WISHBONE = ControlPort(
    prefix="wbs",
    bus="Wishbone",
    protocol="Wishbone B4, pipelined",
    pins=(
        Pin("cyc_i", "in"),
        Pin("stb_i", "in"),
        Pin("we_i", "in"),
        Pin("adr_i", "in", ADDRESS_BITS),
        Pin("sel_i", "in", WORD // 8),
        Pin("dat_i", "in", WORD),
        Pin("dat_o", "out", WORD),
        Pin("ack_o", "out"),
        Pin("err_o", "out"),
        Pin("stall_o", "out"),
    ),
)


def _on_bus(control: ControlPort) -> PortStyle:
    return PortStyle(clock="aclk", reset="aresetn", active="low", control=control)


STYLES: dict[StyleName, PortStyle] = {
    "stream": PortStyle(clock="clk", reset="rst", active="high"),
    "axi": _on_bus(AXI_LITE),
    "wishbone": _on_bus(WISHBONE),
}
"""All styles of ports."""
