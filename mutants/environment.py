"""What may surround a machine: all that is legal at its ports, and what is seen of it there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mutants.netlist import WIDTH
from pascaline.sim.accesses import ENABLE
from pascaline.sim.tb_mutants import SELECT
from pascaline.sim.tb_replay import FREE_RESET, SEEN
from pascaline.spec.bus import pins
from pascaline.spec.design import Design
from pascaline.spec.ports import FROM_ZERO, ports
from pascaline.spec.portstyles import Pin
from pascaline.spec.registers import registers

__all__ = ["AROUND", "Channel", "busy", "channels", "environment", "usual"]

AROUND = "environment"
"""The module."""

RARE = 8
"""A reset is in a random cycle out of ``2**RARE``; a proof looks at all of them."""


@dataclass(frozen=True)
class Channel:
    """A handshake at the ports.

    Attributes
    ----------
    valid, ready : Pin
        A transfer goes over when both are 1.
    payload : tuple of Pin
        Counts while ``valid`` is 1, and stays as it is until it has gone over.
    """

    valid: Pin
    ready: Pin
    payload: tuple[Pin, ...]


def channels(design: Design) -> list[Channel]:
    """All handshakes of a machine, on a bus or not."""
    known = {pin.name: pin for pin in pins(design)}
    found = []
    for name, valid in known.items():
        if name.endswith("valid"):
            prefix = name.removesuffix("valid")
            ready = known[f"{prefix}ready"]
            rest = (pin for pin in known.values() if pin.name.startswith(prefix))
            found.append(Channel(valid, ready, tuple(p for p in rest if p not in (valid, ready))))
    return found


def environment(design: Design, *, mutants: bool = True) -> str:
    """Verilog of a machine with free inputs that keep the rules, and one output `SEEN`.

    That is all that counts at the ports: every ``valid`` and ``ready``, payloads while they are
    valid, and plain outputs; nothing during a reset. What waits stays. Of the rules of
    fields only one is kept: there are three values of ``state``. The input that chooses a mutant
    leads to the machine if that has ``mutants``, and nowhere if not.
    """
    clock, reset, *_ = pins(design)
    active = "~" if design.machine.port_style.active == "low" else ""
    inputs = [f"input {clock.name}", f"input [{RARE - 1}:0] {FREE_RESET}"]
    inputs.append(f"input [{WIDTH - 1}:0] {SELECT}")
    lines = [f"wire reset = &{FREE_RESET};", f"wire {reset.name} = {active}reset;"]
    seen: list[str] = []
    plain = dict.fromkeys(pins(design)[2:])
    for channel in channels(design):
        for pin in (channel.valid, channel.ready, *channel.payload):
            del plain[pin]
            lines.append(f"wire [{pin.width - 1}:0] {pin.name};")
        handshake = channel.valid.name, channel.ready.name
        if channel.valid.direction == "out":
            inputs.append(f"input free__{handshake[1]}")
            lines.append(f"assign {handshake[1]} = free__{handshake[1]};")
            seen.append(handshake[0])
            seen += [f"{{{pin.width}{{{handshake[0]}}}}} & {pin.name}" for pin in channel.payload]
            continue
        seen.append(handshake[1])
        waits = f"{handshake[0]}_waits"
        inputs.append(f"input free__{handshake[0]}")
        lines += [
            f"reg {waits} = 0;",
            f"assign {handshake[0]} = {waits} | free__{handshake[0]};",
            f"always @(posedge {clock.name}) {waits} <= {handshake[0]} & ~{handshake[1]} & ~reset;",
        ]
        for pin in channel.payload:
            inputs.append(f"input [{pin.width - 1}:0] free__{pin.name}")
            lines += [
                f"reg [{pin.width - 1}:0] {pin.name}_kept = 0;",
                f"assign {pin.name} = {waits} ? {pin.name}_kept : {_legal(design, pin)};",
                f"always @(posedge {clock.name}) {pin.name}_kept <= {pin.name};",
            ]
    for pin in plain:
        lines.append(f"wire [{pin.width - 1}:0] {pin.name};")
        if pin.direction == "in":
            inputs.append(f"input [{pin.width - 1}:0] free__{pin.name}")
            lines.append(f"assign {pin.name} = free__{pin.name};")
        elif pin.name != "wbs_dat_o":
            seen.append(pin.name)
    if any(pin.name == "wbs_dat_o" for pin in plain):
        # An answer comes a cycle after its request, see `hdl.bus.wishbone`; only a read has data.
        lines += [
            "reg wbs_reads = 0;",
            f"always @(posedge {clock.name}) wbs_reads <= wbs_cyc_i & wbs_stb_i & ~wbs_we_i;",
        ]
        seen.append("{32{wbs_ack_o & wbs_reads}} & wbs_dat_o")
    names = [*(pin.name for pin in pins(design)), *[SELECT] * mutants]
    bits = sum(pin.width for pin in pins(design) if pin.direction == "out")
    inputs.append(f"output [{bits - 1}:0] {SEEN}")
    lines.append(f"{design.name} machine({', '.join(f'.{name}({name})' for name in names)});")
    lines.append(f"assign {SEEN} = reset ? {bits}'d0 : {{{', '.join(seen)}}};")
    return "\n".join([f"module {AROUND}({', '.join(inputs)});", *lines, "endmodule", ""])


def _legal(design: Design, pin: Pin) -> str:
    """A free payload; in the field ``state`` of vectors 3 becomes 2."""
    free = f"free__{pin.name}"
    if pin.name != "i_x__payload":
        return free
    values: dict[str, int | Sequence[int]] = {
        field.name: FROM_ZERO if field.count is None else [FROM_ZERO] * field.count
        for field in ports(design)["i_x"].layout.fields
    }
    if "state" not in values:
        return free
    low, high = (ports(design)["i_x"].layout.pack(values | {"state": bit}) for bit in (1, 2))
    size = pin.width
    return f"({free} & {size}'d{high}) != 0 ? {free} & ~{size}'d{low} : {free}"


def usual(design: Design) -> dict[str, list[int]]:
    """Values of free inputs on a bus, without which hardly any packet goes over."""
    if not design.machine.on_bus:
        return {}
    known = {pin.name: (1 << pin.width) - 1 for pin in pins(design) if pin.direction == "in"}
    table = registers(design)
    everywhere = [register.offset for register in table]
    control = [register.offset for register in table if register.name == "control"]
    found = {}
    for name, most in known.items():
        match name.removeprefix("s_axis_").removeprefix("s_axi_").removeprefix("wbs_"):
            case "awaddr" | "adr_i":
                found[name] = [*everywhere, *control * len(everywhere)]
            case "araddr":
                found[name] = everywhere
            case "wdata" | "dat_i":
                found[name] = [ENABLE] * 8 + [0, most]
            case "wstrb" | "tkeep" | "sel_i":
                found[name] = [most]
            case "tid":
                found[name] = list(range(design.machine.streams))
    return {f"free__{name}": values for name, values in found.items()}


def busy(design: Design) -> dict[str, int]:
    """Values of free inputs with which nothing pauses, and there is no reset."""
    values = {FREE_RESET: 0}
    known = [pin.name for pin in pins(design)]
    values |= {f"free__{name}": 1 for name in ("wbs_cyc_i", "wbs_stb_i") if name in known}
    for channel in channels(design):
        into = channel.valid.direction == "in"
        values[f"free__{(channel.valid if into else channel.ready).name}"] = 1
    return values | {name: found[0] for name, found in usual(design).items() if len(found) == 1}
