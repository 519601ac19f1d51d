"""The top of a design: the plain machine, or one on a bus."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from amaranth.lib import wiring

from pascaline.hdl.accelerator import accelerator
from pascaline.hdl.bus.machine import BusMachine
from pascaline.hdl.export.files import bus_files, interfaces
from pascaline.spec.design import Design
from pascaline.spec.ports import ports, signals

__all__ = ["Top", "top"]


@dataclass(frozen=True, kw_only=True)
class Top:
    """The top of a design, and what is said of it.

    Attributes
    ----------
    component : Component
        Its hardware.
    interfaces : list of dict
        Its streams and its control port, for the description.
    signals : dict of str to int
        Widths of its other outputs, by name.
    companions : dict of str to str
        Texts for software and tools, by the names of their files.
    """

    component: wiring.Component
    interfaces: list[dict[str, Any]]
    signals: dict[str, int] = field(default_factory=dict)
    companions: dict[str, str] = field(default_factory=dict)


def top(design: Design, verilog: Sequence[str] = ()) -> Top:
    """The top that the machine's style of ports asks for; `bus_files` says what ``verilog`` is."""
    if design.machine.on_bus:
        return Top(
            component=BusMachine(design),
            interfaces=interfaces(design),
            companions=bus_files(design, verilog),
        )
    return Top(
        component=accelerator(design),
        interfaces=[_stream(port) for port in ports(design).values()],
        signals=signals(design),
    )


def _stream(port):
    return {
        "name": port.name,
        "direction": port.direction,
        "payload_width": port.layout.bits,
        "fields": [vars(part) for part in port.layout.fields],
    }
