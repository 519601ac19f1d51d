"""The payloads of streams: which fields a beat of vectors, of results or of a state has.

A beat goes over when ``valid`` and ``ready`` are both 1 at a clock edge; ``valid`` never waits for
``ready``, and while a beat waits it does not change.
"""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.core import Core
from pascaline.spec.formats import Format, Interval
from pascaline.spec.headunit import HeadUnit
from pascaline.spec.layout import Field, Layout

__all__ = ["Port", "core_ports", "result_layout", "vector_layout"]


@dataclass(frozen=True)
class Port:
    """A stream of a stage or of the top, seen from there.

    Attributes
    ----------
    name : str
        Prefix of the signals ``<name>__payload``, ``<name>__valid`` and ``<name>__ready``.
    direction : {"in", "out"}
        Whether beats enter or leave.
    layout : Layout
        The payload.
    """

    name: str
    direction: str
    layout: Layout


def core_ports(core: Core) -> dict[str, Port]:
    """The streams of a core, by the names that they have in a design of one core."""
    simd = core.machine.simd
    entry = core.entry
    x = vector_layout(entry.element, entry.simd, stateful=core.stateful, streams=core.streams)
    if core.onward:
        o = vector_layout(core.layer.h, simd, stateful=core.stateful, streams=core.streams)
    else:
        o = result_layout(core.head_unit, core.layer.h, simd, core.streams)
    found = [Port("i_x", "in", x), Port("o", "out", o)]
    if core.stateful:
        found.append(Port("i_state", "in", _state_layout(core, tagged=False)))
        found.append(Port("o_state", "out", _state_layout(core, tagged=True)))
    return {port.name: port for port in found}


def vector_layout(element: Format, simd: int, *, stateful: bool, streams: int) -> Layout:
    """A beat of vectors on their way into a core."""
    state = (Field("dump", 1), Field("state", 2)) if stateful else ()
    data = Field("data", element.width, signed=element.signed, count=simd)
    return Layout((data, Field("last", 1), *state, *_stream(streams)))


def result_layout(head_unit: HeadUnit | None, h: Format, simd: int, streams: int) -> Layout:
    """A beat of results."""
    if head_unit is None:
        data = Field("data", h.width, signed=True, count=simd)
    elif head_unit.head.output == "class":
        data = Field("data", Interval(0, head_unit.head.classes - 1).width)
    else:
        data = Field("data", head_unit.logit.width, signed=True)
    return Layout((data, Field("last", 1), *_stream(streams)))


def _state_layout(core: Core, *, tagged: bool) -> Layout:
    layer, units = core.layer, core.cell_units
    h = Field("h", layer.h.width, signed=True, count=units)
    c = layer.carried
    kept = (h,) if c is None else (h, Field("c", c.width, signed=True, count=units))
    return Layout((*kept, *_stream(core.streams))) if tagged else Layout(kept)


def _stream(streams: int) -> tuple[Field, ...]:
    bits = (streams - 1).bit_length()
    return (Field("stream", bits),) if bits else ()
