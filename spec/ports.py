"""The streams of a core and of the top: which fields a payload has.

A beat goes over when ``valid`` and ``ready`` are both 1 at a clock edge; ``valid`` never waits for
``ready``, and while a beat waits it does not change.
"""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.core import Core
from pascaline.spec.dense import Dense
from pascaline.spec.design import Design
from pascaline.spec.formats import Format, Interval
from pascaline.spec.layout import Field, Layout
from pascaline.spec.loading import ERRORS
from pascaline.spec.memories import COLUMN

__all__ = [
    "FROM_LOADED",
    "FROM_PREVIOUS",
    "FROM_ZERO",
    "Port",
    "core_ports",
    "ports",
    "result_layout",
    "signals",
    "vector_layout",
]

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
        Input vectors, as many beats each as the first core's ``x_product`` has chunks, ``simd``
        elements a beat; elements beyond the vector are ignored. ``last`` counts on the last beat of
        a vector and marks the sequence's last vector. ``state`` counts on the first beat of a
        sequence; ``dump`` beside ``last`` asks for the sequence's final state.
    ``o``
        Results: a class a beat, or a logit a beat, or (without a head) ``simd`` elements of h a
        beat, 0 beyond the vector; of a bidirectional layer each direction starts with a beat.
        ``last`` marks the last beat of a sequence's last result.
    ``i_state``, ``o_state``
        A state to start from, and a sequence's final state: of each layer of the core, ``groups``
        beats of ``cell_units`` elements of h and of c each, if there is a c. Elements beyond the
        state are ignored, and given out as 0. With several cores the names end in their numbers:
        ``i_state_0``. Networks with bidirectional layers have no such ports, no ``state`` and no
        ``dump``: their sequences start from zero.

    ``i_load``
        If weights are loaded: an image, see `spec.loading`, a word a beat, ``last`` on its last
        word. While an image comes no vector is taken; a new one waits for all results.

    With more than one stream of sequences, ``stream`` says which one a vector continues (it counts
    on the vector's first beat), or a result or a final state belongs to. Steps are computed, and
    results and states given and taken, in the order in which their vectors came.
    """
    first = design.cores[0]
    stateful, streams = first.stateful, design.machine.streams
    x = vector_layout(first.x, first.machine.simd, stateful=stateful, streams=streams)
    result = result_layout(design.dense, design.cores[-1].layer.h, design.machine.simd, streams)
    found = [Port("i_x", "in", x), Port("o", "out", result)]
    for number, core in enumerate(design.cores if stateful else ()):
        at = f"_{number}" if len(design.cores) > 1 else ""
        found.append(Port(f"i_state{at}", "in", _state_layout(core, tagged=False)))
        found.append(Port(f"o_state{at}", "out", _state_layout(core, tagged=True)))
    if design.machine.home.loaded:
        word = Layout((Field("data", COLUMN), Field("last", 1)))
        found.append(Port("i_load", "in", word))
    return {port.name: port for port in found}


def signals(design: Design) -> dict[str, int]:
    """Other outputs of a design's top, and their widths.

    ``loaded``, ``load_error``
        If weights are loaded: there are good ones; why the last image was refused, see
        `spec.loading.ERRORS`, until the next one begins.
    ``fault``
        If there is parity: what was read from a memory was not what had been written. From then on
        until reset no further result or state is given.
    """
    machine = design.machine
    loading = {"loaded": 1, "load_error": len(ERRORS)} if machine.home.loaded else {}
    return loading | ({"fault": 1} if machine.parity else {})


def core_ports(core: Core) -> dict[str, Port]:
    """The streams of a core, by the names that they have in a design of one core."""
    simd = core.machine.simd
    x = vector_layout(core.x, simd, stateful=core.stateful, streams=core.streams)
    if core.onward:
        o = vector_layout(core.layer.h, simd, stateful=core.stateful, streams=core.streams)
    else:
        o = result_layout(core.dense, core.layer.h, simd, core.streams)
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


def result_layout(dense: Dense | None, h: Format, simd: int, streams: int) -> Layout:
    """A beat of results."""
    if dense is None:
        data = Field("data", h.width, signed=True, count=simd)
    elif dense.head.output == "class":
        data = Field("data", Interval(0, dense.head.classes - 1).width)
    else:
        data = Field("data", dense.logit.width, signed=True)
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
