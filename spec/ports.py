"""The streams and signals of a design's top."""

from __future__ import annotations

from dataclasses import replace

from pascaline.spec.design import Design
from pascaline.spec.layout import Field, Layout
from pascaline.spec.loading import ERRORS
from pascaline.spec.memories import COLUMN
from pascaline.spec.payloads import Port
from pascaline.spec.stage import Stage

__all__ = ["FROM_GIVEN", "FROM_PREVIOUS", "FROM_ZERO", "ports", "signals", "stage_ports"]

FROM_ZERO, FROM_PREVIOUS, FROM_GIVEN = range(3)
"""Values of the field ``state``: what h and c a sequence starts from. After reset there is no
previous state, and `FROM_PREVIOUS` starts from zero, which of a layer with initial states
stands for these; `FROM_GIVEN` waits for a whole state on
``i_state``."""


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
        ``last`` marks the last beat of a sequence's last result. Where machines hold or count all
        steps of a sequence (`Network.bounded`), ``long`` says that it had more than ``longest``:
        the result means nothing. Where they hold them, further vectors were dropped.
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
    found = [Port("i_x", "in", design.stages[0].i_x), Port("o", "out", _results(design))]
    for stage in design.stages:
        found += stage_ports(design, stage).values()
    if design.machine.home.loaded:
        word = Layout((Field("data", COLUMN), Field("last", 1)))
        found.append(Port("i_load", "in", word))
    return {port.name: port for port in found}


def stage_ports(design: Design, stage: Stage) -> dict[str, Port]:
    """The streams of a stage beside ``i_x`` and ``o``, by name; the ports have the top's names."""
    some = [one for one in design.stages if one.ports]
    at = f"_{some.index(stage)}" if len(some) > 1 and stage in some else ""
    return {name: replace(port, name=f"{name}{at}") for name, port in stage.ports.items()}


def _results(design: Design) -> Layout:
    """A beat of results: two directions make one result, so nothing tells them apart."""
    last = design.stages[-1]
    fields = [one for one in last.o.fields if not (last.directed and one.name == "stream")]
    mark = (Field("long", 1),) if design.limited else ()
    return Layout((*fields, *mark))


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
