"""The memory of states of a machine on a bus: which element of a state is where.

A machine with `Machine.bus_states` keeps one state for each stream of sequences in a memory of its
shell. The elements of a state are numbered: those of h of the first layer, then those of its c if
it has one, then the same of the next layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from pascaline.spec.core import Core
from pascaline.spec.design import Design
from pascaline.spec.formats import Format

__all__ = ["ELEMENT_BITS", "Span", "core_spans", "spans", "state_size", "state_width"]

ELEMENT_BITS = 24
"""Bits of the number of an element in register ``state_index``; no state has nearly as many."""


@dataclass(frozen=True)
class Span:
    """Elements of a state that lie in a row: h or c of a layer.

    Attributes
    ----------
    name : {"h", "c"}
        What they are of their layer.
    first, count : int
        The number of the first one, and how many there are.
    element : Format
        Of each of them.
    """

    name: str
    first: int
    count: int
    element: Format


def core_spans(core: Core, first: int = 0) -> tuple[Span, ...]:
    """The spans of a core's layers, whose elements are numbered from ``first`` on."""
    found = []
    for layer in core.layers:
        for name, element in (("h", layer.h), ("c", layer.carried)):
            if element is not None:
                found.append(Span(name, first, layer.hidden, element))
                first += layer.hidden
    return tuple(found)


def spans(design: Design) -> tuple[Span, ...]:
    """The spans of all cores, by the numbers of their elements."""
    found: tuple[Span, ...] = ()
    for core in design.cores:
        found += core_spans(core, found[-1].first + found[-1].count if found else 0)
    return found


def state_size(design: Design) -> int:
    """Elements of a state."""
    return sum(span.count for span in spans(design))


def state_width(core: Core) -> int:
    """Bits of a word of the memory of a core's states: those of the widest element."""
    return max(span.element.width for span in core_spans(core))
