"""The streams of the top: which fields a payload has.

A beat goes over when ``valid`` and ``ready`` are both 1 at a clock edge; ``valid`` never waits for
``ready``, and while a beat waits it does not change.
"""

from __future__ import annotations

from dataclasses import dataclass

from spec.design import Design
from spec.formats import Interval
from spec.layout import Field, Layout

__all__ = ["FROM_LOADED", "FROM_PREVIOUS", "FROM_ZERO", "Port", "ports"]

FROM_ZERO, FROM_PREVIOUS, FROM_LOADED = range(3)
"""Values of the field ``state``: what h and c a sequence starts from. After reset there is no
previous state, and `FROM_PREVIOUS` starts from zero; `FROM_LOADED` waits for a whole state on
``i_state``."""


@dataclass(frozen=True)
class Port:
    """A stream of the top, seen from the machine.

    Attributes
    ----------
    name : str
        Prefix of the signals ``<name>__payload``, ``<name>__valid`` and ``<name>__ready``.
    direction : {"in", "out"}
        Whether beats enter or leave the machine.
    layout : Layout
        The payload.
    """

    name: str
    direction: str
    layout: Layout


def ports(design: Design) -> dict[str, Port]:
    """The streams of a design's top by name.

    ``i_x``
        Input vectors, ``x_product.chunks`` beats each, ``simd`` elements a beat; elements beyond
        the vector are ignored. ``state`` counts on the first beat of a sequence; ``last`` on the
        last beat of a vector and marks the sequence's last vector; ``dump`` beside it asks for
        the sequence's final state.
    ``o``
        Results: a class a beat, or a logit a beat, or (without a head) ``simd`` elements of h a
        beat, 0 beyond the vector. ``last`` marks the last beat of a sequence's last result.
    ``i_state``, ``o_state``
        A state to start from, and a sequence's final state: ``groups`` beats of ``cell_units``
        elements of h and of c each. Elements beyond the state are ignored, and given out as 0.

    With more than one stream of sequences, ``stream`` says which one a vector continues (it counts
    on the vector's first beat), or a result or a final state belongs to. Steps are computed, and
    results and states given and taken, in the order in which their vectors came.
    """
    layer, simd, units = design.layer, design.machine.simd, design.cell_units
    x = Field("data", design.network.x.width, signed=design.network.x.signed, count=simd)
    last = Field("last", 1)
    state = (
        Field("h", layer.h.width, signed=True, count=units),
        Field("c", layer.cell.width, signed=True, count=units),
    )
    stream = (Field("stream", design.stream_bits),) * (design.stream_bits > 0)
    all_ports = [
        Port("i_x", "in", Layout((x, last, Field("dump", 1), Field("state", 2), *stream))),
        Port("i_state", "in", Layout(state)),
        Port("o", "out", Layout((_result(design), last, *stream))),
        Port("o_state", "out", Layout((*state, *stream))),
    ]
    return {port.name: port for port in all_ports}


def _result(design: Design) -> Field:
    if design.head is None:
        return Field("data", design.layer.h.width, signed=True, count=design.machine.simd)
    if design.head.output == "class":
        return Field("data", Interval(0, design.head.classes - 1).width)
    return Field("data", design.logit.width, signed=True)
