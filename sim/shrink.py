"""From a case that fails to a small one that still does."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, TypeVar

from pascaline.sim.case import Case, CaseEpisode, CaseSequence, Traffic
from pascaline.spec.attention import Attention
from pascaline.spec.cells.layer import Layer
from pascaline.spec.checked import Checked
from pascaline.spec.errors import InputError
from pascaline.spec.machine import Machine
from pascaline.spec.network import Network

__all__ = ["shrink", "smaller"]

Kind = TypeVar("Kind", bound=Checked)


def shrink(case: Case, fails: Callable[[Case], bool], *, tries: int = 200) -> Case:
    """The smallest case that can be reached by steps of `smaller`, all of which fail.

    Parameters
    ----------
    case : Case
        One that fails.
    fails : callable
        Tells whether another one does.
    tries : int
        How often it is asked, at most.
    """
    seen = {case.model_dump_json()}
    shrunk = True
    while shrunk:
        shrunk = False
        for candidate in smaller(case):
            key = candidate.model_dump_json()
            if key in seen:
                continue
            seen.add(key)
            if tries == 0:
                return case
            tries -= 1
            if fails(candidate):
                case, shrunk = candidate, True
                break
    return case


def smaller(case: Case) -> Iterator[Case]:
    """Simpler cases of machines that can be built: first what needs no other machine."""
    changes: Iterator[dict[str, Any]] = chain(
        ({"traffic": traffic} for traffic in _traffics(case.traffic)),
        ({"network": network} for network in _networks(case.network)),
        ({"machine": machine} for machine in _machines(case.machine)),
        [] if case.shared_scale else [{"shared_scale": True}],
    )
    fields = {name: getattr(case, name) for name in Case.model_fields}
    for change in changes:
        text = Case.model_construct(**(fields | change)).model_dump_json()
        with contextlib.suppress(InputError):
            candidate = Case.parse(text, thing="case")
            assert candidate.design
            yield candidate


def _with(record: Kind, **changes: Any) -> Kind:
    """The record with some fields changed, not checked yet."""
    return record.model_copy(update=changes)


def _traffics(traffics: tuple[Traffic, ...]) -> Iterator[tuple[Traffic, ...]]:
    if len(traffics) > 1:
        yield from ((traffic,) for traffic in traffics)
        return
    [traffic] = traffics
    for episodes in _episodes(traffic.episodes):
        yield (_with(traffic, episodes=episodes),)
    for accesses in {0, traffic.accesses // 2} - {traffic.accesses}:
        yield (_with(traffic, accesses=accesses),)
    if any(traffic.pauses.values()):
        yield (_with(traffic, pauses={}),)
        for name in (name for name, pause in traffic.pauses.items() if pause):
            yield (_with(traffic, pauses=traffic.pauses | {name: 0.0}),)


def _episodes(episodes: tuple[CaseEpisode, ...]) -> Iterator[tuple[CaseEpisode, ...]]:
    if len(episodes) > 1:
        yield from ((episode,) for episode in episodes)
    for index, episode in enumerate(episodes):
        for sequences in _sequences(episode.sequences):
            yield (*episodes[:index], _with(episode, sequences=sequences), *episodes[index + 1 :])
        if episode.shuffled:
            yield (*episodes[:index], _with(episode, shuffled=False), *episodes[index + 1 :])
        if episode.cut is not None and len(episodes) == 1:
            yield (_with(episode, cut=None),)


def _sequences(sequences: tuple[CaseSequence, ...]) -> Iterator[tuple[CaseSequence, ...]]:
    if sequences != (simplest := (CaseSequence(steps=1),)):
        yield simplest
    size = len(sequences) // 2
    while size:
        for first in range(0, len(sequences), size):
            if rest := sequences[:first] + sequences[first + size :]:
                yield rest
        size //= 2
    for index, sequence in enumerate(sequences):
        changes: list[dict[str, Any]] = [{"steps": steps} for steps in _less(sequence.steps)]
        changes += [{"state": 0}] * (sequence.state > 0) + [{"dump": False}] * sequence.dump
        for change in changes:
            yield (*sequences[:index], _with(sequence, **change), *sequences[index + 1 :])


def _networks(network: Network) -> Iterator[Network]:
    if network.head is not None:
        yield _with(network, head=None)
        for classes in _less(network.head.classes):
            yield _with(network, head=_with(network.head, classes=classes))
    if network.decoder is not None:
        yield _with(network, decoder=None, results="last")
    if network.pooling != "none":
        yield _with(network, pooling="none", attention=None)
    if network.attention is not None:
        yield _with(network, pooling="mean", attention=None)
        if network.attention != Attention():
            yield _with(network, attention=Attention())
    if network.results == "first-of-backward":
        yield _with(network, results="last")
    if len(network.layers) > 1:
        for index in range(len(network.layers)):
            yield _with(network, layers=network.layers[:index] + network.layers[index + 1 :])
        yield from (_with(network, layers=(one,) * len(network.layers)) for one in network.layers)
    else:
        yield from (_with(network, layers=(one,)) for one in _layers(network.layer))
    for inputs in _less(network.inputs):
        yield _with(network, inputs=inputs)
    x = Network.model_fields["x"].default
    if network.x != x:
        yield _with(network, x=x)


def _layers(layer: Layer) -> Iterator[Layer]:
    for hidden in _less(layer.hidden):
        yield _with(layer, hidden=hidden)
    for name, field in type(layer).model_fields.items():
        if not field.is_required() and getattr(layer, name) != field.default:
            yield _with(layer, **{name: field.default})
    if not layer.transform and layer.weights_x != layer.weights_h:
        yield _with(layer, weights_x=layer.weights_h)
        yield _with(layer, weights_h=layer.weights_x)


def _machines(machine: Machine) -> Iterator[Machine]:
    plain = Machine()
    if machine != plain:
        yield plain
    for name in Machine.model_fields:
        value, simple = getattr(machine, name), getattr(plain, name)
        if value == simple:
            continue
        yield _with(machine, **{name: simple})
        if isinstance(value, int) and isinstance(simple, int):
            yield from (_with(machine, **{name: less}) for less in _less(value))


def _less(size: int) -> list[int]:
    """Smaller sizes to try, the smallest first."""
    return sorted({less for less in (1, 2, size // 2, size - 1) if 0 < less < size})
