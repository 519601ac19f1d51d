"""The machine on a bus: signals of its top, and how numbers lie in the bytes of a stream.

Data goes over AXI4-Stream (ARM IHI 0051): a packet in is a sequence, a packet out its results. The
registers of `spec.registers` are reached over AXI4-Lite (ARM IHI 0022) or pipelined Wishbone B4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import gcd
from typing import Literal

from pascaline.spec.conversion import Conversion
from pascaline.spec.design import Design
from pascaline.spec.errors import InputError
from pascaline.spec.ports import ports
from pascaline.spec.portstyles import Pin

__all__ = [
    "BROKEN",
    "DUMP",
    "GO_ON",
    "RESTORE",
    "STREAMS",
    "TID_BITS",
    "Bytes",
    "input_bytes",
    "input_conversion",
    "output_bytes",
    "output_conversion",
    "pins",
    "user_bits",
]

STREAMS = {"s_axis": "in", "m_axis": "out"}
"""Prefixes of the streams of data."""

TID_BITS = 8
"""TID is as wide on every machine; it is the number of a stream of sequences."""

GO_ON = 1
"""TUSER of a packet's first beat: start from the state in which the stream's last packet ended, not
from zero. TUSER of other beats is ignored."""

RESTORE = 2
"""TUSER of a packet's first beat: start from the state of the stream in the memory of states,
whatever `GO_ON` says. Only on a machine with that memory, as for `DUMP`."""

DUMP = 4
"""TUSER of a packet's first beat: put the state in which the packet ends into that memory."""

BROKEN = 1
"""TUSER of a beat of results that is none: it ends a packet of which a fault has stopped the rest.
Results have no TUSER on a machine without parity."""


@dataclass(frozen=True)
class Bytes:
    """Numbers in byte lanes: 1, 2, 4 or 8 bytes each, little-endian, extended by sign or zero.

    Parameters
    ----------
    width : int
        Bits of a number.
    signed : bool
        Two's complement.
    count : int
        Numbers of a beat; the first lies in the lowest bytes.
    numbers : int
        Numbers of a vector, which starts on a beat of its own.

    Examples
    --------
    >>> lanes = Bytes(width=9, signed=True, count=2, numbers=3)
    >>> lanes.encode([-1, 2]).hex()
    'ffff0200'
    >>> lanes.decode(bytes.fromhex("ffff0200"))
    [-1, 2]
    >>> lanes.beats, lanes.tail
    (2, 1)
    """

    width: int
    signed: bool
    count: int
    numbers: int

    @property
    def size(self) -> int:
        """Bytes of a number."""
        return 1 << max(0, -(-self.width // 8) - 1).bit_length()

    @property
    def beat(self) -> int:
        """Bytes of a beat."""
        return self.size * self.count

    @property
    def beats(self) -> int:
        """Beats of a vector."""
        return -(-self.numbers // self.count)

    @property
    def tail(self) -> int:
        """Numbers of a vector's last beat."""
        return self.numbers - (self.beats - 1) * self.count

    def encode(self, values: Sequence[int]) -> bytes:
        """Numbers to bytes, ``size`` bytes each."""
        return b"".join(
            int(value).to_bytes(self.size, "little", signed=self.signed) for value in values
        )

    def decode(self, data: bytes) -> list[int]:
        """Bytes to numbers: the inverse of `encode`."""
        return [
            int.from_bytes(data[place : place + self.size], "little", signed=self.signed)
            for place in range(0, len(data), self.size)
        ]


def input_bytes(design: Design) -> Bytes:
    """Elements of x in ``s_axis_tdata``."""
    return _resized(design, _bytes(design, "i_x", design.entry.elements))


def output_bytes(design: Design) -> Bytes:
    """Numbers of a result in ``m_axis_tdata``: a class, logits, or h, of each direction apart.

    Where a packet has several of these, a beat has no more numbers than leave none without bytes:
    not every DMA engine takes null bytes but at the end of a packet.
    """
    lanes = _resized(design, _given(design))
    several = not design.network.single or (
        design.head is None and design.network.layer.directions > 1
    )
    if design.machine.tdata is None or not several:
        return lanes
    return replace(lanes, count=gcd(lanes.count, lanes.numbers))


def input_conversion(design: Design) -> Conversion:
    """From the numbers of a beat that are stored to the beats of the machine."""
    lanes, simd = input_bytes(design), design.entry.simd
    stored = simd if design.machine.tdata is None else min(lanes.count, lanes.numbers)
    return Conversion(lanes.numbers, stored, simd)


def output_conversion(design: Design) -> Conversion:
    """From the beats of the machine to those of ``m_axis``."""
    lanes = output_bytes(design)
    return Conversion(lanes.numbers, _given(design).count, lanes.count)


def _given(design: Design) -> Bytes:
    """Numbers of a result in the beats of the machine."""
    head = design.head
    if head is None:
        return _bytes(design, "o", design.network.layer.hidden)
    return _bytes(design, "o", 1 if head.output == "class" else head.classes)


def _resized(design: Design, lanes: Bytes) -> Bytes:
    """The same numbers in beats of the width that is asked for."""
    tdata = design.machine.tdata
    if tdata is None:
        return lanes
    if tdata < 8 * lanes.size:
        rule = f"must be at least {8 * lanes.size}, the bits of a number of {lanes.width} bits"
        raise InputError("machine: tdata", rule, tdata)
    return replace(lanes, count=tdata // (8 * lanes.size))


def user_bits(design: Design) -> int:
    """Bits of TUSER of packets in."""
    known = GO_ON | RESTORE | DUMP if design.machine.bus_states else GO_ON
    return known.bit_length()


def _bytes(design: Design, name: str, numbers: int) -> Bytes:
    [data] = [field for field in ports(design)[name].layout.fields if field.name == "data"]
    return Bytes(data.width, data.signed, data.count or 1, numbers)


def pins(design: Design) -> tuple[Pin, ...]:
    """All ports of the top, whatever the style of ports, the clock first and then the reset."""
    style = design.machine.port_style
    both = (Pin(style.clock, "in"), Pin(style.reset, "in"))
    if (control := style.control) is None:
        return (*both, *_plain(design))
    return (
        *both,
        *_stream("s_axis", input_bytes(design).beat, "in", user=user_bits(design)),
        *_stream("m_axis", output_bytes(design).beat, "out", user=int(design.machine.parity)),
        *(Pin(f"{control.prefix}_{pin.name}", pin.direction, pin.width) for pin in control.pins),
        Pin("irq", "out"),
    )


def _plain(design: Design) -> list[Pin]:
    found = []
    for port in ports(design).values():
        along, against = _ways(port.direction == "in")
        found += [
            Pin(f"{port.name}__payload", along, port.layout.bits),
            Pin(f"{port.name}__valid", along),
            Pin(f"{port.name}__ready", against),
        ]
    return found


def _stream(prefix: str, size: int, direction: str, *, user: int) -> list[Pin]:
    along, against = _ways(direction == "in")
    found = [
        Pin(f"{prefix}_tdata", along, 8 * size),
        Pin(f"{prefix}_tkeep", along, size),
        Pin(f"{prefix}_tlast", along),
        Pin(f"{prefix}_tid", along, TID_BITS),
        Pin(f"{prefix}_tvalid", along),
        Pin(f"{prefix}_tready", against),
    ]
    return found + ([Pin(f"{prefix}_tuser", along, user)] if user else [])


def _ways(enters: bool) -> tuple[Literal["in", "out"], Literal["in", "out"]]:
    return ("in", "out") if enters else ("out", "in")
